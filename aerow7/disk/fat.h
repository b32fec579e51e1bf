/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The EFI system partition of a disk that boots by UEFI: FAT16 or FAT32 (Microsoft, "FAT32 File System Specification",
 * 1.03), read as a source, and files that are there given new content. Nothing is kept between calls, so what was
 * written to the image is what is read next. The volume is not trusted.
 */
#ifndef AEROW7_FAT_H
#define AEROW7_FAT_H

#include "disk/disk_image.h"
#include "disk/partition.h"
#include "offline/changes.h"
#include "offline/source.h"

struct fat_volume {
    const char *name; /* for messages; stays the caller's */
    struct disk_image *image;
    uint64_t offset;       /* of the volume on the disk, like the next two */
    uint64_t fat_offset;   /* of the first table */
    uint64_t data_offset;  /* of cluster 2 */
    uint64_t root_offset;  /* FAT16: of the root folder */
    uint64_t info_offset;  /* FAT32: of FSInfo; 0: there is none */
    uint32_t root_size;    /* FAT16: in bytes */
    uint32_t root_cluster; /* FAT32 */
    uint32_t cluster_size;
    uint32_t clusters;
    uint32_t fat_size; /* in bytes */
    unsigned fats;
    unsigned width; /* of an entry of the table: 2 or 4 bytes */
    char *found;    /* the name of what was found last */
};

/*
 * *fat false, without a message, for what is no FAT16 or FAT32. STATUS_CHECK_FAILED, reported, when it was not closed.
 */
enum status fat_open(struct disk_image *image, const struct partition *partition, const char *name,
                     struct fat_volume *volume, bool *fat);
void fat_close(struct fat_volume *volume);

void fat_source(struct fat_volume *volume, struct source *source);

/* CHANGE_REPLACE alone. */
enum status fat_apply(struct fat_volume *volume, const struct changes *changes);

#endif
