/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What has to wait for PASSIVE_LEVEL: resetting a device that asks for it or has failed, telling programs of jacks, and
 * what the streams have to ask of the device. One work item, allocated at the first start; it is queued at most once at
 * a time.
 */
#include "device.h"

static VOID ResetDevice(SND_DEVICE *device)
{
    SndLog(device, SndLogNeedsReset, STATUS_SUCCESS);
    if (NT_SUCCESS(SndDeviceStart(device))) {
        SndWaveDeviceBack(device);
    } else {
        IoInvalidateDeviceState(device->Pdo);
    }
}

static BOOLEAN TakeWaveWork(SND_DEVICE *device)
{
    BOOLEAN wanted;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    wanted = device->WaveWork;
    device->WaveWork = FALSE;
    KeReleaseSpinLock(&device->Lock, irql);
    return wanted;
}

static BOOLEAN WorkLeft(const SND_DEVICE *device)
{
    return device->WaveWork || device->JacksChanged != 0 || device->State == SndResetting ||
           (device->State == SndFailed && device->Failure != SndLogNothing);
}

static VOID NTAPI Work(PDEVICE_OBJECT fdo, PVOID context)
{
    SND_DEVICE *device = (SND_DEVICE *)context;
    KIRQL irql;

    (void)fdo;
    SndDeviceSilence(device);
    if (SndDeviceClaim(device, SndResetting)) {
        ResetDevice(device);
    }
    SndTopologyTellJacks(device);
    if (TakeWaveWork(device)) {
        SndWaveWork(device);
    }

    KeAcquireSpinLock(&device->Lock, &irql);
    device->WorkQueued = FALSE;
    if (WorkLeft(device)) {
        SndQueueWork(device);
    } else {
        (void)KeSetEvent(&device->WorkIdle, IO_NO_INCREMENT, FALSE);
    }
    KeReleaseSpinLock(&device->Lock, irql);
}

VOID SndQueueWork(SND_DEVICE *device)
{
    if (device->WorkQueued) {
        return;
    }
    device->WorkQueued = TRUE;
    KeClearEvent(&device->WorkIdle);
    IoQueueWorkItem(device->WorkItem, Work, DelayedWorkQueue, device);
}

VOID SndQueueWaveWork(SND_DEVICE *device)
{
    if (device->State != SndRemoved) {
        device->WaveWork = TRUE;
        SndQueueWork(device);
    }
}

VOID SndWaitForWork(SND_DEVICE *device)
{
    (void)KeWaitForSingleObject(&device->WorkIdle, Executive, KernelMode, FALSE, NULL);
}
