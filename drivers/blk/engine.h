/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The request engine: requests become descriptor chains on one virtqueue, completions become results. Portable, no
 * Windows type.
 *
 *   Submit --> a slot and a ring descriptor free? --> chain built in the slot, added to the ring
 *                 no: waiting list, first in first out      |
 *   Reap <-- completion: next step of the same request, or finished with a result
 *
 * A request is one or more steps, each one virtio request: FUA adds a FLUSH after a write and before a read, VERIFY
 * reads into scratch memory, and a transfer of more segments than the device takes goes in several.
 *
 * Memory: everything is given at BlkEngineInit; nothing is allocated afterwards. A slot is DMA memory for one request
 * in flight, its physical address known from the start; only the fields that differ between requests are written.
 * Locks: the caller holds one lock (the queue lock) around every call. IRQL: any at which the memory may be touched.
 * Ownership: a request belongs to the engine from Submit until it is on a list returned by Reap or DetachAll. Each is
 * returned exactly once. The device is not trusted: its indexes and lengths are checked by the virtqueue, its status
 * byte here.
 */
#ifndef AERO_BLK_ENGINE_H
#define AERO_BLK_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "disk.h"
#include "virtqueue.h"

/* As STOR_SCATTER_GATHER_ELEMENT, so that StorPort's list is read in place. */
typedef struct BLK_SEGMENT {
    uint64_t Address;
    uint32_t Bytes;
    uintptr_t Reserved;
} BLK_SEGMENT;

/* One request's DMA memory. The chain's first descriptor always is the header. */
typedef struct BLK_SLOT_DMA {
    VIRTIO_BLK_HEADER Header;
    uint8_t Status;
    uint8_t Unused[15];
    union {
        uint8_t Id[VIRTIO_BLK_ID_LENGTH];
        VIRTIO_BLK_SEGMENT Discard[BLK_MAX_UNMAP_SEGMENTS];
    } Payload;
    VIRTQ_DESC Table[]; /* header, data, status */
} BLK_SLOT_DMA;

_Static_assert(offsetof(BLK_SLOT_DMA, Table) % 16 == 0, "VIRTIO 1.x: descriptor tables are 16-byte aligned");

typedef struct BLK_SLOT {
    BLK_SLOT_DMA *Dma;
    uint64_t Physical; /* of Dma */
    uint64_t TablePhysical;
    uint64_t StatusPhysical;
    struct BLK_REQUEST *Request; /* NULL: free */
    struct BLK_SLOT *NextFree;
} BLK_SLOT;

typedef enum BLK_RESULT {
    BlkResultOk,
    BlkResultSerial,  /* good, and the serial number is known now: the command can be answered */
    BlkResultSense,   /* CHECK CONDITION with Sense */
    BlkResultReset,   /* the device was reset under it */
    BlkResultAborted, /* the same, and it was the one to be aborted */
    BlkResultGone,    /* the device has failed or was removed */
} BLK_RESULT;

/* Lives in the SRB extension. The caller fills the first group; the rest is the engine's. */
typedef struct BLK_REQUEST {
    void *Context;               /* the SRB */
    const BLK_SEGMENT *Segments; /* Read, Write */
    uint32_t SegmentCount;
    BLK_COMMAND Command; /* checked */

    struct BLK_REQUEST *Next;
    BLK_SLOT *Slot;  /* while it has one */
    uint64_t Sector; /* of the next step, 512-byte units */
    uint64_t SectorsLeft;
    uint32_t SegmentIndex;
    uint32_t SegmentOffset; /* bytes of Segments[SegmentIndex] already transferred */
    uint32_t WritableBytes; /* of the chain now in the slot */
    uint16_t ChainLength;   /* descriptors built and not yet added; 0: none */
    uint8_t Steps;          /* what is still to do */
    uint8_t Result;         /* BLK_RESULT */
    uint32_t Sense;

    uint32_t DiscardCount; /* Unmap: the caller fills these, too */
    VIRTIO_BLK_SEGMENT Discard[BLK_MAX_UNMAP_SEGMENTS];
} BLK_REQUEST;

/* First in, first out. */
typedef struct BLK_REQUEST_LIST {
    BLK_REQUEST *Head, **Tail;
} BLK_REQUEST_LIST;

static inline void BlkListInit(BLK_REQUEST_LIST *list)
{
    list->Head = NULL;
    list->Tail = &list->Head;
}

static inline void BlkListAppend(BLK_REQUEST_LIST *list, BLK_REQUEST *request)
{
    request->Next = NULL;
    *list->Tail = request;
    list->Tail = &request->Next;
}

typedef struct BLK_ENGINE {
    VIRTQUEUE Queue;
    BLK_SLOT *FreeSlots;
    BLK_REQUEST_LIST Waiting;
    uint16_t SegmentsMax;     /* data descriptors per chain */
    uint16_t WholeListMax;    /* segments of a list that goes into one chain as it is; 0 when each has to be measured */
    uint32_t SegmentBytesMax; /* bytes per data descriptor */
    uint32_t BlockMask;       /* bytes of a logical block, less one */
    uint16_t SlotCount;
    bool Polled; /* completions are looked for, never announced: dump mode */
    BLK_SLOT *Slots;
    uint64_t ScratchPhysical; /* target of VERIFY's reads, shared by all: the data is dropped */
    uint32_t ScratchBytes;    /* multiple of 4096; 0: VERIFY is refused */
} BLK_ENGINE;

/* Sizes of the pieces of memory. `dmaBytes` is ring + slots + scratch in one physically contiguous, 4096-aligned
 * block; `stateBytes` is driver-private. */
typedef struct BLK_ENGINE_LAYOUT {
    uint16_t QueueSize;
    uint16_t SlotCount;
    uint16_t SegmentsMax;
    uint32_t ScratchBytes;
    VIRTQUEUE_LAYOUT Ring;
    uint32_t SlotsOffset, SlotBytes, ScratchOffset, DmaBytes;
    uint32_t StateBytes;
} BLK_ENGINE_LAYOUT;

/* False when queueSize is not legal, there is no slot or no segment, or a chain would be longer than the queue. */
bool BlkEngineLayout(uint16_t queueSize, uint16_t slotCount, uint16_t segmentsMax, uint32_t scratchBytes,
                     BLK_ENGINE_LAYOUT *layout);

/* segmentBytesMax: 0 for no limit. */
bool BlkEngineInit(BLK_ENGINE *engine, const BLK_ENGINE_LAYOUT *layout, void *dma, uint64_t dmaPhysical, void *state,
                   uint64_t features, uint32_t segmentBytesMax, bool polled);

/* Takes a request whose command needs the device. Does not ring. `disk` tells whether a cache has to be flushed.
 * False when the segments do not make up the command: the request stays the caller's. */
bool BlkEngineSubmit(BLK_ENGINE *engine, const BLK_DISK *disk, BLK_REQUEST *request);

/* Takes all completions from the ring; finished requests are appended to `finished`, next steps and waiting requests
 * go onto the ring. GET_ID's answer goes into `disk`. False when the device wrote nonsense: it has to be failed. */
bool BlkEngineReap(BLK_ENGINE *engine, BLK_DISK *disk, BLK_REQUEST_LIST *finished);

/* After the device was reset (or is gone): every request it had or waited for it, with `result`, in the order of
 * their slots. The engine is then empty and as after Init. */
void BlkEngineDetachAll(BLK_ENGINE *engine, BLK_RESULT result, BLK_REQUEST_LIST *finished);

/* The request on the ring or waiting whose Context this is, NULL when there is none. Looks only at what the engine
 * owns: the context may be anything. */
BLK_REQUEST *BlkEngineFind(const BLK_ENGINE *engine, const void *context);

/* True while a request is on the ring or waits. */
static inline bool BlkEngineBusy(const BLK_ENGINE *engine)
{
    return VirtqueueOutstandingCount(&engine->Queue) != 0 || engine->Waiting.Head != NULL;
}

#endif
