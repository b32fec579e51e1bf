/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Resets of the logical unit, the target and the bus, with and without outstanding requests. Every request ends exactly
 * once; the port driver checks that a reset leaves none behind, the workload that no data is lost or mixed up.
 */
#include <string.h>

#include "blk_scenario.h"

#define MODEL_RESETS 100000u
#define QEMU_RESETS 1000u
#define RESETS_WITH_IO 50u

static void expect_reset(struct bench *b, uint8_t function)
{
    uint8_t status = adapter_reset_by_srb(b->adapter, function);

    if (status != SRB_STATUS_SUCCESS)
        bench_fail(b, "reset (SRB function %02x) ended with SRB status %02x", function, status);
}

static void expect_bus_reset(struct bench *b)
{
    if (!adapter_reset_bus(b->adapter))
        bench_fail(b, "HwStorResetBus returned FALSE");
}

/* The disk still is what it was. */
static void expect_working(struct bench *b)
{
    struct workload w;

    workload_parse(&w, "mixed:bs=4k:qd=16:count=500:span=4M");
    b->options->verify = true;
    workload_run(b, &w, &b->result);
    workload_verify_second_path(b, &w, &b->result);
    if (b->result.errors != 0 || b->result.ios != w.count)
        bench_fail(b, "after the resets %llu of %llu I/Os were done, %llu failed", (unsigned long long)b->result.ios,
                   (unsigned long long)w.count, (unsigned long long)b->result.errors);
}

static bool wait_ios(void *context)
{
    uint64_t *pair = context;

    return *(volatile uint64_t *)(uintptr_t)pair[0] >= pair[1];
}

/* Lets the workload do `ios` more. */
static void let_work(struct workload_result *result, struct workload_run *run, uint64_t ios)
{
    uint64_t pair[2] = {(uintptr_t)&result->ios, result->ios + ios};

    (void)run;
    thread_wait(wait_ios, pair, 1000000);
}

/* Resets in the middle of I/O, `count` of them in turn. */
static void reset_under_load(struct bench *b, uint64_t count, bool bus)
{
    struct workload_run *run;
    struct workload w;
    uint64_t outstanding = 0, done = 0;

    workload_parse(&w, "mixed:bs=4k:qd=32:count=1000000000:span=4M");
    b->options->verify = true;
    memset(&b->result, 0, sizeof(b->result));
    run = workload_begin(b, &w, &b->result);
    for (; done < count; done++) {
        let_work(&b->result, run, 1 + cpu_random() % 20);
        outstanding += adapter_outstanding(b->adapter);
        if (bus)
            expect_bus_reset(b);
        else
            expect_reset(b, done % 2 == 0 ? SRB_FUNCTION_RESET_LOGICAL_UNIT : SRB_FUNCTION_RESET_DEVICE);
    }
    workload_stop(run);
    workload_join(run);
    if (b->result.errors != 0)
        bench_fail(b, "%llu I/Os failed for good although each may be sent again after a reset",
                   (unsigned long long)b->result.errors);
    if (outstanding == 0)
        bench_fail(b, "no request was outstanding at any of the resets: nothing was tested");
    bench_note(b, "%llu resets, %llu requests outstanding at them, %llu sent again", (unsigned long long)done,
               (unsigned long long)outstanding, (unsigned long long)b->result.retries);
}

void scenario_lun_reset(struct bench *b)
{
    if (bench_must_start(b)) {
        expect_reset(b, SRB_FUNCTION_RESET_LOGICAL_UNIT);
        expect_reset(b, SRB_FUNCTION_RESET_DEVICE);
        expect_working(b);
    }
    bench_unload(b);
}

void scenario_lun_reset_with_io(struct bench *b)
{
    if (bench_must_start(b)) {
        reset_under_load(b, b->options->repeat != 0 ? b->options->repeat : RESETS_WITH_IO, false);
        expect_working(b);
    }
    bench_unload(b);
}

void scenario_bus_reset(struct bench *b)
{
    if (bench_must_start(b)) {
        expect_bus_reset(b);
        expect_reset(b, SRB_FUNCTION_RESET_BUS);
        reset_under_load(b, b->options->repeat != 0 ? b->options->repeat : RESETS_WITH_IO, true);
        expect_working(b);
    }
    bench_unload(b);
}

void scenario_resets(struct bench *b)
{
    uint64_t count = b->options->repeat != 0 ? b->options->repeat
                     : b->bus->real_time     ? QEMU_RESETS
                                             : MODEL_RESETS,
             memory;

    if (bench_must_start(b)) {
        expect_bus_reset(b);
        memory = ram_driver_allocations();
        for (uint64_t i = 1; i < count && b->failures == 0; i++) {
            if (i % 3 == 0)
                expect_bus_reset(b);
            else
                expect_reset(b, i % 3 == 1 ? SRB_FUNCTION_RESET_LOGICAL_UNIT : SRB_FUNCTION_RESET_DEVICE);
        }
        if (ram_driver_allocations() != memory)
            bench_fail(b, "the resets allocated memory %llu times",
                       (unsigned long long)(ram_driver_allocations() - memory));
        expect_working(b);
        bench_note(b, "%llu resets", (unsigned long long)count);
    }
    bench_unload(b);
}

/* ---- aborts ---- */

#define ABORT_ROUNDS 50u
#define ABORT_REQUESTS 8u

static bool all_finished(void *context)
{
    const struct request *requests = context;

    for (unsigned i = 0; i < ABORT_REQUESTS; i++) {
        if (!requests[i].finished)
            return false;
    }
    return true;
}

static uint8_t abort_request(struct bench *b, struct request *victim)
{
    struct request r = {.function = SRB_FUNCTION_ABORT_COMMAND, .bypass = true, .target_request = victim};

    return request_execute(b->adapter, &r);
}

/* "A miniport driver sets this status [ABORTED] in the NextSrb for a successful SRB_FUNCTION_ABORT_COMMAND request";
 * the others come back as after a reset, or done. */
static void judge_abort(struct bench *b, const struct request *requests, unsigned victim, uint8_t status,
                        unsigned *aborted)
{
    for (unsigned i = 0; i < ABORT_REQUESTS; i++) {
        uint8_t got = requests[i].srb_status;

        if (i == victim && status == SRB_STATUS_SUCCESS && got != SRB_STATUS_ABORTED)
            bench_fail(b, "the abort succeeded, but its victim ended with SRB status %02x", got);
        else if (got != SRB_STATUS_SUCCESS && got != SRB_STATUS_BUS_RESET && got != SRB_STATUS_ABORTED)
            bench_fail(b, "a request beside an aborted one ended with SRB status %02x", got);
        else if (got == SRB_STATUS_ABORTED && i != victim)
            bench_fail(b, "a request that was not to be aborted ended with SRB_STATUS_ABORTED");
    }
    if (status == SRB_STATUS_SUCCESS)
        (*aborted)++;
    else if (status != SRB_STATUS_ABORT_FAILED)
        bench_fail(b, "SRB_FUNCTION_ABORT_COMMAND ended with SRB status %02x", status);
}

void scenario_abort(struct bench *b)
{
    static struct request requests[ABORT_REQUESTS];
    struct io_buffer *buffers[ABORT_REQUESTS];
    unsigned aborted = 0;

    if (bench_must_start(b)) {
        for (unsigned i = 0; i < ABORT_REQUESTS; i++)
            buffers[i] = io_buffer_create(b->adapter, 65536, 0);
        for (unsigned round = 0; round < ABORT_ROUNDS && b->failures == 0; round++) {
            unsigned victim = (unsigned)(cpu_random() % ABORT_REQUESTS);

            for (unsigned i = 0; i < ABORT_REQUESTS; i++) {
                requests[i] = (struct request){.buffer = buffers[i]};
                disk_cdb_transfer(b, &requests[i], false, 128u * i, 65536 / b->disk.block_bytes, false);
                request_submit(b->adapter, &requests[i]);
            }
            uint8_t status = abort_request(b, &requests[victim]);

            if (!thread_wait(all_finished, requests, 60000000))
                bench_fail(b, "not every request beside an aborted one is completed");
            judge_abort(b, requests, victim, status, &aborted);
        }
        if (abort_request(b, NULL) != SRB_STATUS_ABORT_FAILED)
            bench_fail(b, "the abort of no request should end with SRB_STATUS_ABORT_FAILED");
        if (aborted == 0)
            bench_fail(b, "no request was caught outstanding: nothing was tested");
        for (unsigned i = 0; i < ABORT_REQUESTS; i++)
            io_buffer_destroy(buffers[i]);
        bench_note(b, "%u of %u requests were aborted", aborted, ABORT_ROUNDS);
        expect_working(b);
    }
    bench_unload(b);
}
