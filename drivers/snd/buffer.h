/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * How a cyclic buffer is divided: from what a client asks for to whole frames, periods and how far ahead of the
 * position the device is given them. Pure functions, any IRQL.
 *
 * A message is given to the device once the position is so near that Lead frames cover it, and its place in the buffer
 * must have been written by then. A client that waits for notifications writes there only when it was told that the
 * position has left it. So the lead leaves it half a period to do that:
 *
 *   lead = min(3 periods, buffer - half a period)        in whole periods when it is two of them or more
 *
 * With the two periods that the audio engine of Windows 7 asks for that is one and a half: the second message follows
 * half a period after the first, by a timer.
 */
#ifndef AERO_SND_BUFFER_H
#define AERO_SND_BUFFER_H

#include "formats.h"

#define SND_NOTIFICATIONS_MAX 256
#define SND_PERIOD_DEFAULT_MS 10

typedef struct SND_BUFFER_PLAN {
    uint32_t Bytes;       /* at least what was asked for */
    uint32_t Frames;      /* the same in frames */
    uint32_t PeriodBytes; /* the device's period */
    uint32_t PeriodFrames;
    uint32_t NotifyFrames; /* between two notifications */
    uint32_t LeadFrames;   /* given to the device ahead of the position, at most */
    uint32_t MessagesMax;  /* periods that the device may have at once */
    bool WholeLead;        /* LeadFrames is whole periods: completions alone say when more is due */
} SND_BUFFER_PLAN;

/* Whoever is told a recorded position a period late needs that period longer. */
void SndBufferLagBehind(SND_BUFFER_PLAN *plan);

/* `notifications` in one cycle: 1 to SND_NOTIFICATIONS_MAX, 0 when the client follows the position alone. False when
   there is no such buffer: too many notifications, or more than SND_CYCLIC_BYTES_MAX. */
bool SndBufferPlan(const SND_CHOICE *choice, uint32_t bytes, uint32_t notifications, SND_BUFFER_PLAN *plan);

/* The same buffer for another format; false when it does not hold whole periods of that. */
bool SndBufferReplan(const SND_CHOICE *choice, uint32_t notifications, SND_BUFFER_PLAN *plan);

#endif
