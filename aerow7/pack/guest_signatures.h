/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whether the signatures on a guest tools medium are what its signing policy says. test: each catalog is of exactly the
 * files beside it and signed up to a certificate in certs/, and a boot-start driver is so in itself, too ("boot-start
 * drivers must have an embedded signature", Windows driver documentation). production: signed and unbroken, whoever
 * signed. none: nothing is asked.
 */
#ifndef AEROW7_GUEST_SIGNATURES_H
#define AEROW7_GUEST_SIGNATURES_H

#include "pack/guest_drivers.h"

/* Reports every fault of the folder. A catalog that is not there is somebody else's fault to report. */
enum status guest_signatures_check(const struct guest_drivers *drivers, const struct driver_folder *folder);

#endif
