/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Where a stream is, in frames, from a performance counter and, when the device paces, from its completions.
 *
 * Counter-paced (Aero v1: a completion only means "accepted"): the nominal rate against the counter.
 * Device-paced (VIRTIO 1.x: "The device MUST NOT complete the I/O request until the buffer is totally consumed"): a
 * completion of everything up to frame F at time t says that the device's position at t is F or more. The delay above
 * that is never negative: it is the device's timer, the interrupt, a busy processor. So the line through the earliest
 * completions is the truth. An early one moves the line up at once; a late one alone moves nothing, but what the
 * earliest of a window was late by moves it down and corrects the rate, which follows the device's clock this way.
 * A completion so late that the device must have stood still starts the line anew.
 *
 * What is read never goes back, and never past `limit`: what was queued (playback) or delivered (capture). When the
 * line runs into it, the device has run dry: time passes, the position does not, and goes on from there later.
 *
 * Pure functions over 64-bit counter values that do not go back; a value that does counts as the last one. Locks: the
 * caller's. IRQL: any.
 */
#ifndef AERO_SND_CLOCK_H
#define AERO_SND_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct SND_CLOCK {
    bool DevicePaced;
    bool Running;
    bool Locked;   /* there was a completion since it was started, and the device has not run dry since then */
    uint8_t Shift; /* frames in 48.16 are ticks * Multiplier >> Shift */
    uint32_t Multiplier;
    uint32_t Nominal; /* Multiplier without correction */
    uint32_t Lag;     /* frames by which the reading stays behind the line */
    uint32_t PeriodFrames;
    uint64_t Tick;     /* a point of the line: when */
    uint64_t Line;     /* and where, 48.16 */
    uint64_t Last;     /* read last, frames */
    uint64_t Counted;  /* frames that the device has completed */
    int64_t Jitter;    /* lateness that a long window may show by chance or by drift, 48.16 */
    int64_t Tolerance; /* lateness that is not at once taken for a short stop of the device, 48.16 */
    int64_t Stall;     /* lateness that can be nothing else */
    int64_t LateLeast; /* of the completions that were later than Tolerance, one after the other */
    uint32_t LateRun;  /* how many those are */
    uint32_t WindowPeriods;
    uint64_t WindowStart; /* Line when the window began */
    int64_t WindowLeast;  /* least lateness in it, against the line as it was then */
    int64_t WindowMoved;  /* by how much the line was moved up since */
} SND_CLOCK;

/* False when the numbers make no clock: rate 1000 to 1000000 frames per second, frequency 1000 to 10^10
   ticks. `lag`:
   frames by which the position stays behind what the line says; one period for capture, whose data exist only once a
   period is complete. */
bool SndClockInit(SND_CLOCK *clock, uint32_t rate, uint64_t frequency, uint32_t periodFrames, uint32_t lag,
                  bool devicePaced);

/* Whether completions count from now on; not running. */
void SndClockPace(SND_CLOCK *clock, bool devicePaced);

/* The device starts, at this time, from where the position stands; also after a device reset. */
void SndClockStart(SND_CLOCK *clock, uint64_t now);
/* Frames completed in all, seen at this time. Ignored when counter-paced, or when it does not grow. */
void SndClockComplete(SND_CLOCK *clock, uint64_t now, uint64_t frames);
/* Holds the position. */
void SndClockStop(SND_CLOCK *clock, uint64_t now, uint64_t limit);
/* The position is this from now on (Windows' position may restart at 0); not running. */
void SndClockReset(SND_CLOCK *clock, uint64_t frames);

/* `limit`, in frames: see above. A reading with the old limit has to come before more is queued, or time in which
   nothing was queued counts as played. */
uint64_t SndClockRead(SND_CLOCK *clock, uint64_t now, uint64_t limit);

/* Where the line is, in frames, whatever the limit: what paces the queueing of a counter-paced stream. */
uint64_t SndClockElapsed(const SND_CLOCK *clock, uint64_t now);

/* How fast the device's clock is against ours, in parts per million. For diagnostics. */
int32_t SndClockDrift(const SND_CLOCK *clock);

#endif
