/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The driver pack. Output below OUT:
 *   aero-win7-driver-pack/            win7/ARCH/DRIVER/, opt-in/win7/ARCH/DRIVER/ (installed by nobody but who asks),
 *                                     install.cmd, enable-testsigning.cmd, README.md, THIRD_PARTY_NOTICES.md,
 *                                     licenses/, certs/ and manifest.json
 *   aero-win7-driver-pack.zip         the same
 *   aero-virtio-win7-drivers.iso      the same, for "Load driver" in Windows Setup; label AERO_VIRTIO
 *   certs/NAME.cer                    when drivers are signed here
 *   symbols/ARCH/DRIVER.pdb           when they are of this build
 *   manifest.json                     all of it
 * Nothing is written before everything was read, checked and signed; the outer manifest is written last.
 */
#ifndef AEROW7_PACK_H
#define AEROW7_PACK_H

#include "base/options.h"
#include "contract/contract.h"
#include "sign/authenticode.h"

#include <time.h>

#define PACK_NAME "aero-win7-driver-pack"
#define PACK_ISO "aero-virtio-win7-drivers.iso"
#define PACK_ISO_LABEL "AERO_VIRTIO"

struct pack_options {
    const char *out;
    const char *guest_dir;              /* install.cmd and enable-testsigning.cmd */
    const char *resources;              /* a folder: what is in it is in the pack */
    const struct option_list *licenses; /* files that go to licenses/ */
    const struct contract *contract;
    const struct signer *signer; /* NULL: drivers and catalogs stay as they are */
    const char *certificate;     /* the file that the signer's certificate came from: it gives the name in certs/ */
    struct sign_options sign;
    time_t epoch;
    bool no_zip;
    bool json;
};

/* BUILD/{x86,amd64}/[opt-in/]DRIVER/ with .sys, .inf (or .inf.disabled), .pdb and what else the INFs copy. */
enum status pack_from_build(const struct pack_options *options, const char *build);

#endif
