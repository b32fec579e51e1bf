/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A large file's content into another, empty one: shared where the file system can (reflink), otherwise by the kernel
 * with holes kept, so that a thin disk image stays thin. Memory stays flat.
 */
#ifndef AEROW7_FILE_COPY_H
#define AEROW7_FILE_COPY_H

#include "base/diag.h"

/*
 * `from` and `to` are open files, named `source` and `target` in messages. The bar of base/progress.h counts bytes; the
 * caller begins and ends it.
 */
enum status file_copy(int from, const char *source, int to, const char *target);

#endif
