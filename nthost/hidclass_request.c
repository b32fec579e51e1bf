/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Requests of HIDCLASS to a minidriver that it waits for, and what it asks of a device at its start. Pages of the
 * IOCTLs of hidport.h; "Irp->UserBuffer" is HIDCLASS's own resident memory.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hidclass_internal.h"

enum { TYPE_HID = 0x21, TYPE_REPORT = 0x22 };

static char failure[192];

const char *hidclass_failure(void)
{
    return failure[0] != '\0' ? failure : NULL;
}

void hidclass_fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(failure, sizeof(failure), format, list);
    va_end(list);
}

static NTSTATUS run(struct hidclass_device *d, struct host_request *r, ULONG_PTR *information)
{
    irp_set_completion(r->irp, host_request_completion(), r);
    hidclass_call(d, r->irp);
    NTSTATUS status = host_request_wait(r, UINT64_MAX);
    if (information != NULL)
        *information = r->result.Information;
    return status;
}

static void prepare(struct hidclass_device *d, struct host_request *r, ULONG code)
{
    memset(r, 0, sizeof(*r));
    host_request_prepare(r, d->fdo, IRP_MJ_INTERNAL_DEVICE_CONTROL, 0);
    r->irp->IoStatus.Status = STATUS_SUCCESS;
    irp_next(r->irp)->Parameters.DeviceIoControl.IoControlCode = code;
}

NTSTATUS hidclass_neither(struct hidclass_device *d, ULONG code, PVOID type3, void *out, ULONG out_bytes,
                          ULONG_PTR *information)
{
    struct host_request r;
    prepare(d, &r, code);
    irp_next(r.irp)->Parameters.DeviceIoControl.OutputBufferLength = out_bytes;
    irp_next(r.irp)->Parameters.DeviceIoControl.Type3InputBuffer = type3;
    r.irp->UserBuffer = out;
    NTSTATUS status = run(d, &r, information);
    if (NT_SUCCESS(status) && r.result.Information > out_bytes)
        rule_broken("hid-information", "IOCTL %#x with a buffer of %u bytes is completed with IoStatus.Information %zu",
                    (unsigned)code, (unsigned)out_bytes, (size_t)r.result.Information);
    return status;
}

/* WRITE_REPORT, SET_OUTPUT_REPORT, GET/SET_FEATURE, GET_INPUT_REPORT: a HID_XFER_PACKET in UserBuffer. */
NTSTATUS hidclass_transfer(struct hidclass_device *d, ULONG code, uint8_t id, uint8_t *report, ULONG bytes,
                           ULONG_PTR *information)
{
    struct host_request r;
    bool in = code == IOCTL_HID_GET_FEATURE || code == IOCTL_HID_GET_INPUT_REPORT;
    HID_XFER_PACKET *packet = ram_alloc(sizeof(*packet), 0, "HID_XFER_PACKET");
    uint8_t *memory = ram_alloc(bytes, 0, "a report to or from the minidriver");
    memcpy(memory, report, bytes);
    *packet = (HID_XFER_PACKET){memory, bytes, id};
    prepare(d, &r, code);
    *(in ? &irp_next(r.irp)->Parameters.DeviceIoControl.OutputBufferLength
         : &irp_next(r.irp)->Parameters.DeviceIoControl.InputBufferLength) = sizeof(*packet);
    r.irp->UserBuffer = packet;
    NTSTATUS status = run(d, &r, information);
    if (NT_SUCCESS(status) && r.result.Information > bytes)
        rule_broken("hid-information", "IOCTL %#x of a report of %u bytes is completed with IoStatus.Information %zu",
                    (unsigned)code, (unsigned)bytes, (size_t)r.result.Information);
    if (in)
        memcpy(report, memory, bytes);
    ram_free(memory);
    ram_free(packet);
    return status;
}

/* ---- the start ---- */

static bool get_device_descriptor(struct hidclass_device *d, HID_DESCRIPTOR *descriptor, NTSTATUS *status)
{
    ULONG_PTR information = 0;
    void *memory = ram_alloc(sizeof(*descriptor), 0, "HID descriptor");
    *status = hidclass_neither(d, IOCTL_HID_GET_DEVICE_DESCRIPTOR, NULL, memory, sizeof(*descriptor), &information);
    memcpy(descriptor, memory, sizeof(*descriptor));
    ram_free(memory);
    if (!NT_SUCCESS(*status)) {
        hidclass_fail("IOCTL_HID_GET_DEVICE_DESCRIPTOR failed with %#x", (unsigned)*status);
        return false;
    }
    if (information != sizeof(*descriptor) || descriptor->bLength != sizeof(*descriptor) ||
        descriptor->bDescriptorType != TYPE_HID || descriptor->bNumDescriptors != 1 ||
        descriptor->bReportType != TYPE_REPORT || descriptor->wReportLength == 0)
        rule_broken("hid-descriptor",
                    "the HID descriptor (HID 1.11, 6.2.1): Information %zu, bLength %u, type %#x, %u descriptors, the "
                    "first of type %#x and %u bytes",
                    (size_t)information, descriptor->bLength, descriptor->bDescriptorType, descriptor->bNumDescriptors,
                    descriptor->bReportType, descriptor->wReportLength);
    return true;
}

static bool get_attributes(struct hidclass_device *d, NTSTATUS *status)
{
    ULONG_PTR information = 0;
    void *memory = ram_alloc(sizeof(d->attributes), 0, "HID_DEVICE_ATTRIBUTES");
    memset(memory, 0, sizeof(d->attributes));
    *status = hidclass_neither(d, IOCTL_HID_GET_DEVICE_ATTRIBUTES, NULL, memory, sizeof(d->attributes), &information);
    memcpy(&d->attributes, memory, sizeof(d->attributes));
    ram_free(memory);
    if (!NT_SUCCESS(*status)) {
        hidclass_fail("IOCTL_HID_GET_DEVICE_ATTRIBUTES failed with %#x", (unsigned)*status);
        return false;
    }
    if (d->attributes.Size != sizeof(d->attributes) || information != sizeof(d->attributes))
        rule_broken("hid-descriptor", "HID_DEVICE_ATTRIBUTES: Size %u, Information %zu; both must be %zu",
                    (unsigned)d->attributes.Size, (size_t)information, sizeof(d->attributes));
    return true;
}

static bool get_report_descriptor(struct hidclass_device *d, uint32_t bytes, NTSTATUS *status)
{
    ULONG_PTR information = 0;
    void *memory = ram_alloc(bytes, 0, "report descriptor");
    memset(memory, 0, bytes);
    *status = hidclass_neither(d, IOCTL_HID_GET_REPORT_DESCRIPTOR, NULL, memory, bytes, &information);
    free(d->descriptor);
    d->descriptor = malloc(bytes);
    if (d->descriptor == NULL)
        environment_failed("no memory for a report descriptor");
    memcpy(d->descriptor, memory, bytes);
    d->descriptor_bytes = bytes;
    ram_free(memory);
    if (!NT_SUCCESS(*status)) {
        hidclass_fail("IOCTL_HID_GET_REPORT_DESCRIPTOR failed with %#x", (unsigned)*status);
        return false;
    }
    if (information != bytes)
        rule_broken("hid-descriptor", "the report descriptor has %zu bytes; the HID descriptor promises %u",
                    (size_t)information, (unsigned)bytes);
    return true;
}

bool hidclass_describe(struct hidclass_device *d, NTSTATUS *status)
{
    HID_DESCRIPTOR descriptor;
    char error[HID_ERROR_BYTES];
    if (!get_device_descriptor(d, &descriptor, status) || !get_attributes(d, status) ||
        !get_report_descriptor(d, descriptor.wReportLength, status))
        return false;
    if (!hid_parse(d->descriptor, d->descriptor_bytes, &d->layout, error))
        rule_broken("hid-descriptor", "the report descriptor, %s", error);
    d->longest_input = 0;
    for (unsigned i = 0; i < d->layout.report_count; i++) {
        uint32_t bytes = hid_report_bytes(&d->layout, &d->layout.report[i]);
        if (d->layout.report[i].kind == HID_INPUT && bytes > d->longest_input)
            d->longest_input = bytes;
    }
    d->described = true;
    return true;
}

/* ---- idle notification, internal requests ---- */

static struct hidclass_device *idling;

static void NTAPI idle_callback(PVOID context)
{
    (void)context;
    if (idling != NULL && idling->idle_called != NULL)
        ++*idling->idle_called;
}

NTSTATUS hidclass_idle(struct hidclass_device *d, unsigned *called)
{
    HID_SUBMIT_IDLE_NOTIFICATION_CALLBACK_INFO *info = ram_alloc(sizeof(*info), 0, "idle notification");
    *info = (HID_SUBMIT_IDLE_NOTIFICATION_CALLBACK_INFO){HOST_DISPATCH(idle_callback), d};
    idling = d;
    d->idle_called = called;
    d->idle_memory = info;
    prepare(d, &d->idle, IOCTL_HID_SEND_IDLE_NOTIFICATION_REQUEST);
    irp_next(d->idle.irp)->Parameters.DeviceIoControl.InputBufferLength = sizeof(*info);
    irp_next(d->idle.irp)->Parameters.DeviceIoControl.Type3InputBuffer = info;
    irp_set_completion(d->idle.irp, host_request_completion(), &d->idle);
    d->idle_sent = true;
    hidclass_call(d, d->idle.irp);
    return d->idle.done ? hidclass_wake(d) : STATUS_PENDING;
}

NTSTATUS hidclass_wake(struct hidclass_device *d)
{
    if (!d->idle_sent)
        return STATUS_SUCCESS;
    if (!d->idle.done)
        irp_cancel(d->idle.irp);
    NTSTATUS status = host_request_wait(&d->idle, UINT64_MAX);
    d->idle_sent = false;
    ram_free(d->idle_memory);
    return status;
}

NTSTATUS hidclass_internal(struct hidclass_device *d, ULONG code, void *buffer, ULONG in_bytes, ULONG *bytes)
{
    struct host_request r;
    ULONG most = in_bytes > *bytes ? in_bytes : *bytes;
    ULONG_PTR information = 0;
    void *memory = most != 0 ? ram_alloc(most, 0, "the buffer of an internal request") : NULL;
    if (in_bytes != 0)
        memcpy(memory, buffer, in_bytes);
    prepare(d, &r, code);
    irp_next(r.irp)->Parameters.DeviceIoControl.InputBufferLength = in_bytes;
    irp_next(r.irp)->Parameters.DeviceIoControl.OutputBufferLength = *bytes;
    r.irp->AssociatedIrp.SystemBuffer = memory;
    NTSTATUS status = run(d, &r, &information);
    if (NT_SUCCESS(status) && information > *bytes)
        rule_broken("hid-information", "IOCTL %#x with room for %u bytes is completed with IoStatus.Information %zu",
                    (unsigned)code, (unsigned)*bytes, (size_t)information);
    *bytes = NT_SUCCESS(status) ? (ULONG)information : 0;
    if (*bytes != 0)
        memcpy(buffer, memory, *bytes);
    if (memory != NULL)
        ram_free(memory);
    return status;
}
