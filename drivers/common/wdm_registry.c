/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wdm_registry.h"

NTSTATUS WdmOpenKey(HANDLE root, PUNICODE_STRING path, HANDLE *key)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, NULL);
    return ZwOpenKey(key, KEY_READ, &attributes);
}

BOOLEAN WdmReadDword(HANDLE key, PCWSTR name, ULONG *result)
{
    struct {
        KEY_VALUE_PARTIAL_INFORMATION Information;
        UCHAR Data[sizeof(ULONG)];
    } value;
    UNICODE_STRING string;
    ULONG length;

    RtlInitUnicodeString(&string, name);
    if (!NT_SUCCESS(ZwQueryValueKey(key, &string, KeyValuePartialInformation, &value, sizeof(value), &length)) ||
        value.Information.Type != REG_DWORD || value.Information.DataLength != sizeof(ULONG)) {
        return FALSE;
    }
    *result = *(const ULONG *)(const VOID *)value.Information.Data;
    return TRUE;
}
