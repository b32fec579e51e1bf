/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What has to wait for PASSIVE_LEVEL: resetting a device that asks for it, and starting one that got its power back.
 * One work item, allocated with the device; it is queued at most once at a time.
 */
#include "device.h"

static VOID FinishPowerUp(INPUT_DEVICE *device, PIRP irp)
{
    device->InD0 = TRUE;
    /* A device that does not start is failed; the power request succeeds all the same: the device has power. */
    (void)InputDeviceStart(device);
    PoStartNextPowerIrp(irp);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static VOID NTAPI Work(PDEVICE_OBJECT fdo, PVOID context)
{
    INPUT_DEVICE *device = (INPUT_DEVICE *)context;
    BOOLEAN reset;
    KIRQL irql;
    PIRP irp;

    (void)fdo;
    KeAcquireSpinLock(&device->Lock, &irql);
    irp = device->PowerIrp;
    device->PowerIrp = NULL;
    reset = device->State == InputResetting;
    KeReleaseSpinLock(&device->Lock, irql);

    if (reset) {
        InputDeviceReset(device);
    }
    if (irp != NULL) {
        FinishPowerUp(device, irp);
    }
    KeAcquireSpinLock(&device->Lock, &irql);
    device->WorkQueued = FALSE;
    if (device->PowerIrp != NULL || device->State == InputResetting) {
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
