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

/* The stack below deletes what it is made of as soon as it has the request, so ours is gone before. */
static VOID Remove(INPUT_DEVICE *device, PIRP irp)
{
    InputStop(device, InputRemoved);
    InputCancelReads(device, STATUS_DEVICE_NOT_CONNECTED);
    (void)IoAcquireRemoveLock(&device->RemoveLock, irp);
    IoReleaseRemoveLockAndWait(&device->RemoveLock, irp);
    InputWaitForWork(device); /* a power request may have come back from the bus driver just now */
    ExFreePoolWithTag(device->Engine, INPUT_POOL_TAG);
    IoFreeWorkItem(device->WorkItem);
}

static BOOLEAN HasFailed(INPUT_DEVICE *device)
{
    BOOLEAN failed;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    failed = device->State == InputFailed;
    KeReleaseSpinLock(&device->Lock, irql);
    return failed;
}

NTSTATUS NTAPI InputPnp(PDEVICE_OBJECT fdo, PIRP irp)
{
    INPUT_DEVICE *device = InputDeviceOf(fdo);

    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return Start(device, irp);
    case IRP_MN_STOP_DEVICE:
        InputStop(device, InputStopped);
        irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_SURPRISE_REMOVAL:
        /* Not only for a device that is gone: Windows sends it to one that it gives up, too, which then has to be kept
         * from writing into memory that is no longer ours. */
        InputStop(device, InputRemoved);
        InputCancelReads(device, STATUS_DEVICE_NOT_CONNECTED);
        irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_REMOVE_DEVICE:
        Remove(device, irp);
        irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        if (HasFailed(device)) {
            irp->IoStatus.Information |= PNP_DEVICE_FAILED;
            irp->IoStatus.Status = STATUS_SUCCESS;
        }
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
