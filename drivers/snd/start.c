/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Start and stop: all that is ever allocated for the device is allocated here. PASSIVE_LEVEL.
 */
#include "device.h"

#define ATTEMPTS 3u /* to learn what streams there are */

static VOID SetState(SND_DEVICE *device, SND_STATE state)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    device->State = state;
    KeReleaseSpinLock(&device->Lock, irql);
}

/* A device may lose a reply, or ask for a reset while it is asked. The work item does the reset. */
static NTSTATUS ReadStreams(SND_DEVICE *device)
{
    SND_LOG why = SndReadStreams(device);

    for (ULONG again = 1; why != SndLogNothing && again < ATTEMPTS; again++) {
        SndWaitForWork(device);
        why = SndReadStreams(device);
    }
    return why == SndLogNothing ? STATUS_SUCCESS : SndRefuse(device, why);
}

static NTSTATUS StartDevice(SND_DEVICE *device)
{
    NTSTATUS status = SndReadDevice(device);

    if (NT_SUCCESS(status)) {
        status = SndQueuesAllocate(device);
    }
    if (NT_SUCCESS(status)) {
        status = SndConnectInterrupt(device);
    }
    if (NT_SUCCESS(status)) {
        SndTransportConnected(device);
        SetState(device, SndStarting);
        status = SndDeviceStart(device);
    }
    if (NT_SUCCESS(status)) {
        status = ReadStreams(device);
    }
    return status;
}

static NTSTATUS StartTransport(SND_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated)
{
    NTSTATUS status = SndOpenTransport(device, raw, translated);

    if (NT_SUCCESS(status)) {
        device->InD0 = TRUE;
        status = StartDevice(device);
    }
    if (!NT_SUCCESS(status)) {
        SndStop(device, SndStopped);
    }
    return status;
}

/* What the null backend plays and records when there is no device to say: the contract's streams. */
static VOID ImagineStreams(SND_DEVICE *device)
{
    for (uint8_t direction = 0; direction < SND_DIRECTIONS; direction++) {
        uint8_t channels = direction == VIRTIO_SND_D_OUTPUT ? 2 : 1;

        device->Streams[direction] = (SND_STREAM_INFO){
            .Id = direction,
            .Formats = 1ull << VIRTIO_SND_PCM_FMT_S16,
            .Rates = 1ull << VIRTIO_SND_PCM_RATE_48000,
            .Direction = direction,
            .ChannelsMin = channels,
            .ChannelsMax = channels,
        };
        device->Stream[direction] = &device->Streams[direction];
    }
    device->StreamCount = SND_DIRECTIONS;
    SndJacksInit(&device->Jacks);
    device->JackDetection = FALSE;
}

/* Speakers that go with so many channels; the lowest bits where there is no usual arrangement. */
static ULONG MaskOf(ULONG channels)
{
    switch (channels) {
    case 1:
        return KSAUDIO_SPEAKER_MONO;
    case 2:
        return KSAUDIO_SPEAKER_STEREO;
    case 4:
        return KSAUDIO_SPEAKER_QUAD;
    case 6:
        return KSAUDIO_SPEAKER_5POINT1;
    case 8:
        return KSAUDIO_SPEAKER_7POINT1_SURROUND;
    default:
        return (1ul << channels) - 1;
    }
}

/* Of the best format that there is, until a program says otherwise. */
static VOID ChooseMasks(SND_DEVICE *device)
{
    for (ULONG direction = 0; direction < SND_DIRECTIONS; direction++) {
        SND_CHOICE choice;

        device->ChannelMask[direction] =
            device->Stream[direction] != NULL && SndOfferAt(device->Stream[direction], 0, &choice)
                ? MaskOf(choice.Wave.Channels)
                : 0;
    }
}

NTSTATUS SndStart(SND_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated)
{
    NTSTATUS status;

    RtlZeroMemory(&device->Diagnostics, sizeof(device->Diagnostics));
    device->Diagnostics.Size = sizeof(device->Diagnostics);
    device->Diagnostics.Version = SND_DIAGNOSTICS_VERSION;
    device->Diagnostics.ConfigVector = VIRTIO_MSI_NO_VECTOR;
    for (ULONG queue = 0; queue < VIRTIO_SND_VQ_MAX; queue++) {
        device->Diagnostics.QueueVector[queue] = VIRTIO_MSI_NO_VECTOR;
    }
    SndReadParameters(device);
    if (device->WorkItem == NULL) {
        device->WorkItem = IoAllocateWorkItem(device->Fdo);
        if (device->WorkItem == NULL) {
            return SndRefuse(device, SndLogMemory);
        }
    }
    status = StartTransport(device, raw, translated);
    if (!NT_SUCCESS(status) && device->NullBackend) {
        SndLog(device, SndLogNullBackend, status);
        ImagineStreams(device);
        status = STATUS_SUCCESS;
    }
    if (NT_SUCCESS(status)) {
        ChooseMasks(device);
    }
    return status;
}

static VOID LoseDevice(SND_DEVICE *device)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    SndDeviceLost(device);
    device->QueuesReady = FALSE;
    KeReleaseSpinLock(&device->Lock, irql);
}

VOID SndStop(SND_DEVICE *device, SND_STATE state)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    device->State = state;
    device->Failure = SndLogNothing;
    device->Resets = 0;
    KeReleaseSpinLock(&device->Lock, irql);
    SndWaitForWork(device);
    /* Whatever it was at: its DMA ends before its memory goes. One that is not there any more says so at once. */
    if (device->TransportOpen && device->InD0) {
        (void)SndDeviceRest(device);
    }
    LoseDevice(device);
    device->InD0 = FALSE;
    SndDisconnectInterrupt(device);
    SndCloseTransport(device);
    SndQueuesFree(device);
    if (state == SndRemoved) {
        SndWaveRemoved(device);
    }
}

VOID SndRemove(SND_DEVICE *device)
{
    SndStop(device, SndRemoved);
    SndWaitForWork(device);
    if (device->Adapter != NULL) {
        device->Adapter->DmaOperations->PutDmaAdapter(device->Adapter);
        device->Adapter = NULL;
    }
    if (device->WorkItem != NULL) {
        IoFreeWorkItem(device->WorkItem);
        device->WorkItem = NULL;
    }
    device->Fdo = NULL; /* PortCls deletes it */
}
