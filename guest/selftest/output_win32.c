/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "win32.h"

#include <string.h>

#define SERIAL_BAUD 115200u
#define SERIAL_WRITE_MILLISECONDS 1000u

enum { SINK_CONSOLE, SINK_SERIAL, SINK_LOG, SINK_COUNT };
static HANDLE sinks[SINK_COUNT] = {INVALID_HANDLE_VALUE, INVALID_HANDLE_VALUE, INVALID_HANDLE_VALUE};

void to_wide(const char *text, wchar_t *wide, size_t capacity)
{
    if (MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, (int)capacity) == 0) {
        wide[capacity - 1] = 0;
    }
}

void from_wide(const wchar_t *wide, char *text, size_t size)
{
    if (WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL) == 0) {
        text[size - 1] = 0;
    }
}

void output_open_console(void)
{
    sinks[SINK_CONSOLE] = GetStdHandle(STD_OUTPUT_HANDLE);
}

void output_open_serial(void)
{
    COMMTIMEOUTS timeouts = {.WriteTotalTimeoutConstant = SERIAL_WRITE_MILLISECONDS};
    DCB dcb = {.DCBlength = sizeof(dcb)};
    HANDLE serial = CreateFileW(L"\\\\.\\COM1", GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);

    if (serial == INVALID_HANDLE_VALUE) {
        return;
    }
    if (GetCommState(serial, &dcb)) {
        dcb.BaudRate = SERIAL_BAUD;
        dcb.ByteSize = 8;
        dcb.Parity = NOPARITY;
        dcb.StopBits = ONESTOPBIT;
        dcb.fOutxCtsFlow = 0;
        dcb.fOutxDsrFlow = 0;
        dcb.fOutX = 0;
        (void)SetCommState(serial, &dcb);
        (void)SetCommTimeouts(serial, &timeouts);
    }
    sinks[SINK_SERIAL] = serial;
}

bool output_open_log(const char *file)
{
    wchar_t wide[1024] = L"";

    to_wide(file, wide, ARRAYSIZE(wide));
    sinks[SINK_LOG] =
        CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    return sinks[SINK_LOG] != INVALID_HANDLE_VALUE;
}

void output_close(void)
{
    for (int i = SINK_SERIAL; i < SINK_COUNT; i++) {
        if (sinks[i] != INVALID_HANDLE_VALUE) {
            /* Not flushed: a serial port that nobody reads would never be done. */
            CloseHandle(sinks[i]);
            sinks[i] = INVALID_HANDLE_VALUE;
        }
    }
}

void output_write_line(void *context, const char *line)
{
    char text[1100];
    size_t length = strlen(line);

    (void)context;
    length = length < sizeof(text) - 2 ? length : sizeof(text) - 2;
    memcpy(text, line, length);
    memcpy(text + length, "\r\n", 2);
    for (int i = 0; i < SINK_COUNT; i++) {
        DWORD done = 0;

        if (sinks[i] == INVALID_HANDLE_VALUE || sinks[i] == NULL) {
            continue;
        }
        /* A serial port that nobody reads must not hold up every line: one wait, then it is left alone. */
        if ((!WriteFile(sinks[i], text, (DWORD)(length + 2), &done, NULL) || done != length + 2) && i == SINK_SERIAL) {
            CloseHandle(sinks[i]);
            sinks[i] = INVALID_HANDLE_VALUE;
        }
    }
}
