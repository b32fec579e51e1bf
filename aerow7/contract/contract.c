/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract.h"

#include "contract/contract_rules.h"
#include "base/json_file.h"
#include "base/json_schema.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* `digits` upper-case hexadecimal digits after `prefix`: Windows spells hardware IDs so, and they are compared as text.
 */
static bool take_hex(const char **cursor, const char *prefix, unsigned digits, unsigned *value)
{
    const char *at = *cursor + strlen(prefix);

    if (!starts_with(*cursor, prefix)) {
        return false;
    }
    *value = 0;
    for (unsigned i = 0; i < digits; ++i, ++at) {
        if (*at >= '0' && *at <= '9') {
            *value = *value * 16 + (unsigned)(*at - '0');
        } else if (*at >= 'A' && *at <= 'F') {
            *value = *value * 16 + (unsigned)(*at - 'A') + 10;
        } else {
            return false;
        }
    }
    *cursor = at;
    return true;
}

bool contract_pattern_parse(const char *text, struct contract_pattern *pattern)
{
    const char *cursor = text;
    unsigned subsystem = 0;

    *pattern = (struct contract_pattern){.text = text};
    if (!take_hex(&cursor, "PCI\\VEN_", 4, &pattern->vendor) || !take_hex(&cursor, "&DEV_", 4, &pattern->device)) {
        return false;
    }
    if (take_hex(&cursor, "&SUBSYS_", 8, &subsystem)) {
        pattern->has_subsystem = true;
        pattern->subsystem_device = subsystem >> 16;
        pattern->subsystem_vendor = subsystem & 0xFFFF;
    }
    pattern->has_revision = take_hex(&cursor, "&REV_", 2, &pattern->revision);
    return *cursor == 0;
}

static unsigned parse_pci_id(const cJSON *object, const char *key)
{
    return (unsigned)strtoul(cJSON_GetObjectItemCaseSensitive(object, key)->valuestring, NULL, 16);
}

static const char *get_text(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key)->valuestring;
}

/* virtio-blk and aero-virtio-blk would both be AERO_VIRTIO_BLK: the rules refuse two devices with one prefix. */
static char *make_macro(const char *device)
{
    char *macro = starts_with(device, "aero-") ? xstrdup(device) : xformat("aero-%s", device);

    for (char *at = macro; *at != 0; ++at) {
        *at = isalnum((unsigned char)*at) ? (char)toupper((unsigned char)*at) : '_';
    }
    return macro;
}

static void fill_device(const cJSON *object, struct contract_device *device)
{
    const cJSON *patterns = cJSON_GetObjectItemCaseSensitive(object, "hardware_id_patterns");
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(object, "virtio_device_type");
    const cJSON *pattern;

    device->name = get_text(object, "device");
    device->macro = make_macro(device->name);
    device->vendor = parse_pci_id(object, "pci_vendor_id");
    device->device = parse_pci_id(object, "pci_device_id");
    device->has_transitional = cJSON_HasObjectItem(object, "pci_device_id_transitional");
    if (device->has_transitional) {
        device->transitional = parse_pci_id(object, "pci_device_id_transitional");
    }
    device->has_type = type != NULL;
    device->type = type != NULL ? type->valueint : 0;
    device->service = get_text(object, "driver_service_name");
    device->inf = get_text(object, "inf_name");
    device->patterns = xcalloc((size_t)cJSON_GetArraySize(patterns), sizeof(*device->patterns));
    cJSON_ArrayForEach(pattern, patterns)
    {
        /* A pattern that does not parse keeps its text and is reported by the rules. */
        (void)contract_pattern_parse(pattern->valuestring, &device->patterns[device->pattern_count++]);
    }
}

static enum status check_schema(const char *path, const char *schema_path, const cJSON *document)
{
    const char *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash - path) + 1 : 0;
    char *name = schema_path != NULL ? xstrdup(schema_path) : xformat("%.*sdevices.schema.json", folder, path);
    cJSON *schema = NULL;
    enum status status = json_read_limited(name, JSON_BY_HAND_LIMIT, &schema);

    if (status == STATUS_DONE) {
        status = json_schema_check(name, schema, path, document);
    }
    cJSON_Delete(schema);
    free(name);
    return status;
}

enum status contract_load(const char *path, const char *schema_path, struct contract *contract)
{
    const cJSON *devices;
    const cJSON *object;
    enum status status;

    *contract = (struct contract){0};
    status = json_read_limited(path, JSON_BY_HAND_LIMIT, &contract->document);
    if (status == STATUS_DONE) {
        status = check_schema(path, schema_path, contract->document);
    }
    if (status == STATUS_DONE) {
        contract->name = get_text(contract->document, "contract_name");
        contract->version = get_text(contract->document, "contract_version");
        devices = cJSON_GetObjectItemCaseSensitive(contract->document, "devices");
        contract->devices = xcalloc((size_t)cJSON_GetArraySize(devices), sizeof(*contract->devices));
        cJSON_ArrayForEach(object, devices)
        {
            fill_device(object, &contract->devices[contract->device_count++]);
        }
        status = contract_check_rules(path, contract);
    }
    if (status != STATUS_DONE) {
        contract_free(contract);
    }
    return status;
}

void contract_free(struct contract *contract)
{
    for (size_t i = 0; i < contract->device_count; ++i) {
        free(contract->devices[i].macro);
        free(contract->devices[i].patterns);
    }
    free(contract->devices);
    cJSON_Delete(contract->document);
    *contract = (struct contract){0};
}
