/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Interrupt routines (DIRQL) note what happened and request the DPC; the DPC (DISPATCH_LEVEL) takes the lock, reaps
 * both queues in one go with one doorbell for each, and hands reports to readers after the lock is released.
 */
#include "device.h"

#define RESETS_WITHOUT_EVENT 10u /* a device that does nothing but ask for resets is of no use */

static VOID NoteWork(INPUT_DEVICE *device, ULONG work)
{
    if (work != 0) {
        (void)__atomic_fetch_or(&device->Work, work, __ATOMIC_SEQ_CST);
    }
    InputCount(&device->Interrupts.TotalInterrupts);
    (void)KeInsertQueueDpc(&device->Dpc, NULL, NULL);
}

static BOOLEAN NTAPI LineInterrupt(PKINTERRUPT interrupt, PVOID context)
{
    INPUT_DEVICE *device = (INPUT_DEVICE *)context;
    UCHAR isr;

    (void)interrupt;
    /* A shared line: some other device's. In any other case the register is read whatever the state: a line that nobody
     * acknowledges comes again at once, and no thread runs any more. */
    if (!device->InD0) {
        return FALSE;
    }
    isr = VirtioModernReadIsr(&device->Transport);
    if (isr == 0 || isr == VIRTIO_STATUS_GONE) {
        InputCount(&device->Interrupts.IntxSpurious);
        return FALSE;
    }
    if ((isr & VIRTIO_ISR_CONFIG) != 0) {
        InputCount(&device->Interrupts.ConfigInterrupts);
    }
    if ((isr & VIRTIO_ISR_QUEUE) != 0) {
        InputCount(&device->Interrupts.EventInterrupts);
    }
    NoteWork(device, (isr & VIRTIO_ISR_CONFIG) != 0 ? INPUT_WORK_CONFIG : 0);
    return TRUE;
}

static BOOLEAN NTAPI MessageInterrupt(PKINTERRUPT interrupt, PVOID context, ULONG message)
{
    INPUT_DEVICE *device = (INPUT_DEVICE *)context;
    BOOLEAN config = message == VirtioMsixConfigVector(device->Plan);

    (void)interrupt;
    if (config) {
        InputCount(&device->Interrupts.ConfigInterrupts);
    }
    if (message == VirtioMsixQueueVector(device->Plan, VIRTIO_INPUT_EVENT_QUEUE)) {
        InputCount(&device->Interrupts.EventInterrupts);
    } else if (message == VirtioMsixQueueVector(device->Plan, VIRTIO_INPUT_STATUS_QUEUE)) {
        InputCount(&device->Interrupts.StatusInterrupts);
    }
    NoteWork(device, config ? INPUT_WORK_CONFIG : 0);
    return TRUE;
}

/* VIRTIO 1.x: NEEDS_RESET comes with a configuration interrupt. Under the lock. */
static VOID CheckStatus(INPUT_DEVICE *device)
{
    UCHAR status = VirtioGetStatus(&device->Transport.Transport);

    if (status == VIRTIO_STATUS_GONE || (status & VIRTIO_STATUS_NEEDS_RESET) == 0) {
        return;
    }
    if (++device->Resets > RESETS_WITHOUT_EVENT) {
        InputDeviceFail(device, InputLogTooManyResets);
        return;
    }
    device->State = InputResetting;
    InputQueueWork(device);
}

static VOID NTAPI Dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    INPUT_DEVICE *device = (INPUT_DEVICE *)context;
    ULONG work = __atomic_exchange_n(&device->Work, 0, __ATOMIC_SEQ_CST);

    (void)dpc;
    (void)argument1;
    (void)argument2;
    KeAcquireSpinLockAtDpcLevel(&device->Lock);
    device->Interrupts.TotalDpcs++;
    if (device->State == InputRunning && !InputQueuesReap(device)) {
        InputDeviceFail(device, InputLogNonsense);
    }
    if (device->State == InputRunning && (work & INPUT_WORK_CONFIG) != 0) {
        CheckStatus(device);
    }
    KeReleaseSpinLockFromDpcLevel(&device->Lock);
    InputDeliver(device);
}

NTSTATUS InputConnectInterrupt(INPUT_DEVICE *device)
{
    NTSTATUS status;

    KeInitializeDpc(&device->Dpc, Dpc, device);
    device->Work = 0;
    status = WdmConnectInterrupt(&device->Interrupt, device->Pdo, MessageInterrupt, LineInterrupt, device);
    if (!NT_SUCCESS(status)) {
        InputLog(device, InputLogInterrupt, status);
    }
    return status;
}

VOID InputDisconnectInterrupt(INPUT_DEVICE *device)
{
    if (device->Interrupt.Object == NULL) {
        return;
    }
    WdmDisconnectInterrupt(&device->Interrupt);
    (void)KeRemoveQueueDpc(&device->Dpc);
    KeFlushQueuedDpcs();
}
