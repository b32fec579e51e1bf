/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Registry values, DWORDs all of them. PASSIVE_LEVEL. What is missing or of another type has its default.
 *
 * They are in `Parameters` below the device's hardware key (Device Parameters); what is not there is looked for in
 * Device Parameters itself and in `Parameters` below the driver's key, where older packages kept it.
 */
#include "device.h"

#include "drivers/common/wdm_registry.h"

static HANDLE OpenParameters(HANDLE root)
{
    UNICODE_STRING name;
    HANDLE key;

    RtlInitUnicodeString(&name, L"Parameters");
    return NT_SUCCESS(WdmOpenKey(root, &name, &key)) ? key : NULL;
}

#define PLACES 3

static ULONG ReadFrom(const HANDLE places[PLACES], PCWSTR name)
{
    ULONG value = 0;

    for (ULONG i = 0; i < PLACES; i++) {
        if (places[i] != NULL && WdmReadDword(places[i], name, &value)) {
            break;
        }
    }
    return value;
}

VOID SndReadParameters(SND_DEVICE *device)
{
    HANDLE places[PLACES] = {NULL, NULL, NULL};
    HANDLE driver;

    if (NT_SUCCESS(IoOpenDeviceRegistryKey(device->Pdo, PLUGPLAY_REGKEY_DEVICE, KEY_READ, &places[1]))) {
        places[0] = OpenParameters(places[1]);
    } else {
        places[1] = NULL;
    }
    if (NT_SUCCESS(IoOpenDeviceRegistryKey(device->Pdo, PLUGPLAY_REGKEY_DRIVER, KEY_READ, &driver))) {
        places[2] = OpenParameters(driver);
        (void)ZwClose(driver);
    }
    device->NullBackend = ReadFrom(places, L"ForceNullBackend") != 0;
    device->AllowPollingOnly = ReadFrom(places, L"AllowPollingOnly") != 0;
    device->StrictContract = ReadFrom(places, L"StrictContract") != 0;
    device->DialectChoice = ReadFrom(places, L"Dialect");
    for (ULONG i = 0; i < PLACES; i++) {
        if (places[i] != NULL) {
            (void)ZwClose(places[i]);
        }
    }
}
