/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * `nthost snd`: argv[0] is the command's name. The exit status, as verifier.h lists them.
 */
#ifndef NTHOST_CMD_SND_H
#define NTHOST_CMD_SND_H

int cmd_snd(int argc, char **argv);

#endif
