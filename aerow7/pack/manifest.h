/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * manifest.json: what a package holds, each file with its size and SHA-256, and what it was made from. Names of
 * properties stay once published; new ones may be added.
 */
#ifndef AEROW7_MANIFEST_H
#define AEROW7_MANIFEST_H

#include "base/file_tree.h"
#include "base/text.h"

#include <cjson/cJSON.h>

struct manifest_head {
    const char *pack;
    const char *contract_name;
    const char *contract_version;
    time_t epoch;
    char **drivers;
    size_t driver_count;
    const cJSON *details; /* an object whose properties are added before the files, or NULL */
};

/* The tree must be sorted. The result ends in a line feed. */
void manifest_make(const struct manifest_head *head, const struct file_tree *tree, struct text *out);

/* YYYY-MM-DDThh:mm:ssZ */
void manifest_date(time_t when, char *out, size_t size);

/* An array, empty when there are no names. */
cJSON *manifest_names(char *const *names, size_t count);

/* "files": [{"path", "size", "sha256"}], in the order of the tree. */
void manifest_add_files(cJSON *root, const struct file_tree *tree);

#endif
