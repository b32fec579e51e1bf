/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Strings and memory. Windows copies device memory with these at its own risk; here that is rule mmio-access.
 */
#include <string.h>

#include "cpu.h"
#include "guest_ram.h"
#include "nt_exports.h"
#include "verifier.h"

typedef struct _ANSI_STRING {
    USHORT Length, MaximumLength;
    PCHAR Buffer;
} ANSI_STRING, *PANSI_STRING;

static SIZE_T NTAPI rtl_compare_memory(const VOID *first, const VOID *second, SIZE_T bytes)
{
    const UCHAR *a = first, *b = second;
    SIZE_T equal = 0;
    api_enter("RtlCompareMemory", PASSIVE_LEVEL, HIGH_LEVEL);
    while (equal < bytes && a[equal] == b[equal])
        equal++;
    return equal;
}

static void NTAPI rtl_zero_memory(PVOID to, SIZE_T bytes)
{
    api_enter("RtlZeroMemory", PASSIVE_LEVEL, HIGH_LEVEL);
    memset(to, 0, bytes);
}

static void NTAPI rtl_fill_memory(PVOID to, SIZE_T bytes, UCHAR value)
{
    api_enter("RtlFillMemory", PASSIVE_LEVEL, HIGH_LEVEL);
    memset(to, value, bytes);
}

static void NTAPI rtl_move_memory(PVOID to, const VOID *from, SIZE_T bytes)
{
    api_enter("RtlMoveMemory", PASSIVE_LEVEL, HIGH_LEVEL);
    memmove(to, from, bytes);
}

static void NTAPI rtl_copy_memory(PVOID to, const VOID *from, SIZE_T bytes)
{
    api_enter("RtlCopyMemory", PASSIVE_LEVEL, HIGH_LEVEL);
    if ((uintptr_t)to - (uintptr_t)from < bytes || (uintptr_t)from - (uintptr_t)to < bytes)
        rule_broken("memory-overlap", "RtlCopyMemory of %zu bytes from %p to %p, which overlap", (size_t)bytes, from,
                    to);
    memcpy(to, from, bytes);
}

static void NTAPI rtl_init_unicode_string(PUNICODE_STRING string, PCWSTR text)
{
    USHORT length = 0;
    api_enter("RtlInitUnicodeString", PASSIVE_LEVEL, DISPATCH_LEVEL);
    while (text != NULL && length < 0xfffc / 2 && text[length] != 0)
        length++;
    string->Length = (USHORT)(length * 2);
    string->MaximumLength = text != NULL ? (USHORT)(length * 2 + 2) : 0;
    string->Buffer = (PWSTR)(uintptr_t)text;
}

static void NTAPI rtl_init_ansi_string(PANSI_STRING string, PCSTR text)
{
    USHORT length = 0;
    api_enter("RtlInitAnsiString", PASSIVE_LEVEL, DISPATCH_LEVEL);
    while (text != NULL && length < 0xfffe && text[length] != 0)
        length++;
    string->Length = length;
    string->MaximumLength = text != NULL ? (USHORT)(length + 1) : 0;
    string->Buffer = (PCHAR)(uintptr_t)text;
}

static void NTAPI rtl_copy_unicode_string(PUNICODE_STRING to, const UNICODE_STRING *from)
{
    api_enter("RtlCopyUnicodeString", PASSIVE_LEVEL, DISPATCH_LEVEL);
    to->Length = 0;
    if (from == NULL)
        return;
    to->Length = from->Length < to->MaximumLength ? from->Length : to->MaximumLength;
    memcpy(to->Buffer, from->Buffer, to->Length);
    if (to->Length + 2 <= to->MaximumLength)
        to->Buffer[to->Length / 2] = 0;
}

/* Upper-casing beyond ASCII needs Windows' tables; names in drivers are ASCII. */
static WCHAR upper(WCHAR c)
{
    return c >= 'a' && c <= 'z' ? (WCHAR)(c - 0x20) : c;
}

static LONG NTAPI rtl_compare_unicode_string(const UNICODE_STRING *a, const UNICODE_STRING *b, BOOLEAN ignore_case)
{
    api_enter("RtlCompareUnicodeString", PASSIVE_LEVEL, PASSIVE_LEVEL);
    for (unsigned i = 0; i < a->Length / 2u && i < b->Length / 2u; i++) {
        WCHAR x = ignore_case ? upper(a->Buffer[i]) : a->Buffer[i],
              y = ignore_case ? upper(b->Buffer[i]) : b->Buffer[i];
        if (x != y)
            return x - y;
    }
    return a->Length - b->Length;
}

static BOOLEAN NTAPI rtl_equal_unicode_string(const UNICODE_STRING *a, const UNICODE_STRING *b, BOOLEAN ignore_case)
{
    return rtl_compare_unicode_string(a, b, ignore_case) == 0;
}

static NTSTATUS append(PUNICODE_STRING to, const WCHAR *text, unsigned length)
{
    if (to->Length + length * 2 > to->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    memmove(to->Buffer + to->Length / 2, text, length * 2);
    to->Length = (USHORT)(to->Length + length * 2);
    if (to->Length + 2 <= to->MaximumLength)
        to->Buffer[to->Length / 2] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI rtl_append_unicode_to_string(PUNICODE_STRING to, PCWSTR text)
{
    unsigned length = 0;
    api_enter("RtlAppendUnicodeToString", PASSIVE_LEVEL, DISPATCH_LEVEL);
    while (text != NULL && text[length] != 0)
        length++;
    return append(to, text, length);
}

static NTSTATUS NTAPI rtl_append_unicode_string_to_string(PUNICODE_STRING to, const UNICODE_STRING *from)
{
    api_enter("RtlAppendUnicodeStringToString", PASSIVE_LEVEL, DISPATCH_LEVEL);
    return append(to, from->Buffer, from->Length / 2u);
}

static NTSTATUS NTAPI rtl_ansi_string_to_unicode_string(PUNICODE_STRING to, const ANSI_STRING *from, BOOLEAN allocate)
{
    api_enter("RtlAnsiStringToUnicodeString", PASSIVE_LEVEL, PASSIVE_LEVEL);
    size_t bytes = (size_t)from->Length * 2 + 2;
    if (bytes > 0xffff)
        return STATUS_INVALID_PARAMETER;
    if (allocate) {
        if (fail_point("pool"))
            return STATUS_NO_MEMORY;
        to->Buffer = ram_alloc(bytes, RAM_DRIVER, "a string of RtlAnsiStringToUnicodeString");
        to->MaximumLength = (USHORT)bytes;
    } else if (to->MaximumLength < bytes) {
        return STATUS_BUFFER_OVERFLOW;
    }
    to->Length = (USHORT)(bytes - 2);
    for (unsigned i = 0; i < from->Length; i++)
        to->Buffer[i] = (UCHAR)from->Buffer[i];
    to->Buffer[from->Length] = 0;
    return STATUS_SUCCESS;
}

static void NTAPI rtl_free_unicode_string(PUNICODE_STRING string)
{
    api_enter("RtlFreeUnicodeString", PASSIVE_LEVEL, APC_LEVEL);
    if (string->Buffer != NULL)
        ram_free(string->Buffer);
    *string = (UNICODE_STRING){0};
}

static void NTAPI rtl_assert(PCSTR expression, PCSTR file, ULONG line, PCSTR message)
{
    api_enter("RtlAssert", PASSIVE_LEVEL, HIGH_LEVEL);
    rule_broken("driver-assertion", "%s%s%s, at %s:%u", message != NULL ? message : "", message != NULL ? ": " : "",
                expression, file, line);
}

static const struct export_entry entries[] = {
    EXPORT("RtlCompareMemory", rtl_compare_memory),
    EXPORT("RtlZeroMemory", rtl_zero_memory),
    EXPORT("RtlFillMemory", rtl_fill_memory),
    EXPORT("RtlMoveMemory", rtl_move_memory),
    EXPORT("RtlCopyMemory", rtl_copy_memory),
    EXPORT("RtlInitUnicodeString", rtl_init_unicode_string),
    EXPORT("RtlInitAnsiString", rtl_init_ansi_string),
    EXPORT("RtlCopyUnicodeString", rtl_copy_unicode_string),
    EXPORT("RtlCompareUnicodeString", rtl_compare_unicode_string),
    EXPORT("RtlEqualUnicodeString", rtl_equal_unicode_string),
    EXPORT("RtlAppendUnicodeToString", rtl_append_unicode_to_string),
    EXPORT("RtlAppendUnicodeStringToString", rtl_append_unicode_string_to_string),
    EXPORT("RtlAnsiStringToUnicodeString", rtl_ansi_string_to_unicode_string),
    EXPORT("RtlFreeUnicodeString", rtl_free_unicode_string),
    EXPORT("RtlAssert", rtl_assert),
    EXPORT_END,
};
const struct export_table nt_rtl_exports = {"ntoskrnl.exe", entries};
