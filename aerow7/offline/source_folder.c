/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/source_folder.h"

#include "base/stale_part.h"
#include "base/text.h"
#include "offline/volume_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct source_folder {
    const char *path;
    char *found_name; /* what the last find gave out */
};

/*
 * Opens `path` below the folder, part by part; -1 with errno ENOENT when a part is not there. `name` gets the spelling of
 * the last part. O_NOFOLLOW on every part: what is in the folder decides nothing about what is outside it.
 */
static int open_part(int folder, const char *part, size_t length, char **name)
{
    DIR *directory = fdopendir(dup(folder));
    struct dirent *entry;
    char *spelled = NULL;
    int descriptor;

    if (directory == NULL) {
        return -1;
    }
    rewinddir(directory);
    while ((entry = readdir(directory)) != NULL) {
        if (strlen(entry->d_name) == length && strncasecmp(entry->d_name, part, length) == 0) {
            bool exact = strncmp(entry->d_name, part, length) == 0;

            /* Of two that differ in case, which Windows cannot have, the one that is meant. */
            if (spelled == NULL || exact) {
                free(spelled);
                spelled = xstrdup(entry->d_name);
            }
        }
    }
    closedir(directory);
    if (spelled == NULL) {
        errno = ENOENT;
        return -1;
    }
    descriptor = openat(folder, spelled, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (name != NULL) {
        free(*name);
        *name = spelled;
    } else {
        free(spelled);
    }
    return descriptor;
}

static int open_path(const struct source_folder *folder, const char *path, char **name)
{
    int descriptor = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    while (descriptor >= 0 && *path != 0) {
        size_t length = strcspn(path, "/");
        int readable = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int next = readable >= 0 ? open_part(readable, path, length, name) : -1;
        int fault = errno == ENOTDIR || errno == ELOOP ? ENOENT : errno;

        if (readable >= 0) {
            close(readable);
        }
        close(descriptor);
        errno = fault;
        descriptor = next;
        path += length + (path[length] == '/' ? 1 : 0);
    }
    return descriptor;
}

static void fill(struct source_entry *entry, const char *name, const struct stat *info)
{
    *entry = (struct source_entry){.name = name,
                                   .folder = S_ISDIR(info->st_mode),
                                   .reparse_point = !S_ISDIR(info->st_mode) && !S_ISREG(info->st_mode),
                                   .size = S_ISREG(info->st_mode) ? (uint64_t)info->st_size : 0};
}

static enum status find(void *context, const char *path, bool *found, struct source_entry *entry)
{
    struct source_folder *folder = context;
    struct stat info;
    int descriptor = open_path(folder, path, &folder->found_name);

    *found = false;
    if (descriptor < 0 && errno == ENOENT) {
        return STATUS_DONE;
    }
    if (descriptor < 0 || fstat(descriptor, &info) != 0) {
        diag_error(folder->path, "%s cannot be looked at: %s", path, strerror(errno));
        if (descriptor >= 0) {
            close(descriptor);
        }
        return STATUS_BAD_INPUT;
    }
    close(descriptor);
    *found = true;
    fill(entry, folder->found_name != NULL ? folder->found_name : "", &info);
    return STATUS_DONE;
}

static enum status list(void *context, const char *path, source_visit visit, void *visit_context)
{
    struct source_folder *folder = context;
    enum status status = STATUS_DONE;
    int at = open_path(folder, path, NULL);
    int descriptor = at >= 0 ? openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *directory = descriptor >= 0 ? fdopendir(descriptor) : NULL;
    struct dirent *item;

    if (directory == NULL) {
        diag_error(folder->path, "%s cannot be listed: %s", path[0] != 0 ? path : "it", strerror(errno));
        status = STATUS_BAD_INPUT;
        if (descriptor >= 0) {
            close(descriptor);
        }
        goto close_at;
    }
    while (status == STATUS_DONE && (item = readdir(directory)) != NULL) {
        struct source_entry entry;
        struct stat info;

        if (strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0 ||
            fstatat(dirfd(directory), item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        fill(&entry, item->d_name, &info);
        status = visit(visit_context, &entry);
    }
    closedir(directory);
close_at:
    if (at >= 0) {
        close(at);
    }
    return status;
}

static enum status read_file(void *context, const char *path, size_t limit, struct bytes *out)
{
    struct source_folder *folder = context;
    char *place = xformat("%s/%s", folder->path, path);
    int at = open_path(folder, path, NULL);
    enum status status = STATUS_BAD_INPUT;
    struct stat info;
    char name[64];

    *out = (struct bytes){0};
    if (at < 0 || fstat(at, &info) != 0) {
        diag_error(place, "cannot be opened: %s", strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        diag_error(place, "is not a regular file");
    } else if ((uint64_t)info.st_size > limit) {
        diag_error(place, "is %lld bytes long, more than the %zu that such a file may have", (long long)info.st_size,
                   limit);
    } else {
        (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", at);
        status = file_read(name, limit, out);
    }
    if (at >= 0) {
        close(at);
    }
    free(place);
    return status;
}

/* A folder here says nothing of security descriptors. */
static enum status security(void *context, const char *path, struct bytes *out)
{
    (void)context;
    (void)path;
    *out = (struct bytes){0};
    return STATUS_DONE;
}

static const struct source_operations operations = {
    .find = find, .list = list, .read = read_file, .security = security};

enum status source_folder_open(const char *path, struct source_folder **out, struct source *source)
{
    struct stat info;

    *out = NULL;
    if (stat(path, &info) != 0) {
        diag_error(path, "cannot be opened: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    if (!S_ISDIR(info.st_mode)) {
        diag_error(path, "is not a folder");
        return STATUS_BAD_INPUT;
    }
    *out = xcalloc(1, sizeof(**out));
    (*out)->path = path;
    *source = (struct source){.name = path, .context = *out, .operations = &operations};
    return STATUS_DONE;
}

void source_folder_close(struct source_folder *folder)
{
    if (folder != NULL) {
        free(folder->found_name);
        free(folder);
    }
}

enum status source_folder_path(struct source_folder *folder, const char *path, bool *found, char **out)
{
    const struct source source = {.name = folder->path, .context = folder, .operations = &operations};
    struct source_entry entry;
    enum status status = find(folder, path, found, &entry);
    char *spelled;

    *out = NULL;
    if (status == STATUS_DONE && *found && (entry.folder || entry.reparse_point)) {
        diag_error(folder->path, "%s is no file", path);
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE && *found) {
        status = volume_path(&source, path, &spelled);
        *out = xformat("%s/%s", folder->path, spelled);
        free(spelled);
    }
    return status;
}

/*
 * Writing is in two steps. First each new content is put beside its target, as NAME.part-XXXXXX, and written to the disk;
 * then each is exchanged with what is there (renameat2, RENAME_EXCHANGE), so that until the end every old content still
 * exists and can be exchanged back.
 */
struct step {
    int folder;   /* of the target */
    char *name;   /* of the target in it */
    char *beside; /* the new content; after the exchange the old one; NULL for a new folder */
    bool done;
    bool replaced; /* something was there before */
};

static enum status write_content(int descriptor, const struct bytes *content)
{
    for (size_t done = 0; done < content->size;) {
        ssize_t count = write(descriptor, content->data + done, content->size - done);

        if (count < 0 && errno != EINTR) {
            return STATUS_NOT_WRITTEN;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return fsync(descriptor) == 0 ? STATUS_DONE : STATUS_NOT_WRITTEN;
}

/* The folder that `path` is in, open for reading, and the last part of it. */
static int parent_of(const struct source_folder *folder, const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    char *parent = slash != NULL ? xformat("%.*s", (int)(slash - path), path) : xstrdup("");
    int at = open_path(folder, parent, NULL);
    int readable = at >= 0 ? openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (at >= 0) {
        close(at);
    }
    free(parent);
    *name = slash != NULL ? slash + 1 : path;
    return readable;
}

static enum status put_beside(struct step *step, const struct bytes *content)
{
    struct stat info;
    mode_t mode = 0644;
    enum status status = STATUS_NOT_WRITTEN;
    int file = -1;
    char *path;

    path = xformat("/proc/self/fd/%d/%s", step->folder, step->name);
    stale_parts_remove(path);
    free(path);
    step->replaced = fstatat(step->folder, step->name, &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (step->replaced) {
        mode = info.st_mode & 07777;
    }
    for (unsigned i = 0; file < 0 && i < 1000; ++i) {
        char *beside = xformat("%s.part-%06x", step->name, ((unsigned)getpid() * 1000U + i) & 0xFFFFFFU);

        file = openat(step->folder, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (file >= 0) {
            step->beside = beside;
        } else {
            free(beside);
            if (errno != EEXIST) {
                break;
            }
        }
    }
    if (file < 0) {
        return STATUS_NOT_WRITTEN;
    }
    part_lock(file);
    status = write_content(file, content);
    if (status == STATUS_DONE && step->replaced) {
        (void)fchown(file, info.st_uid, info.st_gid);
        (void)fchmod(file, mode);
    }
    close(file);
    return status;
}

static enum status prepare(struct source_folder *folder, const struct change *change, struct step *step)
{
    const char *name;

    step->folder = parent_of(folder, change->path, &name);
    if (step->folder < 0) {
        return STATUS_NOT_WRITTEN;
    }
    step->name = xstrdup(name);
    if (change->kind == CHANGE_FOLDER) {
        /* Folders come first and are needed by what follows; an empty one that is left over is no harm and goes too. */
        step->done = mkdirat(step->folder, name, 0755) == 0;
        return step->done ? STATUS_DONE : STATUS_NOT_WRITTEN;
    }
    return change->kind == CHANGE_REMOVE ? STATUS_DONE : put_beside(step, &change->content);
}

static enum status carry_out(const struct change *change, struct step *step)
{
    int result = 0;

    if (change->kind == CHANGE_REMOVE) {
        step->beside = xformat("%s.part-%06x", step->name, (unsigned)getpid() & 0xFFFFFFU);
        step->replaced = true;
        result = renameat(step->folder, step->name, step->folder, step->beside);
    } else if (change->kind != CHANGE_FOLDER) {
        result = renameat2(step->folder, step->beside, step->folder, step->name,
                           step->replaced ? RENAME_EXCHANGE : RENAME_NOREPLACE);
    }
    step->done = step->done || result == 0;
    return result == 0 ? STATUS_DONE : STATUS_NOT_WRITTEN;
}

static void take_back(const struct change *change, struct step *step)
{
    if (change->kind == CHANGE_FOLDER) {
        (void)unlinkat(step->folder, step->name, AT_REMOVEDIR);
    } else if (change->kind == CHANGE_REMOVE) {
        (void)renameat(step->folder, step->beside, step->folder, step->name);
    } else if (step->replaced) {
        (void)renameat2(step->folder, step->beside, step->folder, step->name, RENAME_EXCHANGE);
    } else {
        (void)unlinkat(step->folder, step->name, 0);
    }
}

enum status source_folder_write(struct source_folder *folder, const struct changes *changes)
{
    struct step *steps = xcalloc(changes->count + 1, sizeof(*steps));
    enum status status = STATUS_DONE;
    size_t prepared = 0;
    size_t done = 0;

    for (; prepared < changes->count && status == STATUS_DONE; ++prepared) {
        steps[prepared].folder = -1;
        status = prepare(folder, &changes->list[prepared], &steps[prepared]);
    }
    for (; done < changes->count && status == STATUS_DONE; ++done) {
        status = carry_out(&changes->list[done], &steps[done]);
    }
    if (status != STATUS_DONE) {
        size_t last = done > 0 ? done - 1 : prepared > 0 ? prepared - 1 : 0;

        diag_error(folder->path, "%s cannot be written: %s; nothing was changed", changes->list[last].path,
                   strerror(errno));
    }
    for (size_t i = prepared; i-- > 0;) {
        if (status != STATUS_DONE && steps[i].done) {
            take_back(&changes->list[i], &steps[i]);
        }
        if (steps[i].beside != NULL) {
            (void)unlinkat(steps[i].folder, steps[i].beside, 0);
        }
        if (steps[i].folder >= 0) {
            close(steps[i].folder);
        }
        free(steps[i].name);
        free(steps[i].beside);
    }
    free(steps);
    return status;
}
