/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Drivers into a Windows that lies in a folder: planned, written, read again and compared. */
#ifndef AEROW7_OFFLINE_FOLDER_INJECT_H
#define AEROW7_OFFLINE_FOLDER_INJECT_H

#include "offline/plan.h"

struct folder_injection {
    const char *folder;
    const struct offline_request *request;
    bool dry_run; /* nothing is written */
};

/* `report` gets "folder" and "changes" (action, path, size, why). *changed is false when everything was there. */
enum status folder_inject(const struct folder_injection *injection, struct findings *findings, cJSON *report,
                          bool *changed);

#endif
