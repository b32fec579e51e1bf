/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What an injected disk has to get back to be as it was: for every block that was written, what it held before and the
 * digest of what it holds since. The file ends in a digest of itself; numbers are little-endian:
 *
 *     "AEROUNDO" 8, version 4 (1), block size 4 (4096), disk size 8, blocks 8, digest of all below and above 32
 *     per block, in the order of the disk: index 8, SHA-256 of the new content 32, old content 4096
 *
 * The last block of a disk may be shorter; it is filled up with zeros here.
 */
#ifndef AEROW7_DISK_UNDO_H
#define AEROW7_DISK_UNDO_H

#include "disk/disk_image.h"

/* Writes the file for the overlay of `image`, blocks that stay as they were left out. */
enum status disk_undo_write(struct disk_image *image, const char *path);

#endif
