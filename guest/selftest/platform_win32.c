/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "win32.h"

#include <stdio.h>

static const char *environment(void *context, const char *name)
{
    static char value[1024];
    wchar_t wide_name[128] = L"";
    wchar_t wide[512] = L"";
    DWORD length;

    (void)context;
    to_wide(name, wide_name, ARRAYSIZE(wide_name));
    SetLastError(ERROR_SUCCESS);
    length = GetEnvironmentVariableW(wide_name, wide, ARRAYSIZE(wide));
    if (length >= ARRAYSIZE(wide) || (length == 0 && GetLastError() != ERROR_SUCCESS)) {
        return NULL;
    }
    from_wide(wide, value, sizeof(value));
    return value;
}

static uint64_t microseconds(void *context)
{
    LARGE_INTEGER frequency;
    LARGE_INTEGER now;
    uint64_t ticks;
    uint64_t per_second;

    (void)context;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&now);
    ticks = (uint64_t)now.QuadPart;
    per_second = (uint64_t)frequency.QuadPart;
    return ticks / per_second * 1000000u + ticks % per_second * 1000000u / per_second;
}

static void sleep_milliseconds(void *context, uint32_t milliseconds)
{
    (void)context;
    Sleep(milliseconds);
}

/* Pages: aligned for every sector size. */
static void *allocate(void *context, size_t bytes)
{
    (void)context;
    return VirtualAlloc(NULL, bytes, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
}

static void release(void *context, void *memory)
{
    (void)context;
    VirtualFree(memory, 0, MEM_RELEASE);
}

static const char *describe_system(void)
{
    static char text[64];
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof(version)};
    SYSTEM_INFO info;

    GetNativeSystemInfo(&info);
    (void)GetVersionExW(&version);
    snprintf(text, sizeof(text), "%lu.%lu.%lu %s", version.dwMajorVersion, version.dwMinorVersion,
             version.dwBuildNumber, info.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64 ? "amd64" : "x86");
    return text;
}

static struct platform platform = {
    .write_line = output_write_line,
    .environment = environment,
    .microseconds = microseconds,
    .sleep = sleep_milliseconds,
    .allocate = allocate,
    .release = release,
    .pci_devices = setup_pci_devices,
    .hid_collections = hid_list_collections,
    .open = storage_open,
    .close = storage_close,
    .read_at = storage_read_at,
    .write_at = storage_write_at,
    .flush = storage_flush,
    .io_control = storage_io_control,
    .input_events = raw_input_events,
    .set_leds = hid_set_leds,
    .get_feature = hid_get_feature,
    .audio_filters = setup_audio_filters,
    .sound_devices = wave_devices,
    .sound_supports = wave_supports,
    .sound_run = wave_run,
};

const struct platform *platform_win32(void)
{
    platform.system = describe_system();
    return &platform;
}
