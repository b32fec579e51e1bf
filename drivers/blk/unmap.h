/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * From an UNMAP parameter list (SBC-3 5.28) to discard segments. Portable; the list is the initiator's and not trusted.
 */
#ifndef AERO_BLK_UNMAP_H
#define AERO_BLK_UNMAP_H

#include <stdint.h>

#include "disk.h"

/* cdb: the UNMAP command; list: its data buffer of `bytes`. segments: room for BLK_MAX_UNMAP_SEGMENTS.
 * Result: SENSE_NONE with *count segments to discard (0: nothing to do), or the sense that refuses the command;
 * nothing is discarded then. */
uint32_t BlkParseUnmap(const BLK_DISK *disk, const uint8_t *cdb, const uint8_t *list, uint32_t bytes,
                       VIRTIO_BLK_SEGMENT *segments, uint32_t *count);

#endif
