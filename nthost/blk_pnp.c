/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Plug and play and power under load: disable and enable, sleep, surprise removal.
 */
#include <stdio.h>
#include <string.h>

#include "blk_scenario.h"

#define CYCLES 10u

static bool ios_reached(void *context)
{
    const uint64_t *pair = context;

    return *(const volatile uint64_t *)(uintptr_t)pair[0] >= pair[1];
}

static struct workload_run *begin(struct bench *b, struct workload *w, const char *text)
{
    workload_parse(w, text);
    b->options->verify = true;
    memset(&b->result, 0, sizeof(b->result));
    return workload_begin(b, w, &b->result);
}

static void let_work(struct bench *b, uint64_t ios)
{
    uint64_t pair[2] = {(uintptr_t)&b->result.ios, b->result.ios + ios};

    if (!thread_wait(ios_reached, pair, 20000000))
        bench_fail(b, "I/O does not go on: no request was completed for 20 seconds");
}

static void finish(struct bench *b, struct workload_run *run, struct workload *w)
{
    workload_stop(run);
    workload_join(run);
    if (b->result.errors != 0)
        bench_fail(b, "%llu of %llu I/Os failed", (unsigned long long)b->result.errors,
                   (unsigned long long)b->result.ios);
    workload_verify_second_path(b, w, &b->result);
}

static void query_capabilities(struct bench *b)
{
    struct io_buffer *buffer = io_buffer_create(b->adapter, sizeof(STOR_DEVICE_CAPABILITIES), 0);
    STOR_DEVICE_CAPABILITIES *capabilities = (STOR_DEVICE_CAPABILITIES *)(void *)buffer->bytes;
    struct request r = {.function = SRB_FUNCTION_PNP,
                        .bypass = true,
                        .pnp_action = StorQueryCapabilities,
                        .buffer = buffer,
                        .transfer = buffer->size};

    memset(capabilities, 0, sizeof(*capabilities));
    capabilities->Version = 1;
    request_execute(b->adapter, &r);
    if (capabilities->DeviceD1 || capabilities->DeviceD2)
        bench_fail(b, "STOR_DEVICE_CAPABILITIES: \"Miniport drivers set this bit to 0\" (DeviceD1 %u, DeviceD2 %u)",
                   capabilities->DeviceD1, capabilities->DeviceD2);
    io_buffer_destroy(buffer);
}

void scenario_pnp(struct bench *b)
{
    uint64_t cycles = b->options->repeat != 0 ? b->options->repeat : CYCLES;
    struct workload_run *run;
    struct workload w;

    if (bench_must_start(b)) {
        run = begin(b, &w, "mixed:bs=4k:qd=16:count=1000000000:span=4M");
        query_capabilities(b);
        for (uint64_t i = 0; i < cycles; i++) {
            let_work(b, 20);
            adapter_stop(b->adapter);
            pci_device_disable(&b->device);
            pci_device_setup(&b->device, b->bus); /* a rebalance: other addresses */
            bench_counters_place(b);
            if (adapter_start(b->adapter))
                continue;
            bench_fail(b, "the miniport does not start again: %s", adapter_failure(b->adapter));
            break;
        }
        let_work(b, 20);
        finish(b, run, &w);
        bench_note(b, "%llu stops and starts with I/O, %llu I/Os", (unsigned long long)cycles,
                   (unsigned long long)b->result.ios);
    }
    bench_unload(b);
}

void scenario_sleep(struct bench *b)
{
    uint64_t cycles = b->options->repeat != 0 ? b->options->repeat : CYCLES;
    struct workload_run *run;
    struct workload w;

    if (bench_must_start(b)) {
        run = begin(b, &w, "mixed:bs=4k:qd=16:count=1000000000:span=4M");
        for (uint64_t i = 0; i < cycles; i++) {
            let_work(b, 20);
            adapter_power_down(b->adapter, false);
            if (adapter_power_up(b->adapter))
                continue;
            bench_fail(b, "the miniport does not come back from D3: %s", adapter_failure(b->adapter));
            break;
        }
        let_work(b, 20);
        finish(b, run, &w);
        bench_note(b, "%llu sleeps with I/O, %llu I/Os", (unsigned long long)cycles, (unsigned long long)b->result.ios);
    }
    bench_unload(b);
}

/* ---- the scheduler's choices ---- */

/* A little of everything under load, so that other seeds bring other interleavings. */
void scenario_seed_run(struct bench *b)
{
    struct workload_run *run;
    struct workload w;

    if (bench_must_start(b)) {
        run = begin(b, &w, "mixed:bs=4k:qd=24:count=1000000000:span=1M");
        let_work(b, 20);
        adapter_reset_bus(b->adapter);
        let_work(b, 20);
        adapter_reset_by_srb(b->adapter, SRB_FUNCTION_RESET_LOGICAL_UNIT);
        adapter_power_down(b->adapter, false);
        if (!adapter_power_up(b->adapter))
            bench_fail(b, "the miniport does not come back from D3: %s", adapter_failure(b->adapter));
        let_work(b, 20);
        finish(b, run, &w);
    }
    bench_unload(b);
}

int scenario_seeds(const struct blk_options *options)
{
    uint64_t count = options->repeat != 0 ? options->repeat : 50;
    struct blk_options o = *options;

    o.scenario = "seed-run";
    o.quiet = true;
    for (uint64_t i = 0; i < count; i++) {
        int status;

        o.seed = options->seed + i;
        o.processors = 1 + (unsigned)(i % 4);
        o.adapter.msix = i / 4 % 2 != 0;
        o.model.vectors = i / 8 % 3;
        status = child_run(&o, NULL);
        if (status != EXIT_OK) {
            fprintf(stderr,
                    "nthost: seed %llu (--scenario seed-run --seed %llu --processors %u --irq %s --model "
                    "vectors=%llu): exit status %d\n",
                    (unsigned long long)o.seed, (unsigned long long)o.seed, o.processors,
                    o.adapter.msix ? "msix" : "intx", (unsigned long long)o.model.vectors, status);
            return status;
        }
    }
    printf("ok: seeds: %llu runs\n", (unsigned long long)count);
    return EXIT_OK;
}

/* ---- surprise removal ---- */

/* One life of a device that is pulled at --surprise-at: start, I/O, reset, more I/O. Whatever the step, every request
 * ends and nothing leaks. */
void scenario_surprise(struct bench *b)
{
    struct workload_run *run;
    struct workload w;

    if (bench_start(b)) {
        run = begin(b, &w, "mixed:bs=4k:qd=8:count=40:span=1M");
        workload_join(run);
        if (!b->gone)
            adapter_reset_bus(b->adapter);
        if (!b->gone)
            disk_flush(b);
    } else if (!b->gone)
        bench_fail(b, "the miniport does not start: %s", b->note);
    bench_unload(b);
}

int scenario_surprise_remove(const struct blk_options *options)
{
    struct blk_options o = *options;
    struct child_report report;
    uint64_t steps, stride, runs = 0;
    int status;

    o.scenario = "surprise";
    o.quiet = true;
    status = child_run(&o, &report); /* never pulled: how many steps there are */
    if (status != EXIT_OK)
        return status;
    steps = report.steps;
    stride = options->repeat != 0 ? steps / options->repeat + 1 : 1;
    for (uint64_t step = 1 + options->seed % stride; step <= steps; step += stride, runs++) {
        o.surprise_at = step;
        status = child_run(&o, NULL);
        if (status != EXIT_OK) {
            fprintf(stderr,
                    "nthost: surprise removal at step %llu of %llu (--scenario surprise --surprise-at %llu --seed "
                    "%llu): exit status %d\n",
                    (unsigned long long)step, (unsigned long long)steps, (unsigned long long)step,
                    (unsigned long long)options->seed, status);
            return status;
        }
    }
    printf("ok: surprise-remove: pulled at %llu of %llu steps\n", (unsigned long long)runs, (unsigned long long)steps);
    return EXIT_OK;
}
