/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A folder that appears whole or not at all: written beside its target and renamed. Files are made one at a time, below
 * the folder's own descriptor and never through a link, so nothing lands elsewhere, whatever a path says.
 */
#ifndef AEROW7_FOLDER_OUTPUT_H
#define AEROW7_FOLDER_OUTPUT_H

#include "base/diag.h"

#include <stdbool.h>
#include <time.h>

struct folder_output {
    char *target; /* without links in it */
    char *beside;
    int root;
    bool replace;
};

/*
 * A target that exists must be an empty folder, or `replace` is set and it is none that somebody would miss: not the
 * root of the file system or of a Git work tree, not the home folder, not the current folder or one above it, and
 * without `input` in it.
 */
enum status folder_output_begin(struct folder_output *output, const char *target, bool replace, const char *input);

/* A new file, open for writing, with the folders above it. */
enum status folder_output_create(struct folder_output *output, const char *path, int *descriptor);

/* Ends the file of folder_output_create; `modified` 0 leaves its date as it is. */
enum status folder_output_close(struct folder_output *output, const char *path, int descriptor, time_t modified);

enum status folder_output_commit(struct folder_output *output);
/* Also after a failure of the others; not after commit. */
void folder_output_discard(struct folder_output *output);

#endif
