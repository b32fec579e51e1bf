/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_identity.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DISABLED ".disabled"

char *inf_file_name(const char *place)
{
    const char *slash = strrchr(place, '/');
    char *name = xstrdup(slash != NULL ? slash + 1 : place);

    if (ends_with(name, DISABLED)) {
        name[strlen(name) - strlen(DISABLED)] = 0;
    }
    return name;
}

char *inf_alias_original(const char *file_name)
{
    static const char prefix[] = "virtio-";
    char *original;

    if (!starts_with(file_name, prefix) || !ends_with(file_name, ".inf")) {
        return NULL;
    }
    original = xformat("aero_virtio_%s", file_name + sizeof(prefix) - 1);
    for (char *cursor = original; *cursor != 0; ++cursor) {
        *cursor = *cursor == '-' ? '_' : *cursor;
    }
    return original;
}

const struct contract_device *inf_contract_device(const struct contract *contract, const char *id)
{
    for (size_t i = 0; i < contract->device_count; ++i) {
        for (size_t j = 0; j < contract->devices[i].pattern_count; ++j) {
            if (strcasecmp(contract->devices[i].patterns[j].text, id) == 0) {
                return &contract->devices[i];
            }
        }
    }
    return NULL;
}

int inf_virtio_type(const struct contract *contract, const char *id)
{
    struct contract_pattern pattern;

    if (!contract_pattern_parse(id, &pattern)) {
        return -1;
    }
    for (size_t i = 0; i < contract->device_count; ++i) {
        const struct contract_device *device = &contract->devices[i];

        if (device->has_type && device->vendor == pattern.vendor && device->device == pattern.device) {
            return device->type;
        }
    }
    return -1;
}

static bool is_part(const char *part, size_t length, const char *const *names)
{
    for (; *names != NULL; ++names) {
        if (strlen(*names) == length && strncasecmp(part, *names, length) == 0) {
            return true;
        }
    }
    return false;
}

bool inf_is_for(const char *place, enum inf_architecture architecture)
{
    static const char *const x86[] = {"x86", "i386", "win32", NULL};
    static const char *const amd64[] = {"amd64", "x64", "x86_64", NULL};
    bool is_for = true;

    /* The part nearest to the file counts. */
    for (const char *part = place; strchr(part, '/') != NULL; part = strchr(part, '/') + 1) {
        size_t length = strcspn(part, "/");

        if (is_part(part, length, x86)) {
            is_for = architecture == INF_X86;
        } else if (is_part(part, length, amd64)) {
            is_for = architecture == INF_AMD64;
        }
    }
    return is_for;
}

bool inf_is_opt_in(const char *place)
{
    static const char *const opt_in[] = {"opt-in", NULL};

    for (const char *part = place; strchr(part, '/') != NULL; part = strchr(part, '/') + 1) {
        if (is_part(part, strcspn(part, "/"), opt_in)) {
            return true;
        }
    }
    return ends_with(place, DISABLED);
}
