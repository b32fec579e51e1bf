/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Random requests on random disks: whatever the queue size, the limits, the order of completion, the errors and the
 * resets, every request comes back exactly once, with the right result and the right data, nobody is overtaken on the
 * way to the device, and neither a doorbell nor an interrupt is missing.
 *
 *   blk_engine_property [runs [first-seed]]
 *
 * A failure prints the command with the seed that repeats it. Needs no test library: the 32-bit build runs it, too.
 */
#include "blk_random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_device.h"

static unsigned long totals[BlkOperationGetId + 1], resets, errors;

/* As the driver does it: the first request rings at once, those behind it may leave that to later. */
static void ring(struct run *run)
{
    if (VirtqueueOutstandingCount(&run->bench.engine.Queue) == 1 || blk_random_chance(run, 50)) {
        blk_bench_kick(&run->bench);
    } else {
        VirtqueuePublish(&run->bench.engine.Queue);
    }
}

static void submit(struct run *run)
{
    struct job *job = NULL;

    for (unsigned i = 0, at = blk_random_below(run, run->job_count); i < run->job_count && job == NULL; i++) {
        job = &run->jobs[(at + i) % run->job_count];
        job = job->active ? NULL : job;
    }
    if (job == NULL || !blk_random_make(run, job)) {
        return;
    }
    job->phase = job->flush_before ? PHASE_FLUSH_BEFORE : PHASE_TRANSFER;
    job->flushes = run->bench.device.flushes;
    job->order = ++run->orders;
    if (!BlkEngineSubmit(&run->bench.engine, &run->bench.disk, &job->request)) {
        BLK_CHECK(job->malformed && BlkEngineFind(&run->bench.engine, job) == NULL);
        blk_random_release(run, job);
        return;
    }
    BLK_CHECK(BlkEngineFind(&run->bench.engine, job) == &job->request);
    job->active = true;
    run->active++;
    ring(run);
}

static struct job *job_of(struct run *run, const struct blk_chain *chain)
{
    for (unsigned i = 0; i < run->job_count; i++) {
        if (run->jobs[i].active && blk_bench_is_chain_of(&run->bench, chain, &run->jobs[i].request)) {
            return &run->jobs[i];
        }
    }
    blk_device_fail("a chain of no request: type %u, sector %llu", chain->type, (unsigned long long)chain->sector);
}

/* The device looks. First come, first served: a request's first chain does not overtake that of an earlier one. */
static void take(struct run *run)
{
    struct blk_device *device = &run->bench.device;
    unsigned before = device->pending_count;

    (void)blk_device_poll(device);
    for (unsigned i = before; i < device->pending_count; i++) {
        struct job *job = job_of(run, &device->pending[i]);

        BLK_CHECK(job->sense == 0 && job->phase != PHASE_DONE);
        if (!job->taken) {
            BLK_CHECK(job->order > run->last_taken);
            run->last_taken = job->order;
            job->taken = true;
        }
    }
}

static void complete_one(struct run *run, unsigned index)
{
    /* Sense of an IOERR, by operation. */
    static const uint32_t ioerr[] = {0x031100, 0x030C00, 0x031100, 0x030C00, 0x030C00};
    const struct blk_chain *chain = &run->bench.device.pending[index];
    struct job *job = job_of(run, chain);
    uint8_t status = 0;

    blk_random_check_chain(run, job, chain);
    if (blk_random_chance(run, run->error_percent)) {
        status = (uint8_t)(1 + blk_random_below(run, 2));
        errors++;
        if (job->request.Command.Operation != BlkOperationGetId) {
            job->sense = status == 1 ? ioerr[job->request.Command.Operation] : 0x052000;
        }
    }
    blk_device_complete(&run->bench.device, index, status, blk_random_below(run, 1 << 17));
}

/* Between two of the driver's instructions the device goes on. What it looked at before the driver's last store it does
   not look at again: a completion at this moment comes without an interrupt, and the driver has to see it by itself. */
static void race(void *context)
{
    struct run *run = context;
    struct blk_device *device = &run->bench.device;
    bool interrupt = device->interrupt;

    if (run->reaping && device->pending_count != 0 && blk_random_chance(run, 20)) {
        complete_one(run, blk_random_below(run, device->pending_count));
        device->interrupt = interrupt;
    } else if (!run->reaping && blk_random_chance(run, 10)) {
        take(run);
        blk_device_sleep(device);
    }
}

static void finish(struct run *run, const BLK_REQUEST *request, bool reset)
{
    struct job *job = request->Context;

    BLK_CHECK(&job->request == request && job->active);
    job->active = false;
    run->active--;
    run->finished++;
    totals[request->Command.Operation]++;
    blk_random_check_result(run, job, reset);
    blk_random_release(run, job);
}

static void finish_all(struct run *run, const BLK_REQUEST_LIST *finished, bool reset)
{
    BLK_REQUEST *next;

    for (BLK_REQUEST *request = finished->Head; request != NULL; request = next) {
        next = request->Next;
        finish(run, request, reset);
    }
}

static void reap(struct run *run)
{
    BLK_REQUEST_LIST finished;

    BlkListInit(&finished);
    run->bench.device.interrupt = false;
    run->reaping = true;
    BLK_CHECK(BlkEngineReap(&run->bench.engine, &run->bench.disk, &finished));
    run->reaping = false;
    finish_all(run, &finished, false);
    blk_bench_kick(&run->bench);
}

static void reset(struct run *run)
{
    BLK_REQUEST_LIST finished;

    BlkListInit(&finished);
    blk_device_reset(&run->bench.device);
    BlkEngineDetachAll(&run->bench.engine, BlkResultReset, &finished);
    finish_all(run, &finished, true);
    BLK_CHECK(run->active == 0);
    resets++;
}

static void one_operation(struct run *run)
{
    struct blk_device *device = &run->bench.device;
    uint32_t what = blk_random_below(run, 100);

    if (blk_random_below(run, 1000) < run->reset_permille) {
        reset(run);
    } else if (what < 30) {
        submit(run);
    } else if (what < 50) {
        take(run);
    } else if (what < 75 && device->pending_count != 0) {
        complete_one(run, blk_random_below(run, device->pending_count));
    } else if (what < 80) {
        take(run);
        blk_device_sleep(device);
    } else if (what < 95 ? device->interrupt || run->bench.options.polled : what < 97) {
        reap(run); /* sometimes without an interrupt */
    } else {
        blk_bench_kick(&run->bench);
    }
}

/* From here on nobody looks without being told: the device sleeps until the doorbell, the driver until the interrupt.
   What is still outstanding when both sleep has been lost. */
static void drain(struct run *run)
{
    struct blk_device *device = &run->bench.device;

    blk_bench_kick(&run->bench);
    while (device->awake || device->pending_count != 0 || blk_bench_driver_has_work(&run->bench)) {
        take(run);
        while (device->pending_count != 0) {
            complete_one(run, blk_random_below(run, device->pending_count));
        }
        blk_device_sleep(device);
        if (blk_bench_driver_has_work(&run->bench)) {
            reap(run);
        }
    }
    BLK_CHECK(run->active == 0 && !BlkEngineBusy(&run->bench.engine));
    BLK_CHECK(VirtqueueFreeCount(&run->bench.engine.Queue) == run->bench.options.queue_size);
    BLK_CHECK(memcmp(device->cache, run->model, (size_t)device->sectors * 512) == 0);
}

/* `count` random operations, or with fixed options as many as it takes to finish `count` requests. */
static void one_run(uint64_t seed, unsigned count, const struct blk_bench_options *fixed)
{
    struct run *run = calloc(1, sizeof(*run));
    struct blk_bench_options options;

    BLK_CHECK(run != NULL);
    run->random = seed;
    blk_random_options(run, &options);
    blk_random_start(run, fixed != NULL ? fixed : &options);
    run->error_percent = blk_random_chance(run, 50) ? 0 : 5;
    run->reset_permille = fixed != NULL || blk_random_chance(run, 50) ? 0 : 5;
    fake_at_full_barrier = race;
    fake_barrier_context = run;
    for (unsigned i = 0; fixed == NULL ? i < count : run->finished < count; i++) {
        one_operation(run);
    }
    drain(run);
    fake_at_full_barrier = NULL;
    blk_random_stop(run);
    free(run);
}

int main(int argc, char **argv)
{
    unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 0) : 300;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    static char context[128];

    blk_device_context = context;
    for (unsigned long i = 0; i < runs; i++, seed++) {
        snprintf(context, sizeof(context), "repeat with: %s 1 %llu\n", argv[0], (unsigned long long)seed);
        one_run(seed, 1500, NULL);
    }
    if (argc <= 2) {
        /* More than 65536 chains through one ring: the indexes wrap. */
        struct blk_bench_options options = blk_bench_usual();

        snprintf(context, sizeof(context), "repeat with: %s 0\n", argv[0]);
        options.queue_size = 16;
        options.segments = 14;
        options.sectors = 64;
        options.slots = 12;
        one_run(0, 70000, &options);
    }
    printf("%lu runs: %lu reads, %lu writes, %lu verifies, %lu flushes, %lu unmaps, %lu get-ids, %lu resets, "
           "%lu errors injected\n",
           runs, totals[BlkOperationRead], totals[BlkOperationWrite], totals[BlkOperationVerify],
           totals[BlkOperationFlush], totals[BlkOperationUnmap], totals[BlkOperationGetId], resets, errors);
    for (unsigned i = 0; i <= BlkOperationGetId; i++) {
        BLK_CHECK(runs < 100 || totals[i] != 0);
    }
    return 0;
}
