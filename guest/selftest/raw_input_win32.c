/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Raw input: what keyboards and pointers do, with the device that did it. A window without a screen gets it whichever
 * window is in front (RIDEV_INPUTSINK); in the session of services there is none, so the self-test is run in a session
 * that somebody is logged on to.
 */
#include "win32.h"

#include <string.h>

#define QUEUE_EVENTS 256u

static struct input_event queue[QUEUE_EVENTS];
static size_t queue_first;
static size_t queue_count;

static void enqueue(HANDLE device, enum input_kind kind, uint16_t code, int32_t value, int32_t x, int32_t y)
{
    struct input_event *event = &queue[(queue_first + queue_count) % QUEUE_EVENTS];
    wchar_t path[512] = L"";
    UINT length = ARRAYSIZE(path) - 1;

    if (queue_count == QUEUE_EVENTS) {
        return;
    }
    memset(event, 0, sizeof(*event));
    if (GetRawInputDeviceInfoW(device, RIDI_DEVICENAME, path, &length) != (UINT)-1) {
        from_wide(path, event->path, sizeof(event->path));
    }
    event->kind = kind;
    event->code = code;
    event->value = value;
    event->x = x;
    event->y = y;
    queue_count++;
}

static void mouse_events(HANDLE device, const RAWMOUSE *mouse)
{
    if ((mouse->usFlags & MOUSE_MOVE_ABSOLUTE) != 0) {
        enqueue(device, INPUT_POSITION, 0, 0, mouse->lLastX, mouse->lLastY);
    } else if (mouse->lLastX != 0 || mouse->lLastY != 0) {
        enqueue(device, INPUT_MOTION, 0, 0, mouse->lLastX, mouse->lLastY);
    }
    /* RI_MOUSE_BUTTON_1_DOWN, _UP, RI_MOUSE_BUTTON_2_DOWN...: two bits for each button. */
    for (unsigned button = 0; button < 5; button++) {
        if ((mouse->usButtonFlags & 1u << (2 * button)) != 0) {
            enqueue(device, INPUT_BUTTON, (uint16_t)(button + 1), 1, 0, 0);
        }
        if ((mouse->usButtonFlags & 2u << (2 * button)) != 0) {
            enqueue(device, INPUT_BUTTON, (uint16_t)(button + 1), 0, 0, 0);
        }
    }
    if ((mouse->usButtonFlags & RI_MOUSE_WHEEL) != 0) {
        enqueue(device, INPUT_WHEEL, 0, (int16_t)mouse->usButtonData, 0, 0);
    }
}

static void hid_events(HANDLE device, const RAWHID *hid, UINT room)
{
    for (DWORD i = 0; i < hid->dwCount && (i + 1) * hid->dwSizeHid <= room; i++) {
        const BYTE *report = hid->bRawData + i * hid->dwSizeHid;
        bool set = false;

        for (DWORD at = 1; at < hid->dwSizeHid; at++) {
            set = set || report[at] != 0;
        }
        enqueue(device, INPUT_MEDIA, 0, set, 0, 0);
    }
}

static void take(HRAWINPUT input)
{
    union {
        RAWINPUT raw;
        BYTE room[1024];
    } data;
    UINT size = sizeof(data);
    UINT got = GetRawInputData(input, RID_INPUT, &data, &size, sizeof(RAWINPUTHEADER));

    if (got == (UINT)-1 || got < sizeof(RAWINPUTHEADER)) {
        return;
    }
    switch (data.raw.header.dwType) {
    case RIM_TYPEKEYBOARD:
        enqueue(data.raw.header.hDevice, INPUT_KEY,
                (uint16_t)(data.raw.data.keyboard.MakeCode | ((data.raw.data.keyboard.Flags & RI_KEY_E0) ? 0xE000 : 0)),
                (data.raw.data.keyboard.Flags & RI_KEY_BREAK) == 0, 0, 0);
        break;
    case RIM_TYPEMOUSE:
        mouse_events(data.raw.header.hDevice, &data.raw.data.mouse);
        break;
    case RIM_TYPEHID:
        hid_events(data.raw.header.hDevice, &data.raw.data.hid,
                   (UINT)(sizeof(data) - offsetof(RAWINPUT, data.hid.bRawData)));
        break;
    default:
        break;
    }
}

static LRESULT CALLBACK window_message(HWND window, UINT message, WPARAM wide, LPARAM narrow)
{
    if (message == WM_INPUT) {
        take((HRAWINPUT)narrow);
    }
    return DefWindowProcW(window, message, wide, narrow);
}

/* Generic desktop: keyboards, mice; consumer: controls. */
static uint32_t register_window(void)
{
    static HWND window;
    WNDCLASSW window_class = {.lpfnWndProc = window_message, .lpszClassName = L"aero-selftest"};
    RAWINPUTDEVICE wanted[] = {
        {0x01, 0x06, RIDEV_INPUTSINK, NULL}, {0x01, 0x02, RIDEV_INPUTSINK, NULL}, {0x0C, 0x01, RIDEV_INPUTSINK, NULL}};

    if (window != NULL) {
        return 0;
    }
    window_class.hInstance = GetModuleHandleW(NULL);
    if (RegisterClassW(&window_class) == 0) {
        return GetLastError();
    }
    window = CreateWindowExW(0, window_class.lpszClassName, L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL,
                             window_class.hInstance, NULL);
    if (window == NULL) {
        return GetLastError();
    }
    for (size_t i = 0; i < ARRAYSIZE(wanted); i++) {
        wanted[i].hwndTarget = window;
    }
    return RegisterRawInputDevices(wanted, ARRAYSIZE(wanted), sizeof(wanted[0])) ? 0 : GetLastError();
}

uint32_t raw_input_events(void *context, struct input_event *events, size_t capacity, uint32_t milliseconds,
                          size_t *count)
{
    uint32_t error = register_window();
    MSG message;

    (void)context;
    *count = 0;
    if (error != 0) {
        return error;
    }
    if (queue_count == 0) {
        (void)MsgWaitForMultipleObjects(0, NULL, FALSE, milliseconds, QS_ALLINPUT);
    }
    while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) {
        DispatchMessageW(&message);
    }
    while (*count < capacity && queue_count != 0) {
        events[(*count)++] = queue[queue_first];
        queue_first = (queue_first + 1) % QUEUE_EVENTS;
        queue_count--;
    }
    return 0;
}
