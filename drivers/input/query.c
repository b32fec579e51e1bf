/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The private interface (diagnostics.h): structures are filled under the lock and copied; a buffer of 8 bytes or more
 * that is shorter than the structure gets Size and Version only.
 */
#include "device.h"

#define SIZE_AND_VERSION 8u

static VOID FillCounters(INPUT_DEVICE *device, INPUT_COUNTERS *counters)
{
    const INPUT_REPORT_QUEUE *queue = &device->Engine->Queue;

    *counters = device->Counters;
    counters->Size = sizeof(*counters);
    counters->Version = INPUT_COUNTERS_VERSION;
    counters->VirtioInterrupts = device->Interrupts.TotalInterrupts;
    counters->Dpcs = device->Interrupts.TotalDpcs;
    counters->PendingRingDepth = device->LedsPending;
    counters->ReadQueueDepth = counters->ReportRingDepth = InputReportQueueDepth(queue);
    counters->ReadQueueMaximum = counters->ReportRingMaximum = queue->Deepest;
    counters->ReportRingDrops = queue->Lost;
    counters->ReportRingOverruns = queue->Overruns;
    counters->EventDrops += device->Engine->EventsIgnored;
}

static VOID FillState(INPUT_DEVICE *device, INPUT_STATE_INFO *state)
{
    *state = (INPUT_STATE_INFO){
        .Size = sizeof(*state),
        .Version = INPUT_STATE_VERSION,
        .DeviceKind = (ULONG)device->Engine->Capabilities.Kind,
        .Missing = device->Engine->Capabilities.Missing,
        .LedSupportedMask = device->Engine->Capabilities.Leds,
        .DeviceLeds = device->Engine->DeviceLeds,
        .PciRevision = device->Revision,
        .SubsystemDeviceId = device->SubsystemId,
        .HardwareReady = device->Interrupt.Object != NULL,
        .InD0 = device->InD0,
        .HidActivated = device->Activated,
        .VirtioStarted = device->State == InputRunning,
        .NegotiatedFeatures = device->Features,
        .StatusQueueDropOnFull = device->DropLedsOnFull,
        .StatusQueueActive = device->State == InputRunning && device->StatusBuffers != 0,
    };
}

static VOID FillInterrupts(INPUT_DEVICE *device, INPUT_INTERRUPT_INFO *interrupts)
{
    static const UCHAR mappings[] = {
        [VirtioMsixPerQueue] = 2, [VirtioMsixSharedQueues] = 3, [VirtioMsixSharedAll] = 1, [VirtioIntx] = 0};

    *interrupts = device->Interrupts;
    interrupts->Size = sizeof(*interrupts);
    interrupts->Version = INPUT_INTERRUPTS_VERSION;
    interrupts->ConfigVector = interrupts->EventVector = interrupts->StatusVector = VIRTIO_MSI_NO_VECTOR;
    if (device->Interrupt.Object == NULL) {
        return;
    }
    interrupts->Mode = device->Interrupt.Messages ? 2 : 1;
    interrupts->MessageCount = device->Interrupt.MessageCount;
    interrupts->Mapping = mappings[device->Plan];
    interrupts->UsedVectors = (USHORT)VirtioMsixMessageCount(device->Plan, 2);
    interrupts->ConfigVector = VirtioMsixConfigVector(device->Plan);
    interrupts->EventVector = VirtioMsixQueueVector(device->Plan, VIRTIO_INPUT_EVENT_QUEUE);
    interrupts->StatusVector = VirtioMsixQueueVector(device->Plan, VIRTIO_INPUT_STATUS_QUEUE);
}

ULONG InputQuery(INPUT_DEVICE *device, ULONG what, VOID *buffer, ULONG length)
{
    union {
        INPUT_COUNTERS Counters;
        INPUT_STATE_INFO State;
        INPUT_INTERRUPT_INFO Interrupts;
    } answer;
    ULONG bytes;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    switch (what) {
    case INPUT_IOCTL_QUERY_COUNTERS:
        FillCounters(device, &answer.Counters);
        bytes = sizeof(answer.Counters);
        break;
    case INPUT_IOCTL_QUERY_STATE:
        FillState(device, &answer.State);
        bytes = sizeof(answer.State);
        break;
    default:
        FillInterrupts(device, &answer.Interrupts);
        bytes = sizeof(answer.Interrupts);
        break;
    }
    KeReleaseSpinLock(&device->Lock, irql);
    if (length < SIZE_AND_VERSION) {
        return 0;
    }
    if (length < bytes) {
        bytes = SIZE_AND_VERSION;
    }
    RtlCopyMemory(buffer, &answer, bytes);
    return bytes;
}

VOID InputResetCounters(INPUT_DEVICE *device)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    RtlZeroMemory(&device->Counters, sizeof(device->Counters));
    RtlZeroMemory(&device->Interrupts, sizeof(device->Interrupts));
    device->Counters.EventQueueDepth = device->Counters.EventQueueMaximum = device->EventBuffers;
    device->Engine->EventsIgnored = 0;
    device->Engine->Queue.Deepest = device->Engine->Queue.Overruns = device->Engine->Queue.Lost = 0;
    KeReleaseSpinLock(&device->Lock, irql);
}
