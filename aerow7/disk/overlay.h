/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Blocks written over a disk that stays as it is: what is to become of it, in memory, until all of it is known to be
 * right. Grows with what was written, up to a limit.
 */
#ifndef AEROW7_OVERLAY_H
#define AEROW7_OVERLAY_H

#include "base/diag.h"

#include <stddef.h>
#include <stdint.h>

#define OVERLAY_BLOCK 4096U
/* The largest hives of a Windows 7 are below 200 MiB; the rest of what is written is drivers and metadata. */
#define OVERLAY_BLOCK_LIMIT ((size_t)1 << 18)

struct overlay_block {
    uint64_t index; /* of the block on the disk */
    uint8_t *data;  /* NULL: the slot is free */
};

struct overlay {
    struct overlay_block *slots; /* open addressing */
    size_t count;
    size_t capacity;
};

/* The block's data, or NULL when nobody wrote it. */
uint8_t *overlay_find(const struct overlay *overlay, uint64_t index);
/* A block that is not there yet: its data, to be filled by the caller. NULL when the limit is reached. */
uint8_t *overlay_add(struct overlay *overlay, uint64_t index);
/* All blocks in the order of the disk; the caller frees the list, not the data. */
struct overlay_block *overlay_sorted(const struct overlay *overlay);
void overlay_free(struct overlay *overlay);

#endif
