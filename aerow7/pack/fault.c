/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/fault.h"

#include "base/text.h"

#include <stdlib.h>

enum status fault(const char *root, const char *path, const char *format, ...)
{
    char *place = xformat("%s/%s", root, path);
    va_list arguments;
    char *reason;

    va_start(arguments, format);
    reason = xvformat(format, arguments);
    va_end(arguments);
    diag_error(place, "%s", reason);
    free(reason);
    free(place);
    return STATUS_CHECK_FAILED;
}
