/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Registry values, DWORDs all of them. PASSIVE_LEVEL. What is missing or of another type has its default.
 */
#include "device.h"

/* Services\aero_virtio_input\Parameters, read once at DriverEntry. */
static BOOLEAN dropLedsOnFull;
static BOOLEAN moreKeys = TRUE;

static ULONG ReadDword(HANDLE key, PCWSTR name, ULONG fallback)
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
        return fallback;
    }
    return *(const ULONG *)(const VOID *)value.Information.Data;
}

static NTSTATUS OpenKey(HANDLE root, PUNICODE_STRING path, HANDLE *key)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, root, NULL);
    return ZwOpenKey(key, KEY_READ, &attributes);
}

VOID InputReadServiceParameters(PUNICODE_STRING registryPath)
{
    UNICODE_STRING name;
    HANDLE service;
    HANDLE parameters;

    if (!NT_SUCCESS(OpenKey(NULL, registryPath, &service))) {
        return;
    }
    RtlInitUnicodeString(&name, L"Parameters");
    if (NT_SUCCESS(OpenKey(service, &name, &parameters))) {
        dropLedsOnFull = ReadDword(parameters, L"StatusQDropOnFull", 0) != 0;
        moreKeys = ReadDword(parameters, L"NKeyRollover", 1) != 0;
        (void)ZwClose(parameters);
    }
    (void)ZwClose(service);
}

VOID InputReadDeviceParameters(INPUT_DEVICE *device)
{
    HANDLE key;

    device->DropLedsOnFull = dropLedsOnFull;
    device->MoreKeys = moreKeys;
    device->StrictContract = FALSE;
    if (NT_SUCCESS(IoOpenDeviceRegistryKey(device->Pdo, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &key))) {
        device->StrictContract = ReadDword(key, L"StrictContract", 0) != 0;
        (void)ZwClose(key);
    }
}
