/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See blk_bench.h. */
#include "blk_bench.h"

#include <stdlib.h>
#include <string.h>

struct blk_bench_options blk_bench_usual(void)
{
    return (struct blk_bench_options){.queue_size = 64,
                                      .slots = 8,
                                      .segments = 16,
                                      .scratch_bytes = 0x2000,
                                      .indirect = true,
                                      .event_idx = true,
                                      .flush = true,
                                      .write_cache = true,
                                      .discard_segments = 14,
                                      .discard_sectors = 64,
                                      .block_bytes = 512,
                                      .sectors = 2048,
                                      .data_bytes = 1 << 20};
}

static uint64_t features_of(const struct blk_bench_options *options)
{
    uint64_t features = VIRTIO_FEATURE(VIRTIO_F_VERSION_1) | VIRTIO_FEATURE(VIRTIO_BLK_F_BLK_SIZE) |
                        VIRTIO_FEATURE(VIRTIO_BLK_F_SEG_MAX);

    features |= options->indirect ? VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) : 0;
    features |= options->event_idx ? VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX) : 0;
    features |= options->flush ? VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH) | VIRTIO_FEATURE(VIRTIO_BLK_F_CONFIG_WCE) : 0;
    features |= options->read_only ? VIRTIO_FEATURE(VIRTIO_BLK_F_RO) : 0;
    features |= options->discard_segments != 0 ? VIRTIO_FEATURE(VIRTIO_BLK_F_DISCARD) : 0;
    features |= options->size_max != 0 ? VIRTIO_FEATURE(VIRTIO_BLK_F_SIZE_MAX) : 0;
    return features;
}

static void start_disk(struct blk_bench *bench)
{
    const struct blk_bench_options *options = &bench->options;
    VIRTIO_BLK_CONFIG config = {.Capacity = options->sectors,
                                .SizeMax = options->size_max,
                                .SegMax = options->segments,
                                .BlkSize = options->block_bytes,
                                .Writeback = options->write_cache,
                                .MaxDiscardSectors = options->discard_sectors,
                                .MaxDiscardSeg = options->discard_segments};

    BlkDiskSetPlace(&bench->disk, 0, 1);
    BLK_CHECK(BlkDiskUpdate(&bench->disk, bench->features, &config) == BlkDiskOk);
}

static void start_device(struct blk_bench *bench)
{
    const struct blk_bench_options *options = &bench->options;
    const VIRTQUEUE_RING *ring = &bench->engine.Queue.Ring;
    struct blk_device *device = &bench->device;

    device->size = options->queue_size;
    device->indirect = options->indirect;
    device->event_idx = options->event_idx;
    device->size_max = options->size_max;
    device->seg_max = options->segments;
    device->block_bytes = options->block_bytes;
    device->sectors = options->sectors;
    device->read_only = options->read_only;
    device->can_flush = options->flush;
    device->write_cache = options->write_cache;
    device->can_discard = options->discard_segments != 0;
    device->max_discard_sectors = options->discard_sectors;
    device->max_discard_seg = options->discard_segments;
    device->dataless = options->dataless;
    device->desc = ring->DescPhysical;
    device->avail = ring->AvailPhysical;
    device->used = ring->UsedPhysical;
    memcpy(device->id, "bench", 5);
    blk_device_add_region(device, BLK_BENCH_DMA, bench->dma, bench->layout.DmaBytes);
    blk_device_add_region(device, BLK_BENCH_DATA, bench->data, options->data_bytes);
    blk_device_start(device);
}

void blk_bench_start(struct blk_bench *bench, const struct blk_bench_options *options)
{
    void *dma;

    memset(bench, 0, sizeof(*bench));
    bench->options = *options;
    bench->features = features_of(options);
    start_disk(bench);
    BLK_CHECK(BlkEngineLayout(options->queue_size, options->slots, options->segments, options->scratch_bytes,
                              &bench->layout));
    BLK_CHECK(posix_memalign(&dma, 4096, bench->layout.DmaBytes) == 0);
    bench->dma = dma;
    bench->state = malloc(bench->layout.StateBytes);
    bench->data = calloc(1, options->data_bytes);
    BLK_CHECK(bench->state != NULL && bench->data != NULL);
    /* Memory as a port driver hands it out: not cleared. */
    memset(bench->dma, 0xB5, bench->layout.DmaBytes);
    memset(bench->state, 0xB5, bench->layout.StateBytes);
    BLK_CHECK(BlkEngineInit(&bench->engine, &bench->layout, bench->dma, BLK_BENCH_DMA, bench->state, bench->features,
                            options->size_max, options->polled));
    start_device(bench);
}

void blk_bench_stop(struct blk_bench *bench)
{
    blk_device_stop(&bench->device);
    free(bench->dma);
    free(bench->state);
    free(bench->data);
}

void blk_bench_kick(struct blk_bench *bench)
{
    if (VirtqueueKickNeeded(&bench->engine.Queue)) {
        blk_device_notify(&bench->device);
    }
}

void blk_bench_take(struct blk_bench *bench)
{
    VirtqueuePublish(&bench->engine.Queue);
    blk_device_notify(&bench->device);
    (void)blk_device_poll(&bench->device);
}

bool blk_bench_driver_has_work(const struct blk_bench *bench)
{
    return bench->options.polled ? VirtqueueHasCompletions(&bench->engine.Queue) : bench->device.interrupt;
}

bool blk_bench_run(struct blk_bench *bench, BLK_REQUEST_LIST *finished)
{
    struct blk_device *device = &bench->device;

    blk_bench_kick(bench);
    while (device->awake || device->pending_count != 0 || blk_bench_driver_has_work(bench)) {
        (void)blk_device_poll(device);
        while (device->pending_count != 0) {
            blk_device_complete(device, 0, VIRTIO_BLK_S_OK, 0);
        }
        blk_device_sleep(device);
        if (blk_bench_driver_has_work(bench)) {
            device->interrupt = false;
            if (!BlkEngineReap(&bench->engine, &bench->disk, finished)) {
                return false;
            }
            blk_bench_kick(bench);
        }
    }
    return true;
}

BLK_COMMAND blk_bench_command(const struct blk_bench *bench, const uint8_t *cdb, uint32_t bytes)
{
    BLK_COMMAND command;

    BlkCommandDecode(cdb, 16, bytes, bench->disk.BlockShift, &command);
    BlkCommandCheck(&bench->disk, &command);
    return command;
}

void blk_bench_cdb16(uint8_t cdb[16], uint8_t code, uint64_t lba, uint32_t blocks, bool fua)
{
    memset(cdb, 0, 16);
    cdb[0] = code;
    cdb[1] = fua ? 0x08 : 0;
    for (unsigned i = 0; i < 8; i++) {
        cdb[2 + i] = (uint8_t)(lba >> (56 - 8 * i));
    }
    for (unsigned i = 0; i < 4; i++) {
        cdb[10 + i] = (uint8_t)(blocks >> (24 - 8 * i));
    }
}

bool blk_bench_is_chain_of(const struct blk_bench *bench, const struct blk_chain *chain, const BLK_REQUEST *request)
{
    uint64_t offset = chain->header - BLK_BENCH_DMA - bench->layout.SlotsOffset;

    BLK_CHECK(chain->header >= BLK_BENCH_DMA + bench->layout.SlotsOffset);
    BLK_CHECK(offset % bench->layout.SlotBytes == 0 && offset / bench->layout.SlotBytes < bench->layout.SlotCount);
    return bench->engine.Slots[offset / bench->layout.SlotBytes].Request == request;
}
