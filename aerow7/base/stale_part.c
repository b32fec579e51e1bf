/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/stale_part.h"

#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void part_lock(int descriptor)
{
    (void)flock(descriptor, LOCK_EX | LOCK_NB);
}

void folder_remove(const char *folder)
{
    char *copy = xstrdup(folder);
    char *roots[] = {copy, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry;

    while (walk != NULL && (entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_DP) {
            (void)rmdir(entry->fts_accpath);
        } else if (entry->fts_info != FTS_D) {
            (void)unlink(entry->fts_accpath);
        }
    }
    if (walk != NULL) {
        fts_close(walk);
    }
    free(copy);
}

static void remove_if_stale(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat info;

    if (descriptor < 0) {
        return;
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0 && fstat(descriptor, &info) == 0) {
        if (S_ISDIR(info.st_mode)) {
            folder_remove(path);
        } else if (S_ISREG(info.st_mode)) {
            (void)unlink(path);
        }
    }
    close(descriptor);
}

void stale_parts_remove(const char *target)
{
    const char *slash = strrchr(target, '/');
    char *folder = slash == NULL ? xstrdup(".") : xformat("%.*s", slash == target ? 1 : (int)(slash - target), target);
    const char *name = slash == NULL ? target : slash + 1;
    size_t length = strlen(name);
    DIR *stream = opendir(folder);
    const struct dirent *entry;

    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        if (strncmp(entry->d_name, name, length) == 0 && strlen(entry->d_name) == length + strlen(PART_SUFFIX) &&
            strncmp(entry->d_name + length, PART_SUFFIX, strlen(".part-")) == 0) {
            char *path = xformat("%s/%s", folder, entry->d_name);

            remove_if_stale(path);
            free(path);
        }
    }
    if (stream != NULL) {
        closedir(stream);
    }
    free(folder);
}
