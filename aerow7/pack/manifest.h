/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* manifest.json: what a package holds, each file with its size and SHA-256, and what it was made from. */
#ifndef AEROW7_MANIFEST_H
#define AEROW7_MANIFEST_H

#include "base/file_tree.h"
#include "base/text.h"

struct manifest_head {
    const char *pack;
    const char *contract_name;
    const char *contract_version;
    time_t epoch;
    char **drivers;
    size_t driver_count;
};

/* The tree must be sorted. The result ends in a line feed. */
void manifest_make(const struct manifest_head *head, const struct file_tree *tree, struct text *out);

#endif
