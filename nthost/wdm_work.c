/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Work items and the system's worker threads. Pages IoAllocateWorkItem, IoQueueWorkItem, IoQueueWorkItemEx,
 * IoFreeWorkItem.
 */
#include <stdlib.h>

#include "wdm_internal.h"

enum { WORKERS = 2 };

struct work {
    void (*run)(void *);
    void *context;
    struct work *next;
};

static struct work *first, **last = &first;
static bool workers_started;

static bool work_waits(void *unused)
{
    (void)unused;
    return first != NULL;
}

static void worker(void *unused)
{
    for (;;) {
        thread_wait(work_waits, unused, UINT64_MAX);
        struct work *w = first;
        if (w == NULL)
            continue; /* the other worker was faster */
        first = w->next;
        if (first == NULL)
            last = &first;
        w->run(w->context);
        free(w);
    }
}

void system_work_queue(void (*run)(void *), void *context)
{
    struct work *w = calloc(1, sizeof(*w));
    if (w == NULL)
        environment_failed("no memory for a work item");
    w->run = run;
    w->context = context;
    *last = w;
    last = &w->next;
    for (unsigned i = 0; !workers_started && i < WORKERS; i++)
        thread_create("system worker", worker, NULL);
    workers_started = true;
}

/* ---- IO_WORKITEM ---- */

enum { ITEM_BYTES = 64 };

struct item {
    PVOID address; /* what the driver holds: opaque */
    DEVICE_OBJECT *device;
    PVOID routine, context;
    bool queued, extended, freed, allocated;
    struct item *next;
};

static struct item *items;

static struct item *item_of(PVOID address, const char *api)
{
    for (struct item *i = items; i != NULL; i = i->next) {
        if (i->address == address && !i->freed)
            return i;
    }
    rule_broken("work-item", "%s with %p, which is no work item, or one that was freed", api, address);
}

static void forget(struct item *item)
{
    for (struct item **link = &items; *link != NULL; link = &(*link)->next) {
        if (*link == item) {
            *link = item->next;
            break;
        }
    }
    free(item);
}

/* "The I/O manager takes the work item out of the queue before it calls the routine": it may queue or free it. */
static void run_item(void *context)
{
    struct item *i = context;
    DEVICE_OBJECT *device = i->device;
    uintptr_t plain[] = {(uintptr_t)device, (uintptr_t)i->context};
    uintptr_t extended[] = {(uintptr_t)device, (uintptr_t)i->context, (uintptr_t)i->address};
    i->queued = false;
    if (i->extended)
        nt_call("a work item's routine", i->routine, 3, extended);
    else
        nt_call("a work item's routine", i->routine, 2, plain);
    device_dereference(device);
}

static PVOID NTAPI io_allocate_work_item(PDEVICE_OBJECT device)
{
    api_enter("IoAllocateWorkItem", PASSIVE_LEVEL, DISPATCH_LEVEL);
    device_must_be(device, "IoAllocateWorkItem");
    if (fail_point("work-item"))
        return NULL;
    struct item *i = calloc(1, sizeof(*i));
    if (i == NULL)
        environment_failed("no memory for a work item");
    i->address = ram_alloc(ITEM_BYTES, RAM_DRIVER, "work item");
    ram_hide(i->address, "IO_WORKITEM is opaque");
    i->device = device;
    i->allocated = true;
    i->next = items;
    items = i;
    return i->address;
}

static void queue_item(const char *api, PVOID address, PVOID routine, ULONG type, PVOID context, bool extended)
{
    (void)type;
    api_enter(api, PASSIVE_LEVEL, DISPATCH_LEVEL);
    struct item *i = item_of(address, api);
    if (i->queued)
        rule_broken("work-item", "%s of the work item at %p, which is queued already", api, address);
    i->queued = true;
    i->routine = routine;
    i->context = context;
    i->extended = extended;
    device_reference(i->device); /* "the I/O manager references the device object until the routine returns" */
    system_work_queue(run_item, i);
}

static void NTAPI io_queue_work_item(PVOID address, PVOID routine, ULONG type, PVOID context)
{
    queue_item("IoQueueWorkItem", address, routine, type, context, false);
}

static void NTAPI io_queue_work_item_ex(PVOID address, PVOID routine, ULONG type, PVOID context)
{
    queue_item("IoQueueWorkItemEx", address, routine, type, context, true);
}

static void NTAPI io_free_work_item(PVOID address)
{
    api_enter("IoFreeWorkItem", PASSIVE_LEVEL, DISPATCH_LEVEL);
    struct item *i = item_of(address, "IoFreeWorkItem");
    if (i->queued)
        rule_broken("work-item", "IoFreeWorkItem of the work item at %p, which is queued", address);
    ram_show(i->address);
    ram_free(i->address);
    forget(i);
}

void work_items_check_none_left(void)
{
    for (const struct item *i = items; i != NULL; i = i->next) {
        if (i->queued)
            rule_broken("work-item", "the driver is unloaded while a work item of it is queued");
    }
}

static const struct export_entry entries[] = {
    EXPORT("IoAllocateWorkItem", io_allocate_work_item),
    EXPORT("IoQueueWorkItem", io_queue_work_item),
    EXPORT("IoQueueWorkItemEx", io_queue_work_item_ex),
    EXPORT("IoFreeWorkItem", io_free_work_item),
    EXPORT_END,
};
const struct export_table wdm_work_exports = {"ntoskrnl.exe", entries};
