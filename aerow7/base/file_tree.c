/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/file_tree.h"

#include "base/stale_part.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define TREE_FILE_LIMIT ((size_t)256 << 20)

/* "Naming Files, Paths, and Namespaces", Windows documentation: names of devices, whatever the extension. */
static bool is_reserved(const char *name, size_t length)
{
    static const char *const reserved[] = {"con", "prn", "aux", "nul"};
    size_t stem = 0;

    while (stem < length && name[stem] != '.') {
        ++stem;
    }
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); ++i) {
        if (stem == 3 && strncasecmp(name, reserved[i], 3) == 0) {
            return true;
        }
    }
    return stem == 4 && (strncasecmp(name, "com", 3) == 0 || strncasecmp(name, "lpt", 3) == 0) && name[3] >= '1' &&
           name[3] <= '9';
}

static const char *name_fault(const char *name, size_t length)
{
    if (length == 0) {
        return "it has an empty name in it";
    }
    if (name[length - 1] == '.' || name[length - 1] == ' ') {
        return "a name in it ends in a dot or a space";
    }
    for (size_t i = 0; i < length; ++i) {
        if ((unsigned char)name[i] < ' ' || (unsigned char)name[i] > '~' || strchr("<>:\"\\|?*", name[i]) != NULL) {
            return "a name in it has a character that Windows does not allow";
        }
    }
    return is_reserved(name, length) ? "a name in it is reserved for a device" : NULL;
}

const char *windows_path_fault(const char *path)
{
    for (;;) {
        size_t length = strcspn(path, "/");
        const char *fault = name_fault(path, length);

        if (fault != NULL || path[length] == 0) {
            return fault;
        }
        path += length + 1;
    }
}

/* Whether Windows would take two paths, or folders on their way, for one, although they are not. */
static bool clashes(const char *left, const char *right)
{
    for (;;) {
        size_t size = strcspn(left, "/");

        if (strcspn(right, "/") != size || strncasecmp(left, right, size) != 0) {
            return false;
        }
        if (strncmp(left, right, size) != 0 || left[size] == 0 || right[size] == 0) {
            return true;
        }
        left += size + 1;
        right += size + 1;
    }
}

static enum status add_from(struct file_tree *tree, const char *path, struct bytes content, const char *place)
{
    const char *fault = windows_path_fault(path);

    for (size_t i = 0; i < tree->count && fault == NULL; ++i) {
        if (clashes(tree->files[i].path, path)) {
            fault = "another file or folder has this name, without regard to case";
        }
    }
    if (fault != NULL) {
        diag_error(place, "cannot be packed: %s", fault);
        bytes_free(&content);
        return STATUS_BAD_INPUT;
    }
    if (tree->count == tree->capacity) {
        tree->capacity = tree->capacity * 2 + 16;
        tree->files = xrealloc(tree->files, tree->capacity * sizeof(*tree->files));
    }
    tree->files[tree->count++] = (struct tree_file){.path = xstrdup(path), .content = content};
    return STATUS_DONE;
}

enum status file_tree_add(struct file_tree *tree, const char *path, struct bytes content)
{
    return add_from(tree, path, content, path);
}

enum status file_tree_add_copy(struct file_tree *tree, const char *path, const void *data, size_t size)
{
    struct bytes content = {.data = xmalloc(size + 1), .size = size};

    memcpy(content.data, data, size);
    content.data[size] = 0;
    return file_tree_add(tree, path, content);
}

static enum status load_entry(struct file_tree *tree, const FTSENT *entry, size_t prefix)
{
    struct bytes content;
    enum status status;

    switch (entry->fts_info) {
    case FTS_D:
    case FTS_DP:
        return STATUS_DONE;
    case FTS_F:
        status = file_read(entry->fts_path, TREE_FILE_LIMIT, &content);
        return status == STATUS_DONE ? add_from(tree, entry->fts_path + prefix, content, entry->fts_path) : status;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        diag_error(entry->fts_path, "cannot be read: %s", strerror(entry->fts_errno));
        return STATUS_BAD_INPUT;
    default:
        diag_error(entry->fts_path, "is neither a file nor a folder");
        return STATUS_BAD_INPUT;
    }
}

enum status file_tree_load(struct file_tree *tree, const char *folder)
{
    char *copy = xstrdup(folder);
    char *roots[] = {copy, NULL};
    enum status status = STATUS_DONE;
    size_t length = strlen(copy);
    FTSENT *entry;
    FTS *walk;

    while (length > 1 && copy[length - 1] == '/') {
        copy[--length] = 0;
    }
    walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (walk == NULL) {
        diag_error(folder, "cannot be read: %s", strerror(errno));
        free(copy);
        return STATUS_BAD_INPUT;
    }
    errno = 0;
    while (status == STATUS_DONE && (entry = fts_read(walk)) != NULL) {
        if (entry->fts_level == 0 && entry->fts_info == FTS_F) {
            diag_error(folder, "is not a folder");
            status = STATUS_BAD_INPUT;
        } else {
            status = load_entry(tree, entry, length + 1);
        }
    }
    fts_close(walk);
    free(copy);
    file_tree_sort(tree);
    return status;
}

static int compare_files(const void *left, const void *right)
{
    return strcmp(((const struct tree_file *)left)->path, ((const struct tree_file *)right)->path);
}

void file_tree_sort(struct file_tree *tree)
{
    if (tree->count > 0) {
        qsort(tree->files, tree->count, sizeof(*tree->files), compare_files);
    }
}

const struct tree_file *file_tree_find(const struct file_tree *tree, const char *path)
{
    for (size_t i = 0; i < tree->count; ++i) {
        if (strcmp(tree->files[i].path, path) == 0) {
            return &tree->files[i];
        }
    }
    return NULL;
}

static enum status write_files(const struct file_tree *tree, const char *folder, time_t when)
{
    const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < tree->count && status == STATUS_DONE; ++i) {
        char *path = xformat("%s/%s", folder, tree->files[i].path);

        status = file_write(path, tree->files[i].content.data, tree->files[i].content.size);
        if (status == STATUS_DONE) {
            (void)utimensat(AT_FDCWD, path, times, 0);
        }
        free(path);
    }
    return status;
}

enum status file_tree_write(const struct file_tree *tree, const char *folder, time_t when)
{
    enum status status = file_make_parents(folder);
    char *beside = xformat("%s" PART_SUFFIX, folder);
    int lock = -1;
    mode_t mask;

    if (status != STATUS_DONE) {
        goto free_name;
    }
    stale_parts_remove(folder);
    if (mkdtemp(beside) == NULL) {
        diag_error(folder, "cannot be written: %s", strerror(errno));
        status = STATUS_NOT_WRITTEN;
        goto free_name;
    }
    lock = open(beside, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock >= 0) {
        part_lock(lock);
    }
    mask = umask(0);
    umask(mask);
    (void)chmod(beside, 0777 & ~mask);
    status = write_files(tree, beside, when);
    if (status == STATUS_DONE && renameat2(AT_FDCWD, beside, AT_FDCWD, folder, RENAME_EXCHANGE) != 0 &&
        rename(beside, folder) != 0) {
        diag_error(folder, "cannot be replaced: %s", strerror(errno));
        status = STATUS_NOT_WRITTEN;
    }
    /* After an exchange the old content is here, after a failure the part that was written, else nothing. */
    folder_remove(beside);
    if (lock >= 0) {
        close(lock);
    }
free_name:
    free(beside);
    return status;
}

void file_tree_free(struct file_tree *tree)
{
    for (size_t i = 0; i < tree->count; ++i) {
        free(tree->files[i].path);
        bytes_free(&tree->files[i].content);
    }
    free(tree->files);
    *tree = (struct file_tree){0};
}
