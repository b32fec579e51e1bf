/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Registry values, DWORDs all of them. PASSIVE_LEVEL. What is missing or of another type has its default.
 */
#include "device.h"

#include "drivers/common/wdm_registry.h"

/* Services\aero_virtio_input\Parameters, read once at DriverEntry. */
static BOOLEAN dropLedsOnFull;
static BOOLEAN moreKeys = TRUE;

static BOOLEAN ReadFlag(HANDLE key, PCWSTR name, BOOLEAN fallback)
{
    ULONG value = fallback;

    (void)WdmReadDword(key, name, &value);
    return value != 0;
}

VOID InputReadServiceParameters(PUNICODE_STRING registryPath)
{
    UNICODE_STRING name;
    HANDLE service;
    HANDLE parameters;

    if (!NT_SUCCESS(WdmOpenKey(NULL, registryPath, &service))) {
        return;
    }
    RtlInitUnicodeString(&name, L"Parameters");
    if (NT_SUCCESS(WdmOpenKey(service, &name, &parameters))) {
        dropLedsOnFull = ReadFlag(parameters, L"StatusQDropOnFull", FALSE);
        moreKeys = ReadFlag(parameters, L"NKeyRollover", TRUE);
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
        device->StrictContract = ReadFlag(key, L"StrictContract", FALSE);
        (void)ZwClose(key);
    }
}
