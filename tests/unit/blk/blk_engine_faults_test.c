/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The request engine when something is not as it should be: lists that do not fit the command, no room, resets, and a
   device that writes nonsense. */
#include "blk_engine_io.h"

/* Lists that do not make up the command stay the caller's, and leave nothing behind. */
static void malformed_lists(void **state)
{
    static const uint32_t lists[][5] = {
        {0}, {512}, {512, 512, 512}, {1, 2046}, {512, 1535},
    };

    (void)state;
    options.segments = 4;
    start();
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct io io;

        io_init(&io, WRITE16, 0, 4, false, lists[i]);
        if (io.request.SegmentCount == 0) {
            io.request.Segments = NULL; /* no list at all */
        }
        assert_false(submit(&io));
        assert_null(BlkEngineFind(&bench.engine, &io));
        blk_bench_take(&bench);
        assert_int_equal(bench.device.pending_count, 0);
        expect_idle();
    }
}

/* Odd lengths are fine as long as every chain ends on a sector. */
static void malformed_only_at_the_end_of_a_chain(void **state)
{
    struct io io;

    (void)state;
    options.segments = 4;
    start();
    io_init(&io, WRITE16, 0, 4, false, LENGTHS(1, 510, 1, 1536));
    assert_true(submit(&io));
    (void)expect_chain(OUT, 0, 2048);
    answer(0);
    expect_result(&io, BlkResultOk, 0);
    io_init(&io, WRITE16, 0, 4, false, LENGTHS(1, 1, 1, 1, 2044));
    assert_false(submit(&io));
    expect_idle();
}

/* What is found out between two chains comes back from Reap. */
static void malformed_later(void **state)
{
    static const uint32_t lists[][6] = {{512, 512}, {512, 512, 100, 100, 824}};

    (void)state;
    options.segments = 2;
    start();
    for (size_t i = 0; i < 2; i++) {
        struct io io;

        io_init(&io, WRITE16, 0, 4, false, lists[i]);
        assert_true(submit(&io));
        (void)expect_chain(OUT, 0, 1024);
        answer(0);
        expect_result(&io, BlkResultSense, TARGET_FAILURE);
        expect_idle();
    }
}

static void waiting_in_order(void **state)
{
    struct io io[20];
    unsigned seen = 0;

    (void)state;
    options.slots = 3;
    start();
    for (unsigned i = 0; i < 20; i++) {
        io_init(&io[i], READ16, i, 1, false, LENGTHS(512));
        assert_true(submit(&io[i]));
        assert_ptr_equal(BlkEngineFind(&bench.engine, &io[i]), &io[i].request);
    }
    assert_true(BlkEngineBusy(&bench.engine));
    assert_null(BlkEngineFind(&bench.engine, &bench));
    assert_null(BlkEngineFind(&bench.engine, NULL));
    while (seen < 20) {
        blk_bench_take(&bench);
        assert_true(bench.device.pending_count <= 3 && bench.device.pending_count != 0);
        while (bench.device.pending_count != 0) {
            assert_int_equal(bench.device.pending[0].sector, seen);
            seen++;
            blk_device_complete(&bench.device, 0, 0, 0);
        }
        assert_true(reap());
    }
    for (unsigned i = 0; i < 20; i++) {
        assert_ptr_equal(next_finished(), &io[i].request);
        assert_null(BlkEngineFind(&bench.engine, &io[i]));
    }
    expect_idle();
}

/* Without indirect descriptors the ring fills before the slots do. A large request at the head of the line is not
   overtaken by a small one that would fit. */
static void waiting_for_ring_descriptors(void **state)
{
    struct io large[2], small;

    (void)state;
    options.indirect = false;
    options.queue_size = 8;
    options.segments = 6;
    start();
    for (unsigned i = 0; i < 2; i++) {
        io_init(&large[i], READ16, i, 4, false, LENGTHS(512, 512, 512, 512));
        assert_true(submit(&large[i]));
    }
    io_init(&small, READ16, 9, 1, false, LENGTHS(512));
    assert_true(submit(&small));
    (void)expect_chain(IN, 0, 2048);
    answer(0);
    expect_result(&large[0], BlkResultOk, 0);
    (void)expect_chain(IN, 1, 2048);
    answer(0);
    expect_result(&large[1], BlkResultOk, 0);
    (void)expect_chain(IN, 9, 512);
    answer(0);
    expect_result(&small, BlkResultOk, 0);
    expect_idle();
}

static void detach_returns_each_once(void **state)
{
    struct io io[12];
    bool seen[12] = {false};

    (void)state;
    options.slots = 5;
    start();
    for (int round = 0; round < 3; round++) {
        memset(seen, 0, sizeof(seen));
        for (unsigned i = 0; i < 12; i++) {
            io_init(&io[i], WRITE16, i, 1, true, LENGTHS(512));
            assert_true(submit(&io[i]));
        }
        blk_bench_take(&bench);
        blk_device_complete(&bench.device, 2, 0, 0); /* one is between two steps */
        assert_true(reap());
        assert_null(finished.Head);
        blk_device_complete(&bench.device, 0, 0, 0); /* and one completed unseen */
        BlkEngineDetachAll(&bench.engine, BlkResultReset, &finished);
        blk_device_reset(&bench.device);
        for (unsigned i = 0; i < 12; i++) {
            struct io *of = (struct io *)next_finished()->Context;

            assert_true(of >= io && of < io + 12);
            assert_false(seen[of - io]);
            seen[of - io] = true;
            assert_int_equal(of->request.Result, BlkResultReset);
        }
        expect_idle();
        /* As after Init: the next request is served. */
        io_init(&io[0], READ16, 0, 1, false, LENGTHS(512));
        assert_true(submit(&io[0]));
        assert_true(blk_bench_run(&bench, &finished));
        expect_result(&io[0], BlkResultOk, 0);
    }
    BlkEngineDetachAll(&bench.engine, BlkResultGone, &finished); /* nothing outstanding: nothing returned */
    expect_idle();
}

/* Status bytes that do not exist: the device is failed, nobody is lost. */
static void hostile_status(void **state)
{
    (void)state;
    start();
    for (unsigned status = 3; status < 256; status++) {
        struct io io[3], id;
        unsigned returned = 0;

        for (unsigned i = 0; i < 3; i++) {
            io_init(&io[i], READ16, i, 1, false, LENGTHS(512));
            assert_true(submit(&io[i]));
        }
        init_get_id(&id);
        BlkDiskSetPlace(&bench.disk, 0, 1);
        assert_true(submit(&id));
        blk_bench_take(&bench);
        blk_device_complete(&bench.device, (status & 1) != 0 ? 1 : 3, (uint8_t)status, 0);
        assert_false(reap());
        BlkEngineDetachAll(&bench.engine, BlkResultGone, &finished);
        blk_device_reset(&bench.device);
        for (BLK_REQUEST *request; (request = next_finished()) != NULL; returned++) {
            bool culprit = request == ((status & 1) != 0 ? &io[1].request : &id.request);

            assert_int_equal(request->Result, culprit ? BlkResultSense : BlkResultGone);
            assert_true(!culprit || request->Sense == TARGET_FAILURE);
        }
        assert_int_equal(returned, 4);
        assert_memory_equal(bench.disk.Serial, "PCI-0000000001", 14);
        expect_idle();
    }
}

/* A completion without a status byte: what an earlier request left there is no answer to this one. */
static void hostile_status_not_written(void **state)
{
    static const struct {
        uint8_t code;
        bool fua;
    } cases[] = {{READ16, false}, {WRITE16, false}, {READ16, true}, {SYNC16, false}, {VERIFY16, false}};

    (void)state;
    options.slots = 1;
    start();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct io io;

        io_init(&io, cases[i].code, 0, 2, cases[i].fua, LENGTHS(1024));
        assert_true(submit(&io));
        assert_true(blk_bench_run(&bench, &finished));
        expect_result(&io, BlkResultOk, 0); /* leaves OK in the slot */
        io_init(&io, cases[i].code, 0, 2, cases[i].fua, LENGTHS(1024));
        assert_true(submit(&io));
        blk_bench_take(&bench);
        blk_device_put_used(&bench.device, bench.device.pending[0].head, 0);
        assert_false(reap());
        expect_result(&io, BlkResultSense, TARGET_FAILURE);
        BlkEngineDetachAll(&bench.engine, BlkResultGone, &finished);
        blk_device_reset(&bench.device);
        expect_idle();
    }
}

static void hostile_ring(void **state)
{
    (void)state;
    for (unsigned crime = 0; crime < 6; crime++) {
        struct io io[3];
        unsigned returned = 0;
        uint16_t head;

        setup(NULL);
        start();
        for (unsigned i = 0; i < 3; i++) {
            io_init(&io[i], READ16, i, 1, false, LENGTHS(512));
            assert_true(submit(&io[i]));
        }
        blk_bench_take(&bench);
        head = bench.device.pending[1].head;
        switch (crime) {
        case 0: /* an id beyond the queue */
            blk_device_put_used(&bench.device, 64, 0);
            break;
        case 1:
            blk_device_put_used(&bench.device, 0x10000u | head, 0);
            break;
        case 2: /* an id that no chain has */
            blk_device_put_used(&bench.device, 63, 0);
            break;
        case 3: /* the same chain twice */
            blk_device_complete(&bench.device, 1, 0, 0);
            blk_device_put_used(&bench.device, head, 0);
            break;
        case 4: /* more bytes than there is room for */
            blk_device_put_used(&bench.device, head, 514);
            break;
        default: /* more completions than requests */
            for (unsigned i = 0; i < 4; i++) {
                blk_device_put_used(&bench.device, head, 0);
            }
            break;
        }
        assert_false(reap());
        assert_false(reap());
        BlkEngineDetachAll(&bench.engine, BlkResultGone, &finished);
        blk_device_reset(&bench.device);
        while (next_finished() != NULL) {
            returned++;
        }
        assert_int_equal(returned, 3);
        expect_idle();
        io_init(&io[0], READ16, 0, 1, false, LENGTHS(512));
        assert_true(submit(&io[0]));
        assert_true(blk_bench_run(&bench, &finished));
        expect_result(&io[0], BlkResultOk, 0);
        if (crime < 5) {
            blk_bench_stop(&bench);
        }
    }
}

/* Dump mode: completions are looked for, interrupts never asked for. */
static void polled_asks_for_no_interrupt(void **state)
{
    (void)state;
    for (int event_idx = 0; event_idx < 2; event_idx++) {
        setup(NULL);
        options.event_idx = event_idx != 0;
        options.polled = true;
        options.slots = 1;
        options.scratch_bytes = 0;
        start();
        assert_true(reap());
        for (unsigned i = 0; i < 300; i++) {
            struct io io;

            io_init(&io, WRITE16, i, 1, (i & 1) != 0, LENGTHS(512));
            assert_true(submit(&io));
            assert_true(blk_bench_run(&bench, &finished));
            expect_result(&io, BlkResultOk, 0);
        }
        assert_int_equal(bench.device.interrupts, 0);
        expect_idle();
        if (event_idx == 0) {
            blk_bench_stop(&bench);
        }
    }
}

static const struct CMUnitTest tests[] = {
    TEST(malformed_lists), TEST(malformed_only_at_the_end_of_a_chain), TEST(malformed_later), TEST(waiting_in_order),
    TEST(waiting_for_ring_descriptors), TEST(detach_returns_each_once), TEST(hostile_status),
    TEST(hostile_status_not_written), TEST(hostile_ring), TEST(polled_asks_for_no_interrupt),
};

UNIT_MAIN(tests)
