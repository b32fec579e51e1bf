/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Registration of minidrivers, AddDevice, and the dispatch routines that stand in for theirs. Pages
 * HidRegisterMinidriver, HID_MINIDRIVER_REGISTRATION, HID_DEVICE_EXTENSION, "Binding Minidrivers to the HID Class".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hidclass_internal.h"
#include "nt_object.h"
#include "wdm_internal.h"

static struct hid_minidriver *minidrivers;
static struct hidclass_device *devices;
static struct hid_pdo *pdos[HID_COLLECTIONS_MAX * 4];

struct hidclass_device *hidclass_of_fdo(const DEVICE_OBJECT *fdo)
{
    struct hidclass_device *d = devices;
    while (d != NULL && d->fdo != fdo)
        d = d->next;
    return d;
}

struct hidclass_device *hidclass_device_of(const devnode *node)
{
    struct hidclass_device *d = devices;
    while (d != NULL && d->pdo != node->pdo)
        d = d->next;
    return d;
}

struct hid_pdo *hidclass_pdo(const DEVICE_OBJECT *object)
{
    for (unsigned i = 0; i < sizeof(pdos) / sizeof(pdos[0]); i++) {
        if (pdos[i] != NULL && pdos[i]->object == object)
            return pdos[i];
    }
    return NULL;
}

struct hid_pdo *hidclass_pdo_create(struct hidclass_device *d, unsigned collection)
{
    struct hid_pdo *p = calloc(1, sizeof(*p));
    unsigned i = 0;
    while (i < sizeof(pdos) / sizeof(pdos[0]) && pdos[i] != NULL)
        i++;
    if (p == NULL || i == sizeof(pdos) / sizeof(pdos[0]))
        environment_failed("no room for another HID collection");
    device_create(d->fdo->DriverObject, 0, 0xb, 0, false, &p->object);
    p->object->Flags = DO_BUS_ENUMERATED_DEVICE | DO_DIRECT_IO | DO_POWER_PAGABLE;
    p->device = d;
    p->collection = collection;
    p->object->StackSize = (CHAR)(d->fdo->StackSize + 1); /* some requests go on to the minidriver */
    pdos[i] = p;
    return p;
}

void hidclass_pdo_free(struct hid_pdo *p)
{
    for (unsigned i = 0; i < sizeof(pdos) / sizeof(pdos[0]); i++) {
        if (pdos[i] == p)
            pdos[i] = NULL;
    }
    if (p->device != NULL)
        p->device->collection[p->collection] = NULL;
    device_delete(p->object);
    free(p);
}

NTSTATUS hidclass_finish(IRP *irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    irp_complete(irp);
    return status;
}

NTSTATUS hidclass_call(struct hidclass_device *d, IRP *irp)
{
    return irp_call_routine(d->fdo, irp, d->mini->dispatch[irp_next(irp)->MajorFunction], NULL);
}

/* ---- dispatch ---- */

static void pass_on(IRP *irp)
{
    IO_STACK_LOCATION *current = irp_current(irp), *next = irp_next(irp);
    memcpy(next, current, offsetof(IO_STACK_LOCATION, CompletionRoutine));
    next->Control = 0;
}

static NTSTATUS fdo_request(struct hidclass_device *d, IRP *irp)
{
    switch (irp_current(irp)->MajorFunction) {
    case IRP_MJ_PNP:
        return hidclass_fdo_pnp(d, irp);
    case IRP_MJ_POWER:
        return hidclass_fdo_power(d, irp);
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
    case IRP_MJ_SYSTEM_CONTROL:
        pass_on(irp);
        return hidclass_call(d, irp);
    default:
        return hidclass_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS pdo_request(struct hid_pdo *p, IRP *irp)
{
    switch (irp_current(irp)->MajorFunction) {
    case IRP_MJ_PNP:
        return hidclass_pdo_pnp(p, irp);
    case IRP_MJ_POWER:
        return hidclass_finish(irp, STATUS_SUCCESS, 0);
    case IRP_MJ_SYSTEM_CONTROL:
        return hidclass_finish(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    default:
        return hidclass_file_request(p, irp);
    }
}

static NTSTATUS NTAPI dispatch(DEVICE_OBJECT *device, IRP *irp)
{
    struct hidclass_device *d = hidclass_of_fdo(device);
    struct hid_pdo *p = hidclass_pdo(device);
    if (d != NULL)
        return fdo_request(d, irp);
    if (p != NULL)
        return pdo_request(p, irp);
    rule_broken("hid-register", "a request to the device object at %p, which the minidriver created itself",
                (void *)device);
}

/* ---- AddDevice ---- */

static struct hid_minidriver *minidriver_of(const DRIVER_OBJECT *object)
{
    struct hid_minidriver *m = minidrivers;
    while (m != NULL && m->object != object)
        m = m->next;
    return m;
}

void hidclass_device_free(struct hidclass_device *d)
{
    const HID_DEVICE_EXTENSION *e = d->extension;
    if (e->PhysicalDeviceObject != d->pdo || e->NextDeviceObject != d->lower ||
        e->MiniDeviceExtension != d->mini_extension)
        rule_broken("hid-extension", "the minidriver changed HID_DEVICE_EXTENSION, which is HIDCLASS's");
    for (struct hidclass_device **link = &devices; *link != NULL; link = &(*link)->next) {
        if (*link == d) {
            *link = d->next;
            break;
        }
    }
    device_detach(d->lower);
    device_delete(d->fdo);
    if (d->mini_extension != NULL) {
        object_check_free(d->mini_extension, ram_size(d->mini_extension));
        ram_free(d->mini_extension);
    }
    free(d->descriptor);
    free(d);
}

/* The minidriver's part of the extension is an allocation of its own, so that writing past its end faults. */
static NTSTATUS NTAPI add_device(DRIVER_OBJECT *driver, DEVICE_OBJECT *pdo)
{
    struct hid_minidriver *m = minidriver_of(driver);
    struct hidclass_device *d = calloc(1, sizeof(*d));
    if (d == NULL)
        environment_failed("no memory for a HID device");
    device_create(driver, sizeof(HID_DEVICE_EXTENSION), 0xb, 0, false, &d->fdo);
    d->mini = m;
    d->pdo = pdo;
    d->lower = device_attach(d->fdo, pdo);
    d->fdo->StackSize++; /* the minidriver has a stack location of its own for the same device object */
    if (m->extension_bytes != 0) {
        d->mini_extension = ram_alloc(m->extension_bytes, 0, "MiniDeviceExtension");
        memset(d->mini_extension, 0, m->extension_bytes);
    }
    d->extension = d->fdo->DeviceExtension;
    *d->extension = (HID_DEVICE_EXTENSION){pdo, d->lower, d->mini_extension};
    d->next = devices;
    devices = d;
    uintptr_t arguments[] = {(uintptr_t)driver, (uintptr_t)d->fdo};
    NTSTATUS status = (NTSTATUS)nt_call("the minidriver's AddDevice", m->add_device, 2, arguments);
    if (!NT_SUCCESS(status)) {
        hidclass_device_free(d);
        return status;
    }
    d->fdo->Flags &= ~DO_DEVICE_INITIALIZING;
    d->fdo->Flags |= DO_POWER_PAGABLE;
    return status;
}

/* "The HID class driver's unload routine calls the minidriver's" */
static void NTAPI unload(DRIVER_OBJECT *driver)
{
    for (struct hid_minidriver **link = &minidrivers; *link != NULL; link = &(*link)->next) {
        struct hid_minidriver *m = *link;
        uintptr_t arguments[] = {(uintptr_t)driver};
        if (m->object != driver)
            continue;
        nt_call("DriverUnload", m->unload, 1, arguments);
        *link = m->next;
        free(m);
        return;
    }
}

/* ---- registration ---- */

static void check_entry_points(const DRIVER_OBJECT *o)
{
    static const UCHAR needed[] = {IRP_MJ_INTERNAL_DEVICE_CONTROL, IRP_MJ_PNP, IRP_MJ_POWER, IRP_MJ_SYSTEM_CONTROL};
    for (unsigned i = 0; i < sizeof(needed); i++) {
        if (o->MajorFunction[needed[i]] == irp_invalid_device_request)
            rule_broken("hid-register",
                        "HidRegisterMinidriver before the driver object has a dispatch routine for major function %#x: "
                        "HIDCLASS takes the entry points as they are now",
                        needed[i]);
    }
    if (o->DriverExtension->AddDevice == NULL || o->DriverUnload == NULL)
        rule_broken("hid-register", "HidRegisterMinidriver before AddDevice and DriverUnload are set");
}

static NTSTATUS NTAPI hid_register_minidriver(const HID_MINIDRIVER_REGISTRATION *r)
{
    api_enter("HidRegisterMinidriver", PASSIVE_LEVEL, PASSIVE_LEVEL);
    if (r->Revision > HID_REVISION)
        return (NTSTATUS)0xC0000059; /* STATUS_REVISION_MISMATCH */
    if (driver_call_current() == NULL || strcmp(driver_call_current(), "DriverEntry") != 0)
        rule_broken("hid-register", "HidRegisterMinidriver must be called by DriverEntry");
    if (r->Reserved[0] != 0 || r->Reserved[1] != 0 || r->Reserved[2] != 0)
        rule_broken("hid-register", "HID_MINIDRIVER_REGISTRATION must be zero-initialised");
    if (minidriver_of(r->DriverObject) != NULL)
        rule_broken("hid-register", "HidRegisterMinidriver a second time for the same driver object");
    check_entry_points(r->DriverObject);
    if (fail_point("hid-register"))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct hid_minidriver *m = calloc(1, sizeof(*m));
    if (m == NULL)
        environment_failed("no memory for a minidriver");
    DRIVER_OBJECT *o = r->DriverObject;
    *m = (struct hid_minidriver){.object = o,
                                 .extension_bytes = r->DeviceExtensionSize,
                                 .add_device = o->DriverExtension->AddDevice,
                                 .unload = o->DriverUnload,
                                 .next = minidrivers};
    memcpy(m->dispatch, o->MajorFunction, sizeof(m->dispatch));
    for (unsigned i = 0; i < IRP_MJ_COUNT; i++)
        o->MajorFunction[i] = HOST_DISPATCH(dispatch);
    o->DriverExtension->AddDevice = HOST_DISPATCH(add_device);
    o->DriverUnload = HOST_DISPATCH(unload);
    minidrivers = m;
    return STATUS_SUCCESS;
}

const struct hid_layout *hidclass_layout(const struct hidclass_device *d)
{
    return &d->layout;
}

const uint8_t *hidclass_descriptor(const struct hidclass_device *d, uint32_t *bytes)
{
    *bytes = d->descriptor_bytes;
    return d->descriptor;
}

const HID_DEVICE_ATTRIBUTES *hidclass_attributes(const struct hidclass_device *d)
{
    return &d->attributes;
}

const struct hidclass_counts *hidclass_counts(const struct hidclass_device *d)
{
    return &d->counts;
}

void hidclass_on_report(struct hidclass_device *d, void (*report)(void *context, const uint8_t *bytes, uint32_t length),
                        void *context)
{
    d->on_report = report;
    d->on_report_context = context;
}

static const struct export_entry entries[] = {
    EXPORT("HidRegisterMinidriver", hid_register_minidriver),
    EXPORT_END,
};

void hidclass_register(void)
{
    static const struct export_table table = {"hidclass.sys", entries};
    exports_register(&table);
}
