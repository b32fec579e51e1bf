/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What an injection into a WIM did and how to take it back: the file's state before, and each state that it was left in
 * since. A further injection into the same file keeps the first state, so that undo goes back to the very original.
 */
#ifndef AEROW7_WIM_INJECT_MANIFEST_H
#define AEROW7_WIM_INJECT_MANIFEST_H

#include "wim/wim_write.h"

#include <cjson/cJSON.h>

#define INJECT_MANIFEST_NAME "aerow7 inject"
#define INJECT_MANIFEST_LIMIT ((size_t)16 << 20)

/* What undo knows each kind of image by: "wim", "disk". */
enum status inject_manifest_read(const char *path, cJSON **out);
const char *inject_manifest_kind(const cJSON *manifest);

/* The file that it is about, where it stands: its name is relative to the manifest's folder. The caller frees. */
char *inject_manifest_file(const char *path, const cJSON *manifest);

/* How the manifest at `path` has to name `file`: relative when it stands in the same folder. The caller frees. */
char *inject_manifest_name_of(const char *path, const char *file);

/*
 * `present` is the manifest that is there already, or NULL; `images` is taken over. `after` is NULL before an injection
 * in place begins. The state before is `present`'s when that was left in `before`, or was interrupted on the way there.
 */
cJSON *wim_manifest_make(const char *file, const cJSON *present, const struct wim_state *before,
                         const struct wim_state *after, cJSON *images);

/* STATUS_BAD_INPUT, reported with `path`, for what is no manifest of a WIM. */
enum status wim_manifest_original(const char *path, const cJSON *manifest, struct wim_state *original);
/* The original, perhaps with bytes at its end that an interrupted injection in place left there. */
bool wim_state_is(const struct wim_state *original, const struct wim_state *state);
/* Whether an injection left the file in this state. */
bool wim_manifest_knows(const cJSON *manifest, const struct wim_state *state);

#endif
