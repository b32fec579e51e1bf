/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/disk_folder.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void add(struct disk_folder *folder, const char *path, uint64_t size, bool is_folder)
{
    if (folder->count == folder->capacity) {
        folder->capacity = folder->capacity * 2 + 64;
        folder->inputs = xrealloc(folder->inputs, folder->capacity * sizeof(*folder->inputs));
    }
    folder->inputs[folder->count++] = (struct iso_input){.path = xstrdup(path), .size = size, .folder = is_folder};
}

static enum status add_entry(struct disk_folder *folder, const FTSENT *entry, size_t prefix)
{
    if (entry->fts_level == 0 && entry->fts_info != FTS_D && entry->fts_info != FTS_DP) {
        diag_error(entry->fts_path, "%s", entry->fts_info == FTS_NS ? strerror(entry->fts_errno) : "is not a folder");
        return STATUS_BAD_INPUT;
    }
    switch (entry->fts_info) {
    case FTS_D:
        if (entry->fts_level > 0) {
            add(folder, entry->fts_path + prefix, 0, true);
        }
        return STATUS_DONE;
    case FTS_DP:
        return STATUS_DONE;
    case FTS_F:
        add(folder, entry->fts_path + prefix, (uint64_t)entry->fts_statp->st_size, false);
        return STATUS_DONE;
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

static int compare(const void *left, const void *right)
{
    return strcmp(((const struct iso_input *)left)->path, ((const struct iso_input *)right)->path);
}

const struct iso_input *disk_folder_find(const struct disk_folder *folder, const char *path)
{
    const struct iso_input key = {.path = path};

    return folder->count == 0 ? NULL : bsearch(&key, folder->inputs, folder->count, sizeof(key), compare);
}

enum status disk_folder_open(struct disk_folder *folder, const char *path)
{
    enum status status = STATUS_DONE;
    char *roots[2] = {NULL, NULL};
    FTSENT *entry;
    size_t length;
    FTS *walk;

    *folder = (struct disk_folder){.root = xstrdup(path), .descriptor = -1};
    length = strlen(folder->root);
    while (length > 1 && folder->root[length - 1] == '/') {
        folder->root[--length] = 0;
    }
    roots[0] = folder->root;
    /* FTS_COMFOLLOW: the folder that was named may be a link; what is in it may not. */
    walk = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    if (walk == NULL) {
        diag_error(path, "cannot be read: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    errno = 0;
    while (status == STATUS_DONE && (entry = fts_read(walk)) != NULL) {
        status = add_entry(folder, entry, strcmp(folder->root, "/") == 0 ? 1 : length + 1);
        errno = 0;
    }
    if (status == STATUS_DONE && errno != 0) {
        diag_error(path, "cannot be read: %s", strerror(errno));
        status = STATUS_BAD_INPUT;
    }
    fts_close(walk);
    if (folder->count > 0) {
        qsort(folder->inputs, folder->count, sizeof(*folder->inputs), compare);
    }
    return status;
}

bool disk_folder_holds(const struct disk_folder *folder, const char *path)
{
    char *root = realpath(folder->root, NULL);
    char *existing = xstrdup(path);
    char *real = realpath(existing, NULL);
    size_t length = root == NULL ? 0 : strlen(root);
    bool held;

    /* What does not exist would be in the nearest folder above it that does. */
    for (char *slash; real == NULL && (slash = strrchr(existing, '/')) != NULL;) {
        *slash = 0;
        real = realpath(*existing == 0 ? "/" : existing, NULL);
    }
    if (real == NULL) {
        real = realpath(".", NULL);
    }
    held = root != NULL && real != NULL && strncmp(real, root, length) == 0 &&
           (real[length] == 0 || real[length] == '/' || length == 1);
    free(root);
    free(existing);
    free(real);
    return held;
}

static void close_file(struct disk_folder *folder)
{
    if (folder->descriptor >= 0) {
        close(folder->descriptor);
        folder->descriptor = -1;
    }
}

void disk_folder_close(struct disk_folder *folder)
{
    close_file(folder);
    for (size_t i = 0; i < folder->count; ++i) {
        free((char *)(uintptr_t)folder->inputs[i].path);
    }
    free(folder->inputs);
    free(folder->root);
    *folder = (struct disk_folder){.descriptor = -1};
}

static enum status open_file(struct disk_folder *folder, size_t index, const char *path)
{
    struct stat info;

    close_file(folder);
    folder->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (folder->descriptor < 0) {
        diag_error(path, "cannot be opened: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    if (fstat(folder->descriptor, &info) != 0 || !S_ISREG(info.st_mode) ||
        (uint64_t)info.st_size != folder->inputs[index].size) {
        diag_error(path, "was changed while it was read");
        return STATUS_BAD_INPUT;
    }
    folder->open_index = index;
    return STATUS_DONE;
}

enum status disk_folder_read(void *context, size_t index, uint64_t offset, void *bytes, size_t size)
{
    struct disk_folder *folder = context;
    char *path = xformat("%s/%s", folder->root, folder->inputs[index].path);
    enum status status =
        folder->descriptor >= 0 && folder->open_index == index ? STATUS_DONE : open_file(folder, index, path);
    size_t done = 0;

    while (status == STATUS_DONE && done < size) {
        ssize_t count = pread(folder->descriptor, (char *)bytes + done, size - done, (off_t)(offset + done));

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            diag_error(path, "cannot be read: %s", count < 0 ? strerror(errno) : "it became shorter");
            status = STATUS_BAD_INPUT;
        } else {
            done += (size_t)count;
        }
    }
    free(path);
    return status;
}
