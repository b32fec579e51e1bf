/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7 undo: takes back what aerow7 inject did. */
#ifndef AEROW7_CMD_UNDO_H
#define AEROW7_CMD_UNDO_H

#include "base/diag.h"

enum status cmd_undo(int argc, char **argv);

#endif
