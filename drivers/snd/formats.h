/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From what a stream can do to what Windows is offered, and from what Windows asks for to the device's parameters.
 * Pure functions, any IRQL.
 *
 * Windows keeps 24 valid bits in a 32-bit container at its top (WAVEFORMATEXTENSIBLE: "wValidBitsPerSample", the
 * unused bits are the lowest ones and zero); VIRTIO's S24 keeps them at the bottom. The same samples are S32 as they
 * stand, so S32 serves them whenever the device has it, and S24 only through a conversion (SND_CHOICE.Convert).
 */
#ifndef AERO_SND_FORMATS_H
#define AERO_SND_FORMATS_H

#include "wire.h"

#define SND_CHANNELS_MAX 8
#define SND_RATE_COUNT 14

/* How one sample lies in memory. */
typedef enum SND_SAMPLE {
    SndSampleU8,
    SndSampleS16,
    SndSampleS24Packed,
    SndSampleS32, /* and 24 valid bits at the top of 32 */
    SndSampleS24, /* Windows: at the top of 32; device: at the bottom */
    SndSampleFloat,
    SndSampleDouble,
} SND_SAMPLE;

/* What WAVEFORMATEX and WAVEFORMATEXTENSIBLE say, without their pointers and GUIDs. */
typedef struct SND_WAVE {
    uint32_t Rate;
    uint32_t BytesPerSecond;
    uint16_t Channels;
    uint16_t BlockAlign;
    uint16_t ContainerBits;
    uint16_t ValidBits; /* plain WAVEFORMATEX: as ContainerBits */
    bool Float;
} SND_WAVE;

typedef struct SND_CHOICE {
    SND_WAVE Wave;
    SND_SAMPLE Sample;
    uint8_t Format; /* VIRTIO_SND_PCM_FMT_* */
    uint8_t Rate;   /* VIRTIO_SND_PCM_RATE_* */
    uint8_t FrameBytes;
    bool Convert;    /* never zero-copy */
    uint8_t Silence; /* the byte that silence is made of */
} SND_CHOICE;

/* Offer number `index`, best first; false behind the last. Number 0 is the contract's baseline (S16, 48 kHz, two
   channels out, one in) on every stream that has it. O(1). */
bool SndOfferAt(const SND_STREAM_INFO *stream, uint32_t index, SND_CHOICE *choice);
uint32_t SndOfferCount(const SND_STREAM_INFO *stream);
bool SndHasBaseline(const SND_STREAM_INFO *stream);

/* False when the stream has no such format, or the description contradicts itself. */
bool SndMatch(const SND_STREAM_INFO *stream, const SND_WAVE *wave, SND_CHOICE *choice);

/* The first stream in that direction that has anything to offer; NULL when there is none. */
const SND_STREAM_INFO *SndFindStream(const SND_STREAM_INFO *streams, uint32_t count, uint8_t direction);

/* 0 for a rate or a format that is none. */
uint32_t SndRateHertz(uint8_t rate);
uint8_t SndFormatBytes(uint8_t format);
uint8_t SndFormatValidBits(uint8_t format);

#endif
