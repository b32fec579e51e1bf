/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a packaging spec and the contract demand of one driver's folder. */
#ifndef AEROW7_GUEST_DRIVER_RULES_H
#define AEROW7_GUEST_DRIVER_RULES_H

#include "pack/guest_drivers.h"

/* Reports every fault of the folder. */
enum status guest_driver_check(const struct guest_drivers *drivers, const struct spec_driver *wanted,
                               const struct driver_folder *folder);

enum file_fate {
    FILE_PACKED,
    FILE_DROPPED, /* a build leftover */
    FILE_REFUSED,
};
/* `name` is the path below the driver's folder. */
enum file_fate guest_driver_file_fate(const struct spec_driver *wanted, const struct driver_folder *folder,
                                      const char *name);

#endif
