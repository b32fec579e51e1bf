/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Disks that our driver serves, by what they answer to INQUIRY, and the volumes on them. */
#ifndef SELFTEST_BLK_DISK_H
#define SELFTEST_BLK_DISK_H

#include "platform.h"

#define MOST_DISKS 32u

struct blk_disk {
    unsigned number; /* \\.\PhysicalDriveN */
    uint8_t port;    /* \\.\ScsiN: */
    uint64_t bytes;
    char serial[64];
};

/* `error`: why none was found, when it is not that there are none. */
size_t blk_disks_find(const struct platform *platform, struct blk_disk *disks, size_t capacity, uint32_t *error);

uint32_t blk_disk_open(const struct platform *platform, const struct blk_disk *disk, enum open_how how, void **handle);
/* The size as the disk says it now; a handle that may write lets Windows ask the disk again. */
uint32_t blk_disk_bytes(const struct platform *platform, void *handle, uint64_t *bytes);

/* Whether the volume with this letter lies, with all its extents, on the disks. */
bool blk_volume_on(const struct platform *platform, char letter, const struct blk_disk *disks, size_t count);

#endif
