/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An installed Windows runs no SetupComplete.cmd any more. A service of its own, started once by itself, runs the script
 * that installs the packages, and the script removes it when all are installed.
 */
#ifndef AEROW7_OFFLINE_FIRST_START_H
#define AEROW7_OFFLINE_FIRST_START_H

#include "offline/hive.h"

enum status first_start_put(struct hive *system, const char *place);

#endif
