/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef AEROW7_CMD_SIGN_H
#define AEROW7_CMD_SIGN_H

#include "base/diag.h"

enum status cmd_sign(int argc, char **argv);

#endif
