/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/guest_drivers.h"

#include "base/text.h"
#include "pack/fault.h"
#include "pack/guest_driver_rules.h"
#include "pack/guest_signatures.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ARCHITECTURES = 2, ALIASES = 3 };

/* The names that builds have for the two architectures; the first is the one on the medium. */
static const char *const aliases[ARCHITECTURES][ALIASES] = {
    [INF_X86] = {"x86", "win32", "i386"},
    [INF_AMD64] = {"amd64", "x64", "x86_64"},
};

/* The folder of an architecture in the input, "win7/x64", or NULL. The caller frees it. */
static enum status find_architecture(const struct guest_drivers *drivers, enum inf_architecture architecture,
                                     char **out)
{
    *out = NULL;
    for (size_t i = 0; i < ALIASES; ++i) {
        char *folder = xformat("%s%s", drivers->below, aliases[architecture][i]);
        bool found = false;

        for (size_t j = 0; j < drivers->input->count && !found; ++j) {
            found = path_below(drivers->input->files[j].path, folder) != NULL;
        }
        if (found && *out != NULL) {
            enum status status = fault(drivers->root, folder, "and %s are both for %s: one is expected", *out,
                                       architecture_name(architecture));

            free(folder);
            return status;
        }
        if (found) {
            *out = folder;
        } else {
            free(folder);
        }
    }
    return STATUS_DONE;
}

static bool has_folder(const struct guest_drivers *drivers, const char *folder)
{
    for (size_t i = 0; i < drivers->input->count; ++i) {
        if (path_below(drivers->input->files[i].path, folder) != NULL) {
            return true;
        }
    }
    return false;
}

/* "ARCHFOLDER/name" as the input spells it; the caller frees it, NULL when there is none. */
static char *find_driver(const struct guest_drivers *drivers, const char *architecture, const char *name)
{
    for (size_t i = 0; i < drivers->input->count; ++i) {
        const char *rest = path_below(drivers->input->files[i].path, architecture);
        size_t length = rest != NULL ? strcspn(rest, "/") : 0;

        if (rest != NULL && rest[length] == '/' && strlen(name) == length && strncasecmp(rest, name, length) == 0) {
            return xformat("%s/%.*s", architecture, (int)length, rest);
        }
    }
    return NULL;
}

static void note(cJSON *array, const char *text)
{
    cJSON_AddItemToArray(array, cJSON_CreateString(text));
}

static enum status copy_folder(struct guest_drivers *drivers, const struct spec_driver *wanted,
                               const struct driver_folder *folder)
{
    enum status result = STATUS_DONE;

    for (size_t i = 0; i < drivers->input->count; ++i) {
        const struct tree_file *file = &drivers->input->files[i];
        const char *name = path_below(file->path, folder->path);
        enum status status = STATUS_DONE;
        char *target;

        if (name == NULL) {
            continue;
        }
        switch (guest_driver_file_fate(wanted, folder, name)) {
        case FILE_PACKED:
            target = xformat("drivers/%s/%s/%s", architecture_name(folder->architecture), wanted->name, name);
            status = file_tree_add_copy(drivers->medium, target, file->content.data, file->content.size);
            free(target);
            break;
        case FILE_DROPPED:
            note(drivers->dropped, file->path);
            break;
        case FILE_REFUSED:
            status = fault(drivers->root, file->path, "no INF copies it and the spec does not allow it");
            break;
        }
        result = status != STATUS_DONE ? status : result;
    }
    return result;
}

static enum status take_folder(struct guest_drivers *drivers, const struct spec_driver *wanted, const char *path,
                               enum inf_architecture architecture)
{
    struct driver_folder folder;
    char *packed;
    enum status status = driver_folder_read(drivers->root, drivers->input, path, architecture, &folder);

    if (status != STATUS_DONE) {
        return status;
    }
    status = guest_driver_check(drivers, wanted, &folder);
    if (guest_signatures_check(drivers, &folder) != STATUS_DONE) {
        status = STATUS_CHECK_FAILED;
    }
    if (status == STATUS_DONE) {
        status = copy_folder(drivers, wanted, &folder);
    }
    if (status == STATUS_DONE) {
        packed = xformat("%s/%s", architecture_name(architecture), wanted->name);
        note(drivers->packed, packed);
        free(packed);
    }
    driver_folder_free(&folder);
    return status;
}

static enum status miss(struct guest_drivers *drivers, const struct spec_driver *wanted, unsigned found,
                        enum inf_architecture missing)
{
    char *warning;

    if (wanted->required || (found > 0 && drivers->spec->optional_on_all_arches)) {
        return fault(drivers->root, wanted->name, "is missing for %s: the spec %s", architecture_name(missing),
                     wanted->required ? "requires it" : "wants optional drivers for both architectures or for neither");
    }
    if (found > 0) {
        warning = xformat("%s is missing for %s", wanted->name, architecture_name(missing));
        note(drivers->warnings, warning);
        free(warning);
    } else if (missing == INF_X86) {
        note(drivers->absent, wanted->name);
    }
    return STATUS_DONE;
}

static enum status take_driver(struct guest_drivers *drivers, const struct spec_driver *wanted,
                               char *folders[ARCHITECTURES])
{
    char *paths[ARCHITECTURES] = {NULL, NULL};
    enum status result = STATUS_DONE;
    unsigned found = 0;

    for (int i = 0; i < ARCHITECTURES; ++i) {
        paths[i] = folders[i] != NULL ? find_driver(drivers, folders[i], wanted->name) : NULL;
        found += paths[i] != NULL;
    }
    for (int i = 0; i < ARCHITECTURES; ++i) {
        enum inf_architecture architecture = (enum inf_architecture)i;
        enum status status = paths[i] != NULL ? take_folder(drivers, wanted, paths[i], architecture)
                                              : miss(drivers, wanted, found, architecture);

        result = status != STATUS_DONE ? status : result;
        free(paths[i]);
    }
    return result;
}

/* Folders that the spec does not name, and files outside of every driver's folder. */
static enum status check_unlisted(struct guest_drivers *drivers, char *folders[ARCHITECTURES])
{
    bool pack = drivers->below[0] != 0;
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < drivers->input->count; ++i) {
        const char *path = drivers->input->files[i].path;
        const char *rest = NULL;
        char *name;

        for (int j = 0; j < ARCHITECTURES && rest == NULL; ++j) {
            rest = folders[j] != NULL ? path_below(path, folders[j]) : NULL;
        }
        if (rest == NULL && pack && path_below(path, "win7") == NULL) {
            continue; /* the rest of a driver pack: scripts, licences, opt-in drivers */
        }
        if (rest == NULL || strchr(rest, '/') == NULL) {
            status = fault(drivers->root, path, "is not at ARCH/DRIVER/FILE with ARCH x86 or amd64");
            continue;
        }
        name = xformat("%.*s", (int)strcspn(rest, "/"), rest);
        if (guest_spec_find(drivers->spec, name) == NULL) {
            if (drivers->spec->fail_on_unlisted) {
                status = fault(drivers->root, path, "the spec names no driver %s", name);
            } else {
                note(drivers->dropped, path);
            }
        }
        free(name);
    }
    return status;
}

enum status guest_drivers_take(struct guest_drivers *drivers)
{
    char *folders[ARCHITECTURES] = {NULL, NULL};
    enum status result;

    drivers->below = has_folder(drivers, "win7") ? "win7/" : "";
    result = find_architecture(drivers, INF_X86, &folders[INF_X86]);
    if (result == STATUS_DONE) {
        result = find_architecture(drivers, INF_AMD64, &folders[INF_AMD64]);
    }
    if (result == STATUS_DONE) {
        result = check_unlisted(drivers, folders);
        for (size_t i = 0; i < drivers->spec->driver_count; ++i) {
            enum status status = take_driver(drivers, &drivers->spec->drivers[i], folders);

            result = status != STATUS_DONE ? status : result;
        }
    }
    free(folders[INF_X86]);
    free(folders[INF_AMD64]);
    return result;
}
