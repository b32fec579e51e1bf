/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The date of everything that is written, by the convention of reproducible-builds.org: an option, else the
 * environment's SOURCE_DATE_EPOCH, else 1970 (which a ZIP shows as 1980).
 */
#ifndef AEROW7_EPOCH_H
#define AEROW7_EPOCH_H

#include "base/diag.h"

#include <stdbool.h>
#include <time.h>

/*
 * `text` is the option's value or NULL; *given (NULL: nobody asks) says whether there was one. STATUS_USAGE, reported,
 * when it is no number of seconds.
 */
enum status epoch_parse(const char *text, bool *given, time_t *epoch);

#endif
