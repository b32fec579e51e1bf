/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef AEROW7_CMD_MEDIA_H
#define AEROW7_CMD_MEDIA_H

#include "base/diag.h"

enum status cmd_media(int argc, char **argv);

#endif
