/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A partition of a disk image as the device that libntfs-3g works on. */
#ifndef AEROW7_NTFS_DEVICE_H
#define AEROW7_NTFS_DEVICE_H

#include "disk/disk_image.h"
#include "disk/partition.h"

struct ntfs_device;

struct ntfs_partition {
    struct disk_image *image;
    uint64_t offset;
    uint64_t size;
    uint64_t position;
    enum status status; /* what the image said first, when it was not STATUS_DONE */
};

/* NULL when there is no memory. `partition` stays until ntfs_device_free, which libntfs-3g's ntfs_umount calls. */
struct ntfs_device *ntfs_device_make(struct ntfs_partition *partition, const char *name);

#endif
