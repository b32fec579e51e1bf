/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Interrupt routines (DIRQL) note what happened and request the DPC; the DPC (DISPATCH_LEVEL) takes the lock and serves
 * all queues in one go.
 */
#include "device.h"

#define RESETS_WITHOUT_COMPLETION 10u /* a device that does nothing but ask for resets is of no use */

static VOID NoteWork(SND_DEVICE *device, ULONG work)
{
    if (work != 0) {
        (void)__atomic_fetch_or(&device->Work, work, __ATOMIC_SEQ_CST);
    }
    (void)__atomic_fetch_add(&device->Diagnostics.InterruptCount, 1, __ATOMIC_RELAXED);
    (void)KeInsertQueueDpc(&device->Dpc, NULL, NULL);
}

static BOOLEAN NTAPI LineInterrupt(PKINTERRUPT interrupt, PVOID context)
{
    SND_DEVICE *device = (SND_DEVICE *)context;
    UCHAR isr;

    (void)interrupt;
    /* A shared line: some other device's. In any other case the register is read whatever the state: a line that nobody
     * acknowledges comes again at once, and no thread runs any more. */
    if (!device->InD0) {
        return FALSE;
    }
    isr = VirtioReadIsr(device->Transport);
    if (isr == 0 || isr == VIRTIO_STATUS_GONE) {
        return FALSE;
    }
    NoteWork(device, (isr & VIRTIO_ISR_CONFIG) != 0 ? SND_WORK_CONFIG : 0);
    return TRUE;
}

static BOOLEAN NTAPI MessageInterrupt(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    SND_DEVICE *device = (SND_DEVICE *)context;

    (void)interrupt;
    NoteWork(device, message == VirtioMsixConfigVector(device->Plan) ? SND_WORK_CONFIG : 0);
    return TRUE;
}

VOID SndDeviceReset(SND_DEVICE *device)
{
    if (!SndDeviceRuns(device)) {
        return;
    }
    if (++device->Resets > RESETS_WITHOUT_COMPLETION) {
        SndDeviceFail(device, SndLogTooManyResets);
        return;
    }
    device->State = SndResetting;
    SndQueueWork(device);
}

/* VIRTIO 1.x: NEEDS_RESET comes with a configuration interrupt. Under the lock. */
static VOID CheckStatus(SND_DEVICE *device)
{
    UCHAR status = VirtioGetStatus(device->Transport);

    if (status != VIRTIO_STATUS_GONE && (status & VIRTIO_STATUS_NEEDS_RESET) != 0) {
        SndDeviceReset(device);
    }
}

/* Locked. */
static VOID Service(SND_DEVICE *device, BOOLEAN look)
{
    if (SndDeviceRuns(device) && !SndQueuesService(device)) {
        SndDeviceFail(device, SndLogNonsense);
    }
    if (SndDeviceRuns(device) && look) {
        CheckStatus(device);
    }
}

static VOID NTAPI Dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    SND_DEVICE *device = (SND_DEVICE *)context;
    ULONG work = __atomic_exchange_n(&device->Work, 0, __ATOMIC_SEQ_CST);

    (void)dpc;
    (void)argument1;
    (void)argument2;
    KeAcquireSpinLockAtDpcLevel(&device->Lock);
    device->Diagnostics.DpcCount++;
    Service(device, (work & SND_WORK_CONFIG) != 0);
    KeReleaseSpinLockFromDpcLevel(&device->Lock);
}

VOID SndDpcInit(SND_DEVICE *device)
{
    KeInitializeDpc(&device->Dpc, Dpc, device);
}

VOID SndPoll(SND_DEVICE *device)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    Service(device, TRUE);
    KeReleaseSpinLock(&device->Lock, irql);
}

NTSTATUS SndConnectInterrupt(SND_DEVICE *device)
{
    NTSTATUS status;

    device->Work = 0;
    device->Polling = FALSE;
    status = WdmConnectInterrupt(&device->Interrupt, device->Pdo, MessageInterrupt, LineInterrupt, device);
    if (NT_SUCCESS(status)) {
        return status;
    }
    if (device->AllowPollingOnly) {
        device->Polling = TRUE;
        SndLog(device, SndLogPolling, status);
        return STATUS_SUCCESS;
    }
    SndLog(device, SndLogInterrupt, status);
    return status;
}

VOID SndDisconnectInterrupt(SND_DEVICE *device)
{
    WdmDisconnectInterrupt(&device->Interrupt);
    (void)KeRemoveQueueDpc(&device->Dpc); /* polling queues it, too */
    KeFlushQueuedDpcs();
}
