/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Whether a file system has room for what is going to be written, asked before anything is. */
#ifndef AEROW7_ROOM_H
#define AEROW7_ROOM_H

#include "base/diag.h"

#include <stdint.h>

/*
 * `copied` bytes come from another file of the same file system and take no room where files can share them (btrfs, XFS);
 * `fresh` bytes take theirs anyway. STATUS_NOT_WRITTEN, reported, when there is not enough. What cannot be found out is
 * let pass: writing will say.
 */
enum status room_check(const char *target, uint64_t copied, uint64_t fresh);

#endif
