/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/guest_spec.h"

#include "base/expression.h"
#include "base/file_io.h"
#include "base/json_file.h"
#include "base/json_schema.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char schema_text[] =
    "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{"
    "\"$schema\":{\"type\":\"string\"},\"description\":{\"type\":\"string\"},"
    "\"drivers\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/driver\"}},"
    "\"required_drivers\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/driver\"}},"
    "\"require_optional_drivers_on_all_arches\":{\"type\":\"boolean\"},"
    "\"fail_on_unlisted_driver_dirs\":{\"type\":\"boolean\"}},"
    "\"$defs\":{\"texts\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"minLength\":1}},"
    "\"variable\":{\"type\":\"string\",\"pattern\":\"^[A-Z][A-Z0-9_]*$\"},"
    "\"driver\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"name\"],\"properties\":{"
    "\"name\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z0-9][A-Za-z0-9._-]*$\"},"
    "\"required\":{\"type\":\"boolean\"},"
    "\"expected_inf_files\":{\"$ref\":\"#/$defs/texts\"},"
    "\"expected_add_services\":{\"$ref\":\"#/$defs/texts\"},"
    "\"expected_add_services_from_devices_cmd_var\":{\"$ref\":\"#/$defs/variable\"},"
    "\"expected_hardware_ids\":{\"$ref\":\"#/$defs/texts\"},"
    "\"expected_hardware_ids_from_devices_cmd_var\":{\"$ref\":\"#/$defs/variable\"},"
    "\"allow_extensions\":{\"$ref\":\"#/$defs/texts\"},"
    "\"allow_path_regexes\":{\"$ref\":\"#/$defs/texts\"}}}}}";

static enum status check_schema(const char *path, const cJSON *document)
{
    cJSON *schema = cJSON_Parse(schema_text);
    enum status status = json_schema_check("packaging spec schema", schema, path, document);

    cJSON_Delete(schema);
    return status == STATUS_CHECK_FAILED ? STATUS_BAD_INPUT : status;
}

static enum status compile(const char *path, const struct spec_driver *driver, const cJSON *array, int flags,
                           struct spec_expressions *out)
{
    const cJSON *item;

    if (array == NULL) {
        return STATUS_DONE;
    }
    out->compiled = xcalloc((size_t)cJSON_GetArraySize(array) + 1, sizeof(*out->compiled));
    out->texts = xcalloc((size_t)cJSON_GetArraySize(array) + 1, sizeof(*out->texts));
    cJSON_ArrayForEach(item, array)
    {
        char reason[128];
        const char *why =
            expression_compile(item->valuestring, flags, &out->compiled[out->count], reason, sizeof(reason));

        if (why != NULL) {
            diag_error(path, "driver \"%s\": \"%s\" is no regular expression: %s", driver->name, item->valuestring,
                       why);
            return STATUS_BAD_INPUT;
        }
        out->texts[out->count++] = item->valuestring;
    }
    return STATUS_DONE;
}

static const char *text_of(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static enum status add_driver(const char *path, struct guest_spec *spec, const cJSON *object, bool older_form)
{
    const cJSON *required = cJSON_GetObjectItemCaseSensitive(object, "required");
    struct spec_driver *driver = &spec->drivers[spec->driver_count];
    enum status status;

    *driver = (struct spec_driver){
        .name = text_of(object, "name"),
        .required = older_form || required == NULL || cJSON_IsTrue(required),
        .inf_files = cJSON_GetObjectItemCaseSensitive(object, "expected_inf_files"),
        .services = cJSON_GetObjectItemCaseSensitive(object, "expected_add_services"),
        .extensions = cJSON_GetObjectItemCaseSensitive(object, "allow_extensions"),
        .services_variable = text_of(object, "expected_add_services_from_devices_cmd_var"),
        .ids_variable = text_of(object, "expected_hardware_ids_from_devices_cmd_var"),
    };
    if (guest_spec_find(spec, driver->name) != NULL) {
        diag_error(path, "driver \"%s\" is given twice; names are compared without regard to case", driver->name);
        return STATUS_BAD_INPUT;
    }
    ++spec->driver_count;
    status = compile(path, driver, cJSON_GetObjectItemCaseSensitive(object, "expected_hardware_ids"), REG_ICASE,
                     &driver->ids);
    if (status == STATUS_DONE) {
        status = compile(path, driver, cJSON_GetObjectItemCaseSensitive(object, "allow_path_regexes"), REG_ICASE,
                         &driver->paths);
    }
    return status;
}

static enum status add_drivers(const char *path, struct guest_spec *spec)
{
    const cJSON *drivers = cJSON_GetObjectItemCaseSensitive(spec->document, "drivers");
    const cJSON *older = cJSON_GetObjectItemCaseSensitive(spec->document, "required_drivers");
    enum status status = STATUS_DONE;
    const cJSON *object;

    spec->drivers =
        xcalloc((size_t)cJSON_GetArraySize(drivers) + (size_t)cJSON_GetArraySize(older) + 1, sizeof(*spec->drivers));
    cJSON_ArrayForEach(object, drivers)
    {
        status = status == STATUS_DONE ? add_driver(path, spec, object, false) : status;
    }
    cJSON_ArrayForEach(object, older)
    {
        status = status == STATUS_DONE ? add_driver(path, spec, object, true) : status;
    }
    if (status == STATUS_DONE && spec->driver_count == 0) {
        diag_error(path, "$.drivers: names no driver");
        status = STATUS_BAD_INPUT;
    }
    return status;
}

static enum status hash_spec(const char *path, struct guest_spec *spec)
{
    struct bytes bytes;
    enum status status = file_read(path, JSON_BY_HAND_LIMIT, &bytes);

    if (status == STATUS_DONE) {
        sha256_text(bytes.data, bytes.size, spec->sha256);
    }
    bytes_free(&bytes);
    return status;
}

enum status guest_spec_load(const char *path, struct guest_spec *spec)
{
    const cJSON *unlisted;
    enum status status;

    *spec = (struct guest_spec){0};
    status = json_read_limited(path, JSON_BY_HAND_LIMIT, &spec->document);
    if (status == STATUS_DONE) {
        status = check_schema(path, spec->document);
    }
    if (status == STATUS_DONE) {
        status = hash_spec(path, spec);
    }
    if (status == STATUS_DONE) {
        status = add_drivers(path, spec);
    }
    if (status != STATUS_DONE) {
        guest_spec_free(spec);
        return status;
    }
    unlisted = cJSON_GetObjectItemCaseSensitive(spec->document, "fail_on_unlisted_driver_dirs");
    spec->fail_on_unlisted = unlisted == NULL || cJSON_IsTrue(unlisted);
    spec->optional_on_all_arches =
        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(spec->document, "require_optional_drivers_on_all_arches"));
    return STATUS_DONE;
}

static void free_expressions(struct spec_expressions *expressions)
{
    for (size_t i = 0; i < expressions->count; ++i) {
        regfree(&expressions->compiled[i]);
    }
    free(expressions->compiled);
    free(expressions->texts);
}

void guest_spec_free(struct guest_spec *spec)
{
    for (size_t i = 0; i < spec->driver_count; ++i) {
        free_expressions(&spec->drivers[i].ids);
        free_expressions(&spec->drivers[i].paths);
    }
    free(spec->drivers);
    cJSON_Delete(spec->document);
    *spec = (struct guest_spec){0};
}

const struct spec_driver *guest_spec_find(const struct guest_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->driver_count; ++i) {
        if (strcasecmp(spec->drivers[i].name, name) == 0) {
            return &spec->drivers[i];
        }
    }
    return NULL;
}
