/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Where Windows looks for drivers of new devices beside its driver store: DevicePath of a SOFTWARE hive. */
#ifndef AEROW7_OFFLINE_DEVICE_PATH_H
#define AEROW7_OFFLINE_DEVICE_PATH_H

#include "offline/hive.h"

/* Appended, unless it is in the list already. `folder` as Windows writes it, %SystemRoot%\... */
enum status device_path_add(struct hive *software, const char *folder);

#endif
