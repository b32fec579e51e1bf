/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7 inspect: what an image holds, and what our drivers will meet there. */
#ifndef AEROW7_CMD_INSPECT_H
#define AEROW7_CMD_INSPECT_H

#include "base/diag.h"

enum status cmd_inspect(int argc, char **argv);

#endif
