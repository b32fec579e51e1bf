/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tone.h"

#include <string.h>

#define TONE_HERTZ 440u
#define AMPLITUDE 16384

uint32_t tone_bytes(struct sound_format format, uint32_t milliseconds)
{
    uint32_t frames = (uint32_t)((uint64_t)format.rate * milliseconds / 1000u);

    return frames * format.channels * (format.bits / 8u);
}

void tone_fill(void *buffer, uint32_t bytes, struct sound_format format)
{
    uint8_t *at = buffer;
    uint32_t frame_bytes = format.channels * 2u;

    for (uint32_t frame = 0; (frame + 1) * frame_bytes <= bytes; frame++) {
        /* Phase in 65536ths of a period; up in its first half, down in its second. */
        uint32_t phase = (uint32_t)((uint64_t)frame * TONE_HERTZ * 65536u / format.rate) & 0xFFFFu;
        int32_t rise = phase < 32768u ? (int32_t)phase : (int32_t)(65535u - phase);
        int16_t sample = (int16_t)(rise * 2 * AMPLITUDE / 32768 - AMPLITUDE);

        for (uint16_t channel = 0; channel < format.channels; channel++, at += 2) {
            memcpy(at, &sample, 2);
        }
    }
}

static uint32_t square_root(uint64_t value)
{
    uint64_t root = 0;

    for (uint64_t bit = 1ull << 31; bit != 0; bit >>= 1) {
        if ((root | bit) * (root | bit) <= value) {
            root |= bit;
        }
    }
    return (uint32_t)root;
}

struct tone_levels tone_measure(const void *buffer, uint32_t bytes)
{
    const uint8_t *at = buffer;
    struct tone_levels levels = {0};
    uint32_t count = bytes / 2;
    uint64_t sum = 0;

    for (uint32_t i = 0; i < count; i++, at += 2) {
        int16_t sample;
        uint32_t size;

        memcpy(&sample, at, 2);
        size = (uint32_t)(sample < 0 ? -(int32_t)sample : sample);
        levels.peak = size > levels.peak ? size : levels.peak;
        sum += (uint64_t)size * size;
    }
    levels.rms = count != 0 ? square_root(sum / count) : 0;
    return levels;
}
