/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A PCM engine, a cyclic buffer of real pages in any order, and the device that it talks to. */
#ifndef SND_PCM_BENCH_H
#define SND_PCM_BENCH_H

#include "pcm.h"
#include "snd_device.h"

#define BENCH_PAGES 64

struct pcm_bench {
    SND_PCM pcm;
    SND_DIALECT dialect;
    SND_PCM_CONFIG config;
    SND_VOLUME volume;
    struct snd_device device;
    uint8_t *dma, *buffer, *bounce;
    void *state;
    uintptr_t pfns[BENCH_PAGES];
};

/* A stream of 16-bit stereo with periods of `period` bytes in a buffer of `bytes`. */
static inline struct pcm_bench *bench_open(bool capture, uint16_t queue, bool aero, bool indirect, uint32_t bytes,
                                           uint32_t period)
{
    struct pcm_bench *bench = calloc(1, sizeof(*bench));
    SND_STREAM_INFO stream = {
        .Formats = 1u << VIRTIO_SND_PCM_FMT_S16, .Rates = 0x80, .ChannelsMin = 2, .ChannelsMax = 2};
    SND_PCM_LAYOUT layout;

    DEVICE_RULE(bench != NULL && SndPcmLayout(queue, &layout));
    bench->dma = device_pages(layout.DmaBytes);
    bench->state = malloc(layout.StateBytes);
    bench->buffer = device_pages(BENCH_PAGES * 4096);
    bench->bounce = device_pages(4 * 65536);
    for (uintptr_t i = 0; i < BENCH_PAGES; i++) {
        bench->pfns[i] = ((uintptr_t)bench->buffer >> 12) + i;
    }
    SndDialectChoose(&bench->dialect, aero ? SndDialectAero : SndDialectStandard, false);
    DEVICE_RULE(SndPcmInit(&bench->pcm, &layout, bench->dma, (uintptr_t)bench->dma, bench->state,
                           indirect ? VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) : 0, &bench->dialect, capture));
    SndVolumeInit(&bench->volume);
    bench->config.StreamId = capture ? 1 : 0;
    DEVICE_RULE(SndOfferAt(&stream, 0, &bench->config.Choice));
    bench->config.Cyclic = (SND_CYCLIC){bench->pfns, bench->buffer, BENCH_PAGES, 0, bytes};
    bench->config.PeriodBytes = period;
    bench->config.Volume = &bench->volume;
    bench->config.BounceBytes = 65536;
    bench->config.BounceCount = 4;
    for (uint32_t i = 0; i < 4; i++) {
        bench->config.Bounce[i] = (SND_BOUNCE){bench->bounce + i * 65536, (uintptr_t)bench->bounce + i * 65536};
    }
    device_init(&bench->device, &bench->pcm.Queue);
    return bench;
}

static inline void bench_close(struct pcm_bench *bench)
{
    free(bench->bounce);
    free(bench->buffer);
    free(bench->state);
    free(bench->dma);
    free(bench);
}

/* Bits of the buffer so that any byte out of place shows. */
static inline void bench_paint(struct pcm_bench *bench)
{
    for (uint32_t i = 0; i < bench->config.Cyclic.Bytes; i++) {
        bench->buffer[i] = (uint8_t)(i * 7 + (i >> 8) * 13);
    }
}

/* Neighbouring pages change places, so that no two follow each other in memory. */
static inline void bench_scatter(struct pcm_bench *bench)
{
    for (unsigned i = 0; i < BENCH_PAGES; i += 2) {
        uintptr_t other = bench->pfns[i];

        bench->pfns[i] = bench->pfns[i + 1];
        bench->pfns[i + 1] = other;
    }
}

static inline struct device_chain bench_take(struct pcm_bench *bench)
{
    struct device_chain chain;

    (void)VirtqueueKickNeeded(&bench->pcm.Queue);
    DEVICE_RULE(device_take(&bench->device, &chain));
    return chain;
}

static inline void bench_give(struct pcm_bench *bench, const struct device_chain *chain, uint32_t status,
                              uint32_t length)
{
    uint32_t words[2] = {status, 4321};

    device_write(chain, chain->writable - 8, words, 8);
    device_complete(&bench->device, chain, length);
}

#endif
