/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The guest tools medium: the scripts that run in the guest, the certificates that they install, config/devices.cmd,
 * and the drivers that a packaging spec names. Output below OUT: aero-guest-tools.iso, aero-guest-tools.zip and a
 * manifest, which is on the medium as well. Nothing is written before everything was read and checked.
 */
#ifndef AEROW7_GUEST_TOOLS_H
#define AEROW7_GUEST_TOOLS_H

#include "base/diag.h"

#include <stdbool.h>
#include <time.h>

#define GUEST_TOOLS_NAME "aero-guest-tools"

enum signing_policy {
    POLICY_TEST,       /* drivers of a test certificate, which the medium carries and setup installs */
    POLICY_PRODUCTION, /* drivers that Windows trusts; a certificate on the medium would be a mistake */
    POLICY_NONE,       /* no signing is assumed; likewise */
};

struct guest_tools_options {
    const char *drivers_dir;
    const char *guest_tools_dir;
    const char *out;
    const char *manifest; /* where the manifest goes; NULL: OUT/manifest.json */
    const char *spec;
    const char *contract;
    const char *contract_schema; /* NULL: beside the contract */
    const char *version;
    const char *build_id;
    const char *volume_id;
    enum signing_policy policy;
    time_t epoch;
    bool json;
};

/* The name of a policy or one of its aliases, without regard to case. False for any other text. */
bool signing_policy_parse(const char *text, enum signing_policy *policy);
const char *signing_policy_name(enum signing_policy policy);

enum status guest_tools_make(const struct guest_tools_options *options);

#endif
