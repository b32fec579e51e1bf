/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The ends of an IRP's life: requests that the I/O manager builds and frees for a driver
 * (IoBuildDeviceIoControlRequest, IoBuildSynchronousFsdRequest), and requests of the host's own.
 */
#include <string.h>

#include "wdm_internal.h"
#include "wdm_irp_record.h"

enum { METHOD_BUFFERED, METHOD_IN_DIRECT, METHOD_OUT_DIRECT, METHOD_NEITHER };

void irp_finish(IRP *irp, struct irp_record *r)
{
    if (!r->threaded)
        rule_broken("irp-no-owner",
                    "the IRP at %p is completed to its end: who allocated it with IoAllocateIrp must keep it in a "
                    "completion routine (STATUS_MORE_PROCESSING_REQUIRED) and free it",
                    (void *)irp);
    if (r->user_output != NULL &&
        (NT_SUCCESS(irp->IoStatus.Status) || irp->IoStatus.Status == STATUS_BUFFER_OVERFLOW)) {
        if (irp->IoStatus.Information > r->output_bytes)
            rule_broken("irp-information",
                        "a request with room for %u bytes is completed with IoStatus.Information %zu",
                        (unsigned)r->output_bytes, (size_t)irp->IoStatus.Information);
        memcpy(r->user_output, r->system_buffer, irp->IoStatus.Information);
    }
    if (r->system_buffer != NULL)
        ram_free(r->system_buffer);
    if (irp->UserIosb != NULL)
        *irp->UserIosb = irp->IoStatus;
    if (irp->UserEvent != NULL)
        irp->UserEvent->SignalState = 1;
    irp_free(irp);
}

static IRP *build(DEVICE_OBJECT *device, KEVENT *event, IO_STATUS_BLOCK *status)
{
    IRP *irp = irp_allocate(device->StackSize, false);
    irp_record(irp)->threaded = true;
    irp->UserEvent = event;
    irp->UserIosb = status;
    return irp;
}

static PIRP NTAPI io_build_device_io_control_request(ULONG code, PDEVICE_OBJECT device, PVOID in, ULONG in_bytes,
                                                     PVOID out, ULONG out_bytes, BOOLEAN internal, PKEVENT event,
                                                     PIO_STATUS_BLOCK status)
{
    api_enter("IoBuildDeviceIoControlRequest", PASSIVE_LEVEL, PASSIVE_LEVEL);
    device_must_be(device, "IoBuildDeviceIoControlRequest");
    if (fail_point("irp"))
        return NULL;
    IRP *irp = build(device, event, status);
    struct irp_record *r = irp_record(irp);
    IO_STACK_LOCATION *next = irp_next(irp);
    next->MajorFunction = internal ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
    next->Parameters.DeviceIoControl.OutputBufferLength = out_bytes;
    next->Parameters.DeviceIoControl.InputBufferLength = in_bytes;
    next->Parameters.DeviceIoControl.IoControlCode = code;
    if ((code & 3) == METHOD_BUFFERED && (in_bytes | out_bytes) != 0) {
        r->system_buffer = ram_alloc(in_bytes > out_bytes ? in_bytes : out_bytes, 0, "the system buffer of an IOCTL");
        memcpy(r->system_buffer, in, in_bytes);
        r->user_output = out;
        r->output_bytes = out_bytes;
        irp->AssociatedIrp.SystemBuffer = r->system_buffer;
        irp->Flags = IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | (out != NULL ? IRP_INPUT_OPERATION : 0);
        irp->UserBuffer = out;
    } else if ((code & 3) == METHOD_NEITHER) {
        next->Parameters.DeviceIoControl.Type3InputBuffer = in;
        irp->UserBuffer = out;
    } else if ((code & 3) != METHOD_BUFFERED) {
        rule_broken("not-provided", "IoBuildDeviceIoControlRequest with a direct method (code %#x)", (unsigned)code);
    }
    return irp;
}

static PIRP NTAPI io_build_synchronous_fsd_request(ULONG major, PDEVICE_OBJECT device, PVOID buffer, ULONG bytes,
                                                   PLARGE_INTEGER offset, PKEVENT event, PIO_STATUS_BLOCK status)
{
    (void)offset;
    api_enter("IoBuildSynchronousFsdRequest", PASSIVE_LEVEL, PASSIVE_LEVEL);
    device_must_be(device, "IoBuildSynchronousFsdRequest");
    if (fail_point("irp"))
        return NULL;
    IRP *irp = build(device, event, status);
    irp_next(irp)->MajorFunction = (UCHAR)major;
    if (major == IRP_MJ_READ || major == IRP_MJ_WRITE) {
        irp_next(irp)->Parameters.Read.Length = bytes;
        irp->AssociatedIrp.SystemBuffer = irp->UserBuffer = buffer;
    }
    return irp;
}

/* ---- requests of the host ---- */

static NTSTATUS NTAPI request_completed(DEVICE_OBJECT *device, IRP *irp, PVOID context)
{
    struct host_request *r = context;
    (void)device;
    r->result = irp->IoStatus;
    if (r->finished != NULL)
        r->finished(r);
    r->irp = NULL;
    r->done = true;
    irp_free(irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

void host_request_prepare(struct host_request *r, DEVICE_OBJECT *device, UCHAR major, UCHAR minor)
{
    r->irp = irp_allocate(device->StackSize, false);
    r->done = false;
    irp_next(r->irp)->MajorFunction = major;
    irp_next(r->irp)->MinorFunction = minor;
    /* "the sender must set IoStatus.Status to STATUS_NOT_SUPPORTED" of PnP and power IRPs; drivers that know nothing of
     * one leave it so. */
    r->irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
}

PVOID host_request_completion(void)
{
    return HOST_DISPATCH(request_completed);
}

NTSTATUS host_request_send(struct host_request *r, DEVICE_OBJECT *device)
{
    irp_set_completion(r->irp, HOST_DISPATCH(request_completed), r);
    return irp_call(device, r->irp);
}

static bool request_done(void *r)
{
    return ((struct host_request *)r)->done;
}

NTSTATUS host_request_wait(struct host_request *r, uint64_t timeout_us)
{
    return thread_wait(request_done, r, timeout_us) ? r->result.Status : STATUS_TIMEOUT;
}

NTSTATUS host_request_run(struct host_request *r, DEVICE_OBJECT *device)
{
    host_request_send(r, device);
    return host_request_wait(r, UINT64_MAX);
}

static const struct export_entry entries[] = {
    EXPORT("IoBuildDeviceIoControlRequest", io_build_device_io_control_request),
    EXPORT("IoBuildSynchronousFsdRequest", io_build_synchronous_fsd_request),
    EXPORT_END,
};
const struct export_table wdm_build_exports = {"ntoskrnl.exe", entries};
