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

static int compare_names(const void *left, const void *right)
{
    return strcmp((*(const cJSON *const *)left)->string, (*(const cJSON *const *)right)->string);
}

/* Sorted first: an object may have as many names as fit into a file. */
static enum status refuse_duplicates_of(const char *path, const cJSON *object)
{
    size_t count = (size_t)cJSON_GetArraySize(object);
    const cJSON **names = xcalloc(count + 1, sizeof(*names));
    enum status status = STATUS_DONE;
    const cJSON *child;
    size_t at = 0;

    cJSON_ArrayForEach(child, object)
    {
        names[at++] = child;
    }
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 1; i < count && status == STATUS_DONE; ++i) {
        if (strcmp(names[i - 1]->string, names[i]->string) == 0) {
            diag_error(path, "the name \"%s\" is given twice in one object", names[i]->string);
            status = STATUS_BAD_INPUT;
        }
    }
    free(names);
    return status;
}

/* cJSON refuses nesting deeper than CJSON_NESTING_LIMIT, so this ends. */
static enum status refuse_duplicate_names(const char *path, const cJSON *node)
{
    enum status status = cJSON_IsObject(node) ? refuse_duplicates_of(path, node) : STATUS_DONE;
    const cJSON *child;

    cJSON_ArrayForEach(child, node)
    {
        status = status == STATUS_DONE ? refuse_duplicate_names(path, child) : status;
    }
    return status;
}

enum status json_read(const char *path, cJSON **out)
{
    return json_read_limited(path, JSON_FILE_LIMIT, out);
}

enum status json_read_limited(const char *path, size_t limit, cJSON **out)
{
    const char *end = NULL;
    struct bytes bytes;
    enum status status = file_read(path, limit, &bytes);

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
