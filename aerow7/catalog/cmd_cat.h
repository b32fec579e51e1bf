/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* aerow7 cat: each of its commands is a file of its own. */
#ifndef AEROW7_CMD_CAT_H
#define AEROW7_CMD_CAT_H

#include "base/diag.h"
#include "inf/inf_package.h"

enum status cmd_cat(int argc, char **argv);

/* argv[0] is "create" and so on. */
enum status cmd_cat_create(const char *help, int argc, char **argv);
enum status cmd_cat_verify(const char *help, int argc, char **argv);

/* "x86" or "amd64"; anything else is a usage error of `command`. */
enum status cat_architecture(const char *command, const char *text, enum inf_architecture *out);

#endif
