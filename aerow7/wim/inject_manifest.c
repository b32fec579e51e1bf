/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/inject_manifest.h"

#include "base/json_file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_VERSION 1

enum status inject_manifest_read(const char *path, cJSON **out)
{
    enum status status = json_read_limited(path, INJECT_MANIFEST_LIMIT, out);
    const cJSON *name;
    const cJSON *version;

    if (status != STATUS_DONE) {
        return status;
    }
    name = cJSON_GetObjectItemCaseSensitive(*out, "manifest");
    version = cJSON_GetObjectItemCaseSensitive(*out, "version");
    if (!cJSON_IsString(name) || strcmp(name->valuestring, INJECT_MANIFEST_NAME) != 0 || !cJSON_IsNumber(version) ||
        version->valueint != MANIFEST_VERSION || inject_manifest_kind(*out) == NULL) {
        diag_error(path, "is no manifest that aerow7 inject wrote");
        cJSON_Delete(*out);
        *out = NULL;
        return STATUS_BAD_INPUT;
    }
    return STATUS_DONE;
}

const char *inject_manifest_kind(const cJSON *manifest)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(manifest, "kind"));
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? xstrdup("") : xformat("%.*s", (int)(slash - path) + 1, path);
}

char *inject_manifest_name_of(const char *path, const char *file)
{
    char *there = folder_of(path);
    char *here = folder_of(file);
    char *full = NULL;
    char *name;

    if (strcmp(there, here) == 0) {
        name = xstrdup(file + strlen(here));
    } else {
        /* The folder is there by now, the file need not be. */
        full = realpath(here[0] == 0 ? "." : here, NULL);
        name = full == NULL ? xstrdup(file) : xformat("%s/%s", full, file + strlen(here));
    }
    free(full);
    free(here);
    free(there);
    return name;
}

char *inject_manifest_file(const char *path, const cJSON *manifest)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(manifest, "file"));
    char *folder;
    char *file;

    if (name == NULL || name[0] == 0) {
        diag_error(path, "does not say which file it is about");
        return NULL;
    }
    folder = folder_of(path);
    file = name[0] == '/' ? xstrdup(name) : xformat("%s%s", folder, name);
    free(folder);
    return file;
}

static cJSON *state_json(const struct wim_state *state)
{
    cJSON *object = cJSON_CreateObject();
    char digits[WIM_HEADER_SIZE * 2 + 1];

    for (size_t i = 0; i < WIM_HEADER_SIZE; ++i) {
        snprintf(digits + i * 2, 3, "%02x", state->header[i]);
    }
    cJSON_AddNumberToObject(object, "size", (double)state->size);
    cJSON_AddStringToObject(object, "header", digits);
    return object;
}

static bool state_get(const cJSON *object, struct wim_state *state)
{
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(object, "size");
    const char *digits = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "header"));

    if (!cJSON_IsNumber(size) || size->valuedouble < WIM_HEADER_SIZE || size->valuedouble > 9e15 || digits == NULL ||
        strlen(digits) != WIM_HEADER_SIZE * 2 || strspn(digits, "0123456789abcdef") != WIM_HEADER_SIZE * 2) {
        return false;
    }
    state->size = (uint64_t)size->valuedouble;
    for (size_t i = 0; i < WIM_HEADER_SIZE; ++i) {
        const char pair[] = {digits[i * 2], digits[i * 2 + 1], 0};

        state->header[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

enum status wim_manifest_original(const char *path, const cJSON *manifest, struct wim_state *original)
{
    const char *kind = inject_manifest_kind(manifest);

    if (kind == NULL || strcmp(kind, "wim") != 0 ||
        !state_get(cJSON_GetObjectItemCaseSensitive(manifest, "original"), original)) {
        diag_error(path, "does not say how the WIM was before");
        return STATUS_BAD_INPUT;
    }
    return STATUS_DONE;
}

bool wim_state_is(const struct wim_state *original, const struct wim_state *state)
{
    return memcmp(state->header, original->header, WIM_HEADER_SIZE) == 0 && state->size >= original->size;
}

bool wim_manifest_knows(const cJSON *manifest, const struct wim_state *state)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(manifest, "results"))
    {
        struct wim_state known;

        if (state_get(item, &known) && known.size == state->size &&
            memcmp(known.header, state->header, WIM_HEADER_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

cJSON *wim_manifest_make(const char *file, const cJSON *present, const struct wim_state *before,
                         const struct wim_state *after, cJSON *images)
{
    cJSON *manifest = cJSON_CreateObject();
    struct wim_state original;
    bool chained = present != NULL && state_get(cJSON_GetObjectItemCaseSensitive(present, "original"), &original) &&
                   (wim_manifest_knows(present, before) || wim_state_is(&original, before));
    cJSON *results =
        chained ? cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(present, "results"), true) : cJSON_CreateArray();

    cJSON_AddStringToObject(manifest, "manifest", INJECT_MANIFEST_NAME);
    cJSON_AddNumberToObject(manifest, "version", MANIFEST_VERSION);
    cJSON_AddStringToObject(manifest, "kind", "wim");
    cJSON_AddStringToObject(manifest, "file", file);
    cJSON_AddItemToObject(manifest, "original",
                          chained ? cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(present, "original"), true)
                                  : state_json(before));
    if (after != NULL) {
        cJSON_AddItemToArray(results, state_json(after));
    }
    cJSON_AddItemToObject(manifest, "results", results);
    cJSON_AddItemToObject(manifest, "images", images);
    return manifest;
}
