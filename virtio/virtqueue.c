/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * See virtqueue.h. What keeps a hostile device out: the free descriptors, the shape of every chain and its cookie live
 * in driver-private memory (Free, Links, Heads); of what the device can write, only used.idx, used.ring, used.flags and
 * avail_event are ever read, each once per use through a volatile pointer, and the first two are checked before they
 * count.
 *
 * All ring indices run freely modulo 65536. Each chain published yields one completion, so
 *     UsedIndex <= UsedSeen <= PublishedIndex <= AvailIndex <= UsedIndex + Size      (modulo 65536)
 * holds as long as the queue is not broken, and the differences are the counts that the functions need.
 */
#include "virtqueue.h"

#include "virtio_io.h"

/* In Links: nothing follows this descriptor. Also of every free descriptor, so that a chain of one need not say so. */
#define END_OF_CHAIN 0xFFFF

#define TOKEN_HEAD_MASK 0xFFFFu
#define TOKEN_NEXT_GENERATION 0x10000u

/* Out of line, so that the paths that every request takes need no registers saved. */
#define COLD __attribute__((noinline))
#define UNLIKELY(condition) __builtin_expect((condition), 0)

static bool IsLegalSize(uint32_t size)
{
    return size >= VIRTQ_SIZE_MIN && size <= VIRTQ_SIZE_MAX && (size & (size - 1)) == 0;
}

static uint32_t RoundUp(uint32_t value, uint32_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

/* With the event words: "Available Buffer Notification Suppression", "Used Buffer Notification Suppression". */
static uint32_t DescLength(uint32_t size)
{
    return (uint32_t)sizeof(VIRTQ_DESC) * size;
}

static uint32_t AvailLength(uint32_t size)
{
    return 6 + 2 * size;
}

static uint32_t UsedLength(uint32_t size)
{
    return 6 + 8 * size;
}

static bool Layout(uint16_t size, uint32_t alignment, uint32_t usedAlignment, VIRTQUEUE_LAYOUT *layout)
{
    if (!IsLegalSize(size)) {
        return false;
    }
    layout->Alignment = alignment;
    layout->AvailOffset = DescLength(size);
    layout->UsedOffset = RoundUp(layout->AvailOffset + AvailLength(size), usedAlignment);
    layout->Length = RoundUp(layout->UsedOffset + UsedLength(size), usedAlignment);
    layout->Size = size;
    return true;
}

/* The device writes the used ring and the driver the rest: apart, neither takes the other's cache line away. */
#define CACHE_LINE 64

bool VirtqueueLayoutModern(uint16_t size, VIRTQUEUE_LAYOUT *layout)
{
    return Layout(size, CACHE_LINE, CACHE_LINE, layout);
}

bool VirtqueueLayoutLegacy(uint16_t size, VIRTQUEUE_LAYOUT *layout)
{
    return Layout(size, VIRTQ_LEGACY_ALIGN, VIRTQ_LEGACY_ALIGN, layout);
}

void VirtqueuePlace(const VIRTQUEUE_LAYOUT *layout, void *base, uint64_t physical, VIRTQUEUE_RING *ring)
{
    uint8_t *bytes = base;

    ring->Desc = base;
    ring->Avail = (VIRTQ_AVAIL *)(void *)(bytes + layout->AvailOffset);
    ring->Used = (VIRTQ_USED *)(void *)(bytes + layout->UsedOffset);
    ring->DescPhysical = physical;
    ring->AvailPhysical = physical + layout->AvailOffset;
    ring->UsedPhysical = physical + layout->UsedOffset;
    ring->Size = layout->Size;
}

size_t VirtqueueStateSize(uint16_t size)
{
    return IsLegalSize(size) ? (size_t)size * (sizeof(VIRTQUEUE_HEAD) + 2 * sizeof(uint16_t)) : 0;
}

static bool IsAligned(const void *address, uint64_t physical, uintptr_t alignment)
{
    return address != NULL && ((uintptr_t)address & (alignment - 1)) == 0 && (physical & (alignment - 1)) == 0;
}

VIRTQUEUE_RESULT VirtqueueInit(VIRTQUEUE *queue, const VIRTQUEUE_RING *ring, const VIRTQUEUE_OPTIONS *options,
                               void *state, size_t stateLength)
{
    if (queue == NULL || ring == NULL || options == NULL || !IsLegalSize(ring->Size)) {
        return VirtqueueBadArgument;
    }
    if (!IsAligned(ring->Desc, ring->DescPhysical, VIRTQ_DESC_ALIGN) ||
        !IsAligned(ring->Avail, ring->AvailPhysical, VIRTQ_AVAIL_ALIGN) ||
        !IsAligned(ring->Used, ring->UsedPhysical, VIRTQ_USED_ALIGN)) {
        return VirtqueueBadArgument;
    }
    if (!IsAligned(state, 0, sizeof(void *)) || stateLength < VirtqueueStateSize(ring->Size)) {
        return VirtqueueBadArgument;
    }

    VirtioZero(queue, sizeof(*queue));
    VirtioZero(state, VirtqueueStateSize(ring->Size));
    queue->Desc = ring->Desc;
    queue->Avail = ring->Avail;
    queue->Used = ring->Used;
    queue->Heads = state;
    queue->Free = (uint16_t *)(void *)(queue->Heads + ring->Size);
    queue->Links = queue->Free + ring->Size;
    queue->Size = ring->Size;
    queue->Mask = (uint16_t)(ring->Size - 1);
    /* "A driver MUST NOT create a descriptor chain longer than the Queue Size of the device", indirect or not. */
    queue->IndirectSpan = options->Indirect ? (uint16_t)(ring->Size - 1) : 0;
    queue->EventIdx = options->EventIdx;
    queue->ClampLength = options->ClampLength;
    queue->AvailEvent = (const volatile uint16_t *)(const void *)((uint8_t *)ring->Used + UsedLength(ring->Size) - 2);
    queue->Ring = *ring;
    VirtqueueReset(queue);
    return VirtqueueOk;
}

void VirtqueueReset(VIRTQUEUE *queue)
{
    uint32_t i;

    VirtioZero(queue->Ring.Desc, DescLength(queue->Size));
    VirtioZero(queue->Ring.Avail, AvailLength(queue->Size));
    VirtioZero(queue->Ring.Used, UsedLength(queue->Size));
    for (i = 0; i < queue->Size; i++) {
        queue->Heads[i].Cookie = NULL;
        queue->Heads[i].Token = ((queue->Heads[i].Token & ~TOKEN_HEAD_MASK) + TOKEN_NEXT_GENERATION) | i;
        queue->Links[i] = END_OF_CHAIN;
        queue->Free[i] = (uint16_t)(queue->Mask - i);
    }
    queue->FreeCount = queue->Size;
    queue->AvailIndex = 0;
    queue->PublishedIndex = 0;
    queue->KickedIndex = 0;
    queue->UsedIndex = 0;
    queue->UsedSeen = 0;
    queue->DetachCursor = 0;
    queue->Corruption = VirtqueueSound;
    queue->Broken = false;
}

/* Why VirtqueueAdd did not take a chain. */
COLD static VIRTQUEUE_RESULT Refuse(const VIRTQUEUE *queue, uint16_t count, const void *cookie)
{
    if (count == 0 || cookie == NULL) {
        return VirtqueueBadArgument;
    }
    if (queue->Broken) {
        return VirtqueueIsBroken;
    }
    return count > queue->Size ? VirtqueueTooLong : VirtqueueFull;
}

/* Notes a chain that starts at head, and enters it into the available ring. */
static inline void Enter(VIRTQUEUE *queue, uint16_t head, uint32_t writableBytes, void *cookie, uint32_t *token)
{
    VIRTQUEUE_HEAD *state = &queue->Heads[head];

    state->Cookie = cookie;
    state->Writable = writableBytes;
    if (token != NULL) {
        *token = state->Token;
    }
    queue->Avail->Ring[queue->AvailIndex & queue->Mask] = head;
    queue->AvailIndex++;
}

COLD VIRTQUEUE_RESULT VirtqueueAddDirect(VIRTQUEUE *queue, const VIRTQ_DESC *table, uint64_t tablePhysical,
                                         uint16_t count, uint32_t writableBytes, void *cookie, uint32_t *token)
{
    uint16_t index, i;

    /* Taken only to be called in VirtqueueAdd's place, without moving an argument. */
    (void)tablePhysical;
    if (count == 0 || count > queue->FreeCount || cookie == NULL) {
        return Refuse(queue, count, cookie);
    }
    Enter(queue, queue->Free[queue->FreeCount - 1], writableBytes, cookie, token);
    for (i = 0; i < count; i++) {
        VIRTQ_DESC *desc;
        uint16_t flags = table[i].Flags & VIRTQ_DESC_F_WRITE;

        queue->FreeCount--;
        index = queue->Free[queue->FreeCount];
        desc = &queue->Desc[index];
        desc->Address = table[i].Address;
        desc->Length = table[i].Length;
        if (i + 1 < count) {
            flags |= VIRTQ_DESC_F_NEXT;
            desc->Next = queue->Free[queue->FreeCount - 1];
            queue->Links[index] = desc->Next;
        }
        desc->Flags = flags;
    }
    return VirtqueueOk;
}

VIRTQUEUE_RESULT VirtqueueAdd(VIRTQUEUE *queue, const VIRTQ_DESC *table, uint64_t tablePhysical, uint16_t count,
                              uint32_t writableBytes, void *cookie, uint32_t *token)
{
    VIRTQ_DESC *desc;
    uint16_t head;

    /* In one comparison: indirect descriptors are in use, and the chain is longer than 1 and not too long. */
    if (UNLIKELY((uint32_t)count - 2 >= queue->IndirectSpan)) {
        return VirtqueueAddDirect(queue, table, tablePhysical, count, writableBytes, cookie, token);
    }
    if (UNLIKELY(queue->FreeCount == 0 || cookie == NULL)) {
        return Refuse(queue, count, cookie);
    }
    queue->FreeCount--;
    head = queue->Free[queue->FreeCount];
    desc = &queue->Desc[head];
    desc->Address = tablePhysical;
    desc->Length = (uint32_t)count * (uint32_t)sizeof(VIRTQ_DESC);
    desc->Flags = VIRTQ_DESC_F_INDIRECT;
    Enter(queue, head, writableBytes, cookie, token);
    return VirtqueueOk;
}

void VirtqueuePublish(VIRTQUEUE *queue)
{
    /* "The driver MUST perform a suitable memory barrier before the idx update". */
    VirtioWriteBarrier();
    queue->Avail->Index = queue->AvailIndex;
    queue->PublishedIndex = queue->AvailIndex;
}

bool VirtqueueKickNeeded(VIRTQUEUE *queue)
{
    uint16_t before = queue->KickedIndex;
    uint16_t now = queue->AvailIndex;
    uint16_t event;

    if (now == before) {
        return false;
    }
    VirtioWriteBarrier();
    queue->Avail->Index = now;
    queue->PublishedIndex = now;
    queue->KickedIndex = now;
    /* "The driver MUST perform a suitable memory barrier before reading flags or avail_event", else it may miss that
       the device went to sleep. */
    VirtioFullBarrier();
    if (!queue->EventIdx) {
        return (queue->Used->Flags & VIRTQ_USED_F_NO_NOTIFY) == 0;
    }
    event = *queue->AvailEvent;
    return (uint16_t)(now - event - 1) < (uint16_t)(now - before);
}

/* Lets nothing in or out any more, without a test for it where requests pass. */
static void Stop(VIRTQUEUE *queue)
{
    queue->Broken = true;
    queue->FreeCount = 0;
    queue->KickedIndex = queue->AvailIndex;
    queue->UsedSeen = queue->UsedIndex;
}

/* Gives the descriptors of a chain of several back, the head last, so that it is the next to be used. */
COLD static void FreeLongChain(VIRTQUEUE *queue, uint16_t head)
{
    uint16_t index = queue->Links[head];

    queue->Links[head] = END_OF_CHAIN;
    while (index != END_OF_CHAIN) {
        uint16_t next = queue->Links[index];

        queue->Links[index] = END_OF_CHAIN;
        queue->Free[queue->FreeCount++] = index;
        index = next;
    }
    queue->Free[queue->FreeCount++] = head;
}

VIRTQUEUE_GET VirtqueueGet(VIRTQUEUE *queue, VIRTQUEUE_COMPLETION *completion)
{
    VIRTQUEUE_CORRUPTION corruption;
    const volatile VIRTQ_USED_ELEM *element;
    VIRTQUEUE_HEAD *state;
    uint32_t id, length;
    uint16_t used = queue->UsedIndex;

    if (used == queue->UsedSeen) {
        uint16_t seen = queue->Used->Index;

        if (UNLIKELY(queue->Broken)) {
            return VirtqueueCorrupt;
        }
        if (seen == used) {
            return VirtqueueEmpty;
        }
        if (UNLIKELY((uint16_t)(seen - used) > (uint16_t)(queue->PublishedIndex - used))) {
            corruption = VirtqueueBadUsedIndex;
            goto broken;
        }
        queue->UsedSeen = seen;
        /* The elements, and the buffers they speak of, are read after the index that announced them. */
        VirtioReadBarrier();
    }

    element = &queue->Used->Ring[used & queue->Mask];
    id = element->Id;
    length = element->Length;
    if (UNLIKELY(id > queue->Mask)) {
        corruption = VirtqueueBadUsedId;
        goto broken;
    }
    state = &queue->Heads[id];
    if (UNLIKELY(state->Cookie == NULL)) {
        corruption = VirtqueueNotOutstanding;
        goto broken;
    }
    if (UNLIKELY(length > state->Writable)) {
        if (!queue->ClampLength) {
            corruption = VirtqueueBadUsedLength;
            goto broken;
        }
        length = state->Writable;
    }

    completion->Cookie = state->Cookie;
    completion->Length = length;
    completion->Token = state->Token;
    state->Cookie = NULL;
    state->Token += TOKEN_NEXT_GENERATION;

    queue->UsedIndex = (uint16_t)(used + 1);
    if (UNLIKELY(queue->Links[id] != END_OF_CHAIN)) {
        FreeLongChain(queue, (uint16_t)id);
        return VirtqueueCompleted;
    }
    queue->Free[queue->FreeCount++] = (uint16_t)id;
    return VirtqueueCompleted;

broken:
    Stop(queue);
    queue->Corruption = corruption;
    return VirtqueueCorrupt;
}

void VirtqueueSuppressInterrupts(VIRTQUEUE *queue)
{
    if (queue->EventIdx) {
        /* "The driver MUST set flags to 0" under EVENT_IDX; an index that was passed already is as good as never. */
        queue->Avail->Ring[queue->Size] = (uint16_t)(queue->UsedIndex - 1);
    } else {
        queue->Avail->Flags = VIRTQ_AVAIL_F_NO_INTERRUPT;
    }
}

bool VirtqueueAllowInterrupts(VIRTQUEUE *queue)
{
    if (queue->Broken) {
        return false;
    }
    if (queue->EventIdx) {
        queue->Avail->Ring[queue->Size] = queue->UsedIndex;
    } else {
        queue->Avail->Flags = 0;
    }
    /* The device looks at what was just written after it moves used.idx, and we look at used.idx after writing: one of
       the two sees the other. */
    VirtioFullBarrier();
    return queue->Used->Index != queue->UsedIndex;
}

bool VirtqueueHasCompletions(const VIRTQUEUE *queue)
{
    return queue->Broken || queue->Used->Index != queue->UsedIndex;
}

void *VirtqueueCookie(const VIRTQUEUE *queue, uint32_t token)
{
    uint32_t head = token & TOKEN_HEAD_MASK;

    if (head >= queue->Size || queue->Heads[head].Token != token) {
        return NULL;
    }
    return queue->Heads[head].Cookie;
}

void *VirtqueueDetach(VIRTQUEUE *queue)
{
    VIRTQUEUE_HEAD *state;
    void *cookie;

    Stop(queue);
    while (queue->DetachCursor < queue->Size) {
        state = &queue->Heads[queue->DetachCursor++];
        cookie = state->Cookie;
        if (cookie != NULL) {
            state->Cookie = NULL;
            state->Token += TOKEN_NEXT_GENERATION;
            return cookie;
        }
    }
    return NULL;
}

const char *VirtqueueResultToString(VIRTQUEUE_RESULT result)
{
    switch (result) {
    case VirtqueueOk:
        return "OK";
    case VirtqueueFull:
        return "FULL";
    case VirtqueueTooLong:
        return "TOO_LONG";
    case VirtqueueBadArgument:
        return "BAD_ARGUMENT";
    case VirtqueueIsBroken:
        return "BROKEN";
    default:
        return "UNKNOWN";
    }
}

const char *VirtqueueCorruptionToString(VIRTQUEUE_CORRUPTION corruption)
{
    switch (corruption) {
    case VirtqueueSound:
        return "SOUND";
    case VirtqueueBadUsedIndex:
        return "BAD_USED_INDEX";
    case VirtqueueBadUsedId:
        return "BAD_USED_ID";
    case VirtqueueNotOutstanding:
        return "NOT_OUTSTANDING";
    case VirtqueueBadUsedLength:
        return "BAD_USED_LENGTH";
    default:
        return "UNKNOWN";
    }
}
