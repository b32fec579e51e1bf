/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef AEROW7_CMD_VERIFY_H
#define AEROW7_CMD_VERIFY_H

#include "base/diag.h"

enum status cmd_verify(int argc, char **argv);

#endif
