/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Plug and play of an audio device ("Startup Sequence", pages of PcAddAdapterDevice and PcRegisterSubdevice). The bus
 * driver starts first, then the adapter's StartDevice; then the interfaces of its subdevices are enabled. On the way
 * out the interfaces go first; subdevices that the driver left are unregistered before the bus driver hears of the
 * removal.
 *
 * PortCls of Windows 7 has no support for rebalancing (PC_REBALANCE_TYPE is of Windows 10): with pins open a stop is
 * refused, and without any the driver gets IRP_MN_STOP_DEVICE and StartDevice a second time.
 */
#include <stdlib.h>

#include "pc_internal.h"
#include "wdm_internal.h"

static NTSTATUS NTAPI forward_done(DEVICE_OBJECT *device, IRP *irp, PVOID context)
{
    (void)device;
    (void)irp;
    *(bool *)context = true;
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static bool is_done(void *context)
{
    return *(bool *)context;
}

NTSTATUS pc_forward_and_wait(struct pc_device *d, IRP *irp)
{
    bool done = false;
    memcpy(irp_next(irp), irp_current(irp), offsetof(IO_STACK_LOCATION, CompletionRoutine));
    irp_set_completion(irp, HOST_DISPATCH(forward_done), &done);
    irp_call(d->lower, irp);
    thread_wait(is_done, &done, UINT64_MAX);
    return irp->IoStatus.Status;
}

static NTSTATUS start(struct pc_device *d, IRP *irp)
{
    const IO_STACK_LOCATION *at = irp_current(irp);
    NTSTATUS status = pc_forward_and_wait(d, irp);
    if (!NT_SUCCESS(status)) {
        pc_fail("the bus driver's IRP_MN_START_DEVICE failed with %#x", (unsigned)status);
        return pc_finish(irp, status, 0);
    }
    struct com_object *resources = pc_resource_list(at->Parameters.StartDevice.AllocatedResourcesTranslated,
                                                    at->Parameters.StartDevice.AllocatedResources);
    status = (NTSTATUS)driver_call("StartDevice", d->start_device, 3, (uintptr_t)d->fdo, (uintptr_t)irp,
                                   (uintptr_t)com_pointer(resources, 0));
    com_release(resources);
    if (status == STATUS_PENDING)
        rule_broken("pc-adapter", "StartDevice returned STATUS_PENDING: it is called synchronously");
    if (!NT_SUCCESS(status)) {
        if (portcls_failure() == NULL)
            pc_fail("StartDevice failed with %#x", (unsigned)status);
        return pc_finish(irp, status, 0);
    }
    d->started = true;
    d->power = DEVICE_D0;
    pc_subdevices_enable(d, true);
    return pc_finish(irp, STATUS_SUCCESS, 0);
}

static unsigned open_pins(const struct pc_device *d)
{
    unsigned count = 0;
    for (const struct pc_file *f = d->files; f != NULL; f = f->next)
        count += f->stream != NULL;
    return count;
}

static NTSTATUS query_stop(struct pc_device *d, IRP *irp)
{
    if (open_pins(d) != 0)
        return pc_finish(irp, STATUS_DEVICE_BUSY, 0);
    NTSTATUS status = pc_forward_and_wait(d, irp);
    return pc_finish(irp, status, 0);
}

static NTSTATUS stop(struct pc_device *d, IRP *irp)
{
    d->started = false;
    pc_subdevices_enable(d, false);
    NTSTATUS status = pc_forward_and_wait(d, irp);
    return pc_finish(irp, status, 0);
}

static NTSTATUS surprise(struct pc_device *d, IRP *irp)
{
    d->started = false;
    d->surprised = true;
    pc_subdevices_enable(d, false);
    NTSTATUS status = pc_forward_and_wait(d, irp);
    return pc_finish(irp, status, 0);
}

/* "... is not sent until all file handles are closed": what is open here was left so by the host's own program. */
static NTSTATUS remove_device(struct pc_device *d, IRP *irp)
{
    if (d->files != NULL)
        verifier_own_fault("an audio device is removed while a filter or pin of it is open");
    d->started = false;
    d->removed = true;
    pc_subdevices_enable(d, false);
    pc_timeouts_check(d);
    pc_subdevices_unregister(d);
    pc_power_unregister(d);
    NTSTATUS status = pc_forward_and_wait(d, irp);
    pc_finish(irp, status, 0);
    pc_device_free(d);
    return status;
}

static NTSTATUS capabilities(struct pc_device *d, IRP *irp)
{
    DEVICE_CAPABILITIES *c = irp_current(irp)->Parameters.DeviceCapabilities.Capabilities;
    NTSTATUS status = pc_forward_and_wait(d, irp);
    if (NT_SUCCESS(status) && d->power_management != NULL)
        status = (NTSTATUS)com_call(d->power_management, SLOT_FIRST + 2,
                                    "IAdapterPowerManagement::QueryDeviceCapabilities", 1, (uintptr_t)c);
    return pc_finish(irp, status, irp->IoStatus.Information);
}

NTSTATUS pc_pnp(struct pc_device *d, IRP *irp)
{
    NTSTATUS status;
    switch (irp_current(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return start(d, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
        return query_stop(d, irp);
    case IRP_MN_STOP_DEVICE:
        return stop(d, irp);
    case IRP_MN_SURPRISE_REMOVAL:
        return surprise(d, irp);
    case IRP_MN_REMOVE_DEVICE:
        return remove_device(d, irp);
    case IRP_MN_QUERY_CAPABILITIES:
        return capabilities(d, irp);
    default:
        status = pc_forward_and_wait(d, irp);
        return pc_finish(irp, status, irp->IoStatus.Information);
    }
}
