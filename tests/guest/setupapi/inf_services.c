/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf_services.h"
#include "facts.h"

#include <stdio.h>
#include <wchar.h>

#define SERVICES_KEY L"System\\CurrentControlSet\\Services"

static bool read_field(INFCONTEXT *line, DWORD index, wchar_t *field, DWORD size)
{
    if (!SetupGetStringFieldW(line, index, field, size, NULL)) {
        *field = 0;
    }
    return *field != 0;
}

/* "If EventLogType is omitted it is System, if EventName is omitted it is ServiceName" (INF AddService Directive). */
static void read_service(INFCONTEXT *line, struct service *service)
{
    wchar_t log[64];
    wchar_t source[128];

    read_field(line, 1, service->name, ARRAYSIZE(service->name));
    read_field(line, 4, service->event_section, ARRAYSIZE(service->event_section));
    if (!read_field(line, 5, log, ARRAYSIZE(log))) {
        wcscpy(log, L"System");
    }
    if (!read_field(line, 6, source, ARRAYSIZE(source))) {
        wcscpy(source, service->name);
    }
    swprintf(service->event_path, ARRAYSIZE(service->event_path), L"%ls\\%ls", log, source);
    swprintf(service->event_key, ARRAYSIZE(service->event_key), L"%ls\\EventLog\\%ls", SERVICES_KEY,
             service->event_path);
}

/* Only the section of the selected driver: the INF of one architecture may add other services than another's. */
static bool services_section(HDEVINFO devices, SP_DEVINFO_DATA *device, HINF inf, wchar_t *section, size_t size)
{
    SP_DRVINFO_DATA_W driver = {.cbSize = sizeof(driver)};
    union {
        SP_DRVINFO_DETAIL_DATA_W data;
        BYTE room[8192];
    } detail = {.data.cbSize = sizeof(detail.data)};
    wchar_t actual[256];

    if (!SetupDiEnumDriverInfoW(devices, device, SPDIT_COMPATDRIVER, 0, &driver)) {
        return failed("SetupDiEnumDriverInfo");
    }
    if (!SetupDiGetDriverInfoDetailW(devices, device, &driver, &detail.data, sizeof(detail), NULL) &&
        GetLastError() != ERROR_INSUFFICIENT_BUFFER) {
        return failed("SetupDiGetDriverInfoDetail");
    }
    if (!SetupDiGetActualSectionToInstallW(inf, detail.data.SectionName, actual, ARRAYSIZE(actual), NULL, NULL)) {
        return failed("SetupDiGetActualSectionToInstall");
    }
    swprintf(section, size, L"%ls.Services", actual);
    return true;
}

bool services_open(struct services *services, HDEVINFO devices, SP_DEVINFO_DATA *device, const wchar_t *inf)
{
    wchar_t section[300];
    INFCONTEXT line;

    services->count = 0;
    services->inf = SetupOpenInfFileW(inf, NULL, INF_STYLE_WIN4, NULL);
    if (services->inf == INVALID_HANDLE_VALUE) {
        return failed("SetupOpenInfFile");
    }
    if (!services_section(devices, device, services->inf, section, ARRAYSIZE(section))) {
        services_close(services);
        return false;
    }
    if (SetupFindFirstLineW(services->inf, section, L"AddService", &line)) {
        do {
            if (services->count == MOST_SERVICES) {
                services_close(services);
                SetLastError(ERROR_BUFFER_OVERFLOW);
                return failed("AddService");
            }
            read_service(&line, &services->items[services->count++]);
        } while (SetupFindNextMatchLineW(&line, L"AddService", &line));
    }
    return true;
}

void services_close(struct services *services)
{
    if (services->inf != INVALID_HANDLE_VALUE) {
        SetupCloseInfFile(services->inf);
        services->inf = INVALID_HANDLE_VALUE;
    }
}

static bool remove_service(SC_HANDLE manager, const struct service *service)
{
    SC_HANDLE handle = OpenServiceW(manager, service->name, DELETE);
    wchar_t key[300];
    bool done = true;

    if (handle != NULL) {
        done = DeleteService(handle) || failed("DeleteService");
        CloseServiceHandle(handle);
    } else if (GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST) {
        done = failed("OpenService");
    }
    swprintf(key, ARRAYSIZE(key), L"%ls\\%ls", SERVICES_KEY, service->name);
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, key);
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, service->event_key);
    return done;
}

bool services_remove(const struct services *services)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    bool done = true;

    if (manager == NULL) {
        return failed("OpenSCManager");
    }
    for (size_t i = 0; i < services->count; i++) {
        done = remove_service(manager, &services->items[i]) && done;
    }
    CloseServiceHandle(manager);
    return done;
}

/*
 * Wine 8 installs services without their event sources, so the event-log section is installed here by the same engine,
 * with the key that AddService names as the one that HKR stands for. Where SetupAPI did it itself this changes nothing.
 */
bool services_add_event_sources(const struct services *services)
{
    for (size_t i = 0; i < services->count; i++) {
        const struct service *service = &services->items[i];
        HKEY key;
        BOOL done;

        if (*service->event_section == 0) {
            continue;
        }
        SetLastError((DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, service->event_key, 0, NULL, 0, KEY_ALL_ACCESS, NULL,
                                            &key, NULL));
        if (GetLastError() != ERROR_SUCCESS) {
            return failed("event source");
        }
        done = SetupInstallFromInfSectionW(NULL, services->inf, service->event_section, SPINST_REGISTRY, key, NULL, 0,
                                           NULL, NULL, NULL, NULL);
        RegCloseKey(key);
        if (!done) {
            return failed("SetupInstallFromInfSection");
        }
    }
    return true;
}

static bool print_below(const char *kind, const wchar_t *path, const wchar_t *name)
{
    HKEY key;

    SetLastError((DWORD)RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key));
    if (GetLastError() != ERROR_SUCCESS) {
        return failed(kind);
    }
    print_key_as(kind, key, name);
    RegCloseKey(key);
    return true;
}

bool services_print(const struct services *services)
{
    for (size_t i = 0; i < services->count; i++) {
        const struct service *service = &services->items[i];
        wchar_t path[300];

        swprintf(path, ARRAYSIZE(path), L"%ls\\%ls", SERVICES_KEY, service->name);
        if (!print_below("service", path, service->name)) {
            return false;
        }
        if (*service->event_section != 0 && !print_below("event", service->event_key, service->event_path)) {
            return false;
        }
    }
    return true;
}
