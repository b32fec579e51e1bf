/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A device that writes whatever it likes into rings, status words and lengths of a transmit or receive queue, while
 * messages come and go, the volume changes and the stream is flushed and reset. Nothing outside the engine's memory
 * and the cyclic buffer is touched, the counts stay true, and the clock goes on never going back.
 * Input: options, then operations with their operands.
 */
#include "fuzz.h"

#include "clock.h"
#include "pcm.h"
#include "virtio_io.h"

#define DMA_PHYSICAL 0x300000000ull
#define BOUNCE_BYTES 4096
#define BOUNCES 3

static struct fuzz_input input;
static SND_PCM pcm;
static SND_PCM_LAYOUT layout;
static SND_DIALECT dialect;
static SND_VOLUME volume;
static SND_CLOCK position_clock;
static uint8_t *dma, *buffer, *bounce;
static uint64_t now, last;
static uint16_t served;
static bool running;

static void put_used(uint32_t id, uint32_t length)
{
    const VIRTQUEUE_RING *ring = &pcm.Queue.Ring;

    ring->Used->Ring[ring->Used->Index & (ring->Size - 1)] = (VIRTQ_USED_ELEM){.Id = id, .Length = length};
    ring->Used->Index++;
}

/* What an honest device does, most of the time. */
static void serve(void)
{
    const VIRTQUEUE_RING *ring = &pcm.Queue.Ring;
    uint8_t choice = fuzz_byte(&input);
    uint32_t status =
        (dialect.Statuses == SndShapeAero ? 0 : VIRTIO_SND_S_OK) + ((choice & 0xE0) != 0 ? 0 : choice & 7);

    if (served == ring->Avail->Index) {
        return;
    }
    for (uint32_t i = 0; i < layout.SlotCount; i++) {
        SND_PCM_DMA *slot = (SND_PCM_DMA *)(void *)(dma + layout.SlotsOffset) + i;

        if (slot->Status.Status == SND_STATUS_UNWRITTEN) {
            slot->Status.Status = status;
            slot->Status.LatencyBytes = fuzz_byte(&input);
        }
    }
    put_used(ring->Avail->Ring[served++ & (ring->Size - 1)],
             pcm.Capture ? fuzz_word(&input, 1) * 16u % (pcm.MessageBytes + 9) : 8);
}

static void scribble(void)
{
    dma[fuzz_word(&input, 3) % layout.DmaBytes] = fuzz_byte(&input);
}

static void device_meanwhile(void)
{
    if (running && (fuzz_byte(&input) & 15) == 1) {
        scribble();
    }
}

void VirtioReadBarrier(void)
{
    device_meanwhile();
}

void VirtioWriteBarrier(void)
{
    device_meanwhile();
}

void VirtioFullBarrier(void)
{
    device_meanwhile();
}

static void check_counts(void)
{
    FUZZ_CHECK(pcm.Outstanding <= pcm.SlotCount && pcm.Outstanding <= pcm.Messages);
    FUZZ_CHECK(pcm.BounceUsed <= pcm.Outstanding && pcm.BounceUsed <= pcm.Config.BounceCount);
    FUZZ_CHECK(pcm.SubmitMessage < pcm.Messages && pcm.CompleteMessage < pcm.Messages);
    FUZZ_CHECK(pcm.Flushing ||
               pcm.SubmittedFrames - pcm.CompletedFrames == (uint64_t)pcm.Outstanding * pcm.MessageFrames);
}

static void detach(void)
{
    uint32_t outstanding = pcm.Outstanding;

    running = false;
    FUZZ_CHECK(SndPcmDetach(&pcm) == outstanding);
    FUZZ_CHECK(pcm.Outstanding == 0 && pcm.BounceUsed == 0 && pcm.SubmittedFrames == pcm.CompletedFrames);
    FUZZ_CHECK(VirtqueueOutstandingCount(&pcm.Queue) == 0 && pcm.Failure == SndOk);
    served = 0;
    running = true;
}

static void reap(void)
{
    uint64_t before = pcm.CompletedFrames;
    SND_PCM_REPORT report;

    SndPcmReap(&pcm, &report);
    FUZZ_CHECK(pcm.CompletedFrames - before == (uint64_t)report.Messages * pcm.MessageFrames);
    FUZZ_CHECK(report.Periods <= report.Messages && report.IoErrors <= report.Messages);
    FUZZ_CHECK(report.LatencyBytes <= SND_CYCLIC_BYTES_MAX);
    FUZZ_CHECK((report.Fatal == SndOk) || pcm.Failure == report.Fatal);
    SndClockComplete(&position_clock, now, pcm.CompletedFrames);
    if (report.Fatal != SndOk) {
        detach();
    }
}

static void submit(void)
{
    uint32_t outstanding = pcm.Outstanding, valid = pcm.MessageBytes;
    uint8_t what = fuzz_byte(&input);
    SND_RESULT result;

    if ((what & 15) == 0) {
        valid = fuzz_word(&input, 2) % (pcm.MessageBytes + 8);
    }
    result = SndPcmSubmit(&pcm, valid);
    FUZZ_CHECK(pcm.Outstanding == outstanding + (result == SndOk));
    FUZZ_CHECK(result == SndOk || result == SndBusy || result == SndInvalid || result == SndBroken);
    VirtqueuePublish(&pcm.Queue);
}

static void read_clock(void)
{
    uint64_t limit = pcm.Capture ? pcm.CompletedFrames : pcm.SubmittedFrames, position;

    now += fuzz_word(&input, 2);
    position = SndClockRead(&position_clock, now, limit);
    FUZZ_CHECK(position >= last && (position <= limit || position == last));
    last = position;
    (void)SndPcmDue(&pcm, position, SndPcmLead(&pcm) * 100);
}

static void skip(void)
{
    uint64_t before = pcm.CompletedFrames;
    SND_PCM_REPORT report = {.Fatal = SndOk};
    bool idle = pcm.Outstanding == 0;

    FUZZ_CHECK(SndPcmSkip(&pcm, &report) == idle);
    FUZZ_CHECK(pcm.CompletedFrames - before == (idle ? pcm.MessageFrames : 0));
    SndClockComplete(&position_clock, now, pcm.CompletedFrames);
}

static void one_operation(void)
{
    switch (fuzz_byte(&input) & 15) {
    case 0:
        put_used(fuzz_word(&input, 1), fuzz_word(&input, 2));
        break;
    case 1:
        scribble();
        break;
    case 2:
        detach();
        break;
    case 3:
        SndPcmFlush(&pcm);
        (void)SndPcmRewind(&pcm);
        if ((fuzz_byte(&input) & 1) != 0) {
            SndClockStop(&position_clock, now, pcm.Capture ? pcm.CompletedFrames : pcm.SubmittedFrames);
            SndClockStart(&position_clock, now);
        }
        break;
    case 4:
        (void)SndVolumeSetLevel(&volume, fuzz_byte(&input) % 10, (int32_t)fuzz_word(&input, 4));
        break;
    case 5:
        (void)SndVolumeSetMute(&volume, fuzz_byte(&input) % 10, (fuzz_byte(&input) & 1) != 0);
        break;
    case 6:
        read_clock();
        break;
    case 7:
    case 8:
    case 9:
        serve();
        break;
    case 10:
    case 11:
        reap();
        break;
    case 12:
        if ((fuzz_byte(&input) & 1) != 0) {
            skip();
        } else { /* what a client was told, true or not */
            pcm.ToldFrames = pcm.CompletedFrames + fuzz_word(&input, 2) - 512u;
        }
        break;
    default:
        submit();
        break;
    }
    check_counts();
}

/* A stream of any format in a buffer of any shape; false when they do not go together. */
static bool configure(uintptr_t *pfns)
{
    SND_STREAM_INFO info = {.Formats = UINT64_MAX, .Rates = UINT64_MAX, .ChannelsMin = 1, .ChannelsMax = 8};
    SND_PCM_CONFIG config = {.StreamId = fuzz_byte(&input), .Volume = &volume, .BounceBytes = BOUNCE_BYTES};
    uint8_t flags = fuzz_byte(&input);

    if ((flags & 1) != 0) {
        info.Formats &= ~(1ull << VIRTIO_SND_PCM_FMT_S32); /* S24 with its conversion */
    }
    FUZZ_CHECK(SndOfferAt(&info, fuzz_word(&input, 2) % SndOfferCount(&info), &config.Choice));
    config.PeriodBytes = config.Choice.FrameBytes * (1 + fuzz_word(&input, 2) % 2048);
    config.Cyclic.Offset = (flags & 2) != 0 ? 16u * fuzz_byte(&input) : 0;
    config.Cyclic.Bytes = config.PeriodBytes * (fuzz_byte(&input) % 8);
    config.Cyclic.PageCount = (config.Cyclic.Offset + config.Cyclic.Bytes + 4095) / 4096;
    config.Cyclic.Pfns = pfns;
    for (uint32_t i = 0; i < config.Cyclic.PageCount; i++) {
        pfns[i] = 0x500 + ((flags & 4) != 0 ? i : i * 3);
    }
    config.SilenceBehind = (flags & 8) != 0;
    config.BounceCount = (flags & 16) != 0 ? BOUNCES : 0;
    for (uint32_t i = 0; i < BOUNCES; i++) {
        config.Bounce[i] = (SND_BOUNCE){bounce + i * BOUNCE_BYTES, 0x900000 + i * BOUNCE_BYTES};
    }
    buffer = malloc(config.Cyclic.Bytes + 1); /* exactly as large, so that whoever leaves it is caught */
    FUZZ_CHECK(buffer != NULL);
    memset(buffer, 0x5A, config.Cyclic.Bytes);
    config.Cyclic.Base = buffer;
    return SndPcmConfigure(&pcm, &config) == SndOk;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uintptr_t pfns[512 * 1024 / 16];
    uint16_t queue;
    uint8_t flags;
    uint64_t features;
    void *memory, *state;

    running = false;
    input = (struct fuzz_input){data, size};
    flags = fuzz_byte(&input);
    queue = (uint16_t)(4u << (flags & 3));
    features = (flags & 4) != 0 ? VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) : 0;
    features |= (flags & 8) != 0 ? VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX) : 0;
    SndDialectChoose(&dialect, (flags & 16) != 0 ? SndDialectAero : SndDialectStandard, false);
    FUZZ_CHECK(SndPcmLayout(queue, &layout));
    FUZZ_CHECK(posix_memalign(&memory, 4096, layout.DmaBytes) == 0);
    state = malloc(layout.StateBytes);
    bounce = malloc(BOUNCES * BOUNCE_BYTES);
    FUZZ_CHECK(state != NULL && bounce != NULL);
    dma = memset(memory, 0xB5, layout.DmaBytes);
    SndVolumeInit(&volume);
    FUZZ_CHECK(SndPcmInit(&pcm, &layout, dma, DMA_PHYSICAL, state, features, &dialect, (flags & 32) != 0));
    served = 0;
    now = last = 0;
    if (configure(pfns)) {
        FUZZ_CHECK(SndClockInit(&position_clock, pcm.Config.Choice.Wave.Rate, 1000000, pcm.MessageFrames,
                                pcm.Capture ? pcm.MessageFrames : 0, (flags & 16) == 0));
        SndClockReset(&position_clock, 0);
        SndClockStart(&position_clock, 0);
        running = true;
        while (input.left != 0) {
            one_operation();
        }
        detach();
    } else {
        FUZZ_CHECK(SndPcmSubmitAll(&pcm) == SndInvalid);
    }
    running = false;
    free(buffer);
    free(bounce);
    free(state);
    free(memory);
    return 0;
}
