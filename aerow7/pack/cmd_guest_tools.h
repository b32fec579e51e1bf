/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7 guest-tools */
#ifndef AEROW7_CMD_GUEST_TOOLS_H
#define AEROW7_CMD_GUEST_TOOLS_H

#include "base/diag.h"

enum status cmd_guest_tools(int argc, char **argv);

#endif
