/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef AEROW7_CMD_ISO_H
#define AEROW7_CMD_ISO_H

#include "base/diag.h"

enum status cmd_iso(int argc, char **argv);

#endif
