/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The basic Windows types, for nthost, which is compiled for Linux: there `long` may have 64 bits and the default
 * calling convention is another. Drivers take the header of the same name from mingw-w64. Widths follow the
 * Windows data types documentation; everything that crosses into a driver uses these types and NTAPI.
 */
#ifndef NTHOST_NTDEF_H
#define NTHOST_NTDEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's calling convention: Microsoft x64, or stdcall on x86. NTAPIV is for variadic functions (cdecl on x86),
 * NTFASTCALL for the few fastcall exports of x86. */
#if defined(__x86_64__)
#define NTAPI __attribute__((ms_abi))
#define NTAPIV __attribute__((ms_abi))
#define NTFASTCALL __attribute__((ms_abi))
typedef __builtin_ms_va_list nt_va_list;
#define nt_va_start(list, last) __builtin_ms_va_start(list, last)
#define nt_va_end(list) __builtin_ms_va_end(list)
#elif defined(__i386__)
#define NTAPI __attribute__((stdcall))
#define NTAPIV __attribute__((cdecl))
#define NTFASTCALL __attribute__((fastcall))
typedef __builtin_va_list nt_va_list;
#define nt_va_start(list, last) __builtin_va_start(list, last)
#define nt_va_end(list) __builtin_va_end(list)
#else
#error "nthost runs on x86 and amd64"
#endif

#define VOID void
typedef void *PVOID;
typedef char CHAR, *PCHAR, *PSTR;
typedef const char *PCSTR, *PCSZ;
typedef unsigned char UCHAR, *PUCHAR;
typedef uint16_t WCHAR, *PWCHAR, *PWSTR;
typedef const uint16_t *PCWSTR;
typedef int16_t SHORT, *PSHORT, CSHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef int32_t LONG, *PLONG;
typedef uint32_t ULONG, *PULONG;
/* Windows aligns 64-bit integers to 8 bytes on x86 too; the i386 System V ABI does not. */
typedef int64_t LONGLONG __attribute__((aligned(8))), LONG64 __attribute__((aligned(8)));
typedef uint64_t ULONGLONG __attribute__((aligned(8))), ULONG64 __attribute__((aligned(8)));
typedef LONGLONG *PLONGLONG;
typedef ULONGLONG *PULONGLONG;
typedef intptr_t LONG_PTR, *PLONG_PTR;
typedef uintptr_t ULONG_PTR, *PULONG_PTR, SIZE_T, *PSIZE_T, KAFFINITY;
typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef UCHAR KIRQL, *PKIRQL;
typedef LONG NTSTATUS;
typedef PVOID HANDLE;

#define FALSE 0
#define TRUE 1

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER, PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink, *Blink;
} LIST_ENTRY, *PLIST_ENTRY;

typedef struct _UNICODE_STRING {
    USHORT Length, MaximumLength; /* bytes */
    PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

#endif
