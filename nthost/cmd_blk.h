/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * `nthost blk`: the arguments after the command's name. The exit status, as verifier.h lists them.
 */
#ifndef NTHOST_CMD_BLK_H
#define NTHOST_CMD_BLK_H

int cmd_blk(int argc, char **argv);

#endif
