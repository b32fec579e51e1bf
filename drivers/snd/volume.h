/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Volume and mute, applied to samples: integer arithmetic only, for the kernel's floating-point registers belong to
 * whoever was interrupted. Every format that is offered can be scaled: integers are rounded and saturated, IEEE
 * numbers have their significand multiplied (subnormals and what becomes subnormal are zero, doubles keep 38 bits).
 *
 * A change of gain is spread over the message in which it is first heard, frame by frame, so that it does not click.
 * Locks: the caller's. IRQL: any at which the memory may be touched.
 */
#ifndef AERO_SND_VOLUME_H
#define AERO_SND_VOLUME_H

#include "formats.h"

/* Fixed point: 1.0 is 1 << 24. */
#define SND_GAIN_SHIFT 24
#define SND_GAIN_UNITY (1 << SND_GAIN_SHIFT)
#define SND_GAIN_MAX (4 * SND_GAIN_UNITY)

/* KSPROPERTY_AUDIO_VOLUMELEVEL counts in 1/65536 dB. */
#define SND_DECIBEL 65536
#define SND_VOLUME_MINIMUM (-96 * SND_DECIBEL)
#define SND_VOLUME_MAXIMUM 0
#define SND_VOLUME_STEP (SND_DECIBEL / 2)

typedef struct SND_VOLUME {
    int32_t Level[SND_CHANNELS_MAX]; /* as set: 1/65536 dB */
    bool Mute[SND_CHANNELS_MAX];
    int32_t Current[SND_CHANNELS_MAX]; /* gains */
    int32_t Target[SND_CHANNELS_MAX];
} SND_VOLUME;

/* 0 dB, not muted. */
void SndVolumeInit(SND_VOLUME *volume);

/* Clamps to the range and rounds to the step, as BASICSUPPORT states them. Levels of all channels: SND_CHANNELS_MAX.
   False when there is no such channel. */
bool SndVolumeSetLevel(SND_VOLUME *volume, uint32_t channel, int32_t level);
bool SndVolumeSetMute(SND_VOLUME *volume, uint32_t channel, bool mute);

/* Ends a ramp: nothing is heard that could click, or nothing has been played yet. */
void SndVolumeSettle(SND_VOLUME *volume);

/* True when samples pass as they are. */
bool SndVolumeIsUnity(const SND_VOLUME *volume, uint32_t channels);

/* Gain of a level; 0 at and below SND_VOLUME_MINIMUM. */
int32_t SndGainOfLevel(int32_t level);

/* Scales `frames` frames from `source` to `target` (which may be the same place) and moves Current to Target on the
   way. With Sample S24, samples also change their place in the container: down on the way to the device
   (capture false), up on the way from it. */
void SndVolumeApply(SND_VOLUME *volume, const SND_CHOICE *choice, bool capture, const uint8_t *source, uint8_t *target,
                    uint32_t frames);

#endif
