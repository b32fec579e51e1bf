/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The workload engine. Each job is a thread with its share of the queue depth; an I/O of the workload becomes as many
 * requests as a class driver would make of it (MaximumTransferLength, NumberOfPhysicalBreaks). A burst is submitted at
 * DISPATCH_LEVEL without a yield in between, as a file system that sends several requests does. Ranges in flight are
 * never overlapped by another I/O.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blk.h"

#define DEFAULT_SPAN (64ull << 20)
#define MAXIMUM_TRIES 100u /* classpnp gives up earlier; here a storm of resets must not hide an I/O that never works \
                            */
#define READ_BACK_LIMIT (8ull << 20)
#define LATENCIES_KEPT 1000000u

struct piece {
    struct request request;
    struct io *owner;
    unsigned tries;
    uint64_t lba;
    uint32_t blocks;
};

struct io {
    struct job *job;
    bool write, busy, finished, failed;
    uint64_t chunk, started_us;
    unsigned piece_count, pending;
    struct piece *pieces;
};

struct job {
    struct workload_run *run;
    struct io *ios;
    unsigned io_count, idle;
    thread *worker;
};

struct workload_run {
    struct bench *bench;
    const struct workload *workload;
    struct workload_result *result;
    struct job *jobs;
    unsigned job_count, threads_left;
    uint64_t chunks, next_sequential, started, wanted, span, first_block;
    uint32_t chunk_blocks, piece_bytes;
    uint8_t *chunk_busy;
    uint32_t *latencies;
    uint64_t latency_count, latency_capacity, deadline_us, random;
    bool stop;
};

static uint64_t next_random(struct workload_run *run)
{
    uint64_t x = run->random += 0x9E3779B97F4A7C15ull;

    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
    return x ^ (x >> 31);
}

static uint64_t sector_of(const struct bench *b, uint64_t lba)
{
    return lba * (b->disk.block_bytes / SECTOR_BYTES);
}

static uint64_t sectors_of(const struct bench *b, uint32_t blocks)
{
    return (uint64_t)blocks * (b->disk.block_bytes / SECTOR_BYTES);
}

/* ---- completion, at DISPATCH_LEVEL ---- */

static void record_latency(struct workload_run *run, const struct io *io)
{
    uint64_t us = clock_us() - io->started_us;

    run->latencies[run->latency_count++ % run->latency_capacity] = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

static void check_piece(struct workload_run *run, struct piece *p)
{
    struct bench *b = run->bench;
    struct request *r = &p->request;
    uint64_t wrong = 0;

    request_check_buffer(r);
    if (r->srb_status == SRB_STATUS_SUCCESS && r->transferred == r->transfer) {
        if (b->options->verify && !p->owner->write &&
            !pattern_check(r->buffer->bytes, sector_of(b, p->lba), sectors_of(b, p->blocks), &wrong)) {
            run->result->miscompares++;
            bench_fail(b, "sector %llu read through the driver is not what was written there",
                       (unsigned long long)wrong);
        }
        return;
    }
    if (run->result->errors < 3 && !p->owner->failed && !b->options->quiet)
        fprintf(stderr,
                "nthost: I/O failed: %s of %u blocks at %llu: SRB status %02x, SCSI status %02x, sense %x/%02x/%02x, "
                "%u of %u bytes\n",
                p->owner->write ? "write" : "read", (unsigned)p->blocks, (unsigned long long)p->lba, r->srb_status,
                r->scsi_status, r->sense_valid ? r->sense[2] & 0xF : 0, r->sense_valid ? r->sense[12] : 0,
                r->sense_valid ? r->sense[13] : 0, (unsigned)r->transferred, (unsigned)r->transfer);
    p->owner->failed = true;
    if (p->owner->write && b->options->verify)
        pattern_forget(sector_of(b, p->lba), sectors_of(b, p->blocks));
}

static void piece_done(struct request *r)
{
    struct piece *p = r->context;
    struct io *io = p->owner;
    struct workload_run *run = io->job->run;

    if (r->srb_status != SRB_STATUS_SUCCESS && disk_retries(r) && ++p->tries < MAXIMUM_TRIES && !run->bench->gone) {
        run->result->retries++;
        request_submit(run->bench->adapter, r);
        return;
    }
    if (--io->pending != 0)
        return;
    record_latency(run, io);
    io->finished = true;
    io->job->idle++;
}

/* ---- submission ---- */

static bool choose_chunk(struct workload_run *run, struct io *io)
{
    const struct workload *w = run->workload;
    bool sequential = w->kind == WORKLOAD_READ || w->kind == WORKLOAD_WRITE;

    for (unsigned tries = 0; tries < 1000; tries++) {
        uint64_t chunk = sequential ? run->next_sequential++ % run->chunks : next_random(run) % run->chunks;

        if (run->chunk_busy[chunk])
            continue;
        run->chunk_busy[chunk] = 1;
        io->chunk = chunk;
        return true;
    }
    return false;
}

static bool wants_write(struct workload_run *run)
{
    const struct workload *w = run->workload;

    if (w->kind == WORKLOAD_MIXED)
        return next_random(run) % 100 >= w->read_percent;
    return w->kind == WORKLOAD_RANDWRITE || w->kind == WORKLOAD_WRITE;
}

static void prepare_io(struct workload_run *run, struct io *io)
{
    struct bench *b = run->bench;
    uint64_t lba = run->first_block + io->chunk * run->chunk_blocks;
    uint32_t piece_blocks = run->piece_bytes / b->disk.block_bytes;

    io->write = wants_write(run);
    io->busy = true;
    io->finished = io->failed = false;
    io->pending = io->piece_count;
    if (io->write && b->options->verify)
        pattern_next(sector_of(b, lba), sectors_of(b, run->chunk_blocks));
    for (unsigned i = 0; i < io->piece_count; i++) {
        struct piece *p = &io->pieces[i];
        struct io_buffer *buffer = p->request.buffer;
        uint32_t left = run->chunk_blocks - i * piece_blocks;

        p->lba = lba + (uint64_t)i * piece_blocks;
        p->blocks = left < piece_blocks ? left : piece_blocks;
        p->tries = 0;
        p->request = (struct request){.buffer = buffer, .done = piece_done, .context = p};
        disk_cdb_transfer(b, &p->request, io->write, p->lba, p->blocks, run->workload->fua && io->write);
        if (b->options->verify && io->write)
            pattern_fill(buffer->bytes, sector_of(b, p->lba), sectors_of(b, p->blocks));
        else if (b->options->verify)
            memset(buffer->bytes, 0xDB, p->request.transfer);
    }
}

static void submit_io(struct workload_run *run, struct io *io)
{
    io->started_us = clock_us();
    io->job->idle--;
    for (unsigned i = 0; i < io->piece_count; i++)
        request_submit(run->bench->adapter, &io->pieces[i].request);
}

static void collect(struct workload_run *run, struct io *io)
{
    struct workload_result *result = run->result;

    for (unsigned i = 0; i < io->piece_count; i++) {
        check_piece(run, &io->pieces[i]);
        result->requests++;
    }
    result->ios++;
    result->bytes += run->workload->block_bytes;
    if (io->failed)
        result->errors++;
    run->chunk_busy[io->chunk] = 0;
    io->busy = false;
}

static bool may_start(const struct workload_run *run)
{
    return !run->stop && run->started < run->wanted && !run->bench->gone &&
           (run->deadline_us == 0 || clock_us() < run->deadline_us);
}

static bool has_finished(void *context)
{
    const struct job *job = context;

    for (unsigned i = 0; i < job->io_count; i++) {
        if (job->ios[i].finished)
            return true;
    }
    return false;
}

static bool all_idle(void *context)
{
    const struct job *job = context;

    return job->idle == job->io_count;
}

static void collect_finished(struct job *job)
{
    for (unsigned i = 0; i < job->io_count; i++) {
        if (job->ios[i].finished) {
            job->ios[i].finished = false;
            collect(job->run, &job->ios[i]);
        }
    }
}

/* Prepares up to `limit` free I/Os; returns how many. */
static unsigned prepare_some(struct job *job, unsigned limit, struct io **list)
{
    struct workload_run *run = job->run;
    unsigned count = 0;

    for (unsigned i = 0; i < job->io_count && count < limit && may_start(run); i++) {
        if (job->ios[i].busy || !choose_chunk(run, &job->ios[i]))
            continue;
        run->started++;
        prepare_io(run, &job->ios[i]);
        list[count++] = &job->ios[i];
    }
    return count;
}

static void submit_burst(struct workload_run *run, struct io **list, unsigned count)
{
    uint8_t old = irql_raise(DISPATCH_LEVEL);

    no_yield_begin();
    for (unsigned i = 0; i < count; i++)
        submit_io(run, list[i]);
    no_yield_end();
    irql_lower(old);
}

static void job_main(void *context)
{
    struct job *job = context;
    struct workload_run *run = job->run;
    unsigned burst = run->workload->burst;
    struct io **list = calloc(job->io_count, sizeof(*list));

    if (list == NULL)
        environment_failed("out of memory");
    while (may_start(run) || job->idle != job->io_count) {
        unsigned count = prepare_some(job, job->io_count, list);

        if (burst != 0)
            submit_burst(run, list, count);
        else {
            for (unsigned i = 0; i < count; i++)
                submit_io(run, list[i]);
        }
        thread_wait(burst != 0 ? all_idle : has_finished, job,
                    burst != 0 || job->idle != job->io_count ? UINT64_MAX : 0);
        collect_finished(job);
    }
    collect_finished(job);
    free(list);
    run->threads_left--;
}

/* ---- set-up and results ---- */

static void create_io(struct workload_run *run, struct job *job, struct io *io)
{
    struct bench *b = run->bench;
    uint32_t mask = adapter_config(b->adapter)->AlignmentMask;

    io->job = job;
    io->piece_count = (run->workload->block_bytes + run->piece_bytes - 1) / run->piece_bytes;
    io->pieces = calloc(io->piece_count, sizeof(*io->pieces));
    if (io->pieces == NULL)
        environment_failed("out of memory");
    for (unsigned i = 0; i < io->piece_count; i++) {
        uint32_t offset = next_random(run) % 2 != 0 ? (uint32_t)(next_random(run) % 4096) & ~(mask | 3u) : 0;

        io->pieces[i].owner = io;
        io->pieces[i].request.buffer = io_buffer_create(b->adapter, run->piece_bytes, offset);
    }
}

static void create_jobs(struct workload_run *run)
{
    const struct workload *w = run->workload;
    uint32_t depth = w->burst != 0 ? w->burst : w->queue_depth;

    run->job_count = w->burst != 0 ? 1 : w->jobs != 0 ? w->jobs : cpu_count();
    if (run->job_count > depth)
        run->job_count = depth;
    run->jobs = calloc(run->job_count, sizeof(*run->jobs));
    for (unsigned i = 0; run->jobs != NULL && i < run->job_count; i++) {
        struct job *job = &run->jobs[i];

        job->run = run;
        job->io_count = job->idle = depth / run->job_count + (i < depth % run->job_count);
        job->ios = calloc(job->io_count, sizeof(*job->ios));
        for (unsigned n = 0; job->ios != NULL && n < job->io_count; n++)
            create_io(run, job, &job->ios[n]);
    }
}

static void measure_layout(struct workload_run *run)
{
    const struct workload *w = run->workload;
    struct bench *b = run->bench;
    uint64_t disk_bytes = b->disk.blocks * b->disk.block_bytes,
             offset = w->offset / b->disk.block_bytes * b->disk.block_bytes;

    if (w->block_bytes % b->disk.block_bytes != 0)
        environment_failed("block size %u of the workload is no multiple of the disk's %u", w->block_bytes,
                           b->disk.block_bytes);
    if (offset + w->block_bytes > disk_bytes)
        environment_failed("the workload starts at byte %llu of a disk of %llu bytes", (unsigned long long)offset,
                           (unsigned long long)disk_bytes);
    uint64_t depth = w->burst != 0 ? w->burst : w->queue_depth;

    run->span = w->span != 0 ? w->span : DEFAULT_SPAN;
    if (w->span == 0 && run->span < 2 * depth * w->block_bytes)
        run->span = 2 * depth * w->block_bytes; /* each I/O in flight has a place of its own, drawn by lot */
    if (run->span > disk_bytes - offset)
        run->span = disk_bytes - offset;
    run->chunks = run->span / w->block_bytes;
    if (run->chunks < depth)
        environment_failed("%llu I/Os of %llu bytes in flight do not fit the %llu bytes that the workload may use",
                           (unsigned long long)depth, (unsigned long long)w->block_bytes, (unsigned long long)run->span);
    run->chunk_blocks = w->block_bytes / b->disk.block_bytes;
    run->first_block = offset / b->disk.block_bytes;
    run->piece_bytes = w->block_bytes < b->disk.transfer_limit
                           ? w->block_bytes
                           : b->disk.transfer_limit / b->disk.block_bytes * b->disk.block_bytes;
}

struct workload_run *workload_begin(struct bench *b, const struct workload *w, struct workload_result *result)
{
    struct workload_run *run = calloc(1, sizeof(*run));

    if (run == NULL)
        environment_failed("out of memory");
    run->bench = b;
    run->workload = w;
    run->result = result;
    run->wanted = w->count;
    run->random = b->options->seed ^ 0x6A09E667F3BCC909ull;
    measure_layout(run);
    if (b->options->verify) {
        pattern_init(b, sector_of(b, run->first_block), run->chunks * w->block_bytes / SECTOR_BYTES);
        pattern_write_image(b, sector_of(b, run->first_block), run->chunks * w->block_bytes / SECTOR_BYTES);
    }
    run->chunk_busy = calloc((size_t)run->chunks, 1);
    run->latency_capacity = w->count < LATENCIES_KEPT ? w->count : LATENCIES_KEPT;
    run->latencies = calloc((size_t)run->latency_capacity, sizeof(*run->latencies));
    create_jobs(run);
    if (run->chunk_busy == NULL || run->latencies == NULL || run->jobs == NULL)
        environment_failed("out of memory");
    run->deadline_us = w->seconds != 0 ? clock_us() + (uint64_t)w->seconds * 1000000u : 0;
    run->threads_left = run->job_count;
    for (unsigned i = 0; i < run->job_count; i++)
        run->jobs[i].worker = thread_create("workload", job_main, &run->jobs[i]);
    return run;
}

void workload_stop(struct workload_run *run)
{
    run->stop = true;
}

bool workload_running(const struct workload_run *run)
{
    return run->threads_left != 0;
}

uint64_t workload_ios(const struct workload_run *run)
{
    return run->result->ios;
}

static int compare_latency(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static void summarize_latencies(struct workload_run *run)
{
    uint64_t count = run->latency_count < run->latency_capacity ? run->latency_count : run->latency_capacity;

    if (count == 0)
        return;
    qsort(run->latencies, (size_t)count, sizeof(*run->latencies), compare_latency);
    run->result->p50_us = run->latencies[count / 2];
    run->result->p99_us = run->latencies[count * 99 / 100];
    run->result->max_us = run->latencies[count - 1];
}

void workload_join(struct workload_run *run)
{
    for (unsigned i = 0; i < run->job_count; i++)
        thread_join(run->jobs[i].worker);
    summarize_latencies(run);
    for (unsigned i = 0; i < run->job_count; i++) {
        for (unsigned n = 0; n < run->jobs[i].io_count; n++) {
            for (unsigned p = 0; p < run->jobs[i].ios[n].piece_count; p++)
                io_buffer_destroy(run->jobs[i].ios[n].pieces[p].request.buffer);
            free(run->jobs[i].ios[n].pieces);
        }
        free(run->jobs[i].ios);
    }
    free(run->jobs);
    free(run->latencies);
    free(run->chunk_busy);
    free(run);
}

static double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void workload_run(struct bench *b, const struct workload *w, struct workload_result *result)
{
    uint64_t interrupts = interrupt_count(), allocations = ram_driver_allocations(), instructions = instruction_count();
    double started = now_seconds();
    struct workload_run *run;

    memset(result, 0, sizeof(*result));
    access_counters_reset();
    if (b->options->count_instructions)
        instruction_count_enable(true);
    run = workload_begin(b, w, result);
    workload_join(run);
    if (b->options->count_instructions)
        instruction_count_enable(false);
    result->seconds = now_seconds() - started;
    result->interrupts = interrupt_count() - interrupts;
    result->pool_allocations = ram_driver_allocations() - allocations;
    result->instructions = instruction_count() - instructions;
    result->doorbells = b->doorbells.writes;
    result->isr_reads = b->isr.reads;
    result->other_mmio = access_other_count() + b->common.reads + b->common.writes + b->config.reads +
                         b->config.writes + b->doorbells.reads + b->isr.writes;
    b->measured = true;
}

void workload_verify_second_path(struct bench *b, const struct workload *w, struct workload_result *result)
{
    struct workload_run layout = {.bench = b, .workload = w};
    uint64_t limit, sectors;
    uint32_t step;
    uint8_t *data;

    measure_layout(&layout);
    step = layout.piece_bytes / b->disk.block_bytes;
    limit = layout.chunks * layout.chunk_blocks;
    if (disk_flush(b) != SRB_STATUS_SUCCESS)
        bench_fail(b, "SYNCHRONIZE CACHE after the workload failed");
    result->miscompares += pattern_check_image(b, &result->second_path_sectors);
    data = malloc(layout.piece_bytes);
    if (data == NULL)
        environment_failed("out of memory");
    if (limit > READ_BACK_LIMIT / b->disk.block_bytes)
        limit = READ_BACK_LIMIT / b->disk.block_bytes;
    for (uint64_t at = 0; at < limit; at += step) {
        uint32_t blocks = limit - at < step ? (uint32_t)(limit - at) : step;
        uint64_t lba = layout.first_block + at, wrong = 0;

        sectors = sectors_of(b, blocks);
        if (at / step % 4 == 0) { /* the host writes, the driver reads */
            pattern_next(sector_of(b, lba), sectors);
            pattern_write_image(b, sector_of(b, lba), sectors);
        }
        if (!disk_transfer(b, false, lba, blocks, data)) {
            result->errors++;
            bench_fail(b, "reading block %llu back failed", (unsigned long long)lba);
        } else if (!pattern_check(data, sector_of(b, lba), sectors, &wrong)) {
            result->miscompares++;
            bench_fail(b, "second path: sector %llu read through the driver is not what the host wrote to the image",
                       (unsigned long long)wrong);
        }
        result->second_path_sectors += sectors;
    }
    free(data);
}
