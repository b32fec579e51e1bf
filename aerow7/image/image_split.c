/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "image/image_split.h"

#include "base/stale_part.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <wimlib.h>

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

char *split_part_path(unsigned index)
{
    return index == 0 ? xstrdup(SPLIT_FIRST) : xformat(STEM "%u" SUFFIX, index + 1);
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
        diag_error(place, SPLIT_FIRST " cannot be joined for reading (TMPDIR): %s", strerror(errno));
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

/* wimlib opens files by their real names only, so the joined one has one. */
enum status image_visit_split(const char *place, const struct split_folder *folder, const char *const *parts,
                              unsigned count, const struct image_visitor *visitor)
{
    char *joined = xformat("%s/joined.wim", folder->path);
    enum status status;
    int fault = wimlib_join(parts, count, joined, WIMLIB_OPEN_FLAG_CHECK_INTEGRITY, 0);

    if (fault != 0) {
        diag_error(place, SPLIT_FIRST " and the %u parts after it cannot be joined: %s", count - 1,
                   wimlib_get_error_string((enum wimlib_error_code)fault));
        status = fault == WIMLIB_ERR_WRITE ? STATUS_NOT_WRITTEN : STATUS_BAD_INPUT;
    } else {
        status = image_visit_wim(joined, SPLIT_FIRST, NULL, visitor);
    }
    free(joined);
    return status;
}
