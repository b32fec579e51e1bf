/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A folder of files in memory, as relative paths with '/' between the parts: what packages are put together in before
 * anything is written. Paths are unique without regard to case and valid on Windows, because that is where they go.
 */
#ifndef AEROW7_FILE_TREE_H
#define AEROW7_FILE_TREE_H

#include "base/file_io.h"

#include <stdbool.h>
#include <time.h>

struct tree_file {
    char *path;
    struct bytes content;
};

struct file_tree {
    struct tree_file *files; /* in the order of file_tree_sort, once that was called */
    size_t count;
    size_t capacity;
};

/* Takes `content` over, also when it fails: a path that is taken or that Windows does not allow is STATUS_BAD_INPUT. */
enum status file_tree_add(struct file_tree *tree, const char *path, struct bytes content);
enum status file_tree_add_copy(struct file_tree *tree, const char *path, const void *data, size_t size);

/* All files below `folder`. Symbolic links and anything else that is neither file nor folder are refused. */
enum status file_tree_load(struct file_tree *tree, const char *folder);

/* By the bytes of the paths: the order that every output has. */
void file_tree_sort(struct file_tree *tree);
const struct tree_file *file_tree_find(const struct file_tree *tree, const char *path);

/*
 * Makes `folder` hold exactly the tree, each file dated `when`: written beside it, exchanged, and what was there before
 * is removed.
 */
enum status file_tree_write(const struct file_tree *tree, const char *folder, time_t when);
void file_tree_free(struct file_tree *tree);

/* Why Windows would not take this relative path, or NULL. */
const char *windows_path_fault(const char *path);

#endif
