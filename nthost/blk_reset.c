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
