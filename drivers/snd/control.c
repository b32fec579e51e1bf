/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "control.h"

#include "virtio_io.h"

static uint32_t AlignUp(uint32_t value, uint32_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

bool SndControlLayout(uint16_t queueSize, SND_CONTROL_LAYOUT *layout)
{
    if (!VirtqueueLayoutModern(queueSize, &layout->Ring)) {
        return false;
    }
    layout->SlotsOffset = AlignUp(layout->Ring.Length, 16);
    layout->DmaBytes = layout->SlotsOffset + SND_CONTROL_SLOTS * (uint32_t)sizeof(SND_CONTROL_DMA);
    layout->StateBytes = (uint32_t)VirtqueueStateSize(queueSize);
    return true;
}

static void InitSlot(SND_CONTROL_SLOT *slot)
{
    VIRTQ_DESC *table = slot->Dma->Table;

    slot->State = SndControlFree;
    slot->Context = NULL;
    table[0].Address = slot->Physical + offsetof(SND_CONTROL_DMA, Request);
    table[0].Flags = VIRTQ_DESC_F_NEXT;
    table[0].Next = 1;
    table[1].Address = slot->Physical + offsetof(SND_CONTROL_DMA, Reply);
    table[1].Flags = VIRTQ_DESC_F_WRITE;
    table[1].Next = 0;
}

bool SndControlInit(SND_CONTROL *control, const SND_CONTROL_LAYOUT *layout, void *dma, uint64_t dmaPhysical,
                    void *state, uint64_t features, SND_DIALECT *dialect)
{
    VIRTQUEUE_OPTIONS options = {
        .Indirect = (features & VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC)) != 0,
        .EventIdx = (features & VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX)) != 0,
    };
    VIRTQUEUE_RING ring;

    VirtioZero(control, sizeof(*control));
    VirtqueuePlace(&layout->Ring, dma, dmaPhysical, &ring);
    if (VirtqueueInit(&control->Queue, &ring, &options, state, layout->StateBytes) != VirtqueueOk) {
        return false;
    }
    control->Dialect = dialect;
    for (uint32_t i = 0; i < SND_CONTROL_SLOTS; i++) {
        uint32_t offset = layout->SlotsOffset + i * (uint32_t)sizeof(SND_CONTROL_DMA);

        control->Slots[i].Dma = (SND_CONTROL_DMA *)(void *)((uint8_t *)dma + offset);
        control->Slots[i].Physical = dmaPhysical + offset;
        InitSlot(&control->Slots[i]);
    }
    return true;
}

/* A free slot for encoders to write into; it is taken only by Send. */
static SND_CONTROL_SLOT *FindFree(SND_CONTROL *control)
{
    for (uint32_t i = 0; i < SND_CONTROL_SLOTS; i++) {
        if (control->Slots[i].State == SndControlFree) {
            return &control->Slots[i];
        }
    }
    return NULL;
}

/* `requestBytes` 0: what was asked for could not be encoded. `sent` is written when the request is on its way. */
static SND_RESULT Send(SND_CONTROL *control, SND_CONTROL_SLOT *slot, uint32_t requestBytes, uint32_t replyBytes,
                       uint32_t count, uint64_t deadline, void *context, SND_CONTROL_SLOT **sent)
{
    SND_CONTROL_DMA *dma = slot->Dma;

    if (requestBytes == 0) {
        return SndInvalid;
    }
    dma->Table[0].Length = requestBytes;
    dma->Table[1].Length = replyBytes;
    /* "The driver MUST provide a buffer of sizeof(struct virtio_snd_hdr) + count * size bytes for the response". What
       the device leaves alone must not look like an answer. */
    for (uint32_t i = 0; i < replyBytes; i++) {
        ((volatile uint8_t *)dma->Reply)[i] = 0xFF;
    }
    switch (VirtqueueAdd(&control->Queue, dma->Table, slot->Physical, 2, replyBytes, slot, NULL)) {
    case VirtqueueOk:
        break;
    case VirtqueueIsBroken:
        return SndBroken;
    case VirtqueueFull:
        return SndBusy;
    default:
        return SndInvalid;
    }
    slot->State = SndControlSent;
    slot->Order = control->NextOrder++;
    slot->Deadline = deadline;
    slot->Context = context;
    slot->Code = SndLoad32(dma->Request);
    slot->Result = SndMalformed;
    slot->ReplyLength = 0;
    slot->Count = count;
    *sent = slot;
    return SndOk;
}

SND_RESULT SndControlQuery(SND_CONTROL *control, uint32_t code, uint32_t startId, uint32_t count, uint32_t total,
                           uint64_t deadline, void *context, SND_CONTROL_SLOT **slot)
{
    SND_CONTROL_SLOT *free = FindFree(control);
    uint32_t bytes;

    *slot = NULL;
    if (free == NULL) {
        return SndBusy;
    }
    bytes = SndEncodeQuery(free->Dma->Request, code, startId, count, total);
    return Send(control, free, bytes, 4 + count * SndItemBytes(code), count, deadline, context, slot);
}

SND_RESULT SndControlSimple(SND_CONTROL *control, uint32_t code, uint32_t streamId, uint64_t deadline, void *context,
                            SND_CONTROL_SLOT **slot)
{
    SND_CONTROL_SLOT *free = FindFree(control);
    uint32_t bytes;

    *slot = NULL;
    if (free == NULL) {
        return SndBusy;
    }
    bytes = SndEncodeSimple(free->Dma->Request, code, streamId);
    return Send(control, free, bytes, 4, 0, deadline, context, slot);
}

SND_RESULT SndControlSetParams(SND_CONTROL *control, const SND_PARAMS *params, const SND_STREAM_INFO *stream,
                               uint64_t deadline, void *context, SND_CONTROL_SLOT **slot)
{
    SND_CONTROL_SLOT *free = FindFree(control);
    uint32_t bytes;

    *slot = NULL;
    if (free == NULL) {
        return SndBusy;
    }
    bytes = SndEncodeSetParams(free->Dma->Request, params, stream);
    return Send(control, free, bytes, 4, 0, deadline, context, slot);
}

/* From here on the device may write what it likes: the copy is ours. */
static void TakeReply(SND_CONTROL *control, SND_CONTROL_SLOT *slot, uint32_t length)
{
    const volatile uint8_t *reply = slot->Dma->Reply;
    uint32_t status;

    slot->ReplyLength = length < SND_REPLY_BYTES_MAX ? length : SND_REPLY_BYTES_MAX;
    for (uint32_t i = 0; i < slot->ReplyLength; i++) {
        slot->Reply[i] = reply[i];
    }
    if (slot->ReplyLength < 4) {
        slot->Result = SndMalformed;
    } else {
        status = SndLoad32(slot->Reply);
        SndDialectConfirm(control->Dialect, status);
        slot->Result = SndStatusDecode(control->Dialect, status);
    }
    control->Malformed += slot->Result == SndMalformed;
    slot->State = SndControlDone;
}

SND_CONTROL_SLOT *SndControlReap(SND_CONTROL *control, bool *broken)
{
    VIRTQUEUE_COMPLETION completion;
    SND_CONTROL_SLOT *slot;
    VIRTQUEUE_GET got;

    *broken = false;
    while ((got = VirtqueueGet(&control->Queue, &completion)) == VirtqueueCompleted) {
        slot = completion.Cookie;
        if (slot->State == SndControlSent) {
            TakeReply(control, slot, completion.Length);
            return slot;
        }
        control->LateReplies++;
        /* Late: its caller has yet to release it, and nothing of the device's is left in it. Abandoned: nobody has. */
        slot->State = slot->State == SndControlLate ? SndControlDone : SndControlFree;
    }
    *broken = got == VirtqueueCorrupt;
    return NULL;
}

static bool IsBefore(const SND_CONTROL_SLOT *one, const SND_CONTROL_SLOT *other)
{
    return (int32_t)(one->Order - other->Order) < 0;
}

static SND_CONTROL_SLOT *OldestSent(SND_CONTROL *control, uint64_t now)
{
    SND_CONTROL_SLOT *oldest = NULL;

    for (uint32_t i = 0; i < SND_CONTROL_SLOTS; i++) {
        SND_CONTROL_SLOT *slot = &control->Slots[i];

        if (slot->State == SndControlSent && slot->Deadline <= now && (oldest == NULL || IsBefore(slot, oldest))) {
            oldest = slot;
        }
    }
    return oldest;
}

SND_CONTROL_SLOT *SndControlExpire(SND_CONTROL *control, uint64_t now)
{
    SND_CONTROL_SLOT *slot = OldestSent(control, now);

    if (slot != NULL) {
        slot->State = SndControlLate;
        slot->Result = SndTimeout;
        control->Timeouts++;
    }
    return slot;
}

void SndControlRelease(SND_CONTROL *control, SND_CONTROL_SLOT *slot)
{
    (void)control;
    slot->Context = NULL;
    if (slot->State == SndControlSent || slot->State == SndControlLate) {
        slot->State = SndControlAbandoned;
    } else if (slot->State == SndControlDone) {
        slot->State = SndControlFree;
    }
}

SND_CONTROL_SLOT *SndControlCancel(SND_CONTROL *control)
{
    SND_CONTROL_SLOT *slot;

    while ((slot = VirtqueueDetach(&control->Queue)) != NULL) {
        if (slot->State == SndControlAbandoned) {
            slot->State = SndControlFree;
        } else if (slot->State == SndControlLate) {
            slot->State = SndControlDone;
        }
    }
    slot = OldestSent(control, UINT64_MAX);
    if (slot == NULL) {
        VirtqueueReset(&control->Queue);
        return NULL;
    }
    slot->State = SndControlDone;
    slot->Result = SndCancelled;
    return slot;
}

uint32_t SndControlItems(const SND_CONTROL_SLOT *slot)
{
    if (slot->State != SndControlDone || slot->Result != SndOk) {
        return 0;
    }
    return SndReplyItems(slot->Code, slot->ReplyLength, slot->Count);
}

const uint8_t *SndControlItem(const SND_CONTROL_SLOT *slot, uint32_t index)
{
    return slot->Reply + 4 + index * SndItemBytes(slot->Code);
}

uint32_t SndControlFreeSlots(const SND_CONTROL *control)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < SND_CONTROL_SLOTS; i++) {
        count += control->Slots[i].State == SndControlFree;
    }
    return count;
}
