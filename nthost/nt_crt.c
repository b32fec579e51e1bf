/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The C run-time functions that the kernel exports, and on x86 the compiler's routines for 64-bit arithmetic. No yield
 * point here: compilers put calls to them anywhere.
 */
#include <string.h>

#include "cpu_internal.h"
#include "nt_exports.h"
#include "verifier.h"

/* cdecl on x86. A fault in them is the driver's: thread->api names the function. */
#define CRT_ENTER(name) (thread_here()->api = (name))

static PVOID NTAPIV crt_memcpy(PVOID to, const VOID *from, SIZE_T bytes)
{
    CRT_ENTER("memcpy");
    return memmove(to, from, bytes);
}

static PVOID NTAPIV crt_memmove(PVOID to, const VOID *from, SIZE_T bytes)
{
    CRT_ENTER("memmove");
    return memmove(to, from, bytes);
}

static PVOID NTAPIV crt_memset(PVOID to, int value, SIZE_T bytes)
{
    CRT_ENTER("memset");
    return memset(to, value, bytes);
}

static int NTAPIV crt_memcmp(const VOID *a, const VOID *b, SIZE_T bytes)
{
    CRT_ENTER("memcmp");
    return memcmp(a, b, bytes);
}

static SIZE_T NTAPIV crt_strlen(PCSTR text)
{
    CRT_ENTER("strlen");
    return strlen(text);
}

static int NTAPIV crt_strcmp(PCSTR a, PCSTR b)
{
    CRT_ENTER("strcmp");
    return strcmp(a, b);
}

static int NTAPIV crt_strncmp(PCSTR a, PCSTR b, SIZE_T count)
{
    CRT_ENTER("strncmp");
    return strncmp(a, b, count);
}

static PSTR NTAPIV crt_strstr(PCSTR text, PCSTR part)
{
    CRT_ENTER("strstr");
    return strstr(text, part);
}

static SIZE_T NTAPIV crt_wcslen(PCWSTR text)
{
    SIZE_T length = 0;
    CRT_ENTER("wcslen");
    while (text[length] != 0)
        length++;
    return length;
}

/* Microsoft's older form: -1 when the text does not fit, and then no terminator. */
static int vsnprintf_old(PSTR out, SIZE_T size, PCSTR format, nt_va_list list)
{
    char text[4096];
    size_t length = nt_format(text, sizeof(text), format, list);
    size_t known = length < sizeof(text) ? length : sizeof(text) - 1;
    memcpy(out, text, known < size ? known : size);
    if (length < size)
        out[length < sizeof(text) ? length : sizeof(text) - 1] = '\0';
    return length <= size ? (int)length : -1;
}

static int NTAPIV crt_vsnprintf(PSTR out, SIZE_T size, PCSTR format, nt_va_list list)
{
    CRT_ENTER("_vsnprintf");
    return vsnprintf_old(out, size, format, list);
}

static int NTAPIV crt_snprintf(PSTR out, SIZE_T size, PCSTR format, ...)
{
    nt_va_list list;
    CRT_ENTER("_snprintf");
    nt_va_start(list, format);
    int length = vsnprintf_old(out, size, format, list);
    nt_va_end(list);
    return length;
}

static int NTAPIV crt_sprintf_s(PSTR out, SIZE_T size, PCSTR format, ...)
{
    nt_va_list list;
    CRT_ENTER("sprintf_s");
    nt_va_start(list, format);
    size_t length = nt_format(out, size, format, list);
    nt_va_end(list);
    if (length >= size)
        rule_broken("string-overflow", "sprintf_s into %zu bytes, but the text has %zu", (size_t)size, length);
    return (int)length;
}

#if defined(__i386__)

static int64_t NTAPI crt_allmul(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int64_t NTAPI crt_alldiv(int64_t a, int64_t b)
{
    return a / b;
}

static int64_t NTAPI crt_allrem(int64_t a, int64_t b)
{
    return a % b;
}

static uint64_t NTAPI crt_aulldiv(uint64_t a, uint64_t b)
{
    return a / b;
}

static uint64_t NTAPI crt_aullrem(uint64_t a, uint64_t b)
{
    return a % b;
}

/* Called by nt_crt.S: quotient and remainder, each low word first. */
void crt_division(int is_signed, uint32_t a_low, uint32_t a_high, uint32_t b_low, uint32_t b_high, uint32_t result[4]);
void crt_division(int is_signed, uint32_t a_low, uint32_t a_high, uint32_t b_low, uint32_t b_high, uint32_t result[4])
{
    uint64_t a = (uint64_t)a_high << 32 | a_low, b = (uint64_t)b_high << 32 | b_low;
    uint64_t quotient = is_signed ? (uint64_t)((int64_t)a / (int64_t)b) : a / b;
    uint64_t remainder = a - quotient * b;
    result[0] = (uint32_t)quotient;
    result[1] = (uint32_t)(quotient >> 32);
    result[2] = (uint32_t)remainder;
    result[3] = (uint32_t)(remainder >> 32);
}

void crt_allshl(void), crt_allshr(void), crt_aullshr(void), crt_aulldvrm(void), crt_alldvrm(void);

#endif
void crt_chkstk(void);

static const struct export_entry entries[] = {
    EXPORT("memcpy", crt_memcpy),
    EXPORT("memmove", crt_memmove),
    EXPORT("memset", crt_memset),
    EXPORT("memcmp", crt_memcmp),
    EXPORT("strlen", crt_strlen),
    EXPORT("strcmp", crt_strcmp),
    EXPORT("strncmp", crt_strncmp),
    EXPORT("strstr", crt_strstr),
    EXPORT("wcslen", crt_wcslen),
    EXPORT("_vsnprintf", crt_vsnprintf),
    EXPORT("_snprintf", crt_snprintf),
    EXPORT("sprintf_s", crt_sprintf_s),
#if defined(__i386__)
    EXPORT("_allmul", crt_allmul),
    EXPORT("_alldiv", crt_alldiv),
    EXPORT("_allrem", crt_allrem),
    EXPORT("_aulldiv", crt_aulldiv),
    EXPORT("_aullrem", crt_aullrem),
    EXPORT("_allshl", crt_allshl),
    EXPORT("_allshr", crt_allshr),
    EXPORT("_aullshr", crt_aullshr),
    EXPORT("_aulldvrm", crt_aulldvrm),
    EXPORT("_alldvrm", crt_alldvrm),
    EXPORT("_chkstk", crt_chkstk),
    EXPORT("_alloca_probe", crt_chkstk),
#else
    EXPORT("__chkstk", crt_chkstk),
#endif
    EXPORT_END,
};
const struct export_table nt_crt_exports = {"ntoskrnl.exe", entries};
