/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The kernel's exports for wide strings, and more of the C run-time's string functions (nt_crt.c has the first ones).
 * Cases beyond ASCII need Windows' tables; names in drivers are ASCII.
 */
#include <string.h>

#include "cpu_internal.h"
#include "nt_exports.h"

#define CRT_ENTER(name) (thread_here()->api = (name))

static WCHAR lower(WCHAR c)
{
    return c >= 'A' && c <= 'Z' ? (WCHAR)(c + 0x20) : c;
}

static SIZE_T length(PCWSTR text)
{
    SIZE_T count = 0;
    while (text[count] != 0)
        count++;
    return count;
}

static int compare(PCWSTR a, PCWSTR b, SIZE_T count, bool ignore_case)
{
    for (SIZE_T i = 0; i < count; i++) {
        WCHAR x = ignore_case ? lower(a[i]) : a[i], y = ignore_case ? lower(b[i]) : b[i];
        if (x != y || x == 0)
            return x - y;
    }
    return 0;
}

static int NTAPIV crt_wcsncmp(PCWSTR a, PCWSTR b, SIZE_T count)
{
    CRT_ENTER("wcsncmp");
    return compare(a, b, count, false);
}

static int NTAPIV crt_wcscmp(PCWSTR a, PCWSTR b)
{
    CRT_ENTER("wcscmp");
    return compare(a, b, (SIZE_T)-1, false);
}

static int NTAPIV crt_wcsnicmp(PCWSTR a, PCWSTR b, SIZE_T count)
{
    CRT_ENTER("_wcsnicmp");
    return compare(a, b, count, true);
}

static int NTAPIV crt_wcsicmp(PCWSTR a, PCWSTR b)
{
    CRT_ENTER("_wcsicmp");
    return compare(a, b, (SIZE_T)-1, true);
}

static PWSTR NTAPIV crt_wcscpy(PWSTR to, PCWSTR from)
{
    CRT_ENTER("wcscpy");
    memcpy(to, from, (length(from) + 1) * sizeof(WCHAR));
    return to;
}

static PWSTR NTAPIV crt_wcschr(PCWSTR text, WCHAR c)
{
    CRT_ENTER("wcschr");
    for (;; text++) {
        if (*text == c)
            return (PWSTR)(uintptr_t)text;
        if (*text == 0)
            return NULL;
    }
}

static PWSTR NTAPIV crt_wcsrchr(PCWSTR text, WCHAR c)
{
    PCWSTR found = NULL;
    CRT_ENTER("wcsrchr");
    for (;; text++) {
        if (*text == c)
            found = text;
        if (*text == 0)
            return (PWSTR)(uintptr_t)found;
    }
}

static PWSTR NTAPIV crt_wcsstr(PCWSTR text, PCWSTR part)
{
    SIZE_T part_length = length(part);
    CRT_ENTER("wcsstr");
    for (; compare(text, part, part_length, false) != 0; text++) {
        if (*text == 0)
            return NULL;
    }
    return (PWSTR)(uintptr_t)text;
}

static const struct export_entry entries[] = {
    EXPORT("wcsncmp", crt_wcsncmp),  EXPORT("wcscmp", crt_wcscmp), EXPORT("_wcsnicmp", crt_wcsnicmp),
    EXPORT("_wcsicmp", crt_wcsicmp), EXPORT("wcscpy", crt_wcscpy), EXPORT("wcschr", crt_wcschr),
    EXPORT("wcsrchr", crt_wcsrchr),  EXPORT("wcsstr", crt_wcsstr), EXPORT_END,
};
const struct export_table nt_crt_wide_exports = {"ntoskrnl.exe", entries};
