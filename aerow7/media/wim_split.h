/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * install.wim in parts, install.swm, install2.swm, ...: Setup takes them in its place. A file on an ISO 9660 image ends
 * at 4 GiB - 1, and readers of files in several extents cannot be counted on.
 */
#ifndef AEROW7_WIM_SPLIT_H
#define AEROW7_WIM_SPLIT_H

#include "base/diag.h"

#include <stddef.h>
#include <stdint.h>

/* *parts is 0 when the WIM is not larger and was left alone. The parts are in `folder`. */
enum status wim_split_if_larger(const char *wim, uint64_t limit, const char *folder, size_t *parts);

/* The part's path, from 1. The caller frees. */
char *wim_split_name(const char *folder, size_t part);

#endif
