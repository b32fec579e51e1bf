/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How aerow7 verify shows what it found: text for people, JSON for programs, the same content. */
#ifndef AEROW7_VERIFY_REPORT_H
#define AEROW7_VERIFY_REPORT_H

#include "base/report.h"
#include "sign/windows7_verdict.h"

struct verified {
    const char *file;
    const char *kind; /* "pe", "catalog", "other" */
    bool x64;
    bool both_architectures; /* a catalog alone: it does not say */
    struct signatures embedded;
    bool checksum_right; /* of a PE file */
    const char *catalog; /* the catalog's name, when one was given */
    bool in_catalog;
    const struct signatures *catalog_signatures;
    struct findings findings;
};

void verified_print(const struct verified *verified);
/* The caller owns it. */
cJSON *verified_json(const struct verified *verified);

#endif
