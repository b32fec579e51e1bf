/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The partitions of a disk: MBR with its logical ones (numbered from 5, as Linux does), GPT (UEFI specification,
 * chapter 5), or none, where a file system begins with the disk. The tables are not trusted.
 */
#ifndef AEROW7_PARTITION_H
#define AEROW7_PARTITION_H

#include "disk/disk_image.h"

#define PARTITION_LIMIT 128U

struct partition {
    unsigned number;
    uint64_t offset;
    uint64_t size;
};

struct partitions {
    const char *scheme; /* "mbr", "gpt", "none" */
    struct partition list[PARTITION_LIMIT];
    size_t count;
};

/* STATUS_BAD_INPUT, reported, for a table that contradicts itself or the disk. */
enum status partitions_read(struct disk_image *image, struct partitions *partitions);

#endif
