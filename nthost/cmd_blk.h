/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * `nthost blk`: argv[0] is the command's name. The exit status, as verifier.h lists them.
 */
#ifndef NTHOST_CMD_BLK_H
#define NTHOST_CMD_BLK_H

int cmd_blk(int argc, char **argv);

#endif
