/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every format that Windows could ask for, on a pin of the model: a pin opens with it when the device has it, and with
 * no other. Proposing it says the same. Every data range of the pin intersects with itself to a format that opens.
 */
#include <linux/virtio_snd.h>
#include <string.h>

#include "snd.h"

enum { CHANNELS_MOST = 8 };

static const struct sample {
    unsigned bits, valid;
    bool floating;
    unsigned format, other; /* device formats that serve it */
} samples[] = {
    {8, 8, false, VIRTIO_SND_PCM_FMT_U8, VIRTIO_SND_PCM_FMT_U8},
    {16, 16, false, VIRTIO_SND_PCM_FMT_S16, VIRTIO_SND_PCM_FMT_S16},
    {24, 24, false, VIRTIO_SND_PCM_FMT_S24_3, VIRTIO_SND_PCM_FMT_S24_3},
    {32, 24, false, VIRTIO_SND_PCM_FMT_S24, VIRTIO_SND_PCM_FMT_S32},
    {32, 32, false, VIRTIO_SND_PCM_FMT_S32, VIRTIO_SND_PCM_FMT_S32},
    {32, 32, true, VIRTIO_SND_PCM_FMT_FLOAT, VIRTIO_SND_PCM_FMT_FLOAT},
    {64, 64, true, VIRTIO_SND_PCM_FMT_FLOAT64, VIRTIO_SND_PCM_FMT_FLOAT64},
};
static const uint32_t rates[] = {5512,  8000,  11025, 16000, 22050,  32000,  44100,
                                 48000, 64000, 88200, 96000, 176400, 192000, 384000};

static bool offered(const struct model_snd_options *o, unsigned direction, unsigned rate, unsigned channels,
                    const struct sample *s)
{
    uint64_t formats = o->formats != 0 ? o->formats : 1u << VIRTIO_SND_PCM_FMT_S16;
    uint64_t rate_bits = o->rates != 0 ? o->rates : 1u << VIRTIO_SND_PCM_RATE_48000;
    return (formats >> s->format & 1 || formats >> s->other & 1) && rate_bits >> rate & 1 &&
           channels >= o->channels_min[direction] && channels <= o->channels_max[direction];
}

static void try(struct snd_bench *b, unsigned direction, ULONG index, const struct snd_format *f, bool wanted)
{
    KSDATAFORMAT_WAVEFORMATEXTENSIBLE wave;
    ULONG bytes = ks_format(&wave, f->rate, f->channels, f->bits, f->valid, f->floating,
                            f->channels > 2 || f->bits > 16 || f->floating);
    ks_file *filter, *pin, *asked;
    NTSTATUS proposed = STATUS_UNSUCCESSFUL, status;
    if (NT_SUCCESS(ks_open_filter(b->node, "Wave", &asked))) {
        proposed = ks_propose(asked, index, &wave, bytes);
        ks_close(asked);
    }
    status = snd_open_pin(b, direction, f, &filter, &pin);
    b->requests++;
    if (NT_SUCCESS(status)) {
        ks_close(pin);
        ks_close(filter);
    }
    if (NT_SUCCESS(status) != wanted || NT_SUCCESS(proposed) != wanted)
        snd_fail(b, "%s %u:%u:%u/%u%s: opening it %#x, proposing it %#x; the device %s it",
                 snd_direction_name(direction), (unsigned)f->rate, f->channels, f->valid, f->bits,
                 f->floating ? "f" : "", (unsigned)status, (unsigned)proposed, wanted ? "has" : "does not have");
}

static void intersect(struct snd_bench *b, unsigned direction, ULONG index)
{
    const PCFILTER_DESCRIPTOR *f = portcls_descriptor(portcls_device_of(b->node), "Wave");
    const KSPIN_DESCRIPTOR *p = &portcls_pin(f, index)->KsPinDescriptor;
    ks_file *filter, *pin;
    if (!NT_SUCCESS(ks_open_filter(b->node, "Wave", &filter)))
        return;
    for (ULONG i = 0; i < p->DataRangesCount; i++) {
        KSDATAFORMAT_WAVEFORMATEXTENSIBLE wave;
        ULONG needed = 0, got = 0;
        NTSTATUS none = ks_intersect(filter, index, p->DataRanges[i], p->DataRanges[i]->FormatSize, NULL, 0, &needed);
        NTSTATUS status =
            ks_intersect(filter, index, p->DataRanges[i], p->DataRanges[i]->FormatSize, &wave, sizeof(wave), &got);
        b->requests += 2;
        if (NT_SUCCESS(none) || !NT_SUCCESS(status) || got != needed || got != wave.DataFormat.FormatSize) {
            snd_fail(b, "%s: range %u with itself: %#x for %u bytes, then %#x with %u", snd_direction_name(direction),
                     (unsigned)i, (unsigned)none, (unsigned)needed, (unsigned)status, (unsigned)got);
            continue;
        }
        status = ks_open_pin(filter, index, &wave, got, &pin);
        if (NT_SUCCESS(status))
            ks_close(pin);
        else
            snd_fail(b, "%s: what range %u intersects to does not open: %#x", snd_direction_name(direction),
                     (unsigned)i, (unsigned)status);
        if (i == 0 &&
            offered(&b->options->model_snd, direction, VIRTIO_SND_PCM_RATE_48000, direction == SND_RENDER ? 2 : 1,
                    &samples[1]) &&
            (wave.WaveFormatExt.Format.nSamplesPerSec != 48000 || wave.WaveFormatExt.Format.wBitsPerSample != 16 ||
             wave.WaveFormatExt.Format.nChannels != (direction == SND_RENDER ? 2 : 1)))
            snd_fail(b, "%s: the first range is not the baseline", snd_direction_name(direction));
    }
    ks_close(filter);
}

void snd_formats_walk(struct snd_bench *b, unsigned direction)
{
    ULONG index;
    if (!snd_find_pin(b, direction, &index)) {
        snd_fail(b, "there is no %s pin", snd_direction_name(direction));
        return;
    }
    intersect(b, direction, index);
    for (unsigned r = 0; r < sizeof(rates) / sizeof(rates[0]) && b->options->use_model; r++) {
        for (unsigned c = 1; c <= CHANNELS_MOST; c++) {
            for (unsigned s = 0; s < sizeof(samples) / sizeof(samples[0]); s++) {
                struct snd_format f = {rates[r], c, samples[s].bits, samples[s].valid, samples[s].floating};
                try(b, direction, index, &f, offered(&b->options->model_snd, direction, r, c, &samples[s]));
            }
        }
    }
}
