/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Where a changed WIM is written: to a copy, which takes the target's name when it is complete; or, for those without
 * room or time for one, behind the end of the WIM itself. There the header comes last and in one piece: until then
 * every reader sees the WIM as it was, with bytes at its end that belong to nothing.
 */
#ifndef AEROW7_WIM_OUTPUT_H
#define AEROW7_WIM_OUTPUT_H

#include "wim/wim_file.h"

struct wim_output {
    struct wim_file *wim;
    struct pending_file pending; /* path NULL: the WIM itself */
    bool in_place;
};

/* With the WIM's bytes in it already. STATUS_CHECK_FAILED: in place, and somebody else has it open for writing. */
enum status wim_output_open(struct wim_output *output, struct wim_file *wim, const char *out, bool in_place);

/* The path under which the result can be read before it is what `out` means. */
const char *wim_output_path(const struct wim_output *output);

/* The result becomes `out`, with this header, and is on disk. */
enum status wim_output_commit(struct wim_output *output, const uint8_t header[WIM_HEADER_SIZE]);
/* `out` is as it was. */
void wim_output_discard(struct wim_output *output);

#endif
