/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "selftest.h"
#include "win32.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_ARGUMENTS 128

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
    .audio_filters = setup_audio_filters,
    .sound_devices = wave_devices,
    .sound_supports = wave_supports,
    .sound_run = wave_run,
};

static char **utf8_arguments(int argc, wchar_t **argv)
{
    static char *arguments[MOST_ARGUMENTS + 1];

    for (int i = 0; i < argc; i++) {
        size_t size = wcslen(argv[i]) * 4 + 1;

        arguments[i] = calloc(1, size);
        if (arguments[i] == NULL) {
            return NULL;
        }
        from_wide(argv[i], arguments[i], size);
    }
    return arguments;
}

static int complain(const char *reason)
{
    fprintf(stderr, "aero-selftest: %s (--help lists the options)\n", reason);
    return 2;
}

int wmain(int argc, wchar_t **argv)
{
    static struct options options;
    static struct selftest test;
    char reason[256];
    char **arguments;
    int status;

    if (argc > MOST_ARGUMENTS) {
        return complain("too many arguments");
    }
    arguments = utf8_arguments(argc, argv);
    if (arguments == NULL) {
        return complain("no memory");
    }
    output_open_console();
    platform.system = describe_system();
    if (!options_parse(&options, &platform, argc, arguments, reason, sizeof(reason))) {
        return complain(reason);
    }
    if (options.help) {
        options_print_help(&platform);
        return 0;
    }
    output_open_serial();
    /* The default place may be read-only (a running Setup); one that was asked for has to work. */
    if (!output_open_log(options.log_file) && options.log_file_given) {
        snprintf(reason, sizeof(reason), "%s: cannot be written (error %lu)", options.log_file, GetLastError());
        output_close();
        return complain(reason);
    }
    status = selftest_run(&test, &platform, &options);
    output_close();
    return status;
}
