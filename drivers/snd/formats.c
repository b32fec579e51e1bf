/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "formats.h"

typedef struct ENCODING {
    uint8_t Format;
    uint8_t Bytes;
    uint8_t ValidBits;
    bool Float;
    SND_SAMPLE Sample;
    uint8_t Instead; /* the format that makes this row superfluous, ALWAYS for none */
} ENCODING;

#define ALWAYS 0xFF

/* Best first. 24 valid bits in 32 are there twice, by way of S32 and, when that is missing, of S24. */
static const ENCODING encodings[] = {
    {VIRTIO_SND_PCM_FMT_S16, 2, 16, false, SndSampleS16, ALWAYS},
    {VIRTIO_SND_PCM_FMT_S32, 4, 24, false, SndSampleS32, ALWAYS},
    {VIRTIO_SND_PCM_FMT_S24, 4, 24, false, SndSampleS24, VIRTIO_SND_PCM_FMT_S32},
    {VIRTIO_SND_PCM_FMT_S32, 4, 32, false, SndSampleS32, ALWAYS},
    {VIRTIO_SND_PCM_FMT_FLOAT, 4, 32, true, SndSampleFloat, ALWAYS},
    {VIRTIO_SND_PCM_FMT_FLOAT64, 8, 64, true, SndSampleDouble, ALWAYS},
    {VIRTIO_SND_PCM_FMT_U8, 1, 8, false, SndSampleU8, ALWAYS},
    {VIRTIO_SND_PCM_FMT_S24_3, 3, 24, false, SndSampleS24Packed, ALWAYS},
};

#define ENCODING_COUNT (sizeof(encodings) / sizeof(encodings[0]))

static const uint32_t hertz[SND_RATE_COUNT] = {5512,  8000,  11025, 16000, 22050,  32000,  44100,
                                               48000, 64000, 88200, 96000, 176400, 192000, 384000};

static const uint8_t ratePriority[SND_RATE_COUNT] = {
    VIRTIO_SND_PCM_RATE_48000,  VIRTIO_SND_PCM_RATE_44100,  VIRTIO_SND_PCM_RATE_96000,  VIRTIO_SND_PCM_RATE_88200,
    VIRTIO_SND_PCM_RATE_192000, VIRTIO_SND_PCM_RATE_176400, VIRTIO_SND_PCM_RATE_384000, VIRTIO_SND_PCM_RATE_64000,
    VIRTIO_SND_PCM_RATE_32000,  VIRTIO_SND_PCM_RATE_22050,  VIRTIO_SND_PCM_RATE_16000,  VIRTIO_SND_PCM_RATE_11025,
    VIRTIO_SND_PCM_RATE_8000,   VIRTIO_SND_PCM_RATE_5512};

uint32_t SndRateHertz(uint8_t rate)
{
    return rate < SND_RATE_COUNT ? hertz[rate] : 0;
}

uint8_t SndFormatBytes(uint8_t format)
{
    for (uint32_t i = 0; i < ENCODING_COUNT; i++) {
        if (encodings[i].Format == format) {
            return encodings[i].Bytes;
        }
    }
    return 0;
}

uint8_t SndFormatValidBits(uint8_t format)
{
    uint8_t bits = 0;

    for (uint32_t i = 0; i < ENCODING_COUNT; i++) {
        if (encodings[i].Format == format && encodings[i].ValidBits > bits) {
            bits = encodings[i].ValidBits;
        }
    }
    return bits;
}

static bool HasFormat(const SND_STREAM_INFO *stream, uint8_t format)
{
    return (stream->Formats >> format & 1) != 0;
}

static bool Offers(const SND_STREAM_INFO *stream, const ENCODING *encoding)
{
    return HasFormat(stream, encoding->Format) &&
           (encoding->Instead == ALWAYS || !HasFormat(stream, encoding->Instead));
}

static void ChannelRange(const SND_STREAM_INFO *stream, uint32_t *least, uint32_t *most)
{
    *least = stream->ChannelsMin != 0 ? stream->ChannelsMin : 1;
    *most = stream->ChannelsMax < SND_CHANNELS_MAX ? stream->ChannelsMax : SND_CHANNELS_MAX;
}

/* The preferred number first, then the others as they come. */
static uint32_t ChannelsAt(const SND_STREAM_INFO *stream, uint32_t index, uint32_t least, uint32_t most)
{
    uint32_t preferred = stream->Direction == VIRTIO_SND_D_OUTPUT ? 2 : 1;

    if (preferred < least || preferred > most) {
        return least + index;
    }
    if (index == 0) {
        return preferred;
    }
    return least + index - 1 < preferred ? least + index - 1 : least + index;
}

static void Choose(const ENCODING *encoding, uint8_t rate, uint32_t channels, SND_CHOICE *choice)
{
    uint32_t frame = encoding->Bytes * channels;

    *choice = (SND_CHOICE){
        .Wave = {.Rate = hertz[rate],
                 .BytesPerSecond = hertz[rate] * frame,
                 .Channels = (uint16_t)channels,
                 .BlockAlign = (uint16_t)frame,
                 .ContainerBits = (uint16_t)(encoding->Bytes * 8),
                 .ValidBits = encoding->ValidBits,
                 .Float = encoding->Float},
        .Sample = encoding->Sample,
        .Format = encoding->Format,
        .Rate = rate,
        .FrameBytes = (uint8_t)frame,
        .Convert = encoding->Sample == SndSampleS24,
        .Silence = encoding->Sample == SndSampleU8 ? 0x80 : 0,
    };
}

typedef struct SPACE {
    uint32_t Encodings, Rates, Channels, ChannelsMin, ChannelsMax;
} SPACE;

static void Measure(const SND_STREAM_INFO *stream, SPACE *space)
{
    *space = (SPACE){0};
    ChannelRange(stream, &space->ChannelsMin, &space->ChannelsMax);
    if (space->ChannelsMin <= space->ChannelsMax) {
        space->Channels = space->ChannelsMax - space->ChannelsMin + 1;
    }
    for (uint32_t i = 0; i < ENCODING_COUNT; i++) {
        space->Encodings += Offers(stream, &encodings[i]);
    }
    for (uint32_t i = 0; i < SND_RATE_COUNT; i++) {
        space->Rates += (uint32_t)(stream->Rates >> i & 1);
    }
}

uint32_t SndOfferCount(const SND_STREAM_INFO *stream)
{
    SPACE space;

    Measure(stream, &space);
    return space.Encodings * space.Rates * space.Channels;
}

bool SndOfferAt(const SND_STREAM_INFO *stream, uint32_t index, SND_CHOICE *choice)
{
    uint32_t encoding, rate, channels, i, j;
    SPACE space;

    Measure(stream, &space);
    if (index >= space.Encodings * space.Rates * space.Channels) {
        return false;
    }
    channels = ChannelsAt(stream, index % space.Channels, space.ChannelsMin, space.ChannelsMax);
    rate = index / space.Channels % space.Rates;
    encoding = index / space.Channels / space.Rates;
    for (i = 0; !Offers(stream, &encodings[i]) || encoding-- != 0; i++) {
    }
    for (j = 0; (stream->Rates >> ratePriority[j] & 1) == 0 || rate-- != 0; j++) {
    }
    Choose(&encodings[i], ratePriority[j], channels, choice);
    return true;
}

bool SndMatch(const SND_STREAM_INFO *stream, const SND_WAVE *wave, SND_CHOICE *choice)
{
    uint32_t least, most, rate;

    ChannelRange(stream, &least, &most);
    if (wave->Channels < least || wave->Channels > most) {
        return false;
    }
    for (rate = 0; rate < SND_RATE_COUNT && hertz[rate] != wave->Rate; rate++) {
    }
    if (rate == SND_RATE_COUNT || (stream->Rates >> rate & 1) == 0) {
        return false;
    }
    for (uint32_t i = 0; i < ENCODING_COUNT; i++) {
        const ENCODING *encoding = &encodings[i];

        if (Offers(stream, encoding) && encoding->Float == wave->Float && encoding->Bytes * 8u == wave->ContainerBits &&
            encoding->ValidBits == wave->ValidBits) {
            Choose(encoding, (uint8_t)rate, wave->Channels, choice);
            return wave->BlockAlign == choice->Wave.BlockAlign && wave->BytesPerSecond == choice->Wave.BytesPerSecond;
        }
    }
    return false;
}

bool SndHasBaseline(const SND_STREAM_INFO *stream)
{
    uint32_t channels = stream->Direction == VIRTIO_SND_D_OUTPUT ? 2 : 1;

    return HasFormat(stream, VIRTIO_SND_PCM_FMT_S16) && (stream->Rates >> VIRTIO_SND_PCM_RATE_48000 & 1) != 0 &&
           channels >= stream->ChannelsMin && channels <= stream->ChannelsMax;
}

const SND_STREAM_INFO *SndFindStream(const SND_STREAM_INFO *streams, uint32_t count, uint8_t direction)
{
    for (uint32_t i = 0; i < count; i++) {
        if (streams[i].Direction == direction && SndOfferCount(&streams[i]) != 0) {
            return &streams[i];
        }
    }
    return NULL;
}
