/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What has to wait for PASSIVE_LEVEL: resetting a device that asks for it or has failed, and device power requests.
 * One work item, allocated with the device; it is queued at most once at a time.
 */
#include "device.h"

/* Resetting becomes Starting, so that nobody starts the device a second time. */
static BOOLEAN Claim(INPUT_DEVICE *device, INPUT_STATE state)
{
    BOOLEAN claimed;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    claimed = device->State == state;
    if (claimed) {
        device->State = InputStarting;
    }
    KeReleaseSpinLock(&device->Lock, irql);
    return claimed;
}

static VOID ResetDevice(INPUT_DEVICE *device)
{
    KIRQL irql;

    InputLog(device, InputLogNeedsReset, STATUS_SUCCESS);
    KeAcquireSpinLock(&device->Lock, &irql);
    InputReleaseAll(device);
    KeReleaseSpinLock(&device->Lock, irql);
    InputDeliver(device);
    if (!NT_SUCCESS(InputDeviceStart(device))) {
        IoInvalidateDeviceState(device->Pdo);
    }
}

/* The request has been to the bus driver and back. A device that does not start is failed; the request succeeds all
 * the same: the device has power. */
static VOID FinishPowerUp(INPUT_DEVICE *device, PIRP irp)
{
    if (Claim(device, InputAsleep)) {
        device->InD0 = TRUE;
        if (!NT_SUCCESS(InputDeviceStart(device))) {
            IoInvalidateDeviceState(device->Pdo);
        }
    }
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static VOID PowerDown(INPUT_DEVICE *device, PIRP irp)
{
    InputDeviceSleep(device);
    IoCopyCurrentIrpStackLocationToNext(irp);
    (void)IoCallDriver(device->Lower, irp);
}

static VOID FinishPower(INPUT_DEVICE *device, PIRP irp)
{
    if (IoGetCurrentIrpStackLocation(irp)->Parameters.Power.State.DeviceState == PowerDeviceD0) {
        FinishPowerUp(device, irp);
    } else {
        PowerDown(device, irp);
    }
    IoReleaseRemoveLock(&device->RemoveLock, irp);
}

static BOOLEAN WorkLeft(const INPUT_DEVICE *device)
{
    return device->PowerIrp != NULL || device->State == InputResetting ||
           (device->State == InputFailed && device->Failure != InputLogNothing);
}

static VOID NTAPI Work(PDEVICE_OBJECT fdo, PVOID context)
{
    INPUT_DEVICE *device = (INPUT_DEVICE *)context;
    KIRQL irql;
    PIRP irp;

    (void)fdo;
    InputDeviceSilence(device);
    if (Claim(device, InputResetting)) {
        ResetDevice(device);
    }
    KeAcquireSpinLock(&device->Lock, &irql);
    irp = device->PowerIrp;
    device->PowerIrp = NULL;
    KeReleaseSpinLock(&device->Lock, irql);
    if (irp != NULL) {
        FinishPower(device, irp);
    }

    KeAcquireSpinLock(&device->Lock, &irql);
    device->WorkQueued = FALSE;
    if (WorkLeft(device)) {
        InputQueueWork(device);
    } else {
        (void)KeSetEvent(&device->WorkIdle, IO_NO_INCREMENT, FALSE);
    }
    KeReleaseSpinLock(&device->Lock, irql);
}

VOID InputQueueWork(INPUT_DEVICE *device)
{
    if (device->WorkQueued) {
        return;
    }
    device->WorkQueued = TRUE;
    KeClearEvent(&device->WorkIdle);
    IoQueueWorkItem(device->WorkItem, Work, DelayedWorkQueue, device);
}

VOID InputWaitForWork(INPUT_DEVICE *device)
{
    (void)KeWaitForSingleObject(&device->WorkIdle, Executive, KernelMode, FALSE, NULL);
}
