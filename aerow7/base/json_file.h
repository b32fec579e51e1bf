/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A JSON file read whole. A UTF-8 byte order mark is tolerated; trailing text, a name given twice in one object and
 * an unescaped zero byte are refused, with line and column where the parser stopped.
 */
#ifndef AEROW7_JSON_FILE_H
#define AEROW7_JSON_FILE_H

#include "base/diag.h"

#include <cjson/cJSON.h>

/* The caller frees with cJSON_Delete. */
enum status json_read(const char *path, cJSON **out);

#endif
