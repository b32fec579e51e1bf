/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What Windows needs to start from a disk whose driver it has not installed yet: the driver's service, which the boot
 * loader starts, and CriticalDeviceDatabase keys that give the disk's controller to it before Plug and Play runs.
 */
#ifndef AEROW7_OFFLINE_STORAGE_SERVICE_H
#define AEROW7_OFFLINE_STORAGE_SERVICE_H

#include "inf/inf_package.h"
#include "offline/hive.h"

/* The service that Windows starts from, of this package, or NULL: SERVICE_BOOT_START and the device's function driver. */
const struct inf_service *storage_service_of(const struct inf_package *package);

/* The file name of its driver in system32\drivers; NULL when it is elsewhere. Points into `service`. */
const char *storage_service_file(const struct inf_service *service);

/* Into every control set that matters. `place` is the INF, for messages. */
enum status storage_service_put(struct hive *system, const char *place, const struct inf_package *package,
                                const struct inf_service *service);

#endif
