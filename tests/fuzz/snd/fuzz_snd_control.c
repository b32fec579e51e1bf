/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any reply to any control request, any event, at any time: late, twice over, too long, while the driver reads it.
 * Every slot comes back, what is offered for a stream is what the stream said, and requests stay legal.
 * Input: options, then operations with their operands.
 */
#include "fuzz.h"

#include "control.h"
#include "events.h"
#include "formats.h"
#include "jack.h"
#include "stream.h"
#include "virtio_io.h"

#define DMA_PHYSICAL 0x300000000ull

static struct fuzz_input input;
static SND_CONTROL control;
static SND_EVENTS events;
static SND_DIALECT dialect;
static SND_STREAM stream;
static SND_JACKS jacks;
static uint8_t *control_dma, *events_dma;
static SND_CONTROL_LAYOUT control_layout;
static SND_EVENTS_LAYOUT events_layout;
static uint16_t control_served, events_served;
static uint64_t now;

void VirtioReadBarrier(void)
{
    if (fuzz_byte(&input) == 1) {
        control_dma[fuzz_word(&input, 2) % control_layout.DmaBytes] = fuzz_byte(&input);
    }
}

void VirtioWriteBarrier(void)
{
}

void VirtioFullBarrier(void)
{
}

/* The next available chain completed, with a length from the input. */
static void complete(const VIRTQUEUE *queue, uint16_t *served)
{
    const VIRTQUEUE_RING *ring = &queue->Ring;
    uint16_t mask = (uint16_t)(ring->Size - 1), head;
    uint32_t length = fuzz_word(&input, 2) % 300;

    if (*served == ring->Avail->Index) {
        return;
    }
    head = ring->Avail->Ring[(*served)++ & mask];
    ring->Used->Ring[ring->Used->Index & mask] = (VIRTQ_USED_ELEM){.Id = head, .Length = length};
    ring->Used->Index++;
}

/* An event of a kind that there is in every buffer. */
static void write_events(void)
{
    static const uint16_t codes[] = {VIRTIO_SND_EVT_JACK_CONNECTED, VIRTIO_SND_EVT_JACK_DISCONNECTED,
                                     VIRTIO_SND_EVT_PCM_PERIOD_ELAPSED, VIRTIO_SND_EVT_PCM_XRUN,
                                     VIRTIO_SND_EVT_CTL_NOTIFY};
    uint16_t code = codes[fuzz_byte(&input) % 5];
    uint8_t data = fuzz_byte(&input);

    for (uint32_t i = 0; i < events.BufferCount; i++) {
        SndStore32(events.Buffers + i * SND_EVENT_BUFFER_BYTES, code);
        SndStore32(events.Buffers + i * SND_EVENT_BUFFER_BYTES + 4, data);
    }
    complete(&events.Queue, &events_served);
}

/* A reply in every slot: a plausible status and the input's bytes. */
static void write_replies(void)
{
    uint32_t base = (fuzz_byte(&input) & 1) != 0 ? VIRTIO_SND_S_OK : 0, bytes = fuzz_byte(&input);
    uint8_t *slots = control_dma + control_layout.SlotsOffset;

    for (uint32_t i = 0; i < SND_CONTROL_SLOTS; i++) {
        uint8_t *reply = slots + i * sizeof(SND_CONTROL_DMA) + offsetof(SND_CONTROL_DMA, Reply);

        SndStore32(reply, base + (fuzz_byte(&input) & 7) % 5);
    }
    for (uint32_t i = 0; i < bytes; i++) {
        slots[offsetof(SND_CONTROL_DMA, Reply) + 4 + i] = fuzz_byte(&input);
    }
}

static void look_at_stream(const SND_STREAM_INFO *info)
{
    uint32_t count = SndOfferCount(info);
    uint8_t request[SND_REQUEST_BYTES_MAX];
    SND_CHOICE choice, again;
    SND_PARAMS params;

    FUZZ_CHECK(count <= 8 * 14 * 8);
    for (uint32_t i = 0; i < count; i += 1 + i / 4) {
        FUZZ_CHECK(SndOfferAt(info, i, &choice));
        FUZZ_CHECK((info->Formats >> choice.Format & 1) != 0 && (info->Rates >> choice.Rate & 1) != 0);
        FUZZ_CHECK(choice.Wave.Channels >= info->ChannelsMin && choice.Wave.Channels <= info->ChannelsMax);
        FUZZ_CHECK(choice.FrameBytes != 0 && SndMatch(info, &choice.Wave, &again) && again.Format == choice.Format);
        params = (SND_PARAMS){info->Id,   choice.FrameBytes * 960u,      choice.FrameBytes * 480u,
                              0,          (uint8_t)choice.Wave.Channels, choice.Format,
                              choice.Rate};
        FUZZ_CHECK(SndEncodeSetParams(request, &params, info) == 24);
    }
    FUZZ_CHECK(!SndOfferAt(info, count, &choice));
}

static void look_at(SND_CONTROL_SLOT *slot)
{
    uint32_t items = SndControlItems(slot);
    SND_STREAM_INFO info[SND_QUERY_ITEMS_MAX];
    SND_JACK_INFO jack;

    FUZZ_CHECK(slot->State == SndControlDone && slot->Result <= SndMalformed);
    FUZZ_CHECK(items <= SND_QUERY_ITEMS_MAX && 4 + items * SndItemBytes(slot->Code) <= SND_REPLY_BYTES_MAX);
    for (uint32_t i = 0; i < items; i++) {
        if (slot->Code == VIRTIO_SND_R_JACK_INFO) {
            SndDecodeJack(SndControlItem(slot, i), &jack);
            SndJackDescribe(&jacks, i, &jack);
        } else if (SndDecodeStream(&dialect, SndControlItem(slot, i), i, &info[i])) {
            look_at_stream(&info[i]);
        }
    }
    if (slot->Context == &stream) {
        SndStreamDone(&stream, slot->Result);
    }
    SndControlRelease(&control, slot);
}

static void reset(void)
{
    SND_CONTROL_SLOT *slot;

    while ((slot = SndControlCancel(&control)) != NULL) {
        FUZZ_CHECK(slot->Result == SndCancelled);
        SndControlRelease(&control, slot);
    }
    for (uint32_t i = 0; i < SND_CONTROL_SLOTS; i++) {
        FUZZ_CHECK(control.Slots[i].State == SndControlFree);
    }
    SndEventsReset(&events);
    SndEventsStart(&events);
    FUZZ_CHECK(events.Posted == (1u << events.BufferCount) - 1);
    SndStreamDeviceReset(&stream);
    control_served = events_served = 0;
}

static void submit(void)
{
    static const SND_STREAM_INFO info = {.Formats = 32, .Rates = 128, .ChannelsMin = 1, .ChannelsMax = 2};
    static const SND_PARAMS params = {0, 7680, 1920, 0, 2, VIRTIO_SND_PCM_FMT_S16, VIRTIO_SND_PCM_RATE_48000};
    SND_CONTROL_SLOT *slot;
    uint8_t what = fuzz_byte(&input);

    if ((what & 1) != 0) {
        (void)SndControlQuery(&control, (what & 2) != 0 ? VIRTIO_SND_R_PCM_INFO : VIRTIO_SND_R_JACK_INFO,
                              fuzz_byte(&input) & 15, fuzz_byte(&input) & 15, fuzz_byte(&input) & 15, now + (what >> 4),
                              NULL, &slot);
    } else {
        SND_STREAM_REQUEST request = SndStreamNext(&stream);

        if (request == SndRequestNone) {
            SndStreamSetGoal(&stream, (SND_GOAL)(fuzz_byte(&input) % 3));
            return;
        }
        FUZZ_CHECK(SndStreamCheck(&stream, request) == SndTransitionLegal);
        if ((what & 6) == 2) {
            SndStreamParamsChanged(&stream);
        } else if (request == SndRequestSet) {
            if (SndControlSetParams(&control, &params, &info, now + (what >> 4), &stream, &slot) == SndOk) {
                FUZZ_CHECK(SndStreamSent(&stream, request) == SndTransitionLegal);
            }
        } else if (SndControlSimple(&control, SndRequestCode(request), 0, now + (what >> 4), &stream, &slot) == SndOk) {
            FUZZ_CHECK(SndStreamSent(&stream, request) == SndTransitionLegal);
        }
    }
    VirtqueuePublish(&control.Queue);
}

static void expire(void)
{
    SND_CONTROL_SLOT *slot;

    now += fuzz_byte(&input);
    while ((slot = SndControlExpire(&control, now)) != NULL) {
        FUZZ_CHECK(slot->Result == SndTimeout && slot->Deadline <= now);
        if (slot->Context == &stream) {
            SndStreamDone(&stream, SndTimeout);
        }
        SndControlRelease(&control, slot);
    }
}

static void take_events(void)
{
    uint32_t left = SND_EVENTS_PER_CALL, before = left, mask;
    SND_EVENT event;
    SND_EVENTS_NEXT next;

    while ((next = SndEventsNext(&events, &left, &event)) == SndEventsEvent) {
        FUZZ_CHECK(left < before);
        before = left;
        mask = SndJackEvent(&jacks, &event);
        if (event.Kind == SndEventXrun) {
            SndStreamXrun(&stream);
        }
        FUZZ_CHECK(mask < 4);
    }
    VirtqueuePublish(&events.Queue);
    FUZZ_CHECK(events.BadCookies == 0 && events.Posted < 1u << SND_EVENT_BUFFERS);
}

static void one_operation(void)
{
    SND_CONTROL_SLOT *slot;
    bool broken = false;

    switch (fuzz_byte(&input) & 15) {
    case 0:
        control_dma[fuzz_word(&input, 2) % control_layout.DmaBytes] = fuzz_byte(&input);
        break;
    case 1:
        events_dma[fuzz_word(&input, 2) % events_layout.DmaBytes] = fuzz_byte(&input);
        break;
    case 2:
        reset();
        break;
    case 3:
        expire();
        break;
    case 4:
    case 5:
        write_replies();
        break;
    case 6:
    case 7:
        complete(&control.Queue, &control_served);
        break;
    case 8:
        write_events();
        break;
    case 9:
        take_events();
        break;
    case 10:
    case 11:
        while ((slot = SndControlReap(&control, &broken)) != NULL) {
            look_at(slot);
        }
        if (broken) {
            reset();
        }
        break;
    default:
        submit();
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *memory[2], *state[2]; /* kept: their sizes are always the same */
    uint64_t features;

    input = (struct fuzz_input){NULL, 0};
    features = size != 0 && (data[0] & 1) != 0 ? VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) : 0;
    features |= size != 0 && (data[0] & 2) != 0 ? VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX) : 0;
    SndDialectChoose(&dialect, size != 0 ? data[0] >> 2 & 3 : 0, size != 0 && (data[0] & 16) != 0);
    FUZZ_CHECK(SndControlLayout(16, &control_layout) && SndEventsLayout(16, &events_layout));
    if (memory[0] == NULL) {
        FUZZ_CHECK(posix_memalign(&memory[0], 4096, control_layout.DmaBytes) == 0);
        FUZZ_CHECK(posix_memalign(&memory[1], 4096, events_layout.DmaBytes) == 0);
        state[0] = malloc(control_layout.StateBytes);
        state[1] = malloc(events_layout.StateBytes);
        FUZZ_CHECK(state[0] != NULL && state[1] != NULL);
    }
    control_dma = memset(memory[0], 0xB5, control_layout.DmaBytes);
    events_dma = memset(memory[1], 0xB5, events_layout.DmaBytes);
    FUZZ_CHECK(SndControlInit(&control, &control_layout, control_dma, DMA_PHYSICAL, state[0], features, &dialect));
    FUZZ_CHECK(SndEventsInit(&events, &events_layout, events_dma, DMA_PHYSICAL, state[1], features));
    SndStreamInit(&stream);
    SndJacksInit(&jacks);
    SndEventsStart(&events);
    VirtqueuePublish(&events.Queue);
    control_served = events_served = 0;
    now = 0;
    if (size != 0) {
        input = (struct fuzz_input){data + 1, size - 1};
    }
    while (input.left != 0) {
        one_operation();
    }
    reset();
    return 0;
}
