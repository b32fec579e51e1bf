/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/file_io.h"

#include "base/stale_part.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status file_read(const char *path, size_t limit, struct bytes *out)
{
    enum status status = STATUS_BAD_INPUT;
    struct stat info;
    size_t done = 0;
    int descriptor;

    out->data = NULL;
    out->size = 0;
    /* O_NONBLOCK: opening a pipe that nobody writes to must not hang; regular files ignore it. */
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        diag_error(path, "cannot be opened: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    if (fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        diag_error(path, "is not a regular file");
        goto close_descriptor;
    }
    if ((unsigned long long)info.st_size > limit) {
        diag_error(path, "is %lld bytes long, more than the %zu that such a file may have", (long long)info.st_size,
                   limit);
        goto close_descriptor;
    }
    out->data = xmalloc((size_t)info.st_size + 1);
    while (done < (size_t)info.st_size) {
        ssize_t count = read(descriptor, out->data + done, (size_t)info.st_size - done);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            diag_error(path, "cannot be read: %s", count < 0 ? strerror(errno) : "it became shorter");
            bytes_free(out);
            goto close_descriptor;
        }
        done += (size_t)count;
    }
    out->data[done] = 0;
    out->size = done;
    status = STATUS_DONE;
close_descriptor:
    close(descriptor);
    return status;
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    bytes->data = NULL;
    bytes->size = 0;
}

enum status file_make_directories(const char *path)
{
    enum status status = STATUS_DONE;
    char *copy = xstrdup(path);

    for (char *cursor = copy + 1; status == STATUS_DONE; ++cursor) {
        char kept = *cursor;

        if (kept != '/' && kept != 0) {
            continue;
        }
        *cursor = 0;
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
            diag_error(copy, "the folder cannot be made: %s", strerror(errno));
            status = STATUS_NOT_WRITTEN;
        }
        *cursor = kept;
        if (kept == 0) {
            break;
        }
    }
    free(copy);
    return status;
}

enum status file_make_parents(const char *path)
{
    const char *slash = strrchr(path, '/');
    enum status status;
    char *parent;

    if (slash == NULL || slash == path) {
        return STATUS_DONE;
    }
    parent = xformat("%.*s", (int)(slash - path), path);
    status = file_make_directories(parent);
    free(parent);
    return status;
}

enum status pending_open(struct pending_file *pending, const char *target)
{
    enum status status = file_make_parents(target);
    mode_t mask;

    pending->target = target;
    pending->path = NULL;
    pending->descriptor = -1;
    if (status != STATUS_DONE) {
        return status;
    }
    stale_parts_remove(target);
    pending->path = xformat("%s" PART_SUFFIX, target);
    pending->descriptor = mkostemp(pending->path, O_CLOEXEC);
    if (pending->descriptor < 0) {
        diag_error(target, "cannot be written: %s", strerror(errno));
        free(pending->path);
        pending->path = NULL;
        return STATUS_NOT_WRITTEN;
    }
    part_lock(pending->descriptor);
    /* mkostemp makes the file 0600, for secrets; an output gets what the user's umask says. */
    mask = umask(0);
    umask(mask);
    (void)fchmod(pending->descriptor, 0666 & ~mask);
    return STATUS_DONE;
}

enum status pending_commit(struct pending_file *pending)
{
    if (fsync(pending->descriptor) != 0 || rename(pending->path, pending->target) != 0) {
        diag_error(pending->target, "cannot be written: %s", strerror(errno));
        pending_discard(pending);
        return STATUS_NOT_WRITTEN;
    }
    close(pending->descriptor);
    pending->descriptor = -1;
    free(pending->path);
    pending->path = NULL;
    return STATUS_DONE;
}

void pending_discard(struct pending_file *pending)
{
    if (pending->path != NULL) {
        unlink(pending->path);
        close(pending->descriptor);
        free(pending->path);
        pending->path = NULL;
    }
}

enum status file_write(const char *path, const void *data, size_t size)
{
    struct pending_file pending;
    enum status status = pending_open(&pending, path);
    size_t done = 0;

    if (status != STATUS_DONE) {
        return status;
    }
    while (done < size) {
        ssize_t count = write(pending.descriptor, (const char *)data + done, size - done);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            diag_error(path, "cannot be written: %s", strerror(errno));
            pending_discard(&pending);
            return STATUS_NOT_WRITTEN;
        }
        done += (size_t)count;
    }
    return pending_commit(&pending);
}

enum status file_write_changed(const char *path, const void *data, size_t size)
{
    struct bytes present = {0};
    struct stat info;
    bool same = false;

    if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == (off_t)size && access(path, R_OK) == 0 &&
        file_read(path, size, &present) == STATUS_DONE) {
        same = present.size == size && memcmp(present.data, data, size) == 0;
    }
    bytes_free(&present);
    return same ? STATUS_DONE : file_write(path, data, size);
}
