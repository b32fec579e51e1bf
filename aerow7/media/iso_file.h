/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An ISO image, the same bytes each time: ISO 9660 level 1 names, and Joliet for what Windows shows (names up to 110
 * UTF-16 units). No boot record, no Rock Ridge. One date for everything. Contents are asked for piece by piece while
 * the image is written, so memory does not grow with them.
 */
#ifndef AEROW7_ISO_FILE_H
#define AEROW7_ISO_FILE_H

#include "base/file_tree.h"

#include <stdint.h>

struct iso_input {
    const char *path; /* '/' between parts, relative; UTF-8 */
    uint64_t size;
    bool folder; /* only empty ones need to be named */
};

/* `read` fills `bytes` whole, file after file in any order, each from its beginning to its end. */
struct iso_content {
    void *context;
    const struct iso_input *inputs;
    size_t count;
    enum status (*read)(void *context, size_t index, uint64_t offset, void *bytes, size_t size);
};

/*
 * `label` is at most 16 characters of A-Z, 0-9 and _, so that both volume descriptors carry it whole. STATUS_BAD_INPUT,
 * before anything is written, when names collide, are too long or too deep, or a file is too large for an ISO image.
 */
enum status iso_write(const struct iso_content *content, const char *label, const char *path, time_t when);

/* The same with the files of a tree. */
enum status iso_file_write(const struct file_tree *tree, const char *label, const char *path, time_t when);

#endif
