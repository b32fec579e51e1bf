/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * install_inf.exe INF HARDWARE-ID: makes a device with that hardware ID, lets SetupAPI find its driver in INF alone and
 * install it, as the Plug and Play manager's installer does, and prints what the system looks like afterwards, a line
 * for each fact, fields separated by tabs:
 *
 *   driver DESCRIPTION PROVIDER          each driver that matched the ID
 *   class NAME GUID                      what the INF says it installs
 *   hardware KEY NAME TYPE HEX           values of the device's hardware key, its subkeys included
 *   software KEY NAME TYPE HEX           values of the device's driver key
 *   service KEY NAME TYPE HEX            values of each service's key, KEY beginning with the service's name
 *   event KEY NAME TYPE HEX              values of its event source, KEY being LOG\SOURCE
 *   key KIND KEY                         each subkey of these, so that keys without values show
 *
 * Files are left for the caller to look at; the device, its services and event sources are removed again. The last line
 * is "installed" with exit status 0, or "failed STEP ERROR" with 1; 2 is usage. A program that crashes under Wine can
 * end with 0: look at the line.
 */
#include "facts.h"
#include "inf_services.h"

#include <setupapi.h>
#include <stdio.h>
#include <wchar.h>

static void print_device_key(const char *kind, HDEVINFO devices, SP_DEVINFO_DATA *device, DWORD which)
{
    HKEY key = SetupDiOpenDevRegKey(devices, device, DICS_FLAG_GLOBAL, 0, which, KEY_READ);

    if (key == INVALID_HANDLE_VALUE) {
        printf("%s\t(none)\n", kind);
        return;
    }
    print_key(kind, key);
    RegCloseKey(key);
}

/* DI_ENUMSINGLEINF: "only drivers in the INF that DriverPath names", so that nothing else of the system takes part. */
static bool find_driver(HDEVINFO devices, SP_DEVINFO_DATA *device, const wchar_t *inf)
{
    SP_DEVINSTALL_PARAMS_W params = {.cbSize = sizeof(params)};
    SP_DRVINFO_DATA_W driver = {.cbSize = sizeof(driver)};
    DWORD count = 0;

    if (!SetupDiGetDeviceInstallParamsW(devices, device, &params)) {
        return failed("SetupDiGetDeviceInstallParams");
    }
    params.Flags |= DI_ENUMSINGLEINF | DI_QUIETINSTALL | DI_DONOTCALLCONFIGMG;
    if (wcslen(inf) >= ARRAYSIZE(params.DriverPath)) {
        SetLastError(ERROR_BUFFER_OVERFLOW);
        return failed("DriverPath");
    }
    wcscpy(params.DriverPath, inf);
    if (!SetupDiSetDeviceInstallParamsW(devices, device, &params)) {
        return failed("SetupDiSetDeviceInstallParams");
    }
    if (!SetupDiBuildDriverInfoList(devices, device, SPDIT_COMPATDRIVER)) {
        return failed("SetupDiBuildDriverInfoList");
    }
    while (SetupDiEnumDriverInfoW(devices, device, SPDIT_COMPATDRIVER, count, &driver)) {
        print_fact("driver", driver.Description, driver.ProviderName);
        count++;
    }
    if (count == 0) {
        return failed("no driver matches");
    }
    return SetupDiSelectBestCompatDrv(devices, device) || failed("SetupDiSelectBestCompatDrv");
}

static bool install(HDEVINFO devices, const GUID *class_guid, const wchar_t *class_name, const wchar_t *inf,
                    const wchar_t *hardware_id)
{
    SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
    struct services services;
    wchar_t ids[256] = L"";
    bool done = false;

    if (wcslen(hardware_id) + 2 > ARRAYSIZE(ids)) {
        SetLastError(ERROR_BUFFER_OVERFLOW);
        return failed("hardware ID");
    }
    wcscpy(ids, hardware_id); /* REG_MULTI_SZ: the array's zeros end the string and the list */
    if (!SetupDiCreateDeviceInfoW(devices, class_name, class_guid, NULL, NULL, DICD_GENERATE_ID, &device)) {
        return failed("SetupDiCreateDeviceInfo");
    }
    if (!SetupDiSetDeviceRegistryPropertyW(devices, &device, SPDRP_HARDWAREID, (const BYTE *)ids,
                                           (DWORD)((wcslen(ids) + 2) * sizeof(wchar_t)))) {
        failed("SPDRP_HARDWAREID");
        goto remove;
    }
    /* The devnode must exist for its hardware key to. */
    if (!SetupDiRegisterDeviceInfo(devices, &device, 0, NULL, NULL, NULL)) {
        failed("SetupDiRegisterDeviceInfo");
        goto remove;
    }
    if (!find_driver(devices, &device, inf)) {
        goto remove;
    }
    if (!services_open(&services, devices, &device, inf)) {
        goto remove;
    }
    /* What an interrupted run left behind must not pass for this one's work. */
    if (!services_remove(&services)) {
        goto close;
    }
    if (!SetupDiInstallDevice(devices, &device)) {
        failed("SetupDiInstallDevice");
        goto close;
    }
    print_device_key("hardware", devices, &device, DIREG_DEV);
    print_device_key("software", devices, &device, DIREG_DRV);
    done = services_add_event_sources(&services) && services_print(&services);
    done = services_remove(&services) && done;
close:
    services_close(&services);
remove:
    if (!SetupDiRemoveDevice(devices, &device) && done) {
        done = failed("SetupDiRemoveDevice");
    }
    return done;
}

static bool install_class(const wchar_t *inf, const wchar_t *hardware_id)
{
    GUID guid;
    wchar_t class_name[64];
    wchar_t guid_text[64];
    HDEVINFO devices;
    bool done;

    if (!SetupDiGetINFClassW(inf, &guid, class_name, ARRAYSIZE(class_name), NULL)) {
        return failed("SetupDiGetINFClass");
    }
    swprintf(guid_text, ARRAYSIZE(guid_text), L"{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", guid.Data1,
             guid.Data2, guid.Data3, guid.Data4[0], guid.Data4[1], guid.Data4[2], guid.Data4[3], guid.Data4[4],
             guid.Data4[5], guid.Data4[6], guid.Data4[7]);
    print_fact("class", class_name, guid_text);
    devices = SetupDiCreateDeviceInfoList(&guid, NULL);
    if (devices == INVALID_HANDLE_VALUE) {
        return failed("SetupDiCreateDeviceInfoList");
    }
    done = install(devices, &guid, class_name, inf, hardware_id);
    SetupDiDestroyDeviceInfoList(devices);
    return done;
}

int wmain(int argc, wchar_t **argv)
{
    if (argc != 3) {
        fputs("usage: install_inf INF HARDWARE-ID\n", stderr);
        return 2;
    }
    if (!install_class(argv[1], argv[2])) {
        return 1;
    }
    puts("installed");
    return 0;
}
