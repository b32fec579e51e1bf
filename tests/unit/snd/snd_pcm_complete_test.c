/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages on their way back: statuses, lengths, recordings, order, flush, reset. */
#include "unit.h"

#include "snd_pcm_bench.h"

static void engine_statuses(bool capture)
{
    static const struct {
        uint32_t status;
        SND_RESULT fatal;
        uint32_t errors;
    } cases[] = {{VIRTIO_SND_S_OK, SndOk, 0},
                 {VIRTIO_SND_S_IO_ERR, SndOk, 1},
                 {VIRTIO_SND_S_BAD_MSG, SndBadMessage, 0},
                 {VIRTIO_SND_S_NOT_SUPP, SndNotSupported, 0},
                 {0, SndMalformed, 0},
                 {0x8004, SndMalformed, 0}};

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pcm_bench *bench = bench_open(capture, 64, false, true, 7680, 1920);
        struct device_chain chain;
        SND_PCM_REPORT report;

        assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain = bench_take(bench);
        bench_give(bench, &chain, cases[i].status, capture ? 1928 : 8);
        SndPcmReap(&bench->pcm, &report);
        assert_int_equal(report.Messages, 1);
        assert_int_equal(report.Fatal, cases[i].fatal);
        assert_int_equal(report.IoErrors, cases[i].errors);
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), cases[i].fatal);
        bench_close(bench);
    }
}

static void tx_engine_statuses_and_fatal_flags(void **state)
{
    (void)state;
    engine_statuses(false);
}

static void rx_engine_statuses_and_fatal_flags(void **state)
{
    (void)state;
    engine_statuses(true);
}

static void tx_engine_unwritten_status_and_lengths(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = bench_take(bench);
    device_complete(&bench->device, &chain, 0);
    SndPcmReap(&bench->pcm, &report);
    assert_true(report.IoErrors == 0 && report.Fatal == SndOk && bench->pcm.UnwrittenStatuses == 1);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = bench_take(bench);
    bench_give(bench, &chain, VIRTIO_SND_S_OK, 0); /* careless about lengths */
    SndPcmReap(&bench->pcm, &report);
    assert_true(report.IoErrors == 0 && report.Messages == 1);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = bench_take(bench);
    bench_give(bench, &chain, VIRTIO_SND_S_OK, 9); /* more than there is room for */
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Fatal, SndBroken);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndBroken);
    assert_int_equal(SndPcmDetach(&bench->pcm), 1);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    bench_close(bench);
}

static void tx_engine_counts_in_order_whatever_the_device_does(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    struct device_chain chain[3];
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain[i] = bench_take(bench);
    }
    bench_give(bench, &chain[1], VIRTIO_SND_S_OK, 8);
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Messages, 0);
    bench_give(bench, &chain[0], VIRTIO_SND_S_OK, 8);
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Messages, 2);
    assert_true(bench->pcm.CompletedFrames == 960 && bench->pcm.Outstanding == 1);
    bench_close(bench);
}

static void tx_engine_what_was_played_is_not_played_again(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 3840, 1920);
    uint8_t bytes[2000], silence[1920] = {0};
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    bench->config.SilenceBehind = true;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    bench_paint(bench);
    for (unsigned i = 0; i < 4; i++) { /* nobody writes anything new */
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain = bench_take(bench);
        device_read(&chain, bytes, sizeof(bytes));
        assert_int_equal(memcmp(bytes + 4, silence, 1920) == 0, i >= 2);
        bench_give(bench, &chain, VIRTIO_SND_S_OK, 8);
        SndPcmReap(&bench->pcm, &report);
    }
    bench_close(bench);
}

/* A client that was told a position has written up to there: that stays. */
static void tx_engine_what_was_written_again_is_not_silenced(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    bench->config.SilenceBehind = true;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    bench_paint(bench);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    memset(bench->buffer, 0x77, 1920 + 400); /* of the second message, 100 frames */
    bench->pcm.ToldFrames = 580;
    for (unsigned i = 0; i < 3; i++) {
        chain = bench_take(bench);
        bench_give(bench, &chain, VIRTIO_SND_S_OK, 8);
    }
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Messages, 3);
    for (unsigned i = 0; i < 5760; i++) {
        assert_int_equal(bench->buffer[i], i < 2320 ? 0x77 : 0);
    }
    assert_int_not_equal(bench->buffer[5760] | bench->buffer[5761] | bench->buffer[5762], 0);
    bench_close(bench);
}

static void tx_engine_flush_and_rewind(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    struct device_chain chain[3];
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain[i] = bench_take(bench);
    }
    bench_give(bench, &chain[0], VIRTIO_SND_S_OK, 8);
    SndPcmReap(&bench->pcm, &report);
    SndPcmFlush(&bench->pcm);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndBusy);
    assert_false(SndPcmRewind(&bench->pcm));
    bench_give(bench, &chain[1], VIRTIO_SND_S_OK, 8);
    bench_give(bench, &chain[2], VIRTIO_SND_S_IO_ERR, 8);
    SndPcmReap(&bench->pcm, &report);
    assert_true(report.Messages == 0 && bench->pcm.CompletedFrames == 480);
    assert_true(SndPcmRewind(&bench->pcm));
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain[0] = bench_take(bench);
    assert_int_equal(chain[0].desc[1].Address, (uintptr_t)bench->buffer + 1920); /* the second period again */
    bench_close(bench);
}

static void tx_engine_reset_takes_everything_back_once(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    assert_true(SndVolumeSetLevel(&bench->volume, 0, -SND_DECIBEL * 20));
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    }
    chain = bench_take(bench);
    assert_int_equal(SndPcmDetach(&bench->pcm), 3);
    assert_int_equal(SndPcmDetach(&bench->pcm), 0);
    assert_true(bench->pcm.SubmittedFrames == 0 && bench->pcm.BounceUsed == 0);
    device_init(&bench->device, &bench->pcm.Queue);
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Messages, 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    }
    (void)chain;
    bench_close(bench);
}

static void tx_engine_bad_cookies(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    uint8_t *slots = (uint8_t *)bench->pcm.Slots;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_null(SndPcmSlotOf(&bench->pcm, slots)); /* nothing is out */
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_ptr_equal(SndPcmSlotOf(&bench->pcm, slots), slots);
    assert_null(SndPcmSlotOf(&bench->pcm, NULL));
    assert_null(SndPcmSlotOf(&bench->pcm, slots + 1));
    assert_null(SndPcmSlotOf(&bench->pcm, slots + 32 * sizeof(SND_PCM_SLOT)));
    assert_null(SndPcmSlotOf(&bench->pcm, slots - sizeof(SND_PCM_SLOT)));
    bench_close(bench);
}

static void rx_engine_records_into_the_buffer(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);
    uint8_t data[1920];
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (uint32_t i = 0; i < 9; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain = bench_take(bench);
        assert_true(chain.readable == 4 && chain.writable == 1928);
        memset(data, (int)i + 1, sizeof(data));
        device_write(&chain, 0, data, sizeof(data));
        bench_give(bench, &chain, VIRTIO_SND_S_OK, 1928);
        SndPcmReap(&bench->pcm, &report);
        assert_true(report.Periods == 1 && report.ShortBuffers == 0);
        assert_memory_equal(bench->buffer + i % 4 * 1920, data, 1920);
    }
    bench_close(bench);
}

static void rx_engine_short_lengths_become_silence(void **state)
{
    static const struct {
        uint32_t length, recorded;
    } cases[] = {{8 + 400, 400}, {8 + 402, 400}, {8, 0}, {7, 0}, {0, 0}};

    (void)state;
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);
        uint8_t data[1920], silence[1920] = {0};
        struct device_chain chain;
        SND_PCM_REPORT report;

        assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain = bench_take(bench);
        memset(data, 0x55, sizeof(data));
        device_write(&chain, 0, data, sizeof(data));
        bench_give(bench, &chain, VIRTIO_SND_S_OK, cases[i].length);
        SndPcmReap(&bench->pcm, &report);
        assert_true(report.Messages == 1 && report.ShortBuffers == 1 && report.Fatal == SndOk);
        assert_memory_equal(bench->buffer, data, cases[i].recorded);
        assert_memory_equal(bench->buffer + cases[i].recorded, silence, 1920 - cases[i].recorded);
        bench_close(bench);
    }
}

/* How a device may end a stream: what was recorded, the status right behind it, and both in the length. */
static void rx_engine_status_right_behind_the_data(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);
    uint8_t data[408], silence[1920] = {0};
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = bench_take(bench);
    memset(data, 0x55, 400);
    SndStore32(data + 400, VIRTIO_SND_S_OK);
    SndStore32(data + 404, 0);
    device_write(&chain, 0, data, sizeof(data));
    device_complete(&bench->device, &chain, 408);
    SndPcmReap(&bench->pcm, &report);
    assert_true(report.Fatal == SndOk && report.ShortBuffers == 1);
    assert_memory_equal(bench->buffer, data, 400);
    assert_memory_equal(bench->buffer + 400, silence, 1520);
    bench_close(bench);
}

static void rx_engine_errors_and_overlong_lengths(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);
    uint8_t data[1920], silence[1920] = {0};
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = bench_take(bench);
    memset(data, 0x55, sizeof(data));
    device_write(&chain, 0, data, sizeof(data));
    bench_give(bench, &chain, VIRTIO_SND_S_IO_ERR, 1928); /* says itself that it is nothing */
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.IoErrors, 1);
    assert_memory_equal(bench->buffer, silence, 1920);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = bench_take(bench);
    bench_give(bench, &chain, VIRTIO_SND_S_OK, 1929);
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Fatal, SndBroken);
    bench_close(bench);
}

static void rx_engine_volume_in_place(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);
    int16_t data[960], *recorded;
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    bench->volume.Current[0] = bench->volume.Target[0] = SND_GAIN_UNITY / 2;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = bench_take(bench);
    for (int i = 0; i < 960; i++) {
        data[i] = (int16_t)(i * 30 - 14000);
    }
    device_write(&chain, 0, data, sizeof(data));
    bench_give(bench, &chain, VIRTIO_SND_S_OK, 1928);
    SndPcmReap(&bench->pcm, &report);
    recorded = (int16_t *)(void *)bench->buffer;
    for (int i = 0; i < 960; i += 2) {
        assert_int_equal(recorded[i], data[i] / 2);
        assert_int_equal(recorded[i + 1], data[i + 1]);
    }
    bench_close(bench);
}

static void rx_engine_wraps_in_a_buffer_that_starts_within_a_page(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, false, 7680, 1920);
    uint8_t data[1920], guard[0x800];
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    memset(guard, 0xB5, sizeof(guard));
    bench->config.Cyclic.Offset = 0x800;
    bench->config.Cyclic.Base += 0x800;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (uint32_t i = 0; i < 9; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain = bench_take(bench);
        memset(data, (int)i + 1, sizeof(data));
        device_write(&chain, 0, data, sizeof(data));
        bench_give(bench, &chain, VIRTIO_SND_S_OK, 1928);
        SndPcmReap(&bench->pcm, &report);
        assert_true(report.Messages == 1 && report.ShortBuffers == 0);
        assert_memory_equal(bench->buffer + 0x800 + i % 4 * 1920, data, 1920);
    }
    assert_memory_equal(bench->buffer, guard, 0x800);
    assert_memory_equal(bench->buffer + 0x800 + 7680, guard, 0x800);
    bench_close(bench);
}

static void rx_engine_counts_in_order_whatever_the_device_does(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);
    struct device_chain chain[3];
    uint8_t data[1920];
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain[i] = bench_take(bench);
        memset(data, (int)i + 1, sizeof(data));
        device_write(&chain[i], 0, data, sizeof(data));
    }
    bench_give(bench, &chain[2], VIRTIO_SND_S_OK, 1928);
    bench_give(bench, &chain[1], VIRTIO_SND_S_OK, 8 + 400);
    SndPcmReap(&bench->pcm, &report);
    assert_true(report.Messages == 0 && report.ShortBuffers == 0 && bench->pcm.CompletedFrames == 0);
    bench_give(bench, &chain[0], VIRTIO_SND_S_OK, 1928);
    SndPcmReap(&bench->pcm, &report);
    assert_true(report.Messages == 3 && report.ShortBuffers == 1 && bench->pcm.Outstanding == 0);
    assert_true(bench->buffer[0] == 1 && bench->buffer[1919] == 1);
    assert_true(bench->buffer[1920] == 2 && bench->buffer[1920 + 399] == 2 && bench->buffer[1920 + 400] == 0);
    assert_true(bench->buffer[3840] == 3 && bench->buffer[5759] == 3);
    bench_close(bench);
}

static void rx_engine_flush_and_rewind(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);
    struct device_chain chain[2];
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain[i] = bench_take(bench);
    }
    SndPcmFlush(&bench->pcm);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndBusy);
    bench_give(bench, &chain[0], VIRTIO_SND_S_OK, 8);
    assert_false(SndPcmRewind(&bench->pcm));
    bench_give(bench, &chain[1], VIRTIO_SND_S_BAD_MSG, 8); /* nothing that matters any more */
    SndPcmReap(&bench->pcm, &report);
    assert_true(report.Messages == 0 && report.Fatal == SndOk && bench->pcm.CompletedFrames == 0);
    assert_int_equal(bench->buffer[0], 0xB5); /* nor was it made silence */
    assert_true(SndPcmRewind(&bench->pcm));
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain[0] = bench_take(bench);
    assert_int_equal(chain[0].desc[1].Address, (uintptr_t)bench->buffer);
    bench_close(bench);
}

static void rx_engine_reset_takes_everything_back_once(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, false, 7680, 1920);
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    }
    assert_int_equal(SndPcmDetach(&bench->pcm), 3);
    assert_int_equal(SndPcmDetach(&bench->pcm), 0);
    assert_int_equal(bench->pcm.SubmittedFrames, 0);
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Messages, 0);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(bench->pcm.Slots[0].Offset, 0);
    bench_close(bench);
}

static void rx_engine_bad_cookies(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);
    uint8_t *slots = (uint8_t *)bench->pcm.Slots;
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_ptr_equal(SndPcmSlotOf(&bench->pcm, slots), slots);
    assert_null(SndPcmSlotOf(&bench->pcm, NULL));
    assert_null(SndPcmSlotOf(&bench->pcm, slots + 1));
    assert_null(SndPcmSlotOf(&bench->pcm, slots + sizeof(SND_PCM_SLOT))); /* not out */
    assert_null(SndPcmSlotOf(&bench->pcm, slots + 32 * sizeof(SND_PCM_SLOT)));
    chain = bench_take(bench);
    bench_give(bench, &chain, VIRTIO_SND_S_OK, 1928);
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Messages, 1);
    assert_null(SndPcmSlotOf(&bench->pcm, slots)); /* back */
    bench_close(bench);
}

static void engine_latency_is_bounded(bool capture)
{
    static const uint32_t said[] = {0, 4096, SND_CYCLIC_BYTES_MAX, SND_CYCLIC_BYTES_MAX + 1, UINT32_MAX};

    for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        struct pcm_bench *bench = bench_open(capture, 64, false, true, 7680, 1920);
        uint32_t words[2] = {VIRTIO_SND_S_OK, said[i]};
        struct device_chain chain;
        SND_PCM_REPORT report;

        assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain = bench_take(bench);
        device_write(&chain, chain.writable - 8, words, 8);
        device_complete(&bench->device, &chain, chain.writable);
        SndPcmReap(&bench->pcm, &report);
        assert_int_equal(report.LatencyBytes, said[i] < SND_CYCLIC_BYTES_MAX ? said[i] : SND_CYCLIC_BYTES_MAX);
        bench_close(bench);
    }
}

static void tx_engine_latency_is_bounded(void **state)
{
    (void)state;
    engine_latency_is_bounded(false);
}

static void rx_engine_latency_is_bounded(void **state)
{
    (void)state;
    engine_latency_is_bounded(true);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tx_engine_statuses_and_fatal_flags),
    cmocka_unit_test(rx_engine_statuses_and_fatal_flags),
    cmocka_unit_test(tx_engine_unwritten_status_and_lengths),
    cmocka_unit_test(tx_engine_counts_in_order_whatever_the_device_does),
    cmocka_unit_test(tx_engine_what_was_played_is_not_played_again),
    cmocka_unit_test(tx_engine_what_was_written_again_is_not_silenced),
    cmocka_unit_test(tx_engine_flush_and_rewind),
    cmocka_unit_test(tx_engine_reset_takes_everything_back_once),
    cmocka_unit_test(tx_engine_bad_cookies),
    cmocka_unit_test(rx_engine_records_into_the_buffer),
    cmocka_unit_test(rx_engine_short_lengths_become_silence),
    cmocka_unit_test(rx_engine_status_right_behind_the_data),
    cmocka_unit_test(rx_engine_errors_and_overlong_lengths),
    cmocka_unit_test(rx_engine_volume_in_place),
    cmocka_unit_test(rx_engine_wraps_in_a_buffer_that_starts_within_a_page),
    cmocka_unit_test(rx_engine_counts_in_order_whatever_the_device_does),
    cmocka_unit_test(rx_engine_flush_and_rewind),
    cmocka_unit_test(rx_engine_reset_takes_everything_back_once),
    cmocka_unit_test(rx_engine_bad_cookies),
    cmocka_unit_test(tx_engine_latency_is_bounded),
    cmocka_unit_test(rx_engine_latency_is_bounded),
};

UNIT_MAIN(tests)
