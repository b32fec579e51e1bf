/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/diag.h"

#include "base/progress.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

/* Names of files and texts in them may be anybody's: a control character would do to the terminal what its author likes. */
static void print_safely(const char *text)
{
    for (const char *at = text; *at != 0; ++at) {
        unsigned char byte = (unsigned char)*at;

        if (byte < 0x20 || byte == 0x7F) {
            fprintf(stderr, "\\x%02X", byte);
        } else {
            fputc(byte, stderr);
        }
    }
}

void diag_error(const char *place, const char *format, ...)
{
    va_list arguments;
    char *reason;

    va_start(arguments, format);
    reason = xvformat(format, arguments);
    va_end(arguments);
    progress_clear();
    fputs("aerow7: ", stderr);
    print_safely(place);
    fputs(": ", stderr);
    print_safely(reason);
    fputc('\n', stderr);
    free(reason);
}
