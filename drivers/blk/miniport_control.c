/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "miniport_control.h"

#include "adapter.h"

#define CONTROL_STATUS_SUCCESS 0x00000000u
#define CONTROL_STATUS_UNSUCCESSFUL 0xC0000001u
#define CONTROL_STATUS_BUFFER_TOO_SMALL 0xC0000023u
#define CONTROL_STATUS_NOT_SUPPORTED 0xC00000BBu

static uint32_t StateFlags(const BLK_ADAPTER *adapter)
{
    switch (adapter->State) {
    case BlkRemoved:
        return AEROVBLK_FLAG_REMOVED | AEROVBLK_FLAG_SURPRISE_REMOVED;
    case BlkResetting:
        return AEROVBLK_FLAG_RESET_IN_PROGRESS;
    default:
        return 0;
    }
}

static VOID FillInfo(const BLK_ADAPTER *adapter, AEROVBLK_QUERY_INFO *info)
{
    const VIRTQUEUE *queue = &adapter->Engine.Queue;
    const BLK_COUNTERS *counters = &adapter->Counters;

    info->NegotiatedFeatures = adapter->Features;
    info->QueueSize = VirtqueueSize(queue);
    info->NumFree = VirtqueueFreeCount(queue);
    info->AvailIdx = VirtqueueAvailIndex(queue);
    info->UsedIdx = VirtqueueUsedIndex(queue);
    info->InterruptMode = adapter->Plan == VirtioIntx ? AEROVBLK_INTERRUPT_INTX : AEROVBLK_INTERRUPT_MESSAGES;
    info->MsixConfigVector = VirtioMsixConfigVector(adapter->Plan);
    info->MsixQueue0Vector = VirtioMsixQueueVector(adapter->Plan, 0);
    info->MessageCount = adapter->MessageCount;
    info->Flags = StateFlags(adapter);
    info->AbortSrbCount = counters->AbortSrb;
    info->ResetDeviceSrbCount = counters->ResetDeviceSrb;
    info->ResetBusSrbCount = counters->ResetBusSrb;
    info->PnpSrbCount = counters->PnpSrb;
    info->IoctlResetCount = counters->IoctlReset;
    info->CapacityChangeEvents = counters->CapacityChange;
    info->ResetDetectedCount = counters->ResetDetected;
    info->HwResetBusCount = counters->HwResetBus;
}

static UCHAR QueryInfo(const BLK_ADAPTER *adapter, PSRB_IO_CONTROL control, ULONG room)
{
    AEROVBLK_QUERY_INFO info;
    ULONG bytes = room < sizeof(info) ? room : (ULONG)sizeof(info);

    if (bytes < AEROVBLK_QUERY_INFO_V1_BYTES) {
        control->ReturnCode = CONTROL_STATUS_BUFFER_TOO_SMALL;
        return SRB_STATUS_INVALID_REQUEST;
    }
    FillInfo(adapter, &info);
    for (ULONG i = 0; i < bytes; i++)
        ((uint8_t *)(control + 1))[i] = ((const uint8_t *)&info)[i];
    control->Length = bytes;
    control->ReturnCode = CONTROL_STATUS_SUCCESS;
    return SRB_STATUS_SUCCESS;
}

static UCHAR ForceReset(BLK_ADAPTER *adapter, PSRB_IO_CONTROL control)
{
    BLK_REQUEST_LIST finished;
    BOOLEAN reset;

    BlkListInit(&finished);
    adapter->Counters.IoctlReset++;
    reset = BlkDeviceReset(adapter, &finished);
    BlkCompleteList(adapter, &finished);
    control->Length = 0;
    control->ReturnCode = reset ? CONTROL_STATUS_SUCCESS : CONTROL_STATUS_UNSUCCESSFUL;
    return SRB_STATUS_SUCCESS;
}

static BOOLEAN SignatureMatches(const SRB_IO_CONTROL *control)
{
    static const char signature[] = AEROVBLK_SIGNATURE;

    for (ULONG i = 0; i < sizeof(control->Signature); i++) {
        if (control->Signature[i] != (UCHAR)signature[i])
            return FALSE;
    }
    return TRUE;
}

VOID BlkStartMiniportControl(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb)
{
    PSRB_IO_CONTROL control = (PSRB_IO_CONTROL)srb->DataBuffer;
    ULONG room;
    UCHAR status;

    if (control == NULL || srb->DataTransferLength < sizeof(*control) || control->HeaderLength != sizeof(*control) ||
        !SignatureMatches(control)) {
        BlkCompleteSrb(adapter, srb, SRB_STATUS_INVALID_REQUEST);
        return;
    }
    room = srb->DataTransferLength - (ULONG)sizeof(*control);
    if (control->Length < room)
        room = control->Length;
    switch (control->ControlCode) {
    case AEROVBLK_IOCTL_QUERY_INFO:
        status = QueryInfo(adapter, control, room);
        break;
    case AEROVBLK_IOCTL_FORCE_RESET:
        status = ForceReset(adapter, control);
        break;
    default:
        control->Length = 0;
        control->ReturnCode = CONTROL_STATUS_NOT_SUPPORTED;
        status = SRB_STATUS_SUCCESS;
        break;
    }
    BlkCompleteSrb(adapter, srb, status);
}
