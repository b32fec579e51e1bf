/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scatter/gather, and the transmit and receive engines: chains, limits, statuses, silence, reset. */
#include "unit.h"

#include "snd_pcm_bench.h"

static const uintptr_t scattered[4] = {100, 7, 8, 3};
static uint8_t nowhere[16384];

static SND_CYCLIC cyclic_of(const uintptr_t *pfns, uint32_t pages, uint32_t offset, uint32_t bytes)
{
    return (SND_CYCLIC){pfns, nowhere, pages, offset, bytes};
}

static void expect(const VIRTQ_DESC *desc, uint64_t address, uint32_t length)
{
    assert_true(desc->Address == address);
    assert_int_equal(desc->Length, length);
}

static void sg_splits_at_pages_and_merges_neighbours(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384);
    VIRTQ_DESC table[4];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 0, 16384, 0, table, 4, &count));
    assert_int_equal(count, 3);
    expect(&table[0], 100 << 12, 4096);
    expect(&table[1], 7 << 12, 8192);
    expect(&table[2], 3 << 12, 4096);
}

static void sg_first_page_offset(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0x800, 0x3000);
    VIRTQ_DESC table[4];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 0x100, 0x1000, 0, table, 4, &count));
    assert_int_equal(count, 2);
    expect(&table[0], (100 << 12) + 0x900, 0x700);
    expect(&table[1], 7 << 12, 0x900);
}

static void sg_wraps_into_two_ranges(void **state)
{
    static const uintptr_t around[2] = {6, 5}; /* the start of the buffer follows its end in memory */
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384);
    VIRTQ_DESC table[4];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 16000, 1000, 0, table, 4, &count));
    assert_int_equal(count, 2);
    expect(&table[0], (3 << 12) + 16000 - 12288, 384);
    expect(&table[1], 100 << 12, 616);
    cyclic = cyclic_of(around, 2, 0, 8192);
    assert_true(SndSgBuild(&cyclic, 8000, 1000, 0, table, 4, &count));
    assert_int_equal(count, 1);
    expect(&table[0], (5 << 12) + 8000 - 4096, 1000);
}

static void sg_addresses_beyond_four_gigabytes(void **state)
{
    static const uintptr_t high[2] = {0xFFFFF, 0x100000};
    SND_CYCLIC cyclic = cyclic_of(high, 2, 0, 8192);
    VIRTQ_DESC table[2];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 4095, 4097, 0, table, 2, &count));
    assert_int_equal(count, 1);
    expect(&table[0], 0xFFFFFFFFull, 4097);
}

static void sg_invalid_parameters(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384), bad;
    VIRTQ_DESC table[4];
    uint32_t count = 9;

    (void)state;
    assert_false(SndSgBuild(&cyclic, 0, 0, 0, table, 4, &count));
    assert_false(SndSgBuild(&cyclic, 0, 16385, 0, table, 4, &count));
    assert_false(SndSgBuild(&cyclic, 16384, 1, 0, table, 4, &count));
    assert_false(SndSgBuild(&cyclic, UINT32_MAX, 2, 0, table, 4, &count));
    assert_int_equal(count, 0);
    assert_true(SndCyclicCheck(&cyclic));
    bad = cyclic_of(scattered, 3, 0, 16384);
    assert_false(SndCyclicCheck(&bad));
    bad = cyclic_of(scattered, 4, 1, 16384);
    assert_false(SndCyclicCheck(&bad));
    bad = cyclic_of(scattered, 4, 4096, 4096);
    assert_false(SndCyclicCheck(&bad));
    bad = cyclic_of(scattered, UINT32_MAX, 0, SND_CYCLIC_BYTES_MAX + 1);
    assert_false(SndCyclicCheck(&bad));
    bad = cyclic_of(NULL, 4, 0, 4096);
    assert_false(SndCyclicCheck(&bad));
    bad = cyclic_of(scattered, 4, 0, 0);
    assert_false(SndCyclicCheck(&bad));
}

static void sg_maximum_of_segments(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384);
    VIRTQ_DESC table[3];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 0, 16384, 0, table, 3, &count));
    assert_false(SndSgBuild(&cyclic, 0, 16384, 0, table, 2, &count));
    assert_int_equal(count, 0);
}

static void sg_direction(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384);
    VIRTQ_DESC table[4];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 0, 9000, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, table, 4, &count));
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(table[i].Flags, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT);
    }
}

/* Bits of the buffer so that any byte out of place shows. */
static void paint(struct pcm_bench *bench)
{
    for (uint32_t i = 0; i < bench->config.Cyclic.Bytes; i++) {
        bench->buffer[i] = (uint8_t)(i * 7 + (i >> 8) * 13);
    }
}

static struct device_chain take(struct pcm_bench *bench)
{
    struct device_chain chain;

    (void)VirtqueueKickNeeded(&bench->pcm.Queue);
    assert_true(device_take(&bench->device, &chain));
    return chain;
}

static void give(struct pcm_bench *bench, const struct device_chain *chain, uint32_t status, uint32_t length)
{
    uint32_t words[2] = {status, 4321};

    device_write(chain, chain->writable - 8, words, 8);
    device_complete(&bench->device, chain, length);
}

static void tx_engine_header_pcm_status_in_both_dialects(void **state)
{
    (void)state;
    for (unsigned form = 0; form < 4; form++) {
        bool aero = (form & 1) != 0;
        struct pcm_bench *bench = bench_open(false, 64, aero, (form & 2) != 0, 7680, 1920);
        uint32_t header = aero ? 8 : 4;
        uint8_t bytes[2048];
        struct device_chain chain;

        bench->config.StreamId = 5;
        assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
        paint(bench);
        for (uint32_t i = 0; i < 9; i++) { /* more than once around */
            SND_PCM_REPORT report;

            assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
            chain = take(bench);
            assert_int_equal(chain.readable, header + 1920);
            assert_int_equal(chain.writable, 8);
            assert_int_equal(chain.desc[0].Length, header);
            assert_int_equal(device_read(&chain, bytes, sizeof(bytes)), header + 1920);
            assert_int_equal(SndLoad32(bytes), 5);
            assert_true(!aero || SndLoad32(bytes + 4) == 0);
            assert_memory_equal(bytes + header, bench->buffer + i % 4 * 1920, 1920);
            assert_int_equal(chain.desc[1].Address, (uintptr_t)bench->buffer + i % 4 * 1920); /* its own memory */
            give(bench, &chain, aero ? 0 : VIRTIO_SND_S_OK, 8);
            SndPcmReap(&bench->pcm, &report);
            assert_true(report.Messages == 1 && report.Periods == 1 && report.Fatal == SndOk);
            assert_int_equal(report.LatencyBytes, 4321);
            assert_true(bench->pcm.CompletedFrames == (i + 1) * 480ull);
        }
        bench_close(bench);
    }
}

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
    for (unsigned i = 0; i < BENCH_PAGES; i += 2) {
        uintptr_t other = bench->pfns[i];

        bench->pfns[i] = bench->pfns[i + 1];
        bench->pfns[i + 1] = other;
    }
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(bench->pcm.PartsPerPeriod, 2);
    assert_int_equal(bench->pcm.MessageBytes, 49152);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain = take(bench);
        assert_int_equal(chain.count, 2 + 12);
        give(bench, &chain, VIRTIO_SND_S_OK, 8);
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

static void engine_full_changes_nothing(bool capture)
{
    struct pcm_bench *bench = bench_open(capture, 64, false, false, 19200, 1920);
    uint64_t submitted;
    unsigned sent = 0;
    struct device_chain chain;
    SND_PCM_REPORT report;

    /* Ring descriptors run out: a chain may take 16 of the 64. */
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    while (SndPcmSubmitAll(&bench->pcm) == SndOk) {
        assert_true(++sent <= 10);
    }
    assert_true(sent >= 4);
    submitted = bench->pcm.SubmittedFrames;
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndBusy);
    assert_true(bench->pcm.SubmittedFrames == submitted && bench->pcm.Outstanding == sent);
    chain = take(bench);
    give(bench, &chain, VIRTIO_SND_S_OK, capture ? 1928 : 8);
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Messages, 1);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), VirtqueueFreeCount(&bench->pcm.Queue) >= 16 ? SndOk : SndBusy);
    bench_close(bench);

    /* The buffer runs out: no part of it is queued twice. */
    bench = bench_open(capture, 64, false, true, 7680, 1920);
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    }
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndBusy);
    bench_close(bench);

    /* Slots run out: half the queue's size. */
    bench = bench_open(capture, 16, false, true, 19200, 1920);
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    }
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndBusy);
    bench_close(bench);
}

static void tx_engine_queue_full_returns_the_buffer(void **state)
{
    (void)state;
    engine_full_changes_nothing(false);
}

static void rx_engine_queue_full_returns_the_buffer(void **state)
{
    (void)state;
    engine_full_changes_nothing(true);
}

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
        chain = take(bench);
        give(bench, &chain, cases[i].status, capture ? 1928 : 8);
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
    chain = take(bench);
    device_complete(&bench->device, &chain, 0);
    SndPcmReap(&bench->pcm, &report);
    assert_true(report.IoErrors == 0 && report.Fatal == SndOk && bench->pcm.UnwrittenStatuses == 1);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = take(bench);
    give(bench, &chain, VIRTIO_SND_S_OK, 0); /* careless about lengths */
    SndPcmReap(&bench->pcm, &report);
    assert_true(report.IoErrors == 0 && report.Messages == 1);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = take(bench);
    give(bench, &chain, VIRTIO_SND_S_OK, 9); /* more than there is room for */
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
        chain[i] = take(bench);
    }
    give(bench, &chain[1], VIRTIO_SND_S_OK, 8);
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Messages, 0);
    give(bench, &chain[0], VIRTIO_SND_S_OK, 8);
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Messages, 2);
    assert_true(bench->pcm.CompletedFrames == 960 && bench->pcm.Outstanding == 1);
    bench_close(bench);
}

static void tx_engine_silence_fill_of_a_short_message(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    uint8_t bytes[2000], silence[1920] = {0};
    struct device_chain chain;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    paint(bench);
    assert_int_equal(SndPcmSubmit(&bench->pcm, 400), SndOk);
    assert_int_equal(SndPcmSubmit(&bench->pcm, 0), SndOk);
    chain = take(bench);
    assert_int_equal(device_read(&chain, bytes, sizeof(bytes)), 4 + 1920);
    assert_memory_equal(bytes + 4, bench->buffer, 400);
    assert_memory_equal(bytes + 404, silence, 1520);
    chain = take(bench);
    device_read(&chain, bytes, sizeof(bytes));
    assert_memory_equal(bytes + 4, silence, 1920);
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
    paint(bench);
    for (unsigned i = 0; i < 4; i++) { /* nobody writes anything new */
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain = take(bench);
        device_read(&chain, bytes, sizeof(bytes));
        assert_int_equal(memcmp(bytes + 4, silence, 1920) == 0, i >= 2);
        give(bench, &chain, VIRTIO_SND_S_OK, 8);
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
    paint(bench);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    memset(bench->buffer, 0x77, 1920 + 400); /* of the second message, 100 frames */
    bench->pcm.ToldFrames = 580;
    for (unsigned i = 0; i < 3; i++) {
        chain = take(bench);
        give(bench, &chain, VIRTIO_SND_S_OK, 8);
    }
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.Messages, 3);
    for (unsigned i = 0; i < 5760; i++) {
        assert_int_equal(bench->buffer[i], i < 2320 ? 0x77 : 0);
    }
    assert_int_not_equal(bench->buffer[5760] | bench->buffer[5761] | bench->buffer[5762], 0);
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

static void tx_engine_volume_bounces_and_unity_does_not(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 15360, 1920);
    uint8_t bytes[2000];
    struct device_chain chain;
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    paint(bench);
    assert_true(SndVolumeSetMute(&bench->volume, SND_CHANNELS_MAX, true));
    SndVolumeSettle(&bench->volume);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    }
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndBusy); /* four bounce buffers */
    chain = take(bench);
    device_read(&chain, bytes, sizeof(bytes));
    for (unsigned i = 0; i < 1920; i++) {
        assert_int_equal(bytes[4 + i], 0);
    }
    give(bench, &chain, VIRTIO_SND_S_OK, 8);
    SndPcmReap(&bench->pcm, &report);
    assert_true(SndVolumeSetMute(&bench->volume, SND_CHANNELS_MAX, false)); /* heard as a ramp, then as it is */
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    for (unsigned i = 0; i < 4; i++) {
        chain = take(bench);
    }
    assert_true(chain.desc[1].Address >= (uintptr_t)bench->bounce);
    device_read(&chain, bytes, sizeof(bytes));
    assert_memory_not_equal(bytes + 4, bench->buffer + 4 * 1920, 1920);
    assert_memory_equal(bytes + 4 + 1916, bench->buffer + 4 * 1920 + 1916, 4);
    chain = take(bench);
    assert_int_equal(chain.desc[1].Address, (uintptr_t)bench->buffer + 5 * 1920);
    bench_close(bench);
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

static void tx_engine_flush_and_rewind(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    struct device_chain chain[3];
    SND_PCM_REPORT report;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
        chain[i] = take(bench);
    }
    give(bench, &chain[0], VIRTIO_SND_S_OK, 8);
    SndPcmReap(&bench->pcm, &report);
    SndPcmFlush(&bench->pcm);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndBusy);
    assert_false(SndPcmRewind(&bench->pcm));
    give(bench, &chain[1], VIRTIO_SND_S_OK, 8);
    give(bench, &chain[2], VIRTIO_SND_S_IO_ERR, 8);
    SndPcmReap(&bench->pcm, &report);
    assert_true(report.Messages == 0 && bench->pcm.CompletedFrames == 480);
    assert_true(SndPcmRewind(&bench->pcm));
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain[0] = take(bench);
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
    chain = take(bench);
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
        chain = take(bench);
        assert_true(chain.readable == 4 && chain.writable == 1928);
        memset(data, (int)i + 1, sizeof(data));
        device_write(&chain, 0, data, sizeof(data));
        give(bench, &chain, VIRTIO_SND_S_OK, 1928);
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
        chain = take(bench);
        memset(data, 0x55, sizeof(data));
        device_write(&chain, 0, data, sizeof(data));
        give(bench, &chain, VIRTIO_SND_S_OK, cases[i].length);
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
    chain = take(bench);
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
    chain = take(bench);
    memset(data, 0x55, sizeof(data));
    device_write(&chain, 0, data, sizeof(data));
    give(bench, &chain, VIRTIO_SND_S_IO_ERR, 1928); /* says itself that it is nothing */
    SndPcmReap(&bench->pcm, &report);
    assert_int_equal(report.IoErrors, 1);
    assert_memory_equal(bench->buffer, silence, 1920);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = take(bench);
    give(bench, &chain, VIRTIO_SND_S_OK, 1929);
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
    chain = take(bench);
    for (int i = 0; i < 960; i++) {
        data[i] = (int16_t)(i * 30 - 14000);
    }
    device_write(&chain, 0, data, sizeof(data));
    give(bench, &chain, VIRTIO_SND_S_OK, 1928);
    SndPcmReap(&bench->pcm, &report);
    recorded = (int16_t *)(void *)bench->buffer;
    for (int i = 0; i < 960; i += 2) {
        assert_int_equal(recorded[i], data[i] / 2);
        assert_int_equal(recorded[i + 1], data[i + 1]);
    }
    bench_close(bench);
}

static void rx_engine_submits_whole_messages_only(void **state)
{
    struct pcm_bench *bench = bench_open(true, 64, false, true, 7680, 1920);

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmSubmit(&bench->pcm, 400), SndInvalid);
    assert_int_equal(bench->pcm.Outstanding, 0);
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sg_splits_at_pages_and_merges_neighbours),
    cmocka_unit_test(sg_first_page_offset),
    cmocka_unit_test(sg_wraps_into_two_ranges),
    cmocka_unit_test(sg_addresses_beyond_four_gigabytes),
    cmocka_unit_test(sg_invalid_parameters),
    cmocka_unit_test(sg_maximum_of_segments),
    cmocka_unit_test(sg_direction),
    cmocka_unit_test(tx_engine_header_pcm_status_in_both_dialects),
    cmocka_unit_test(tx_engine_configuration_is_checked),
    cmocka_unit_test(tx_engine_long_periods_are_parted),
    cmocka_unit_test(tx_engine_limit_of_256_kib),
    cmocka_unit_test(tx_engine_queue_full_returns_the_buffer),
    cmocka_unit_test(tx_engine_statuses_and_fatal_flags),
    cmocka_unit_test(tx_engine_unwritten_status_and_lengths),
    cmocka_unit_test(tx_engine_counts_in_order_whatever_the_device_does),
    cmocka_unit_test(tx_engine_silence_fill_of_a_short_message),
    cmocka_unit_test(tx_engine_what_was_played_is_not_played_again),
    cmocka_unit_test(tx_engine_what_was_written_again_is_not_silenced),
    cmocka_unit_test(engine_skips_without_a_device),
    cmocka_unit_test(tx_engine_volume_bounces_and_unity_does_not),
    cmocka_unit_test(tx_engine_lead_and_due),
    cmocka_unit_test(tx_engine_flush_and_rewind),
    cmocka_unit_test(tx_engine_reset_takes_everything_back_once),
    cmocka_unit_test(tx_engine_bad_cookies),
    cmocka_unit_test(rx_engine_records_into_the_buffer),
    cmocka_unit_test(rx_engine_limit_of_256_kib),
    cmocka_unit_test(rx_engine_queue_full_returns_the_buffer),
    cmocka_unit_test(rx_engine_statuses_and_fatal_flags),
    cmocka_unit_test(rx_engine_short_lengths_become_silence),
    cmocka_unit_test(rx_engine_status_right_behind_the_data),
    cmocka_unit_test(rx_engine_errors_and_overlong_lengths),
    cmocka_unit_test(rx_engine_volume_in_place),
    cmocka_unit_test(rx_engine_submits_whole_messages_only),
    cmocka_unit_test(engine_memory_layouts),
};

UNIT_MAIN(tests)
