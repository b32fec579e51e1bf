/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/epoch.h"

#include <errno.h>
#include <stdlib.h>

/* 9999-12-31: what a manifest's date can express. */
#define LAST_EPOCH 253402300799LL

enum status epoch_parse(const char *text, time_t *epoch)
{
    char *end = NULL;
    long long value;

    *epoch = 0;
    if (text == NULL || *text == 0) {
        text = getenv("SOURCE_DATE_EPOCH");
    }
    if (text == NULL || *text == 0) {
        return STATUS_DONE;
    }
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || *end != 0 || value < 0 || value > LAST_EPOCH) {
        diag_error(text, "is not a number of seconds since 1970");
        return STATUS_USAGE;
    }
    *epoch = (time_t)value;
    return STATUS_DONE;
}
