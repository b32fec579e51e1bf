/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/folder_output.h"

#include "base/file_io.h"
#include "base/stale_part.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_within(const char *path, const char *folder)
{
    size_t length = strlen(folder);

    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static bool holds_real_path(const char *folder, const char *path)
{
    char *real = path == NULL ? NULL : realpath(path, NULL);
    bool held = real != NULL && is_within(real, folder);

    free(real);
    return held;
}

/* Why this folder, which has no links in it, must not be emptied; or NULL. */
static const char *keep_reason(const char *folder, const char *input)
{
    const char *home = getenv("HOME");
    char *git = xformat("%s/.git", folder);
    bool work_tree = access(git, F_OK) == 0;

    free(git);
    if (strcmp(folder, "/") == 0) {
        return "it is the root of the file system";
    }
    if (work_tree) {
        return "it is the root of a Git work tree";
    }
    if (home != NULL && *home != 0 && holds_real_path(folder, home)) {
        return "the home folder is in it";
    }
    if (holds_real_path(folder, ".")) {
        return "the current folder is in it";
    }
    return holds_real_path(folder, input) ? "the input is in it" : NULL;
}

/* 1 when the folder has something in it, 0 when not, -1 when that cannot be seen. */
static int has_entries(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    int result = 0;

    if (folder == NULL) {
        return -1;
    }
    while (result == 0 && (entry = readdir(folder)) != NULL) {
        result = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 ? 1 : 0;
    }
    closedir(folder);
    return result;
}

static enum status check_target(struct folder_output *output, const char *target, const char *input)
{
    const char *reason;
    int entries;

    output->target = realpath(target, NULL);
    if (output->target == NULL) {
        if (errno != ENOENT) {
            diag_error(target, "cannot be used: %s", strerror(errno));
            return STATUS_NOT_WRITTEN;
        }
        output->target = xstrdup(target);
        output->replace = false;
        return STATUS_DONE;
    }
    entries = has_entries(output->target);
    if (entries < 0) {
        diag_error(target, "cannot be used: %s", strerror(errno));
        return STATUS_NOT_WRITTEN;
    }
    if (entries == 0) {
        output->replace = false;
        return STATUS_DONE;
    }
    if (!output->replace) {
        diag_error(target, "is not empty, and --clean was not given");
        return STATUS_NOT_WRITTEN;
    }
    reason = keep_reason(output->target, input);
    if (reason != NULL) {
        diag_error(target, "is not emptied: %s", reason);
        return STATUS_NOT_WRITTEN;
    }
    return STATUS_DONE;
}

enum status folder_output_begin(struct folder_output *output, const char *target, bool replace, const char *input)
{
    enum status status;
    size_t length;

    *output = (struct folder_output){.root = -1, .replace = replace};
    status = check_target(output, target, input);
    if (status != STATUS_DONE) {
        return status;
    }
    length = strlen(output->target);
    while (length > 1 && output->target[length - 1] == '/') {
        output->target[--length] = 0;
    }
    status = file_make_parents(output->target);
    if (status != STATUS_DONE) {
        return status;
    }
    stale_parts_remove(output->target);
    output->beside = xformat("%s%s", output->target, PART_SUFFIX);
    if (mkdtemp(output->beside) == NULL) {
        diag_error(target, "cannot be written: %s", strerror(errno));
        free(output->beside);
        output->beside = NULL;
        return STATUS_NOT_WRITTEN;
    }
    output->root = open(output->beside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (output->root < 0) {
        diag_error(output->beside, "cannot be opened: %s", strerror(errno));
        return STATUS_NOT_WRITTEN;
    }
    part_lock(output->root);
    return STATUS_DONE;
}

enum status folder_output_create(struct folder_output *output, const char *path, int *descriptor)
{
    int folder = output->root;
    const char *slash;

    *descriptor = -1;
    for (; folder >= 0 && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        char name[NAME_MAX + 1];
        int inner = -1;

        if (snprintf(name, sizeof(name), "%.*s", (int)(slash - path), path) >= (int)sizeof(name)) {
            errno = ENAMETOOLONG;
        } else if (mkdirat(folder, name, 0777) == 0 || errno == EEXIST) {
            inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        if (folder != output->root) {
            close(folder);
        }
        folder = inner;
    }
    if (folder >= 0) {
        *descriptor = openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (folder != output->root) {
            close(folder);
        }
    }
    if (*descriptor < 0) {
        diag_error(output->target, "\"%s\" cannot be made: %s", path, strerror(errno));
        return STATUS_NOT_WRITTEN;
    }
    return STATUS_DONE;
}

enum status folder_output_close(struct folder_output *output, const char *path, int descriptor, time_t modified)
{
    const struct timespec times[2] = {{.tv_sec = modified}, {.tv_sec = modified}};

    if (modified != 0) {
        (void)futimens(descriptor, times);
    }
    if (close(descriptor) != 0) {
        diag_error(output->target, "\"%s\" cannot be written: %s", path, strerror(errno));
        return STATUS_NOT_WRITTEN;
    }
    return STATUS_DONE;
}

enum status folder_output_commit(struct folder_output *output)
{
    mode_t mask = umask(0);
    int result;

    umask(mask);
    result = fchmod(output->root, 0777 & ~mask);
    if (result == 0) {
        result = syncfs(output->root);
    }
    if (result == 0) {
        /* Without an exchange, rename takes the place of an empty folder only. */
        result = output->replace ? renameat2(AT_FDCWD, output->beside, AT_FDCWD, output->target, RENAME_EXCHANGE)
                                 : rename(output->beside, output->target);
    }
    if (result != 0) {
        diag_error(output->target, "cannot be written: %s", strerror(errno));
        folder_output_discard(output);
        return STATUS_NOT_WRITTEN;
    }
    if (!output->replace) {
        free(output->beside);
        output->beside = NULL;
    }
    /* After an exchange, what was there before is beside. */
    folder_output_discard(output);
    return STATUS_DONE;
}

void folder_output_discard(struct folder_output *output)
{
    if (output->root >= 0) {
        close(output->root);
    }
    if (output->beside != NULL) {
        folder_remove(output->beside);
    }
    free(output->beside);
    free(output->target);
    *output = (struct folder_output){.root = -1};
}
