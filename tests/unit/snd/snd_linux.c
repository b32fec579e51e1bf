/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The kernel's side of snd_constants.h. */
#include <stddef.h>

#include <linux/virtio_snd.h>

const unsigned long long snd_theirs[] = {
#define SAME(name) name,
#define PAIR(ours, theirs) theirs,
#include "snd_constants.h"
};
