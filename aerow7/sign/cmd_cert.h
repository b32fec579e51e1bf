/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef AEROW7_CMD_CERT_H
#define AEROW7_CMD_CERT_H

#include "base/diag.h"

enum status cmd_cert(int argc, char **argv);

#endif
