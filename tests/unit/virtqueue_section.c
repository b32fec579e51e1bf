/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* virtqueue.c in a code section of its own, whose ends the linker names, for virtqueue_instructions.c; and in a file of
   its own, so that nothing of it is inlined elsewhere. */
#include "virtio_io.h"
#include "virtqueue.h"

#pragma clang section text = "vqtext"
#include "../../virtio/virtqueue.c"
