/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The life of one PCM stream: VIRTIO 1.x "PCM Command Lifecycle", and the way from where it is to where Windows wants
 * it, one control request at a time.
 *
 *   Released --SET--> Set --PREPARE--> Prepared --START--> Running --STOP--> Stopped --START--> Running
 *      ^               ^                  |                                    |
 *      +---------------+-----RELEASE------+------------------------------------+
 *
 * SET and PREPARE may be repeated where they lead. Nothing is sent while a request is out. A request that timed out
 * leaves the stream Unknown: only RELEASE and a device reset are sure to lead out of it. A refused one leaves it where
 * it was, with Failure set, and nothing more is sent until the goal is set anew.
 * An XRUN asks for STOP and START once the stream runs; a device reset puts it back to Released, and the way is gone
 * again to the same goal.
 *
 * Pure state, no lock, no IRQL of its own.
 */
#ifndef AERO_SND_STREAM_H
#define AERO_SND_STREAM_H

#include "wire.h"

typedef enum SND_STREAM_STATE {
    SndStreamReleased,
    SndStreamSet,
    SndStreamPrepared,
    SndStreamRunning,
    SndStreamStopped,
    SndStreamUnknown,
    SndStreamStateCount,
} SND_STREAM_STATE;

typedef enum SND_STREAM_REQUEST {
    SndRequestNone,
    SndRequestSet,
    SndRequestPrepare,
    SndRequestStart,
    SndRequestStop,
    SndRequestRelease,
    SndRequestCount,
} SND_STREAM_REQUEST;

/* Every way a transition can be illegal has a name. */
typedef enum SND_TRANSITION {
    SndTransitionLegal,
    SndTransitionNotSet,       /* PREPARE before SET */
    SndTransitionNotPrepared,  /* START before PREPARE */
    SndTransitionNotRunning,   /* STOP of a stream that does not run */
    SndTransitionIsRunning,    /* anything but STOP while it runs */
    SndTransitionIsStopped,    /* SET or PREPARE between STOP and RELEASE */
    SndTransitionNotAllocated, /* RELEASE of what was never prepared */
    SndTransitionUnknown,      /* anything but RELEASE after a timeout */
    SndTransitionBusy,         /* another request is out */
    SndTransitionNoRequest,
} SND_TRANSITION;

/* What Windows wants. KSSTATE_ACQUIRE and KSSTATE_PAUSE both have the device ready and silent. */
typedef enum SND_GOAL { SndGoalStop, SndGoalPause, SndGoalRun } SND_GOAL;

typedef struct SND_STREAM {
    SND_STREAM_STATE State;
    SND_GOAL Goal;
    SND_STREAM_REQUEST Out; /* the request under way */
    SND_RESULT Failure;     /* SndOk: none */
    bool NewParams;         /* SET has to be sent again before it runs */
    bool Restart;           /* XRUN: stop and start once */
    uint32_t Restarts;
} SND_STREAM;

void SndStreamInit(SND_STREAM *stream);
SND_TRANSITION SndStreamCheck(const SND_STREAM *stream, SND_STREAM_REQUEST request);
const char *SndTransitionToString(SND_TRANSITION transition);
const char *SndStreamStateToString(SND_STREAM_STATE state);

/* Forgets a failure: Windows asks again. */
void SndStreamSetGoal(SND_STREAM *stream, SND_GOAL goal);
/* The parameters have changed: whatever was prepared with the old ones is released first. */
void SndStreamParamsChanged(SND_STREAM *stream);
/* An XRUN event, or transfers that failed with IO_ERR. Nothing to do when the stream does not run. */
void SndStreamXrun(SND_STREAM *stream);
/* The device was reset. The goal stays. */
void SndStreamDeviceReset(SND_STREAM *stream);

/* The next request on the way to the goal; SndRequestNone when it is reached, a request is out, or one has failed. */
SND_STREAM_REQUEST SndStreamNext(const SND_STREAM *stream);
SND_TRANSITION SndStreamSent(SND_STREAM *stream, SND_STREAM_REQUEST request);
void SndStreamDone(SND_STREAM *stream, SND_RESULT result);
bool SndStreamAtGoal(const SND_STREAM *stream);

/* VIRTIO_SND_R_PCM_*; 0 for SndRequestNone. */
uint32_t SndRequestCode(SND_STREAM_REQUEST request);

#endif
