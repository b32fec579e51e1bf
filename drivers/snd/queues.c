/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The four virtqueues: their memory, and what is done when the device has completed something. Control, event,
 * transmit, receive, in the order of VIRTIO_SND_VQ_*.
 */
#include "device.h"

#define ROUNDS 4u /* of one queue in one DPC */

typedef struct LAYOUTS {
    SND_CONTROL_LAYOUT Control;
    SND_EVENTS_LAYOUT Events;
    SND_PCM_LAYOUT Pcm[SND_DIRECTIONS];
    ULONG Offset[VIRTIO_SND_VQ_MAX]; /* in the DMA memory, each on a page of its own */
    ULONG StateOffset[VIRTIO_SND_VQ_MAX];
    ULONG Bytes;
    ULONG StateBytes;
} LAYOUTS;

/* The engine lays its rings out as a modern device wants them and puts what it needs behind: `behind` is where that
 * begins, `bytes` where it ends. A legacy ring is longer, and both move. */
static VOID UseLegacyRing(VIRTQUEUE_LAYOUT *ring, uint32_t *behind, uint32_t *bytes)
{
    uint32_t start;

    (VOID) VirtqueueLayoutLegacy(ring->Size, ring); /* the size was legal */
    start = (uint32_t)ALIGN_UP_BY(ring->Length, 16);
    *bytes += start - *behind;
    *behind = start;
}

static VOID UseLegacyRings(LAYOUTS *layouts)
{
    UseLegacyRing(&layouts->Control.Ring, &layouts->Control.SlotsOffset, &layouts->Control.DmaBytes);
    UseLegacyRing(&layouts->Events.Ring, &layouts->Events.BuffersOffset, &layouts->Events.DmaBytes);
    for (ULONG d = 0; d < SND_DIRECTIONS; d++) {
        UseLegacyRing(&layouts->Pcm[d].Ring, &layouts->Pcm[d].SlotsOffset, &layouts->Pcm[d].DmaBytes);
    }
}

static BOOLEAN LayOutQueues(const SND_DEVICE *device, LAYOUTS *layouts)
{
    if (!SndControlLayout(device->QueueSizes[VIRTIO_SND_VQ_CONTROL], &layouts->Control) ||
        !SndEventsLayout(device->QueueSizes[VIRTIO_SND_VQ_EVENT], &layouts->Events)) {
        return FALSE;
    }
    for (ULONG d = 0; d < SND_DIRECTIONS; d++) {
        if (!SndPcmLayout(device->QueueSizes[VIRTIO_SND_VQ_TX + d], &layouts->Pcm[d])) {
            return FALSE;
        }
    }
    if (device->LegacyRings) {
        UseLegacyRings(layouts);
    }
    return TRUE;
}

static BOOLEAN LayOut(const SND_DEVICE *device, LAYOUTS *layouts)
{
    ULONG bytes[VIRTIO_SND_VQ_MAX];
    ULONG state[VIRTIO_SND_VQ_MAX];

    if (!LayOutQueues(device, layouts)) {
        return FALSE;
    }
    bytes[VIRTIO_SND_VQ_CONTROL] = layouts->Control.DmaBytes;
    state[VIRTIO_SND_VQ_CONTROL] = layouts->Control.StateBytes;
    bytes[VIRTIO_SND_VQ_EVENT] = layouts->Events.DmaBytes;
    state[VIRTIO_SND_VQ_EVENT] = layouts->Events.StateBytes;
    for (ULONG d = 0; d < SND_DIRECTIONS; d++) {
        bytes[VIRTIO_SND_VQ_TX + d] = layouts->Pcm[d].DmaBytes;
        state[VIRTIO_SND_VQ_TX + d] = layouts->Pcm[d].StateBytes;
    }
    layouts->Bytes = 0;
    layouts->StateBytes = 0;
    for (ULONG i = 0; i < VIRTIO_SND_VQ_MAX; i++) {
        layouts->Offset[i] = layouts->Bytes;
        layouts->StateOffset[i] = layouts->StateBytes;
        layouts->Bytes += (ULONG)ALIGN_UP_BY(bytes[i], PAGE_SIZE);
        layouts->StateBytes += (ULONG)ALIGN_UP_BY(state[i], 16);
    }
    return TRUE;
}

static BOOLEAN InitQueues(SND_DEVICE *device, const LAYOUTS *layouts)
{
    UINT64 physical = (UINT64)device->Dma.Physical.QuadPart;
    PUCHAR state = (PUCHAR)device->QueueState;
    PUCHAR dma = device->Dma.Memory;

    if (!SndControlInit(&device->Control, &layouts->Control, dma, physical, state, device->Features,
                        &device->Dialect) ||
        !SndEventsInit(&device->Events, &layouts->Events, dma + layouts->Offset[VIRTIO_SND_VQ_EVENT],
                       physical + layouts->Offset[VIRTIO_SND_VQ_EVENT],
                       state + layouts->StateOffset[VIRTIO_SND_VQ_EVENT], device->Features)) {
        return FALSE;
    }
    for (ULONG d = 0; d < SND_DIRECTIONS; d++) {
        ULONG queue = VIRTIO_SND_VQ_TX + d;

        if (!SndPcmInit(&device->Pcm[d], &layouts->Pcm[d], dma + layouts->Offset[queue],
                        physical + layouts->Offset[queue], state + layouts->StateOffset[queue], device->Features,
                        &device->Dialect, d == VIRTIO_SND_D_INPUT)) {
            return FALSE;
        }
    }
    return TRUE;
}

static NTSTATUS GetAdapter(SND_DEVICE *device)
{
    DEVICE_DESCRIPTION description = {
        .Version = DEVICE_DESCRIPTION_VERSION,
        .Master = TRUE,
        .ScatterGather = TRUE,
        .Dma32BitAddresses = TRUE,
        .Dma64BitAddresses = !device->LegacyRings, /* a ring is told as a 32-bit page number */
        .InterfaceType = PCIBus,
        .MaximumLength = SND_CYCLIC_BYTES_MAX,
    };
    ULONG registers = 0;

    device->Adapter = IoGetDmaAdapter(device->Pdo, &description, &registers);
    return device->Adapter != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

BOOLEAN SndAllocateDma(SND_DEVICE *device, ULONG bytes, SND_DMA *dma)
{
    dma->Memory = NULL;
    if (device->Adapter != NULL) {
        dma->Memory =
            (PUCHAR)device->Adapter->DmaOperations->AllocateCommonBuffer(device->Adapter, bytes, &dma->Physical, TRUE);
    }
    dma->Bytes = dma->Memory != NULL ? bytes : 0;
    return dma->Memory != NULL;
}

VOID SndFreeDma(SND_DEVICE *device, SND_DMA *dma)
{
    if (dma->Memory != NULL && device->Adapter != NULL) {
        device->Adapter->DmaOperations->FreeCommonBuffer(device->Adapter, dma->Bytes, dma->Physical, dma->Memory, TRUE);
        dma->Memory = NULL;
    }
}

NTSTATUS SndQueuesAllocate(SND_DEVICE *device)
{
    LAYOUTS layouts;

    if (!LayOut(device, &layouts)) {
        return SndRefuse(device, SndLogQueueSize);
    }
    if (device->Adapter == NULL && !NT_SUCCESS(GetAdapter(device))) {
        return SndRefuse(device, SndLogMemory);
    }
    if (!SndAllocateDma(device, layouts.Bytes, &device->Dma)) {
        return SndRefuse(device, SndLogMemory);
    }
    RtlZeroMemory(device->Dma.Memory, device->Dma.Bytes);
    device->QueueState = ExAllocatePoolWithTag(NonPagedPool, layouts.StateBytes, SND_POOL_TAG);
    if (device->QueueState == NULL) {
        return SndRefuse(device, SndLogMemory);
    }
    if (!InitQueues(device, &layouts)) {
        return SndRefuse(device, SndLogQueueSize);
    }
    device->QueuesReady = TRUE;
    return STATUS_SUCCESS;
}

VOID SndQueuesFree(SND_DEVICE *device)
{
    device->QueuesReady = FALSE;
    if (device->QueueState != NULL) {
        ExFreePoolWithTag(device->QueueState, SND_POOL_TAG);
        device->QueueState = NULL;
    }
    SndFreeDma(device, &device->Dma);
}

VIRTQUEUE *SndQueueOf(SND_DEVICE *device, ULONG queue)
{
    switch (queue) {
    case VIRTIO_SND_VQ_CONTROL:
        return &device->Control.Queue;
    case VIRTIO_SND_VQ_EVENT:
        return &device->Events.Queue;
    default:
        return &device->Pcm[queue - VIRTIO_SND_VQ_TX].Queue;
    }
}

VOID SndKick(SND_DEVICE *device, USHORT queue)
{
    if (SndDeviceRuns(device) && VirtqueueKickNeeded(SndQueueOf(device, queue))) {
        VirtioRing(device->Transport, &device->Doorbells[queue]);
    }
}

VOID SndQueuesFill(SND_DEVICE *device)
{
    SndEventsStart(&device->Events);
    SndKick(device, VIRTIO_SND_VQ_EVENT);
    for (ULONG queue = 0; queue < VIRTIO_SND_VQ_MAX; queue++) {
        (void)VirtqueueAllowInterrupts(SndQueueOf(device, queue));
    }
}

/* "Served, never depended on": a broken event queue is left alone. */
static VOID ServiceEvents(SND_DEVICE *device)
{
    uint32_t left = SND_EVENTS_PER_CALL;
    SND_EVENT event;

    while (SndEventsNext(&device->Events, &left, &event) == SndEventsEvent) {
        device->JacksChanged |= SndJackEvent(&device->Jacks, &event);
        if (event.Kind == SndEventJackConnected || event.Kind == SndEventJackDisconnected) {
            device->JackDetection = TRUE;
        } else if (event.Kind == SndEventPeriodElapsed || event.Kind == SndEventXrun) {
            SndWaveEvent(device, &event);
        }
    }
    SndKick(device, VIRTIO_SND_VQ_EVENT);
    if (device->JacksChanged != 0) {
        SndQueueWork(device); /* references to the port driver are a matter of PASSIVE_LEVEL */
    }
}

static BOOLEAN ServiceOnce(SND_DEVICE *device, ULONG queue)
{
    device->Resets = 0;
    device->Diagnostics.QueueDrainCount[queue]++;
    switch (queue) {
    case VIRTIO_SND_VQ_CONTROL:
        return SndControlService(device);
    case VIRTIO_SND_VQ_EVENT:
        ServiceEvents(device);
        return TRUE;
    default:
        return SndWaveService(device, queue - VIRTIO_SND_VQ_TX);
    }
}

static BOOLEAN ServiceQueue(SND_DEVICE *device, ULONG queue)
{
    VIRTQUEUE *ring = SndQueueOf(device, queue);
    BOOLEAN more = VirtqueueHasCompletions(ring);

    for (ULONG round = 0; more && round < ROUNDS; round++) {
        if (!ServiceOnce(device, queue)) {
            return FALSE;
        }
        /* A broken event queue says FALSE here, too. */
        more = VirtqueueAllowInterrupts(ring);
    }
    if (more) {
        (void)KeInsertQueueDpc(&device->Dpc, NULL, NULL); /* buffers can come back at once, for ever */
    }
    return TRUE;
}

BOOLEAN SndQueuesService(SND_DEVICE *device)
{
    for (ULONG queue = 0; queue < VIRTIO_SND_VQ_MAX; queue++) {
        if (!ServiceQueue(device, queue)) {
            return FALSE;
        }
    }
    return TRUE;
}
