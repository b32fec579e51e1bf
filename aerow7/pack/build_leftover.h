/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What compilers and linkers leave beside a driver: of no use to a guest, so packages leave it out. */
#ifndef AEROW7_BUILD_LEFTOVER_H
#define AEROW7_BUILD_LEFTOVER_H

#include <stdbool.h>

/* By the extension, without regard to case. */
bool is_build_leftover(const char *path);

#endif
