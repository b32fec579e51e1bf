/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "win32.h"

#include <cfgmgr32.h>
#include <setupapi.h>
#include <string.h>

/* SetupAPI checks cbSize; on x86 its structures are packed to bytes. */
_Static_assert(sizeof(SP_DEVICE_INTERFACE_DETAIL_DATA_W) == (sizeof(void *) == 8 ? 8 : 6), "setupapi.h");
_Static_assert(sizeof(SP_DEVINFO_DATA) == (sizeof(void *) == 8 ? 32 : 28), "setupapi.h");
_Static_assert(sizeof(SP_DEVICE_INTERFACE_DATA) == (sizeof(void *) == 8 ? 32 : 28), "setupapi.h");

static void device_text(HDEVINFO set, SP_DEVINFO_DATA *device, DWORD property, char *text, size_t size)
{
    wchar_t wide[512] = L"";

    if (SetupDiGetDeviceRegistryPropertyW(set, device, property, NULL, (BYTE *)wide, sizeof(wide) - sizeof(wchar_t),
                                          NULL)) {
        from_wide(wide, text, size);
    }
}

static void hardware_ids(HDEVINFO set, SP_DEVINFO_DATA *device, struct pci_device *found)
{
    wchar_t ids[2048] = L"";
    const wchar_t *at = ids;

    /* Two zeros more than can be filled: a list that was not ended ends there. */
    if (!SetupDiGetDeviceRegistryPropertyW(set, device, SPDRP_HARDWAREID, NULL, (BYTE *)ids,
                                           sizeof(ids) - 2 * sizeof(wchar_t), NULL)) {
        return;
    }
    while (*at != 0 && found->hardware_id_count < MOST_HARDWARE_IDS) {
        from_wide(at, found->hardware_ids[found->hardware_id_count++], sizeof(found->hardware_ids[0]));
        at += wcslen(at) + 1;
    }
}

static void key_text(HKEY key, const wchar_t *name, char *text, size_t size)
{
    wchar_t wide[256] = L"";
    DWORD bytes = sizeof(wide) - sizeof(wchar_t);
    DWORD type = REG_NONE;

    if (RegQueryValueExW(key, name, NULL, &type, (BYTE *)wide, &bytes) == ERROR_SUCCESS && type == REG_SZ) {
        from_wide(wide, text, size);
    }
}

static void describe(HDEVINFO set, SP_DEVINFO_DATA *device, struct pci_device *found)
{
    wchar_t instance[256] = L"";
    ULONG status = 0;
    ULONG problem = 0;
    HKEY key;

    memset(found, 0, sizeof(*found));
    if (SetupDiGetDeviceInstanceIdW(set, device, instance, ARRAYSIZE(instance), NULL)) {
        from_wide(instance, found->instance, sizeof(found->instance));
    }
    hardware_ids(set, device, found);
    device_text(set, device, SPDRP_SERVICE, found->service, sizeof(found->service));
    if (CM_Get_DevNode_Status(&status, &problem, device->DevInst, 0) == CR_SUCCESS && (status & DN_HAS_PROBLEM) != 0) {
        found->problem = problem;
    }
    key = SetupDiOpenDevRegKey(set, device, DICS_FLAG_GLOBAL, 0, DIREG_DRV, KEY_READ);
    if (key != INVALID_HANDLE_VALUE) {
        key_text(key, L"DriverVersion", found->driver_version, sizeof(found->driver_version));
        key_text(key, L"ProviderName", found->driver_provider, sizeof(found->driver_provider));
        RegCloseKey(key);
    }
}

uint32_t setup_pci_devices(void *context, struct pci_device *devices, size_t capacity, size_t *count)
{
    SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
    HDEVINFO set = SetupDiGetClassDevsW(NULL, L"PCI", NULL, DIGCF_PRESENT | DIGCF_ALLCLASSES);
    uint32_t error;

    (void)context;
    *count = 0;
    if (set == INVALID_HANDLE_VALUE) {
        error = GetLastError();
        /* A machine without a PCI bus (Wine) has no enumerator of that name. */
        return error == ERROR_INVALID_DATA ? 0 : error;
    }
    for (DWORD i = 0; *count < capacity && SetupDiEnumDeviceInfo(set, i, &device); i++) {
        describe(set, &device, &devices[(*count)++]);
    }
    error = *count < capacity ? GetLastError() : ERROR_NO_MORE_ITEMS;
    SetupDiDestroyDeviceInfoList(set);
    return error == ERROR_NO_MORE_ITEMS ? 0 : error;
}

uint32_t setup_interfaces(const GUID *class_guid, bool (*found)(void *argument, const wchar_t *path), void *argument)
{
    HDEVINFO set = SetupDiGetClassDevsW(class_guid, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    SP_DEVICE_INTERFACE_DATA interface_data = {.cbSize = sizeof(interface_data)};
    union {
        SP_DEVICE_INTERFACE_DETAIL_DATA_W data;
        BYTE room[2048];
    } detail;
    bool more = true;

    if (set == INVALID_HANDLE_VALUE) {
        return GetLastError();
    }
    for (DWORD i = 0; more && SetupDiEnumDeviceInterfaces(set, NULL, class_guid, i, &interface_data); i++) {
        detail.data.cbSize = sizeof(detail.data);
        if (SetupDiGetDeviceInterfaceDetailW(set, &interface_data, &detail.data, sizeof(detail), NULL, NULL)) {
            more = found(argument, detail.data.DevicePath);
        }
    }
    SetupDiDestroyDeviceInfoList(set);
    return 0;
}

struct filters {
    struct interface_path *paths;
    size_t capacity;
    size_t count;
};

static bool add_filter(void *argument, const wchar_t *path)
{
    struct filters *filters = argument;

    from_wide(path, filters->paths[filters->count++].path, sizeof(filters->paths[0].path));
    return filters->count < filters->capacity;
}

uint32_t setup_audio_filters(void *context, struct interface_path *paths, size_t capacity, size_t *count)
{
    static const GUID category_audio = {0x6994AD04, 0x93EF, 0x11D0, {0xA3, 0xCC, 0x00, 0xA0, 0xC9, 0x22, 0x31, 0x96}};
    struct filters filters = {paths, capacity, 0};
    uint32_t error = setup_interfaces(&category_audio, add_filter, &filters);

    (void)context;
    *count = filters.count;
    return error;
}
