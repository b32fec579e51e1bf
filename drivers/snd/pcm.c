/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pcm.h"

#include "virtio_io.h"

static uint32_t AlignUp(uint32_t value, uint32_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

bool SndPcmLayout(uint16_t queueSize, SND_PCM_LAYOUT *layout)
{
    if (queueSize < 4 || !VirtqueueLayoutModern(queueSize, &layout->Ring)) {
        return false;
    }
    layout->SlotCount = queueSize / 2u < SND_PCM_SLOTS_MAX ? queueSize / 2u : SND_PCM_SLOTS_MAX;
    /* "A driver MUST NOT create a descriptor chain longer than the Queue Size of the device": header and status. */
    layout->SegmentsMax = queueSize - 2u < SND_PCM_SEGMENTS_MAX ? queueSize - 2u : SND_PCM_SEGMENTS_MAX;
    layout->SlotsOffset = AlignUp(layout->Ring.Length, 16);
    layout->DmaBytes = layout->SlotsOffset + layout->SlotCount * (uint32_t)sizeof(SND_PCM_DMA);
    layout->SlotStateOffset = AlignUp((uint32_t)VirtqueueStateSize(queueSize), 16);
    layout->StateBytes = layout->SlotStateOffset + layout->SlotCount * (uint32_t)sizeof(SND_PCM_SLOT);
    return true;
}

bool SndPcmInit(SND_PCM *pcm, const SND_PCM_LAYOUT *layout, void *dma, uint64_t dmaPhysical, void *state,
                uint64_t features, const SND_DIALECT *dialect, bool capture)
{
    VIRTQUEUE_OPTIONS options = {
        .Indirect = (features & VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC)) != 0,
        .EventIdx = (features & VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX)) != 0,
    };
    VIRTQUEUE_RING ring;

    VirtioZero(pcm, sizeof(*pcm));
    VirtqueuePlace(&layout->Ring, dma, dmaPhysical, &ring);
    if (VirtqueueInit(&pcm->Queue, &ring, &options, state, layout->SlotStateOffset) != VirtqueueOk) {
        return false;
    }
    pcm->Dialect = dialect;
    pcm->Capture = capture;
    pcm->SlotCount = layout->SlotCount;
    pcm->SegmentsMax = layout->SegmentsMax;
    pcm->Slots = (SND_PCM_SLOT *)(void *)((uint8_t *)state + layout->SlotStateOffset);
    for (uint32_t i = 0; i < pcm->SlotCount; i++) {
        SND_PCM_SLOT *slot = &pcm->Slots[i];
        uint32_t offset = layout->SlotsOffset + i * (uint32_t)sizeof(SND_PCM_DMA);

        VirtioZero(slot, sizeof(*slot));
        slot->Dma = (SND_PCM_DMA *)(void *)((uint8_t *)dma + offset);
        slot->Physical = dmaPhysical + offset;
        VirtioZero(slot->Dma, sizeof(*slot->Dma));
        slot->Dma->Table[0].Address = slot->Physical + offsetof(SND_PCM_DMA, Header);
        for (uint16_t j = 0; j < SND_PCM_SEGMENTS_MAX + 2; j++) {
            slot->Dma->Table[j].Next = (uint16_t)(j + 1);
        }
    }
    return true;
}

void SndPcmInitNull(SND_PCM *pcm, bool capture)
{
    VirtioZero(pcm, sizeof(*pcm));
    pcm->Capture = capture;
    pcm->SegmentsMax = SND_PCM_SEGMENTS_MAX;
}

static bool AllMessagesFit(const SND_PCM *pcm, const SND_CYCLIC *cyclic, uint32_t bytes)
{
    VIRTQ_DESC table[SND_PCM_SEGMENTS_MAX];
    uint32_t count;

    for (uint32_t offset = 0; offset < cyclic->Bytes; offset += bytes) {
        if (!SndSgBuild(cyclic, offset, bytes, 0, table, pcm->SegmentsMax, &count)) {
            return false;
        }
    }
    return true;
}

/* The fewest even parts of a period that each make a message; 0 when there are none. */
static uint32_t ChooseParts(const SND_PCM *pcm, const SND_PCM_CONFIG *config)
{
    for (uint32_t parts = 1; parts <= SND_PCM_PARTS_MAX; parts++) {
        uint32_t bytes = config->PeriodBytes / parts;

        if (bytes * parts != config->PeriodBytes || bytes % config->Choice.FrameBytes != 0 || bytes == 0 ||
            bytes > SND_PCM_PAYLOAD_MAX) {
            continue;
        }
        if (!pcm->Capture && config->BounceCount != 0 && bytes > config->BounceBytes) {
            continue;
        }
        if (AllMessagesFit(pcm, &config->Cyclic, bytes)) {
            return parts;
        }
    }
    return 0;
}

static bool ConfigIsValid(const SND_PCM *pcm, const SND_PCM_CONFIG *config)
{
    uint32_t frame = config->Choice.FrameBytes, period = config->PeriodBytes;

    return frame != 0 && period != 0 && period % frame == 0 && SndCyclicCheck(&config->Cyclic) &&
           config->Cyclic.Bytes % period == 0 && config->Cyclic.Bytes / period >= SND_PCM_PERIODS_MIN &&
           config->BounceCount <= SND_BOUNCE_MAX &&
           (pcm->Capture || !config->Choice.Convert || config->BounceCount != 0);
}

static void StartOver(SND_PCM *pcm)
{
    pcm->NextSlot = pcm->OldestSlot = pcm->Outstanding = 0;
    pcm->BounceNext = pcm->BounceUsed = 0;
    pcm->SubmitMessage = pcm->CompleteMessage;
    pcm->SubmittedFrames = pcm->CompletedFrames;
    pcm->Flushing = false;
}

/* An assignment would call memcpy. */
static void CopyConfig(SND_PCM_CONFIG *to, const SND_PCM_CONFIG *from)
{
    for (uint32_t i = 0; i < sizeof(*to); i++) {
        ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
}

bool SndPcmRestart(SND_PCM *pcm)
{
    if (pcm->Outstanding != 0) {
        return false;
    }
    pcm->CompleteMessage = 0;
    pcm->CompletedFrames = 0;
    pcm->ToldFrames = 0;
    pcm->PartsDone = 0;
    pcm->Failure = SndOk;
    StartOver(pcm);
    return true;
}

SND_RESULT SndPcmConfigure(SND_PCM *pcm, const SND_PCM_CONFIG *config)
{
    uint32_t parts;

    if (pcm->Outstanding != 0) {
        return SndBusy;
    }
    if (!ConfigIsValid(pcm, config)) {
        return SndInvalid;
    }
    parts = ChooseParts(pcm, config);
    if (parts == 0) {
        return SndInvalid;
    }
    CopyConfig(&pcm->Config, config);
    pcm->PartsPerPeriod = parts;
    pcm->MessageBytes = config->PeriodBytes / parts;
    pcm->MessageFrames = pcm->MessageBytes / config->Choice.FrameBytes;
    pcm->Messages = config->Cyclic.Bytes / pcm->MessageBytes;
    (void)SndPcmRestart(pcm);
    return SndOk;
}

uint32_t SndPcmLead(const SND_PCM *pcm)
{
    uint32_t periods = pcm->PartsPerPeriod != 0 ? pcm->Messages / pcm->PartsPerPeriod : 1;

    return periods - 1 < SND_PCM_LEAD ? periods - 1 : SND_PCM_LEAD;
}

uint32_t SndPcmDue(const SND_PCM *pcm, uint64_t referenceFrames, uint32_t leadFrames)
{
    uint64_t wanted = referenceFrames + leadFrames;
    uint64_t missing = wanted > pcm->SubmittedFrames ? wanted - pcm->SubmittedFrames : 0;
    uint32_t room = pcm->Messages - pcm->Outstanding, due;

    if (pcm->MessageFrames == 0) {
        return 0;
    }
    due = (missing > UINT32_MAX ? UINT32_MAX : (uint32_t)missing) / pcm->MessageFrames;
    return due < room ? due : room;
}

/* Volatile, or a compiler would call memset. */
static void FillSilence(const SND_PCM *pcm, uint8_t *at, uint32_t bytes)
{
    volatile uint8_t *byte = at;
    uintptr_t silence = (uintptr_t)-1 / 0xFF * pcm->Config.Choice.Silence;

    for (; bytes != 0 && (uintptr_t)byte % sizeof(silence) != 0; bytes--) {
        *byte++ = (uint8_t)silence;
    }
    for (; bytes >= sizeof(silence); bytes -= (uint32_t)sizeof(silence)) {
        *(volatile uintptr_t *)(volatile void *)byte = silence;
        byte += sizeof(silence);
    }
    for (; bytes != 0; bytes--) {
        *byte++ = (uint8_t)silence;
    }
}

static bool HasToChange(const SND_PCM *pcm)
{
    const SND_PCM_CONFIG *config = &pcm->Config;

    return config->Choice.Convert ||
           (config->Volume != NULL && !SndVolumeIsUnity(config->Volume, config->Choice.Wave.Channels));
}

static void Change(SND_PCM *pcm, const uint8_t *source, uint8_t *target, uint32_t bytes)
{
    const SND_CHOICE *choice = &pcm->Config.Choice;
    uint32_t frames = bytes / choice->FrameBytes;
    SND_VOLUME unity;

    if (pcm->Config.Volume != NULL) {
        SndVolumeApply(pcm->Config.Volume, choice, pcm->Capture, source, target, frames);
    } else {
        SndVolumeInit(&unity);
        SndVolumeApply(&unity, choice, pcm->Capture, source, target, frames);
    }
}

/* The whole message as one segment in a bounce buffer. */
static void Bounce(SND_PCM *pcm, SND_PCM_SLOT *slot, uint32_t validBytes)
{
    const SND_BOUNCE *bounce = &pcm->Config.Bounce[pcm->BounceNext];

    Change(pcm, pcm->Config.Cyclic.Base + slot->Offset, bounce->Base, validBytes);
    FillSilence(pcm, bounce->Base + validBytes, pcm->MessageBytes - validBytes);
    slot->Dma->Table[1].Address = bounce->Physical;
    slot->Dma->Table[1].Length = pcm->MessageBytes;
    slot->Dma->Table[1].Flags = VIRTQ_DESC_F_NEXT;
}

/* Header and status around `count` segments that stand in the table already. */
static SND_RESULT Send(SND_PCM *pcm, SND_PCM_SLOT *slot, uint32_t count)
{
    SND_PCM_DMA *dma = slot->Dma;
    VIRTQ_DESC *status = &dma->Table[count + 1];
    uint32_t writable = sizeof(VIRTIO_SND_PCM_STATUS) + (pcm->Capture ? pcm->MessageBytes : 0);

    dma->Header.StreamId = pcm->Config.StreamId;
    dma->Header.AeroReserved = 0;
    dma->Table[0].Length = SndXferBytes(pcm->Dialect);
    dma->Table[0].Flags = VIRTQ_DESC_F_NEXT;
    dma->Status.Status = SND_STATUS_UNWRITTEN;
    dma->Status.LatencyBytes = 0;
    status->Address = slot->Physical + offsetof(SND_PCM_DMA, Status);
    status->Length = sizeof(VIRTIO_SND_PCM_STATUS);
    status->Flags = VIRTQ_DESC_F_WRITE;
    switch (VirtqueueAdd(&pcm->Queue, dma->Table, slot->Physical, (uint16_t)(count + 2), writable, slot, NULL)) {
    case VirtqueueOk:
        return SndOk;
    case VirtqueueIsBroken:
        return SndBroken;
    case VirtqueueFull:
        return SndBusy;
    default:
        return SndInvalid;
    }
}

static uint32_t Wrap(uint32_t index, uint32_t count)
{
    return index == count ? 0 : index;
}

SND_RESULT SndPcmSubmit(SND_PCM *pcm, uint32_t validBytes)
{
    uint16_t flags = (uint16_t)(pcm->Capture ? VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE : VIRTQ_DESC_F_NEXT);
    SND_PCM_SLOT *slot = &pcm->Slots[pcm->NextSlot];
    uint32_t count = 1;
    SND_RESULT result;
    bool whole;

    if (pcm->Failure != SndOk) {
        return pcm->Failure;
    }
    if (pcm->Messages == 0 || validBytes > pcm->MessageBytes || validBytes % pcm->Config.Choice.FrameBytes != 0 ||
        (pcm->Capture && validBytes != pcm->MessageBytes)) {
        return SndInvalid;
    }
    /* Full before it is tried: a bounced message moves the ramp of the volume on, and that only once. */
    if (pcm->Outstanding == pcm->SlotCount || pcm->Outstanding == pcm->Messages || pcm->Flushing ||
        VirtqueueFreeCount(&pcm->Queue) < (pcm->Queue.IndirectSpan != 0 ? 1 : pcm->SegmentsMax + 2)) {
        return pcm->Queue.Broken ? SndBroken : SndBusy;
    }
    whole = validBytes == pcm->MessageBytes;
    slot->Offset = pcm->SubmitMessage * pcm->MessageBytes;
    slot->Bounced = !pcm->Capture && pcm->Config.BounceCount != 0 && (!whole || HasToChange(pcm));
    if (slot->Bounced) {
        if (pcm->BounceUsed == pcm->Config.BounceCount) {
            return SndBusy;
        }
        Bounce(pcm, slot, validBytes);
    } else if (!whole || !SndSgBuild(&pcm->Config.Cyclic, slot->Offset, pcm->MessageBytes, flags, &slot->Dma->Table[1],
                                     pcm->SegmentsMax, &count)) {
        return SndInvalid;
    }
    result = Send(pcm, slot, count);
    if (result != SndOk) {
        return result;
    }
    if (slot->Bounced) {
        pcm->BounceNext = Wrap(pcm->BounceNext + 1, pcm->Config.BounceCount);
        pcm->BounceUsed++;
    }
    slot->Sent = true;
    slot->Done = false;
    pcm->NextSlot = Wrap(pcm->NextSlot + 1, pcm->SlotCount);
    pcm->SubmitMessage = Wrap(pcm->SubmitMessage + 1, pcm->Messages);
    pcm->Outstanding++;
    pcm->SubmittedFrames += pcm->MessageFrames;
    return SndOk;
}

/* What the device says of a message. A device that leaves the status word alone has still returned the buffer: the end
   of a stream, after which a device may put its status right behind the data. That is no reason to stop. */
static SND_RESULT ReadStatus(SND_PCM *pcm, SND_PCM_SLOT *slot, SND_PCM_REPORT *report, bool *written)
{
    volatile VIRTIO_SND_PCM_STATUS *shared = &slot->Dma->Status;
    uint32_t status = shared->Status, latency = shared->LatencyBytes;

    *written = status != SND_STATUS_UNWRITTEN;
    if (!*written) {
        pcm->UnwrittenStatuses++;
        return SndIoError;
    }
    report->LatencyBytes = latency < SND_CYCLIC_BYTES_MAX ? latency : SND_CYCLIC_BYTES_MAX;
    return SndStatusDecode(pcm->Dialect, status);
}

/* "the length value contains the size of the virtio_snd_pcm_status structure plus the size of the recorded frames".
   What was not recorded is silence and never what was there before. */
static void FinishCapture(SND_PCM *pcm, SND_PCM_SLOT *slot, bool hasData, SND_PCM_REPORT *report)
{
    uint8_t *base = pcm->Config.Cyclic.Base + slot->Offset;
    uint32_t length = slot->Length, recorded;

    recorded = hasData && length > sizeof(VIRTIO_SND_PCM_STATUS) ? length - (uint32_t)sizeof(VIRTIO_SND_PCM_STATUS) : 0;
    recorded = recorded < pcm->MessageBytes ? recorded : pcm->MessageBytes;
    recorded -= recorded % pcm->Config.Choice.FrameBytes;
    if (recorded < pcm->MessageBytes) {
        FillSilence(pcm, base + recorded, pcm->MessageBytes - recorded);
        pcm->ShortBuffers++;
        report->ShortBuffers++;
    }
    if (HasToChange(pcm)) {
        Change(pcm, base, base, pcm->MessageBytes);
    }
}

/* Of a message that was played; a client that was told a position within it may have written up to there. */
static void SilencePlayed(const SND_PCM *pcm, uint32_t offset)
{
    uint64_t start = pcm->CompletedFrames, told = pcm->ToldFrames;
    uint32_t kept;

    if (told >= start + pcm->MessageFrames) {
        return;
    }
    kept = told > start ? (uint32_t)(told - start) * pcm->Config.Choice.FrameBytes : 0;
    FillSilence(pcm, pcm->Config.Cyclic.Base + offset + kept, pcm->MessageBytes - kept);
}

static void Advance(SND_PCM *pcm, SND_PCM_REPORT *report)
{
    pcm->CompleteMessage = Wrap(pcm->CompleteMessage + 1, pcm->Messages);
    pcm->CompletedFrames += pcm->MessageFrames;
    report->Messages++;
    pcm->PartsDone = Wrap(pcm->PartsDone + 1, pcm->PartsPerPeriod);
    report->Periods += pcm->PartsDone == 0;
}

/* The oldest message is back. */
static void Finish(SND_PCM *pcm, SND_PCM_SLOT *slot, SND_PCM_REPORT *report)
{
    bool written;
    SND_RESULT result = ReadStatus(pcm, slot, report, &written);

    slot->Sent = false;
    if (slot->Bounced) {
        pcm->BounceUsed--;
    }
    pcm->OldestSlot = Wrap(pcm->OldestSlot + 1, pcm->SlotCount);
    pcm->Outstanding--;
    if (pcm->Flushing) {
        return;
    }
    if (SndResultIsFatal(result)) {
        pcm->Failure = result;
        report->Fatal = result;
    } else if (result == SndIoError && written) {
        pcm->IoErrors++;
        report->IoErrors++;
    }
    if (pcm->Capture) {
        FinishCapture(pcm, slot, result == SndOk || !written, report);
    } else if (pcm->Config.SilenceBehind) {
        SilencePlayed(pcm, slot->Offset);
    }
    Advance(pcm, report);
}

SND_PCM_SLOT *SndPcmSlotOf(SND_PCM *pcm, const void *cookie)
{
    uintptr_t offset = (uintptr_t)cookie - (uintptr_t)pcm->Slots;
    SND_PCM_SLOT *slot;

    if (offset >= pcm->SlotCount * sizeof(SND_PCM_SLOT) || offset % sizeof(SND_PCM_SLOT) != 0) {
        return NULL;
    }
    slot = &pcm->Slots[offset / sizeof(SND_PCM_SLOT)];
    return slot->Sent && !slot->Done ? slot : NULL;
}

void SndPcmReap(SND_PCM *pcm, SND_PCM_REPORT *report)
{
    VIRTQUEUE_COMPLETION completion;
    SND_PCM_SLOT *slot;
    VIRTQUEUE_GET got;

    *report = (SND_PCM_REPORT){.Fatal = SndOk};
    while ((got = VirtqueueGet(&pcm->Queue, &completion)) == VirtqueueCompleted) {
        slot = SndPcmSlotOf(pcm, completion.Cookie);
        if (slot == NULL) {
            continue;
        }
        slot->Done = true;
        slot->Length = completion.Length;
        while (pcm->Outstanding != 0 && pcm->Slots[pcm->OldestSlot].Done) {
            slot = &pcm->Slots[pcm->OldestSlot];
            slot->Done = false;
            Finish(pcm, slot, report);
        }
    }
    if (got == VirtqueueCorrupt) {
        pcm->Failure = SndBroken;
        report->Fatal = SndBroken;
    }
}

bool SndPcmSkip(SND_PCM *pcm, SND_PCM_REPORT *report)
{
    uint32_t offset = pcm->CompleteMessage * pcm->MessageBytes;

    if (pcm->Messages == 0 || pcm->Outstanding != 0) {
        return false;
    }
    if (pcm->Capture) {
        FillSilence(pcm, pcm->Config.Cyclic.Base + offset, pcm->MessageBytes);
    } else if (pcm->Config.SilenceBehind) {
        SilencePlayed(pcm, offset);
    }
    Advance(pcm, report);
    pcm->SubmitMessage = pcm->CompleteMessage;
    pcm->SubmittedFrames = pcm->CompletedFrames;
    return true;
}

void SndPcmFlush(SND_PCM *pcm)
{
    pcm->Flushing = true;
}

bool SndPcmRewind(SND_PCM *pcm)
{
    if (pcm->Outstanding != 0) {
        return false;
    }
    StartOver(pcm);
    return true;
}

uint32_t SndPcmDetach(SND_PCM *pcm)
{
    uint32_t count = pcm->Outstanding;

    while (VirtqueueDetach(&pcm->Queue) != NULL) {
    }
    VirtqueueReset(&pcm->Queue);
    for (uint32_t i = 0; i < pcm->SlotCount; i++) {
        pcm->Slots[i].Sent = false;
        pcm->Slots[i].Done = false;
    }
    pcm->Failure = SndOk;
    StartOver(pcm);
    return count;
}
