/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An offline Windows as a folder of this machine: an extracted image, or a volume that somebody mounted. Names are found
 * without regard to case; links are not followed, so nothing outside the folder is read or written.
 */
#ifndef AEROW7_OFFLINE_SOURCE_FOLDER_H
#define AEROW7_OFFLINE_SOURCE_FOLDER_H

#include "offline/changes.h"
#include "offline/source.h"

struct source_folder;

/* `path` is kept for messages. STATUS_BAD_INPUT, reported, when it is no folder. */
enum status source_folder_open(const char *path, struct source_folder **out, struct source *source);
void source_folder_close(struct source_folder *folder);

/* Where a file of it is on this machine, for whoever reads it by itself. The caller frees. */
enum status source_folder_path(struct source_folder *folder, const char *path, bool *found, char **out);

/* All changes; each file is replaced in one step, and when one fails those before it are taken back. */
enum status source_folder_write(struct source_folder *folder, const struct changes *changes);

#endif
