/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What volume.c, volume_read.c and volume_write.c share. */
#ifndef AEROW7_VOLUME_PRIVATE_H
#define AEROW7_VOLUME_PRIVATE_H

#include "disk/ntfs_device.h"
#include "disk/ntfs_headers.h"
#include "disk/volume.h"

struct disk_volume {
    const char *name;
    struct ntfs_partition partition;
    ntfs_volume *ntfs;
    bool secure;
    struct SECURITY_CONTEXT context; /* uid 0: new files belong to Administrators */
    struct PERMISSIONS_CACHE *permissions;
    char *found; /* the name of what was found last */
};

/* NULL and errno ENOENT when it is not there; any other errno is a fault. */
ntfs_inode *disk_volume_inode(struct disk_volume *volume, const char *path);

enum status disk_volume_fault(const struct disk_volume *volume, const char *path, const char *what);

#endif
