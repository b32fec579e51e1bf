/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Debug output: formatted always, so that bad arguments are found, and printed when NTHOST_DEBUG is set.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cpu.h"
#include "nt_exports.h"

static void print(const char *text)
{
    if (getenv("NTHOST_DEBUG") != NULL)
        fputs(text, stderr);
}

static ULONG NTAPIV dbg_print(PCSTR format, ...)
{
    char text[512]; /* "at most 512 bytes" (DbgPrint) */
    nt_va_list list;
    api_enter("DbgPrint", PASSIVE_LEVEL, HIGH_LEVEL);
    nt_va_start(list, format);
    nt_format(text, sizeof(text), format, list);
    nt_va_end(list);
    print(text);
    return 0;
}

static ULONG NTAPIV dbg_print_ex(ULONG component, ULONG level, PCSTR format, ...)
{
    char text[512];
    nt_va_list list;
    (void)component;
    (void)level;
    api_enter("DbgPrintEx", PASSIVE_LEVEL, HIGH_LEVEL);
    nt_va_start(list, format);
    nt_format(text, sizeof(text), format, list);
    nt_va_end(list);
    print(text);
    return 0;
}

static ULONG NTAPI v_dbg_print_ex(ULONG component, ULONG level, PCSTR format, nt_va_list list)
{
    char text[512];
    (void)component;
    (void)level;
    api_enter("vDbgPrintEx", PASSIVE_LEVEL, HIGH_LEVEL);
    nt_format(text, sizeof(text), format, list);
    print(text);
    return 0;
}

static const struct export_entry entries[] = {
    EXPORT("DbgPrint", dbg_print),
    EXPORT("DbgPrintEx", dbg_print_ex),
    EXPORT("vDbgPrintEx", v_dbg_print_ex),
    EXPORT_END,
};
const struct export_table nt_dbg_exports = {"ntoskrnl.exe", entries};
