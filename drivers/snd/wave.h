/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the files of the wave miniport share: the miniport, and one stream of each direction at most.
 *
 * A stream holds its miniport, that its device. The miniport knows its open streams, under the device's lock; whoever
 * finds a stream there and uses it without the lock counts itself in Users first.
 *
 *   any thread --Gate--> Drive: control requests, one after the other, towards what Windows wants
 *   DPC --device->Lock--> SndPacingService: completions, submissions, notifications, the next timer
 *
 * Gate (an event, one owner, PASSIVE_LEVEL) is taken before device->Lock and protects what says "gate" below; what
 * says "lock" is read and written under device->Lock. device.h says what "passive", "locked" and "any" mean.
 */
#ifndef AERO_SND_WAVE_H
#define AERO_SND_WAVE_H

#include "backend.h"
#include "buffer.h"
#include "clock.h"
#include "device.h"

#define SND_NOTIFICATION_EVENTS 8

typedef struct SND_WAVE_STREAM SND_WAVE_STREAM;

/* Why a stream that should play on the device does not, beyond the device's own state. */
typedef enum SND_AWAY {
    SndAwayNot,
    SndAwayStalled, /* it stood still; it is tried again */
    SndAwayRefused, /* it refuses our messages; not before KSSTATE_STOP */
} SND_AWAY;

/* What a pin offers: one range for each encoding and rate, best first. */
typedef struct SND_WAVE_PIN {
    BOOLEAN Present;
    SND_STREAM_INFO Info;
    ULONG RangeCount;
    KSDATARANGE_AUDIO *Ranges; /* one block of pool with the pointers to them */
    PKSDATARANGE *RangePointers;
} SND_WAVE_PIN;

struct SND_WAVE_MINIPORT {
    IMiniportWaveRT Interface; /* first */
    LONG References;
    SND_DEVICE *Device; /* referenced; NULL before Init */
    SND_WAVE_PIN Pins[SND_DIRECTIONS];
    PCPIN_DESCRIPTOR PinDescriptors[SndWavePinCount];
    PCFILTER_DESCRIPTOR Filter;
    SND_WAVE_STREAM *Streams[SND_DIRECTIONS]; /* lock */
};

struct SND_WAVE_STREAM {
    IMiniportWaveRTStreamNotification Interface; /* first */
    LONG References;
    ULONG Users; /* lock; who uses it without a reference: it is not destroyed before they are through */
    SND_WAVE_MINIPORT *Miniport;
    SND_DEVICE *Device;
    IPortWaveRTStream *Port;
    const SND_STREAM_INFO *Info; /* the miniport's */
    ULONG Direction;
    BOOLEAN Capture;
    BOOLEAN NullOnly; /* there is no device for it */
    KEVENT Gate;

    /* gate */
    KSSTATE State;
    BOOLEAN FineTimer; /* ExSetTimerResolution was asked for it */
    SND_CHOICE Choice;
    ULONG NotificationCount;
    SND_BUFFER_PLAN Plan;
    PMDL Mdl; /* NULL: no buffer */
    PVOID Mapping;
    SND_DMA Bounce;
    ULONG BounceBytes; /* of one */

    /* lock */
    SND_PCM *Pcm; /* the device's, or NullPcm */
    SND_PCM NullPcm;
    SND_GOAL Goal; /* what Windows wants; Life.Goal is SndGoalStop instead while it is away */
    SND_STREAM Life;
    SND_AWAY Away;
    UINT64 AwaySince;
    SND_CLOCK Clock;
    const SND_BACKEND *Backend;
    BOOLEAN Configured; /* Pcm and Clock know the buffer */
    BOOLEAN Running;    /* time goes on */
    BOOLEAN Priming;    /* START is under way, messages may be submitted */
    UINT64 NextNotify;  /* frames */
    UINT64 Position;    /* as told last, frames */
    UINT64 PositionAt;  /* SndNow of that */
    UINT64 Allowance;   /* frames by which it may get further at once */
    UINT64 Progress;    /* SndNow of the last completion, or of the start */
    ULONG Stalls;       /* since then */
    BOOLEAN Slow;       /* the last completion came much later than it should */
    UINT64 LastRestart; /* SndNow of the last XRUN that was acted on */
    PKEVENT Events[SND_NOTIFICATION_EVENTS];
    ULONG EventCount;
    BOOLEAN TimerArmed;
    UINT64 TimerAt; /* SndNow when it is due */
    KTIMER Timer;
    KDPC TimerDpc;
};

/* ---- wave_pins.c. Passive. ---- */
NTSTATUS SndWavePinsBuild(SND_WAVE_MINIPORT *miniport);
VOID SndWavePinsFree(SND_WAVE_MINIPORT *miniport);

/* ---- wave_format.c ---- */
/* FALSE: no wave format, or one that is shorter than it says. */
BOOLEAN SndWaveParse(const KSDATAFORMAT *format, SND_WAVE *wave);
NTSTATUS SndWaveIntersect(const SND_STREAM_INFO *info, const KSDATARANGE *client, const KSDATARANGE *own, ULONG length,
                          PVOID format, ULONG *formatLength);
NTSTATUS NTAPI SndWaveProposeProperty(PPCPROPERTY_REQUEST request);

/* ---- wave_stream.c. Passive. ---- */
NTSTATUS SndWaveStreamCreate(SND_WAVE_MINIPORT *miniport, ULONG direction, IPortWaveRTStream *port,
                             const KSDATAFORMAT *format, SND_WAVE_STREAM **stream);
VOID SndWaveGate(SND_WAVE_STREAM *stream);
VOID SndWaveUngate(SND_WAVE_STREAM *stream);

/* ---- wave_drive.c. Passive, gate held. ---- */
/* To `goal`. Without the device time goes on without it, which is a success; SndOk unless the device refuses. */
SND_RESULT SndWaveGoal(SND_WAVE_STREAM *stream, SND_GOAL goal);
/* On the way to where it should be, after something has changed; takes the gate itself. */
VOID SndWaveResume(SND_WAVE_STREAM *stream);
/* Stopped, with nothing of the buffer in the device's hands. FALSE: the device does not let go of it. */
BOOLEAN SndWaveLetGo(SND_WAVE_STREAM *stream);
/* Pcm and Clock for the buffer and the format that there are; the position is 0. */
NTSTATUS SndWaveConfigure(SND_WAVE_STREAM *stream);
/* Takes back what a client of position 0 expects after KSSTATE_STOP. */
NTSTATUS SndWaveRewind(SND_WAVE_STREAM *stream);

/* ---- wave_buffer.c. Passive, gate held. ---- */
NTSTATUS SndWaveBufferAllocate(SND_WAVE_STREAM *stream, ULONG notifications, ULONG bytes);
VOID SndWaveBufferFree(SND_WAVE_STREAM *stream);

#endif
