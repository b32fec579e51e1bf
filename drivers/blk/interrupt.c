/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Interrupt routines (DIRQL, interrupt lock) only note what happened and request the DPC; the DPC (DISPATCH_LEVEL)
 * takes the queue lock, reaps everything there is in one go, rings once for what was added meanwhile, and completes
 * the SRBs after the lock is released.
 */
#include "adapter.h"

/* FALSE from StorPortIssueDpc means that the DPC is queued already and has yet to run: it will see the work. Before
 * there is a DPC the work waits for it. */
static inline VOID QueueDpc(BLK_ADAPTER *adapter)
{
    if (BLK_LIKELY(adapter->DpcReady))
        (void)StorPortIssueDpc(adapter, &adapter->Dpc, NULL, NULL);
    else
        (void)__atomic_fetch_or(&adapter->Work, BLK_WORK_QUEUE, __ATOMIC_SEQ_CST);
}

VOID BlkRequestDpc(BLK_ADAPTER *adapter, ULONG work)
{
    if (work != 0)
        (void)__atomic_fetch_or(&adapter->Work, work, __ATOMIC_SEQ_CST);
    QueueDpc(adapter);
}

/* The dump port driver polls by calling the interrupt routine. The ISR byte is not asked: the function may still be
 * switched to messages. */
static BOOLEAN PollForDump(BLK_ADAPTER *adapter)
{
    BLK_REQUEST_LIST finished;

    BlkListInit(&finished);
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
    BlkRequestDpc(adapter, (isr & VIRTIO_ISR_CONFIG) != 0 ? BLK_WORK_CONFIG : 0);
    return TRUE;
}

/* The configuration's message, or the one that serves all. */
static BLK_COLD VOID OtherMessage(BLK_ADAPTER *adapter)
{
    BlkRequestDpc(adapter, adapter->Plan == VirtioMsixSharedAll ? BLK_WORK_CONFIG_MAYBE : BLK_WORK_CONFIG);
}

BOOLEAN NTAPI BlkMessageInterrupt(PVOID extension, ULONG messageId)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;

    if (BLK_LIKELY(messageId == adapter->QueueMessage))
        QueueDpc(adapter);
    else
        OtherMessage(adapter);
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

/* Work besides the ring, and a device that is not running. TRUE: StorPort should look at the bus again. */
static BLK_COLD BOOLEAN HandleOther(BLK_ADAPTER *adapter, ULONG work, BLK_REQUEST_LIST *finished)
{
    if (adapter->State != BlkRunning) {
        if ((work & BLK_WORK_DRAIN) != 0)
            BlkEngineDetachAll(&adapter->Engine, BlkResultGone, finished);
        return FALSE;
    }
    return ConfigDidChange(adapter, work) && BlkDeviceConfigChanged(adapter, finished);
}

BLK_FLATTEN VOID NTAPI BlkDpc(PSTOR_DPC dpc, PVOID extension, PVOID argument1, PVOID argument2)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;
    BLK_REQUEST_LIST finished;
    BOOLEAN rescan = FALSE;
    STOR_LOCK_HANDLE lock;
    ULONG work;

    (void)dpc;
    (void)argument1;
    (void)argument2;
    BlkListInit(&finished);
    work = __atomic_exchange_n(&adapter->Work, 0, __ATOMIC_SEQ_CST);
    StorPortAcquireSpinLock(adapter, StartIoLock, NULL, &lock);
    if (BLK_LIKELY(adapter->State == BlkRunning) && !BlkEngineReap(&adapter->Engine, &adapter->Disk, &finished))
        BlkDeviceFail(adapter, BlkEventNonsense, &finished);
    if (work != 0)
        rescan = HandleOther(adapter, work, &finished);
    if (BLK_LIKELY(adapter->State == BlkRunning))
        BlkKick(adapter);
    StorPortReleaseSpinLock(adapter, &lock);

    BlkCompleteList(adapter, &finished);
    if (rescan)
        StorPortNotification(BusChangeDetected, adapter, 0);
}
