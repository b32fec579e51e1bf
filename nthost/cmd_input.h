/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * `nthost input`: argv[0] is the command's name. The exit status, as verifier.h lists them.
 */
#ifndef NTHOST_CMD_INPUT_H
#define NTHOST_CMD_INPUT_H

int cmd_input(int argc, char **argv);

#endif
