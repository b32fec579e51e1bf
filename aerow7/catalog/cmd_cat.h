/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef AEROW7_CMD_CAT_H
#define AEROW7_CMD_CAT_H

#include "base/diag.h"

enum status cmd_cat(int argc, char **argv);

#endif
