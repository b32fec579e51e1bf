/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IRP_MJ_POWER, up to DISPATCH_LEVEL. HIDCLASS owns the power policy; here the virtio device is put to rest before it
 * loses power and started again, at PASSIVE_LEVEL in the work item, after the bus has given it power.
 */
#include "device.h"

static NTSTATUS PassPowerDown(INPUT_DEVICE *device, PIRP irp)
{
    PoStartNextPowerIrp(irp);
    IoSkipCurrentIrpStackLocation(irp);
    return PoCallDriver(device->Lower, irp);
}

/* The bus has powered the device up, or failed to. The request waits for the work item. */
static NTSTATUS NTAPI PoweredUp(PDEVICE_OBJECT fdo, PIRP irp, PVOID context)
{
    INPUT_DEVICE *device = (INPUT_DEVICE *)context;
    KIRQL irql;

    (void)fdo;
    if (!NT_SUCCESS(irp->IoStatus.Status)) {
        PoStartNextPowerIrp(irp);
        if (irp->PendingReturned) {
            IoMarkIrpPending(irp);
        }
        return STATUS_CONTINUE_COMPLETION;
    }
    KeAcquireSpinLock(&device->Lock, &irql);
    device->PowerIrp = irp;
    InputQueueWork(device);
    KeReleaseSpinLock(&device->Lock, irql);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS PowerUp(INPUT_DEVICE *device, PIRP irp)
{
    IoMarkIrpPending(irp);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, PoweredUp, device, TRUE, TRUE, TRUE);
    (void)PoCallDriver(device->Lower, irp);
    return STATUS_PENDING;
}

NTSTATUS NTAPI InputPower(PDEVICE_OBJECT fdo, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    INPUT_DEVICE *device = InputDeviceOf(fdo);
    DEVICE_POWER_STATE state;

    if (stack->MinorFunction != IRP_MN_SET_POWER || stack->Parameters.Power.Type != DevicePowerState) {
        return PassPowerDown(device, irp);
    }
    state = stack->Parameters.Power.State.DeviceState;
    if (state == PowerDeviceD0 && device->State == InputAsleep) {
        return PowerUp(device, irp);
    }
    if (state != PowerDeviceD0 && device->InD0) {
        device->InD0 = FALSE;
        InputDeviceQuiesce(device, InputAsleep);
    }
    return PassPowerDown(device, irp);
}
