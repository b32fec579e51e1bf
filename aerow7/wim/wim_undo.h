/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An injection into a WIM taken back: what was appended goes, and the old header comes back. */
#ifndef AEROW7_WIM_UNDO_H
#define AEROW7_WIM_UNDO_H

#include "wim/inject_manifest.h"

/*
 * The WIM that the manifest at `path` is about (or `file`) becomes what it was, or `out` does. In place needs no room;
 * when it is interrupted the WIM is what it was, with bytes at its end that nothing refers to until undo runs again.
 * STATUS_CHECK_FAILED, nothing written, when the file is in no state that the manifest knows.
 */
enum status wim_undo(const char *path, const cJSON *manifest, const char *file, const char *out, bool in_place,
                     bool *changed);

/* The first bytes of the file, with another header, as `out`. */
enum status wim_copy(struct wim_file *wim, const struct wim_state *state, const char *out);

#endif
