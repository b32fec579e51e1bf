/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The request engine when everything is as it should be: the chains of every request, its steps and its pieces. The
   device (blk_device.h) checks the form of every chain. */
#include "blk_engine_io.h"

#include <sys/mman.h>

static void layout_refuses(void **state)
{
    static const uint16_t sizes[] = {0, 1, 3, 5, 100, 255, 0x8001, 0xFFFF};
    BLK_ENGINE_LAYOUT layout;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_false(BlkEngineLayout(sizes[i], 1, 1, 0, &layout));
    }
    assert_false(BlkEngineLayout(64, 0, 1, 0, &layout));
    assert_false(BlkEngineLayout(64, 1, 0, 0, &layout));
    assert_true(BlkEngineLayout(64, 1, 1, 0, &layout));
}

/* A bug once: VIRTIO 1.x "a driver MUST NOT create a descriptor chain longer than the Queue Size"; such a request would
   have waited for room for ever. */
static void layout_refuses_chains_longer_than_the_queue(void **state)
{
    BLK_ENGINE_LAYOUT layout;

    (void)state;
    for (uint32_t size = 4; size <= 256; size *= 2) {
        assert_true(BlkEngineLayout((uint16_t)size, 1, (uint16_t)(size - 2), 0, &layout));
        assert_false(BlkEngineLayout((uint16_t)size, 1, (uint16_t)(size - 1), 0, &layout));
    }
    assert_false(BlkEngineLayout(2, 1, 1, 0, &layout));
    assert_false(BlkEngineLayout(32768, 1, 0xFFFF, 0, &layout));
}

static void layout_has_room(void **state)
{
    static const uint32_t scratches[] = {0, 0x1000, 0x10000};

    (void)state;
    for (uint32_t size = 4; size <= 1024; size *= 2) {
        for (uint16_t slots = 1; slots <= 254; slots = (uint16_t)(slots * 2 + 1)) {
            for (unsigned i = 0; i < 3; i++) {
                uint16_t segments = (uint16_t)(size - 2 < 254 ? size - 2 : 254);
                BLK_ENGINE_LAYOUT at;

                assert_true(BlkEngineLayout((uint16_t)size, slots, segments, scratches[i], &at));
                assert_true(at.SlotsOffset >= at.Ring.Length && at.SlotsOffset % 16 == 0 && at.SlotBytes % 16 == 0);
                assert_true(at.SlotBytes >= sizeof(BLK_SLOT_DMA) + 16u * (segments + 2u));
                assert_true(at.ScratchOffset >= at.SlotsOffset + slots * at.SlotBytes);
                assert_true(scratches[i] == 0 || at.ScratchOffset % 4096 == 0);
                assert_int_equal(at.DmaBytes, at.ScratchOffset + scratches[i]);
                assert_true(at.StateBytes >= VirtqueueStateSize((uint16_t)size) + slots * sizeof(BLK_SLOT));
            }
        }
    }
}

/* "The miniport driver should not attempt to allocate more than 32 kilobytes" in dump mode. */
static void layout_for_dumps(void **state)
{
    BLK_ENGINE_LAYOUT layout;

    (void)state;
    assert_true(BlkEngineLayout(256, 1, 33, 0, &layout));
    assert_true(layout.DmaBytes + layout.StateBytes < 32768);
}

static void chain_of_read_and_write(void **state)
{
    struct io io;
    const struct blk_chain *chain;

    (void)state;
    start();
    for (uint32_t i = 0; i < 4096; i++) {
        bench.data[i] = (uint8_t)(i * 7);
    }
    io_init(&io, WRITE16, 100, 8, false, LENGTHS(512, 3072, 512));
    assert_true(submit(&io));
    chain = expect_chain(OUT, 100, 4096);
    assert_int_equal(chain->pieces, 3);
    assert_int_equal(chain->data[1].address, BLK_BENCH_DATA + 512);
    assert_int_equal(chain->data[1].bytes, 3072);
    answer(0);
    expect_result(&io, BlkResultOk, 0);
    assert_memory_equal(bench.device.cache + 51200, bench.data, 4096);

    memset(bench.data, 0, 4096);
    io_init(&io, READ16, 101, 7, false, LENGTHS(3584));
    assert_true(submit(&io));
    assert_int_equal(expect_chain(IN, 101, 3584)->pieces, 1);
    answer(0);
    expect_result(&io, BlkResultOk, 0);
    for (uint32_t i = 0; i < 3584; i++) {
        assert_int_equal(bench.data[i], (uint8_t)((i + 512) * 7));
    }
    expect_idle();
}

static void chain_counts_sectors_of_512(void **state)
{
    struct io io;

    (void)state;
    options.block_bytes = 4096;
    start();
    io_init(&io, READ16, 3, 2, false, LENGTHS(8192));
    assert_true(submit(&io));
    (void)expect_chain(IN, 24, 8192);
    answer(0);
    expect_result(&io, BlkResultOk, 0);
}

/* As much as a buffer can hold, 4 GiB less one sector, in one segment and in pieces of at most size_max. */
static void chain_of_a_large_transfer(void **state)
{
    static const uint32_t limits[] = {0, 1u << 31, 0x10000000};
    static const uint32_t sectors[] = {0x10000, 0x10001, 0x7FFFFF};
    const size_t nothing_bytes = 0xFFFFFE00;
    uint8_t *nothing = mmap(NULL, nothing_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    (void)state;
    assert_ptr_not_equal(nothing, MAP_FAILED);
    for (unsigned i = 0; i < 9; i++) {
        uint64_t next = 7;
        uint32_t bytes = sectors[i / 3] * 512u;
        struct io io;

        setup(NULL);
        options.size_max = limits[i % 3];
        options.segments = 2;
        options.sectors = 1u << 24;
        options.dataless = true;
        start();
        bench.device.region[1].bytes = nothing_bytes; /* looked up only: a disk without data moves none */
        bench.device.region[1].host = nothing;
        io_init(&io, READ16, 7, sectors[i / 3], false, LENGTHS(bytes));
        assert_true(submit(&io));
        while (finished.Head == NULL) {
            blk_bench_take(&bench);
            assert_int_equal(bench.device.pending_count, 1);
            assert_int_equal(bench.device.pending[0].sector, next);
            next += bench.device.pending[0].bytes / 512;
            answer(0);
        }
        assert_int_equal(next, 7 + sectors[i / 3]);
        expect_result(&io, BlkResultOk, 0);
        expect_idle();
        if (i != 8) {
            blk_bench_stop(&bench);
        }
    }
    assert_int_equal(munmap(nothing, nothing_bytes), 0);
}

/* The list may describe more memory than the command uses. */
static void chain_ends_with_the_command(void **state)
{
    struct io io;

    (void)state;
    start();
    io_init(&io, READ16, 0, 3, false, LENGTHS(1024, 2048, 512));
    assert_true(submit(&io));
    assert_int_equal(expect_chain(IN, 0, 1536)->pieces, 2);
    assert_int_equal(bench.device.pending[0].data[1].bytes, 512);
    answer(0);
    expect_result(&io, BlkResultOk, 0);
}

static void chain_of_flush(void **state)
{
    struct io io;

    (void)state;
    start();
    io_init(&io, SYNC16, 5, 9, false, LENGTHS(1));
    assert_true(submit(&io));
    assert_int_equal(expect_chain(FLUSH, 0, 0)->pieces, 0);
    answer(0);
    expect_result(&io, BlkResultOk, 0);
    expect_idle();
}

static void chain_of_unmap(void **state)
{
    struct io io;

    (void)state;
    start();
    memset(bench.device.cache, 0x55, 2048 * 512);
    init_unmap(&io);
    assert_true(submit(&io));
    (void)expect_chain(DISCARD, 0, 3 * 16); /* 100 sectors are two segments of at most 64 */
    answer(0);
    expect_result(&io, BlkResultOk, 0);
    for (uint32_t sector = 0; sector < 2048; sector++) {
        bool gone = (sector >= 10 && sector < 110) || sector == 200;

        assert_int_equal(bench.device.cache[sector * 512], gone ? 0 : 0x55);
    }
    expect_idle();
}

static void get_id(void **state)
{
    struct io io;

    (void)state;
    start();
    init_get_id(&io);
    assert_true(submit(&io));
    (void)expect_chain(GET_ID, 0, 20);
    assert_false(bench.disk.SerialKnown);
    answer(0);
    expect_result(&io, BlkResultSerial, 0);
    assert_true(bench.disk.SerialKnown);
    assert_int_equal(bench.disk.SerialLength, 5);
    assert_memory_equal(bench.disk.Serial, "bench", 5);
}

/* A device without GET_ID: the command that asked goes on, with the name of the disk's place. */
static void get_id_refused(void **state)
{
    (void)state;
    start();
    for (uint8_t status = 1; status <= 2; status++) {
        struct io io;

        BlkDiskSetPlace(&bench.disk, 0, 1);
        init_get_id(&io);
        assert_true(submit(&io));
        memcpy(blk_device_at(&bench.device, expect_chain(GET_ID, 0, 20)->data[0].address, 4), "junk", 4);
        answer(status);
        expect_result(&io, BlkResultSerial, 0);
        assert_true(bench.disk.SerialKnown);
        assert_memory_equal(bench.disk.Serial, "PCI-0000000001", 14);
    }
}

/* A bug once: the slot's payload still held what an earlier UNMAP had left there, and a device that writes no more than
   its number got a serial number with that behind it: another one each time. */
static void get_id_of_a_device_that_does_not_pad(void **state)
{
    struct io io;
    const struct blk_chain *chain;

    (void)state;
    options.slots = 1;
    options.sectors = 1ull << 50;
    options.dataless = true;
    start();
    init_unmap(&io);
    io.request.Discard[0].Sector = 0x0002424242424242;
    assert_true(submit(&io));
    (void)expect_chain(DISCARD, 0, 3 * 16);
    answer(0);
    expect_result(&io, BlkResultOk, 0);
    init_get_id(&io);
    assert_true(submit(&io));
    chain = expect_chain(GET_ID, 0, 20);
    memcpy(blk_device_at(&bench.device, chain->data[0].address, 3), "XYZ", 3);
    *blk_device_at(&bench.device, chain->status, 1) = 0;
    blk_device_put_used(&bench.device, chain->head, 4);
    assert_true(reap());
    expect_result(&io, BlkResultSerial, 0);
    assert_int_equal(bench.disk.SerialLength, 3);
    assert_memory_equal(bench.disk.Serial, "XYZ", 3);
}

/* FUA and VERIFY on a disk with a volatile cache take a FLUSH, on the right side of the transfer. */
static void steps_with_a_cache(void **state)
{
    static const struct {
        uint8_t code;
        bool fua;
        uint32_t types[3]; /* GET_ID ends */
    } cases[] = {
        {READ16, false, {IN, GET_ID}},       {READ16, true, {FLUSH, IN, GET_ID}}, {WRITE16, false, {OUT, GET_ID}},
        {WRITE16, true, {OUT, FLUSH, GET_ID}}, {VERIFY16, false, {FLUSH, IN, GET_ID}}, {SYNC16, false, {FLUSH, GET_ID}},
    };

    (void)state;
    start();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int cached = 1; cached >= 0; cached--) {
            struct io io;

            bench.disk.WriteCache = cached != 0;
            io_init(&io, cases[i].code, 4, 2, cases[i].fua, LENGTHS(1024));
            assert_true(submit(&io));
            for (unsigned step = 0; cases[i].types[step] != GET_ID; step++) {
                uint32_t type = cases[i].types[step];

                if (type == FLUSH && !cached && cases[i].code != SYNC16) {
                    continue;
                }
                assert_null(finished.Head);
                (void)expect_chain(type, type == FLUSH ? 0 : 4, type == FLUSH ? 0 : 1024);
                answer(0);
            }
            expect_result(&io, BlkResultOk, 0);
            expect_idle();
        }
    }
}

/* The step that fails ends the request; what would have come after it is not asked for. */
static void steps_end_with_an_error(void **state)
{
    static const struct {
        uint8_t code;
        unsigned good;
        uint32_t ioerr;
    } cases[] = {
        {READ16, 0, MEDIUM_READ},   {READ16, 1, MEDIUM_READ},   {WRITE16, 0, MEDIUM_WRITE}, {WRITE16, 1, MEDIUM_WRITE},
        {VERIFY16, 0, MEDIUM_READ}, {VERIFY16, 1, MEDIUM_READ}, {SYNC16, 0, MEDIUM_WRITE},
    };

    (void)state;
    start();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (uint8_t status = 1; status <= 2; status++) {
            struct io io;

            io_init(&io, cases[i].code, 4, 2, cases[i].code == READ16 || cases[i].code == WRITE16, LENGTHS(1024));
            assert_true(submit(&io));
            for (unsigned step = 0; step < cases[i].good; step++) {
                blk_bench_take(&bench);
                answer(0);
            }
            blk_bench_take(&bench);
            answer(status);
            expect_result(&io, BlkResultSense, status == 1 ? cases[i].ioerr : INVALID_OPCODE);
            blk_bench_take(&bench);
            assert_int_equal(bench.device.pending_count, 0);
            expect_idle();
        }
    }
}

static void split_at_the_segment_limit(void **state)
{
    struct io io;

    (void)state;
    options.segments = 2;
    start();
    io_init(&io, READ16, 10, 9, true, LENGTHS(512, 1024, 512, 2048, 512));
    assert_true(submit(&io));
    (void)expect_chain(FLUSH, 0, 0);
    answer(0);
    (void)expect_chain(IN, 10, 1536);
    answer(0);
    (void)expect_chain(IN, 13, 2560);
    assert_null(finished.Head);
    answer(0);
    (void)expect_chain(IN, 18, 512);
    answer(0);
    expect_result(&io, BlkResultOk, 0);
    expect_idle();
}

static void split_at_the_size_limit(void **state)
{
    struct io io;

    (void)state;
    options.size_max = 1024;
    options.segments = 3;
    start();
    io_init(&io, WRITE16, 0, 8, false, LENGTHS(2560, 1536));
    assert_true(submit(&io));
    assert_int_equal(expect_chain(OUT, 0, 2560)->data[2].bytes, 512);
    answer(0);
    assert_int_equal(expect_chain(OUT, 5, 1536)->data[1].bytes, 512);
    answer(0);
    expect_result(&io, BlkResultOk, 0);
}

static void split_when_the_size_limit_is_no_sector(void **state)
{
    struct io io;

    (void)state;
    options.size_max = 1000; /* the device checks that no segment is longer */
    options.segments = 3;
    start();
    io_init(&io, READ16, 0, 8, false, LENGTHS(4096));
    assert_true(submit(&io));
    (void)expect_chain(IN, 0, 1536);
    answer(0);
    (void)expect_chain(IN, 3, 1536);
    answer(0);
    (void)expect_chain(IN, 6, 1024);
    answer(0);
    expect_result(&io, BlkResultOk, 0);
}

/* A chain cut at a limit ends on a logical block, wherever that is in the list: QEMU refuses one that does not. */
static void split_ends_on_a_block(void **state)
{
    static const struct {
        uint32_t lengths[8], size_max, bytes[5];
    } cases[] = {
        {{2048, 4096, 6144, 0}, 0, {4096, 8192, 0}},             /* cut within the second segment */
        {{4096, 1024, 7168, 0}, 0, {4096, 8192, 0}},             /* the second goes back whole */
        {{4096, 4096, 4096, 0}, 0, {8192, 4096, 0}},             /* nothing to cut */
        {{12288, 0}, 3072, {4096, 4096, 4096, 0}},               /* pieces of size_max */
        {{4097, 4095, 4096, 0}, 0, {8192, 4096, 0}},             /* odd, but whole blocks together */
        {{4095, 4098, 4095, 0}, 0, {8192, 4096, 0}},             /* one byte goes back */
        {{4095, 4096, 4097, 0}, 0, {4096, 8192, 0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t sector = 8;
        struct io io;

        setup(NULL);
        options.segments = 2;
        options.size_max = cases[i].size_max;
        options.block_bytes = 4096;
        start();
        for (uint32_t at = 0; at < 3 * 4096; at++) {
            bench.device.cache[4096 + at] = (uint8_t)(at / 13);
        }
        io_init(&io, READ16, 1, 3, false, cases[i].lengths);
        assert_true(submit(&io));
        for (unsigned chain = 0; cases[i].bytes[chain] != 0; chain++) {
            (void)expect_chain(IN, sector, cases[i].bytes[chain]);
            sector += cases[i].bytes[chain] / 512;
            answer(0);
        }
        expect_result(&io, BlkResultOk, 0);
        assert_memory_equal(bench.data, bench.device.cache + 4096, 3 * 4096);
        if (i + 1 < sizeof(cases) / sizeof(cases[0])) {
            blk_bench_stop(&bench);
        }
    }
}

/* VERIFY(16) of ranges whose bytes, or even sectors, do not fit in 32 bits. */
static void verify_large_ranges(void **state)
{
    static const struct {
        uint32_t block, blocks;
    } cases[] = {{512, 0x00800000}, {512, 0x00800001}, {4096, 0x00100001}, {512, 0xFFFFFFFF}, {4096, 0x20000001}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t next = 8, end = 8 + (uint64_t)cases[i].blocks * (cases[i].block / 512);
        struct io io;

        options = blk_bench_usual();
        options.block_bytes = cases[i].block;
        options.scratch_bytes = 0x40000;
        options.segments = 62;
        options.dataless = true;
        options.sectors = 1ull << 50;
        start();
        bench.disk.WriteCache = false;
        io_init(&io, VERIFY16, 8 / (cases[i].block / 512), cases[i].blocks, false, LENGTHS(1));
        assert_true(submit(&io));
        while (next != end) {
            const struct blk_chain *chain;

            blk_bench_take(&bench);
            assert_int_equal(bench.device.pending_count, 1);
            chain = &bench.device.pending[0];
            assert_true(chain->type == IN && chain->sector == next && chain->bytes / 512 <= end - next);
            next += chain->bytes / 512;
            for (unsigned piece = 0; piece < chain->pieces; piece++) {
                assert_int_equal(chain->data[piece].address, BLK_BENCH_DMA + bench.layout.ScratchOffset);
                assert_true(chain->data[piece].bytes <= options.scratch_bytes);
            }
            assert_null(finished.Head);
            answer(0);
        }
        expect_result(&io, BlkResultOk, 0);
        expect_idle();
        blk_bench_stop(&bench);
    }
    setup(NULL);
    start();
}

/* A bug once: with a size_max that is no multiple of the block size, chains ended within blocks. */
static void verify_ends_on_a_block(void **state)
{
    static const uint32_t limits[] = {5000, 1536, 2048, 4096};
    static const uint32_t first[] = {12288, 4096, 4096, 12288}; /* of three segments */

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t sector = 16;
        struct io io;

        setup(NULL);
        options.segments = 3;
        options.block_bytes = 4096;
        options.size_max = limits[i];
        start();
        bench.disk.WriteCache = false;
        io_init(&io, VERIFY16, 2, 6, false, LENGTHS(1));
        assert_true(submit(&io));
        for (uint32_t left = 6 * 4096; left != 0; left -= first[i]) {
            (void)expect_chain(IN, sector, first[i]);
            sector += first[i] / 512;
            answer(0);
        }
        expect_result(&io, BlkResultOk, 0);
        if (i != 3) {
            blk_bench_stop(&bench);
        }
    }
}

/* Segments that together do not hold a block. */
static void verify_of_blocks_that_fit_no_chain_is_refused(void **state)
{
    struct io io;

    (void)state;
    options.segments = 3;
    options.block_bytes = 4096;
    options.size_max = 1024;
    start();
    bench.disk.WriteCache = false;
    io_init(&io, VERIFY16, 2, 6, false, LENGTHS(1));
    assert_false(submit(&io));
    io_init(&io, READ16, 2, 1, false, LENGTHS(4096));
    assert_false(submit(&io));
    expect_idle();
}

static void verify_without_scratch_is_refused(void **state)
{
    struct io io;

    (void)state;
    options.scratch_bytes = 0; /* dump mode */
    start();
    bench.disk.WriteCache = false;
    io_init(&io, VERIFY16, 0, 1, false, LENGTHS(1));
    assert_false(submit(&io));
    expect_idle();
    bench.disk.WriteCache = true; /* the flush comes first, the refusal after it */
    io_init(&io, VERIFY16, 0, 1, false, LENGTHS(1));
    assert_true(submit(&io));
    (void)expect_chain(FLUSH, 0, 0);
    answer(0);
    expect_result(&io, BlkResultSense, TARGET_FAILURE);
    expect_idle();
}

static const struct CMUnitTest tests[] = {
    TEST(layout_refuses), TEST(layout_refuses_chains_longer_than_the_queue), TEST(layout_has_room),
    TEST(layout_for_dumps), TEST(chain_of_read_and_write), TEST(chain_counts_sectors_of_512),
    TEST(chain_of_a_large_transfer), TEST(chain_ends_with_the_command), TEST(chain_of_flush), TEST(chain_of_unmap),
    TEST(get_id), TEST(get_id_refused), TEST(get_id_of_a_device_that_does_not_pad), TEST(steps_with_a_cache),
    TEST(steps_end_with_an_error), TEST(split_at_the_segment_limit), TEST(split_at_the_size_limit),
    TEST(split_when_the_size_limit_is_no_sector), TEST(split_ends_on_a_block), TEST(verify_large_ranges),
    TEST(verify_ends_on_a_block), TEST(verify_of_blocks_that_fit_no_chain_is_refused),
    TEST(verify_without_scratch_is_refused),
};

UNIT_MAIN(tests)
