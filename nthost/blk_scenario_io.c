/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Scenarios that move data and compare it.
 */
#include <stdio.h>

#include "blk_scenario.h"

#define VERIFIED_BYTES (32ull << 20)

static void run_one(struct bench *b, const struct workload *w)
{
    struct workload_result *r = &b->result;

    workload_run(b, w, r);
    if (b->gone || b->options->fail_nth != 0)
        return;
    if (b->options->verify)
        workload_verify_second_path(b, w, r);
    if (r->ios != w->count && w->seconds == 0)
        bench_fail(b, "%llu of %llu I/Os were done", (unsigned long long)r->ios, (unsigned long long)w->count);
    if (r->errors != 0)
        bench_fail(b, "%llu I/Os failed", (unsigned long long)r->errors);
    /* A reset after a timeout brings a forgotten doorbell or interrupt back: the I/O succeeds, the driver is wrong. */
    if (b->options->fault_count == 0 && adapter_counts(b->adapter)->timeouts != 0)
        bench_fail(b, "%llu requests timed out on a device that does not misbehave",
                   (unsigned long long)adapter_counts(b->adapter)->timeouts);
}

void scenario_workload(struct bench *b)
{
    if (bench_must_start(b))
        run_one(b, &b->options->workload);
    bench_unload(b);
}

void scenario_third_party(struct bench *b)
{
    scenario_workload(b);
}

static void workload_parse_scaled(struct workload *w, const char *text, uint64_t scale)
{
    workload_parse(w, text);
    w->count *= scale;
}

/* Kit test "Disk Stress": sizes and depths that Windows uses, aligned and not, one after the other on one adapter. */
void scenario_disk_stress(struct bench *b)
{
    static const char *const texts[] = {
        "mixed:bs=512:qd=32:count=2000",        "mixed:bs=4k:qd=1:count=300",
        "mixed:bs=4k:qd=128:count=4000",        "randwrite:bs=4k:burst=64:count=4096",
        "mixed:bs=64k:qd=16:count=500:read=50", "mixed:bs=1M:qd=4:count=60",
        "write:bs=256k:qd=8:count=200",         "randread:bs=8k:burst=32:count=3200",
        "mixed:bs=1536:qd=20:count=1000:fua=1",
    };
    struct workload_result total = {0};

    if (bench_must_start(b)) {
        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]) && b->failures == 0; i++) {
            struct workload w;

            workload_parse_scaled(&w, texts[i], b->options->repeat != 0 ? b->options->repeat : 1);
            if (w.block_bytes % b->disk.block_bytes != 0 || w.block_bytes > b->image_bytes)
                continue;
            run_one(b, &w);
            total.ios += b->result.ios;
            total.bytes += b->result.bytes;
            total.second_path_sectors += b->result.second_path_sectors;
            total.miscompares += b->result.miscompares;
        }
        bench_note(b, "%llu I/Os of %llu MiB in all, %llu sectors compared through the image",
                   (unsigned long long)total.ios, (unsigned long long)(total.bytes >> 20),
                   (unsigned long long)total.second_path_sectors);
        b->result.miscompares = total.miscompares;
    }
    bench_unload(b);
}

/* Kit test "Disk Verification": everything written, everything read. */
void scenario_disk_verification(struct bench *b)
{
    struct workload w;

    if (bench_must_start(b)) {
        uint64_t bytes = b->disk.blocks * b->disk.block_bytes < VERIFIED_BYTES ? b->disk.blocks * b->disk.block_bytes
                                                                               : VERIFIED_BYTES;

        workload_parse(&w, "write:bs=64k:qd=16");
        w.span = bytes;
        w.count = bytes / w.block_bytes;
        run_one(b, &w);
        workload_parse(&w, "read:bs=64k:qd=16");
        w.span = bytes;
        w.count = bytes / w.block_bytes;
        run_one(b, &w);
        workload_parse(&w, "mixed:bs=4k:qd=32:count=4000"); /* and the end of the disk */
        if (b->disk.blocks * b->disk.block_bytes > VERIFIED_BYTES)
            w.offset = b->disk.blocks * b->disk.block_bytes - VERIFIED_BYTES;
        run_one(b, &w);
    }
    bench_unload(b);
}
