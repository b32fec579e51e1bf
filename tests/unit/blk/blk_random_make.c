/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See blk_random.h. */
#include "blk_random.h"

#include <stdlib.h>
#include <string.h>

#include "unmap.h"

#define GUARD 0xA5

uint32_t blk_random_below(struct run *run, uint32_t limit)
{
    uint64_t z = (run->random += 0x9E3779B97F4A7C15ull);

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return (uint32_t)((z ^ z >> 31) >> 32) % limit;
}

bool blk_random_chance(struct run *run, uint32_t percent)
{
    return blk_random_below(run, 100) < percent;
}

static uint32_t pick(struct run *run, const uint32_t *from, uint32_t count)
{
    return from[blk_random_below(run, count)];
}

uint8_t *blk_random_region(struct run *run, const struct job *job)
{
    return run->bench.data + (size_t)(job - run->jobs) * run->region_bytes;
}

void blk_random_options(struct run *run, struct blk_bench_options *options)
{
    static const uint32_t blocks[] = {512, 512, 1024, 2048, 4096};
    static const uint32_t size_limits[] = {0, 0, 512, 1000, 1024, 4096, 5000, 0x10000};
    uint32_t segments;

    memset(options, 0, sizeof(*options));
    options->queue_size = (uint16_t)(4u << blk_random_below(run, 7));
    options->slots = (uint16_t)(1 + blk_random_below(run, blk_random_chance(run, 50) ? 8 : 254));
    segments = 1 + blk_random_below(run, blk_random_chance(run, 50) ? 8 : 254);
    options->segments = (uint16_t)(segments < options->queue_size - 2u ? segments : options->queue_size - 2u);
    options->scratch_bytes = blk_random_chance(run, 10) ? 0 : 4096 * (1 + blk_random_below(run, 4));
    options->indirect = blk_random_chance(run, 50);
    options->event_idx = blk_random_chance(run, 50);
    options->polled = blk_random_chance(run, 10);
    options->flush = blk_random_chance(run, 75);
    options->write_cache = options->flush && blk_random_chance(run, 60);
    options->read_only = blk_random_chance(run, 5);
    options->discard_segments = blk_random_chance(run, 30) ? 0 : 1 + blk_random_below(run, 20);
    options->discard_sectors = 1 + blk_random_below(run, 200);
    options->size_max = pick(run, size_limits, 8);
    options->block_bytes = pick(run, blocks, 5);
    /* A device whose chains cannot hold a block is refused every request. */
    if (options->size_max != 0 && options->segments * (options->size_max / 512 * 512) < options->block_bytes) {
        options->size_max = 0;
    }
    options->sectors = 1024 + blk_random_below(run, 4096);
}

void blk_random_start(struct run *run, const struct blk_bench_options *wanted)
{
    struct blk_bench_options options = *wanted;
    uint32_t sectors = (uint32_t)options.sectors;

    run->job_count = 1 + blk_random_below(run, options.slots + 20u);
    if (run->job_count > JOBS_MAX) {
        run->job_count = JOBS_MAX;
    }
    run->request_bytes = (1u << 20) / run->job_count;
    if (run->request_bytes > (96u << 10)) {
        run->request_bytes = 96u << 10;
    }
    if (run->request_bytes > sectors * 512) {
        run->request_bytes = sectors * 512;
    }
    run->request_bytes = run->request_bytes / options.block_bytes * options.block_bytes;
    if (run->request_bytes == 0) {
        run->request_bytes = options.block_bytes;
    }
    run->region_bytes = run->request_bytes * 2 + 4096;
    options.data_bytes = (size_t)run->region_bytes * run->job_count;
    blk_bench_start(&run->bench, &options);
    run->bench.device.zero_length = blk_random_chance(run, 30);
    run->jobs = calloc(run->job_count, sizeof(*run->jobs));
    run->model = calloc(sectors, 512);
    run->readers = calloc(sectors, sizeof(*run->readers));
    run->writer = calloc(sectors, sizeof(*run->writer));
    BLK_CHECK(run->jobs != NULL && run->model != NULL && run->readers != NULL && run->writer != NULL);
    for (unsigned i = 0; i < run->job_count; i++) {
        run->jobs[i].image = malloc(run->region_bytes);
        BLK_CHECK(run->jobs[i].image != NULL);
    }
    for (uint32_t i = 0; i < sectors * 512; i++) {
        run->model[i] = (uint8_t)blk_random_below(run, 256);
    }
    memcpy(run->bench.device.cache, run->model, (size_t)sectors * 512);
    memcpy(run->bench.device.stable, run->model, (size_t)sectors * 512);
}

void blk_random_stop(struct run *run)
{
    for (unsigned i = 0; i < run->job_count; i++) {
        free(run->jobs[i].image);
    }
    free(run->jobs);
    free(run->model);
    free(run->readers);
    free(run->writer);
    blk_bench_stop(&run->bench);
}

/* A range that is being written belongs to one request; one that is being read to any number of readers. */
static bool lock_range(struct run *run, uint64_t sector, uint64_t count, bool write)
{
    for (uint64_t i = sector; i < sector + count; i++) {
        if (run->writer[i] || (write && run->readers[i] != 0)) {
            return false;
        }
    }
    for (uint64_t i = sector; i < sector + count; i++) {
        if (write) {
            run->writer[i] = true;
        } else {
            run->readers[i]++;
        }
    }
    return true;
}

static void unlock_range(struct run *run, uint64_t sector, uint64_t count, bool write)
{
    for (uint64_t i = sector; i < sector + count; i++) {
        if (write) {
            run->writer[i] = false;
        } else {
            run->readers[i]--;
        }
    }
}

/* A scatter/gather list for `bytes`: random pieces of whole sectors (of whole blocks, when a chain would otherwise not
   hold one), anywhere in the job's region, in any order; now
   and then more memory than is needed. */
static void make_list(struct run *run, struct job *job, uint32_t bytes)
{
    uint32_t style = blk_random_below(run, 3), offset = blk_random_below(run, 64), left = bytes, count = 0;
    uint32_t block = run->bench.options.block_bytes, order[SEGMENTS_MAX];
    uint32_t unit = run->bench.options.segments < block / 512 ? block : 512;

    while (left != 0) {
        uint32_t length = left;

        if (count < SEGMENTS_MAX - 2) {
            length = unit * (style == 0 ? 1 : 1 + blk_random_below(run, style == 1 ? 8 : 128));
        }
        job->segment[count].Bytes = length < left ? length : left;
        left -= job->segment[count].Bytes;
        order[count] = count;
        count++;
    }
    if (blk_random_chance(run, 10)) {
        job->segment[count].Bytes = 512;
        order[count] = count;
        count++;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = i + blk_random_below(run, count - i), at = order[other];

        order[other] = order[i];
        job->segment[at].Address = BLK_BENCH_DATA + (uint64_t)(blk_random_region(run, job) - run->bench.data) + offset;
        offset += job->segment[at].Bytes + blk_random_below(run, 4);
    }
    BLK_CHECK(offset <= run->region_bytes);
    job->request.Segments = job->segment;
    job->request.SegmentCount = count;
}

/* Copies between the disk's side and the memory image, along the list. */
static void scatter(const struct run *run, struct job *job, const uint8_t *data, uint32_t bytes)
{
    uint64_t base = BLK_BENCH_DATA + (uint64_t)(job - run->jobs) * run->region_bytes;

    for (uint32_t i = 0; bytes != 0; i++) {
        uint32_t length = job->segment[i].Bytes < bytes ? job->segment[i].Bytes : bytes;

        memcpy(job->image + (job->segment[i].Address - base), data, length);
        data += length;
        bytes -= length;
    }
}

static void put_big_endian(uint8_t *at, uint64_t value, unsigned bytes)
{
    while (bytes != 0) {
        at[--bytes] = (uint8_t)value;
        value >>= 8;
    }
}

/* Any of the forms that can say it. */
static void make_cdb(struct run *run, uint8_t operation, uint64_t lba, uint32_t blocks, bool fua, uint8_t *cdb)
{
    static const uint8_t codes[][4] = {{0x08, 0x28, 0xA8, 0x88}, {0x0A, 0x2A, 0xAA, 0x8A}, {0x2F, 0x2F, 0x8F, 0x8F},
                                       {0x35, 0x35, 0x91, 0x91}};
    uint32_t form = blk_random_below(run, 4);

    memset(cdb, 0, 16);
    if (form == 0 && operation <= BlkOperationWrite && (fua || blocks > 256)) {
        form = 1;
    }
    cdb[0] = codes[operation][form];
    cdb[1] = fua ? 0x08 : 0;
    if (cdb[0] == 0x08 || cdb[0] == 0x0A) {
        put_big_endian(cdb + 1, lba, 3);
        cdb[4] = (uint8_t)blocks;
    } else if (cdb[0] == 0xA8 || cdb[0] == 0xAA) {
        put_big_endian(cdb + 2, lba, 4);
        put_big_endian(cdb + 6, blocks, 4);
    } else if (cdb[0] >= 0x80) {
        put_big_endian(cdb + 2, lba, 8);
        put_big_endian(cdb + 10, blocks, 4);
    } else {
        put_big_endian(cdb + 2, lba, 4);
        put_big_endian(cdb + 7, blocks, 2);
    }
}

static void init_job(struct job *job)
{
    uint8_t *image = job->image;

    memset(job, 0xEE, sizeof(*job)); /* an SRB extension is not cleared */
    job->image = image;
    job->request.Context = job;
    job->active = job->taken = job->malformed = false;
    job->flush_before = job->flush_after = false;
    job->sense = 0;
    job->next = job->end = 0;
}

/* READ, WRITE or VERIFY of a free range; false when there was none. */
static bool make_transfer(struct run *run, struct job *job, uint8_t operation)
{
    const BLK_DISK *disk = &run->bench.disk;
    uint32_t most = operation == BlkOperationVerify ? (uint32_t)disk->Blocks : run->request_bytes >> disk->BlockShift;
    uint32_t blocks = 1 + blk_random_below(run, most < disk->Blocks ? most : (uint32_t)disk->Blocks);
    uint64_t lba = blk_random_below(run, (uint32_t)(disk->Blocks - blocks) + 1);
    uint32_t bytes = operation == BlkOperationVerify ? 0 : blocks << disk->BlockShift;
    bool fua = operation != BlkOperationVerify && blk_random_chance(run, 25), write = operation == BlkOperationWrite;
    uint8_t cdb[16];

    job->next = lba << disk->SectorShift;
    job->end = job->next + ((uint64_t)blocks << disk->SectorShift);
    if (!lock_range(run, job->next, job->end - job->next, write)) {
        return false;
    }
    make_cdb(run, operation, lba, blocks, fua, cdb);
    job->request.Command = blk_bench_command(&run->bench, cdb, bytes);
    BLK_CHECK(job->request.Command.Operation == operation);
    job->flush_before = disk->WriteCache && ((fua && !write) || operation == BlkOperationVerify);
    job->flush_after = disk->WriteCache && fua && write;
    memset(job->image, GUARD, run->region_bytes);
    if (operation == BlkOperationVerify) {
        job->malformed = run->bench.layout.ScratchBytes == 0;
    } else {
        make_list(run, job, bytes);
    }
    if (write) {
        for (uint32_t i = 0; i < run->region_bytes; i++) {
            job->image[i] = (uint8_t)blk_random_below(run, 256);
        }
    }
    memcpy(blk_random_region(run, job), job->image, run->region_bytes);
    if (operation == BlkOperationRead) {
        scatter(run, job, run->model + job->next * 512, bytes);
    }
    if (bytes != 0 && blk_random_chance(run, 2)) {
        uint64_t sum = 0;
        uint32_t count = 0;

        while (sum + job->segment[count].Bytes < bytes) {
            sum += job->segment[count++].Bytes;
        }
        job->request.SegmentCount = blk_random_below(run, count + 1);
        job->malformed = true;
    }
    return true;
}

static bool make_unmap(struct run *run, struct job *job)
{
    uint8_t list[8 + 3 * 16] = {0}, cdb[16] = {0x42, [8] = sizeof(list)};
    const BLK_DISK *disk = &run->bench.disk;
    uint32_t most = (disk->UnmapSectorsMax >> disk->SectorShift) / 3, used = 0;

    if (!disk->CanUnmap || disk->UnmapSegmentsMax < 3 || most == 0 || disk->ReadOnly) {
        return false;
    }
    put_big_endian(list, sizeof(list) - 2, 2);
    put_big_endian(list + 2, 48, 2);
    for (unsigned i = 0; i < 3; i++) {
        uint32_t blocks = blk_random_below(run, most) + (i == 0);
        uint64_t lba = blk_random_below(run, (uint32_t)disk->Blocks - blocks + 1);

        if (!lock_range(run, lba << disk->SectorShift, (uint64_t)blocks << disk->SectorShift, true)) {
            blocks = 0;
        }
        used += blocks;
        put_big_endian(list + 8 + i * 16, lba, 8);
        put_big_endian(list + 16 + i * 16, blocks, 4);
    }
    job->request.Command = blk_bench_command(&run->bench, cdb, sizeof(list));
    BLK_CHECK(job->request.Command.Operation == BlkOperationUnmap);
    BLK_CHECK(BlkParseUnmap(disk, cdb, list, sizeof(list), job->request.Discard, &job->request.DiscardCount) == 0);
    return used != 0;
}

bool blk_random_make(struct run *run, struct job *job)
{
    uint32_t kind = blk_random_below(run, 100);
    uint8_t cdb[16];

    init_job(job);
    if (kind < 40) {
        return make_transfer(run, job, BlkOperationRead);
    }
    if (kind < 75) {
        return !run->bench.disk.ReadOnly && make_transfer(run, job, BlkOperationWrite);
    }
    if (kind < 82) {
        return make_transfer(run, job, BlkOperationVerify);
    }
    if (kind < 90) {
        return make_unmap(run, job);
    }
    if (kind < 93) {
        job->request.Command = (BLK_COMMAND){.Operation = BlkOperationGetId};
        return true;
    }
    make_cdb(run, BlkOperationFlush, 0, 0, false, cdb);
    job->request.Command = blk_bench_command(&run->bench, cdb, 0);
    return job->request.Command.Operation == BlkOperationFlush;
}

void blk_random_release(struct run *run, const struct job *job)
{
    if (job->request.Command.Operation == BlkOperationUnmap) {
        for (uint32_t i = 0; i < job->request.DiscardCount; i++) {
            unlock_range(run, job->request.Discard[i].Sector, job->request.Discard[i].NumSectors, true);
        }
    } else if (job->end != 0) {
        uint64_t first = job->request.Command.Lba << run->bench.disk.SectorShift;

        unlock_range(run, first, job->end - first, job->request.Command.Operation == BlkOperationWrite);
    }
}

