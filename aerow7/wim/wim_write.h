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

/*
 * Called when the result is complete and before it becomes what `out` means: at `path`, to be opened with `state`'s
 * header (wim_open_state). A status other than STATUS_DONE throws it away.
 */
typedef enum status (*wim_check)(void *context, const char *path, const struct wim_state *state);

struct wim_target {
    const char *out; /* may be the WIM itself */
    bool in_place;   /* append to the WIM itself; `out` is its path */
    wim_check check; /* may be NULL */
    void *context;
};

/*
 * Everything new is dated `when`. STATUS_NOT_WRITTEN, STATUS_BAD_INPUT and STATUS_CHECK_FAILED leave `out` as it was. A
 * run that is killed leaves it as it was, too, or in place with bytes at its end that nothing refers to.
 */
enum status wim_write(struct wim_file *wim, const struct wim_image_changes *images, size_t count, time_t when,
                      const struct wim_target *target, struct wim_state *result);

#endif
