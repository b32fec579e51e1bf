/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef AEROW7_CMD_INF_H
#define AEROW7_CMD_INF_H

#include "base/diag.h"

enum status cmd_inf(int argc, char **argv);

#endif
