/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "diag.h"

#include <stdarg.h>
#include <stdio.h>

void diag_error(const char *place, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "aerow7: %s: ", place);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}
