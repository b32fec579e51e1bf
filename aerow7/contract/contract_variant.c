/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "contract/contract_variant.h"

#include <stdlib.h>
#include <string.h>

struct replacement {
    const char *device;
    const char *service;
    const char *inf;
};

/* The names that virtio-win's Windows 7 packages have always had. One package serves every input device. */
static const struct replacement replacements[] = {
    {"virtio-blk", "viostor", "viostor.inf"},
    {"virtio-net", "netkvm", "netkvm.inf"},
    {"virtio-snd", "viosnd", "viosnd.inf"},
    {"virtio-input", "vioinput", "vioinput.inf"},
    {"aero-virtio-input-tablet", "vioinput", "vioinput.inf"},
};

static const char *replace(cJSON *object, const char *key, const char *value)
{
    cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    cJSON_SetValuestring(item, value);
    return item->valuestring;
}

bool contract_is_variant(const struct contract *contract)
{
    return ends_with(contract->name, CONTRACT_VARIANT_SUFFIX);
}

enum status contract_make_variant(const char *place, struct contract *contract)
{
    cJSON *object = cJSON_GetObjectItemCaseSensitive(contract->document, "devices")->child;
    char *name;

    if (contract_is_variant(contract)) {
        diag_error(place, "$.contract_name: this is the virtio-win variant already");
        return STATUS_BAD_INPUT;
    }
    name = xformat("%s%s", contract->name, CONTRACT_VARIANT_SUFFIX);
    contract->name = replace(contract->document, "contract_name", name);
    free(name);
    for (size_t i = 0; i < contract->device_count; ++i, object = object->next) {
        struct contract_device *device = &contract->devices[i];

        for (size_t j = 0; j < sizeof(replacements) / sizeof(replacements[0]); ++j) {
            if (strcmp(device->name, replacements[j].device) == 0) {
                device->service = replace(object, "driver_service_name", replacements[j].service);
                device->inf = replace(object, "inf_name", replacements[j].inf);
            }
        }
    }
    return STATUS_DONE;
}

void contract_print(const struct contract *contract, struct text *out)
{
    char *printed = cJSON_Print(contract->document);

    text_format(out, "%s\n", printed != NULL ? printed : "");
    cJSON_free(printed);
}
