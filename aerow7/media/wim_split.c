/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/wim_split.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wimlib.h>

/* The largest part may be a little larger than asked for: the table and the XML come on top. */
#define MARGIN_PERCENT 97

char *wim_split_name(const char *folder, size_t part)
{
    return part == 1 ? xformat("%s/install.swm", folder) : xformat("%s/install%zu.swm", folder, part);
}

static enum status check_parts(const char *wim, uint64_t limit, const char *folder, size_t *parts)
{
    struct stat info;

    for (;;) {
        char *name = wim_split_name(folder, *parts + 1);
        int missing = stat(name, &info);

        free(name);
        if (missing != 0) {
            return STATUS_DONE;
        }
        ++*parts;
        if ((uint64_t)info.st_size > limit) {
            diag_error(wim, "cannot be split: one file in it is larger than %llu bytes, packed",
                       (unsigned long long)limit);
            return STATUS_CHECK_FAILED;
        }
    }
}

enum status wim_split_if_larger(const char *wim, uint64_t limit, const char *folder, size_t *parts)
{
    char *first = wim_split_name(folder, 1);
    WIMStruct *opened = NULL;
    struct stat info;
    enum status status = STATUS_DONE;
    int fault = 0;

    *parts = 0;
    if (stat(wim, &info) != 0) {
        diag_error(wim, "cannot be opened: %s", strerror(errno));
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE && (uint64_t)info.st_size > limit) {
        fault = wimlib_open_wim(wim, 0, &opened);
        if (fault == 0) {
            fault = wimlib_split(opened, first, limit / 100 * MARGIN_PERCENT, 0);
        }
        wimlib_free(opened);
        if (fault != 0) {
            diag_error(wim, "cannot be split: %s", wimlib_get_error_string((enum wimlib_error_code)fault));
            status = STATUS_NOT_WRITTEN;
        } else {
            status = check_parts(wim, limit, folder, parts);
        }
    }
    free(first);
    return status;
}
