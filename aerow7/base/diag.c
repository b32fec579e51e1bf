/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/diag.h"

#include "base/progress.h"

#include <stdarg.h>
#include <stdio.h>

void diag_error(const char *place, const char *format, ...)
{
    va_list arguments;

    progress_clear();
    fprintf(stderr, "aerow7: %s: ", place);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}
