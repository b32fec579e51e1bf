/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is played, and what is said of what was recorded. */
#ifndef SELFTEST_TONE_H
#define SELFTEST_TONE_H

#include "platform.h"

struct tone_levels {
    uint32_t peak; /* 0 to 32767 */
    uint32_t rms;
};

uint32_t tone_bytes(struct sound_format format, uint32_t milliseconds);

/* A 440 Hz triangle, half loud, 16 bits, the same in all channels. */
void tone_fill(void *buffer, uint32_t bytes, struct sound_format format);

struct tone_levels tone_measure(const void *buffer, uint32_t bytes);

#endif
