/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The way of a request out: results become SRB and SCSI status. After StorPortCompleteSrb the SRB and its extension
 * belong to StorPort and may be gone.
 */
#include "adapter.h"
#include "respond.h"
#include "scsi.h"

VOID BlkCompleteSrb(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb, UCHAR srbStatus)
{
    srb->SrbStatus = srbStatus;
    StorPortCompleteSrb(adapter, srb);
}

VOID BlkCompleteSense(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb, uint32_t sense)
{
    UCHAR status = SRB_STATUS_ERROR;

    srb->ScsiStatus = SCSI_STATUS_CHECK_CONDITION;
    srb->DataTransferLength = 0;
    if (srb->SenseInfoBuffer != NULL && srb->SenseInfoBufferLength != 0 &&
        (srb->SrbFlags & SRB_FLAGS_DISABLE_AUTOSENSE) == 0) {
        srb->SenseInfoBufferLength =
            (UCHAR)BlkBuildSense(sense, (uint8_t *)srb->SenseInfoBuffer, srb->SenseInfoBufferLength);
        status |= SRB_STATUS_AUTOSENSE_VALID;
    } else {
        adapter->Disk.LastSense = sense; /* one aligned store: REQUEST SENSE finds the newest */
    }
    BlkCompleteSrb(adapter, srb, status);
}

VOID BlkCompleteResponse(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb)
{
    BLK_RESPONSE response;
    uint32_t sense = BlkRespond(&adapter->Disk, srb->Cdb, srb->Lun, adapter->MaximumTransferBytes, &response);
    ULONG send, room = srb->DataBuffer != NULL ? srb->DataTransferLength : 0;
    UCHAR status = SRB_STATUS_SUCCESS;

    if (sense != SENSE_NONE) {
        BlkCompleteSense(adapter, srb, sense);
        return;
    }
    /* An allocation length cuts the answer by right (SPC-3 4.3.4.6); a buffer shorter than that loses data and has to
     * say so. */
    send = response.Length < response.Allocation ? response.Length : response.Allocation;
    if (send > room) {
        send = room;
        status = SRB_STATUS_DATA_OVERRUN;
    }
    for (ULONG i = 0; i < send; i++)
        ((uint8_t *)srb->DataBuffer)[i] = response.Data[i];
    srb->DataTransferLength = send;
    srb->ScsiStatus = SCSI_STATUS_GOOD;
    BlkCompleteSrb(adapter, srb, status);
}

static BLK_COLD VOID CompleteOther(BLK_ADAPTER *adapter, BLK_REQUEST *request, PSCSI_REQUEST_BLOCK srb)
{
    static const UCHAR statusOf[] = {
        [BlkResultReset] = SRB_STATUS_BUS_RESET,
        [BlkResultAborted] = SRB_STATUS_ABORTED,
        [BlkResultGone] = SRB_STATUS_NO_DEVICE,
    };

    if (request->Result == BlkResultSerial) {
        BlkCompleteResponse(adapter, srb);
    } else if (request->Result == BlkResultSense) {
        BlkCompleteSense(adapter, srb, request->Sense);
    } else {
        srb->DataTransferLength = 0;
        BlkCompleteSrb(adapter, srb, statusOf[request->Result]);
    }
}

VOID BlkCompleteList(BLK_ADAPTER *adapter, const BLK_REQUEST_LIST *finished)
{
    BLK_REQUEST *request = finished->Head;

    while (request != NULL) {
        BLK_REQUEST *next = request->Next; /* the request is gone once its SRB is completed */
        PSCSI_REQUEST_BLOCK srb = (PSCSI_REQUEST_BLOCK)request->Context;

        if (BLK_LIKELY(request->Result == BlkResultOk)) {
            srb->ScsiStatus = SCSI_STATUS_GOOD;
            BlkCompleteSrb(adapter, srb, SRB_STATUS_SUCCESS);
        } else {
            CompleteOther(adapter, request, srb);
        }
        request = next;
    }
}
