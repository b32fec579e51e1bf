/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A WIM in parts (install.swm, install2.swm...), as aerow7 media makes it of what is too long for a file on a disc: of an
 * ISO image they are unpacked into a folder of temporary files, side by side under their names. What a killed run leaves
 * of such a folder goes with the next one.
 */
#ifndef AEROW7_IMAGE_SPLIT_H
#define AEROW7_IMAGE_SPLIT_H

#include "image/image.h"

#define SPLIT_FIRST "sources/install.swm"
#define SPLIT_PARTS 64

/* 0 for sources/install.swm, 1 for sources/install2.swm...; -1 for anything else, or beyond SPLIT_PARTS. */
int split_part_of(const char *path);
/* A folder in TMPDIR (or /var/tmp), removed with all that is in it. */
struct split_folder {
    char *path; /* NULL: not open */
    int lock;
};
enum status split_folder_open(const char *place, struct split_folder *folder);
void split_folder_close(struct split_folder *folder);

/* Where part `index` is in it. The caller frees. */
char *split_folder_part(const struct split_folder *folder, unsigned index);

/* A file in TMPDIR (or /var/tmp) that is gone when it is closed; -1 with errno. */
int file_without_name(void);

#endif
