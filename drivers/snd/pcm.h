/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The transmit or receive queue of one stream: messages made of the cyclic buffer's own pages, completions turned into
 * frames. Nothing is copied, unless samples have to be changed on the way out (volume, S24) or a message is filled up
 * with silence; then the message goes by way of a bounce buffer.
 *
 *   Init (queue, slots) -- Configure (stream, format, buffer) -- Submit, Reap ... -- Flush, Rewind or Detach -- ...
 *
 * A message is a period, or an even part of one when a period has more segments than a chain or more bytes than the
 * contract's 256 KiB. Messages are submitted in the order of the buffer and counted as completed in that order,
 * whatever order the device has.
 *
 * Locks: the caller holds one around every call. IRQL: any at which the memory may be touched; Configure at
 * PASSIVE_LEVEL, for it looks at every page. Nothing is allocated after Init. The device is not trusted: status words
 * and lengths are read once and checked; a message gives at most its own length.
 */
#ifndef AERO_SND_PCM_H
#define AERO_SND_PCM_H

#include "formats.h"
#include "sg.h"
#include "virtqueue.h"
#include "volume.h"
#include "wire.h"

#define SND_PCM_SLOTS_MAX 64
#define SND_PCM_SEGMENTS_MAX 14
#define SND_PCM_PAYLOAD_MAX 262144u
#define SND_PCM_LEAD 3 /* periods that are kept queued, when the buffer has as many */
#define SND_PCM_PERIODS_MIN 2
#define SND_PCM_PARTS_MAX 16
#define SND_BOUNCE_MAX 8

typedef struct SND_PCM_DMA {
    VIRTQ_DESC Table[SND_PCM_SEGMENTS_MAX + 2]; /* header, payload, status */
    VIRTIO_SND_PCM_XFER Header;
    VIRTIO_SND_PCM_STATUS Status;
} SND_PCM_DMA;

_Static_assert(sizeof(SND_PCM_DMA) % 16 == 0, "descriptor tables are 16-byte aligned");

typedef struct SND_PCM_SLOT {
    SND_PCM_DMA *Dma;
    uint64_t Physical;
    uint32_t Offset; /* of the message in the cyclic buffer */
    uint32_t Length; /* used length */
    bool Sent;
    bool Done;
    bool Bounced;
} SND_PCM_SLOT;

typedef struct SND_BOUNCE {
    uint8_t *Base;
    uint64_t Physical; /* contiguous */
} SND_BOUNCE;

typedef struct SND_PCM_CONFIG {
    uint32_t StreamId;
    SND_CHOICE Choice;
    SND_CYCLIC Cyclic;
    uint32_t PeriodBytes;
    SND_VOLUME *Volume; /* NULL: samples pass as they are */
    uint32_t BounceBytes;
    uint32_t BounceCount; /* 0: the volume of a playback stream is not applied, S24 is refused */
    SND_BOUNCE Bounce[SND_BOUNCE_MAX];
    bool SilenceBehind; /* what was played is overwritten with silence: a client that stalls is heard no more instead of
                           again and again. See ToldFrames. */
} SND_PCM_CONFIG;

typedef struct SND_PCM {
    VIRTQUEUE Queue;
    const SND_DIALECT *Dialect;
    SND_PCM_SLOT *Slots;
    uint32_t SlotCount;
    uint32_t SegmentsMax;
    bool Capture;
    bool Flushing;
    SND_RESULT Failure; /* fatal; nothing is submitted any more */
    SND_PCM_CONFIG Config;
    uint32_t MessageBytes, MessageFrames, Messages, PartsPerPeriod, PartsDone;
    uint32_t SubmitMessage, CompleteMessage; /* indexes into the cyclic buffer */
    uint32_t NextSlot, OldestSlot, Outstanding;
    uint32_t BounceNext, BounceUsed;
    uint64_t SubmittedFrames, CompletedFrames;
    /* The furthest position that the client was told, which the caller keeps. It may have written up to there again by
       the time a completion is seen, so silence starts behind it. */
    uint64_t ToldFrames;
    uint32_t IoErrors, ShortBuffers, UnwrittenStatuses;
} SND_PCM;

typedef struct SND_PCM_LAYOUT {
    VIRTQUEUE_LAYOUT Ring;
    uint32_t SlotsOffset, SlotCount, SegmentsMax;
    uint32_t DmaBytes, StateBytes;
    uint32_t SlotStateOffset;
} SND_PCM_LAYOUT;

typedef struct SND_PCM_REPORT {
    uint32_t Messages; /* completed in this call */
    uint32_t Periods;
    uint32_t IoErrors;
    uint32_t ShortBuffers;
    uint32_t LatencyBytes; /* as the device said last; at most SND_CYCLIC_BYTES_MAX */
    SND_RESULT Fatal;      /* SndOk: none; SndBroken: the device has to be reset */
} SND_PCM_REPORT;

/* False when the queue is too small for a chain of three. */
bool SndPcmLayout(uint16_t queueSize, SND_PCM_LAYOUT *layout);
bool SndPcmInit(SND_PCM *pcm, const SND_PCM_LAYOUT *layout, void *dma, uint64_t dmaPhysical, void *state,
                uint64_t features, const SND_DIALECT *dialect, bool capture);

/* Without a queue, for SndPcmSkip instead of Submit and Reap. */
void SndPcmInitNull(SND_PCM *pcm, bool capture);

/* SndInvalid: the buffer, the period and the format do not go together, or no even part of a period fits a message.
   SndBusy: messages are out. `config` is copied; what it points to stays the caller's. Positions start at 0. */
SND_RESULT SndPcmConfigure(SND_PCM *pcm, const SND_PCM_CONFIG *config);

/* The same configuration from position 0 on. False while messages are out. */
bool SndPcmRestart(SND_PCM *pcm);

/* Periods to keep queued. */
uint32_t SndPcmLead(const SND_PCM *pcm);
/* How many messages to submit, so that everything up to reference + lead is queued. The reference is what was
   completed when the device paces, SndClockElapsed when the counter does. */
uint32_t SndPcmDue(const SND_PCM *pcm, uint64_t referenceFrames, uint32_t leadFrames);

/* The next message, unseen by the device until the caller's VirtqueueKickNeeded. Of a playback message only the first
   `validBytes` are sound and the rest is silence; SndPcmSubmitAll for none of that. SndBusy: no slot, no bounce buffer,
   no room, or the whole buffer is queued; nothing has changed. */
SND_RESULT SndPcmSubmit(SND_PCM *pcm, uint32_t validBytes);

static inline SND_RESULT SndPcmSubmitAll(SND_PCM *pcm)
{
    return SndPcmSubmit(pcm, pcm->MessageBytes);
}

void SndPcmReap(SND_PCM *pcm, SND_PCM_REPORT *report);

/* One message passes without a device, recorded as silence; added to *report. False, and none has: messages are out. */
bool SndPcmSkip(SND_PCM *pcm, SND_PCM_REPORT *report);

/* From now until Rewind what comes back was not played: on RELEASE "The device MUST complete all pending I/O
   messages". */
void SndPcmFlush(SND_PCM *pcm);
/* Nothing is out any more: what was submitted and not completed is submitted again. False while messages are out. */
bool SndPcmRewind(SND_PCM *pcm);
/* Only after a device reset: takes back whatever was out, then as Rewind. Returns how many messages that were. */
uint32_t SndPcmDetach(SND_PCM *pcm);

/* Checks what a completion says; also for cookies that no queue would give back. NULL when it names no message. */
SND_PCM_SLOT *SndPcmSlotOf(SND_PCM *pcm, const void *cookie);

#endif
