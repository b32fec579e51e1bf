/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * I/O request packets: sending and completing them. Pages IofCallDriver, IofCompleteRequest, IoMarkIrpPending,
 * IO_COMPLETION_ROUTINE, DRIVER_DISPATCH.
 *
 * What nthost knows of an IRP it keeps beside it: for each stack location what its dispatch routine returned and how it
 * was completed, so that the two can be compared whichever comes first. A record outlives its IRP until the last
 * dispatch routine that saw it has returned.
 */
#include <stdlib.h>
#include <string.h>

#include "wdm_internal.h"
#include "wdm_irp_record.h"

enum { BUCKETS = 256, IO_TYPE_IRP = 6, MAX_STACK = 16 };

static struct irp_record *records[BUCKETS];

static struct irp_record **bucket(const IRP *irp)
{
    return &records[((uintptr_t)irp >> 4) % BUCKETS];
}

struct irp_record *irp_record(const IRP *irp)
{
    for (struct irp_record *r = *bucket(irp); r != NULL; r = r->next) {
        if (r->irp == irp && !r->freed)
            return r;
    }
    return NULL;
}

void irps_cancel_threaded(void)
{
    IRP *found[16];
    unsigned count = 0;
    for (unsigned i = 0; i < BUCKETS; i++) {
        for (struct irp_record *r = records[i]; r != NULL; r = r->next) {
            if (!r->freed && r->threaded && r->sent && count < sizeof(found) / sizeof(found[0]))
                found[count++] = r->irp;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        struct irp_record *r = irp_record(found[i]);
        if (r != NULL && r->threaded && r->sent)
            irp_cancel(found[i]);
    }
}

static void release(struct irp_record *r)
{
    if (!r->freed || r->calls > 0)
        return;
    for (struct irp_record **link = bucket(r->irp); *link != NULL; link = &(*link)->next) {
        if (*link == r) {
            *link = r->next;
            break;
        }
    }
    free(r);
}

static void initialize(IRP *irp, int stack_size)
{
    size_t bytes = sizeof(*irp) + (size_t)stack_size * sizeof(IO_STACK_LOCATION);
    memset(irp, 0, bytes);
    irp->Type = IO_TYPE_IRP;
    irp->Size = (USHORT)bytes;
    irp->StackCount = (CHAR)stack_size;
    irp->CurrentLocation = (CHAR)(stack_size + 1);
    irp->ThreadListEntry.Flink = irp->ThreadListEntry.Blink = &irp->ThreadListEntry;
    irp->Tail.Overlay.CurrentStackLocation = (IO_STACK_LOCATION *)(irp + 1) + stack_size;
}

IRP *irp_allocate(int stack_size, bool by_driver)
{
    size_t bytes = sizeof(IRP) + (size_t)stack_size * sizeof(IO_STACK_LOCATION);
    struct irp_record *r = calloc(1, sizeof(*r));
    if (r == NULL)
        environment_failed("no memory for an IRP's record");
    if (stack_size < 1 || stack_size > MAX_STACK)
        rule_broken("irp-stack", "an IRP with %d stack locations", stack_size);
    IRP *irp = ram_alloc(bytes, by_driver ? RAM_DRIVER : 0, "IRP");
    initialize(irp, stack_size);
    r->irp = irp;
    r->by_driver = by_driver;
    r->next = *bucket(irp);
    *bucket(irp) = r;
    return irp;
}

void irp_free(IRP *irp)
{
    struct irp_record *r = irp_record(irp);
    if (r == NULL)
        rule_broken("irp-free", "IoFreeIrp of %p, which is no IRP, or one that was freed", (void *)irp);
    if (r->sent)
        rule_broken("irp-free", "IoFreeIrp of the IRP at %p while a driver that it was sent to still has it",
                    (void *)irp);
    r->freed = true;
    ram_free(irp);
    release(r);
}

void irp_reuse(IRP *irp)
{
    struct irp_record *r = irp_record(irp);
    if (r == NULL || r->sent)
        rule_broken("irp-free", "IoReuseIrp of the IRP at %p, which %s", (void *)irp,
                    r == NULL ? "is none" : "a driver still has");
    initialize(irp, irp->StackCount);
}

IO_STACK_LOCATION *irp_current(const IRP *irp)
{
    return irp->Tail.Overlay.CurrentStackLocation;
}

IO_STACK_LOCATION *irp_next(const IRP *irp)
{
    return irp->Tail.Overlay.CurrentStackLocation - 1;
}

void irp_mark_pending(IRP *irp)
{
    irp_current(irp)->Control |= SL_PENDING_RETURNED;
}

void irp_set_completion(IRP *irp, PVOID routine, PVOID context)
{
    IO_STACK_LOCATION *next = irp_next(irp);
    next->CompletionRoutine = routine;
    next->Context = context;
    next->Control = SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL;
}

/* "If a driver's dispatch routine returns STATUS_PENDING, it must have called IoMarkIrpPending", and the reverse
 * (IoMarkIrpPending). "The status that the dispatch routine returns must be that of IoStatus" (DRIVER_DISPATCH). */
static void compare(const struct irp_location *l, const char *what)
{
    if (!l->returned || !l->completed)
        return;
    if (l->returned_status == STATUS_PENDING && !l->marked)
        rule_broken("irp-pending", "%s returned STATUS_PENDING for an IRP that was never marked pending", what);
    if (l->returned_status != STATUS_PENDING && l->marked)
        rule_broken("irp-pending", "%s returned %#x for an IRP that was marked pending", what,
                    (unsigned)l->returned_status);
    if (l->returned_status != STATUS_PENDING && l->returned_status != l->status)
        rule_broken("irp-status", "%s returned %#x, but the IRP was completed with %#x", what,
                    (unsigned)l->returned_status, (unsigned)l->status);
}

static const char *dispatch_name(const IO_STACK_LOCATION *location)
{
    switch (location->MajorFunction) {
    case IRP_MJ_CREATE:
        return "the dispatch routine for IRP_MJ_CREATE";
    case IRP_MJ_CLOSE:
        return "the dispatch routine for IRP_MJ_CLOSE";
    case IRP_MJ_READ:
        return "the dispatch routine for IRP_MJ_READ";
    case IRP_MJ_WRITE:
        return "the dispatch routine for IRP_MJ_WRITE";
    case IRP_MJ_DEVICE_CONTROL:
        return "the dispatch routine for IRP_MJ_DEVICE_CONTROL";
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        return "the dispatch routine for IRP_MJ_INTERNAL_DEVICE_CONTROL";
    case IRP_MJ_CLEANUP:
        return "the dispatch routine for IRP_MJ_CLEANUP";
    case IRP_MJ_POWER:
        return "the dispatch routine for IRP_MJ_POWER";
    case IRP_MJ_SYSTEM_CONTROL:
        return "the dispatch routine for IRP_MJ_SYSTEM_CONTROL";
    case IRP_MJ_PNP:
        return "the dispatch routine for IRP_MJ_PNP";
    default:
        return "a dispatch routine";
    }
}

/* After a dispatch routine: the IRP may be gone, or sent again; then the location has another generation. */
static void dispatch_returned(struct irp_record *r, int index, unsigned generation, NTSTATUS status, const char *what)
{
    struct irp_location *l = &r->location[index];
    if (l->generation != generation)
        return;
    if (status != STATUS_PENDING && !l->completed)
        rule_broken("irp-not-completed",
                    "%s returned %#x without having completed the IRP or passed it to somebody who did", what,
                    (unsigned)status);
    if (status == STATUS_PENDING && !l->completed && !r->freed) {
        const IO_STACK_LOCATION *at = (IO_STACK_LOCATION *)(r->irp + 1) + index - 1;
        if ((at->Control & SL_PENDING_RETURNED) == 0 && !l->forwarded)
            rule_broken("irp-pending", "%s returned STATUS_PENDING without IoMarkIrpPending", what);
    }
    l->returned = true;
    l->returned_status = status;
    compare(l, what);
}

static void check_sendable(const DEVICE_OBJECT *device, const IRP *irp)
{
    if (irp_record(irp) == NULL)
        rule_broken("irp-unknown", "IoCallDriver with %p, which is no IRP, or one that was completed and freed",
                    (const void *)irp);
    if (irp->CurrentLocation <= 1)
        rule_broken("irp-stack",
                    "IoCallDriver with an IRP that has no stack location left for the device object at %p: its "
                    "StackCount is %d",
                    (const void *)device, irp->StackCount);
}

static struct irp_record *take_location(DEVICE_OBJECT *device, IRP *irp)
{
    struct irp_record *r = irp_record(irp);
    if (irp->CurrentLocation <= irp->StackCount)
        r->location[(int)irp->CurrentLocation].forwarded = true;
    irp->CurrentLocation--;
    irp->Tail.Overlay.CurrentStackLocation--;
    struct irp_location *l = &r->location[(int)irp->CurrentLocation];
    if (l->completed)
        *l = (struct irp_location){.generation = l->generation + 1};
    l->forwarded = false;
    r->sent = true;
    irp_current(irp)->DeviceObject = device;
    return r;
}

NTSTATUS irp_call_routine(DEVICE_OBJECT *device, IRP *irp, PVOID routine, const char *what)
{
    check_sendable(device, irp);
    struct irp_record *r = take_location(device, irp);
    int index = irp->CurrentLocation;
    unsigned generation = r->location[index].generation;
    if (what == NULL)
        what = dispatch_name(irp_current(irp));
    uintptr_t arguments[] = {(uintptr_t)device, (uintptr_t)irp};
    r->calls++;
    NTSTATUS status = (NTSTATUS)nt_call(what, routine, 2, arguments);
    r->calls--;
    dispatch_returned(r, index, generation, status, what);
    release(r);
    return status;
}

NTSTATUS irp_call(DEVICE_OBJECT *device, IRP *irp)
{
    const struct device_record *d = device_must_be(device, "IoCallDriver");
    check_sendable(device, irp);
    if (d->deleted)
        rule_broken("device-deleted", "IoCallDriver to the device object at %p, which was deleted", (void *)device);
    PVOID routine = device->DriverObject->MajorFunction[irp_next(irp)->MajorFunction % IRP_MJ_COUNT];
    return irp_call_routine(device, irp, routine, NULL);
}

/* ---- completion ---- */

static void check_completable(const IRP *irp, const struct irp_record *r)
{
    if (r == NULL || irp->CurrentLocation > irp->StackCount)
        rule_broken("irp-completed-twice", "IoCompleteRequest of the IRP at %p, which %s", (const void *)irp,
                    r == NULL ? "was completed before (or never was one)" : "was completed before");
    if (irp->IoStatus.Status == STATUS_PENDING || irp->IoStatus.Status == -1)
        rule_broken("irp-status", "IoCompleteRequest with IoStatus.Status %#x, which is no final status",
                    (unsigned)irp->IoStatus.Status);
    if (irp->CancelRoutine != NULL)
        rule_broken("irp-cancel", "IoCompleteRequest of an IRP that still has a cancel routine");
    if (spin_held_count() > 0)
        rule_broken("irp-completed-with-lock",
                    "IoCompleteRequest with a spin lock held: a completion routine may want the same lock");
}

static bool wants_completion(const IRP *irp, const IO_STACK_LOCATION *at)
{
    unsigned wanted = NT_SUCCESS(irp->IoStatus.Status) ? SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR;
    if (irp->Cancel)
        wanted |= SL_INVOKE_ON_CANCEL;
    return at->CompletionRoutine != NULL && (at->Control & wanted) != 0;
}

/* The completion routine in a location belongs to the driver of the next higher one. True: that driver keeps the IRP,
 * and only it knows what has become of it. */
static bool call_completion(IRP *irp, PVOID routine, PVOID context)
{
    DEVICE_OBJECT *device = irp->CurrentLocation <= irp->StackCount ? irp_current(irp)->DeviceObject : NULL;
    uintptr_t arguments[] = {(uintptr_t)device, (uintptr_t)irp, (uintptr_t)context};
    NTSTATUS status = (NTSTATUS)nt_call("a completion routine", routine, 3, arguments);
    return status == STATUS_MORE_PROCESSING_REQUIRED;
}

static void pop_location(IRP *irp, struct irp_record *r)
{
    struct irp_location *l = &r->location[(int)irp->CurrentLocation];
    IO_STACK_LOCATION *at = irp_current(irp);
    l->completed = true;
    l->marked = (at->Control & SL_PENDING_RETURNED) != 0;
    l->status = irp->IoStatus.Status;
    irp->PendingReturned = l->marked;
    compare(l, dispatch_name(at));
    irp->CurrentLocation++;
    irp->Tail.Overlay.CurrentStackLocation++;
}

void irp_complete(IRP *irp)
{
    struct irp_record *r = irp_record(irp);
    check_completable(irp, r);
    while (irp->CurrentLocation <= irp->StackCount) {
        IO_STACK_LOCATION *at = irp_current(irp);
        bool wanted = wants_completion(irp, at);
        PVOID routine = at->CompletionRoutine, context = at->Context;
        pop_location(irp, r);
        if (irp->CurrentLocation > irp->StackCount)
            r->sent = false;
        at->CompletionRoutine = NULL;
        if (wanted) {
            if (call_completion(irp, routine, context))
                return;
        } else if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount) {
            irp_mark_pending(irp);
        }
    }
    irp_finish(irp, r);
}
