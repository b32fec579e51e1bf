/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * config-change: the host makes the disk larger and smaller. The driver notices by the configuration interrupt, reports
 * a unit attention (SBC-3: 6/2A/09, capacity data has changed) and answers the next READ CAPACITY with the new size;
 * also in the middle of I/O, when queue and configuration interrupts come together.
 */
#include <stdio.h>
#include <string.h>

#include "blk_scenario.h"

#define CHANGES_UNDER_LOAD 20u
#define NOTICE_US 5000000u
#define CAPACITY_CHANGED 0x062A09u

static void set_sectors(struct bench *b, uint64_t sectors)
{
    char command[160];

    if (b->options->use_model) {
        model_set_capacity(b->bus, sectors);
        return;
    }
    snprintf(command, sizeof(command), "{\"execute\":\"block_resize\",\"arguments\":{\"device\":\"d0\",\"size\":%llu}}",
             (unsigned long long)(sectors * SECTOR_BYTES));
    if (!qemu_qmp(b->bus, command, NULL, 0))
        environment_failed("QEMU does not resize the image");
}

static bool bus_change(void *context)
{
    return adapter_bus_changed(context);
}

static bool notices(struct bench *b, uint64_t sectors)
{
    if (thread_wait(bus_change, b->adapter, NOTICE_US))
        return true;
    bench_fail(b, "the driver has not noticed the new capacity of %llu sectors within five seconds",
               (unsigned long long)sectors);
    return false;
}

static void expect_attention(struct bench *b, bool wanted)
{
    struct command c = {.cdb = {0x00}, .cdb_length = 6, .no_retry = true};
    const struct request *r = &c.result;
    uint32_t sense;

    disk_command(b, &c);
    sense = (uint32_t)(r->sense[2] & 0xF) << 16 | (uint32_t)r->sense[12] << 8 | r->sense[13];
    if (wanted && (r->srb_status != SRB_STATUS_ERROR || !r->sense_valid || sense != CAPACITY_CHANGED))
        bench_fail(b,
                   "after a change of capacity TEST UNIT READY ends with SRB status %02x, sense %06x; expected unit "
                   "attention 062a09",
                   r->srb_status, (unsigned)sense);
    if (!wanted && r->srb_status != SRB_STATUS_SUCCESS)
        bench_fail(b, "the unit attention is reported a second time (SRB status %02x, sense %06x)", r->srb_status,
                   (unsigned)sense);
}

static void expect_capacity(struct bench *b, uint64_t sectors)
{
    if (!disk_read_capacity(b))
        bench_fail(b, "READ CAPACITY failed");
    else if (b->disk.blocks != sectors / (b->disk.block_bytes / SECTOR_BYTES))
        bench_fail(b, "READ CAPACITY says %llu blocks, the device has %llu sectors", (unsigned long long)b->disk.blocks,
                   (unsigned long long)sectors);
}

static void change_quietly(struct bench *b, uint64_t sectors)
{
    uint8_t data[4096];

    adapter_bus_changed(b->adapter);
    set_sectors(b, sectors);
    if (!notices(b, sectors))
        return;
    expect_attention(b, true);
    expect_attention(b, false);
    expect_capacity(b, sectors);
    if (!disk_transfer(b, false, b->disk.blocks - 1, 1, data))
        bench_fail(b, "the last block of the new capacity cannot be read");
    if (disk_transfer(b, false, b->disk.blocks, 1, data))
        bench_fail(b, "a block past the new capacity was read");
}

static void change_under_load(struct bench *b, uint64_t smallest)
{
    struct workload_run *run;
    struct workload w;
    uint64_t sectors = smallest;

    workload_parse(&w, "mixed:bs=4k:qd=16:count=1000000000:span=4M");
    b->options->verify = true;
    memset(&b->result, 0, sizeof(b->result));
    run = workload_begin(b, &w, &b->result);
    for (unsigned i = 0; i < CHANGES_UNDER_LOAD && b->failures == 0; i++) {
        sectors = smallest + 2048u * (1 + (i + 1) % 3);
        adapter_bus_changed(b->adapter);
        set_sectors(b, sectors);
        notices(b, sectors);
    }
    workload_stop(run);
    workload_join(run);
    expect_capacity(b, sectors);
    if (b->result.errors != 0)
        bench_fail(b, "%llu I/Os failed while the capacity changed", (unsigned long long)b->result.errors);
    if (b->result.ios == 0)
        bench_fail(b, "no I/O was done while the capacity changed");
    bench_note(b, "%u changes in the middle of %llu I/Os", CHANGES_UNDER_LOAD, (unsigned long long)b->result.ios);
}

void scenario_config_change(struct bench *b)
{
    uint64_t sectors = b->image_bytes / SECTOR_BYTES;

    if (bench_must_start(b)) {
        change_quietly(b, sectors * 2);
        change_quietly(b, sectors);
        change_quietly(b, sectors * 3);
        change_under_load(b, sectors);
    }
    bench_unload(b);
}
