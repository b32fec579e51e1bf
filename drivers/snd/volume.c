/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "volume.h"

void SndVolumeInit(SND_VOLUME *volume)
{
    for (uint32_t i = 0; i < SND_CHANNELS_MAX; i++) {
        volume->Level[i] = SND_VOLUME_MAXIMUM;
        volume->Mute[i] = false;
        volume->Current[i] = volume->Target[i] = SND_GAIN_UNITY;
    }
}

/* 10^(dB/20) = 2^(dB * log2(10)/20). The fraction's power from a table of 2^(-i/16), linear in between: the error is
   below 0.0003, a four-hundredth of a decibel. */
int32_t SndGainOfLevel(int32_t level)
{
    static const uint32_t power[17] = {16777216, 16065917, 15384775, 14732511, 14107901, 13509772,
                                       12937002, 12388516, 11863283, 11360319, 10878679, 10417458,
                                       9975792,  9552851,  9147842,  8760003,  8388608};
    uint32_t attenuation, exponent, fraction, index, gain;

    if (level >= 0) {
        return SND_GAIN_UNITY;
    }
    if (level <= SND_VOLUME_MINIMUM) {
        return 0;
    }
    /* 10885 / 65536 = log2(10)/20 to five digits; 16.16 in, 16.16 out. */
    attenuation = (uint32_t)((uint64_t)(uint32_t)-level * 10885u >> 16);
    exponent = attenuation >> 16;
    index = attenuation >> 12 & 15;
    fraction = attenuation & 0xFFF;
    gain = power[index] - (((power[index] - power[index + 1]) * fraction) >> 12);
    return (int32_t)(exponent == 0 ? gain : (gain + (1u << (exponent - 1))) >> exponent);
}

static void SetTarget(SND_VOLUME *volume, uint32_t channel)
{
    volume->Target[channel] = volume->Mute[channel] ? 0 : SndGainOfLevel(volume->Level[channel]);
}

bool SndVolumeSetLevel(SND_VOLUME *volume, uint32_t channel, int32_t level)
{
    int32_t steps;

    if (channel > SND_CHANNELS_MAX) {
        return false;
    }
    level = level < SND_VOLUME_MINIMUM ? SND_VOLUME_MINIMUM : level;
    level = level > SND_VOLUME_MAXIMUM ? SND_VOLUME_MAXIMUM : level;
    steps = (level - SND_VOLUME_MINIMUM + SND_VOLUME_STEP / 2) / SND_VOLUME_STEP;
    for (uint32_t i = 0; i < SND_CHANNELS_MAX; i++) {
        if (i == channel || channel == SND_CHANNELS_MAX) {
            volume->Level[i] = SND_VOLUME_MINIMUM + steps * SND_VOLUME_STEP;
            SetTarget(volume, i);
        }
    }
    return true;
}

bool SndVolumeSetMute(SND_VOLUME *volume, uint32_t channel, bool mute)
{
    if (channel > SND_CHANNELS_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < SND_CHANNELS_MAX; i++) {
        if (i == channel || channel == SND_CHANNELS_MAX) {
            volume->Mute[i] = mute;
            SetTarget(volume, i);
        }
    }
    return true;
}

void SndVolumeSettle(SND_VOLUME *volume)
{
    for (uint32_t i = 0; i < SND_CHANNELS_MAX; i++) {
        volume->Current[i] = volume->Target[i];
    }
}

bool SndVolumeIsUnity(const SND_VOLUME *volume, uint32_t channels)
{
    for (uint32_t i = 0; i < channels && i < SND_CHANNELS_MAX; i++) {
        if (volume->Current[i] != SND_GAIN_UNITY || volume->Target[i] != SND_GAIN_UNITY) {
            return false;
        }
    }
    return true;
}

/* Rounded to nearest, halves up: a right shift of a negative number is arithmetic with every compiler we build with. */
static int32_t ScaleInteger(int32_t sample, int32_t gain, int32_t limit)
{
    int64_t scaled = ((int64_t)sample * gain + (1 << (SND_GAIN_SHIFT - 1))) >> SND_GAIN_SHIFT;

    if (scaled > limit) {
        return limit;
    }
    return scaled < -(int64_t)limit - 1 ? -limit - 1 : (int32_t)scaled;
}

/* An IEEE number of `significand` explicit bits and `exponentBits` bits of exponent. */
static uint64_t ScaleIeee(uint64_t number, int32_t gain, uint32_t significand, uint32_t exponentBits)
{
    uint64_t sign = number >> (significand + exponentBits) << (significand + exponentBits);
    uint32_t exponent = (uint32_t)(number >> significand) & ((1u << exponentBits) - 1);
    uint32_t largest = (1u << exponentBits) - 1, drop = significand > 38 ? significand - 37 : 0;
    uint64_t hidden = 1ull << significand, product;
    int32_t shifted;

    if (gain == SND_GAIN_UNITY || exponent == largest) {
        return number; /* as they are: unchanged, infinity, not a number */
    }
    if (exponent == 0 || gain == 0) {
        return sign;
    }
    product = (((number & (hidden - 1)) | hidden) >> drop) * (uint32_t)gain;
    shifted = (int32_t)exponent - SND_GAIN_SHIFT;
    hidden >>= drop;
    while (product >= hidden << 1) {
        product >>= 1;
        shifted++;
    }
    while (product < hidden) {
        product <<= 1;
        shifted--;
    }
    if (shifted <= 0) {
        return sign;
    }
    if ((uint32_t)shifted >= largest) { /* the largest number that there is */
        return sign | (((uint64_t)largest << significand) - 1);
    }
    return sign | (uint64_t)(uint32_t)shifted << significand | (product & (hidden - 1)) << drop;
}

static void ApplyOne(SND_SAMPLE sample, bool capture, int32_t gain, const uint8_t *source, uint8_t *target)
{
    uint64_t number;
    int32_t value;

    switch (sample) {
    case SndSampleU8:
        target[0] = (uint8_t)(ScaleInteger(source[0] - 0x80, gain, INT8_MAX) + 0x80);
        return;
    case SndSampleS16:
        value = ScaleInteger((int16_t)(source[0] | source[1] << 8), gain, INT16_MAX);
        target[0] = (uint8_t)value;
        target[1] = (uint8_t)(value >> 8);
        return;
    case SndSampleS24Packed:
        value = (int32_t)((uint32_t)source[0] << 8 | (uint32_t)source[1] << 16 | (uint32_t)source[2] << 24) >> 8;
        value = ScaleInteger(value, gain, 0x7FFFFF);
        target[0] = (uint8_t)value;
        target[1] = (uint8_t)(value >> 8);
        target[2] = (uint8_t)(value >> 16);
        return;
    case SndSampleS24:
        value = capture ? (int32_t)(SndLoad32(source) << 8) >> 8 : (int32_t)SndLoad32(source) >> 8;
        value = ScaleInteger(value, gain, 0x7FFFFF);
        SndStore32(target, capture ? (uint32_t)value << 8 : (uint32_t)value);
        return;
    case SndSampleS32:
        SndStore32(target, (uint32_t)ScaleInteger((int32_t)SndLoad32(source), gain, INT32_MAX));
        return;
    case SndSampleFloat:
        SndStore32(target, (uint32_t)ScaleIeee(SndLoad32(source), gain, 23, 8));
        return;
    default:
        number = ScaleIeee(SndLoad64(source), gain, 52, 11);
        SndStore32(target, (uint32_t)number);
        SndStore32(target + 4, (uint32_t)(number >> 32));
        return;
    }
}

void SndVolumeApply(SND_VOLUME *volume, const SND_CHOICE *choice, bool capture, const uint8_t *source, uint8_t *target,
                    uint32_t frames)
{
    uint32_t channels = choice->Wave.Channels, bytes = choice->Wave.ContainerBits / 8u;

    if (frames == 0) {
        return;
    }
    for (uint32_t channel = 0; channel < channels && channel < SND_CHANNELS_MAX; channel++) {
        int32_t current = volume->Current[channel], goal = volume->Target[channel];
        int32_t step = (goal - current) / (int32_t)frames;
        const uint8_t *from = source + channel * bytes;
        uint8_t *to = target + channel * bytes;

        for (uint32_t i = 0; i < frames; i++) {
            current = i + 1 == frames ? goal : current + step;
            ApplyOne(choice->Sample, capture, current, from, to);
            from += choice->FrameBytes;
            to += choice->FrameBytes;
        }
        volume->Current[channel] = goal;
    }
}
