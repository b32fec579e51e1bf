/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The event queue (device to driver) and the status queue (driver to device). One event per buffer on both. The
 * driver's own copy of an event is what it looks at: the device may write into its buffers at any time.
 */
#include "device.h"

#define ROUNDS 4u /* of the event queue in one DPC */

/* Cookies name buffers; they must not be NULL. */
static PVOID Cookie(ULONG buffer)
{
    return (PVOID)(ULONG_PTR)(buffer + 1);
}

static ULONG BufferOf(PVOID cookie)
{
    return (ULONG)(ULONG_PTR)cookie - 1;
}

static volatile VIRTIO_INPUT_EVENT *EventAt(const INPUT_DEVICE *device, ULONG offset, ULONG buffer)
{
    return (volatile VIRTIO_INPUT_EVENT *)(PVOID)(device->Dma.Memory + offset + buffer * sizeof(VIRTIO_INPUT_EVENT));
}

static VIRTQUEUE_RESULT Add(INPUT_DEVICE *device, VIRTQUEUE *queue, ULONG offset, ULONG buffer, USHORT flags)
{
    VIRTQ_DESC descriptor = {
        .Address = (UINT64)device->Dma.Physical.QuadPart + offset + buffer * sizeof(VIRTIO_INPUT_EVENT),
        .Length = sizeof(VIRTIO_INPUT_EVENT),
        .Flags = flags,
    };

    return VirtqueueAddDirect(queue, &descriptor, 0, 1, flags == VIRTQ_DESC_F_WRITE ? descriptor.Length : 0,
                              Cookie(buffer), NULL);
}

/* QEMU's used length in the status queue is what it read, although "len" is what the device wrote: there, nothing. */
static BOOLEAN InitQueue(INPUT_DEVICE *device, VIRTQUEUE *queue, USHORT size, ULONG offset, PUCHAR state)
{
    VIRTQUEUE_OPTIONS options = {.EventIdx = (device->Features & (1ull << VIRTIO_F_EVENT_IDX)) != 0,
                                 .ClampLength = queue == &device->StatusQueue};
    VIRTQUEUE_LAYOUT layout;
    VIRTQUEUE_RING ring;

    if (!VirtqueueLayoutModern(size, &layout)) {
        return FALSE;
    }
    VirtqueuePlace(&layout, device->Dma.Memory + offset, (UINT64)device->Dma.Physical.QuadPart + offset, &ring);
    return VirtqueueInit(queue, &ring, &options, state, VirtqueueStateSize(size)) == VirtqueueOk;
}

BOOLEAN InputQueuesInit(INPUT_DEVICE *device)
{
    VIRTQUEUE_LAYOUT layout;
    PUCHAR state = (PUCHAR)device->QueueState;

    if (!VirtqueueLayoutModern(device->EventQueueSize, &layout) ||
        !InitQueue(device, &device->EventQueue, device->EventQueueSize, 0, state)) {
        return FALSE;
    }
    return InitQueue(device, &device->StatusQueue, device->StatusQueueSize,
                     (ULONG)ALIGN_UP_BY(layout.Length, PAGE_SIZE), state + VirtqueueStateSize(device->EventQueueSize));
}

VOID InputQueuesFill(INPUT_DEVICE *device)
{
    for (ULONG i = 0; i < device->EventBuffers; i++) {
        (void)Add(device, &device->EventQueue, device->Dma.EventsOffset, i, VIRTQ_DESC_F_WRITE);
    }
    device->FreeStatusCount = 0;
    for (USHORT i = 0; i < device->StatusBuffers; i++) {
        device->FreeStatus[device->FreeStatusCount++] = (UCHAR)i;
    }
    device->Counters.EventQueueDepth = device->Counters.EventQueueMaximum = device->EventBuffers;
    if (VirtqueueKickNeeded(&device->EventQueue)) {
        VirtioModernRing(&device->EventDoorbell);
    }
    (void)VirtqueueAllowInterrupts(&device->EventQueue);
    (void)VirtqueueAllowInterrupts(&device->StatusQueue);
}

/* A used length below an event's is a buffer without one. */
static VOID TakeEvent(INPUT_DEVICE *device, ULONG buffer, UINT32 length)
{
    volatile VIRTIO_INPUT_EVENT *shared = EventAt(device, device->Dma.EventsOffset, buffer);
    VIRTIO_INPUT_EVENT event = {shared->Type, shared->Code, shared->Value};

    device->Counters.Events++;
    device->Resets = 0;
    if (length >= sizeof(event)) {
        InputEngineEvent(device->Engine, &event);
    } else {
        device->Counters.EventDrops++;
    }
}

/* Buffers go back after all that are there were taken: until then one that is used a second time is found out. */
static VIRTQUEUE_GET TakeEvents(INPUT_DEVICE *device)
{
    UCHAR taken[INPUT_EVENT_BUFFERS];
    VIRTQUEUE_COMPLETION completion;
    VIRTQUEUE_GET got;
    ULONG count = 0;

    while ((got = VirtqueueGet(&device->EventQueue, &completion)) == VirtqueueCompleted) {
        taken[count] = (UCHAR)BufferOf(completion.Cookie);
        TakeEvent(device, taken[count++], completion.Length);
    }
    for (ULONG i = 0; i < count && got == VirtqueueEmpty; i++) {
        (void)Add(device, &device->EventQueue, device->Dma.EventsOffset, taken[i], VIRTQ_DESC_F_WRITE);
    }
    return got;
}

static VIRTQUEUE_GET ReapEvents(INPUT_DEVICE *device)
{
    for (ULONG round = 1; TakeEvents(device) == VirtqueueEmpty; round++) {
        BOOLEAN more = VirtqueueAllowInterrupts(&device->EventQueue);

        if (more && round < ROUNDS) {
            continue;
        }
        if (more) {
            (void)KeInsertQueueDpc(&device->Dpc, NULL, NULL); /* returned buffers can come back at once, for ever */
        }
        if (VirtqueueKickNeeded(&device->EventQueue)) {
            VirtioModernRing(&device->EventDoorbell);
        }
        return VirtqueueEmpty;
    }
    return VirtqueueCorrupt;
}

static VIRTQUEUE_GET ReapStatus(INPUT_DEVICE *device)
{
    VIRTQUEUE_COMPLETION completion;
    VIRTQUEUE_GET got;

    do {
        while ((got = VirtqueueGet(&device->StatusQueue, &completion)) == VirtqueueCompleted) {
            device->Counters.StatusQueueCompletions++;
            device->FreeStatus[device->FreeStatusCount++] = (UCHAR)BufferOf(completion.Cookie);
        }
    } while (got == VirtqueueEmpty && VirtqueueAllowInterrupts(&device->StatusQueue));
    return got;
}

/* FALSE when it cannot go now: half a state would be a wrong one, and so would be two whose buffers a device uses in an
 * order of its own (VIRTIO 1.x "Split Virtqueues": buffers may come back out of order). */
static BOOLEAN SubmitLeds(INPUT_DEVICE *device, UCHAR leds)
{
    VIRTIO_INPUT_EVENT events[INPUT_LED_EVENTS_MAX];
    ULONG count = InputLedsEvents(&device->Engine->Capabilities, leds, events);

    if (device->FreeStatusCount != device->StatusBuffers || device->StatusBuffers < count) {
        return FALSE;
    }
    for (ULONG i = 0; i < count; i++) {
        ULONG buffer = device->FreeStatus[--device->FreeStatusCount];
        volatile VIRTIO_INPUT_EVENT *shared = EventAt(device, device->Dma.StatusOffset, buffer);

        shared->Type = events[i].Type;
        shared->Code = events[i].Code;
        shared->Value = events[i].Value;
        (void)Add(device, &device->StatusQueue, device->Dma.StatusOffset, buffer, 0);
        device->Counters.StatusQueueSubmits++;
    }
    if (count != 0) {
        device->Counters.LedWritesSubmitted++;
    }
    if (VirtqueueKickNeeded(&device->StatusQueue)) {
        VirtioModernRing(&device->StatusDoorbell);
    }
    return TRUE;
}

VOID InputSendLeds(INPUT_DEVICE *device, UCHAR leds)
{
    device->Counters.LedWritesRequested++;
    device->Leds = leds;
    if (device->State != InputRunning) {
        device->LedsPending = TRUE; /* sent when the device runs again */
        return;
    }
    if (SubmitLeds(device, leds)) {
        device->LedsPending = FALSE;
        return;
    }
    device->Counters.StatusQueueFull++;
    if (device->DropLedsOnFull) {
        device->Counters.LedWritesDropped++;
    } else {
        device->Counters.PendingRingDrops += device->LedsPending ? 1 : 0;
        device->Counters.PendingRingMaximum = 1;
        device->LedsPending = TRUE;
    }
}

BOOLEAN InputQueuesReap(INPUT_DEVICE *device)
{
    if (ReapEvents(device) == VirtqueueCorrupt || ReapStatus(device) == VirtqueueCorrupt) {
        return FALSE;
    }
    if (device->LedsPending && SubmitLeds(device, device->Leds)) {
        device->LedsPending = FALSE;
    }
    return TRUE;
}
