/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/json_file.h"

#include "base/file_io.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define JSON_FILE_LIMIT ((size_t)16 << 20)

static void report_position(const char *path, const struct bytes *bytes, const char *position)
{
    unsigned line = 1;
    unsigned column = 1;
    char *place;

    for (const char *cursor = bytes->data; cursor < position; ++cursor) {
        ++column;
        if (*cursor == '\n') {
            ++line;
            column = 1;
        }
    }
    place = xformat("%s:%u:%u", path, line, column);
    diag_error(place, "is not JSON from here on");
    free(place);
}

static enum status refuse_duplicate_names(const char *path, const cJSON *node)
{
    for (const cJSON *child = node->child; child != NULL; child = child->next) {
        if (cJSON_IsObject(node)) {
            for (const cJSON *other = child->next; other != NULL; other = other->next) {
                if (strcmp(child->string, other->string) == 0) {
                    diag_error(path, "the name \"%s\" is given twice in one object", child->string);
                    return STATUS_BAD_INPUT;
                }
            }
        }
        if (refuse_duplicate_names(path, child) != STATUS_DONE) {
            return STATUS_BAD_INPUT;
        }
    }
    return STATUS_DONE;
}

enum status json_read(const char *path, cJSON **out)
{
    const char *end = NULL;
    struct bytes bytes;
    enum status status = file_read(path, JSON_FILE_LIMIT, &bytes);

    *out = NULL;
    if (status != STATUS_DONE) {
        return status;
    }
    if (memchr(bytes.data, 0, bytes.size) != NULL) {
        diag_error(path, "is not JSON: it has a zero byte");
        status = STATUS_BAD_INPUT;
        goto free_bytes;
    }
    /* The terminating zero is within the length, as "require_null_terminated" asks for. */
    *out = cJSON_ParseWithLengthOpts(bytes.data, bytes.size + 1, &end, 1);
    if (*out == NULL) {
        report_position(path, &bytes, end != NULL ? end : bytes.data);
        status = STATUS_BAD_INPUT;
        goto free_bytes;
    }
    status = refuse_duplicate_names(path, *out);
    if (status != STATUS_DONE) {
        cJSON_Delete(*out);
        *out = NULL;
    }
free_bytes:
    bytes_free(&bytes);
    return status;
}
