/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The driver's engine and the test's device (blk_device.h) on one virtqueue, in memory that lies above 4 GiB for the
 * device. The block of DMA memory and the private state are exact allocations: a step beyond either is found by the
 * sanitizer, DMA beyond by the device.
 */
#ifndef BLK_BENCH_H
#define BLK_BENCH_H

#include "blk_device.h"
#include "engine.h"

#define BLK_BENCH_DMA 0x0000000123450000ull
#define BLK_BENCH_DATA 0x00000A0000000000ull

struct blk_bench_options {
    uint16_t queue_size, slots, segments;
    uint32_t scratch_bytes;
    bool indirect, event_idx, polled;
    bool flush, write_cache, read_only; /* write_cache needs flush */
    uint32_t discard_segments; /* 0: not offered */
    uint32_t discard_sectors;
    uint32_t size_max;
    uint32_t block_bytes;
    uint64_t sectors;
    bool dataless;
    size_t data_bytes; /* of memory for the requests' buffers */
};

struct blk_bench {
    struct blk_bench_options options;
    uint64_t features;
    BLK_ENGINE engine;
    BLK_ENGINE_LAYOUT layout;
    BLK_DISK disk;
    struct blk_device device;
    uint8_t *dma, *state, *data;
};

/* A disk of 2048 sectors with everything offered, 8 slots on a queue of 64, 16 segments. */
struct blk_bench_options blk_bench_usual(void);

void blk_bench_start(struct blk_bench *bench, const struct blk_bench_options *options);
void blk_bench_stop(struct blk_bench *bench);

/* Shows the device what was added; rings when it wants to be told. */
void blk_bench_kick(struct blk_bench *bench);

/* Whether the driver would look at the ring now: it was interrupted or, polled, sees that there is something. */
bool blk_bench_driver_has_work(const struct blk_bench *bench);

/* Lets the device complete everything with OK and the driver reap on interrupts alone, until neither has anything to
   do. The finished requests are appended. False when Reap said that the device wrote nonsense. */
bool blk_bench_run(struct blk_bench *bench, BLK_REQUEST_LIST *finished);

/* Wakes the device and takes what is available. */
void blk_bench_take(struct blk_bench *bench);

/* A CDB through decoder and check, as the driver does it. bytes: of the data buffer. */
BLK_COMMAND blk_bench_command(const struct blk_bench *bench, const uint8_t *cdb, uint32_t bytes);

/* READ(16) and friends: operation code, blocks, FUA. */
void blk_bench_cdb16(uint8_t cdb[16], uint8_t code, uint64_t lba, uint32_t blocks, bool fua);

/* Whether this request's slot is the one the chain's header lies in. */
bool blk_bench_is_chain_of(const struct blk_bench *bench, const struct blk_chain *chain, const BLK_REQUEST *request);

#endif
