/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The driver's side of one split virtqueue: VIRTIO 1.x "Split Virtqueues".
 *
 * Phases
 *   1. VirtqueueLayoutModern/Legacy and VirtqueueStateSize say how much memory it needs; the caller allocates that.
 *   2. VirtqueuePlace turns the ring memory into addresses; VirtqueueInit takes both, clears them and starts the queue.
 *   3. Running: VirtqueueAdd any number of times, then one VirtqueueKickNeeded and, when it says so, one doorbell.
 *      VirtqueueGet until it is empty. VirtqueueSuppressInterrupts/AllowInterrupts around a polling loop.
 *   4. After the device was reset (not before: it may still write): VirtqueueDetach until NULL gives back
 *      every chain that the device still had, then VirtqueueReset makes the queue as new.
 *
 * Ownership: the ring memory is the device's as well as the driver's while the queue is enabled; the state memory is
 * the driver's alone, and nothing that decides what the driver does next is ever read back from the rings. Cookies
 * are the caller's, returned as they were given, exactly once per chain: by VirtqueueGet or by VirtqueueDetach.
 * Locks: none taken; the caller lets no two calls on one queue overlap.
 * IRQL: any at which the memory may be touched. Nothing waits, nothing is allocated.
 * Cost: every function but Init, Reset and Detach is O(1) in the queue's size; Add and Get are O(descriptors used).
 *
 * The device is not trusted: an index, an id or a length that cannot be true makes the queue Broken. A broken queue
 * accepts and returns nothing until VirtqueueReset; the caller fails or resets the device.
 */
#ifndef VIRTQUEUE_H
#define VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio_config.h"

typedef enum VIRTQUEUE_RESULT {
    VirtqueueOk,
    VirtqueueFull,    /* does not fit now; nothing changed */
    VirtqueueTooLong, /* can never fit: VIRTIO 1.x, a chain MUST NOT be longer than the queue size */
    VirtqueueBadArgument,
    VirtqueueIsBroken, /* see Corruption; only VirtqueueReset helps */
} VIRTQUEUE_RESULT;

typedef enum VIRTQUEUE_GET {
    VirtqueueCompleted,
    VirtqueueEmpty,
    VirtqueueCorrupt,
} VIRTQUEUE_GET;

/* What the device did to break the queue. */
typedef enum VIRTQUEUE_CORRUPTION {
    VirtqueueSound,
    VirtqueueBadUsedIndex,   /* more completions than chains published */
    VirtqueueBadUsedId,      /* an id beyond the queue */
    VirtqueueNotOutstanding, /* an id that is not the head of an outstanding chain */
    VirtqueueBadUsedLength,  /* more bytes written than the chain has room for */
} VIRTQUEUE_CORRUPTION;

/* Where the parts lie in one block of ring memory. Event words are always allocated: they are harmless without
   EVENT_IDX and required with it. */
typedef struct VIRTQUEUE_LAYOUT {
    uint32_t Alignment;   /* of the block, virtual and physical */
    uint32_t Length;      /* of the block */
    uint32_t AvailOffset; /* the descriptor table is at 0 */
    uint32_t UsedOffset;
    uint16_t Size;
} VIRTQUEUE_LAYOUT;

/* A placed ring; also usable when a caller keeps the three parts in separate allocations. */
typedef struct VIRTQUEUE_RING {
    VIRTQ_DESC *Desc;
    VIRTQ_AVAIL *Avail;
    VIRTQ_USED *Used;
    uint64_t DescPhysical;
    uint64_t AvailPhysical;
    uint64_t UsedPhysical;
    uint16_t Size;
} VIRTQUEUE_RING;

typedef struct VIRTQUEUE_OPTIONS {
    bool Indirect;    /* INDIRECT_DESC was accepted */
    bool EventIdx;    /* EVENT_IDX was accepted */
    bool ClampLength; /* legacy devices report lengths carelessly: cut a length that is too large instead of breaking */
} VIRTQUEUE_OPTIONS;

/* Private to virtqueue.c: what is known of the chain that starts at a descriptor. Cookie NULL: none starts there. */
typedef struct VIRTQUEUE_HEAD {
    void *Cookie;
    uint32_t Writable;
    uint32_t Token; /* of this chain, or of the next that will start here */
} VIRTQUEUE_HEAD;

/* Fields are private; the getters below are not. Hot ones first. */
typedef struct VIRTQUEUE {
    VIRTQ_DESC *Desc;
    volatile VIRTQ_AVAIL *Avail;
    volatile VIRTQ_USED *Used;
    const volatile uint16_t *AvailEvent; /* behind Used->Ring */
    VIRTQUEUE_HEAD *Heads;
    uint16_t *Free;  /* stack of free descriptors */
    uint16_t *Links; /* driver-private NEXT of each descriptor in a chain of several */
    uint16_t Size;
    uint16_t Mask;
    uint16_t FreeCount;      /* height of Free; 0 while Broken */
    uint16_t AvailIndex;     /* chains added, modulo 65536 */
    uint16_t PublishedIndex; /* of those, shown to the device */
    uint16_t KickedIndex;    /* PublishedIndex at the last VirtqueueKickNeeded */
    uint16_t UsedIndex;      /* completions taken */
    uint16_t UsedSeen;       /* completions known to be there and checked against PublishedIndex */
    uint16_t IndirectSpan;   /* chains of 2 to this + 1 descriptors go indirect; 0 for none */
    bool EventIdx;
    bool ClampLength;
    bool Broken;
    uint16_t DetachCursor;
    VIRTQUEUE_CORRUPTION Corruption;
    VIRTQUEUE_RING Ring;
} VIRTQUEUE;

typedef struct VIRTQUEUE_COMPLETION {
    void *Cookie;
    uint32_t Token;  /* the one VirtqueueAdd gave */
    uint32_t Length; /* bytes the device says it wrote; never more than the chain's writableBytes */
} VIRTQUEUE_COMPLETION;

/* False when size is no power of two in 2..32768; then layout is unchanged. Modern: VIRTIO 1.x alignments 16, 2 and 4,
   the used ring on a cache line of its own. Legacy: "Legacy Interfaces: A Note on Virtqueue Layout", 4096. */
bool VirtqueueLayoutModern(uint16_t size, VIRTQUEUE_LAYOUT *layout);
bool VirtqueueLayoutLegacy(uint16_t size, VIRTQUEUE_LAYOUT *layout);

/* base and physical must have the layout's alignment (VirtqueueInit checks). */
void VirtqueuePlace(const VIRTQUEUE_LAYOUT *layout, void *base, uint64_t physical, VIRTQUEUE_RING *ring);

/* Bytes of driver-private state for a queue of this size; to be aligned as a pointer. 0 for a size that is not
   legal. */
size_t VirtqueueStateSize(uint16_t size);

/* Results: VirtqueueOk, VirtqueueBadArgument (NULL, size, alignment, or stateLength too small; nothing was touched). */
VIRTQUEUE_RESULT VirtqueueInit(VIRTQUEUE *queue, const VIRTQUEUE_RING *ring, const VIRTQUEUE_OPTIONS *options,
                               void *state, size_t stateLength);

/*
 * Puts one chain into the queue, not yet visible to the device; does not ring.
 * table: count descriptors in DMA memory, table[i].Next == i + 1 with NEXT on all but the last, device-readable ones
 * before device-writable ones, complete before the call. With INDIRECT accepted and count > 1 the chain takes one ring
 * descriptor that points at tablePhysical, and the table belongs to the device until the chain comes back; else the
 * table is copied into count ring descriptors and is the caller's again on return.
 * writableBytes: total length of the device-writable descriptors.
 * cookie: not NULL. token: may be NULL; else receives generation << 16 | head, which names this chain and no later one
 * with the same head until that head has been used 65536 times.
 */
VIRTQUEUE_RESULT VirtqueueAdd(VIRTQUEUE *queue, const VIRTQ_DESC *table, uint64_t tablePhysical, uint16_t count,
                              uint32_t writableBytes, void *cookie, uint32_t *token);

/* The same, but always in count ring descriptors, so that the table is the caller's again on return. */
VIRTQUEUE_RESULT VirtqueueAddDirect(VIRTQUEUE *queue, const VIRTQ_DESC *table, uint64_t tablePhysical, uint16_t count,
                                    uint32_t writableBytes, void *cookie, uint32_t *token);

/* Shows the device everything added so far. Harmless when there is nothing new. */
void VirtqueuePublish(VIRTQUEUE *queue);

/*
 * Publishes, and says whether the device wants to be told about what was published since the last call: VIRTIO 1.x
 * "Available Buffer Notification Suppression". True means the caller rings the doorbell, once; nobody else will for
 * these buffers. Call it once per batch, and at least once per 32768 chains. False when nothing is new.
 */
bool VirtqueueKickNeeded(VIRTQUEUE *queue);

/*
 * Takes the next completion. completion is written only for VirtqueueCompleted; by then the device's writes to the
 * chain's buffers can be read, and the chain's descriptors are free again. The queue does not care about the order in
 * which the device completes. VirtqueueCorrupt repeats until VirtqueueReset.
 */
VIRTQUEUE_GET VirtqueueGet(VIRTQUEUE *queue, VIRTQUEUE_COMPLETION *completion);

/* Asks the device not to interrupt; a hint, one more may come. */
void VirtqueueSuppressInterrupts(VIRTQUEUE *queue);

/* Asks the device to interrupt at the next completion. True when completions are there already, for which no
   interrupt need come: the caller goes on with VirtqueueGet. False on a broken queue. */
bool VirtqueueAllowInterrupts(VIRTQUEUE *queue);

/* True when VirtqueueGet would not say VirtqueueEmpty. One load; for polling. */
bool VirtqueueHasCompletions(const VIRTQUEUE *queue);

/* The cookie of an outstanding chain, NULL when the token names none any more: late aborts and resets find out here. */
void *VirtqueueCookie(const VIRTQUEUE *queue, uint32_t token);

/* Only after a device reset. Returns the cookies of outstanding chains one by one, NULL when none is left; from the
   first call on the queue takes no chains until VirtqueueReset. All calls together are O(size). */
void *VirtqueueDetach(VIRTQUEUE *queue);

/* Only after a device reset and with everything detached; chains still outstanding are forgotten. Clears the rings,
   invalidates every token, allows interrupts, mends a broken queue. */
void VirtqueueReset(VIRTQUEUE *queue);

/* True when VirtqueueGet has another completion without asking the device for its index again: what a batch still holds.
 * VirtqueueAllowInterrupts at the end of the batch asks. */
static inline bool VirtqueueBatchHasMore(const VIRTQUEUE *queue)
{
    return queue->UsedIndex != queue->UsedSeen;
}

/* Free ring descriptors: chains that fit, when they take one each. */
static inline uint16_t VirtqueueFreeCount(const VIRTQUEUE *queue)
{
    return queue->FreeCount;
}

/* Chains added and not yet taken back. 0 to Size. */
static inline uint16_t VirtqueueOutstandingCount(const VIRTQUEUE *queue)
{
    return (uint16_t)(queue->AvailIndex - queue->UsedIndex);
}

static inline uint16_t VirtqueueAvailIndex(const VIRTQUEUE *queue)
{
    return queue->AvailIndex;
}

static inline uint16_t VirtqueueUsedIndex(const VIRTQUEUE *queue)
{
    return queue->UsedIndex;
}

static inline uint16_t VirtqueueSize(const VIRTQUEUE *queue)
{
    return queue->Size;
}

const char *VirtqueueResultToString(VIRTQUEUE_RESULT result);
const char *VirtqueueCorruptionToString(VIRTQUEUE_CORRUPTION corruption);

#endif
