/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The random requests of blk_engine_property: what is asked (blk_random_make.c), what must come of it
 * (blk_random_check.c). One run is one disk with its engine; a job is one request at a time, with memory of its own.
 */
#ifndef BLK_RANDOM_H
#define BLK_RANDOM_H

#include "blk_bench.h"

#define JOBS_MAX 300
#define SEGMENTS_MAX 300

/* What a request still has to do, in this order. */
enum phase { PHASE_FLUSH_BEFORE, PHASE_TRANSFER, PHASE_FLUSH_AFTER, PHASE_DONE };

struct job {
    BLK_REQUEST request;
    BLK_SEGMENT segment[SEGMENTS_MAX];
    bool active, taken, malformed;
    unsigned order; /* of submission */
    uint32_t sense; /* of an error that the device was told to report, 0 none */
    enum phase phase;
    bool flush_before, flush_after;
    uint64_t next, end; /* sectors of the transfer */
    uint8_t *image; /* what its memory looks like in the end; of a write: from the beginning */
    unsigned flushes; /* the device had done at submission */
};

struct run {
    struct blk_bench bench;
    uint64_t random;
    struct job *jobs;
    unsigned job_count, active, orders, last_taken;
    uint32_t request_bytes, region_bytes;
    unsigned error_percent, reset_permille;
    uint8_t *model; /* the disk as completed requests leave it */
    uint16_t *readers;
    bool *writer;
    unsigned long finished;
    bool reaping; /* BlkEngineReap is on the stack */
};

/* Below `limit`; the sequence follows from run->random, which is the seed at first. */
uint32_t blk_random_below(struct run *run, uint32_t limit);
bool blk_random_chance(struct run *run, uint32_t percent);

/* Any disk that the driver can meet. */
void blk_random_options(struct run *run, struct blk_bench_options *options);
void blk_random_start(struct run *run, const struct blk_bench_options *options);
void blk_random_stop(struct run *run);

/* A request that conflicts with no other: ranges that are written belong to one. False when there was none. */
bool blk_random_make(struct run *run, struct job *job);
/* Its ranges are free again. */
void blk_random_release(struct run *run, const struct job *job);

/* The job's memory, where the device sees it. */
uint8_t *blk_random_region(struct run *run, const struct job *job);

/* The device is about to execute this chain of the job: it must be the next step. */
void blk_random_check_chain(struct run *run, struct job *job, const struct blk_chain *chain);

/* A request came back: result, data, durability. reset: from BlkEngineDetachAll. */
void blk_random_check_result(struct run *run, struct job *job, bool reset);

#endif
