/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog_package.h"

#include "base/text.h"
#include "catalog/catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WINDOWS_7_MAJOR 6
#define WINDOWS_7_MINOR 1

const char *catalog_os_name(enum inf_architecture architecture)
{
    return architecture == INF_AMD64 ? "7X64" : "7X86";
}

/* Takes `text` over; without effect for one that is there already. */
static void add_once(char ***list, size_t *count, char *text)
{
    for (size_t i = 0; i < *count; ++i) {
        if (strcasecmp((*list)[i], text) == 0) {
            free(text);
            return;
        }
    }
    *list = xrealloc(*list, (*count + 1) * sizeof(**list));
    (*list)[(*count)++] = text;
}

static void lower(char *text)
{
    for (; *text != 0; ++text) {
        *text = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
    }
}

static void collect(const char *place, const struct inf_package *package, struct catalog_wishes *out)
{
    const char *slash = strrchr(place, '/');

    add_once(&out->paths, &out->path_count, xstrdup(slash != NULL ? slash + 1 : place));
    for (size_t i = 0; i < package->file_count; ++i) {
        const struct inf_copied_file *file = &package->files[i];

        /* A catalog cannot have its own hash in it. */
        if (package->catalog == NULL || strcasecmp(file->source, package->catalog) != 0) {
            add_once(&out->paths, &out->path_count,
                     xformat("%s%s%s", file->source_folder, file->source_folder[0] != 0 ? "/" : "", file->source));
        }
    }
    for (size_t i = 0; i < package->model_count; ++i) {
        for (size_t j = 0; j < package->models[i].id_count; ++j) {
            char *id = xstrdup(package->models[i].ids[j]);

            lower(id);
            add_once(&out->hardware_ids, &out->hardware_id_count, id);
        }
    }
    if (out->catalog == NULL && package->catalog != NULL) {
        out->catalog = xstrdup(package->catalog);
    }
    if (out->date == NULL && package->driver_date != NULL) {
        out->date = xstrdup(package->driver_date);
    }
}

enum status catalog_wishes_of(const char *place, const struct bytes *inf, enum inf_architecture architecture,
                              struct catalog_wishes *out)
{
    const struct inf_target target = {architecture, WINDOWS_7_MAJOR, WINDOWS_7_MINOR};
    struct inf_package package = {0};
    struct inf parsed;
    enum status status;

    status = inf_parse(place, inf->data, inf->size, &parsed, NULL);
    if (status != STATUS_DONE) {
        return status;
    }
    status = inf_package_of(&parsed, target, &package);
    if (status == STATUS_DONE && package.model_count == 0) {
        diag_error(place, "has no models for Windows 7 on %s", architecture == INF_AMD64 ? "amd64" : "x86");
        status = STATUS_CHECK_FAILED;
    }
    if (status == STATUS_DONE) {
        collect(place, &package, out);
    }
    inf_package_free(&package);
    inf_free(&parsed);
    return status;
}

void catalog_wishes_free(struct catalog_wishes *wishes)
{
    for (size_t i = 0; i < wishes->path_count; ++i) {
        free(wishes->paths[i]);
    }
    for (size_t i = 0; i < wishes->hardware_id_count; ++i) {
        free(wishes->hardware_ids[i]);
    }
    free(wishes->paths);
    free(wishes->hardware_ids);
    free(wishes->catalog);
    free(wishes->date);
    *wishes = (struct catalog_wishes){0};
}

time_t catalog_date(const char *date)
{
    struct tm parts = {0};
    struct tm back;
    time_t when;
    int end = 0;

    if (sscanf(date, "%2d/%2d/%4d%n", &parts.tm_mon, &parts.tm_mday, &parts.tm_year, &end) != 3 ||
        end != (int)strlen(date) || parts.tm_year < 1970) {
        return -1;
    }
    parts.tm_mon -= 1;
    parts.tm_year -= 1900;
    back = parts;
    when = timegm(&back);
    return back.tm_mon == parts.tm_mon && back.tm_mday == parts.tm_mday ? when : -1;
}

static const struct tree_file *find_file(const struct file_tree *tree, const char *folder, const char *path)
{
    char *whole = xformat("%s%s", folder, path);
    const struct tree_file *found = NULL;

    for (size_t i = 0; i < tree->count && found == NULL; ++i) {
        found = strcasecmp(tree->files[i].path, whole) == 0 ? &tree->files[i] : NULL;
    }
    free(whole);
    return found;
}

/* The attributes in the order that Windows' own catalogs have: OS, then the hardware IDs from the last to the first. */
static struct catalog_attribute *make_attributes(const struct catalog_wishes *wishes, const char *os)
{
    struct catalog_attribute *list = xcalloc(wishes->hardware_id_count + 1, sizeof(*list));

    list[0] = (struct catalog_attribute){.name = "OS", .value = os};
    for (size_t i = 0; i < wishes->hardware_id_count; ++i) {
        size_t number = wishes->hardware_id_count - i;

        list[i + 1] =
            (struct catalog_attribute){.name = xformat("HWID%zu", number), .value = wishes->hardware_ids[number - 1]};
    }
    return list;
}

static void free_attributes(struct catalog_attribute *list, size_t count)
{
    for (size_t i = 1; i < count; ++i) {
        free((char *)list[i].name);
    }
    free(list);
}

static enum status find_files(const struct file_tree *tree, const char *inf_path, const struct catalog_wishes *wishes,
                              struct catalog_file *files)
{
    const char *slash = strrchr(inf_path, '/');
    char *folder = xformat("%.*s", slash != NULL ? (int)(slash + 1 - inf_path) : 0, inf_path);
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < wishes->path_count; ++i) {
        const struct tree_file *found = find_file(tree, folder, wishes->paths[i]);
        const char *name = strrchr(wishes->paths[i], '/');

        if (found == NULL) {
            diag_error(inf_path, "it copies %s, which is not in the package", wishes->paths[i]);
            status = STATUS_CHECK_FAILED;
            continue;
        }
        files[i] = (struct catalog_file){.name = name != NULL ? name + 1 : wishes->paths[i], .content = found->content};
    }
    free(folder);
    return status;
}

enum status catalog_of_wishes(const struct file_tree *tree, const char *inf_path, const struct catalog_wishes *wishes,
                              const struct catalog_parameters *parameters, struct bytes *out)
{
    struct catalog_file *files = xcalloc(wishes->path_count, sizeof(*files));
    struct catalog_attribute *attributes = make_attributes(wishes, parameters->os);
    struct catalog_spec spec = {
        .time = parameters->time,
        .os_attribute = parameters->os_attribute,
        .attributes = attributes,
        .attribute_count = wishes->hardware_id_count + 1,
        .files = files,
        .file_count = wishes->path_count,
    };
    enum status status = find_files(tree, inf_path, wishes, files);

    *out = (struct bytes){0};
    if (status == STATUS_DONE) {
        status = catalog_make_identified(&spec, out);
    }
    free_attributes(attributes, wishes->hardware_id_count + 1);
    free(files);
    return status;
}

enum status catalog_of_package(const struct file_tree *tree, const char *inf_path, enum inf_architecture architecture,
                               time_t time, struct bytes *out)
{
    const struct tree_file *inf = file_tree_find(tree, inf_path);
    const struct catalog_parameters parameters = {time, catalog_os_name(architecture), CATALOG_OS_ATTRIBUTE};
    struct catalog_wishes wishes = {0};
    enum status status;

    *out = (struct bytes){0};
    if (inf == NULL) {
        diag_error(inf_path, "is not in the package");
        return STATUS_BAD_INPUT;
    }
    status = catalog_wishes_of(inf_path, &inf->content, architecture, &wishes);
    if (status == STATUS_DONE) {
        status = catalog_of_wishes(tree, inf_path, &wishes, &parameters, out);
    }
    catalog_wishes_free(&wishes);
    return status;
}
