/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "win32.h"

#include "io_codes.h"

#include <ntddscsi.h>
#include <winioctl.h>

_Static_assert(CODE_SCSI_MINIPORT == IOCTL_SCSI_MINIPORT, "io_codes.h");
_Static_assert(CODE_SCSI_GET_ADDRESS == IOCTL_SCSI_GET_ADDRESS, "io_codes.h");
_Static_assert(CODE_STORAGE_QUERY_PROPERTY == IOCTL_STORAGE_QUERY_PROPERTY, "io_codes.h");
_Static_assert(CODE_DISK_GET_LENGTH_INFO == IOCTL_DISK_GET_LENGTH_INFO, "io_codes.h");
_Static_assert(CODE_DISK_UPDATE_DRIVE_SIZE == IOCTL_DISK_UPDATE_DRIVE_SIZE, "io_codes.h");
_Static_assert(CODE_DISK_UPDATE_PROPERTIES == IOCTL_DISK_UPDATE_PROPERTIES, "io_codes.h");
_Static_assert(CODE_VOLUME_GET_VOLUME_DISK_EXTENTS == IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, "io_codes.h");
_Static_assert(ERROR_IS_FILE_NOT_FOUND == ERROR_FILE_NOT_FOUND && ERROR_IS_ACCESS_DENIED == ERROR_ACCESS_DENIED,
               "platform.h");

#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE)

static const struct {
    DWORD access;
    DWORD creation;
    DWORD flags;
} ways[] = {
    [OPEN_CONTROL] = {0, OPEN_EXISTING, 0},
    [OPEN_READ] = {GENERIC_READ, OPEN_EXISTING, 0},
    [OPEN_READ_WRITE] = {GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, 0},
    /* Unbuffered and written through: what is read back comes from the disk, and FlushFileBuffers reaches it. */
    [OPEN_CREATE] = {GENERIC_READ | GENERIC_WRITE, CREATE_ALWAYS,
                     FILE_FLAG_NO_BUFFERING | FILE_FLAG_WRITE_THROUGH | FILE_FLAG_DELETE_ON_CLOSE},
};

uint32_t storage_open(void *context, const char *path, enum open_how how, void **handle)
{
    wchar_t wide[1024] = L"";
    HANDLE opened;

    (void)context;
    to_wide(path, wide, ARRAYSIZE(wide));
    opened = CreateFileW(wide, ways[how].access, how == OPEN_CREATE ? 0 : SHARE_ALL, NULL, ways[how].creation,
                         ways[how].flags, NULL);
    if (opened == INVALID_HANDLE_VALUE) {
        return GetLastError();
    }
    *handle = opened;
    return 0;
}

void storage_close(void *context, void *handle)
{
    (void)context;
    CloseHandle(handle);
}

static OVERLAPPED at_offset(uint64_t offset)
{
    OVERLAPPED overlapped = {0};

    overlapped.Offset = (DWORD)offset;
    overlapped.OffsetHigh = (DWORD)(offset >> 32);
    return overlapped;
}

uint32_t storage_read_at(void *context, void *handle, uint64_t offset, void *buffer, uint32_t bytes, uint32_t *done)
{
    OVERLAPPED overlapped = at_offset(offset);
    DWORD count = 0;
    BOOL read = ReadFile(handle, buffer, bytes, &count, &overlapped);

    (void)context;
    *done = count;
    return read ? 0 : GetLastError();
}

uint32_t storage_write_at(void *context, void *handle, uint64_t offset, const void *buffer, uint32_t bytes,
                          uint32_t *done)
{
    OVERLAPPED overlapped = at_offset(offset);
    DWORD count = 0;
    BOOL written = WriteFile(handle, buffer, bytes, &count, &overlapped);

    (void)context;
    *done = count;
    return written ? 0 : GetLastError();
}

uint32_t storage_flush(void *context, void *handle)
{
    (void)context;
    return FlushFileBuffers(handle) ? 0 : GetLastError();
}

uint32_t storage_io_control(void *context, void *handle, uint32_t code, const void *in, uint32_t in_bytes, void *out,
                            uint32_t out_bytes, uint32_t *returned)
{
    DWORD count = 0;
    /* DeviceIoControl takes its input as not const, and does not change it. */
    BOOL done = DeviceIoControl(handle, code, (void *)(uintptr_t)in, in_bytes, out, out_bytes, &count, NULL);

    (void)context;
    *returned = count;
    return done ? 0 : GetLastError();
}
