/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is on a medium, shown or compared with a folder. */
#ifndef AEROW7_ISO_COMPARE_H
#define AEROW7_ISO_COMPARE_H

#include "base/diag.h"

#include <stdbool.h>

enum status iso_list(const char *path, bool json);

/* STATUS_CHECK_FAILED when names, sizes or contents differ; each difference is reported. */
enum status iso_compare(const char *path, const char *folder, bool json);

#endif
