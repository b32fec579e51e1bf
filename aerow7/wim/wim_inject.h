/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Drivers into a WIM: each chosen image is identified and planned, and when none is refused all are written, the result
 * is read again and compared before it takes the place of the file, and a manifest says how to go back.
 */
#ifndef AEROW7_WIM_INJECT_H
#define AEROW7_WIM_INJECT_H

#include "offline/plan.h"

#include <time.h>

struct wim_injection {
    const char *wim;
    const char *out;      /* NULL: the WIM itself is replaced */
    const char *manifest; /* NULL: none is written */
    const char *indexes;  /* "2", "1,2", "all"; NULL: all */
    const struct offline_request *request;
    time_t when;
    bool in_place; /* append to the WIM itself: no copy, but an interrupted run leaves bytes at its end */
    bool dry_run;  /* nothing is written */
};

/*
 * `report` gets "wim", "out" and "images" (index, name, kind, refused, changes (action, path, size, why)).
 * What has everything already is not written again; *changed is then false, and a different `out` is a plain copy.
 */
enum status wim_inject(const struct wim_injection *injection, struct findings *findings, cJSON *report, bool *changed);

#endif
