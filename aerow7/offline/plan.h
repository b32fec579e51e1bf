/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What putting our drivers into a Windows 7 takes, worked out from what it has: offline_plan reads and refuses,
 * offline_verify reads again and compares. Neither writes.
 */
#ifndef AEROW7_OFFLINE_PLAN_H
#define AEROW7_OFFLINE_PLAN_H

#include "base/file_tree.h"
#include "base/report.h"
#include "offline/changes.h"
#include "offline/source.h"

#include <stdint.h>

enum offline_kind {
    OFFLINE_OS,    /* an installed Windows, or an image of install.wim */
    OFFLINE_PE,    /* boot.wim, image 1: Windows PE */
    OFFLINE_SETUP, /* boot.wim, image 2: Windows PE with Setup */
};

#define OFFLINE_STORE_ROOT 1U
#define OFFLINE_STORE_TRUSTED_PUBLISHER 2U

struct offline_request {
    const char *pack_name;           /* for messages */
    const struct file_tree *pack;    /* the driver pack, folder or ZIP, read */
    const struct bytes *certificate; /* DER; NULL: none is put in */
    unsigned stores;                 /* OFFLINE_STORE_* */
    bool test_signing;               /* turn it on in BCD-Template and, on a disk, in the BCD */
    bool ignore_signatures;          /* go on although this Windows will not load what we put in; a warning then */
};

/*
 * Fills `changes` and says in `findings` what a user has to know. STATUS_CHECK_FAILED with errors in `findings` when it
 * is refused: not Windows 7, wrong architecture, dirty hives, signatures that it will not accept, an INF whose models
 * do not fit. `kind` is what offline_identify found.
 */
enum status offline_plan(const struct source *source, enum offline_kind kind, const struct offline_request *request,
                         struct changes *changes, struct findings *findings);

/* Whether everything that offline_plan would put there is there, byte for byte and key for key. */
enum status offline_verify(const struct source *source, enum offline_kind kind, const struct offline_request *request,
                           struct findings *findings);

#endif
