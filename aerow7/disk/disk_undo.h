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

#include "base/file_io.h"
#include "disk/disk_image.h"

/*
 * The content of an undo file for the overlay of `image`; blocks that stay as they were are left out. When `path` has
 * the undo file of an earlier injection that this disk still is the result of, the new one goes back to before that.
 */
enum status disk_undo_make(struct disk_image *image, const char *path, struct bytes *out);

#endif
