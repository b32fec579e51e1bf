/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "image/image_split.h"

#include "base/stale_part.h"
#include "base/text.h"
#include "wim/wim_split.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define STEM "sources/install"
#define SUFFIX ".swm"

int split_part_of(const char *path)
{
    const char *number = path + strlen(STEM);
    unsigned long part = 1;
    char *end;

    if (strncasecmp(path, STEM, strlen(STEM)) != 0) {
        return -1;
    }
    end = (char *)(uintptr_t)number;
    if (*number >= '2' && *number <= '9') {
        part = strtoul(number, &end, 10);
    } else if (*number == '1') {
        part = strtoul(number, &end, 10);
        part = part < 10 ? 0 : part; /* the first part has no number */
    }
    return strcasecmp(end, SUFFIX) == 0 && part >= 1 && part <= SPLIT_PARTS ? (int)part - 1 : -1;
}

static const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");

    return folder != NULL && *folder != 0 ? folder : "/var/tmp";
}

int file_without_name(void)
{
    return open(temporary_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

enum status split_folder_open(const char *place, struct split_folder *folder)
{
    char *target = xformat("%s/aerow7-split", temporary_folder());

    stale_parts_remove(target);
    folder->path = xformat("%s" PART_SUFFIX, target);
    folder->lock = -1;
    free(target);
    if (mkdtemp(folder->path) == NULL) {
        diag_error(place, SPLIT_FIRST " cannot be unpacked for reading (TMPDIR): %s", strerror(errno));
        free(folder->path);
        folder->path = NULL;
        return STATUS_NOT_WRITTEN;
    }
    folder->lock = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->lock >= 0) {
        part_lock(folder->lock);
    }
    return STATUS_DONE;
}

void split_folder_close(struct split_folder *folder)
{
    if (folder->path != NULL) {
        folder_remove(folder->path);
        if (folder->lock >= 0) {
            close(folder->lock);
        }
        free(folder->path);
        folder->path = NULL;
    }
}

char *split_folder_part(const struct split_folder *folder, unsigned index)
{
    char *first = xformat("%s/install.swm", folder->path);
    char *part = wim_split_part(first, index + 1);

    free(first);
    return part;
}
