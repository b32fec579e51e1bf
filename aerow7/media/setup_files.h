/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What Setup finds drivers by on its media: the folder $WinPEDriver$, which it loads from and copies to the system that
 * it installs (Microsoft Knowledge Base 2686316), and, when asked for, an Autounattend.xml with the same in
 * DriverPaths.
 */
#ifndef AEROW7_SETUP_FILES_H
#define AEROW7_SETUP_FILES_H

#include "inf/inf_package.h"
#include "media/media_content.h"
#include "offline/plan.h"

struct setup_packages {
    size_t packages;
    size_t files;
};

/* The same bytes as in boot.wim: Setup takes what it loads first, and marks another version of it as bad. */
enum status setup_files_put_drivers(struct media_content *content, const struct offline_request *request,
                                    enum inf_architecture architecture, struct setup_packages *put);

/* An Autounattend.xml that is there already is somebody's own: STATUS_CHECK_FAILED, reported. */
enum status setup_files_put_unattend(struct media_content *content, enum inf_architecture architecture);

#endif
