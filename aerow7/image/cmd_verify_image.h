/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7 verify-image: whether everything that aerow7 inject puts into an image is there. */
#ifndef AEROW7_CMD_VERIFY_IMAGE_H
#define AEROW7_CMD_VERIFY_IMAGE_H

#include "base/diag.h"

enum status cmd_verify_image(int argc, char **argv);

#endif
