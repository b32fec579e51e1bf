/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7 contract check|generate */
#ifndef AEROW7_CMD_CONTRACT_H
#define AEROW7_CMD_CONTRACT_H

#include "base/diag.h"

enum status cmd_contract(int argc, char **argv);

#endif
