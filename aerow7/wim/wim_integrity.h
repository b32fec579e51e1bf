/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The integrity table: SHA-1 of each 10 MiB (or what the table says) of the file from behind the header to the end of
 * the table of blobs. What lies wholly in the range of the old table keeps its hash and is not read again.
 */
#ifndef AEROW7_WIM_INTEGRITY_H
#define AEROW7_WIM_INTEGRITY_H

#include "wim/wim_file.h"

/* `descriptor` is the new file, which has all of the old one; `end` is where its table of blobs ends. */
enum status wim_integrity_extend(struct wim_file *old, int descriptor, uint64_t end, const char *name,
                                 struct bytes *out);

#endif
