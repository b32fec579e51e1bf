/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7 pack */
#ifndef AEROW7_CMD_PACK_H
#define AEROW7_CMD_PACK_H

#include "base/diag.h"

enum status cmd_pack(int argc, char **argv);

#endif
