/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * HwStorInitialize and HwStorAdapterControl: the device is started and stopped here, at DIRQL with the interrupt lock
 * held, while StorPort sends no request. In dump mode at HIGH_LEVEL.
 */
#include "adapter.h"

#define MESSAGES_MAX 4u /* MessageNumberLimit of the INF */

static BOOLEAN NTAPI PassiveInitialize(PVOID extension)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;
    ULONG work;

    StorPortInitializeDpc(adapter, &adapter->Dpc, BlkDpc);
    adapter->DpcReady = TRUE;
    /* An interrupt may have come since the device was started. */
    work = __atomic_load_n(&adapter->Work, __ATOMIC_SEQ_CST);
    if (work != 0)
        BlkRequestDpc(adapter, work);
    return TRUE;
}

static ULONG CountMessages(BLK_ADAPTER *adapter)
{
    MESSAGE_INTERRUPT_INFORMATION information;
    ULONG count = 0;

    while (count < MESSAGES_MAX && StorPortGetMSIInfo(adapter, count, &information) == STOR_STATUS_SUCCESS)
        count++;
    return count;
}

BOOLEAN NTAPI BlkInitialize(PVOID extension)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;

    if (!adapter->Dump) {
        adapter->MessageCount = CountMessages(adapter);
        if (!StorPortEnablePassiveInitialization(adapter, PassiveInitialize)) {
            BlkLog(adapter, BlkEventDpc);
            return FALSE;
        }
    }
    return BlkDeviceStart(adapter);
}

static VOID ListSupportedTypes(PSCSI_SUPPORTED_CONTROL_TYPE_LIST list)
{
    static const SCSI_ADAPTER_CONTROL_TYPE supported[] = {
        ScsiQuerySupportedControlTypes,
        ScsiStopAdapter,
        ScsiRestartAdapter,
    };

    for (ULONG i = 0; i < sizeof(supported) / sizeof(supported[0]); i++) {
        if ((ULONG)supported[i] < list->MaxControlType)
            list->SupportedTypeList[supported[i]] = TRUE;
    }
}

/* "StorPort ensures that there are no uncompleted requests", and the device may be gone already. Whatever is
 * outstanding all the same is answered by the DPC, which may take the queue lock. */
static VOID Stop(BLK_ADAPTER *adapter)
{
    if (adapter->State == BlkRunning)
        BlkDeviceStop(adapter);
    if (BlkEngineBusy(&adapter->Engine) && adapter->DpcReady)
        BlkRequestDpc(adapter, BLK_WORK_DRAIN);
}

SCSI_ADAPTER_CONTROL_STATUS NTAPI BlkAdapterControl(PVOID extension, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;

    switch (type) {
    case ScsiQuerySupportedControlTypes:
        ListSupportedTypes((PSCSI_SUPPORTED_CONTROL_TYPE_LIST)parameters);
        return ScsiAdapterControlSuccess;
    case ScsiStopAdapter:
        Stop(adapter);
        return ScsiAdapterControlSuccess;
    case ScsiRestartAdapter:
        if (adapter->State == BlkRemoved)
            return ScsiAdapterControlUnsuccessful;
        VirtqueueReset(&adapter->Engine.Queue); /* what is left of an older life */
        return BlkDeviceStart(adapter) ? ScsiAdapterControlSuccess : ScsiAdapterControlUnsuccessful;
    default:
        return ScsiAdapterControlUnsuccessful;
    }
}
