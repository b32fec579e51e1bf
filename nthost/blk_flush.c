/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * flush: what has been flushed survives. On the model the bench counts the sectors that a power cut would lose, and
 * then cuts the power; on QEMU it counts the flushes that reached the drive.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk_scenario.h"

#define BLOCKS 16u
#define FINAL_LBA 4096u

void prepare_flush(struct blk_options *options)
{
    faults_apply(options);
    options->model.track = 1;
}

/* Sectors that are volatile (model), or flushes seen so far (QEMU). */
static uint64_t observe(struct bench *b)
{
    static char answer[65536];
    static const char name[] = "\"flush_operations\": ";
    const char *at = NULL;

    if (b->options->use_model)
        return model_volatile_sectors(b->bus);
    if (!qemu_qmp(b->bus, "{\"execute\":\"query-blockstats\"}", answer, sizeof(answer)))
        environment_failed("QEMU does not tell its block statistics");
    /* The last one is the device's; before it come those of the file below. */
    for (const char *next = strstr(answer, name); next != NULL; next = strstr(next + 1, name))
        at = next;
    if (at == NULL)
        environment_failed("QEMU's block statistics do not count flushes");
    return strtoull(at + strlen(name), NULL, 10);
}

static bool write_blocks(struct bench *b, uint64_t lba, uint8_t seed, uint8_t opcode, bool fua)
{
    uint32_t bytes = BLOCKS * b->disk.block_bytes;
    uint8_t *data = malloc(bytes);
    struct command c = {.cdb = {opcode, fua ? 8 : 0}, .out = true, .transfer = bytes, .data = data};
    bool good;

    if (data == NULL)
        environment_failed("out of memory");
    memset(data, seed, bytes);
    if (opcode == 0x8A) {
        c.cdb_length = 16;
        c.cdb[8] = (uint8_t)(lba >> 8);
        c.cdb[9] = (uint8_t)lba;
        c.cdb[13] = BLOCKS;
    } else if (opcode == 0xAA) {
        c.cdb_length = 12;
        c.cdb[4] = (uint8_t)(lba >> 8);
        c.cdb[5] = (uint8_t)lba;
        c.cdb[9] = BLOCKS;
    } else {
        c.cdb_length = 10;
        c.cdb[4] = (uint8_t)(lba >> 8);
        c.cdb[5] = (uint8_t)lba;
        c.cdb[8] = BLOCKS;
    }
    good = disk_command(b, &c) == SRB_STATUS_SUCCESS;
    free(data);
    if (!good)
        bench_fail(b, "write with operation code %02x failed", opcode);
    return good;
}

static void expect_flushed(struct bench *b, const char *what, uint64_t before)
{
    uint64_t now = observe(b);

    if (b->options->use_model && now != 0)
        bench_fail(b, "%s: %llu sectors would still be lost by a power cut", what, (unsigned long long)now);
    if (!b->options->use_model && b->disk.write_cache && now <= before)
        bench_fail(b, "%s: no flush reached the drive", what);
}

/* After a plain write something has to be volatile, or the checks that follow prove nothing. */
static void dirty(struct bench *b, uint64_t lba)
{
    write_blocks(b, lba, (uint8_t)(0x30 + lba % 64), 0x2A, false);
    if (b->options->use_model && b->disk.write_cache && observe(b) == 0)
        bench_fail(b, "a plain write left nothing volatile although the disk reports a write cache");
}

static void flush_by_command(struct bench *b, const char *what, uint8_t opcode, uint8_t length)
{
    struct command c = {.cdb = {opcode}, .cdb_length = length};
    uint64_t before = observe(b);

    dirty(b, 64);
    if (disk_command(b, &c) != SRB_STATUS_SUCCESS)
        bench_fail(b, "%s failed: SRB status %02x", what, c.result.srb_status);
    expect_flushed(b, what, before);
}

static void flush_by_function(struct bench *b, const char *what, uint8_t function)
{
    struct command c = {.function = function, .no_sense = true, .no_retry = true};
    uint64_t before = observe(b);

    if (!adapter_config(b->adapter)->CachesData)
        return; /* "Only performed by the miniport driver if it sets CachesData == TRUE" */
    dirty(b, 96);
    if (disk_command(b, &c) != SRB_STATUS_SUCCESS)
        bench_fail(b, "%s failed: SRB status %02x", what, c.result.srb_status);
    expect_flushed(b, what, before);
}

static void force_unit_access(struct bench *b)
{
    static const uint8_t opcodes[] = {0x2A, 0xAA, 0x8A};

    for (unsigned i = 0; i < sizeof(opcodes); i++) {
        uint64_t before = observe(b);

        write_blocks(b, 128 + 32 * i, 0x77, opcodes[i], true);
        expect_flushed(b, "write with FUA", before);
    }
}

/* One flush in the middle of I/O covers the writes that were answered before it. */
static void power_cut(struct bench *b)
{
    uint8_t *data = malloc(BLOCKS * b->disk.block_bytes);
    uint32_t sectors = BLOCKS * b->disk.block_bytes / SECTOR_BYTES;
    uint64_t lost;

    if (data == NULL)
        environment_failed("out of memory");
    write_blocks(b, FINAL_LBA, 0xA1, 0x2A, false);
    if (disk_flush(b) != SRB_STATUS_SUCCESS)
        bench_fail(b, "SYNCHRONIZE CACHE failed");
    write_blocks(b, FINAL_LBA + BLOCKS, 0xA2, 0x2A, false);
    b->gone = true; /* for plug and play: what the driver knows of the device is no longer true */
    lost = model_power_cut(b->bus);
    if (!model_disk_read(b->bus, (uint64_t)FINAL_LBA * b->disk.block_bytes / SECTOR_BYTES, data, sectors))
        environment_failed("the model's disk cannot be read");
    for (uint32_t i = 0; i < sectors * SECTOR_BYTES; i++) {
        if (data[i] != 0xA1) {
            bench_fail(b, "byte %u of a write that was flushed is lost after the power cut", (unsigned)i);
            break;
        }
    }
    bench_note(b, "power cut: %llu unflushed sectors lost, none of the flushed", (unsigned long long)lost);
    free(data);
}

void scenario_flush(struct bench *b)
{
    uint64_t before;

    if (bench_must_start(b)) {
        flush_by_command(b, "SYNCHRONIZE CACHE(10)", 0x35, 10);
        flush_by_command(b, "SYNCHRONIZE CACHE(16)", 0x91, 16);
        flush_by_function(b, "SRB_FUNCTION_FLUSH", SRB_FUNCTION_FLUSH);
        flush_by_function(b, "SRB_FUNCTION_SHUTDOWN", SRB_FUNCTION_SHUTDOWN);
        force_unit_access(b);
        dirty(b, 64);
        before = observe(b);
        adapter_power_down(b->adapter, false);
        expect_flushed(b, "power down", before);
        if (!adapter_power_up(b->adapter))
            bench_fail(b, "the miniport does not come back from D3: %s", adapter_failure(b->adapter));
        bench_note(b, "write cache %s", b->disk.write_cache ? "on" : "off");
        if (b->options->use_model && b->failures == 0)
            power_cut(b);
    }
    bench_unload(b);
}
