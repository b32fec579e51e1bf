/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IRP_MJ_PNP, PASSIVE_LEVEL. HIDCLASS does the Plug and Play work of the FDO; here the device is started, stopped and
 * let go, and every request travels down to the bus driver.
 */
#include "device.h"

static NTSTATUS NTAPI Signal(PDEVICE_OBJECT fdo, PIRP irp, PVOID context)
{
    (void)fdo;
    (void)irp;
    (void)KeSetEvent((PKEVENT)context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* "A device must be started by the drivers below first": down and back up, then ours. */
static NTSTATUS ForwardAndWait(INPUT_DEVICE *device, PIRP irp)
{
    NTSTATUS status;
    KEVENT event;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, Signal, &event, TRUE, TRUE, TRUE);
    status = IoCallDriver(device->Lower, irp);
    if (status == STATUS_PENDING) {
        (void)KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = irp->IoStatus.Status;
    }
    return status;
}

static NTSTATUS Start(INPUT_DEVICE *device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    NTSTATUS status = ForwardAndWait(device, irp);

    if (NT_SUCCESS(status)) {
        status = InputStart(device, stack->Parameters.StartDevice.AllocatedResources,
                            stack->Parameters.StartDevice.AllocatedResourcesTranslated);
    }
    return InputComplete(irp, status, irp->IoStatus.Information);
}

static VOID Gone(INPUT_DEVICE *device)
{
    KIRQL irql;

    InputDeviceQuiesce(device, InputRemoved);
    KeAcquireSpinLock(&device->Lock, &irql);
    device->State = InputRemoved;
    KeReleaseSpinLock(&device->Lock, irql);
    InputCancelReads(device, STATUS_DEVICE_NOT_CONNECTED);
}

NTSTATUS NTAPI InputPnp(PDEVICE_OBJECT fdo, PIRP irp)
{
    INPUT_DEVICE *device = InputDeviceOf(fdo);

    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return Start(device, irp);
    case IRP_MN_STOP_DEVICE:
        InputStop(device);
        irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_SURPRISE_REMOVAL:
        Gone(device);
        irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_REMOVE_DEVICE:
        InputStop(device);
        InputCancelReads(device, STATUS_DEVICE_NOT_CONNECTED);
        ExFreePoolWithTag(device->Engine, INPUT_POOL_TAG);
        IoFreeWorkItem(device->WorkItem);
        irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    default:
        break;
    }
    return InputPassDown(device, irp);
}
