/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A tiny JSON writer: values are appended to a stream in the order in which they are given. Keys are our own literals;
 * string values are escaped. json_open starts the outermost object, json_close ends it.
 */
#ifndef NTHOST_JSON_H
#define NTHOST_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    unsigned depth;
    bool first; /* in the current object or array */
};

void json_open(struct json *j, FILE *out);
void json_close(struct json *j);
void json_object(struct json *j, const char *key); /* key NULL: element of an array */
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_string(struct json *j, const char *key, const char *value); /* NULL value: null */
void json_integer(struct json *j, const char *key, uint64_t value);
void json_number(struct json *j, const char *key, double value);
void json_boolean(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);

#endif
