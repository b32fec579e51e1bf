/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IRP_MJ_POWER, up to DISPATCH_LEVEL. HIDCLASS owns the power policy; here the virtio device is put to rest before it
 * loses power and started again after the bus has given it power. Both talk to the device, may have to wait for it, and
 * must not meet a reset or each other: the work item does them. Requests are passed on with IoCallDriver ("Calling
 * IoCallDriver vs. Calling PoCallDriver": since Windows Vista).
 */
#include "device.h"

/* FALSE: there is nothing to do before the request goes on. */
static BOOLEAN QueuePower(INPUT_DEVICE *device, PIRP irp)
{
    BOOLEAN queued;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    queued = device->PowerIrp == NULL;
    if (queued) {
        device->PowerIrp = irp;
        InputQueueWork(device);
    }
    KeReleaseSpinLock(&device->Lock, irql);
    return queued;
}

/* The bus has powered the device up, or failed to. RemoveLock is held. */
static NTSTATUS NTAPI PoweredUp(PDEVICE_OBJECT fdo, PIRP irp, PVOID context)
{
    INPUT_DEVICE *device = (INPUT_DEVICE *)context;

    (void)fdo;
    if (NT_SUCCESS(irp->IoStatus.Status) && QueuePower(device, irp)) {
        return STATUS_MORE_PROCESSING_REQUIRED;
    }
    IoReleaseRemoveLock(&device->RemoveLock, irp);
    return STATUS_CONTINUE_COMPLETION; /* it was marked pending by PowerUp */
}

static NTSTATUS PowerUp(INPUT_DEVICE *device, PIRP irp)
{
    IoMarkIrpPending(irp);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, PoweredUp, device, TRUE, TRUE, TRUE);
    (void)IoCallDriver(device->Lower, irp);
    return STATUS_PENDING;
}

static NTSTATUS PowerDown(INPUT_DEVICE *device, PIRP irp)
{
    IoMarkIrpPending(irp);
    if (!QueuePower(device, irp)) {
        IoCopyCurrentIrpStackLocationToNext(irp);
        (void)IoCallDriver(device->Lower, irp);
        IoReleaseRemoveLock(&device->RemoveLock, irp);
    }
    return STATUS_PENDING;
}

NTSTATUS NTAPI InputPower(PDEVICE_OBJECT fdo, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    INPUT_DEVICE *device = InputDeviceOf(fdo);
    NTSTATUS status;

    if (stack->MinorFunction != IRP_MN_SET_POWER || stack->Parameters.Power.Type != DevicePowerState) {
        return InputPassDown(device, irp);
    }
    status = IoAcquireRemoveLock(&device->RemoveLock, irp);
    if (!NT_SUCCESS(status)) {
        return InputComplete(irp, status, 0);
    }
    return stack->Parameters.Power.State.DeviceState == PowerDeviceD0 ? PowerUp(device, irp) : PowerDown(device, irp);
}
