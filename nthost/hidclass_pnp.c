/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Plug and play of HIDCLASS: each request to the function device goes to the minidriver, which passes it down the stack
 * ("Plug and Play Support" for HID minidrivers). Collections are children, raw devices with the HID interface.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hidclass_internal.h"
#include "wdm_internal.h"

static const GUID interface_class = GUID_DEVINTERFACE_HID_VALUES;

/* ---- the function device ---- */

struct forwarded {
    bool done;
};

static NTSTATUS NTAPI forward_done(DEVICE_OBJECT *device, IRP *irp, PVOID context)
{
    (void)device;
    (void)irp;
    ((struct forwarded *)context)->done = true;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static bool is_done(void *context)
{
    return ((struct forwarded *)context)->done;
}

/* To the minidriver, and back when everybody below has finished with it. */
static NTSTATUS forward_and_wait(struct hidclass_device *d, IRP *irp)
{
    struct forwarded f = {false};
    memcpy(irp_next(irp), irp_current(irp), offsetof(IO_STACK_LOCATION, CompletionRoutine));
    irp_set_completion(irp, HOST_DISPATCH(forward_done), &f);
    hidclass_call(d, irp);
    thread_wait(is_done, &f, UINT64_MAX);
    return irp->IoStatus.Status;
}

static NTSTATUS start(struct hidclass_device *d, IRP *irp)
{
    NTSTATUS status = forward_and_wait(d, irp);
    if (!NT_SUCCESS(status)) {
        hidclass_fail("the minidriver's IRP_MN_START_DEVICE failed with %#x", (unsigned)status);
        return hidclass_finish(irp, status, 0);
    }
    if (!d->described && !hidclass_describe(d, &status))
        return hidclass_finish(irp, status, 0);
    for (unsigned i = 0; i < d->layout.collection_count; i++) {
        if (d->collection[i] == NULL)
            d->collection[i] = hidclass_pdo_create(d, i);
    }
    devnode_of_pdo(d->pdo)->relations_dirty = true;
    hidclass_pump_start(d);
    return hidclass_finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS relations(struct hidclass_device *d, IRP *irp)
{
    unsigned count = 0;
    if (irp_current(irp)->Parameters.QueryDeviceRelations.Type != 0) { /* BusRelations */
        NTSTATUS status = forward_and_wait(d, irp);
        return hidclass_finish(irp, status, irp->IoStatus.Information);
    }
    DEVICE_RELATIONS *r =
        ram_alloc(sizeof(*r) + HID_COLLECTIONS_MAX * sizeof(r->Objects[0]), 0, "DEVICE_RELATIONS of HIDCLASS");
    DEVICE_OBJECT **objects = (DEVICE_OBJECT **)(uintptr_t)r->Objects;
    for (unsigned i = 0; i < d->layout.collection_count; i++) {
        if (d->collection[i] == NULL)
            continue;
        device_reference(d->collection[i]->object);
        objects[count++] = d->collection[i]->object;
    }
    r->Count = count;
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = (ULONG_PTR)r;
    NTSTATUS status = forward_and_wait(d, irp);
    return hidclass_finish(irp, status, (ULONG_PTR)r);
}

static void files_fail(struct hidclass_device *d, NTSTATUS status)
{
    for (unsigned i = 0; i < d->layout.collection_count; i++) {
        if (d->collection[i] != NULL)
            hidclass_files_fail(d->collection[i], status);
    }
}

static NTSTATUS stop(struct hidclass_device *d, IRP *irp, const char *why)
{
    hidclass_pump_stop(d, why);
    NTSTATUS status = forward_and_wait(d, irp);
    return hidclass_finish(irp, status, 0);
}

/* Whether the reads are cancelled before or after the minidriver hears of the removal depends on what HIDCLASS was at
 * just then; so does the seed. */
static NTSTATUS surprise(struct hidclass_device *d, IRP *irp)
{
    bool first = cpu_random() % 2 == 0;
    if (first)
        hidclass_pump_stop(d, "IRP_MN_SURPRISE_REMOVAL");
    d->running = false;
    NTSTATUS status = forward_and_wait(d, irp);
    if (!first)
        hidclass_pump_stop(d, "IRP_MN_SURPRISE_REMOVAL");
    files_fail(d, STATUS_DEVICE_NOT_CONNECTED);
    return hidclass_finish(irp, status, 0);
}

/* Collections that programs still hold open outlive the function device. */
static NTSTATUS remove_device(struct hidclass_device *d, IRP *irp)
{
    hidclass_wake(d);
    hidclass_pump_stop(d, "IRP_MN_REMOVE_DEVICE");
    files_fail(d, STATUS_DEVICE_NOT_CONNECTED);
    NTSTATUS status = forward_and_wait(d, irp);
    for (unsigned i = 0; i < d->layout.collection_count; i++) {
        if (d->collection[i] != NULL)
            d->collection[i]->device = NULL;
    }
    hidclass_device_free(d);
    return hidclass_finish(irp, status, 0);
}

NTSTATUS hidclass_fdo_pnp(struct hidclass_device *d, IRP *irp)
{
    NTSTATUS status;
    switch (irp_current(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start(d, irp);
    case IRP_MN_QUERY_DEVICE_RELATIONS:
        return relations(d, irp);
    case IRP_MN_STOP_DEVICE:
        return stop(d, irp, "IRP_MN_STOP_DEVICE");
    case IRP_MN_SURPRISE_REMOVAL:
        return surprise(d, irp);
    case IRP_MN_REMOVE_DEVICE:
        return remove_device(d, irp);
    default:
        status = forward_and_wait(d, irp);
        return hidclass_finish(irp, status, irp->IoStatus.Information);
    }
}

/* ---- collections ---- */

static void set_interface(struct hid_pdo *p, bool on)
{
    if (on && !p->started)
        interface_enable(&interface_class, p->object);
    if (!on && p->started)
        interface_disable(p->object);
    p->started = on;
}

static NTSTATUS query_id(struct hid_pdo *p, IRP *irp)
{
    enum { DEVICE_ID, HARDWARE_IDS, COMPATIBLE_IDS, INSTANCE_ID };
    char text[96];
    unsigned type = irp_current(irp)->Parameters.QueryId.IdType, length;
    if (type == COMPATIBLE_IDS || type > INSTANCE_ID || p->device == NULL)
        return hidclass_finish(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    const HID_DEVICE_ATTRIBUTES *a = &p->device->attributes;
    if (type == INSTANCE_ID)
        snprintf(text, sizeof(text), "%04u", p->collection);
    else
        snprintf(text, sizeof(text), "HID\\VEN_%04X&DEV_%04X&COL%02u", a->VendorID, a->ProductID, p->collection + 1);
    length = (unsigned)strlen(text);
    WCHAR *wide = ram_alloc((length + 2) * sizeof(WCHAR), 0, "pool of an IRP_MN_QUERY_ID");
    for (unsigned i = 0; i < length + 2; i++)
        wide[i] = i < length ? (UCHAR)text[i] : 0;
    return hidclass_finish(irp, STATUS_SUCCESS, (ULONG_PTR)wide);
}

NTSTATUS hidclass_pdo_pnp(struct hid_pdo *p, IRP *irp)
{
    switch (irp_current(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        set_interface(p, true);
        return hidclass_finish(irp, STATUS_SUCCESS, 0);
    case IRP_MN_SURPRISE_REMOVAL:
        set_interface(p, false);
        p->removed = true;
        hidclass_files_fail(p, STATUS_DEVICE_NOT_CONNECTED);
        return hidclass_finish(irp, STATUS_SUCCESS, 0);
    case IRP_MN_REMOVE_DEVICE: {
        set_interface(p, false);
        p->removed = true;
        hidclass_files_fail(p, STATUS_DEVICE_NOT_CONNECTED);
        NTSTATUS status = hidclass_finish(irp, STATUS_SUCCESS, 0);
        p->delete_at_close = true;
        if (p->opens == 0)
            hidclass_pdo_free(p);
        return status;
    }
    case IRP_MN_QUERY_CAPABILITIES:
        irp_current(irp)->Parameters.DeviceCapabilities.Capabilities->Flags |=
            CAPABILITY_RAW | CAPABILITY_SILENT_INSTALL;
        return hidclass_finish(irp, STATUS_SUCCESS, 0);
    case IRP_MN_QUERY_ID:
        return query_id(p, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        return hidclass_finish(irp, STATUS_SUCCESS, 0);
    default:
        return hidclass_finish(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    }
}
