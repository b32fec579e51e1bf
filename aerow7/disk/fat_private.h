/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What fat.c and fat_file.c share. */
#ifndef AEROW7_FAT_PRIVATE_H
#define AEROW7_FAT_PRIVATE_H

#include "disk/fat.h"

#define FAT_ENTRY_SIZE 32U

struct fat_file {
    char name[800]; /* 260 UTF-16 units as UTF-8 */
    bool folder;
    uint32_t size;
    uint32_t cluster;      /* 0: none, or FAT16's root */
    uint64_t entry_offset; /* of its entry on the disk */
};

/* False ends the listing. */
typedef bool (*fat_visit)(void *context, const struct fat_file *file);

enum status fat_malformed(const struct fat_volume *volume, const char *reason);
enum status fat_entry(const struct fat_volume *volume, uint32_t cluster, uint32_t *value);
bool fat_is_cluster(const struct fat_volume *volume, uint32_t cluster);
uint64_t fat_cluster_offset(const struct fat_volume *volume, uint32_t cluster);
/* The clusters from `first` on, at most `limit`; the caller frees, also after a failure. */
enum status fat_chain(const struct fat_volume *volume, uint32_t first, uint32_t limit, uint32_t **chain, size_t *count);
enum status fat_list(const struct fat_volume *volume, uint32_t cluster, fat_visit visit, void *context);
enum status fat_find(const struct fat_volume *volume, const char *path, struct fat_file *out, bool *found);

#endif
