/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef AEROW7_CMD_EXTRACT_H
#define AEROW7_CMD_EXTRACT_H

#include "base/diag.h"

enum status cmd_extract(int argc, char **argv);

#endif
