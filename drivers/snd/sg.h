/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Ranges of the cyclic buffer as physical segments: split at pages, merged where pages follow each other, wrapped at
 * the end. Pure functions, any IRQL; the page list is read in place (an MDL's array of page frame numbers).
 */
#ifndef AERO_SND_SG_H
#define AERO_SND_SG_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio_config.h"

#define SND_PAGE_SHIFT 12
#define SND_PAGE_BYTES (1u << SND_PAGE_SHIFT)
#define SND_CYCLIC_BYTES_MAX (2u << 20)

typedef struct SND_CYCLIC {
    const uintptr_t *Pfns;
    uint8_t *Base; /* where the buffer starts in virtual memory, all of it in a row */
    uint32_t PageCount;
    uint32_t Offset; /* of the buffer in its first page */
    uint32_t Bytes;
} SND_CYCLIC;

/* False when the pages do not hold the buffer, or it is empty or larger than SND_CYCLIC_BYTES_MAX. */
bool SndCyclicCheck(const SND_CYCLIC *cyclic);

/* Fills table[0..*count) with the addresses and lengths of `bytes` bytes from `offset` on; flags as given, Next left
   alone. False when they are outside the buffer or need more than `max` segments; *count is then 0. */
bool SndSgBuild(const SND_CYCLIC *cyclic, uint32_t offset, uint32_t bytes, uint16_t flags, VIRTQ_DESC *table,
                uint32_t max, uint32_t *count);

#endif
