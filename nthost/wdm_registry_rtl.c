/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Page RtlQueryRegistryValues, RTL_QUERY_REGISTRY_TABLE: tables of values, direct or by a routine, with defaults.
 */
#include <stdio.h>
#include <string.h>

#include "wdm_internal.h"
#include "wdm_registry.h"

enum {
    QUERY_SUBKEY = 1,
    QUERY_TOPKEY = 2,
    QUERY_REQUIRED = 4,
    QUERY_NOVALUE = 8,
    QUERY_NOEXPAND = 16,
    QUERY_DIRECT = 32,
    QUERY_DELETE = 64
};
enum {
    RELATIVE_ABSOLUTE,
    RELATIVE_SERVICES,
    RELATIVE_CONTROL,
    RELATIVE_HANDLE = 0x40000000,
    RELATIVE_OPTIONAL = (int)0x80000000
};

typedef struct _RTL_QUERY_REGISTRY_TABLE {
    PVOID QueryRoutine;
    ULONG Flags;
    PCWSTR Name;
    PVOID EntryContext;
    ULONG DefaultType;
    PVOID DefaultData;
    ULONG DefaultLength;
} RTL_QUERY_REGISTRY_TABLE;

static bool base_path(char *path, size_t size, ULONG relative, PCWSTR name)
{
    char text[REGISTRY_PATH] = "";
    if (relative & RELATIVE_HANDLE) {
        snprintf(path, size, "%s", registry_handle_path((HANDLE)(uintptr_t)name, "RtlQueryRegistryValues"));
        return true;
    }
    registry_wide_text(text, sizeof(text), name);
    switch (relative & ~(ULONG)RELATIVE_OPTIONAL) {
    case RELATIVE_ABSOLUTE:
        snprintf(path, size, "%s", text);
        return true;
    case RELATIVE_SERVICES:
        snprintf(path, size, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s", text);
        return true;
    case RELATIVE_CONTROL:
        snprintf(path, size, "\\Registry\\Machine\\System\\CurrentControlSet\\Control\\%s", text);
        return true;
    default:
        return false;
    }
}

/* Direct: strings into a UNICODE_STRING, up to 4 bytes as they are; anything else after a negative size in the
 * buffer's first word. */
static NTSTATUS store_direct(const RTL_QUERY_REGISTRY_TABLE *entry, ULONG type, const void *data, ULONG bytes)
{
    if (type == REG_SZ || type == REG_EXPAND_SZ) {
        UNICODE_STRING *string = entry->EntryContext;
        ULONG length = bytes >= 2 ? bytes - 2 : 0;
        if (string->Buffer == NULL) {
            string->Buffer = ram_alloc(bytes != 0 ? bytes : 2, RAM_DRIVER, "a string of RtlQueryRegistryValues");
            string->MaximumLength = (USHORT)bytes;
        } else if (string->MaximumLength < bytes) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        memcpy(string->Buffer, data, bytes);
        string->Length = (USHORT)length;
        return STATUS_SUCCESS;
    }
    if (bytes <= sizeof(ULONG)) {
        memcpy(entry->EntryContext, data, bytes);
        return STATUS_SUCCESS;
    }
    LONG size;
    memcpy(&size, entry->EntryContext, sizeof(size));
    if (size >= 0 || bytes > (ULONG)-size)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(entry->EntryContext, data, bytes);
    return STATUS_SUCCESS;
}

static NTSTATUS deliver(const RTL_QUERY_REGISTRY_TABLE *entry, ULONG type, void *data, ULONG bytes, PVOID context)
{
    if (entry->Flags & QUERY_DIRECT)
        return store_direct(entry, type, data, bytes);
    /* The routine may only read the data while it runs. */
    void *copy = bytes != 0 ? ram_alloc(bytes, 0, "the data of a registry value") : NULL;
    if (bytes != 0)
        memcpy(copy, data, bytes);
    NTSTATUS status =
        (NTSTATUS)driver_call("a QueryRoutine", entry->QueryRoutine, 6, (uintptr_t)entry->Name, (uintptr_t)type,
                              (uintptr_t)copy, (uintptr_t)bytes, (uintptr_t)context, (uintptr_t)entry->EntryContext);
    if (copy != NULL)
        ram_free(copy);
    return status;
}

static NTSTATUS query_one(const char *path, const RTL_QUERY_REGISTRY_TABLE *entry, PVOID context)
{
    char name[REGISTRY_PATH];
    registry_wide_text(name, sizeof(name), entry->Name);
    const struct registry_value *v = registry_find(path, name);
    if (v != NULL) {
        /* DefaultType's top byte names the type that a direct query expects ("RTL_QUERY_REGISTRY_TYPECHECK"). */
        return deliver(entry, v->type, v->data, v->bytes, context);
    }
    if (entry->Flags & QUERY_REQUIRED)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    if (entry->DefaultType == REG_NONE || entry->DefaultData == NULL)
        return STATUS_SUCCESS;
    return deliver(entry, entry->DefaultType & 0xffffff, entry->DefaultData,
                   entry->DefaultLength != 0 ? entry->DefaultLength : (ULONG)sizeof(ULONG), context);
}

static NTSTATUS NTAPI rtl_query_registry_values(ULONG relative, PCWSTR name, const RTL_QUERY_REGISTRY_TABLE *table,
                                                PVOID context, PVOID environment)
{
    char top[2 * REGISTRY_PATH], path[4 * REGISTRY_PATH];
    (void)environment;
    api_enter("RtlQueryRegistryValues", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (!base_path(top, sizeof(top), relative, name))
        return STATUS_INVALID_PARAMETER;
    if (!(relative & ((ULONG)RELATIVE_OPTIONAL | RELATIVE_HANDLE)) && !registry_key_exists(top))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    snprintf(path, sizeof(path), "%s", top);
    for (; table->QueryRoutine != NULL || table->Name != NULL; table++) {
        NTSTATUS status = STATUS_SUCCESS;
        if (table->Flags & (QUERY_TOPKEY | QUERY_SUBKEY))
            snprintf(path, sizeof(path), "%s", top);
        if (table->Flags & QUERY_SUBKEY) {
            char sub[REGISTRY_PATH];
            registry_wide_text(sub, sizeof(sub), table->Name);
            snprintf(path, sizeof(path), "%s\\%s", top, sub);
            if (!registry_key_exists(path) && (table->Flags & QUERY_REQUIRED))
                status = STATUS_OBJECT_NAME_NOT_FOUND;
        } else if (table->Name != NULL) {
            status = query_one(path, table, context);
        }
        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

static const struct export_entry entries[] = {
    EXPORT("RtlQueryRegistryValues", rtl_query_registry_values),
    EXPORT_END,
};
const struct export_table wdm_registry_rtl_exports = {"ntoskrnl.exe", entries};
