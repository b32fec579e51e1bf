/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Plug and Play and power requests that come as SRBs (queue lock). Stopping and starting the device is
 * HwStorAdapterControl's; here the driver learns that the device has been pulled, and gets the disk's cache written
 * before power goes.
 */
#include "adapter.h"

VOID BlkStartPnp(BLK_ADAPTER *adapter, PSCSI_PNP_REQUEST_BLOCK srb)
{
    BOOLEAN ofAdapter = (srb->SrbPnPFlags & SRB_PNP_FLAGS_ADAPTER_REQUEST) != 0;
    BLK_REQUEST_LIST finished;
    UCHAR status = SRB_STATUS_SUCCESS;

    BlkListInit(&finished);
    adapter->Counters.PnpSrb++;
    switch (srb->PnPAction) {
    case StorSurpriseRemoval:
        if (ofAdapter)
            BlkDeviceGone(adapter, &finished);
        break;
    case StorStartDevice:
    case StorStopDevice:
    case StorRemoveDevice:
        break; /* HwStorAdapterControl does the work */
    default:
        status = SRB_STATUS_INVALID_REQUEST;
        break;
    }
    BlkCompleteList(adapter, &finished);
    BlkCompleteSrb(adapter, (PSCSI_REQUEST_BLOCK)(PVOID)srb, status);
}

VOID BlkStartPower(BLK_ADAPTER *adapter, PSCSI_POWER_REQUEST_BLOCK srb)
{
    PSCSI_REQUEST_BLOCK block = (PSCSI_REQUEST_BLOCK)(PVOID)srb;

    if (srb->DevicePowerState == StorPowerDeviceD3)
        BlkStartFlush(adapter, block);
    else
        BlkCompleteSrb(adapter, block, SRB_STATUS_SUCCESS);
}
