/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The kernel's side of wire_constants.h. */
#include <stddef.h>

#include <linux/input-event-codes.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_input.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

/* Added to the kernel's header after some distributions' copies; VIRTIO 1.2 gives it this number. */
#ifndef VIRTIO_F_RING_RESET
#define VIRTIO_F_RING_RESET 40
#endif

const unsigned long long wire_theirs[] = {
#define SAME(name) name,
#define PAIR(ours, theirs) theirs,
#include "wire_constants.h"
};
