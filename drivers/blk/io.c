/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The way of a request in: HwStorBuildIo (no lock) decodes it and fetches its scatter/gather list, HwStorStartIo
 * (queue lock) checks it against the disk as it is now and puts it on the ring.
 *
 * Doorbells: a request that finds the ring empty rings at once. One that is added behind others leaves the doorbell
 * to the DPC, which runs as soon as the processor leaves DISPATCH_LEVEL: a burst submitted together shares it.
 */
#include "adapter.h"
#include "respond.h"
#include "scsi.h"
#include "unmap.h"

BLK_FLATTEN BOOLEAN NTAPI BlkBuildIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;
    BLK_REQUEST *request = (BLK_REQUEST *)srb->SrbExtension;
    BLK_COMMAND *command = &request->Command;
    STOR_SCATTER_GATHER_LIST *list;

    if (srb->Function != SRB_FUNCTION_EXECUTE_SCSI)
        return TRUE;
    request->Context = srb;
    BlkCommandDecode(srb->Cdb, srb->CdbLength, srb->DataTransferLength, adapter->Disk.BlockShift, command);
    if (command->Operation > BlkOperationWrite || srb->DataTransferLength == 0)
        return TRUE;
    list = StorPortGetScatterGatherList(adapter, srb);
    request->SegmentCount = 0; /* without a list the engine refuses the request */
    if (BLK_LIKELY(list != NULL)) {
        request->SegmentCount = list->NumberOfElements;
        request->Segments = (const BLK_SEGMENT *)list->List;
    }
    return TRUE;
}

_Static_assert(sizeof(BLK_SEGMENT) == sizeof(STOR_SCATTER_GATHER_ELEMENT), "StorPort's list is read in place");
_Static_assert(offsetof(BLK_SEGMENT, Bytes) == offsetof(STOR_SCATTER_GATHER_ELEMENT, Length),
               "StorPort's list is read in place");

VOID BlkKick(BLK_ADAPTER *adapter)
{
    adapter->KickOwed = FALSE;
    if (VirtqueueKickNeeded(&adapter->Engine.Queue))
        VirtioModernRing(&adapter->Doorbell);
}

/* Onto the ring, with the doorbell now or by the DPC. */
static inline __attribute__((always_inline)) VOID SubmitInline(BLK_ADAPTER *adapter, BLK_REQUEST *request)
{
    if (!BLK_LIKELY(BlkEngineSubmit(&adapter->Engine, &adapter->Disk, request))) {
        BlkCompleteSense(adapter, (PSCSI_REQUEST_BLOCK)request->Context, SENSE_TARGET_FAILURE);
    } else if (VirtqueueOutstandingCount(&adapter->Engine.Queue) == 1 || adapter->Dump) {
        BlkKick(adapter);
    } else {
        /* A device that is at work looks for more by itself before it sleeps. */
        VirtqueuePublish(&adapter->Engine.Queue);
        if (!adapter->KickOwed) {
            adapter->KickOwed = TRUE;
            BlkRequestDpc(adapter, 0);
        }
    }
}

static BLK_COLD VOID Submit(BLK_ADAPTER *adapter, BLK_REQUEST *request)
{
    SubmitInline(adapter, request);
}

static VOID StartUnmap(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb, BLK_REQUEST *request)
{
    uint32_t sense =
        BlkParseUnmap(&adapter->Disk, srb->Cdb, (const uint8_t *)srb->DataBuffer,
                      srb->DataBuffer != NULL ? srb->DataTransferLength : 0, request->Discard, &request->DiscardCount);

    if (sense != SENSE_NONE)
        BlkCompleteSense(adapter, srb, sense);
    else if (request->DiscardCount == 0)
        BlkCompleteSrb(adapter, srb, SRB_STATUS_SUCCESS);
    else
        Submit(adapter, request);
}

/* A logical unit that is not there: SPC-3 6.4.1 answers INQUIRY all the same. */
static VOID StartWrongLun(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb)
{
    if (srb->Cdb[0] == SCSI_INQUIRY)
        BlkCompleteResponse(adapter, srb);
    else
        BlkCompleteSense(adapter, srb, SENSE_LUN_NOT_SUPPORTED);
}

/* SAM-4 5.14: INQUIRY, REPORT LUNS and REQUEST SENSE pass a unit attention by. */
static BOOLEAN ReportAttention(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb)
{
    uint32_t sense = adapter->Disk.PendingAttention;
    UCHAR operation = srb->Cdb[0];

    if (operation == SCSI_INQUIRY || operation == SCSI_REPORT_LUNS || operation == SCSI_REQUEST_SENSE)
        return FALSE;
    adapter->Disk.PendingAttention = SENSE_NONE;
    BlkCompleteSense(adapter, srb, sense);
    return TRUE;
}

/* "StorPortSetDeviceQueueDepth should be called when the miniport driver receives the first SCSI Inquiry command",
 * and not before. */
static VOID SetDepth(BLK_ADAPTER *adapter)
{
    if (adapter->DepthSet || adapter->Dump)
        return;
    adapter->DepthSet = StorPortSetDeviceQueueDepth(adapter, 0, 0, 0, adapter->Layout.SlotCount);
    if (!adapter->DepthSet)
        BlkLog(adapter,
               BlkEventQueueDepth); /* StorPort's default depth stays in force; tried again at the next INQUIRY */
}

static VOID StartResponse(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb, BLK_REQUEST *request)
{
    if (srb->Cdb[0] == SCSI_INQUIRY)
        SetDepth(adapter);
    if (BlkRespondNeedsSerial(srb->Cdb) && !adapter->Disk.SerialKnown) {
        request->Command.Operation = BlkOperationGetId;
        Submit(adapter, request);
    } else {
        BlkCompleteResponse(adapter, srb);
    }
}

static BLK_COLD VOID StartOther(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb, BLK_REQUEST *request)
{
    if ((srb->PathId | srb->TargetId) != 0) {
        BlkCompleteSrb(adapter, srb, SRB_STATUS_NO_DEVICE);
        return;
    }
    if (srb->Lun != 0) {
        StartWrongLun(adapter, srb);
        return;
    }
    if (adapter->Disk.PendingAttention != SENSE_NONE && ReportAttention(adapter, srb))
        return;
    BlkCommandCheck(&adapter->Disk, &request->Command);
    switch (request->Command.Operation) {
    case BlkOperationUnmap:
        StartUnmap(adapter, srb, request);
        break;
    case BlkOperationRespond:
        StartResponse(adapter, srb, request);
        break;
    case BlkOperationNothing:
        BlkCompleteSrb(adapter, srb, SRB_STATUS_SUCCESS);
        break;
    case BlkOperationRefuse:
        BlkCompleteSense(adapter, srb, request->Command.Sense);
        break;
    default:
        Submit(adapter, request);
        break;
    }
}

static inline VOID StartScsi(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb)
{
    BLK_REQUEST *request = (BLK_REQUEST *)srb->SrbExtension;

    if (BLK_LIKELY(request->Command.Plain) && (srb->PathId | srb->TargetId | srb->Lun) == 0 &&
        adapter->Disk.PendingAttention == SENSE_NONE && BlkCommandInRange(&adapter->Disk, &request->Command) &&
        !(request->Command.Operation == BlkOperationWrite && adapter->Disk.ReadOnly))
        SubmitInline(adapter, request);
    else
        StartOther(adapter, srb, request);
}

VOID BlkStartFlush(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb)
{
    BLK_REQUEST *request = (BLK_REQUEST *)srb->SrbExtension;

    if (!adapter->Disk.WriteCache) {
        BlkCompleteSrb(adapter, srb, SRB_STATUS_SUCCESS);
        return;
    }
    request->Context = srb;
    request->Command = (BLK_COMMAND){.Operation = BlkOperationFlush};
    Submit(adapter, request);
}

static BLK_COLD VOID StartNonScsi(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb)
{
    switch (srb->Function) {
    case SRB_FUNCTION_FLUSH:
    case SRB_FUNCTION_SHUTDOWN:
        BlkStartFlush(adapter, srb);
        break;
    case SRB_FUNCTION_IO_CONTROL:
        BlkStartMiniportControl(adapter, srb);
        break;
    case SRB_FUNCTION_RESET_LOGICAL_UNIT:
    case SRB_FUNCTION_RESET_DEVICE:
    case SRB_FUNCTION_RESET_BUS:
        BlkStartReset(adapter, srb);
        break;
    case SRB_FUNCTION_ABORT_COMMAND:
        BlkStartAbort(adapter, srb);
        break;
    case SRB_FUNCTION_PNP:
        BlkStartPnp(adapter, (PSCSI_PNP_REQUEST_BLOCK)(PVOID)srb);
        break;
    case SRB_FUNCTION_POWER:
        BlkStartPower(adapter, (PSCSI_POWER_REQUEST_BLOCK)(PVOID)srb);
        break;
    default:
        BlkCompleteSrb(adapter, srb, SRB_STATUS_BAD_FUNCTION);
        break;
    }
}

BLK_FLATTEN BOOLEAN NTAPI BlkStartIo(PVOID extension, PSCSI_REQUEST_BLOCK srb)
{
    BLK_ADAPTER *adapter = (BLK_ADAPTER *)extension;

    /* Plug and Play has the last word when there is no device any more. */
    if (!BLK_LIKELY(adapter->State == BlkRunning) && srb->Function != SRB_FUNCTION_PNP)
        BlkCompleteSrb(adapter, srb, SRB_STATUS_NO_DEVICE);
    else if (BLK_LIKELY(srb->Function == SRB_FUNCTION_EXECUTE_SCSI))
        StartScsi(adapter, srb);
    else
        StartNonScsi(adapter, srb);
    return TRUE;
}
