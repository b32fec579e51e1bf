/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whole files in and out. Reading is bounded by the caller; writing goes to a file beside the target that is renamed
 * over it when it is complete and on disk, so an interrupted run leaves the old file or the new one, never a part.
 */
#ifndef AEROW7_FILE_IO_H
#define AEROW7_FILE_IO_H

#include "base/diag.h"

#include <stddef.h>

struct bytes {
    char *data; /* one zero byte follows the last, so that text can be used as a string */
    size_t size;
};

/* The caller frees with bytes_free. Anything but a regular file is refused. */
enum status file_read(const char *path, size_t limit, struct bytes *out);
void bytes_free(struct bytes *bytes);

/* Missing parent folders are made. */
enum status file_write(const char *path, const void *data, size_t size);

/* The same, but a file that has this content already is not touched: nothing that depends on it is built again. */
enum status file_write_changed(const char *path, const void *data, size_t size);

enum status file_make_directories(const char *path);
enum status file_make_parents(const char *path);

/* A file beside `target`, open for writing: written by somebody else (a ZIP or ISO writer), then committed. */
struct pending_file {
    const char *target;
    char *path;
    int descriptor;
};
enum status pending_open(struct pending_file *pending, const char *target);
enum status pending_commit(struct pending_file *pending);
void pending_discard(struct pending_file *pending);

#endif
