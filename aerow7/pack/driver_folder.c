/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/driver_folder.h"

#include "base/text.h"
#include "pack/fault.h"
#include "pe/pe_image.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *architecture_name(enum inf_architecture architecture)
{
    return architecture == INF_X86 ? "x86" : "amd64";
}

uint16_t architecture_machine(enum inf_architecture architecture)
{
    return architecture == INF_X86 ? PE_MACHINE_X86 : PE_MACHINE_AMD64;
}

bool is_driver_for(const struct bytes *content, enum inf_architecture architecture)
{
    struct pe_image image;
    bool good;

    if (pe_parse(content->data, content->size, &image) != NULL) {
        return false;
    }
    good = image.machine == architecture_machine(architecture);
    pe_free(&image);
    return good;
}

bool ends_with_any_case(const char *text, const char *suffix)
{
    size_t length = strlen(text);
    size_t tail = strlen(suffix);

    return length >= tail && strcasecmp(text + length - tail, suffix) == 0;
}

const char *path_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);

    return strncmp(path, folder, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

const struct tree_file *tree_find_any_case(const struct file_tree *tree, const char *path)
{
    for (size_t i = 0; i < tree->count; ++i) {
        if (strcasecmp(tree->files[i].path, path) == 0) {
            return &tree->files[i];
        }
    }
    return NULL;
}

static char *source_path(const struct inf_copied_file *file)
{
    return file->source_folder[0] != 0 ? xformat("%s/%s", file->source_folder, file->source) : xstrdup(file->source);
}

static enum status check_files(const char *root, const struct file_tree *tree, const struct driver_folder *folder,
                               const struct folder_inf *inf)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < inf->package.file_count; ++i) {
        char *source = source_path(&inf->package.files[i]);
        char *path = xformat("%s/%s", folder->path, source);
        const struct tree_file *file = tree_find_any_case(tree, path);

        if (file == NULL) {
            status = fault(root, path, "is missing: %s copies it in line %u", inf->name, inf->package.files[i].line);
        } else if (ends_with_any_case(path, ".sys") && !is_driver_for(&file->content, folder->architecture)) {
            status = fault(root, file->path, "is not a driver for this architecture");
        }
        free(path);
        free(source);
    }
    return status;
}

static enum status read_inf(const char *root, const struct tree_file *file, struct driver_folder *folder)
{
    const struct inf_target target = {.architecture = folder->architecture, .major = 6, .minor = 1};
    struct folder_inf *inf = &folder->infs[folder->inf_count];
    const char *name = strrchr(file->path, '/') + 1;
    char *place = xformat("%s/%s", root, file->path);
    enum status status;

    *inf = (struct folder_inf){.disabled = ends_with_any_case(name, DISABLED_SUFFIX)};
    status = inf_parse(place, file->content.data, file->content.size, &inf->inf, NULL);
    if (status == STATUS_DONE) {
        inf->name = xstrdup(name);
        inf->name[strlen(name) - (inf->disabled ? strlen(DISABLED_SUFFIX) : 0)] = 0;
        inf->path = xstrdup(file->path);
        ++folder->inf_count;
        status = inf_package_of(&inf->inf, target, &inf->package);
    }
    if (status == STATUS_DONE && inf->package.model_count == 0) {
        status = fault(root, file->path, "has no models for Windows 7 on %s", architecture_name(folder->architecture));
    }
    free(place);
    return status;
}

static enum status check_catalog(const char *root, const struct folder_inf *inf)
{
    const char *catalog = inf->package.catalog;

    if (catalog == NULL || *catalog == 0) {
        return fault(root, inf->path, "names no CatalogFile, so nothing could sign it");
    }
    if (strpbrk(catalog, "/\\") != NULL || !ends_with_any_case(catalog, ".cat")) {
        return fault(root, inf->path, "CatalogFile is not a file name that ends in .cat: %s", catalog);
    }
    return STATUS_DONE;
}

static bool is_inf(const char *name)
{
    return strchr(name, '/') == NULL &&
           (ends_with_any_case(name, ".inf") || ends_with_any_case(name, ".inf" DISABLED_SUFFIX));
}

enum status driver_folder_read(const char *root, const struct file_tree *tree, const char *path,
                               enum inf_architecture architecture, struct driver_folder *folder)
{
    enum status status = STATUS_DONE;

    *folder = (struct driver_folder){.path = xstrdup(path), .architecture = architecture};
    folder->infs = xcalloc(tree->count + 1, sizeof(*folder->infs));
    for (size_t i = 0; i < tree->count && status == STATUS_DONE; ++i) {
        const char *name = path_below(tree->files[i].path, path);

        if (name != NULL && is_inf(name)) {
            status = read_inf(root, &tree->files[i], folder);
        }
    }
    if (status == STATUS_DONE && folder->inf_count == 0) {
        status = fault(root, path, "has no INF");
    }
    for (size_t i = 0; i < folder->inf_count && status == STATUS_DONE; ++i) {
        status = check_files(root, tree, folder, &folder->infs[i]);
        if (status == STATUS_DONE) {
            status = check_catalog(root, &folder->infs[i]);
        }
    }
    if (status != STATUS_DONE) {
        driver_folder_free(folder);
    }
    return status;
}

void driver_folder_free(struct driver_folder *folder)
{
    for (size_t i = 0; i < folder->inf_count; ++i) {
        inf_package_free(&folder->infs[i].package);
        inf_free(&folder->infs[i].inf);
        free(folder->infs[i].name);
        free(folder->infs[i].path);
    }
    free(folder->infs);
    free(folder->path);
    *folder = (struct driver_folder){0};
}

bool driver_folder_copies(const struct driver_folder *folder, const char *name)
{
    for (size_t i = 0; i < folder->inf_count; ++i) {
        const struct inf_package *package = &folder->infs[i].package;

        for (size_t j = 0; j < package->file_count; ++j) {
            char *source = source_path(&package->files[j]);
            bool same = strcasecmp(source, name) == 0;

            free(source);
            if (same) {
                return true;
            }
        }
    }
    return false;
}
