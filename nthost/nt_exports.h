/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The kernel's exports, one file per name prefix; each registers the tables of what it implements. Functions that a
 * driver calls are NTAPI, begin with api_enter() and the IRQL limits of their documentation page, and take the
 * driver's pointers as they are: a bad one faults and is reported as the driver's.
 */
#ifndef NTHOST_NT_EXPORTS_H
#define NTHOST_NT_EXPORTS_H

#include <ntdef.h>

#include "module.h"

#define STATUS_SUCCESS ((NTSTATUS)0)
#define STATUS_TIMEOUT ((NTSTATUS)0x102)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000D)
#define STATUS_NO_MEMORY ((NTSTATUS)0xC0000017)
#define STATUS_BUFFER_TOO_SMALL ((NTSTATUS)0xC0000023)
#define STATUS_BUFFER_OVERFLOW ((NTSTATUS)0x80000005)

/* An entry of an export table; the cast says that a function is stored as an address, which POSIX allows. */
#define EXPORT(name, function) {name, (void *)(uintptr_t)(function)}
#define EXPORT_END {NULL, NULL}

extern const struct export_table nt_ke_exports, nt_ke_lock_exports, nt_ke_lock_hal_exports, nt_ke_object_exports,
    nt_ke_time_exports, nt_ke_time_hal_exports, nt_ex_exports, nt_ex_list_exports, nt_mm_exports, nt_rtl_exports,
    nt_dbg_exports, nt_register_exports, nt_port_hal_exports, nt_crt_exports, nt_crt_wide_exports;

/* All of them; module_load() does it. */
void kernel_exports_register(void);

/* Which device memory may be mapped, when not NULL: set by whoever hands out resources. */
extern bool (*mm_map_allowed)(uint64_t physical, size_t bytes);

/* Told of each KeSetEvent, when not NULL. */
extern void (*ke_event_set)(void *event);

/* Windows' printf formats (%S, %ws, %wZ, %I64x ...). Returns the length that the whole text has; `out` is terminated
 * when size > 0. */
size_t nt_format(char *out, size_t size, const char *format, nt_va_list list);

#endif
