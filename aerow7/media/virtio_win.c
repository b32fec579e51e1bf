/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/virtio_win.h"

#include "base/text.h"
#include "media/disk_folder.h"
#include "media/file_digest.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* The largest driver file that virtio-win ever had is below 10 MiB. */
#define FILE_LIMIT ((size_t)64 << 20)
#define VERSION_LIMIT 64

const struct virtio_win_driver virtio_win_drivers[VIRTIO_WIN_DRIVERS] = {
    {"viostor", true}, {"NetKVM", true}, {"viosnd", false}, {"vioinput", false}};
const char *const virtio_win_arch_names[VIRTIO_WIN_ARCHES] = {"x86", "amd64"};

static const char *const os_defaults[] = {"w7.1", "w7_1", "w7", "win7", NULL};
static const char *const arch_defaults[VIRTIO_WIN_ARCHES][3] = {{"x86", "i386", NULL}, {"amd64", "x64", NULL}};

/* virtio-win's own licence is virtio-win_license.txt. */
static const char *const notice_patterns[] = {"license*", "copying*", "notice*", "eula*",
                                              "authors*", "credits*", "readme*", "*license*"};
static const char *const version_names[] = {"version", "version.txt", "virtio-win-version.txt"};

/* The paths of a medium's files. */
struct names {
    char **paths;
    size_t count;
    size_t capacity;
};

static void names_add(struct names *names, const char *path)
{
    if (names->count == names->capacity) {
        names->capacity = names->capacity * 2 + 256;
        names->paths = xrealloc(names->paths, names->capacity * sizeof(*names->paths));
    }
    names->paths[names->count++] = xstrdup(path);
}

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; ++i) {
        free(names->paths[i]);
    }
    free(names->paths);
}

static enum status select_one(struct virtio_win_selection *selection, const char *command, const char *name,
                              size_t length)
{
    struct option_list *drivers = &selection->drivers;
    char *reason;

    for (size_t i = 0; i < VIRTIO_WIN_DRIVERS; ++i) {
        const char *known = virtio_win_drivers[i].name;

        if (strlen(known) == length && strncasecmp(known, name, length) == 0) {
            drivers->items = xrealloc(drivers->items, (drivers->count + 1) * sizeof(*drivers->items));
            drivers->items[drivers->count++] = known;
            return STATUS_DONE;
        }
    }
    reason = xformat("\"%.*s\" is no driver: there are viostor, NetKVM, viosnd and vioinput", (int)length, name);
    (void)options_usage(command, reason);
    free(reason);
    return STATUS_USAGE;
}

enum status virtio_win_select(struct virtio_win_selection *selection, const char *command,
                              const struct option_list *names)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < names->count && status == STATUS_DONE; ++i) {
        const char *at = names->items[i];

        for (;;) {
            size_t length = strcspn(at, ",");

            status = select_one(selection, command, at, length);
            if (status != STATUS_DONE || at[length] == 0) {
                break;
            }
            at += length + 1;
        }
    }
    return status;
}

bool virtio_win_is_selected(const struct virtio_win_selection *selection, size_t driver)
{
    bool selected = virtio_win_drivers[driver].required || selection->drivers.count == 0;

    for (size_t i = 0; i < selection->drivers.count; ++i) {
        selected = selected || strcmp(selection->drivers.items[i], virtio_win_drivers[driver].name) == 0;
    }
    return selected;
}

void virtio_win_selection_free(struct virtio_win_selection *selection)
{
    option_list_free(&selection->drivers);
    option_list_free(&selection->os_folders);
    option_list_free(&selection->amd64_folders);
    option_list_free(&selection->x86_folders);
}

void virtio_win_source_free(struct virtio_win_source *source)
{
    for (size_t i = 0; i < VIRTIO_WIN_DRIVERS; ++i) {
        for (size_t arch = 0; arch < VIRTIO_WIN_ARCHES; ++arch) {
            free(source->found.folder[i][arch]);
        }
    }
    free(source->version);
    *source = (struct virtio_win_source){0};
}

/* The length of "DRIVER/OS/ARCH" when an INF is right in that folder, or 0. */
static size_t match_folder(const char *path, const char *driver, const char *os, const char *arch)
{
    const char *const parts[] = {driver, os, arch};
    const char *at = path;

    for (size_t i = 0; i < 3; ++i) {
        size_t length = strlen(parts[i]);

        if (strncasecmp(at, parts[i], length) != 0 || at[length] != '/') {
            return 0;
        }
        at += length + 1;
    }
    return strchr(at, '/') == NULL && fnmatch("*.inf", at, FNM_CASEFOLD) == 0 ? (size_t)(at - path) - 1 : 0;
}

static char *find_folder(const struct names *names, const char *driver, const char *const *oses,
                         const char *const *arches)
{
    for (size_t os = 0; oses[os] != NULL; ++os) {
        for (size_t arch = 0; arches[arch] != NULL; ++arch) {
            for (size_t i = 0; i < names->count; ++i) {
                size_t length = match_folder(names->paths[i], driver, oses[os], arches[arch]);

                if (length != 0) {
                    return xformat("%.*s", (int)length, names->paths[i]);
                }
            }
        }
    }
    return NULL;
}

/* The list with a NULL at its end, or a copy of the defaults. */
static const char **candidates(const struct option_list *list, const char *const *defaults)
{
    size_t count = 0;
    const char **result;

    while (defaults[count] != NULL) {
        ++count;
    }
    if (list->count != 0) {
        count = list->count;
    }
    result = xcalloc(count + 1, sizeof(*result));
    for (size_t i = 0; i < count; ++i) {
        result[i] = list->count != 0 ? list->items[i] : defaults[i];
    }
    return result;
}

/* "a,b" of a list that ends with NULL. */
static char *join(const char *const *list)
{
    struct text text = {0};

    for (size_t i = 0; list[i] != NULL; ++i) {
        text_format(&text, "%s%s", i == 0 ? "" : ",", list[i]);
    }
    return text.data;
}

static enum status report_missing(const char *path, size_t driver, size_t arch, const char *const *oses,
                                  const char *const *arches)
{
    const char *name = virtio_win_drivers[driver].name;
    char *all_oses = join(oses);
    char *all_arches = join(arches);

    diag_error(path, "has no driver %s for Windows 7 on %s: no INF in %s/{%s}/{%s}/", name, virtio_win_arch_names[arch],
               name, all_oses, all_arches);
    free(all_oses);
    free(all_arches);
    return STATUS_CHECK_FAILED;
}

static enum status find_drivers(const char *path, const struct names *names,
                                const struct virtio_win_selection *selection, struct virtio_win_source *source)
{
    const char **oses = candidates(&selection->os_folders, os_defaults);
    enum status status = STATUS_DONE;

    for (size_t arch = 0; arch < VIRTIO_WIN_ARCHES; ++arch) {
        const char **arches = candidates(arch == VIRTIO_WIN_X86 ? &selection->x86_folders : &selection->amd64_folders,
                                         arch_defaults[arch]);

        for (size_t i = 0; i < VIRTIO_WIN_DRIVERS; ++i) {
            if (!virtio_win_is_selected(selection, i)) {
                continue;
            }
            source->found.folder[i][arch] = find_folder(names, virtio_win_drivers[i].name, oses, arches);
            if (source->found.folder[i][arch] == NULL && virtio_win_drivers[i].required && !selection->everything) {
                status = report_missing(path, i, arch, oses, arches);
            }
        }
        free(arches);
    }
    free(oses);
    return status;
}

static bool note_name(void *context, const struct media_entry *entry)
{
    names_add(context, entry->path);
    return false;
}

static bool is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static enum status list_names(const char *path, struct names *names, struct media_info *info)
{
    const struct media_visitor visitor = {.context = names, .wants = note_name};
    struct disk_folder folder;
    enum status status;

    if (!is_folder(path)) {
        return media_read(path, &visitor, info);
    }
    *info = (struct media_info){.names = "", .backend = ""};
    status = disk_folder_open(&folder, path);
    for (size_t i = 0; i < folder.count && status == STATUS_DONE; ++i) {
        if (!folder.inputs[i].folder) {
            names_add(names, folder.inputs[i].path);
        }
    }
    disk_folder_close(&folder);
    return status;
}

enum status virtio_win_find(const char *path, const struct virtio_win_selection *selection,
                            struct virtio_win_source *source)
{
    struct names names = {0};
    enum status status;

    *source = (struct virtio_win_source){.info = {.names = "", .backend = ""}};
    status = list_names(path, &names, &source->info);
    if (status == STATUS_DONE) {
        status = find_drivers(path, &names, selection, source);
    }
    if (status == STATUS_DONE && !is_folder(path)) {
        status = file_sha256(path, source->sha256, NULL);
    }
    names_free(&names);
    return status;
}

static bool is_version_file(const char *path)
{
    for (size_t i = 0; i < sizeof(version_names) / sizeof(version_names[0]); ++i) {
        if (strcasecmp(path, version_names[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool virtio_win_takes(const struct virtio_win_source *source, const struct virtio_win_selection *selection,
                      const char *path)
{
    if (selection->everything) {
        return true;
    }
    if (strchr(path, '/') == NULL) {
        for (size_t i = 0; i < sizeof(notice_patterns) / sizeof(notice_patterns[0]); ++i) {
            if (fnmatch(notice_patterns[i], path, FNM_CASEFOLD) == 0) {
                return true;
            }
        }
        return is_version_file(path);
    }
    for (size_t i = 0; i < VIRTIO_WIN_DRIVERS; ++i) {
        for (size_t arch = 0; arch < VIRTIO_WIN_ARCHES; ++arch) {
            const char *folder = source->found.folder[i][arch];

            if (folder != NULL && starts_with(path, folder) && path[strlen(folder)] == '/') {
                return true;
            }
        }
    }
    return false;
}

struct loading {
    const struct virtio_win_source *source;
    const struct virtio_win_selection *selection;
    const char *place;
    struct file_tree *tree;
    struct bytes content; /* of the file that comes */
};

static bool load_wants(void *context, const struct media_entry *entry)
{
    struct loading *loading = context;

    return virtio_win_takes(loading->source, loading->selection, entry->path);
}

static enum status load_data(void *context, const struct media_entry *entry, const void *bytes, size_t size)
{
    struct loading *loading = context;
    struct bytes content;

    if (entry->size > FILE_LIMIT) {
        diag_error(loading->place, "\"%s\" is larger than the 64 MiB of any driver file", entry->path);
        return STATUS_BAD_INPUT;
    }
    if (loading->content.data == NULL) {
        loading->content.data = xcalloc(1, (size_t)entry->size + 1);
    }
    if (size != 0) {
        memcpy(loading->content.data + loading->content.size, bytes, size);
        loading->content.size += size;
        return STATUS_DONE;
    }
    content = loading->content;
    loading->content = (struct bytes){0};
    return file_tree_add(loading->tree, entry->path, content);
}

static enum status load_folder(const char *path, struct loading *loading)
{
    struct disk_folder folder;
    enum status status = disk_folder_open(&folder, path);

    for (size_t i = 0; i < folder.count && status == STATUS_DONE; ++i) {
        const struct media_entry entry = {.path = folder.inputs[i].path, .size = folder.inputs[i].size};
        char *bytes;

        if (folder.inputs[i].folder || !load_wants(loading, &entry)) {
            continue;
        }
        bytes = xmalloc(entry.size > FILE_LIMIT ? 1 : (size_t)entry.size + 1);
        status = entry.size > FILE_LIMIT ? STATUS_DONE : disk_folder_read(&folder, i, 0, bytes, (size_t)entry.size);
        if (status == STATUS_DONE && entry.size != 0) {
            status = load_data(loading, &entry, bytes, (size_t)entry.size);
        }
        if (status == STATUS_DONE) {
            status = load_data(loading, &entry, NULL, 0);
        }
        free(bytes);
    }
    disk_folder_close(&folder);
    return status;
}

/* The text after "virtio-win-" as far as it looks like a version; NULL when there is none. */
static char *version_in(const char *name, const char *end)
{
    static const char prefix[] = "virtio-win-";
    size_t length;

    if (strncasecmp(name, prefix, sizeof(prefix) - 1) != 0) {
        return NULL;
    }
    name += sizeof(prefix) - 1;
    length = strlen(name);
    if (length > strlen(end) && strcasecmp(name + length - strlen(end), end) == 0) {
        length -= strlen(end);
    }
    return isdigit((unsigned char)*name) && length <= VERSION_LIMIT ? xformat("%.*s", (int)length, name) : NULL;
}

/* What only says the version is no licence and no notice. */
static void drop_version_files(struct file_tree *tree)
{
    size_t kept = 0;

    for (size_t i = 0; i < tree->count; ++i) {
        if (is_version_file(tree->files[i].path)) {
            free(tree->files[i].path);
            bytes_free(&tree->files[i].content);
        } else {
            tree->files[kept++] = tree->files[i];
        }
    }
    tree->count = kept;
}

static char *version_of(const char *path, const struct file_tree *tree, const struct virtio_win_source *source)
{
    const char *slash = strrchr(path, '/');
    char *version = NULL;

    for (size_t i = 0; i < tree->count && version == NULL; ++i) {
        const char *text = tree->files[i].content.data;
        size_t length = 0;

        if (!is_version_file(tree->files[i].path)) {
            continue;
        }
        while (text[length] > ' ' && text[length] <= '~' && length <= VERSION_LIMIT) {
            ++length;
        }
        if (length > 0 && length <= VERSION_LIMIT) {
            version = xformat("%.*s", (int)length, text);
        }
    }
    if (version == NULL) {
        version = version_in(slash == NULL ? path : slash + 1, ".iso");
    }
    return version != NULL ? version : version_in(source->info.volume_label, "");
}

enum status virtio_win_load(const char *path, const struct virtio_win_selection *selection, struct file_tree *tree,
                            struct virtio_win_source *source)
{
    struct loading loading = {.source = source, .selection = selection, .place = path, .tree = tree};
    const struct media_visitor visitor = {.context = &loading, .wants = load_wants, .data = load_data};
    enum status status = virtio_win_find(path, selection, source);

    if (status == STATUS_DONE) {
        status = is_folder(path) ? load_folder(path, &loading) : media_read(path, &visitor, NULL);
    }
    if (status == STATUS_DONE) {
        file_tree_sort(tree);
        source->version = version_of(path, tree, source);
        if (!selection->everything) {
            drop_version_files(tree);
        }
    }
    bytes_free(&loading.content);
    return status;
}
