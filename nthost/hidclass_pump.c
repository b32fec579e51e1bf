/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Input reports: read requests that go round between HIDCLASS and the minidriver ("in ping-pong fashion. As soon as a
 * request is fulfilled, another one can be sent", IOCTL_HID_READ_REPORT). Every round has an IRP and a buffer of its
 * own, so that a minidriver that touches either too late faults.
 */
#include <string.h>

#include "hidclass_internal.h"

enum { CANCEL_LIMIT_US = 10 * 1000 * 1000, DEFAULT_READS = 2 };

static unsigned reads_wanted = DEFAULT_READS;

void hidclass_set_reads(unsigned count)
{
    reads_wanted = count < 1 ? 1 : count > HID_READS_MAX ? HID_READS_MAX : count;
}

static void check_report(const struct hidclass_device *d, const uint8_t *report, size_t bytes)
{
    uint8_t id = d->layout.has_ids && bytes != 0 ? report[0] : 0;
    const struct hid_report *r = hid_find_report(&d->layout, HID_INPUT, id);
    if (bytes == 0 || bytes > d->longest_input)
        rule_broken("hid-report", "IOCTL_HID_READ_REPORT is completed with %zu bytes; the longest report has %u", bytes,
                    (unsigned)d->longest_input);
    if (r == NULL)
        rule_broken("hid-report", "an input report with ID %u, of which the report descriptor says nothing", id);
    if (bytes != hid_report_bytes(&d->layout, r))
        rule_broken("hid-report", "input report %u has %zu bytes; by the report descriptor it has %u", id, bytes,
                    (unsigned)hid_report_bytes(&d->layout, r));
}

static void distribute(struct hidclass_device *d, const uint8_t *report, uint32_t bytes)
{
    uint8_t with_id[1 + 8192]; /* as long as hid_parse allows */
    const struct hid_report *r = hid_find_report(&d->layout, HID_INPUT, d->layout.has_ids ? report[0] : 0);
    d->counts.reports++;
    if (d->on_report != NULL)
        d->on_report(d->on_report_context, report, bytes);
    struct hid_pdo *p = d->collection[r->collection];
    if (p == NULL)
        return;
    /* Programs see an ID of 0 where the device has none. */
    if (!d->layout.has_ids) {
        with_id[0] = 0;
        memcpy(with_id + 1, report, bytes);
        report = with_id;
        bytes++;
    }
    hidclass_deliver(p, report, bytes);
}

static void send(struct hid_read *r);

static NTSTATUS NTAPI read_completed(DEVICE_OBJECT *device, IRP *irp, PVOID context)
{
    struct hid_read *r = context;
    struct hidclass_device *d = r->device;
    NTSTATUS status = irp->IoStatus.Status;
    (void)device;
    if (NT_SUCCESS(status)) {
        check_report(d, r->buffer, irp->IoStatus.Information);
        distribute(d, r->buffer, (uint32_t)irp->IoStatus.Information);
    } else if (status != STATUS_CANCELLED && d->running) {
        d->counts.read_errors++;
    }
    ram_free(r->buffer);
    irp_free(irp);
    r->pending = false;
    if (!NT_SUCCESS(status) || !d->running || d->held)
        return STATUS_MORE_PROCESSING_REQUIRED; /* it rests until the device is started or woken */
    if (r->sending) {
        r->again = true; /* completed at once: whoever sends it goes on, or the stack would grow without end */
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    if (irql_get() == DISPATCH_LEVEL)
        d->counts.resends_at_dispatch++;
    send(r);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void send(struct hid_read *r)
{
    struct hidclass_device *d = r->device;
    r->sending = true;
    do {
        IRP *irp = irp_allocate(d->fdo->StackSize, false);
        IO_STACK_LOCATION *next = irp_next(irp);
        r->again = false;
        r->buffer = ram_alloc(d->longest_input, 0, "buffer of IOCTL_HID_READ_REPORT");
        memset(r->buffer, 0xa5, d->longest_input);
        next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
        next->Parameters.DeviceIoControl.IoControlCode = IOCTL_HID_READ_REPORT;
        next->Parameters.DeviceIoControl.OutputBufferLength = d->longest_input;
        irp->UserBuffer = r->buffer;
        r->irp = irp;
        r->pending = true;
        irp_set_completion(irp, HOST_DISPATCH(read_completed), r);
        d->counts.reads_sent++;
        hidclass_call(d, irp);
    } while (r->again && d->running && !d->held);
    r->sending = false;
}

static void send_all(struct hidclass_device *d)
{
    for (unsigned i = 0; i < d->reads; i++) {
        d->read[i].device = d;
        if (!d->read[i].pending && !d->read[i].sending)
            send(&d->read[i]);
    }
}

void hidclass_pump_start(struct hidclass_device *d)
{
    if (d->running || d->longest_input == 0)
        return;
    d->running = true;
    d->reads = reads_wanted;
    if (!d->held)
        send_all(d);
}

void hidclass_hold(struct hidclass_device *d, bool hold)
{
    d->held = hold;
    if (!hold && d->running)
        send_all(d);
}

static bool none_pending(void *context)
{
    const struct hidclass_device *d = context;
    for (unsigned i = 0; i < d->reads; i++) {
        if (d->read[i].pending || d->read[i].sending)
            return false;
    }
    return true;
}

void hidclass_pump_stop(struct hidclass_device *d, const char *why)
{
    d->running = false;
    for (unsigned i = 0; i < d->reads; i++) {
        if (d->read[i].pending)
            irp_cancel(d->read[i].irp);
    }
    if (!thread_wait(none_pending, d, CANCEL_LIMIT_US))
        rule_broken("hid-read-left",
                    "%s: an IOCTL_HID_READ_REPORT was cancelled, and 10 seconds later the minidriver still has it",
                    why);
}
