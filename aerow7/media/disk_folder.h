/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A folder on disk as the content of an image: only names and sizes are kept in memory. Symbolic links and whatever is
 * neither file nor folder are refused, and so is a file that changes its size between listing and reading.
 */
#ifndef AEROW7_DISK_FOLDER_H
#define AEROW7_DISK_FOLDER_H

#include "media/iso_file.h"

struct disk_folder {
    char *root;
    struct iso_input *inputs; /* sorted by path; folders too */
    size_t count;
    size_t capacity;
    int descriptor; /* of the file that is being read, or -1 */
    size_t open_index;
};

/* The caller closes, also after a failure. */
enum status disk_folder_open(struct disk_folder *folder, const char *path);
void disk_folder_close(struct disk_folder *folder);
/* One of `inputs`, or NULL. */
const struct iso_input *disk_folder_find(const struct disk_folder *folder, const char *path);

/* Whether `path`, which need not exist, is or would be in the folder. */
bool disk_folder_holds(const struct disk_folder *folder, const char *path);

/* struct iso_content's `read`; `context` is the folder. */
enum status disk_folder_read(void *context, size_t index, uint64_t offset, void *bytes, size_t size);

#endif
