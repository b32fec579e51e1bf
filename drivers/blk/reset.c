/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Resets and aborts, all under the queue lock (HwStorStartIo, HwStorResetBus). One disk behind one adapter: resetting
 * the logical unit, the device or the bus is the same thing, a reset of the virtio device. It succeeds only if the
 * device really did it.
 */
#include "adapter.h"

/* The port driver completes nothing by itself: what was outstanding is answered here, exactly once. */
static BOOLEAN ResetAndAnswer(BLK_ADAPTER *adapter)
{
    BLK_REQUEST_LIST finished;
    BOOLEAN reset;

    BlkListInit(&finished);
    reset = BlkDeviceReset(adapter, &finished);
    BlkCompleteList(adapter, &finished);
    return reset;
}

BOOLEAN NTAPI BlkResetBus(PVOID extension, ULONG pathId)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;

    (void)pathId;
    adapter->Counters.HwResetBus++;
    if (adapter->Dump)
        return TRUE; /* "Miniport drivers should disregard requests to reset the bus" in dump mode */
    return ResetAndAnswer(adapter);
}

VOID BlkStartReset(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb)
{
    if (srb->Function == SRB_FUNCTION_RESET_BUS)
        adapter->Counters.ResetBusSrb++;
    else
        adapter->Counters.ResetDeviceSrb++;
    BlkCompleteSrb(adapter, srb, ResetAndAnswer(adapter) ? SRB_STATUS_SUCCESS : SRB_STATUS_ERROR);
}

/* virtio-blk cannot take back a single request, so the device is reset. */
VOID BlkStartAbort(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb)
{
    BLK_REQUEST *victim = BlkEngineFind(&adapter->Engine, srb->NextSrb);
    BLK_REQUEST_LIST finished;
    BOOLEAN reset;

    adapter->Counters.AbortSrb++;
    if (victim == NULL) {
        BlkCompleteSrb(adapter, srb, SRB_STATUS_ABORT_FAILED);
        return;
    }
    BlkListInit(&finished);
    reset = BlkDeviceReset(adapter, &finished);
    if (victim->Result == BlkResultReset)
        victim->Result = BlkResultAborted;
    BlkCompleteList(adapter, &finished);
    BlkCompleteSrb(adapter, srb, reset ? SRB_STATUS_SUCCESS : SRB_STATUS_ERROR);
}
