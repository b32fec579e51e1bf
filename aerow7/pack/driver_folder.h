/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A folder of a tree that holds driver packages for one architecture, as its INFs describe them to Windows 7. What is
 * read here is complete: each INF has models for that Windows, and every file that it copies is there.
 * NAME.inf.disabled is an INF too: whoever wants it renames it, so it has to be as good as the others.
 */
#ifndef AEROW7_DRIVER_FOLDER_H
#define AEROW7_DRIVER_FOLDER_H

#include "base/file_tree.h"
#include "inf/inf_package.h"

#include <stdint.h>

#define DISABLED_SUFFIX ".disabled"

struct folder_inf {
    char *name; /* without the folder and without .disabled */
    char *path; /* in the tree */
    bool disabled;
    struct inf inf;
    struct inf_package package;
};

struct driver_folder {
    char *path; /* in the tree, without a slash at the end */
    enum inf_architecture architecture;
    struct folder_inf *infs;
    size_t inf_count;
};

/*
 * `root` is where the tree came from, for messages. STATUS_CHECK_FAILED, reported, when there is no INF, when one does
 * not serve Windows 7 on `architecture`, misses a file, or names no catalog. The catalog itself may be missing.
 */
enum status driver_folder_read(const char *root, const struct file_tree *tree, const char *path,
                               enum inf_architecture architecture, struct driver_folder *folder);
void driver_folder_free(struct driver_folder *folder);

/* Whether one of the INFs copies `name` ("file.sys", or "sub/file.sys"), without regard to case. */
bool driver_folder_copies(const struct driver_folder *folder, const char *name);

/* A file by its path, without regard to case, as Windows looks it up; NULL when there is none. */
const struct tree_file *tree_find_any_case(const struct file_tree *tree, const char *path);

/* The part of `path` below `folder` ("x86/blk"), or NULL when it is not in it. */
const char *path_below(const char *path, const char *folder);

bool ends_with_any_case(const char *text, const char *suffix);

const char *architecture_name(enum inf_architecture architecture);
uint16_t architecture_machine(enum inf_architecture architecture);

/* Whether this is a PE image for the architecture. */
bool is_driver_for(const struct bytes *content, enum inf_architecture architecture);

#endif
