/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages on their way to the device: chains, contents, silence, volume, and when there is no room. */
#include "unit.h"

#include "snd_pcm_bench.h"

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
        bench_paint(bench);
        for (uint32_t i = 0; i < 9; i++) { /* more than once around */
            SND_PCM_REPORT report;

            assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
            chain = bench_take(bench);
            assert_int_equal(chain.readable, header + 1920);
            assert_int_equal(chain.writable, 8);
            assert_int_equal(chain.desc[0].Length, header);
            assert_int_equal(device_read(&chain, bytes, sizeof(bytes)), header + 1920);
            assert_int_equal(SndLoad32(bytes), 5);
            assert_true(!aero || SndLoad32(bytes + 4) == 0);
            assert_memory_equal(bytes + header, bench->buffer + i % 4 * 1920, 1920);
            assert_int_equal(chain.desc[1].Address, (uintptr_t)bench->buffer + i % 4 * 1920); /* its own memory */
            bench_give(bench, &chain, aero ? 0 : VIRTIO_SND_S_OK, 8);
            SndPcmReap(&bench->pcm, &report);
            assert_true(report.Messages == 1 && report.Periods == 1 && report.Fatal == SndOk);
            assert_int_equal(report.LatencyBytes, 4321);
            assert_true(bench->pcm.CompletedFrames == (i + 1) * 480ull);
        }
        bench_close(bench);
    }
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
    chain = bench_take(bench);
    bench_give(bench, &chain, VIRTIO_SND_S_OK, capture ? 1928 : 8);
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

static void tx_engine_silence_fill_of_a_short_message(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    uint8_t bytes[2000], silence[1920] = {0};
    struct device_chain chain;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    bench_paint(bench);
    assert_int_equal(SndPcmSubmit(&bench->pcm, 400), SndOk);
    assert_int_equal(SndPcmSubmit(&bench->pcm, 0), SndOk);
    chain = bench_take(bench);
    assert_int_equal(device_read(&chain, bytes, sizeof(bytes)), 4 + 1920);
    assert_memory_equal(bytes + 4, bench->buffer, 400);
    assert_memory_equal(bytes + 404, silence, 1520);
    chain = bench_take(bench);
    device_read(&chain, bytes, sizeof(bytes));
    assert_memory_equal(bytes + 4, silence, 1920);
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
    bench_paint(bench);
    assert_true(SndVolumeSetMute(&bench->volume, SND_CHANNELS_MAX, true));
    SndVolumeSettle(&bench->volume);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    }
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndBusy); /* four bounce buffers */
    chain = bench_take(bench);
    device_read(&chain, bytes, sizeof(bytes));
    for (unsigned i = 0; i < 1920; i++) {
        assert_int_equal(bytes[4 + i], 0);
    }
    bench_give(bench, &chain, VIRTIO_SND_S_OK, 8);
    SndPcmReap(&bench->pcm, &report);
    assert_true(SndVolumeSetMute(&bench->volume, SND_CHANNELS_MAX, false)); /* heard as a ramp, then as it is */
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    for (unsigned i = 0; i < 4; i++) {
        chain = bench_take(bench);
    }
    assert_true(chain.desc[1].Address >= (uintptr_t)bench->bounce);
    device_read(&chain, bytes, sizeof(bytes));
    assert_memory_not_equal(bytes + 4, bench->buffer + 4 * 1920, 1920);
    assert_memory_equal(bytes + 4 + 1916, bench->buffer + 4 * 1920 + 1916, 4);
    chain = bench_take(bench);
    assert_int_equal(chain.desc[1].Address, (uintptr_t)bench->buffer + 5 * 1920);
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

static void proto_misaligned_byte_counts_are_refused(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    struct device_chain chain;
    unsigned refused = 0;

    (void)state;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    for (uint32_t bytes = 0; bytes <= 2000; bytes++) {
        if (bytes % 4 != 0 || bytes > 1920) {
            assert_int_equal(SndPcmSubmit(&bench->pcm, bytes), SndInvalid);
            refused++;
        }
    }
    assert_int_equal(SndPcmSubmit(&bench->pcm, UINT32_MAX), SndInvalid);
    assert_int_equal(SndPcmSubmit(&bench->pcm, UINT32_MAX - 3), SndInvalid);
    assert_int_equal(refused, 2001 - 481);
    (void)VirtqueueKickNeeded(&bench->pcm.Queue);
    assert_false(device_take(&bench->device, &chain));
    assert_true(bench->pcm.Outstanding == 0 && bench->pcm.SubmittedFrames == 0 && bench->pcm.BounceUsed == 0);
    bench_close(bench);
}

/* A whole message is gathered from the pages that it lies in; a short one is copied and filled up. */
static void proto_split_payload_and_silence_fill(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 16384, 8192);
    uint8_t bytes[4 + 8192], silence[3192] = {0};
    struct device_chain chain;

    (void)state;
    bench_scatter(bench);
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    bench_paint(bench);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    assert_int_equal(SndPcmSubmit(&bench->pcm, 5000), SndOk);
    chain = bench_take(bench);
    assert_int_equal(chain.count, 1 + 2 + 1);
    assert_int_equal(device_read(&chain, bytes, sizeof(bytes)), sizeof(bytes));
    assert_memory_equal(bytes + 4, bench->buffer + 4096, 4096);
    assert_memory_equal(bytes + 4 + 4096, bench->buffer, 4096);
    chain = bench_take(bench);
    assert_int_equal(chain.count, 1 + 1 + 1);
    assert_int_equal(device_read(&chain, bytes, sizeof(bytes)), sizeof(bytes));
    assert_memory_equal(bytes + 4, bench->buffer + 8192, 5000);
    assert_memory_equal(bytes + 4 + 5000, silence, 3192);
    bench_close(bench);
}

static void proto_silence_of_unsigned_samples(void **state)
{
    struct pcm_bench *bench = bench_open(false, 64, false, true, 7680, 1920);
    SND_STREAM_INFO stream = {
        .Formats = 1u << VIRTIO_SND_PCM_FMT_U8, .Rates = 0x80, .ChannelsMin = 2, .ChannelsMax = 2};
    uint8_t bytes[4 + 1920];
    struct device_chain chain;

    (void)state;
    assert_true(SndOfferAt(&stream, 0, &bench->config.Choice));
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    bench_paint(bench);
    assert_int_equal(SndPcmSubmit(&bench->pcm, 2), SndOk);
    chain = bench_take(bench);
    assert_int_equal(device_read(&chain, bytes, sizeof(bytes)), sizeof(bytes));
    assert_memory_equal(bytes + 4, bench->buffer, 2);
    for (unsigned i = 2; i < 1920; i++) {
        assert_int_equal(bytes[4 + i], 0x80);
    }
    bench_close(bench);
}

static void rx_engine_header_pcm_status_in_both_dialects(void **state)
{
    (void)state;
    for (unsigned form = 0; form < 4; form++) {
        bool aero = (form & 1) != 0;
        struct pcm_bench *bench = bench_open(true, 64, aero, (form & 2) != 0, 7680, 1920);
        uint32_t header = aero ? 8 : 4;
        uint8_t bytes[8] = {0};
        struct device_chain chain;

        bench->config.StreamId = 5;
        assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
        for (uint32_t i = 0; i < 9; i++) { /* more than once around */
            SND_PCM_REPORT report;

            assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
            chain = bench_take(bench);
            assert_true(chain.readable == header && chain.readable_count == 1);
            assert_int_equal(device_read(&chain, bytes, sizeof(bytes)), header);
            assert_int_equal(SndLoad32(bytes), 5);
            assert_true(!aero || SndLoad32(bytes + 4) == 0);
            assert_int_equal(chain.desc[1].Address, (uintptr_t)bench->buffer + i % 4 * 1920); /* its own memory */
            assert_int_equal(chain.desc[chain.count - 1].Length, 8);
            assert_int_equal(chain.writable, 1920 + 8);
            bench_give(bench, &chain, aero ? 0 : VIRTIO_SND_S_OK, 1928);
            SndPcmReap(&bench->pcm, &report);
            assert_true(report.Messages == 1 && report.Periods == 1 && report.Fatal == SndOk);
            assert_int_equal(report.LatencyBytes, 4321);
            assert_true(bench->pcm.CompletedFrames == (i + 1) * 480ull);
        }
        bench_close(bench);
    }
}

static void rx_engine_segments_are_writable_and_split_at_pages(void **state)
{
    static const uint32_t lengths[] = {0x800, 0x1000, 0x1000, 0x800};
    struct pcm_bench *bench = bench_open(true, 64, false, true, 24576, 12288);
    struct device_chain chain;

    (void)state;
    bench_scatter(bench);
    bench->config.Cyclic.Offset = 0x800;
    bench->config.Cyclic.Base += 0x800;
    assert_int_equal(SndPcmConfigure(&bench->pcm, &bench->config), SndOk);
    assert_int_equal(SndPcmSubmitAll(&bench->pcm), SndOk);
    chain = bench_take(bench);
    assert_int_equal(chain.count, 1 + 4 + 1);
    assert_int_equal(chain.readable_count, 1);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(chain.desc[1 + i].Length, lengths[i]);
        assert_int_equal(chain.desc[1 + i].Address, (bench->pfns[i] << 12) + (i == 0 ? 0x800u : 0));
        assert_true((chain.desc[1 + i].Flags & VIRTQ_DESC_F_WRITE) != 0);
    }
    bench_close(bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(tx_engine_header_pcm_status_in_both_dialects),
    cmocka_unit_test(tx_engine_queue_full_returns_the_buffer),
    cmocka_unit_test(rx_engine_queue_full_returns_the_buffer),
    cmocka_unit_test(tx_engine_silence_fill_of_a_short_message),
    cmocka_unit_test(tx_engine_volume_bounces_and_unity_does_not),
    cmocka_unit_test(rx_engine_submits_whole_messages_only),
    cmocka_unit_test(proto_misaligned_byte_counts_are_refused),
    cmocka_unit_test(proto_split_payload_and_silence_fill),
    cmocka_unit_test(proto_silence_of_unsigned_samples),
    cmocka_unit_test(rx_engine_header_pcm_status_in_both_dialects),
    cmocka_unit_test(rx_engine_segments_are_writable_and_split_at_pages),
};

UNIT_MAIN(tests)
