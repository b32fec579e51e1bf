/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * windows_functions.exe FOLDER: the self-test's Windows functions, called one by one. Prints "ok WHAT" or "wrong WHAT"
 * for each, then "end"; exit status 1 when one is wrong. Wine has no PCI, HID and sound devices: lists have to say so.
 */
#include "blk_disk.h"
#include "blk_io.h"
#include "win32.h"

#include <stdio.h>
#include <string.h>

static int wrong;

static void check(bool right, const char *what)
{
    printf("%s %s\n", right ? "ok" : "wrong", what);
    wrong += !right;
}

static bool exists(const char *path)
{
    wchar_t wide[512] = L"";

    to_wide(path, wide, ARRAYSIZE(wide));
    return GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
}

static void check_files(const struct platform *platform, const char *folder)
{
    struct blk_io_result result;
    char path[512];
    uint32_t error;
    void *handle;

    snprintf(path, sizeof(path),
             "%s\\pr\xc3\xbc"
             "fung.tmp",
             folder);
    blk_io_file(platform, path, 3u << 20, 1u << 20, &result);
    check(result.step == NULL && result.error == 0, "a file is written, flushed, read back and compared");
    check(result.write_kib_s != 0 && result.read_kib_s != 0, "and timed");
    check(!exists(path), "and gone afterwards");
    snprintf(path, sizeof(path), "%s\\missing\\file.tmp", folder);
    blk_io_file(platform, path, 4096, 4096, &result);
    check(result.step != NULL && strcmp(result.step, "open") == 0 && result.error == ERROR_PATH_NOT_FOUND,
          "a folder that is not there is an error");
    error = platform->open(platform->context, "\\\\.\\PhysicalDrive31", OPEN_READ, &handle);
    check(error == ERROR_FILE_NOT_FOUND, "a disk that is not there is not found");
}

static void check_read_ends(const struct platform *platform, const char *folder)
{
    char path[512];
    char bytes[16] = "";
    uint32_t done = 77;
    uint32_t error;
    HANDLE made;
    void *handle;
    DWORD count = 0;
    wchar_t wide[512] = L"";

    snprintf(path, sizeof(path), "%s\\five.txt", folder);
    to_wide(path, wide, ARRAYSIZE(wide));
    made = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    WriteFile(made, "12345", 5, &count, NULL);
    CloseHandle(made);
    error = platform->open(platform->context, path, OPEN_READ, &handle);
    check(error == 0, "a file opens for reading");
    error = platform->read_at(platform->context, handle, 2, bytes, sizeof(bytes), &done);
    check(error == 0 && done == 3 && memcmp(bytes, "345", 3) == 0,
          "a read starts at its offset and ends with the file");
    error = platform->write_at(platform->context, handle, 0, "x", 1, &done);
    check(error == ERROR_ACCESS_DENIED, "what was opened for reading is not written");
    error = platform->io_control(platform->context, handle, 0x0007405C, NULL, 0, bytes, 8, &done);
    check(error != 0, "a file is no disk");
    platform->close(platform->context, handle);
}

static void check_lists(const struct platform *platform)
{
    static struct pci_device devices[MOST_DEVICES];
    static struct hid_collection collections[8];
    static struct interface_path paths[8];
    static struct sound_device sounds[8];
    static struct blk_disk disks[MOST_DISKS];
    uint32_t error;
    size_t count = 77;

    error = platform->pci_devices(platform->context, devices, MOST_DEVICES, &count);
    check(error == 0 && count <= MOST_DEVICES, "PCI devices are listed");
    count = 77;
    error = platform->hid_collections(platform->context, collections, 8, &count);
    check(error == 0 && count <= 8, "HID collections are listed");
    count = 77;
    error = platform->audio_filters(platform->context, paths, 8, &count);
    check(error == 0 && count <= 8, "audio filters are listed");
    check(platform->sound_devices(platform->context, SOUND_RENDER, sounds, 8) <= 8, "speakers are listed");
    check(platform->sound_devices(platform->context, SOUND_CAPTURE, sounds, 8) <= 8, "microphones are listed");
    check(blk_disks_find(platform, disks, MOST_DISKS, &error) == 0, "no disk of Wine passes for ours");
}

static void check_sound(const struct platform *platform)
{
    struct sound_stream stream = {.direction = SOUND_RENDER, .device = 7, .format = {48000, 2, 16}, .bytes = 4096};
    uint64_t started = platform->microseconds(platform->context);

    check(!platform->sound_supports(platform->context, SOUND_RENDER, 7, stream.format), "speaker 7 takes no format");
    stream.buffer = platform->allocate(platform->context, stream.bytes);
    platform->sound_run(platform->context, &stream, 1, 3000);
    check(stream.error != 0 && !stream.finished, "speaker 7 does not play");
    check(platform->microseconds(platform->context) - started < 2000000, "and nothing waits for it");
    platform->release(platform->context, stream.buffer);
}

static void check_input(const struct platform *platform)
{
    static struct input_event events[4];
    uint64_t started = platform->microseconds(platform->context);
    uint64_t took;
    size_t count = 77;
    uint32_t error = platform->input_events(platform->context, events, 4, 200, &count);

    took = platform->microseconds(platform->context) - started;
    check(count == 0 && (error != 0 || took >= 150000), "input is waited for");
    check(took < 10000000, "for no longer than it was said");
    check(platform->set_leds(platform->context, "\\\\?\\hid#missing", NULL, 0) == ERROR_FILE_NOT_FOUND,
          "a keyboard that is not there has no lights");
}

static void check_basics(const struct platform *platform)
{
    uint64_t before = platform->microseconds(platform->context);
    uint8_t *memory = platform->allocate(platform->context, 100000);
    const char *value;

    platform->sleep(platform->context, 30);
    check(platform->microseconds(platform->context) - before >= 25000, "the clock counts microseconds");
    check(memory != NULL && (uintptr_t)memory % 4096 == 0, "memory is aligned for every sector");
    memset(memory, 1, 100000);
    platform->release(platform->context, memory);
    SetEnvironmentVariableW(L"AERO_TEST", L"h\u00e9");
    value = platform->environment(platform->context, "AERO_TEST");
    check(value != NULL && strcmp(value, "h\xc3\xa9") == 0, "the environment is UTF-8");
    SetEnvironmentVariableW(L"AERO_TEST", L"");
    value = platform->environment(platform->context, "AERO_TEST");
    check(value == NULL || *value == 0, "an empty variable is empty");
    check(platform->environment(platform->context, "AERO_NOT_SET") == NULL, "one that is not set is NULL");
    check(strcmp(platform->system, "6.1.7601 amd64") == 0, "the system is Windows 7 SP1");
}

int wmain(int argc, wchar_t **argv)
{
    const struct platform *platform = platform_win32();
    char folder[400] = "";

    if (argc != 2) {
        return 2;
    }
    from_wide(argv[1], folder, sizeof(folder));
    check_basics(platform);
    check_files(platform, folder);
    check_read_ends(platform, folder);
    check_lists(platform);
    check_sound(platform);
    check_input(platform);
    puts("end");
    return wrong != 0;
}
