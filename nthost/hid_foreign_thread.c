/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Threads and events of user mode, for a foreign class driver: kernel32's handles.
 */
#include <stdlib.h>

#include "hid_foreign.h"
#include "wdm.h"

enum { MAX_HANDLES = 64, FIRST_HANDLE = 0x2010, WAIT_OBJECT_0 = 0, WAIT_TIMEOUT = 0x102, INFINITE = -1 };

struct handle {
    enum { HANDLE_FREE, HANDLE_EVENT, HANDLE_THREAD } kind;
    bool signaled, manual, closed;
    thread *thread;
    PVOID routine, parameter;
};

static struct handle handles[MAX_HANDLES];

static struct handle *handle_of(HANDLE value, const char *api)
{
    uintptr_t index = ((uintptr_t)value - FIRST_HANDLE) / 4;
    if ((uintptr_t)value < FIRST_HANDLE || index >= MAX_HANDLES || handles[index].kind == HANDLE_FREE)
        environment_failed("the class driver's module calls %s with handle %p, which is not open", api, value);
    return &handles[index];
}

static HANDLE open_handle(struct handle h)
{
    for (unsigned i = 0; i < MAX_HANDLES; i++) {
        if (handles[i].kind == HANDLE_FREE) {
            handles[i] = h;
            return (HANDLE)(uintptr_t)(FIRST_HANDLE + 4 * i);
        }
    }
    environment_failed("the class driver's module has more than %d handles open", MAX_HANDLES);
}

static void thread_main(void *context)
{
    struct handle *h = context;
    driver_call("a thread of the class driver's module", h->routine, 1, (uintptr_t)h->parameter);
    h->signaled = true;
    if (h->closed)
        h->kind = HANDLE_FREE;
}

static HANDLE NTAPI create_thread(PVOID attributes, SIZE_T stack, PVOID routine, PVOID parameter, ULONG flags,
                                  PULONG id)
{
    (void)attributes;
    (void)stack;
    (void)flags;
    if (id != NULL)
        *id = 1;
    HANDLE value =
        open_handle((struct handle){.kind = HANDLE_THREAD, .manual = true, .routine = routine, .parameter = parameter});
    struct handle *h = handle_of(value, "CreateThread");
    h->thread = thread_create("class driver", thread_main, h);
    return value;
}

static HANDLE NTAPI create_event(PVOID attributes, int manual, int initial, PCSTR name)
{
    (void)attributes;
    (void)name;
    return open_handle((struct handle){.kind = HANDLE_EVENT, .manual = manual != 0, .signaled = initial != 0});
}

static int NTAPI set_event(HANDLE value)
{
    handle_of(value, "SetEvent")->signaled = true;
    return 1;
}

static int NTAPI close_handle(HANDLE value)
{
    struct handle *h = handle_of(value, "CloseHandle");
    if (h->kind == HANDLE_THREAD && !h->signaled)
        h->closed = true;
    else
        h->kind = HANDLE_FREE;
    return 1;
}

static bool take(void *context)
{
    struct handle *h = context;
    if (!h->signaled)
        return false;
    h->signaled = h->manual;
    return true;
}

static ULONG NTAPI wait_for_single_object(HANDLE value, ULONG ms)
{
    struct handle *h = handle_of(value, "WaitForSingleObject");
    return thread_wait(take, h, ms == (ULONG)INFINITE ? UINT64_MAX : (uint64_t)ms * 1000) ? WAIT_OBJECT_0
                                                                                          : WAIT_TIMEOUT;
}

static const struct export_entry entries[] = {
    EXPORT("CreateThread", create_thread),
    EXPORT("CreateEventA", create_event),
    EXPORT("SetEvent", set_event),
    EXPORT("CloseHandle", close_handle),
    EXPORT("WaitForSingleObject", wait_for_single_object),
    EXPORT_END,
};
const struct export_table hid_foreign_thread_exports = {"kernel32.dll", entries};
