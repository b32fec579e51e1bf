/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef AEROW7_CMD_INF_CHECK_H
#define AEROW7_CMD_INF_CHECK_H

#include "base/diag.h"

enum status cmd_inf_check(const char *help, int argc, char **argv);

#endif
