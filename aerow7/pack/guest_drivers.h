/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The drivers of the guest tools: taken from a folder {x86,amd64}/DRIVER/ (also win32 or i386, x64 or x86_64), held
 * against the packaging spec and the contract, and put at drivers/{x86,amd64}/DRIVER/ of the medium.
 */
#ifndef AEROW7_GUEST_DRIVERS_H
#define AEROW7_GUEST_DRIVERS_H

#include "contract/contract.h"
#include "pack/driver_folder.h"
#include "pack/guest_spec.h"
#include "pack/guest_tools.h"

#include <openssl/x509.h>

struct guest_drivers {
    const char *root; /* where `input` came from */
    const struct file_tree *input;
    const char *below; /* "win7/" for a driver pack, "" else */
    const struct guest_spec *spec;
    const struct contract *contract;
    enum signing_policy policy;
    X509_STORE *roots; /* of the medium's certificates, under the test policy */
    struct file_tree *medium;
    cJSON *packed;  /* ["x86/name"] */
    cJSON *dropped; /* paths that were left out */
    cJSON *absent;  /* names of optional drivers that neither architecture has */
    cJSON *warnings;
};

/*
 * Every driver of the spec: INF, SYS and CAT on each architecture, what the INFs copy, services, hardware IDs. Every
 * fault is reported before STATUS_CHECK_FAILED is returned.
 */
enum status guest_drivers_take(struct guest_drivers *drivers);

#endif
