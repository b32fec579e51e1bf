/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A ZIP archive of a tree, the same bytes each time: sorted, one date for all, no owner, deflated with one setting.
 */
#ifndef AEROW7_ZIP_FILE_H
#define AEROW7_ZIP_FILE_H

#include "base/file_tree.h"

/* Every path in the archive begins with `prefix` ("name/" or ""). A date before 1980 becomes 1980: ZIP knows no other.
 */
enum status zip_file_write(const struct file_tree *tree, const char *prefix, const char *path, time_t when);

#endif
