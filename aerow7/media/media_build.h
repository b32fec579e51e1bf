/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Install media with drivers in them: boot.wim and install.wim injected, $WinPEDriver$, test signing in the boot
 * configuration, an answer file when asked for, and a new ISO image that starts as the old media did. The old media
 * stay as they are; the new image appears when it is complete, was read again and is equal to what it was made of.
 */
#ifndef AEROW7_MEDIA_BUILD_H
#define AEROW7_MEDIA_BUILD_H

#include "base/report.h"
#include "offline/plan.h"

#include <time.h>

struct media_request {
    const char *iso;  /* either */
    const char *root; /* or */
    const char *out;
    const char *label;  /* NULL: the source's */
    uint64_t wim_limit; /* an install.wim of more bytes is split */
    bool autounattend;
    bool dry_run;
    time_t when;
    const struct offline_request *request;
};

/*
 * `report` gets "source", "out", "label", "architecture", "boot", "wims", "boot_stores", "packages", "autounattend",
 * "split", "files", "size".
 */
enum status media_build(const struct media_request *request, struct findings *findings, cJSON *report);

#endif
