/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The control queue: requests with a deadline, one slot for each that can be out.
 *
 *   Submit --> Sent --> Reap: Done(result) --------------> Release: Free
 *               |                                            ^
 *               +-- Expire: Late (SndTimeout) -- Release --> Abandoned -- Reap, Cancel: Free
 *
 * A slot whose deadline has passed still belongs to the device: "the driver MUST NOT" reuse a buffer that was not
 * returned, so it becomes free only when the late reply comes, or with the reset. Its caller has gone by then.
 *
 * The caller waits: Submit, ring, wait for Reap to make the slot Done or for the clock to make Expire do so, read the
 * result and the reply, Release. Locks: the caller holds one around every call. IRQL: any at which the memory may be
 * touched. Nothing is allocated after Init. The device is not trusted: a reply is copied out of DMA memory before it
 * is looked at.
 */
#ifndef AERO_SND_CONTROL_H
#define AERO_SND_CONTROL_H

#include "virtqueue.h"
#include "wire.h"

#define SND_CONTROL_SLOTS 8
#define SND_CONTROL_TIMEOUT_MS 1000
#define SND_STREAMS_MAX 32 /* of those that a device says it has, the first so many are looked at */
#define SND_JACKS_MAX 8

typedef enum SND_CONTROL_STATE {
    SndControlFree,
    SndControlSent,
    SndControlDone,
    SndControlLate,
    SndControlAbandoned,
} SND_CONTROL_STATE;

typedef struct SND_CONTROL_DMA {
    VIRTQ_DESC Table[2]; /* first: 16-byte aligned */
    uint8_t Request[SND_REQUEST_BYTES_MAX];
    uint8_t Reply[SND_REPLY_BYTES_MAX];
    uint8_t Unused[4];
} SND_CONTROL_DMA;

_Static_assert(sizeof(SND_CONTROL_DMA) % 16 == 0, "descriptor tables are 16-byte aligned");

typedef struct SND_CONTROL_SLOT {
    SND_CONTROL_DMA *Dma;
    uint64_t Physical;
    void *Context;
    SND_CONTROL_STATE State;
    SND_RESULT Result; /* Done, Late */
    uint32_t Code;
    uint32_t Count; /* items asked for */
    uint32_t Order; /* of submission */
    uint64_t Deadline;
    uint32_t ReplyLength;
    uint8_t Reply[SND_REPLY_BYTES_MAX];
} SND_CONTROL_SLOT;

typedef struct SND_CONTROL {
    VIRTQUEUE Queue;
    SND_DIALECT *Dialect; /* shared with the PCM engines */
    uint32_t NextOrder;
    uint32_t Timeouts;
    uint32_t LateReplies;
    uint32_t Malformed;
    SND_CONTROL_SLOT Slots[SND_CONTROL_SLOTS];
} SND_CONTROL;

typedef struct SND_CONTROL_LAYOUT {
    VIRTQUEUE_LAYOUT Ring;
    uint32_t SlotsOffset;
    uint32_t DmaBytes; /* physically contiguous, aligned to a page */
    uint32_t StateBytes;
} SND_CONTROL_LAYOUT;

bool SndControlLayout(uint16_t queueSize, SND_CONTROL_LAYOUT *layout);
bool SndControlInit(SND_CONTROL *control, const SND_CONTROL_LAYOUT *layout, void *dma, uint64_t dmaPhysical,
                    void *state, uint64_t features, SND_DIALECT *dialect);

/* Put a request into the queue, unseen by the device until the caller's VirtqueueKickNeeded. SndOk: *slot is Sent.
   Else SndInvalid, SndBusy, SndBroken, and *slot is NULL. `deadline`: in the caller's units of time. */
SND_RESULT SndControlQuery(SND_CONTROL *control, uint32_t code, uint32_t startId, uint32_t count, uint32_t total,
                           uint64_t deadline, void *context, SND_CONTROL_SLOT **slot);
SND_RESULT SndControlSimple(SND_CONTROL *control, uint32_t code, uint32_t streamId, uint64_t deadline, void *context,
                            SND_CONTROL_SLOT **slot);
SND_RESULT SndControlSetParams(SND_CONTROL *control, const SND_PARAMS *params, const SND_STREAM_INFO *stream,
                               uint64_t deadline, void *context, SND_CONTROL_SLOT **slot);

/* Takes completions. Returns the slot that became Done; NULL when there is none left, for now. *broken: the device
   wrote nonsense and has to be reset. */
SND_CONTROL_SLOT *SndControlReap(SND_CONTROL *control, bool *broken);

/* The slot that became Late because its deadline is not after `now`, earliest submitted first; NULL for none. */
SND_CONTROL_SLOT *SndControlExpire(SND_CONTROL *control, uint64_t now);

/* The caller is through with a slot that is Done or Late, or no longer waits for one that is Sent. */
void SndControlRelease(SND_CONTROL *control, SND_CONTROL_SLOT *slot);

/* Only after a device reset, or when it is gone. Call until NULL: every Sent slot becomes Done with SndCancelled, in
   the order of submission; abandoned ones become free. After the NULL the queue is as new. */
SND_CONTROL_SLOT *SndControlCancel(SND_CONTROL *control);

/* Items in the reply of a slot that is Done with SndOk. */
uint32_t SndControlItems(const SND_CONTROL_SLOT *slot);
const uint8_t *SndControlItem(const SND_CONTROL_SLOT *slot, uint32_t index);

uint32_t SndControlFreeSlots(const SND_CONTROL *control);

#endif
