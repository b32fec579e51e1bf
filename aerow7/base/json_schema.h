/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * JSON Schema, the part that the project's schemas use: type, const, enum, pattern, minLength, minItems, items,
 * required, properties, additionalProperties (false only), $ref to #/$defs/NAME. A keyword outside this list is an
 * error in the schema: a rule that nobody checks is worse than none.
 */
#ifndef AEROW7_JSON_SCHEMA_H
#define AEROW7_JSON_SCHEMA_H

#include "base/diag.h"

#include <cjson/cJSON.h>

/*
 * Reports every violation as "FILE: JSON-PATH: reason". STATUS_CHECK_FAILED when there was one, STATUS_BAD_INPUT when
 * the schema itself cannot be used.
 */
enum status json_schema_check(const char *schema_name, const cJSON *schema, const char *file_name,
                              const cJSON *document);

#endif
