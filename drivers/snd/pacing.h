/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a running stream does, from a completion or from its timer: reads the clock, takes what is complete, submits
 * what is due, tells who waits, sets the timer for what no completion will tell. All of it locked; nothing is
 * allocated.
 *
 * The timer is needed by a device whose completions are no clock (Aero v1), without interrupts, by
 * a buffer of so few periods that the next message is due between two completions, by the null backend, and to notice
 * that a device stands still.
 */
#ifndef AERO_SND_PACING_H
#define AERO_SND_PACING_H

#include "wave.h"

VOID SndPacingInit(SND_WAVE_STREAM *stream); /* passive */
VOID SndPacingEnd(SND_WAVE_STREAM *stream);  /* passive; nothing runs any more afterwards */

/* Locked. Time goes on from the position where it stands, by the device's completions or by the counter. */
VOID SndPacingStart(SND_WAVE_STREAM *stream);
/* Locked. The position holds. */
VOID SndPacingStop(SND_WAVE_STREAM *stream);
/* Locked. FALSE: the device wrote nonsense. */
BOOLEAN SndPacingService(SND_WAVE_STREAM *stream);
/* The same for who does not come from the queue's own service, which asks for the next interrupt afterwards: with
   EVENT_IDX the device tells of nothing more until it is asked. */
BOOLEAN SndPacingPoll(SND_WAVE_STREAM *stream);
/* Locked, frames. */
UINT64 SndPacingPosition(SND_WAVE_STREAM *stream, UINT64 now);
/* Locked. The same for the client, which may write up to there from now on. One that waits for notifications writes
   what lies between two of them, and only when it is over. */
UINT64 SndPacingTell(SND_WAVE_STREAM *stream);
/* Locked, while it does not run or is started again at once. */
VOID SndPacingResetPosition(SND_WAVE_STREAM *stream, UINT64 frames);

/* Locked. The device says, or its transfers do, that it has lost something: STOP and START, not too often. */
VOID SndPacingXrun(SND_WAVE_STREAM *stream);

/* Locked: on without the device, if time should go on; back to it, at a period's boundary that nobody was told of. */
VOID SndPacingLeaveDevice(SND_WAVE_STREAM *stream);
VOID SndPacingRejoinDevice(SND_WAVE_STREAM *stream);

/* The device's completions are the clock: "The device MUST NOT complete the I/O request until the buffer is totally
   consumed" (VIRTIO 1.x "Output Stream"). Of Aero v1 they say only that it was accepted. */
static inline BOOLEAN SndPacingByDevice(const SND_WAVE_STREAM *stream)
{
    return !stream->Backend->Silent && stream->Device->Dialect.Shape == SndShapeStandard;
}

/* Recorded frames are there when their period is complete. A client that waits for notifications reads them then, and
   has to be told of all of them at once, for soon the device has the memory again. Whoever follows the position alone
   is told it as steadily as time passes, a period late; in the Aero dialect data come a period early. */
static inline BOOLEAN SndPacingTellsAtOnce(const SND_WAVE_STREAM *stream)
{
    return stream->Capture && stream->NotificationCount != 0 && stream->Device->Dialect.Shape == SndShapeStandard;
}

#endif
