/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One image of a WIM as offline/source.h reads a Windows. */
#ifndef AEROW7_WIM_SOURCE_H
#define AEROW7_WIM_SOURCE_H

#include "offline/source.h"
#include "wim/wim_file.h"
#include "wim/wim_tree.h"

/* The metadata of image `index`, from 1; `name` is kept for messages. */
enum status wim_image_tree(struct wim_file *wim, unsigned index, const char *name, struct wim_tree *tree);

/* STATUS_BAD_INPUT, reported, when there is no such image. `wim` stays open as long as the source. */
enum status wim_source_open(struct wim_file *wim, unsigned index, const struct source **out);
void wim_source_close(const struct source *source);

#endif
