/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Paths of a source, spelled as the volume spells them, and changes of single files. */
#ifndef AEROW7_OFFLINE_VOLUME_PATH_H
#define AEROW7_OFFLINE_VOLUME_PATH_H

#include "offline/changes.h"
#include "offline/source.h"

/* `path` with each part that is there in the volume's spelling. The caller frees it. */
enum status volume_path(const struct source *source, const char *path, char **out);

/*
 * Whether a file is there; its content, when it is and `content` is not NULL. STATUS_BAD_INPUT, reported, for a folder
 * or a link of that name.
 */
enum status volume_read(const struct source *source, const char *path, size_t limit, bool *found,
                        struct bytes *content);

/*
 * The change that gives a file this content, with the folders that it needs; none when it has it already. `content` is
 * taken over.
 */
enum status volume_put(const struct source *source, struct changes *changes, const char *path, struct bytes content,
                       const char *why);

#endif
