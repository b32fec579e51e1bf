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

static void replace_names(cJSON *device)
{
    const char *name = cJSON_GetObjectItemCaseSensitive(device, "device")->valuestring;

    for (size_t i = 0; i < sizeof(replacements) / sizeof(replacements[0]); ++i) {
        if (strcmp(name, replacements[i].device) == 0) {
            cJSON_SetValuestring(cJSON_GetObjectItemCaseSensitive(device, "driver_service_name"),
                                 replacements[i].service);
            cJSON_SetValuestring(cJSON_GetObjectItemCaseSensitive(device, "inf_name"), replacements[i].inf);
        }
    }
}

enum status contract_generate_virtio_win(const char *place, const struct contract *contract, struct text *out)
{
    cJSON *variant;
    cJSON *device;
    char *name;
    char *printed;

    if (ends_with(contract->name, CONTRACT_VARIANT_SUFFIX)) {
        diag_error(place, "$.contract_name: this is the virtio-win variant already");
        return STATUS_BAD_INPUT;
    }
    variant = cJSON_Duplicate(contract->document, 1);
    name = xformat("%s%s", contract->name, CONTRACT_VARIANT_SUFFIX);
    cJSON_SetValuestring(cJSON_GetObjectItemCaseSensitive(variant, "contract_name"), name);
    cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(variant, "devices"))
    {
        replace_names(device);
    }
    printed = cJSON_Print(variant);
    text_format(out, "%s\n", printed != NULL ? printed : "");
    cJSON_free(printed);
    free(name);
    cJSON_Delete(variant);
    return STATUS_DONE;
}
