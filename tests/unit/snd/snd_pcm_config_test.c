/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The transmit and receive engines before the first message: memory, what fits together, how a period is parted. */
#include "unit.h"

#include "control.h"
#include "events.h"
#include "snd_pcm_bench.h"

static void tx_engine_configuration_is_checked(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    SND_PCM_CONFIG bad[7];

    (void)state;
    for (unsigned i = 0; i < 7; i++) {
        bad[i] = bench->config;
    }
    bad[0].PeriodBytes = 1922; /* no whole frames */
    bad[1].PeriodBytes = 0;
    bad[2].PeriodBytes = 7680; /* one period */
    bad[3].Cyclic.Bytes = 7684;
    bad[4].Cyclic.PageCount = 1;
    bad[5].BounceCount = SND_BOUNCE_MAX + 1;
    bad[6].Choice.Convert = true; /* S24 has to go by way of a bounce buffer */
    bad[6].BounceCount = 0;
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(SndPcmConfigure(&bench->pcm, &bad[i]), SndInvalid);
    }
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndInvalid); /* not configured */
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmSubmit(&bench->pcm, 1921), SndInvalid);
    assert_int_equal(SndPcmSubmit(&bench->pcm, 2), SndInvalid); /* half a frame */
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndBusy);
    bench_close(bench);
}

static void tx_engine_long_periods_are_parted(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 2 * 98304, 98304);
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    /* Every second page elsewhere: 24 segments a period, 14 a chain; and bounce buffers are 64 KiB. */
    bench_scatter(bench);
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(bench->pcm.PartsPerPeriod, 2);
    assert_int_equal(bench->pcm.MessageBytes, 49152);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain = bench_take(bench);
        assert_int_equal(chain.count, 2 + 12);
        bench_give(bench, &chain, VIRTIO_SND_S_OK, 8);
        SndPcmReap(&bench->pcm, &report);
        assert_int_equal(report.Periods, i);
    }
    bench_close(bench);
}

static void engine_limit_of_256_kib(bool capture)
{
    struct pcm_bench *bench = bench_open(capture, 64, false, true, 8192, 4096);
    static uintptr_t pfns[512];
    SND_PCM_CONFIG config = bench->config;

    for (uintptr_t i = 0; i < 512; i++) {
        pfns[i] = 0x1000 + i;
    }
    config.BounceCount = 0;
    config.Cyclic = (SND_CYCLIC){pfns, bench->buffer, 512, 0, 2 * SND_PCM_PAYLOAD_MAX};
    config.PeriodBytes = SND_PCM_PAYLOAD_MAX;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &config), SndOk);
    assert_int_equal(bench->pcm.MessageBytes, 262144);
    config.PeriodBytes = 2 * SND_PCM_PAYLOAD_MAX;
    config.Cyclic.Bytes = 4 * SND_PCM_PAYLOAD_MAX;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &config), SndOk);
    assert_true(bench->pcm.MessageBytes == 262144 && bench->pcm.PartsPerPeriod == 2);
    config.PeriodBytes = SND_PCM_PAYLOAD_MAX + 4; /* 65537 frames, a prime: no even part */
    config.Cyclic.Bytes = 2 * config.PeriodBytes;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &config), SndInvalid);
    bench_close(bench);
}

static void tx_engine_limit_of_256_kib(void **state)
{
    (void)state;
    engine_limit_of_256_kib(false);
}

static void rx_engine_limit_of_256_kib(void **state)
{
    (void)state;
    engine_limit_of_256_kib(true);
}

static void tx_engine_lead_and_due(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 3840, 1920);

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmLead(&bench->pcm), 1);
    bench->config.Cyclic.Bytes = 19200;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmLead(&bench->pcm), 3);
    assert_int_equal(SndPcmDue(&bench->pcm, 0, 3 * 480), 3);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(SndPcmDue(&bench->pcm, 0, 3 * 480), 2);
    assert_int_equal(SndPcmDue(&bench->pcm, 479, 3 * 480), 2);
    assert_int_equal(SndPcmDue(&bench->pcm, 480, 3 * 480), 3);
    assert_int_equal(SndPcmDue(&bench->pcm, UINT64_MAX / 2, 480), 9); /* the buffer has no more */
    bench_close(bench);
}

/* Without a device: messages pass in the same order, and the device goes on where that stopped. */
static void engine_skips_without_a_device(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);
    SND_PCM_REPORT report = {.Fatal = SndOk};
    SND_PCM null;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    memset(bench->buffer, 0x55, 7680);
    assert_true(SndPcmSkip(&bench->pcm, &report) && SndPcmSkip(&bench->pcm, &report));
    assert_true(report.Messages == 2 && report.Periods == 2 && bench->pcm.CompletedFrames == 960);
    assert_true(bench->buffer[3839] == 0 && bench->buffer[3840] == 0x55);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(bench->pcm.SubmittedFrames, 1440);
    assert_int_equal(bench->pcm.Slots[0].Offset, 3840);
    assert_false(SndPcmSkip(&bench->pcm, &report)); /* not while the device has one */
    assert_true(report.Messages == 2 && bench->pcm.CompletedFrames == 960);
    assert_false(SndPcmRestart(&bench->pcm));
    assert_int_equal(SndPcmDetach(&bench->pcm), 1);
    assert_true(SndPcmRestart(&bench->pcm));
    assert_true(bench->pcm.CompletedFrames == 0 && bench->pcm.SubmitMessage == 0);
    SndPcmInitNull(&null, false);
    assert_false(SndPcmSkip(&null, &report)); /* no buffer yet */
    assert_int_equal(SndPcmConfigure(&null, &bench->config), SndOk);
    for (unsigned i = 0; i < 9; i++) {
        assert_true(SndPcmSkip(&null, &report));
    }
    assert_true(null.CompletedFrames == 9 * 480 && null.CompleteMessage == 1);
    bench_close(bench);
}

static void engine_memory_layouts(void **state)
{
    SND_PCM_LAYOUT layout;

    (void)state;
    assert_false(SndPcmLayout(2, &layout));
    assert_false(SndPcmLayout(48, &layout));
    assert_true(SndPcmLayout(4, &layout));
    assert_true(layout.SlotCount == 2 && layout.SegmentsMax == 2);
    assert_true(SndPcmLayout(256, &layout));
    assert_true(layout.SlotCount == 64 && layout.SegmentsMax == 14 && layout.SlotsOffset % 16 == 0);
}

static void rx_engine_configuration_is_checked(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);
    SND_PCM_CONFIG bad[7];

    (void)state;
    for (unsigned i = 0; i < 7; i++) {
        bad[i] = bench->config;
    }
    bad[0].PeriodBytes = 1922; /* no whole frames */
    bad[1].PeriodBytes = 0;
    bad[2].PeriodBytes = 7680; /* one period */
    bad[3].Cyclic.Bytes = 7684;
    bad[4].Cyclic.PageCount = 1;
    bad[5].BounceCount = SND_BOUNCE_MAX + 1;
    bad[6].Choice.FrameBytes = 0;
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(SndPcmConfigure(&bench->pcm, &bad[i]), SndInvalid);
    }
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndInvalid); /* not configured */
    bench->config.Choice.Convert = true;                        /* recordings are converted where they lie */
    bench->config.BounceCount = 0;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndBusy);
    bench_close(bench);
}

/* A queue of four has room for two segments; 4099 frames, a prime, have no even parts. */
static void engine_segment_limit(bool capture)
{
    struct pcm_bench *bench = bench_open(capture, 4, false, false, 2 * 4099 * 4, 4099 * 4);

    bench_scatter(bench);
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndInvalid);
    bench->config.PeriodBytes = 12288; /* in two halves */
    bench->config.Cyclic.Bytes = 24576;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(bench->pcm.MessageBytes, 6144);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(bench_take(bench).count, 2 + 2);
    bench_close(bench);
}

static void tx_engine_more_segments_than_a_chain_holds_are_refused(void **state)
{
    (void)state;
    engine_segment_limit(false);
}

static void rx_engine_more_segments_than_a_chain_holds_are_refused(void **state)
{
    (void)state;
    engine_segment_limit(true);
}

/* Control 64, event 64, transmit 256, receive 64. */
static void contract_queue_sizes(void **state)
{
    SND_CONTROL_LAYOUT control;
    SND_EVENTS_LAYOUT events;
    SND_PCM_LAYOUT tx, rx;

    (void)state;
    assert_true(SndControlLayout(64, &control));
    assert_int_equal(control.DmaBytes - control.SlotsOffset, SND_CONTROL_SLOTS * sizeof(SND_CONTROL_DMA));
    assert_true(SndEventsLayout(64, &events));
    assert_int_equal(events.DmaBytes - events.BuffersOffset, 8 * 64);
    assert_true(SndPcmLayout(256, &tx) && SndPcmLayout(64, &rx));
    assert_true(tx.SlotCount == 64 && tx.SegmentsMax == 14);
    assert_true(rx.SlotCount == 32 && rx.SegmentsMax == 14);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tx_engine_configuration_is_checked),
    cmocka_unit_test(tx_engine_long_periods_are_parted),
    cmocka_unit_test(tx_engine_limit_of_256_kib),
    cmocka_unit_test(rx_engine_limit_of_256_kib),
    cmocka_unit_test(tx_engine_lead_and_due),
    cmocka_unit_test(engine_skips_without_a_device),
    cmocka_unit_test(engine_memory_layouts),
    cmocka_unit_test(rx_engine_configuration_is_checked),
    cmocka_unit_test(tx_engine_more_segments_than_a_chain_holds_are_refused),
    cmocka_unit_test(rx_engine_more_segments_than_a_chain_holds_are_refused),
    cmocka_unit_test(contract_queue_sizes),
};

UNIT_MAIN(tests)
