/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Programs at a collection: opening, reading through a ring of reports per handle, writing, and the IOCTLs of
 * hidclass.h ("Obtaining HID Reports", "Sending HID Reports"). Reads and writes are direct I/O.
 */
#include <stdlib.h>
#include <string.h>

#include "hidclass_internal.h"

#define STATUS_INVALID_BUFFER_SIZE ((NTSTATUS)0xC0000206)
#define STATUS_INVALID_USER_BUFFER ((NTSTATUS)0xC00000E8)

static void *mdl_bytes(const IRP *irp)
{
    return irp->MdlAddress != NULL ? (uint8_t *)irp->MdlAddress->StartVa + irp->MdlAddress->ByteOffset : NULL;
}

static struct hid_file *file_of(struct hid_pdo *p, const FILE_OBJECT *object)
{
    struct hid_file *f = p->files;
    while (f != NULL && f->object != object)
        f = f->next;
    return f;
}

/* ---- reports to handles ---- */

static void complete_read(IRP *irp, const uint8_t *report, uint32_t bytes)
{
    memcpy(mdl_bytes(irp), report, bytes);
    hidclass_finish(irp, STATUS_SUCCESS, bytes);
}

static IRP *take_waiting(struct hid_file *f)
{
    IRP *irp = f->first;
    if (irp == NULL)
        return NULL;
    irp->CancelRoutine = NULL;
    f->first = irp->Tail.Overlay.DriverContext[0];
    if (f->first == NULL)
        f->last = NULL;
    return irp;
}

static void ring_put(struct hid_file *f, const uint8_t *report, uint32_t bytes)
{
    struct hid_ring *r = &f->ring;
    if (r->count == r->size) { /* "When the ring buffer is full, the oldest report is lost" */
        free(r->bytes[r->first]);
        r->first = (r->first + 1) % HID_RING_MAX;
        r->count--;
        if (f->pdo->device != NULL)
            f->pdo->device->counts.dropped_reports++;
    }
    unsigned at = (r->first + r->count++) % HID_RING_MAX;
    r->bytes[at] = malloc(bytes);
    if (r->bytes[at] == NULL)
        environment_failed("no memory for a report");
    memcpy(r->bytes[at], report, bytes);
    r->length[at] = bytes;
}

static void ring_drop(struct hid_ring *r)
{
    free(r->bytes[r->first]);
    r->first = (r->first + 1) % HID_RING_MAX;
    r->count--;
}

void hidclass_deliver(struct hid_pdo *p, const uint8_t *report, uint32_t bytes)
{
    for (struct hid_file *f = p->files; f != NULL; f = f->next) {
        IRP *irp = take_waiting(f);
        if (irp != NULL)
            complete_read(irp, report, bytes);
        else
            ring_put(f, report, bytes);
    }
}

void hidclass_files_fail(struct hid_pdo *p, NTSTATUS status)
{
    for (struct hid_file *f = p->files; f != NULL; f = f->next) {
        IRP *irp;
        while ((irp = take_waiting(f)) != NULL)
            hidclass_finish(irp, status, 0);
    }
}

static void NTAPI cancel_read(DEVICE_OBJECT *device, IRP *irp)
{
    struct hid_file *f = file_of(hidclass_pdo(device), irp_current(irp)->FileObject);
    IRP *before = NULL;
    irp_cancel_unlock(irp);
    for (IRP *at = f->first; at != NULL; before = at, at = at->Tail.Overlay.DriverContext[0]) {
        if (at != irp)
            continue;
        if (before != NULL)
            before->Tail.Overlay.DriverContext[0] = irp->Tail.Overlay.DriverContext[0];
        else
            f->first = irp->Tail.Overlay.DriverContext[0];
        if (f->last == irp)
            f->last = before;
        break;
    }
    hidclass_finish(irp, STATUS_CANCELLED, 0);
}

static NTSTATUS read_report(struct hid_pdo *p, IRP *irp)
{
    struct hid_file *f = file_of(p, irp_current(irp)->FileObject);
    uint32_t longest = p->device->layout.collection[p->collection].longest[HID_INPUT];
    if (longest == 0 || irp_current(irp)->Parameters.Read.Length < longest)
        return hidclass_finish(irp, STATUS_INVALID_BUFFER_SIZE, 0);
    if (f->ring.count != 0) {
        uint32_t bytes = f->ring.length[f->ring.first];
        memcpy(mdl_bytes(irp), f->ring.bytes[f->ring.first], bytes);
        ring_drop(&f->ring);
        return hidclass_finish(irp, STATUS_SUCCESS, bytes);
    }
    irp_mark_pending(irp);
    irp->Tail.Overlay.DriverContext[0] = NULL;
    if (f->last != NULL)
        f->last->Tail.Overlay.DriverContext[0] = irp;
    else
        f->first = irp;
    f->last = irp;
    irp->CancelRoutine = HOST_DISPATCH(cancel_read);
    return STATUS_PENDING;
}

/* ---- opening ---- */

static NTSTATUS open_file(struct hid_pdo *p, IRP *irp)
{
    struct hid_file *f = calloc(1, sizeof(*f));
    if (f == NULL)
        environment_failed("no memory for a HID handle");
    f->object = irp_current(irp)->FileObject;
    f->pdo = p;
    f->ring.size = HID_RING_DEFAULT;
    f->next = p->files;
    p->files = f;
    if (p->opens++ == 0) /* minidrivers that have nothing to activate answer STATUS_NOT_SUPPORTED */
        hidclass_neither(p->device, IOCTL_HID_ACTIVATE_DEVICE, (PVOID)(uintptr_t)(p->collection + 1), NULL, 0, NULL);
    return hidclass_finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS cleanup_file(struct hid_pdo *p, IRP *irp)
{
    struct hid_file *f = file_of(p, irp_current(irp)->FileObject);
    IRP *waiting;
    while ((waiting = take_waiting(f)) != NULL)
        hidclass_finish(waiting, STATUS_CANCELLED, 0);
    return hidclass_finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS close_file(struct hid_pdo *p, IRP *irp)
{
    for (struct hid_file **link = &p->files; *link != NULL; link = &(*link)->next) {
        struct hid_file *f = *link;
        if (f->object != irp_current(irp)->FileObject)
            continue;
        *link = f->next;
        while (f->ring.count != 0)
            ring_drop(&f->ring);
        free(f);
        break;
    }
    if (--p->opens == 0 && p->device != NULL && !p->removed)
        hidclass_neither(p->device, IOCTL_HID_DEACTIVATE_DEVICE, (PVOID)(uintptr_t)(p->collection + 1), NULL, 0, NULL);
    hidclass_finish(irp, STATUS_SUCCESS, 0);
    if (p->opens == 0 && p->delete_at_close)
        hidclass_pdo_free(p);
    return STATUS_SUCCESS;
}

/* ---- reports to and from the device ---- */

/* What a program sends begins with the report's ID, or with 0; the minidriver gets the ID byte only where there are
 * IDs. */
static NTSTATUS transfer(struct hid_pdo *p, IRP *irp, ULONG code, enum hid_report_kind kind, uint8_t *report,
                         ULONG bytes)
{
    struct hidclass_device *d = p->device;
    ULONG_PTR information = 0;
    if (report == NULL || bytes == 0)
        return hidclass_finish(irp, STATUS_INVALID_USER_BUFFER, 0);
    const struct hid_report *r = hid_find_report(&d->layout, kind, report[0]);
    if (r == NULL || r->collection != p->collection)
        return hidclass_finish(irp, STATUS_INVALID_PARAMETER, 0);
    uint32_t wire = hid_report_bytes(&d->layout, r), skip = d->layout.has_ids ? 0 : 1;
    if (bytes < wire + skip)
        return hidclass_finish(irp, STATUS_INVALID_BUFFER_SIZE, 0);
    NTSTATUS status = hidclass_transfer(d, code, report[0], report + skip, wire, &information);
    return hidclass_finish(irp, status, NT_SUCCESS(status) ? information + skip : 0);
}

static NTSTATUS get_string(struct hid_pdo *p, IRP *irp, ULONG id)
{
    ULONG bytes = irp_current(irp)->Parameters.DeviceIoControl.OutputBufferLength;
    ULONG_PTR information = 0;
    if (mdl_bytes(irp) == NULL)
        return hidclass_finish(irp, STATUS_INVALID_USER_BUFFER, 0);
    NTSTATUS status = hidclass_neither(p->device, IOCTL_HID_GET_STRING, (PVOID)(uintptr_t)(0x0409u << 16 | id),
                                       mdl_bytes(irp), bytes, &information);
    return hidclass_finish(irp, status, NT_SUCCESS(status) ? information : 0);
}

/* The minidriver gets the program's own buffer, by its MDL. */
static NTSTATUS NTAPI indexed_done(DEVICE_OBJECT *device, IRP *irp, PVOID context)
{
    (void)device;
    (void)context;
    if (irp->PendingReturned)
        irp_mark_pending(irp);
    return STATUS_SUCCESS;
}

static NTSTATUS get_indexed_string(struct hid_pdo *p, IRP *irp)
{
    ULONG index = 0;
    if (irp->MdlAddress == NULL || irp_current(irp)->Parameters.DeviceIoControl.InputBufferLength < sizeof(index))
        return hidclass_finish(irp, STATUS_INVALID_USER_BUFFER, 0);
    memcpy(&index, irp->AssociatedIrp.SystemBuffer, sizeof(index));
    *irp_next(irp) = (IO_STACK_LOCATION){.MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL};
    irp_next(irp)->Parameters.DeviceIoControl.IoControlCode = IOCTL_HID_GET_INDEXED_STRING;
    irp_next(irp)->Parameters.DeviceIoControl.OutputBufferLength =
        irp_current(irp)->Parameters.DeviceIoControl.OutputBufferLength;
    irp_next(irp)->Parameters.DeviceIoControl.Type3InputBuffer = (PVOID)(uintptr_t)(0x0409u << 16 | (index & 0xffff));
    irp_set_completion(irp, HOST_DISPATCH(indexed_done), NULL);
    return hidclass_call(p->device, irp);
}

static NTSTATUS collection_information(struct hid_pdo *p, IRP *irp)
{
    HID_COLLECTION_INFORMATION *i = irp->AssociatedIrp.SystemBuffer;
    const HID_DEVICE_ATTRIBUTES *a = &p->device->attributes;
    if (irp_current(irp)->Parameters.DeviceIoControl.OutputBufferLength < sizeof(*i))
        return hidclass_finish(irp, STATUS_BUFFER_TOO_SMALL, 0);
    *i = (HID_COLLECTION_INFORMATION){.DescriptorSize = p->device->descriptor_bytes,
                                      .VendorID = a->VendorID,
                                      .ProductID = a->ProductID,
                                      .VersionNumber = a->VersionNumber};
    return hidclass_finish(irp, STATUS_SUCCESS, sizeof(*i));
}

/* The preparsed data of this class driver is the report descriptor itself: hidparse.sys makes sense of it. */
static NTSTATUS collection_descriptor(struct hid_pdo *p, IRP *irp)
{
    if (irp->UserBuffer == NULL ||
        irp_current(irp)->Parameters.DeviceIoControl.OutputBufferLength < p->device->descriptor_bytes)
        return hidclass_finish(irp, STATUS_INVALID_BUFFER_SIZE, 0);
    memcpy(irp->UserBuffer, p->device->descriptor, p->device->descriptor_bytes);
    return hidclass_finish(irp, STATUS_SUCCESS, p->device->descriptor_bytes);
}

static NTSTATUS flush_queue(struct hid_pdo *p, IRP *irp)
{
    struct hid_file *f = file_of(p, irp_current(irp)->FileObject);
    while (f->ring.count != 0)
        ring_drop(&f->ring);
    return hidclass_finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS get_buffers(struct hid_pdo *p, IRP *irp)
{
    ULONG size = file_of(p, irp_current(irp)->FileObject)->ring.size;
    if (irp_current(irp)->Parameters.DeviceIoControl.OutputBufferLength < sizeof(size))
        return hidclass_finish(irp, STATUS_BUFFER_TOO_SMALL, 0);
    memcpy(irp->AssociatedIrp.SystemBuffer, &size, sizeof(size));
    return hidclass_finish(irp, STATUS_SUCCESS, sizeof(size));
}

static NTSTATUS set_buffers(struct hid_pdo *p, IRP *irp)
{
    struct hid_ring *r = &file_of(p, irp_current(irp)->FileObject)->ring;
    ULONG size = 0;
    if (irp_current(irp)->Parameters.DeviceIoControl.InputBufferLength == sizeof(size))
        memcpy(&size, irp->AssociatedIrp.SystemBuffer, sizeof(size));
    if (size < HID_RING_MIN || size > HID_RING_MAX)
        return hidclass_finish(irp, STATUS_INVALID_PARAMETER, 0);
    while (r->count > size)
        ring_drop(r);
    r->size = size;
    return hidclass_finish(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS device_control(struct hid_pdo *p, IRP *irp)
{
    IO_STACK_LOCATION *at = irp_current(irp);
    ULONG code = at->Parameters.DeviceIoControl.IoControlCode;
    ULONG in = at->Parameters.DeviceIoControl.InputBufferLength,
          out = at->Parameters.DeviceIoControl.OutputBufferLength;
    uint8_t *system = in != 0 ? irp->AssociatedIrp.SystemBuffer : NULL;
    switch (code) {
    case IOCTL_HID_GET_COLLECTION_INFORMATION:
        return collection_information(p, irp);
    case IOCTL_HID_GET_COLLECTION_DESCRIPTOR:
        return collection_descriptor(p, irp);
    case IOCTL_GET_NUM_DEVICE_INPUT_BUFFERS:
        return get_buffers(p, irp);
    case IOCTL_SET_NUM_DEVICE_INPUT_BUFFERS:
        return set_buffers(p, irp);
    case IOCTL_HID_FLUSH_QUEUE:
        return flush_queue(p, irp);
    case IOCTL_HID_SET_FEATURE:
        return transfer(p, irp, code, HID_FEATURE, system, in);
    case IOCTL_HID_SET_OUTPUT_REPORT:
        return transfer(p, irp, code, HID_OUTPUT, system, in);
    case IOCTL_HID_GET_FEATURE:
        return transfer(p, irp, code, HID_FEATURE, mdl_bytes(irp), out);
    case IOCTL_HID_GET_INPUT_REPORT:
        return transfer(p, irp, code, HID_INPUT, mdl_bytes(irp), out);
    case IOCTL_HID_GET_MANUFACTURER_STRING:
        return get_string(p, irp, HID_STRING_ID_IMANUFACTURER);
    case IOCTL_HID_GET_PRODUCT_STRING:
        return get_string(p, irp, HID_STRING_ID_IPRODUCT);
    case IOCTL_HID_GET_SERIALNUMBER_STRING:
        return get_string(p, irp, HID_STRING_ID_ISERIALNUMBER);
    case IOCTL_HID_GET_INDEXED_STRING:
        return get_indexed_string(p, irp);
    default:
        return hidclass_finish(irp, STATUS_NOT_SUPPORTED, 0);
    }
}

NTSTATUS hidclass_file_request(struct hid_pdo *p, IRP *irp)
{
    IO_STACK_LOCATION *at = irp_current(irp);
    bool gone = p->removed || p->device == NULL || !p->started;
    switch (at->MajorFunction) {
    case IRP_MJ_CLEANUP:
        return cleanup_file(p, irp);
    case IRP_MJ_CLOSE:
        return close_file(p, irp);
    default:
        break;
    }
    if (gone)
        return hidclass_finish(irp, STATUS_DEVICE_NOT_CONNECTED, 0);
    switch (at->MajorFunction) {
    case IRP_MJ_CREATE:
        return open_file(p, irp);
    case IRP_MJ_READ:
        return read_report(p, irp);
    case IRP_MJ_WRITE:
        return transfer(p, irp, IOCTL_HID_WRITE_REPORT, HID_OUTPUT, mdl_bytes(irp), at->Parameters.Read.Length);
    case IRP_MJ_DEVICE_CONTROL:
        return device_control(p, irp);
    default:
        return hidclass_finish(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
