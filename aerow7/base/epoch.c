/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/epoch.h"

#include <errno.h>
#include <stdlib.h>

/* 9999-12-31: what a manifest's date can express. */
#define LAST_EPOCH 253402300799LL

enum status epoch_parse(const char *text, bool *given, time_t *epoch)
{
    const char *said = text != NULL && *text != 0 ? text : getenv("SOURCE_DATE_EPOCH");
    bool there = said != NULL && *said != 0;
    char *end = NULL;
    long long value;

    *epoch = 0;
    if (given != NULL) {
        *given = there;
    }
    if (!there) {
        return STATUS_DONE;
    }
    errno = 0;
    value = strtoll(said, &end, 10);
    if (errno != 0 || *end != 0 || value < 0 || value > LAST_EPOCH) {
        diag_error(said, "is no epoch, a number of seconds since 1970");
        return STATUS_USAGE;
    }
    *epoch = (time_t)value;
    return STATUS_DONE;
}
