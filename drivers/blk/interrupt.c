/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Interrupt routines (DIRQL, interrupt lock) only note what happened and request the DPC; the DPC (DISPATCH_LEVEL)
 * takes the queue lock, reaps everything
 * there is in one go, rings once for what was added meanwhile, and completes the SRBs after the lock is released.
 */
#include "adapter.h"

VOID BlkRequestDpc(BLK_ADAPTER *adapter, ULONG work)
{
    if (work != 0)
        (void)__atomic_fetch_or(&adapter->Work, work, __ATOMIC_SEQ_CST);
    /* FALSE means that the DPC is queued already and has yet to run: it will see the work. */
    if (adapter->DpcReady)
        (void)StorPortIssueDpc(adapter, &adapter->Dpc, NULL, NULL);
}

/* The dump port driver polls by calling the interrupt routine. The ISR byte is not asked: the function may still be
 * switched to messages. */
static BOOLEAN PollForDump(BLK_ADAPTER *adapter)
{
    BLK_REQUEST_LIST finished = {0};

    if (adapter->State != BlkRunning || !VirtqueueHasCompletions(&adapter->Engine.Queue))
        return FALSE;
    if (BlkEngineReap(&adapter->Engine, &adapter->Disk, &finished))
        BlkKick(adapter);
    else
        BlkDeviceFail(adapter, BlkEventNonsense, &finished);
    BlkCompleteList(adapter, &finished);
    return TRUE;
}

BOOLEAN NTAPI BlkInterrupt(PVOID extension)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;
    uint8_t isr;

    if (adapter->Dump)
        return PollForDump(adapter);
    if (adapter->State == BlkRemoved || adapter->State == BlkStopped)
        return FALSE; /* a shared line: some other device's */
    isr = VirtioModernReadIsr(&adapter->Device);
    if (isr == 0 || isr == VIRTIO_STATUS_GONE)
        return FALSE;
    BlkRequestDpc(adapter, (isr & VIRTIO_ISR_CONFIG) != 0 ? BLK_WORK_QUEUE | BLK_WORK_CONFIG : BLK_WORK_QUEUE);
    return TRUE;
}

BOOLEAN NTAPI BlkMessageInterrupt(PVOID extension, ULONG messageId)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;
    ULONG work = BLK_WORK_QUEUE;

    if (adapter->Plan == VirtioMsixSharedAll)
        work |= BLK_WORK_CONFIG_MAYBE;
    else if (messageId == VirtioMsixConfigVector(adapter->Plan))
        work = BLK_WORK_CONFIG;
    BlkRequestDpc(adapter, work);
    return TRUE;
}

static BOOLEAN ConfigDidChange(BLK_ADAPTER *adapter, ULONG work)
{
    if ((work & BLK_WORK_CONFIG) != 0)
        return TRUE;
    /* VIRTIO 1.x: NEEDS_RESET comes with a configuration interrupt, but without a new generation. */
    return (work & BLK_WORK_CONFIG_MAYBE) != 0 &&
           (VirtioGetConfigGeneration(&adapter->Device.Transport) != adapter->ConfigGeneration ||
            (VirtioGetStatus(&adapter->Device.Transport) & VIRTIO_STATUS_NEEDS_RESET) != 0);
}

VOID NTAPI BlkDpc(PSTOR_DPC dpc, PVOID extension, PVOID argument1, PVOID argument2)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;
    BLK_REQUEST_LIST finished = {0};
    BOOLEAN rescan = FALSE;
    STOR_LOCK_HANDLE lock;
    ULONG work;

    (void)dpc;
    (void)argument1;
    (void)argument2;
    work = __atomic_exchange_n(&adapter->Work, 0, __ATOMIC_SEQ_CST);
    StorPortAcquireSpinLock(adapter, StartIoLock, NULL, &lock);
    if (adapter->State == BlkRunning) {
        if (!BlkEngineReap(&adapter->Engine, &adapter->Disk, &finished))
            BlkDeviceFail(adapter, BlkEventNonsense, &finished);
        else if (ConfigDidChange(adapter, work))
            rescan = BlkDeviceConfigChanged(adapter, &finished);
        if (adapter->State == BlkRunning)
            BlkKick(adapter);
    } else if ((work & BLK_WORK_DRAIN) != 0) {
        BlkEngineDetachAll(&adapter->Engine, BlkResultGone, &finished);
    }
    StorPortReleaseSpinLock(adapter, &lock);

    BlkCompleteList(adapter, &finished);
    if (rescan)
        StorPortNotification(BusChangeDetected, adapter, 0);
}
