/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/pack_virtio_win.h"

#include "base/text.h"
#include "pack/build_leftover.h"
#include "pack/fault.h"
#include "pack/manifest.h"
#include "pack/pack_content.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const enum inf_architecture architectures[VIRTIO_WIN_ARCHES] = {
    [VIRTIO_WIN_X86] = INF_X86, [VIRTIO_WIN_AMD64] = INF_AMD64};

struct virtio_win_pack {
    struct pack pack;
    struct file_tree medium;
    struct virtio_win_source source;
    const struct virtio_win_selection *selection;
    bool strict;
    cJSON *requested;
    cJSON *missing;
    cJSON *warnings;
    cJSON *results;
};

/* In the pack drivers have the names of their services: NetKVM is netkvm. */
static char *pack_name(const char *upstream)
{
    char *name = xstrdup(upstream);

    for (char *at = name; *at != 0; ++at) {
        *at = (char)tolower((unsigned char)*at);
    }
    return name;
}

static bool is_requested(const struct virtio_win_selection *selection, const struct virtio_win_driver *driver)
{
    bool requested = driver->required || selection->drivers.count == 0;

    for (size_t i = 0; i < selection->drivers.count; ++i) {
        requested = requested || strcasecmp(selection->drivers.items[i], driver->name) == 0;
    }
    return requested;
}

static bool is_wanted(const struct driver_folder *folder, const char *file)
{
    return !is_build_leftover(file) || driver_folder_copies(folder, file);
}

static void add_target(cJSON *array, enum inf_architecture architecture)
{
    char *target = xformat("win7-%s", architecture_name(architecture));

    cJSON_AddItemToArray(array, cJSON_CreateString(target));
    free(target);
}

/* Reads a folder only to see that it is whole: an optional driver is taken for both architectures or not at all. */
static bool is_whole(struct virtio_win_pack *work, const char *folder, enum inf_architecture architecture,
                     cJSON *errors)
{
    struct driver_folder read;
    char *error;

    if (driver_folder_read(work->pack.from, &work->medium, folder, architecture, &read) == STATUS_DONE) {
        driver_folder_free(&read);
        return true;
    }
    error = xformat("%s is not a whole package for Windows 7", folder);
    cJSON_AddItemToArray(errors, cJSON_CreateString(error));
    free(error);
    return false;
}

static enum status take_driver(struct virtio_win_pack *work, size_t index, const char *name)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < VIRTIO_WIN_ARCHES && status == STATUS_DONE; ++i) {
        const struct pack_wish wish = {
            .path = work->source.found.folder[index][i],
            .architecture = architectures[i],
            .name = name,
            .wanted = is_wanted,
        };

        status = pack_take_folder(&work->pack, &work->medium, &wish);
    }
    return status;
}

/* What is missing of a required driver is an error; of an optional one, an error when strict, else a warning. */
static enum status leave_out(struct virtio_win_pack *work, const struct virtio_win_driver *driver, const char *name,
                             const char *what)
{
    char *warning;

    if (driver->required || work->strict) {
        return fault(work->pack.from, driver->name, "is %s for Windows 7 x86 and amd64, and %s", what,
                     driver->required ? "every pack has it" : "--strict-optional was given");
    }
    warning = xformat("%s is %s for Windows 7 x86 and amd64: left out", name, what);
    cJSON_AddItemToArray(work->warnings, cJSON_CreateString(warning));
    cJSON_AddItemToArray(work->missing, cJSON_CreateString(name));
    if (!work->pack.options->json) {
        printf("warning: %s\n", warning);
    }
    free(warning);
    return STATUS_DONE;
}

static enum status add_driver(struct virtio_win_pack *work, size_t index, const char *name)
{
    const struct virtio_win_driver *driver = &virtio_win_drivers[index];
    cJSON *result = cJSON_CreateObject();
    cJSON *included = cJSON_CreateArray();
    cJSON *missing = cJSON_CreateArray();
    cJSON *errors = cJSON_CreateArray();
    enum status status;
    const char *word;

    for (size_t i = 0; i < VIRTIO_WIN_ARCHES; ++i) {
        const char *folder = work->source.found.folder[index][i];
        bool whole = folder != NULL && is_whole(work, folder, architectures[i], errors);

        add_target(whole ? included : missing, architectures[i]);
    }
    word = cJSON_GetArraySize(missing) == 0 ? "included" : cJSON_GetArraySize(included) > 0 ? "partial" : "missing";
    cJSON_AddStringToObject(result, "name", name);
    cJSON_AddStringToObject(result, "upstream", driver->name);
    cJSON_AddBoolToObject(result, "required", driver->required);
    cJSON_AddStringToObject(result, "status", word);
    cJSON_AddItemToObject(result, "included_targets", included);
    cJSON_AddItemToObject(result, "missing_targets", missing);
    cJSON_AddItemToObject(result, "errors", errors);
    cJSON_AddItemToArray(work->results, result);
    if (strcmp(word, "included") == 0) {
        status = take_driver(work, index, name);
    } else {
        status = leave_out(work, driver, name, strcmp(word, "missing") == 0 ? "missing" : "not whole");
    }
    return status;
}

static enum status add_drivers(struct virtio_win_pack *work)
{
    enum status result = STATUS_DONE;

    for (size_t i = 0; i < VIRTIO_WIN_DRIVERS; ++i) {
        char *name = pack_name(virtio_win_drivers[i].name);

        if (is_requested(work->selection, &virtio_win_drivers[i])) {
            enum status status;

            cJSON_AddItemToArray(work->requested, cJSON_CreateString(name));
            status = add_driver(work, i, name);
            result = status != STATUS_DONE ? status : result;
        }
        free(name);
    }
    return result;
}

/* What virtio_win_load brings of the root are licences and notices. */
static enum status add_notices(struct virtio_win_pack *work, cJSON *copied)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < work->medium.count && status == STATUS_DONE; ++i) {
        const struct tree_file *file = &work->medium.files[i];
        char *target;

        if (strchr(file->path, '/') != NULL) {
            continue;
        }
        target = xformat("licenses/virtio-win/%s", file->path);
        status = file_tree_add_copy(&work->pack.content, target, file->content.data, file->content.size);
        cJSON_AddItemToArray(copied, cJSON_CreateString(file->path));
        free(target);
    }
    return status;
}

static void add_or_null(cJSON *object, const char *name, const char *value)
{
    if (value != NULL && *value != 0) {
        cJSON_AddStringToObject(object, name, value);
    } else {
        cJSON_AddNullToObject(object, name);
    }
}

/* Names without their folders: where the medium was on this machine must not change the pack's bytes. */
static cJSON *describe_source(const struct virtio_win_pack *work, const char *path, bool is_iso, cJSON *copied)
{
    cJSON *source = cJSON_CreateObject();
    char date[32];
    char *name = xstrdup(path);
    const char *base;
    cJSON *hash;

    while (strlen(name) > 1 && name[strlen(name) - 1] == '/') {
        name[strlen(name) - 1] = 0;
    }
    base = strrchr(name, '/') != NULL && strrchr(name, '/')[1] != 0 ? strrchr(name, '/') + 1 : name;
    manifest_date(work->pack.options->epoch, date, sizeof(date));
    add_or_null(source, "virtio_win_root", is_iso ? NULL : base);
    add_or_null(source, "virtio_win_iso", is_iso ? base : NULL);
    cJSON_AddStringToObject(source, "path", base);
    if (work->source.sha256[0] != 0) {
        hash = cJSON_AddObjectToObject(source, "hash");
        cJSON_AddStringToObject(hash, "algorithm", "sha256");
        cJSON_AddStringToObject(hash, "value", work->source.sha256);
    } else {
        cJSON_AddNullToObject(source, "hash");
    }
    add_or_null(source, "volume_label", work->source.info.volume_label);
    add_or_null(source, "derived_version", work->source.version);
    cJSON_AddItemToObject(source, "license_notice_files_copied", copied);
    cJSON_AddStringToObject(source, "timestamp_utc", date);
    free(name);
    return source;
}

static enum status assemble(struct virtio_win_pack *work, const char *path, bool is_iso)
{
    cJSON *details = work->pack.details;
    cJSON *copied = cJSON_CreateArray();
    enum status status;

    file_tree_sort(&work->medium);
    status = add_notices(work, copied);
    cJSON_AddItemToObject(details, "source", describe_source(work, path, is_iso, copied));
    work->requested = cJSON_AddArrayToObject(details, "drivers_requested");
    work->missing = cJSON_AddArrayToObject(details, "optional_drivers_missing");
    work->warnings = cJSON_CreateArray();
    work->results = cJSON_CreateArray();
    if (status == STATUS_DONE) {
        status = add_drivers(work);
    }
    cJSON_AddBoolToObject(details, "optional_drivers_missing_any", cJSON_GetArraySize(work->missing) > 0);
    cJSON_AddItemToObject(details, "warnings", work->warnings);
    cJSON_AddItemToObject(details, "driver_results", work->results);
    return status;
}

enum status pack_from_virtio_win(const struct pack_options *options, const char *path, bool is_iso,
                                 const struct virtio_win_selection *selection, bool strict_optional)
{
    struct virtio_win_pack work = {.selection = selection, .strict = strict_optional};
    enum status status = virtio_win_load(path, selection, &work.medium, &work.source);

    pack_begin(&work.pack, options, path);
    if (status == STATUS_DONE) {
        status = assemble(&work, path, is_iso);
    }
    if (status == STATUS_DONE) {
        status = pack_finish(&work.pack);
    }
    pack_free(&work.pack);
    virtio_win_source_free(&work.source);
    file_tree_free(&work.medium);
    return status;
}
