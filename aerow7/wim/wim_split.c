/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_split.h"

#include "base/progress.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wimlib.h>

char *wim_split_part(const char *swm, unsigned number)
{
    size_t stem = strlen(swm) - strlen(".swm");

    return number == 1 ? xstrdup(swm) : xformat("%.*s%u.swm", (int)stem, swm, number);
}

static unsigned count_parts(const char *swm)
{
    for (unsigned number = 1;; ++number) {
        char *path = wim_split_part(swm, number);
        int there = access(path, F_OK);

        free(path);
        if (there != 0) {
            return number - 1;
        }
    }
}

static void remove_parts(const char *swm)
{
    for (unsigned number = count_parts(swm); number > 0; --number) {
        char *path = wim_split_part(swm, number);

        (void)unlink(path);
        free(path);
    }
}

struct split_progress {
    uint64_t done;
    bool shown;
};

static enum wimlib_progress_status show(enum wimlib_progress_msg message, union wimlib_progress_info *info,
                                        void *context)
{
    struct split_progress *progress = context;

    if (message == WIMLIB_PROGRESS_MSG_SPLIT_BEGIN_PART && !progress->shown) {
        progress_begin("splitting", info->split.total_bytes);
        progress->shown = true;
    }
    if ((message == WIMLIB_PROGRESS_MSG_SPLIT_BEGIN_PART || message == WIMLIB_PROGRESS_MSG_SPLIT_END_PART) &&
        info->split.completed_bytes > progress->done) {
        progress_add(info->split.completed_bytes - progress->done);
        progress->done = info->split.completed_bytes;
    }
    return WIMLIB_PROGRESS_STATUS_CONTINUE;
}

enum status wim_split(const char *wim, const char *swm, uint64_t part_size, unsigned *parts)
{
    struct split_progress progress = {0};
    WIMStruct *opened = NULL;
    int fault = wimlib_open_wim(wim, 0, &opened);

    *parts = 0;
    if (!ends_with(swm, ".swm")) {
        diag_error(swm, "the first part of a split WIM has to be called .swm");
        wimlib_free(opened);
        return STATUS_USAGE;
    }
    if (fault != 0) {
        diag_error(wim, "wimlib cannot open it: %s", wimlib_get_error_string((enum wimlib_error_code)fault));
        return STATUS_BAD_INPUT;
    }
    remove_parts(swm);
    wimlib_register_progress_function(opened, show, &progress);
    fault = wimlib_split(opened, swm, part_size, 0);
    if (progress.shown) {
        progress_end();
    }
    wimlib_free(opened);
    if (fault != 0) {
        diag_error(swm, "wimlib cannot split %s: %s", wim, wimlib_get_error_string((enum wimlib_error_code)fault));
        remove_parts(swm);
        return STATUS_NOT_WRITTEN;
    }
    *parts = count_parts(swm);
    return STATUS_DONE;
}
