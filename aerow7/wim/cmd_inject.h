/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7 inject: drivers into a WIM or into the disk image of an installed Windows. */
#ifndef AEROW7_CMD_INJECT_H
#define AEROW7_CMD_INJECT_H

#include "base/diag.h"

enum status cmd_inject(int argc, char **argv);

#endif
