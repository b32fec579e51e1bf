/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See blk_random.h. */
#include "blk_random.h"

#include <stdlib.h>
#include <string.h>

enum { TYPE_IN = 0, TYPE_OUT = 1, TYPE_FLUSH = 4, TYPE_GET_ID = 8, TYPE_DISCARD = 11 };

#define TARGET_FAILURE 0x044400u

static void gather(const struct run *run, const struct job *job, uint8_t *data, uint32_t bytes)
{
    uint64_t base = BLK_BENCH_DATA + (uint64_t)(job - run->jobs) * run->region_bytes;

    for (uint32_t i = 0; bytes != 0; i++) {
        uint32_t length = job->segment[i].Bytes < bytes ? job->segment[i].Bytes : bytes;

        memcpy(data, job->image + (job->segment[i].Address - base), length);
        data += length;
        bytes -= length;
    }
}

static void check_transfer(const struct run *run, struct job *job, const struct blk_chain *chain)
{
    static const uint32_t types[] = {TYPE_IN, TYPE_OUT, TYPE_IN, TYPE_FLUSH, TYPE_DISCARD, TYPE_GET_ID};

    BLK_CHECK(chain->type == types[job->request.Command.Operation]);
    if (chain->type > TYPE_OUT) {
        job->phase = PHASE_DONE;
        return;
    }
    BLK_CHECK(chain->sector == job->next && chain->bytes / 512 <= job->end - job->next);
    job->next += chain->bytes / 512;
    /* Only the last piece may have fewer segments than fit, or one that had to end on a logical block. */
    BLK_CHECK(job->next == job->end || chain->pieces == run->bench.options.segments ||
              run->bench.options.block_bytes != 512);
    if (job->next == job->end) {
        job->phase = job->flush_after ? PHASE_FLUSH_AFTER : PHASE_DONE;
    }
}

void blk_random_check_chain(struct run *run, struct job *job, const struct blk_chain *chain)
{
    if (job->phase == PHASE_TRANSFER) {
        check_transfer(run, job, chain);
        return;
    }
    BLK_CHECK(job->phase != PHASE_DONE && chain->type == TYPE_FLUSH);
    job->phase = job->phase == PHASE_FLUSH_BEFORE ? PHASE_TRANSFER : PHASE_DONE;
}

/* After a write or discard that did not come to its end: each sector is what it was, or what it was to be. */
static void check_torn(struct run *run, uint64_t sector, uint32_t count, const uint8_t *wanted)
{
    uint8_t *cache = run->bench.device.cache;

    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *now = cache + (sector + i) * 512;

        BLK_CHECK(memcmp(now, run->model + (sector + i) * 512, 512) == 0 || memcmp(now, wanted + i * 512, 512) == 0);
    }
    memcpy(run->model + sector * 512, cache + sector * 512, (size_t)count * 512);
}

static void check_unmapped(struct run *run, const struct job *job, bool good)
{
    static const uint8_t zeros[512 * 256];

    for (uint32_t i = 0; i < job->request.DiscardCount; i++) {
        uint64_t sector = job->request.Discard[i].Sector;
        uint32_t count = job->request.Discard[i].NumSectors;

        BLK_CHECK(count <= 256);
        if (good) {
            memset(run->model + sector * 512, 0, (size_t)count * 512);
        }
        check_torn(run, sector, count, zeros);
    }
}

static void check_data(struct run *run, struct job *job, bool good)
{
    const BLK_COMMAND *command = &job->request.Command;
    uint64_t first = command->Lba << run->bench.disk.SectorShift;
    uint32_t bytes = (uint32_t)(job->end - first) * 512;
    uint8_t *region = blk_random_region(run, job), *data;

    if (command->Operation == BlkOperationWrite) {
        BLK_CHECK(memcmp(region, job->image, run->region_bytes) == 0); /* the device only reads it */
        if (job->malformed) {
            BLK_CHECK(!good);
            memcpy(run->model + first * 512, run->bench.device.cache + first * 512, bytes);
            return;
        }
        data = malloc(bytes);
        BLK_CHECK(data != NULL);
        gather(run, job, data, bytes);
        if (good) {
            memcpy(run->model + first * 512, data, bytes);
        }
        check_torn(run, first, bytes / 512, data);
        free(data);
    } else {
        if (!good && !job->malformed) {
            /* Any of it may have been read; nothing beside it was touched. */
            for (uint32_t left = bytes, i = 0; left != 0; i++) {
                uint64_t at = job->segment[i].Address - BLK_BENCH_DATA - (uint64_t)(region - run->bench.data);
                uint32_t length = job->segment[i].Bytes < left ? job->segment[i].Bytes : left;

                memcpy(job->image + at, region + at, length);
                left -= length;
            }
        }
        BLK_CHECK(job->malformed || memcmp(region, job->image, run->region_bytes) == 0);
    }
    if (good && command->Fua) {
        /* "FUA: on the medium", and what a FUA read returns was there before it. */
        BLK_CHECK(memcmp(run->bench.device.stable + first * 512, run->model + first * 512, bytes) == 0);
    }
}

void blk_random_check_result(struct run *run, struct job *job, bool reset)
{
    const BLK_REQUEST *request = &job->request;
    bool good = request->Result == (request->Command.Operation == BlkOperationGetId ? BlkResultSerial : BlkResultOk);

    if (reset) {
        BLK_CHECK(request->Result == BlkResultReset);
    } else if (good) {
        BLK_CHECK(job->sense == 0 && job->phase == PHASE_DONE && !job->malformed);
    } else {
        BLK_CHECK(request->Result == BlkResultSense);
        BLK_CHECK(request->Sense == (job->sense != 0 ? job->sense : TARGET_FAILURE));
        BLK_CHECK(job->sense != 0 || job->malformed);
    }
    switch (request->Command.Operation) {
    case BlkOperationRead:
    case BlkOperationWrite:
        check_data(run, job, good);
        break;
    case BlkOperationUnmap:
        check_unmapped(run, job, good);
        break;
    case BlkOperationGetId:
        BLK_CHECK(reset || run->bench.disk.SerialKnown);
        break;
    default: /* FLUSH, and VERIFY behind a cache */
        BLK_CHECK(!good || run->bench.device.flushes > job->flushes ||
                  (request->Command.Operation == BlkOperationVerify && !job->flush_before));
        break;
    }
}

