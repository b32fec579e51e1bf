/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "engine.h"

#include "scsi.h"

enum { STEP_FLUSH_BEFORE = 1, STEP_TRANSFER = 2, STEP_FLUSH_AFTER = 4, STEP_TAKE_ID = 8 };

/* A plain transfer takes the short way through Submit and Reap; everything else is kept out of its registers. */
#define COLD __attribute__((noinline, cold))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)

#define STATUS_NOT_WRITTEN 0xFFu

static uint32_t AlignUp(uint32_t value, uint32_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

bool BlkEngineLayout(uint16_t queueSize, uint16_t slotCount, uint16_t segmentsMax, uint32_t scratchBytes,
                     BLK_ENGINE_LAYOUT *layout)
{
    /* "A driver MUST NOT create a descriptor chain longer than the Queue Size": header, segments, status. */
    if (slotCount == 0 || segmentsMax == 0 || segmentsMax + 2u > queueSize)
        return false;
    if (!VirtqueueLayoutModern(queueSize, &layout->Ring))
        return false;
    layout->QueueSize = queueSize;
    layout->SlotCount = slotCount;
    layout->SegmentsMax = segmentsMax;
    layout->ScratchBytes = scratchBytes;
    layout->SlotBytes = (uint32_t)sizeof(BLK_SLOT_DMA) + (uint32_t)sizeof(VIRTQ_DESC) * (segmentsMax + 2u);
    layout->SlotsOffset = AlignUp(layout->Ring.Length, 16);
    layout->ScratchOffset = AlignUp(layout->SlotsOffset + slotCount * layout->SlotBytes, scratchBytes != 0 ? 4096 : 16);
    layout->DmaBytes = layout->ScratchOffset + scratchBytes;
    layout->StateBytes = AlignUp((uint32_t)VirtqueueStateSize(queueSize), 16) + slotCount * (uint32_t)sizeof(BLK_SLOT);
    return true;
}

/* Everything in a slot that is the same for every request. */
static void InitSlot(BLK_SLOT *slot, uint16_t segmentsMax)
{
    BLK_SLOT_DMA *dma = slot->Dma;

    slot->TablePhysical = slot->Physical + offsetof(BLK_SLOT_DMA, Table);
    slot->StatusPhysical = slot->Physical + offsetof(BLK_SLOT_DMA, Status);
    for (uint16_t i = 0; i < segmentsMax + 2u; i++) {
        dma->Table[i].Next = (uint16_t)(i + 1);
        dma->Table[i].Flags = VIRTQ_DESC_F_NEXT;
    }
    dma->Table[0].Address = slot->Physical + offsetof(BLK_SLOT_DMA, Header);
    dma->Table[0].Length = sizeof(VIRTIO_BLK_HEADER);
    dma->Header.Reserved = 0;
}

static void FreeAllSlots(BLK_ENGINE *engine)
{
    engine->FreeSlots = NULL;
    for (uint16_t i = engine->SlotCount; i != 0; i--) {
        engine->Slots[i - 1].Request = NULL;
        engine->Slots[i - 1].NextFree = engine->FreeSlots;
        engine->FreeSlots = &engine->Slots[i - 1];
    }
}

bool BlkEngineInit(BLK_ENGINE *engine, const BLK_ENGINE_LAYOUT *layout, void *dma, uint64_t dmaPhysical, void *state,
                   uint64_t features, uint32_t segmentBytesMax, bool polled)
{
    VIRTQUEUE_OPTIONS options = {
        .Indirect = (features & VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC)) != 0,
        .EventIdx = (features & VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX)) != 0,
    };
    uint32_t queueState = AlignUp((uint32_t)VirtqueueStateSize(layout->QueueSize), 16);
    VIRTQUEUE_RING ring;

    VirtqueuePlace(&layout->Ring, dma, dmaPhysical, &ring);
    if (VirtqueueInit(&engine->Queue, &ring, &options, state, queueState) != VirtqueueOk)
        return false;
    engine->Slots = (BLK_SLOT *)((uint8_t *)state + queueState);
    engine->SlotCount = layout->SlotCount;
    engine->SegmentsMax = layout->SegmentsMax;
    /* Whole sectors, so that a chain can end after any of its segments. */
    engine->SegmentBytesMax =
        segmentBytesMax != 0 ? segmentBytesMax & ~(uint32_t)(VIRTIO_BLK_SECTOR_SIZE - 1) : UINT32_MAX;
    engine->WholeListMax = segmentBytesMax != 0 ? 0 : layout->SegmentsMax;
    engine->Polled = polled;
    engine->ScratchBytes = layout->ScratchBytes;
    engine->ScratchPhysical = dmaPhysical + layout->ScratchOffset;
    BlkListInit(&engine->Waiting);
    for (uint16_t i = 0; i < layout->SlotCount; i++) {
        BLK_SLOT *slot = &engine->Slots[i];
        uint32_t offset = layout->SlotsOffset + i * layout->SlotBytes;

        slot->Dma = (BLK_SLOT_DMA *)((uint8_t *)dma + offset);
        slot->Physical = dmaPhysical + offset;
        InitSlot(slot, layout->SegmentsMax);
    }
    FreeAllSlots(engine);
    return true;
}

static void SetData(VIRTQ_DESC *entry, uint64_t address, uint32_t bytes, uint16_t flags)
{
    entry->Address = address;
    entry->Length = bytes;
    entry->Flags = flags;
}

/* The device-writable status byte closes every chain. */
static void FinishChain(BLK_REQUEST *request, uint16_t entries, uint32_t writableBytes)
{
    BLK_SLOT *slot = request->Slot;

    slot->Dma->Status = STATUS_NOT_WRITTEN;
    SetData(&slot->Dma->Table[entries], slot->StatusPhysical, 1, VIRTQ_DESC_F_WRITE);
    request->WritableBytes = writableBytes + 1;
    request->ChainLength = (uint16_t)(entries + 1);
}

static void SetHeader(BLK_REQUEST *request, uint32_t type, uint64_t sector)
{
    VIRTIO_BLK_HEADER *header = &request->Slot->Dma->Header;

    header->Type = type;
    header->Sector = sector;
}

static void BuildFlush(BLK_REQUEST *request)
{
    SetHeader(request, VIRTIO_BLK_T_FLUSH, 0); /* VIRTIO 1.x: the driver MUST set sector to 0 for a FLUSH */
    FinishChain(request, 1, 0);
}

/* Bytes of the list, from `index` and `offset` on, that one descriptor takes. */
static uint32_t PieceBytes(const BLK_ENGINE *engine, const BLK_REQUEST *request, uint32_t index, uint32_t offset,
                           uint32_t left)
{
    uint32_t bytes = request->Segments[index].Bytes - offset;

    if (bytes > engine->SegmentBytesMax)
        bytes = engine->SegmentBytesMax;
    return bytes < left ? bytes : left;
}

static void MoveOn(const BLK_REQUEST *request, uint32_t bytes, uint32_t *index, uint32_t *offset)
{
    *offset += bytes;
    if (*offset == request->Segments[*index].Bytes) {
        (*index)++;
        *offset = 0;
    }
}

/* How much of `left` bytes one chain holds: all of it, or whole logical blocks. 0 when the list is shorter than the
 * command, or a block needs more segments than a chain has. */
static uint32_t ChainBytes(const BLK_ENGINE *engine, const BLK_REQUEST *request, uint32_t left)
{
    uint32_t index = request->SegmentIndex, offset = request->SegmentOffset, total = 0;

    for (uint16_t entries = 0; entries < engine->SegmentsMax && total != left; entries++) {
        uint32_t bytes;

        if (index >= request->SegmentCount)
            return 0;
        bytes = PieceBytes(engine, request, index, offset, left - total);
        MoveOn(request, bytes, &index, &offset);
        total += bytes;
    }
    return total == left ? total : total & ~engine->BlockMask;
}

/* As many of the caller's segments as one chain holds. Moves the request on; whatever does not fit is the next step's.
 * False when no chain can be made. */
static bool BuildTransfer(const BLK_ENGINE *engine, BLK_REQUEST *request, bool write)
{
    uint16_t flags = (uint16_t)(write ? VIRTQ_DESC_F_NEXT : VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
    uint32_t total = ChainBytes(engine, request, (uint32_t)request->SectorsLeft << VIRTIO_BLK_SECTOR_SHIFT);
    VIRTQ_DESC *table = request->Slot->Dma->Table;
    uint32_t index = request->SegmentIndex, offset = request->SegmentOffset, left = total;
    uint16_t entries = 1;

    if (total == 0)
        return false;
    while (left != 0) {
        uint32_t bytes = PieceBytes(engine, request, index, offset, left);

        SetData(&table[entries++], request->Segments[index].Address + offset, bytes, flags);
        MoveOn(request, bytes, &index, &offset);
        left -= bytes;
    }
    SetHeader(request, write ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN, request->Sector);
    FinishChain(request, entries, write ? 0 : total);
    request->Sector += total >> VIRTIO_BLK_SECTOR_SHIFT;
    request->SectorsLeft -= total >> VIRTIO_BLK_SECTOR_SHIFT;
    request->SegmentIndex = index;
    request->SegmentOffset = offset;
    return true;
}

/* A piece of the range, read into the scratch memory again and again. It ends on a logical block, too. */
static bool BuildVerify(const BLK_ENGINE *engine, BLK_REQUEST *request)
{
    uint32_t bytes = engine->ScratchBytes < engine->SegmentBytesMax ? engine->ScratchBytes : engine->SegmentBytesMax;
    uint32_t sectors = bytes >> VIRTIO_BLK_SECTOR_SHIFT, blockMask = engine->BlockMask >> VIRTIO_BLK_SECTOR_SHIFT;
    uint64_t room = (uint64_t)sectors * engine->SegmentsMax & ~(uint64_t)blockMask;
    VIRTQ_DESC *table = request->Slot->Dma->Table;
    uint32_t total = 0;
    uint16_t entries = 1;

    if (room == 0)
        return false;
    if (room > request->SectorsLeft)
        room = request->SectorsLeft;
    SetHeader(request, VIRTIO_BLK_T_IN, request->Sector);
    request->Sector += room;
    request->SectorsLeft -= room;
    for (; room != 0; room -= sectors) {
        if (sectors > room)
            sectors = (uint32_t)room;
        SetData(&table[entries++], engine->ScratchPhysical, sectors << VIRTIO_BLK_SECTOR_SHIFT,
                VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
        total += sectors << VIRTIO_BLK_SECTOR_SHIFT;
    }
    FinishChain(request, entries, total);
    return true;
}

static void BuildGetId(BLK_REQUEST *request)
{
    BLK_SLOT *slot = request->Slot;

    /* "NUL-padded", but a device may write no more than its number: what an UNMAP left here is none of it. */
    VirtioZero(slot->Dma->Payload.Id, VIRTIO_BLK_ID_LENGTH);
    SetHeader(request, VIRTIO_BLK_T_GET_ID, 0);
    SetData(&slot->Dma->Table[1], slot->Physical + offsetof(BLK_SLOT_DMA, Payload), VIRTIO_BLK_ID_LENGTH,
            VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
    FinishChain(request, 2, VIRTIO_BLK_ID_LENGTH);
}

static void BuildDiscard(BLK_REQUEST *request)
{
    BLK_SLOT *slot = request->Slot;

    for (uint32_t i = 0; i < request->DiscardCount; i++)
        slot->Dma->Payload.Discard[i] = request->Discard[i];
    SetHeader(request, VIRTIO_BLK_T_DISCARD, 0);
    SetData(&slot->Dma->Table[1], slot->Physical + offsetof(BLK_SLOT_DMA, Payload),
            request->DiscardCount * (uint32_t)sizeof(VIRTIO_BLK_SEGMENT), VIRTQ_DESC_F_NEXT);
    FinishChain(request, 2, 0);
}

static bool BuildOperation(const BLK_ENGINE *engine, BLK_REQUEST *request)
{
    switch (request->Command.Operation) {
    case BlkOperationRead:
        return BuildTransfer(engine, request, false);
    case BlkOperationWrite:
        return BuildTransfer(engine, request, true);
    case BlkOperationVerify:
        return BuildVerify(engine, request);
    case BlkOperationUnmap:
        BuildDiscard(request);
        return true;
    case BlkOperationGetId:
        BuildGetId(request);
        return true;
    default:
        BuildFlush(request);
        return true;
    }
}

/* The chain of the request's next step. */
static bool BuildStep(const BLK_ENGINE *engine, BLK_REQUEST *request)
{
    if ((request->Steps & STEP_FLUSH_BEFORE) != 0) {
        request->Steps &= (uint8_t)~STEP_FLUSH_BEFORE;
        BuildFlush(request);
        return true;
    }
    if ((request->Steps & STEP_TRANSFER) != 0) {
        bool built = BuildOperation(engine, request);

        if (request->SectorsLeft == 0)
            request->Steps &= (uint8_t)~STEP_TRANSFER;
        return built;
    }
    request->Steps = 0;
    BuildFlush(request);
    return true;
}

typedef enum BLK_START {
    BlkStarted,
    BlkNoRoom,    /* no slot, or no ring descriptors: later */
    BlkMalformed, /* its segments do not make up the command */
} BLK_START;

static void GiveSlotBack(BLK_ENGINE *engine, BLK_REQUEST *request)
{
    BLK_SLOT *slot = request->Slot;

    slot->Request = NULL;
    slot->NextFree = engine->FreeSlots;
    engine->FreeSlots = slot;
}

static BLK_START Start(BLK_ENGINE *engine, BLK_REQUEST *request)
{
    BLK_SLOT *slot = request->Slot;

    if (slot == NULL) {
        slot = engine->FreeSlots;
        if (slot == NULL)
            return BlkNoRoom;
        engine->FreeSlots = slot->NextFree;
        slot->Request = request;
        request->Slot = slot;
    }
    if (request->ChainLength == 0 && !BuildStep(engine, request)) {
        GiveSlotBack(engine, request);
        return BlkMalformed;
    }
    if (VirtqueueAdd(&engine->Queue, slot->Dma->Table, slot->TablePhysical,
                     request->ChainLength, request->WritableBytes, request, NULL) != VirtqueueOk)
        return BlkNoRoom;
    request->ChainLength = 0;
    return BlkStarted;
}

/* What a command takes, step by step. SBC-3: a write with FUA is on the medium when it is answered; a read with FUA,
 * and VERIFY, look at the medium, so what a cache still holds has to get there first. */
static uint8_t StepsOf(const BLK_DISK *disk, const BLK_COMMAND *command)
{
    bool cached = disk->WriteCache && (command->Fua || command->Operation == BlkOperationVerify);

    if (command->Operation == BlkOperationGetId)
        return STEP_TRANSFER | STEP_TAKE_ID;
    if (!cached)
        return STEP_TRANSFER;
    return command->Operation == BlkOperationWrite ? STEP_TRANSFER | STEP_FLUSH_AFTER
                                                   : STEP_FLUSH_BEFORE | STEP_TRANSFER;
}

/* A transfer whose whole list fits one chain, when there is room: nearly every request. False: nothing was done. */
static inline __attribute__((always_inline)) bool SubmitWhole(BLK_ENGINE *engine, const BLK_DISK *disk,
                                                              BLK_REQUEST *request)
{
    bool write = request->Command.Operation == BlkOperationWrite;
    uint16_t flags = (uint16_t)(write ? VIRTQ_DESC_F_NEXT : VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE);
    uint32_t bytes = request->Command.Blocks << disk->BlockShift, left = bytes, segments = request->SegmentCount;
    const BLK_SEGMENT *segment = request->Segments;
    BLK_SLOT *slot = engine->FreeSlots;
    BLK_SLOT_DMA *dma = slot->Dma;
    VIRTQ_DESC *entry = dma->Table;

    do {
        SetData(++entry, segment->Address, segment->Bytes, flags);
        left -= segment->Bytes;
        segment++;
    } while (--segments != 0);
    if (left != 0)
        return false;
    dma->Header.Type = write ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN;
    dma->Header.Sector = request->Command.Lba << disk->SectorShift;
    dma->Status = STATUS_NOT_WRITTEN;
    SetData(++entry, slot->StatusPhysical, 1, VIRTQ_DESC_F_WRITE);
    if (VirtqueueAdd(&engine->Queue, dma->Table, slot->TablePhysical, (uint16_t)(request->SegmentCount + 2),
                     write ? 1 : bytes + 1, request, NULL) != VirtqueueOk)
        return false;
    engine->FreeSlots = slot->NextFree;
    slot->Request = request;
    request->Slot = slot;
    request->Steps = 0;
    return true;
}

static COLD bool SubmitSteps(BLK_ENGINE *engine, const BLK_DISK *disk, BLK_REQUEST *request)
{
    engine->BlockMask = disk->BlockBytes - 1;
    request->Slot = NULL;
    request->ChainLength = 0;
    request->SegmentIndex = 0;
    request->SegmentOffset = 0;
    request->Steps = StepsOf(disk, &request->Command);
    request->Sector = request->Command.Lba << disk->SectorShift;
    request->SectorsLeft = (uint64_t)request->Command.Blocks << disk->SectorShift;
    if (request->Command.Operation >= BlkOperationFlush)
        request->SectorsLeft = 0; /* a flush's range is not the device's concern */
    if (engine->Waiting.Head == NULL) {
        BLK_START start = Start(engine, request);

        if (start != BlkNoRoom)
            return start == BlkStarted;
    }
    BlkListAppend(&engine->Waiting, request);
    return true;
}

__attribute__((always_inline)) bool BlkEngineSubmit(BLK_ENGINE *engine, const BLK_DISK *disk, BLK_REQUEST *request)
{
    bool whole = request->Command.Plain && request->SegmentCount - 1u < engine->WholeListMax &&
                 engine->Waiting.Head == NULL && engine->FreeSlots != NULL;

    if (LIKELY(whole) && LIKELY(SubmitWhole(engine, disk, request)))
        return true;
    return SubmitSteps(engine, disk, request);
}

static void Finish(BLK_REQUEST *request, BLK_RESULT result, uint32_t sense, BLK_REQUEST_LIST *finished)
{
    request->Result = (uint8_t)result;
    request->Sense = sense;
    BlkListAppend(finished, request);
}

/* VIRTIO_BLK_S_IOERR or _UNSUPP in SCSI's words. */
static uint32_t SenseOf(const BLK_REQUEST *request, uint8_t status)
{
    uint8_t operation = request->Command.Operation;

    if (status == VIRTIO_BLK_S_UNSUPP)
        return SENSE_INVALID_OPCODE;
    return operation == BlkOperationRead || operation == BlkOperationVerify ? SENSE_MEDIUM_READ : SENSE_MEDIUM_WRITE;
}

/* A completed step that was not the last, or did not go well, or brought the serial number. False: the device did not
 * write a status that exists. */
static COLD bool CompleteStep(BLK_ENGINE *engine, BLK_DISK *disk, BLK_REQUEST *request, uint8_t status,
                              BLK_REQUEST_LIST *finished)
{
    const uint8_t *id = request->Slot->Dma->Payload.Id;
    bool sound = status <= VIRTIO_BLK_S_UNSUPP;

    if (sound && (request->Steps & STEP_TAKE_ID) != 0) {
        /* A device without GET_ID answers UNSUPP (VIRTIO 1.x): the disk keeps the name made up for it. */
        BlkDiskSetSerial(disk, status == VIRTIO_BLK_S_OK ? id : NULL);
        GiveSlotBack(engine, request);
        Finish(request, BlkResultSerial, SENSE_NONE, finished);
        return true;
    }
    if (status == VIRTIO_BLK_S_OK) {
        BLK_START start = Start(engine, request);

        if (start == BlkNoRoom)
            BlkListAppend(&engine->Waiting, request);
        else if (start == BlkMalformed)
            Finish(request, BlkResultSense, SENSE_TARGET_FAILURE, finished);
        return true;
    }
    GiveSlotBack(engine, request);
    Finish(request, BlkResultSense, sound ? SenseOf(request, status) : SENSE_TARGET_FAILURE, finished);
    return sound;
}

static COLD void StartWaiting(BLK_ENGINE *engine, BLK_REQUEST_LIST *finished)
{
    BLK_REQUEST *request;

    while ((request = engine->Waiting.Head) != NULL) {
        BLK_REQUEST *next = request->Next;
        BLK_START start = Start(engine, request);

        if (start == BlkNoRoom)
            return;
        engine->Waiting.Head = next;
        if (next == NULL)
            engine->Waiting.Tail = &engine->Waiting.Head;
        if (start == BlkMalformed)
            Finish(request, BlkResultSense, SENSE_TARGET_FAILURE, finished);
    }
}

bool BlkEngineReap(BLK_ENGINE *engine, BLK_DISK *disk, BLK_REQUEST_LIST *finished)
{
    VIRTQUEUE_COMPLETION completion;
    VIRTQUEUE_GET got;

    do {
        VirtqueueSuppressInterrupts(&engine->Queue);
        while ((got = VirtqueueGet(&engine->Queue, &completion)) == VirtqueueCompleted) {
            BLK_REQUEST *request = (BLK_REQUEST *)completion.Cookie;
            uint8_t status = *(const volatile uint8_t *)&request->Slot->Dma->Status;

            if (LIKELY((status | request->Steps) == VIRTIO_BLK_S_OK)) {
                GiveSlotBack(engine, request);
                request->Result = BlkResultOk;
                BlkListAppend(finished, request);
            } else if (!CompleteStep(engine, disk, request, status, finished)) {
                return false;
            }
            if (!VirtqueueBatchHasMore(&engine->Queue))
                break;
        }
        if (got == VirtqueueCorrupt)
            return false;
    } while (engine->Polled ? VirtqueueHasCompletions(&engine->Queue) : VirtqueueAllowInterrupts(&engine->Queue));
    if (engine->Waiting.Head != NULL)
        StartWaiting(engine, finished);
    return true;
}

void BlkEngineDetachAll(BLK_ENGINE *engine, BLK_RESULT result, BLK_REQUEST_LIST *finished)
{
    BLK_REQUEST *request, *next;

    while ((request = (BLK_REQUEST *)VirtqueueDetach(&engine->Queue)) != NULL)
        Finish(request, result, SENSE_NONE, finished);
    for (request = engine->Waiting.Head; request != NULL; request = next) {
        next = request->Next;
        Finish(request, result, SENSE_NONE, finished);
    }
    BlkListInit(&engine->Waiting);
    VirtqueueReset(&engine->Queue);
    FreeAllSlots(engine);
}

BLK_REQUEST *BlkEngineFind(const BLK_ENGINE *engine, const void *context)
{
    for (uint16_t i = 0; i < engine->SlotCount; i++) {
        BLK_REQUEST *request = engine->Slots[i].Request;

        if (request != NULL && request->Context == context)
            return request;
    }
    for (BLK_REQUEST *request = engine->Waiting.Head; request != NULL; request = request->Next) {
        if (request->Context == context)
            return request;
    }
    return NULL;
}
