/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Changes to images of a WIM. The file is copied and what is new is appended to the copy: contents, the changed images'
 * metadata, the table, the XML, the integrity table; then the header points there. No byte of the original but the
 * header changes its place or value, so the original is the same file with its old header and its old length.
 *
 * Adding a file with wimlib's own update gives it no security descriptor, also when it takes the place of one that had
 * some; here a replaced file keeps its entry: security, short name, attributes, times but the last change.
 */
#ifndef AEROW7_WIM_WRITE_H
#define AEROW7_WIM_WRITE_H

#include "offline/changes.h"
#include "wim/wim_file.h"

#include <time.h>

struct wim_image_changes {
    unsigned index; /* from 1; each image once */
    const struct changes *changes;
};

/* A state of the file: enough to tell whether it is in it, and for the original, to go back to it. */
struct wim_state {
    uint64_t size;
    uint8_t header[WIM_HEADER_SIZE];
};

/* Called for the complete result before it becomes `out`: a status other than STATUS_DONE throws it away. */
typedef enum status (*wim_check)(void *context, const char *path, const struct wim_state *state);

/*
 * `out` may be the WIM itself. Everything new is dated `when`. `check` may be NULL. STATUS_NOT_WRITTEN and
 * STATUS_BAD_INPUT leave `out` as it was.
 */
enum status wim_write(struct wim_file *wim, const struct wim_image_changes *images, size_t count, time_t when,
                      const char *out, wim_check check, void *context, struct wim_state *result);

#endif
