/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whether a Windows will take what is going to be put into it: the catalogs are of these files and signed, boot drivers
 * are signed in themselves, and its kernel reads such signatures. An error for each driver that it will refuse.
 */
#ifndef AEROW7_OFFLINE_SIGNATURE_CHECK_H
#define AEROW7_OFFLINE_SIGNATURE_CHECK_H

#include "offline/plan.h"
#include "pack/driver_folder.h"
#include "sign/windows7_verdict.h"

struct signature_case {
    enum windows7_updates accepts;
    bool test_signing; /* on already, or turned on with it */
};

/* A fault of the input, not of a signature, is returned; signatures' are findings. */
enum status signature_check(const struct offline_request *request, const struct signature_case *which,
                            const struct driver_folder *folder, struct findings *findings);

#endif
