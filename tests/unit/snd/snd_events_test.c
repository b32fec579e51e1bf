/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The event queue and the jacks. */
#include "unit.h"

#include "events.h"
#include "jack.h"
#include "snd_device.h"

struct events_bench {
    SND_EVENTS events;
    struct snd_device device;
    void *dma, *state;
};

/* Nothing is posted yet. */
static struct events_bench *events_init(uint16_t size)
{
    struct events_bench *bench = calloc(1, sizeof(*bench));
    SND_EVENTS_LAYOUT layout;

    assert_non_null(bench);
    assert_true(SndEventsLayout(size, &layout));
    bench->dma = device_pages(layout.DmaBytes);
    bench->state = malloc(layout.StateBytes);
    assert_true(SndEventsInit(&bench->events, &layout, bench->dma, (uintptr_t)bench->dma, bench->state, 0));
    device_init(&bench->device, &bench->events.Queue);
    return bench;
}

static struct events_bench *events_open(uint16_t size)
{
    struct events_bench *bench = events_init(size);

    SndEventsStart(&bench->events);
    (void)VirtqueueKickNeeded(&bench->events.Queue);
    return bench;
}

static void events_close(struct events_bench *bench)
{
    free(bench->state);
    free(bench->dma);
    free(bench);
}

static void send_event(struct events_bench *bench, uint32_t code, uint32_t data, uint32_t length)
{
    uint32_t words[2] = {code, data};
    struct device_chain chain;

    (void)VirtqueueKickNeeded(&bench->events.Queue);
    assert_true(device_take(&bench->device, &chain));
    assert_int_equal(chain.readable, 0); /* "MUST NOT put a device-readable buffers in the event queue" */
    assert_int_equal(chain.writable, 64);
    device_write(&chain, 0, words, 8);
    device_complete(&bench->device, &chain, length);
}

static void eventq_buffers_are_posted_and_come_round(void **state)
{
    struct events_bench *bench = events_open(64);
    SND_EVENT event;

    (void)state;
    assert_int_equal(bench->events.Posted, 0xFF);
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t left = SND_EVENTS_PER_CALL;

        send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, i, 8);
        assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEvent);
        assert_true(event.Kind == SndEventXrun && event.Data == i);
        assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEmpty);
        assert_int_equal(bench->events.Posted, 0xFF);
    }
    assert_int_equal(bench->events.PcmXrun, 100);
    events_close(bench);
    bench = events_open(4); /* a queue smaller than the pool */
    assert_int_equal(bench->events.Posted, 0xF);
    events_close(bench);
}

static void eventq_overlong_short_and_unknown_are_posted_again(void **state)
{
    struct events_bench *bench = events_open(64);
    uint32_t left = SND_EVENTS_PER_CALL;
    SND_EVENT event;

    (void)state;
    send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 0, 65);
    send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 0, UINT32_MAX);
    send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 0, 7);
    send_event(bench, 0x4242, 0, 8);
    send_event(bench, VIRTIO_SND_EVT_PCM_PERIOD_ELAPSED, 3, 64);
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEvent);
    assert_true(event.Kind == SndEventPeriodElapsed && event.Data == 3);
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEmpty);
    assert_true(bench->events.Overlong == 2 && bench->events.ShortBuffers == 1 && bench->events.UnknownType == 1);
    assert_true(bench->events.Completions == 5 && bench->events.Parsed == 2 && bench->events.Posted == 0xFF);
    events_close(bench);
}

static void eventq_bad_cookies_are_ignored(void **state)
{
    struct events_bench *bench = events_open(64);
    uint8_t *base = bench->events.Buffers;
    SND_EVENT event;

    (void)state;
    assert_false(SndEventsTake(&bench->events, NULL, 8, &event));
    assert_false(SndEventsTake(&bench->events, base + 1, 8, &event));
    assert_false(SndEventsTake(&bench->events, base - 64, 8, &event));
    assert_false(SndEventsTake(&bench->events, base + 8 * 64, 8, &event));
    SndEventsReset(&bench->events);
    assert_false(SndEventsTake(&bench->events, base, 8, &event)); /* the device has none */
    assert_int_equal(bench->events.BadCookies, 5);
    assert_int_equal(bench->events.Posted, 0);
    SndEventsStart(&bench->events);
    assert_int_equal(bench->events.Posted, 0xFF);
    events_close(bench);
}

static void eventq_flood_ends_and_corruption_is_reported(void **state)
{
    struct events_bench *bench = events_open(64);
    uint32_t left = 3;
    SND_EVENT event;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        send_event(bench, VIRTIO_SND_EVT_CTL_NOTIFY, 0, 8);
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEvent);
    }
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEmpty);
    assert_int_equal(left, 0);
    bench->device.ring->Used->Index = (uint16_t)(bench->device.ring->Used->Index + 50);
    left = SND_EVENTS_PER_CALL;
    while (SndEventsNext(&bench->events, &left, &event) == SndEventsEvent) {
    }
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsBroken);
    SndEventsReset(&bench->events);
    SndEventsStart(&bench->events);
    assert_int_equal(bench->events.Posted, 0xFF);
    events_close(bench);
}

static void refuse_cookie(struct events_bench *bench, const void *cookie)
{
    uint32_t before = bench->events.BadCookies, posted = bench->events.Posted;
    SND_EVENT event = {.Kind = SndEventXrun};

    assert_false(SndEventsTake(&bench->events, cookie, 8, &event));
    assert_int_equal(event.Kind, SndEventNone);
    assert_int_equal(bench->events.BadCookies, before + 1);
    assert_int_equal(bench->events.Posted, posted);
    assert_int_equal(bench->events.Completions, 0);
}

static void eventq_drain_null_cookie(void **state)
{
    struct events_bench *bench = events_open(64);

    (void)state;
    refuse_cookie(bench, NULL);
    events_close(bench);
}

static void eventq_drain_misaligned_cookie(void **state)
{
    struct events_bench *bench = events_open(64);

    (void)state;
    for (uint32_t i = 1; i < 64; i++) {
        refuse_cookie(bench, bench->events.Buffers + i);
        refuse_cookie(bench, bench->events.Buffers + 7 * 64 + i);
    }
    events_close(bench);
}

static void eventq_drain_cookie_out_of_range(void **state)
{
    struct events_bench *bench = events_open(4); /* four buffers */

    (void)state;
    refuse_cookie(bench, bench->events.Buffers + 4 * 64);
    refuse_cookie(bench, bench->events.Buffers - 64);
    refuse_cookie(bench, (const void *)(uintptr_t)64);
    refuse_cookie(bench, (const void *)(UINTPTR_MAX - 63));
    events_close(bench);
}

static void eventq_drain_cookie_given_back_twice(void **state)
{
    struct events_bench *bench = events_open(64);
    SND_EVENT event;

    (void)state;
    bench->events.Started = false; /* nothing is posted again */
    assert_true(SndEventsTake(&bench->events, bench->events.Buffers + 128, 8, &event));
    assert_false(SndEventsTake(&bench->events, bench->events.Buffers + 128, 8, &event));
    assert_true(bench->events.Completions == 1 && bench->events.BadCookies == 1);
    events_close(bench);
}

static void eventq_drain_used_length_overflow(void **state)
{
    static const uint32_t lengths[] = {65, 66, 128, 0x80000000u, UINT32_MAX};
    struct events_bench *bench = events_open(64);
    SND_EVENT event;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        uint32_t left = SND_EVENTS_PER_CALL;

        send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 1, lengths[i]);
        assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEmpty);
        assert_int_equal(bench->events.Overlong, i + 1);
        assert_int_equal(bench->events.Posted, 0xFF);
    }
    assert_int_equal(bench->events.PcmXrun, 0);
    events_close(bench);
}

static void eventq_drain_longest_length_is_an_event(void **state)
{
    struct events_bench *bench = events_open(64);
    uint32_t left = SND_EVENTS_PER_CALL;
    SND_EVENT event;

    (void)state;
    send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 1, 64);
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEvent);
    assert_true(event.Kind == SndEventXrun && bench->events.Overlong == 0);
    events_close(bench);
}

static void eventq_drain_short_buffers_are_posted_again(void **state)
{
    struct events_bench *bench = events_open(64);
    SND_EVENT event;

    (void)state;
    for (uint32_t length = 0; length < 8; length++) {
        uint32_t left = SND_EVENTS_PER_CALL;

        send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 1, length);
        assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEmpty);
        assert_int_equal(bench->events.Posted, 0xFF);
    }
    assert_true(bench->events.ShortBuffers == 8 && bench->events.Parsed == 0 && bench->events.PcmXrun == 0);
    events_close(bench);
}

static void eventq_drain_unknown_types_are_counted_and_passed_over(void **state)
{
    struct events_bench *bench = events_open(64);
    uint32_t left = SND_EVENTS_PER_CALL;
    SND_EVENT event;

    (void)state;
    send_event(bench, 0x7777, 1, 8);
    send_event(bench, VIRTIO_SND_EVT_CTL_NOTIFY, 5, 8);
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEvent);
    assert_true(event.Kind == SndEventControl && event.Data == 5);
    assert_true(bench->events.UnknownType == 1 && bench->events.Parsed == 2 && bench->events.Posted == 0xFF);
    events_close(bench);
}

static void eventq_drain_repost_mask(void **state)
{
    struct events_bench *bench = events_open(64);
    uint32_t mask = 0xFF;
    SND_EVENT event;

    (void)state;
    bench->events.Started = false;
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t buffer = i * 3 % 8;

        assert_true(SndEventsTake(&bench->events, bench->events.Buffers + buffer * 64, 8, &event));
        mask &= ~(1u << buffer);
        assert_int_equal(bench->events.Posted, mask);
    }
    assert_int_equal(mask, 0);
    events_close(bench);
}

static void eventq_drain_start_posts_only_what_is_missing(void **state)
{
    struct events_bench *bench = events_open(64);
    uint32_t left = SND_EVENTS_PER_CALL;
    SND_EVENT event;

    (void)state;
    bench->events.Started = false;
    send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 1, 8);
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEvent);
    assert_int_equal(bench->events.Posted, 0xFE);
    assert_int_equal(VirtqueueFreeCount(&bench->events.Queue), 64 - 7);
    SndEventsStart(&bench->events);
    SndEventsStart(&bench->events);
    assert_int_equal(bench->events.Posted, 0xFF);
    assert_int_equal(VirtqueueFreeCount(&bench->events.Queue), 64 - 8);
    events_close(bench);
}

static void eventq_drain_not_started(void **state)
{
    struct events_bench *bench = events_init(64);
    uint32_t left = SND_EVENTS_PER_CALL;
    struct device_chain chain;
    SND_EVENT event;

    (void)state;
    (void)VirtqueueKickNeeded(&bench->events.Queue);
    assert_false(device_take(&bench->device, &chain));
    assert_int_equal(bench->events.Posted, 0);
    refuse_cookie(bench, bench->events.Buffers);
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEmpty);
    assert_int_equal(left, SND_EVENTS_PER_CALL);
    events_close(bench);
}

/* Of the buffers that one call may take, each counts, also one that says nothing. */
static void eventq_drain_every_buffer_counts(void **state)
{
    struct events_bench *bench = events_open(64);
    uint32_t left = 4;
    SND_EVENT event;

    (void)state;
    send_event(bench, 0x7777, 0, 8);
    send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 0, 3);
    send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 0, 65);
    send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 7, 8);
    send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 8, 8);
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEvent);
    assert_true(event.Data == 7 && left == 0);
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEmpty);
    left = 1;
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEvent);
    assert_true(event.Data == 8 && left == 0);
    events_close(bench);
}

static void eventq_drain_removed(void **state)
{
    struct events_bench *bench = events_open(64);
    uint32_t left = SND_EVENTS_PER_CALL;
    SND_EVENT event;

    (void)state;
    send_event(bench, VIRTIO_SND_EVT_PCM_XRUN, 1, 8); /* never drained */
    SndEventsReset(&bench->events);
    assert_true(!bench->events.Started && bench->events.Posted == 0);
    assert_int_equal(SndEventsNext(&bench->events, &left, &event), SndEventsEmpty);
    for (uint32_t i = 0; i < 8; i++) {
        refuse_cookie(bench, bench->events.Buffers + i * 64);
    }
    SndEventsReset(&bench->events); /* may come twice */
    assert_int_equal(VirtqueueFreeCount(&bench->events.Queue), 64);
    events_close(bench);
}

static void eventq_drain_counters_survive_a_reset(void **state)
{
    struct events_bench *bench = events_open(64);
    uint32_t left = SND_EVENTS_PER_CALL;
    SND_EVENT event;

    (void)state;
    send_event(bench, VIRTIO_SND_EVT_JACK_CONNECTED, 1, 8);
    send_event(bench, VIRTIO_SND_EVT_JACK_DISCONNECTED, 1, 8);
    while (SndEventsNext(&bench->events, &left, &event) == SndEventsEvent) {
    }
    SndEventsReset(&bench->events);
    SndEventsStart(&bench->events);
    assert_true(bench->events.Completions == 2 && bench->events.JackConnected == 1);
    assert_true(bench->events.JackDisconnected == 1 && bench->events.Posted == 0xFF);
    events_close(bench);
}

static void jack_default_transitions_and_unknown(void **state)
{
    SND_EVENT on = {.Kind = SndEventJackConnected, .Data = 1}, off = {.Kind = SndEventJackDisconnected, .Data = 1};
    SND_EVENT other = {.Kind = SndEventXrun, .Data = 1}, far = {.Kind = SndEventJackDisconnected, .Data = 2};
    SND_JACKS jacks;

    (void)state;
    SndJacksInit(&jacks);
    assert_true(jacks.Connected[SND_JACK_SPEAKER] && jacks.Connected[SND_JACK_MICROPHONE]);
    assert_int_equal(SndJackEvent(&jacks, &on), 0); /* no change */
    assert_int_equal(SndJackEvent(&jacks, &off), 2);
    assert_false(jacks.Connected[SND_JACK_MICROPHONE]);
    assert_int_equal(SndJackEvent(&jacks, &off), 0);
    assert_int_equal(SndJackEvent(&jacks, &on), 2);
    assert_int_equal(SndJackEvent(&jacks, &other), 0);
    assert_int_equal(SndJackEvent(&jacks, &far), 0);
    far.Data = UINT32_MAX;
    assert_int_equal(SndJackEvent(&jacks, &far), 0);
    assert_true(jacks.Changes == 2 && jacks.Ignored == 2);
}

static void jack_information_of_the_device(void **state)
{
    uint8_t item[24] = {0};
    SND_JACK_INFO info;
    SND_JACKS jacks;

    (void)state;
    SndJacksInit(&jacks);
    SndStore32(item + 8, 0x01014010);
    SndDecodeJack(item, &info);
    assert_true(info.DefaultConfiguration == 0x01014010 && !info.Connected);
    SndJackDescribe(&jacks, 0, &info);
    SndJackDescribe(&jacks, 5, &info);
    assert_true(!jacks.Connected[0] && jacks.Connected[1]);
}

static void jack_default_is_connected(void **state)
{
    SND_JACKS jacks;

    (void)state;
    memset(&jacks, 0, sizeof(jacks));
    SndJacksInit(&jacks);
    for (uint32_t i = 0; i < SND_JACK_COUNT; i++) {
        assert_true(jacks.Connected[i]);
    }
    assert_true(jacks.Changes == 0 && jacks.Ignored == 0);
}

static void jack_transitions_tell_of_their_own_jack_only(void **state)
{
    SND_JACKS jacks;

    (void)state;
    SndJacksInit(&jacks);
    for (uint32_t id = 0; id < SND_JACK_COUNT; id++) {
        SND_EVENT on = {.Kind = SndEventJackConnected, .Data = id},
                  off = {.Kind = SndEventJackDisconnected, .Data = id};

        assert_int_equal(SndJackEvent(&jacks, &off), 1u << id);
        assert_true(!jacks.Connected[id] && jacks.Connected[1 - id]);
        assert_int_equal(SndJackEvent(&jacks, &off), 0);
        assert_int_equal(SndJackEvent(&jacks, &on), 1u << id);
        assert_true(jacks.Connected[id] && jacks.Connected[1 - id]);
        assert_int_equal(SndJackEvent(&jacks, &on), 0);
    }
    assert_int_equal(jacks.Changes, 4);
}

static void jack_unknown_event_changes_nothing(void **state)
{
    static const uint32_t codes[] = {0x1100, 0x1101, 0x1200, 0x1002, 0};
    uint8_t buffer[8];
    SND_JACKS jacks;
    SND_EVENT event;

    (void)state;
    SndJacksInit(&jacks);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        SndStore32(buffer, codes[i]);
        SndStore32(buffer + 4, SND_JACK_MICROPHONE);
        SndDecodeEvent(buffer, 8, &event);
        assert_int_equal(SndJackEvent(&jacks, &event), 0);
    }
    assert_true(jacks.Connected[0] && jacks.Connected[1] && jacks.Changes == 0 && jacks.Ignored == 0);
}

static void jack_unknown_id_is_counted_and_ignored(void **state)
{
    static const uint32_t ids[] = {2, 3, 32, 0x80000000u, UINT32_MAX};
    SND_JACKS jacks;

    (void)state;
    SndJacksInit(&jacks);
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        SND_EVENT off = {.Kind = SndEventJackDisconnected, .Data = ids[i]};

        assert_int_equal(SndJackEvent(&jacks, &off), 0);
        assert_int_equal(jacks.Ignored, i + 1);
    }
    assert_true(jacks.Connected[0] && jacks.Connected[1] && jacks.Changes == 0);
}

static void jack_short_event_changes_nothing(void **state)
{
    uint8_t buffer[8];
    SND_JACKS jacks;
    SND_EVENT event;

    (void)state;
    SndJacksInit(&jacks);
    SndStore32(buffer, VIRTIO_SND_EVT_JACK_DISCONNECTED);
    SndStore32(buffer + 4, SND_JACK_SPEAKER);
    for (uint32_t length = 0; length < 8; length++) {
        SndDecodeEvent(buffer, length, &event);
        assert_int_equal(SndJackEvent(&jacks, &event), 0);
    }
    SndDecodeEvent(buffer, 8, &event);
    assert_int_equal(SndJackEvent(&jacks, &event), 1u << SND_JACK_SPEAKER);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(eventq_buffers_are_posted_and_come_round),
    cmocka_unit_test(eventq_overlong_short_and_unknown_are_posted_again),
    cmocka_unit_test(eventq_bad_cookies_are_ignored),
    cmocka_unit_test(eventq_flood_ends_and_corruption_is_reported),
    cmocka_unit_test(eventq_drain_null_cookie),
    cmocka_unit_test(eventq_drain_misaligned_cookie),
    cmocka_unit_test(eventq_drain_cookie_out_of_range),
    cmocka_unit_test(eventq_drain_cookie_given_back_twice),
    cmocka_unit_test(eventq_drain_used_length_overflow),
    cmocka_unit_test(eventq_drain_longest_length_is_an_event),
    cmocka_unit_test(eventq_drain_short_buffers_are_posted_again),
    cmocka_unit_test(eventq_drain_unknown_types_are_counted_and_passed_over),
    cmocka_unit_test(eventq_drain_repost_mask),
    cmocka_unit_test(eventq_drain_start_posts_only_what_is_missing),
    cmocka_unit_test(eventq_drain_not_started),
    cmocka_unit_test(eventq_drain_every_buffer_counts),
    cmocka_unit_test(eventq_drain_removed),
    cmocka_unit_test(eventq_drain_counters_survive_a_reset),
    cmocka_unit_test(jack_default_transitions_and_unknown),
    cmocka_unit_test(jack_information_of_the_device),
    cmocka_unit_test(jack_default_is_connected),
    cmocka_unit_test(jack_transitions_tell_of_their_own_jack_only),
    cmocka_unit_test(jack_unknown_event_changes_nothing),
    cmocka_unit_test(jack_unknown_id_is_counted_and_ignored),
    cmocka_unit_test(jack_short_event_changes_nothing),
};

UNIT_MAIN(tests)
