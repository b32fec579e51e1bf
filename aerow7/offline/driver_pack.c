/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/driver_pack.h"

#include "base/text.h"
#include "media/media_read.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define PACK_LIMIT ((uint64_t)512 << 20) /* packs are below 10 MiB; WinPE is a RAM disk */

struct loading {
    const char *place;
    struct file_tree *tree;
    struct bytes content; /* of the file that is coming */
    uint64_t total;
};

static bool wants(void *context, const struct media_entry *entry)
{
    struct loading *loading = context;

    loading->total += entry->size < PACK_LIMIT ? entry->size : PACK_LIMIT;
    return true;
}

/* A file comes in pieces, and once more with size 0 at its end. */
static enum status take(void *context, const struct media_entry *entry, const void *bytes, size_t size)
{
    struct loading *loading = context;
    struct bytes whole = loading->content;

    if (loading->total >= PACK_LIMIT || whole.size + size > PACK_LIMIT) {
        diag_error(loading->place, "holds more than the %llu MiB that a driver pack may have",
                   (unsigned long long)(PACK_LIMIT >> 20));
        return STATUS_BAD_INPUT;
    }
    whole.data = xrealloc(whole.data, whole.size + size + 1);
    if (size > 0) {
        memcpy(whole.data + whole.size, bytes, size);
    }
    whole.size += size;
    whole.data[whole.size] = 0;
    loading->content = size > 0 ? whole : (struct bytes){0};
    return size > 0 ? STATUS_DONE : file_tree_add(loading->tree, entry->path, whole);
}

enum status driver_pack_load(const char *path, struct file_tree *tree)
{
    struct loading loading = {.place = path, .tree = tree};
    const struct media_visitor visitor = {.context = &loading, .wants = wants, .data = take};
    struct stat info;
    enum status status;

    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
        return file_tree_load(tree, path);
    }
    status = media_read(path, &visitor, NULL);
    bytes_free(&loading.content);
    if (status == STATUS_DONE) {
        file_tree_sort(tree);
    }
    return status;
}

/* What a folder on the way to a package says about it. */
enum sort { SORT_ANY, SORT_X86, SORT_AMD64, SORT_LEFT_OUT };

static enum sort sort_of(const char *path)
{
    static const struct {
        const char *name;
        enum sort sort;
    } names[] = {{"x86", SORT_X86},   {"i386", SORT_X86},     {"win32", SORT_X86},      {"amd64", SORT_AMD64},
                 {"x64", SORT_AMD64}, {"x86_64", SORT_AMD64}, {"opt-in", SORT_LEFT_OUT}};
    enum sort found = SORT_ANY;

    for (;;) {
        size_t length = strcspn(path, "/");

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
            if (strlen(names[i].name) == length && strncasecmp(path, names[i].name, length) == 0) {
                found = found == SORT_LEFT_OUT ? found : names[i].sort;
            }
        }
        if (path[length] == 0) {
            return found;
        }
        path += length + 1;
    }
}

const char *driver_package_name(const struct driver_folder *folder)
{
    const char *slash = strrchr(folder->path, '/');

    return slash != NULL ? slash + 1 : folder->path;
}

/*
 * Names of packages and INFs go into cmd.exe scripts, winpeshl.ini and DevicePath, where '%', '&', ',', ';' and spaces
 * mean something.
 */
static bool is_plain(const char *name)
{
    return name[0] != 0 && name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] == 0;
}

static enum status check_names(const char *pack_name, const struct driver_folder *folder)
{
    const char *name = driver_package_name(folder);
    bool plain = is_plain(name);

    for (size_t i = 0; i < folder->inf_count && plain; ++i) {
        name = folder->infs[i].name;
        plain = is_plain(name);
    }
    if (!plain) {
        diag_error(pack_name,
                   "%s: the name %s has characters beyond letters, digits, '.', '_' and '-', which scripts of "
                   "Windows would not take as they are",
                   folder->path, name);
        return STATUS_CHECK_FAILED;
    }
    return STATUS_DONE;
}

static enum status add_folder(const char *pack_name, const struct file_tree *tree, const char *path,
                              enum inf_architecture architecture, struct driver_packages *packages)
{
    struct driver_folder *folder;
    enum status status;

    for (size_t i = 0; i < packages->count; ++i) {
        if (strcmp(packages->list[i].path, path) == 0) {
            return STATUS_DONE;
        }
    }
    packages->list = xrealloc(packages->list, (packages->count + 1) * sizeof(*packages->list));
    folder = &packages->list[packages->count];
    status = driver_folder_read(pack_name, tree, path, architecture, folder);
    if (status != STATUS_DONE) {
        return status;
    }
    ++packages->count;
    status = check_names(pack_name, folder);
    if (status != STATUS_DONE) {
        return status;
    }
    for (size_t i = 0; i + 1 < packages->count; ++i) {
        if (strcasecmp(driver_package_name(&packages->list[i]), driver_package_name(folder)) == 0) {
            diag_error(pack_name, "has two packages named %s: %s and %s", driver_package_name(folder),
                       packages->list[i].path, folder->path);
            return STATUS_CHECK_FAILED;
        }
    }
    return STATUS_DONE;
}

enum status driver_packages_read(const char *pack_name, const struct file_tree *tree,
                                 enum inf_architecture architecture, struct driver_packages *packages)
{
    enum status status = STATUS_DONE;

    *packages = (struct driver_packages){0};
    for (size_t i = 0; i < tree->count && status == STATUS_DONE; ++i) {
        const char *path = tree->files[i].path;
        const char *slash = strrchr(path, '/');
        enum sort sort;
        char *folder;

        if (slash == NULL || !ends_with_any_case(path, ".inf")) {
            continue;
        }
        folder = xformat("%.*s", (int)(slash - path), path);
        sort = sort_of(folder);
        if (sort == SORT_ANY || sort == (architecture == INF_X86 ? SORT_X86 : SORT_AMD64)) {
            status = add_folder(pack_name, tree, folder, architecture, packages);
        }
        free(folder);
    }
    if (status == STATUS_DONE && packages->count == 0) {
        diag_error(pack_name, "has no package for %s: no folder with an INF, such as win7/%s/NAME",
                   architecture_name(architecture), architecture_name(architecture));
        status = STATUS_CHECK_FAILED;
    }
    return status;
}

void driver_packages_free(struct driver_packages *packages)
{
    for (size_t i = 0; i < packages->count; ++i) {
        driver_folder_free(&packages->list[i]);
    }
    free(packages->list);
    *packages = (struct driver_packages){0};
}
