/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the tests of the request engine share: one bench (blk_bench.h) per test, requests with their segment lists, and
 * what a test expects of the chain that the device takes and of the result that comes back. Included once per program.
 */
#ifndef BLK_ENGINE_IO_H
#define BLK_ENGINE_IO_H

#include "unit.h"

#include "blk_bench.h"
#include "unmap.h"

#define MEDIUM_READ 0x031100u
#define MEDIUM_WRITE 0x030C00u
#define TARGET_FAILURE 0x044400u
#define INVALID_OPCODE 0x052000u

enum { READ16 = 0x88, WRITE16 = 0x8A, VERIFY16 = 0x8F, SYNC16 = 0x91 };
enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11 };

static struct blk_bench bench;
static BLK_REQUEST_LIST finished;
static struct blk_bench_options options;

static inline int setup(void **state)
{
    (void)state;
    options = blk_bench_usual();
    BlkListInit(&finished);
    memset(&bench, 0, sizeof(bench));
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    blk_bench_stop(&bench);
    return 0;
}

static inline void start(void)
{
    blk_bench_start(&bench, &options);
}

struct io {
    BLK_REQUEST request;
    BLK_SEGMENT segment[64];
    uint32_t bytes;
};

/* One segment after the other from the beginning of the data memory, `offset` further on; lengths end with 0. */
static inline void io_segments(struct io *io, uint64_t offset, const uint32_t *lengths)
{
    uint32_t count = 0;

    io->bytes = 0;
    for (; lengths[count] != 0; count++) {
        io->segment[count] = (BLK_SEGMENT){.Address = BLK_BENCH_DATA + offset + io->bytes, .Bytes = lengths[count]};
        io->bytes += lengths[count];
    }
    io->request.Segments = io->segment;
    io->request.SegmentCount = count;
}

static inline void io_init(struct io *io, uint8_t code, uint64_t lba, uint32_t blocks, bool fua,
                           const uint32_t *lengths)
{
    uint8_t cdb[16];

    memset(io, 0xEE, sizeof(*io)); /* an SRB extension is not cleared */
    io->request.Context = io;
    io_segments(io, 0, lengths);
    blk_bench_cdb16(cdb, code, lba, blocks, fua);
    io->request.Command = blk_bench_command(&bench, cdb, blocks * options.block_bytes);
    assert_int_not_equal(io->request.Command.Operation, BlkOperationRefuse);
}

#define LENGTHS(...) ((const uint32_t[]){__VA_ARGS__, 0})

static inline bool submit(struct io *io)
{
    return BlkEngineSubmit(&bench.engine, &bench.disk, &io->request);
}

/* The next finished request; NULL when there is none. */
static inline BLK_REQUEST *next_finished(void)
{
    BLK_REQUEST *request = finished.Head;

    if (request != NULL) {
        finished.Head = request->Next;
        if (finished.Head == NULL) {
            BlkListInit(&finished);
        }
    }
    return request;
}

static inline void expect_result(const struct io *io, BLK_RESULT result, uint32_t sense)
{
    BLK_REQUEST *request = next_finished();

    assert_ptr_equal(request, &io->request);
    assert_int_equal(request->Result, result);
    if (result == BlkResultSense) {
        assert_int_equal(request->Sense, sense);
    }
    assert_null(next_finished());
}

static inline bool reap(void)
{
    return BlkEngineReap(&bench.engine, &bench.disk, &finished);
}

/* The device takes exactly one chain, of this kind. */
static inline const struct blk_chain *expect_chain(uint32_t type, uint64_t sector, uint32_t bytes)
{
    const struct blk_chain *chain;

    blk_bench_take(&bench);
    assert_int_equal(bench.device.pending_count, 1);
    chain = &bench.device.pending[0];
    assert_int_equal(chain->type, type);
    assert_int_equal(chain->sector, sector);
    assert_int_equal(chain->bytes, bytes);
    return chain;
}

static inline void answer(uint8_t status)
{
    blk_device_complete(&bench.device, 0, status, 0);
    assert_true(reap());
}

static inline void expect_idle(void)
{
    unsigned free_slots = 0;

    for (const BLK_SLOT *slot = bench.engine.FreeSlots; slot != NULL; slot = slot->NextFree) {
        assert_null(slot->Request);
        free_slots++;
    }
    assert_int_equal(free_slots, options.slots);
    assert_int_equal(VirtqueueFreeCount(&bench.engine.Queue), options.queue_size);
    assert_false(BlkEngineBusy(&bench.engine));
    assert_null(finished.Head);
}

static inline void init_unmap(struct io *io)
{
    uint8_t list[8 + 32] = {0, 38, 0, 32, [15] = 10, [19] = 100, [31] = 200, [35] = 1};
    uint8_t cdb[16] = {0x42, [8] = sizeof(list)};

    memset(io, 0xEE, sizeof(*io));
    io->request.Context = io;
    io->request.Command = blk_bench_command(&bench, cdb, sizeof(list));
    assert_int_equal(io->request.Command.Operation, BlkOperationUnmap);
    assert_int_equal(BlkParseUnmap(&bench.disk, cdb, list, sizeof(list), io->request.Discard,
                                   &io->request.DiscardCount), 0);
}

static inline void init_get_id(struct io *io)
{
    memset(io, 0xEE, sizeof(*io));
    io->request.Context = io;
    io->request.Command = (BLK_COMMAND){.Operation = BlkOperationGetId};
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
