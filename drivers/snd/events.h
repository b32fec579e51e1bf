/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The event queue: a few buffers with the device, each given back as soon as it was read. Served, never depended on: a
 * queue that breaks is left alone until the next reset, and the streams go on.
 *
 * Locks: the caller holds one around every call. IRQL: any at which the memory may be touched. Nothing is allocated
 * after Init. The device is not trusted: a completion that says more than the buffer holds is dropped, its buffer
 * posted again; so many events in one call that the buffers must have come round are left for the next.
 */
#ifndef AERO_SND_EVENTS_H
#define AERO_SND_EVENTS_H

#include "virtqueue.h"
#include "wire.h"

#define SND_EVENT_BUFFERS 8
#define SND_EVENT_BUFFER_BYTES 64
#define SND_EVENTS_PER_CALL (4 * SND_EVENT_BUFFERS)

typedef struct SND_EVENTS {
    VIRTQUEUE Queue;
    uint8_t *Buffers;
    uint64_t Physical;
    uint32_t BufferCount;
    uint32_t Posted; /* mask of the buffers that the device has */
    bool Started;
    /* The diagnostics of the property set. */
    uint32_t Completions, Parsed, ShortBuffers, UnknownType, JackConnected, JackDisconnected, PcmPeriodElapsed, PcmXrun,
        CtlNotify;
    uint32_t Overlong, BadCookies;
} SND_EVENTS;

typedef struct SND_EVENTS_LAYOUT {
    VIRTQUEUE_LAYOUT Ring;
    uint32_t BuffersOffset, BufferCount, DmaBytes, StateBytes;
} SND_EVENTS_LAYOUT;

typedef enum SND_EVENTS_NEXT {
    SndEventsEvent, /* *event is one */
    SndEventsEmpty,
    SndEventsBroken,
} SND_EVENTS_NEXT;

bool SndEventsLayout(uint16_t queueSize, SND_EVENTS_LAYOUT *layout);
bool SndEventsInit(SND_EVENTS *events, const SND_EVENTS_LAYOUT *layout, void *dma, uint64_t dmaPhysical, void *state,
                   uint64_t features);

/* Posts every buffer that the device does not have. The caller rings. */
void SndEventsStart(SND_EVENTS *events);
/* Only after a device reset. Counters stay. */
void SndEventsReset(SND_EVENTS *events);

/* The next event of at most *left buffers, each posted again; the caller sets *left to SND_EVENTS_PER_CALL, calls
   until Empty or Broken, and rings. With *left 0 at the end there may be more. */
SND_EVENTS_NEXT SndEventsNext(SND_EVENTS *events, uint32_t *left, SND_EVENT *event);

/* What one completion says. False, and nothing is posted, when the cookie names no buffer that the device has. */
bool SndEventsTake(SND_EVENTS *events, const void *cookie, uint32_t length, SND_EVENT *event);

#endif
