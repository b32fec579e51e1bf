/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A JSON file read whole. A UTF-8 byte order mark is tolerated; trailing text, a name given twice in one object and
 * an unescaped zero byte are refused, with line and column where the parser stopped.
 */
#ifndef AEROW7_JSON_FILE_H
#define AEROW7_JSON_FILE_H

#include "base/diag.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/* The caller frees with cJSON_Delete. */
enum status json_read(const char *path, cJSON **out);

/* The same for files that people write by hand: a file larger than `limit` is refused unread. */
#define JSON_BY_HAND_LIMIT ((size_t)1 << 20)
enum status json_read_limited(const char *path, size_t limit, cJSON **out);

#endif
