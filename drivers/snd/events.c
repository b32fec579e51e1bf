/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "events.h"

#include "virtio_io.h"

bool SndEventsLayout(uint16_t queueSize, SND_EVENTS_LAYOUT *layout)
{
    if (!VirtqueueLayoutModern(queueSize, &layout->Ring)) {
        return false;
    }
    layout->BufferCount = queueSize < SND_EVENT_BUFFERS ? queueSize : SND_EVENT_BUFFERS;
    layout->BuffersOffset = (layout->Ring.Length + 15) & ~15u;
    layout->DmaBytes = layout->BuffersOffset + layout->BufferCount * SND_EVENT_BUFFER_BYTES;
    layout->StateBytes = (uint32_t)VirtqueueStateSize(queueSize);
    return true;
}

bool SndEventsInit(SND_EVENTS *events, const SND_EVENTS_LAYOUT *layout, void *dma, uint64_t dmaPhysical, void *state,
                   uint64_t features)
{
    /* Lengths are clamped so that one that is too large costs an event and not the queue; see Post. */
    VIRTQUEUE_OPTIONS options = {
        .Indirect = false, /* one descriptor each */
        .EventIdx = (features & VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX)) != 0,
        .ClampLength = true,
    };
    VIRTQUEUE_RING ring;

    VirtioZero(events, sizeof(*events));
    VirtqueuePlace(&layout->Ring, dma, dmaPhysical, &ring);
    if (VirtqueueInit(&events->Queue, &ring, &options, state, layout->StateBytes) != VirtqueueOk) {
        return false;
    }
    events->Buffers = (uint8_t *)dma + layout->BuffersOffset;
    events->Physical = dmaPhysical + layout->BuffersOffset;
    events->BufferCount = layout->BufferCount;
    return true;
}

/* Cookies are the buffers' addresses. The queue is told of one byte more than there is: a length that it clamps is
   then seen to be too large. */
static void Post(SND_EVENTS *events, uint32_t buffer)
{
    VIRTQ_DESC desc = {
        .Address = events->Physical + buffer * SND_EVENT_BUFFER_BYTES,
        .Length = SND_EVENT_BUFFER_BYTES,
        .Flags = VIRTQ_DESC_F_WRITE,
    };

    if (VirtqueueAddDirect(&events->Queue, &desc, 0, 1, SND_EVENT_BUFFER_BYTES + 1,
                           events->Buffers + buffer * SND_EVENT_BUFFER_BYTES, NULL) == VirtqueueOk) {
        events->Posted |= 1u << buffer;
    }
}

void SndEventsStart(SND_EVENTS *events)
{
    events->Started = true;
    for (uint32_t i = 0; i < events->BufferCount; i++) {
        if ((events->Posted >> i & 1) == 0) {
            Post(events, i);
        }
    }
}

void SndEventsReset(SND_EVENTS *events)
{
    events->Started = false;
    while (VirtqueueDetach(&events->Queue) != NULL) {
    }
    VirtqueueReset(&events->Queue);
    events->Posted = 0;
}

static void Count(SND_EVENTS *events, SND_EVENT_KIND kind)
{
    switch (kind) {
    case SndEventNone:
        events->ShortBuffers++;
        return;
    case SndEventUnknown:
        events->UnknownType++;
        break;
    case SndEventJackConnected:
        events->JackConnected++;
        break;
    case SndEventJackDisconnected:
        events->JackDisconnected++;
        break;
    case SndEventPeriodElapsed:
        events->PcmPeriodElapsed++;
        break;
    case SndEventXrun:
        events->PcmXrun++;
        break;
    case SndEventControl:
        events->CtlNotify++;
        break;
    }
    events->Parsed++;
}

bool SndEventsTake(SND_EVENTS *events, const void *cookie, uint32_t length, SND_EVENT *event)
{
    uintptr_t offset = (uintptr_t)cookie - (uintptr_t)events->Buffers;
    uint32_t buffer = (uint32_t)(offset / SND_EVENT_BUFFER_BYTES);

    *event = (SND_EVENT){.Kind = SndEventNone};
    if (offset >= events->BufferCount * SND_EVENT_BUFFER_BYTES || offset % SND_EVENT_BUFFER_BYTES != 0 ||
        (events->Posted >> buffer & 1) == 0) {
        events->BadCookies++;
        return false;
    }
    events->Completions++;
    events->Posted &= ~(1u << buffer);
    if (length > SND_EVENT_BUFFER_BYTES) {
        events->Overlong++;
    } else {
        SndDecodeEvent(events->Buffers + offset, length, event);
        Count(events, event->Kind);
    }
    if (events->Started) {
        Post(events, buffer);
    }
    return true;
}

SND_EVENTS_NEXT SndEventsNext(SND_EVENTS *events, uint32_t *left, SND_EVENT *event)
{
    VIRTQUEUE_COMPLETION completion;
    VIRTQUEUE_GET got = VirtqueueEmpty;

    while (*left != 0 && (got = VirtqueueGet(&events->Queue, &completion)) == VirtqueueCompleted) {
        (*left)--;
        if (SndEventsTake(events, completion.Cookie, completion.Length, event) && event->Kind != SndEventNone &&
            event->Kind != SndEventUnknown) {
            return SndEventsEvent;
        }
    }
    return got == VirtqueueCorrupt ? SndEventsBroken : SndEventsEmpty;
}
