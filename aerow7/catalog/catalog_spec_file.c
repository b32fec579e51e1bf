/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog_spec_file.h"

#include "base/json_file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER_SIZE_LIMIT ((size_t)256 << 20)
#define ENTRIES_LIMIT 20000 /* none is known to have more than some hundreds */

static enum status bad(const char *path, const char *where, const char *reason)
{
    char *place = xformat("%s: %s", path, where);

    diag_error(place, "%s", reason);
    free(place);
    return STATUS_BAD_INPUT;
}

static enum status refuse_unknown(const char *path, const char *where, const cJSON *object, const char *const *known)
{
    const cJSON *child;

    cJSON_ArrayForEach(child, object)
    {
        bool found = false;

        for (size_t i = 0; known[i] != NULL; ++i) {
            found = found || strcmp(known[i], child->string) == 0;
        }
        if (!found) {
            char *place = xformat("%s.%s", where, child->string);
            enum status status = bad(path, place, "is not a property that is known here");

            free(place);
            return status;
        }
    }
    return STATUS_DONE;
}

/* NULL in `out` when the property is absent. */
static enum status text_of(const char *path, const char *where, const cJSON *object, const char *name, const char **out)
{
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, name);

    *out = cJSON_GetStringValue(node);
    if (node != NULL && *out == NULL) {
        char *place = xformat("%s.%s", where, name);
        enum status status = bad(path, place, "must be a string");

        free(place);
        return status;
    }
    return STATUS_DONE;
}

static int digit_of(char digit)
{
    const char *digits = "0123456789abcdef";
    const char *at = digit != 0 ? strchr(digits, digit >= 'A' && digit <= 'F' ? digit - 'A' + 'a' : digit) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

static bool hex_bytes(const char *text, unsigned char *out, size_t size)
{
    if (strlen(text) != 2 * size) {
        return false;
    }
    for (size_t i = 0; i < size; ++i) {
        int high = digit_of(text[2 * i]);
        int low = digit_of(text[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static bool time_of(const char *text, time_t *out)
{
    struct tm parts = {0};
    struct tm back;
    char written[32];
    int end = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour,
               &parts.tm_min, &parts.tm_sec, &end) != 6 ||
        end != (int)strlen(text)) {
        return false;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    *out = timegm(&parts);
    /* 31 February has become another day. */
    return gmtime_r(out, &back) != NULL && strftime(written, sizeof(written), "%Y-%m-%dT%H:%M:%SZ", &back) > 0 &&
           strcmp(written, text) == 0;
}

static enum status read_attribute(const char *path, const char *where, const cJSON *node, struct catalog_attribute *out)
{
    static const char *const known[] = {"name", "value", NULL};
    enum status status = refuse_unknown(path, where, node, known);

    if (status == STATUS_DONE) {
        status = text_of(path, where, node, "name", &out->name);
    }
    if (status == STATUS_DONE) {
        status = text_of(path, where, node, "value", &out->value);
    }
    if (status == STATUS_DONE && (out->name == NULL || out->value == NULL)) {
        status = bad(path, where, "must have a name and a value");
    }
    return status;
}

static enum status read_attributes(const char *path, struct catalog_spec_file *out)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(out->json, "attributes");
    const cJSON *hwids = cJSON_GetObjectItemCaseSensitive(out->json, "hwids");
    int hwid_count = cJSON_GetArraySize(hwids);
    enum status status = STATUS_DONE;
    const char *os = NULL;
    const cJSON *node;
    size_t count = 0;

    if ((list != NULL && !cJSON_IsArray(list)) || (hwids != NULL && !cJSON_IsArray(hwids))) {
        return bad(path, "$", "attributes and hwids must be arrays");
    }
    out->attributes = xcalloc((size_t)cJSON_GetArraySize(list) + (size_t)hwid_count + 1, sizeof(*out->attributes));
    out->names = xcalloc((size_t)hwid_count, sizeof(*out->names));
    cJSON_ArrayForEach(node, list)
    {
        char *where = xformat("$.attributes[%zu]", count);

        status = read_attribute(path, where, node, &out->attributes[count++]);
        free(where);
        if (status != STATUS_DONE) {
            return status;
        }
    }
    status = text_of(path, "$", out->json, "os", &os);
    if (status == STATUS_DONE && os != NULL) {
        out->attributes[count++] = (struct catalog_attribute){.name = "OS", .value = os};
    }
    for (node = hwids != NULL ? hwids->child : NULL; node != NULL && status == STATUS_DONE; node = node->next) {
        size_t index = out->name_count;

        out->names[out->name_count++] = xformat("HWID%zu", index + 1);
        if (!cJSON_IsString(node)) {
            return bad(path, "$.hwids", "must be strings");
        }
        out->attributes[count + (size_t)hwid_count - 1 - index] =
            (struct catalog_attribute){.name = out->names[index], .value = node->valuestring};
    }
    out->spec.attributes = out->attributes;
    out->spec.attribute_count = count + (size_t)hwid_count;
    return status;
}

static enum status read_file(const char *path, const char *where, const char *file, struct catalog_entry *out)
{
    const char *slash = strrchr(path, '/');
    char *target = xformat("%.*s%s", slash != NULL ? (int)(slash + 1 - path) : 0, path, file);
    struct bytes content;
    const char *fault;
    enum status status;

    if (windows_path_fault(file) != NULL) {
        free(target);
        return bad(path, where, "its file must be a path below the folder of this JSON file");
    }
    status = file_read(target, MEMBER_SIZE_LIMIT, &content);
    if (status == STATUS_DONE) {
        fault = catalog_hash_content(&content, EVP_sha1(), &out->sha1);
        if (fault != NULL) {
            diag_error(target, "%s", fault);
            status = STATUS_BAD_INPUT;
        }
        bytes_free(&content);
    }
    free(target);
    return status;
}

static enum status read_hash(const char *path, const char *where, const cJSON *node, struct catalog_entry *out)
{
    const char *kind = NULL;
    const char *sha1 = NULL;
    enum status status = text_of(path, where, node, "kind", &kind);

    if (status == STATUS_DONE) {
        status = text_of(path, where, node, "sha1", &sha1);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    if (kind == NULL || (strcmp(kind, "pe") != 0 && strcmp(kind, "flat") != 0)) {
        return bad(path, where, "must have a file, or a kind that is \"pe\" or \"flat\"");
    }
    if (sha1 == NULL || !hex_bytes(sha1, out->sha1.digest, 20)) {
        return bad(path, where, "its sha1 must be 40 hexadecimal digits");
    }
    out->sha1.pe = strcmp(kind, "pe") == 0;
    return STATUS_DONE;
}

static enum status read_member(const char *path, const char *where, const cJSON *node, struct catalog_entry *out)
{
    static const char *const of_file[] = {"file", "name", "osattr", NULL};
    static const char *const of_hash[] = {"name", "kind", "sha1", "osattr", NULL};
    const char *file = NULL;
    enum status status = text_of(path, where, node, "file", &file);

    if (status == STATUS_DONE) {
        status = refuse_unknown(path, where, node, file != NULL ? of_file : of_hash);
    }
    if (status == STATUS_DONE) {
        status = text_of(path, where, node, "name", &out->name);
    }
    if (status == STATUS_DONE) {
        status = text_of(path, where, node, "osattr", &out->os_attribute);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    if (out->name == NULL && file != NULL) {
        out->name = strrchr(file, '/') != NULL ? strrchr(file, '/') + 1 : file;
    }
    if (out->name == NULL) {
        return bad(path, where, "must have a name");
    }
    return file != NULL ? read_file(path, where, file, out) : read_hash(path, where, node, out);
}

static enum status read_members(const char *path, struct catalog_spec_file *out)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(out->json, "members");
    enum status status = STATUS_DONE;
    const cJSON *node;

    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) == 0 || cJSON_GetArraySize(list) > ENTRIES_LIMIT) {
        return bad(path, "$.members", "must be an array of 1 to 20000 members");
    }
    out->entries = xcalloc((size_t)cJSON_GetArraySize(list), sizeof(*out->entries));
    cJSON_ArrayForEach(node, list)
    {
        char *where = xformat("$.members[%zu]", out->spec.entry_count);

        status = cJSON_IsObject(node) ? read_member(path, where, node, &out->entries[out->spec.entry_count++])
                                      : bad(path, where, "must be an object");
        free(where);
        if (status != STATUS_DONE) {
            return status;
        }
    }
    out->spec.entries = out->entries;
    return STATUS_DONE;
}

static enum status read_head(const char *path, struct catalog_spec_file *out)
{
    static const char *const known[] = {"identifier", "time", "osattr", "attributes", "os", "hwids", "members", NULL};
    const char *identifier = NULL;
    const char *time = NULL;
    enum status status =
        cJSON_IsObject(out->json) ? refuse_unknown(path, "$", out->json, known) : bad(path, "$", "must be an object");

    if (status == STATUS_DONE) {
        status = text_of(path, "$", out->json, "identifier", &identifier);
    }
    if (status == STATUS_DONE) {
        status = text_of(path, "$", out->json, "time", &time);
    }
    if (status == STATUS_DONE) {
        status = text_of(path, "$", out->json, "osattr", &out->spec.os_attribute);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    out->has_identifier = identifier != NULL;
    if (identifier != NULL && !hex_bytes(identifier, out->spec.identifier, sizeof(out->spec.identifier))) {
        return bad(path, "$.identifier", "must be 32 hexadecimal digits");
    }
    out->has_time = time != NULL;
    if (time != NULL && !time_of(time, &out->spec.time)) {
        return bad(path, "$.time", "must be a time like 2026-01-31T23:59:59Z");
    }
    return STATUS_DONE;
}

enum status catalog_spec_read(const char *path, struct catalog_spec_file *out)
{
    enum status status;

    *out = (struct catalog_spec_file){0};
    status = json_read(path, &out->json);
    if (status == STATUS_DONE) {
        status = read_head(path, out);
    }
    if (status == STATUS_DONE) {
        status = read_attributes(path, out);
    }
    if (status == STATUS_DONE) {
        status = read_members(path, out);
    }
    if (status != STATUS_DONE) {
        catalog_spec_free(out);
    }
    return status;
}

void catalog_spec_free(struct catalog_spec_file *file)
{
    for (size_t i = 0; i < file->name_count; ++i) {
        free(file->names[i]);
    }
    free(file->names);
    free(file->entries);
    free(file->attributes);
    cJSON_Delete(file->json);
    *file = (struct catalog_spec_file){0};
}
