/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "stream.h"

void SndStreamInit(SND_STREAM *stream)
{
    *stream = (SND_STREAM){.State = SndStreamReleased, .Goal = SndGoalStop, .NewParams = true};
}

/* "PCM Command Lifecycle", the valid transitions of each command; a stopped stream takes start and release only. */
static const uint8_t transitions[SndStreamStateCount][SndRequestCount] = {
    [SndStreamReleased] = {[SndRequestNone] = SndTransitionNoRequest,
                           [SndRequestPrepare] = SndTransitionNotSet,
                           [SndRequestStart] = SndTransitionNotSet,
                           [SndRequestStop] = SndTransitionNotRunning,
                           [SndRequestRelease] = SndTransitionNotAllocated},
    [SndStreamSet] = {[SndRequestNone] = SndTransitionNoRequest,
                      [SndRequestStart] = SndTransitionNotPrepared,
                      [SndRequestStop] = SndTransitionNotRunning,
                      [SndRequestRelease] = SndTransitionNotAllocated},
    [SndStreamPrepared] = {[SndRequestNone] = SndTransitionNoRequest, [SndRequestStop] = SndTransitionNotRunning},
    [SndStreamRunning] = {[SndRequestNone] = SndTransitionNoRequest,
                          [SndRequestSet] = SndTransitionIsRunning,
                          [SndRequestPrepare] = SndTransitionIsRunning,
                          [SndRequestStart] = SndTransitionIsRunning,
                          [SndRequestRelease] = SndTransitionIsRunning},
    [SndStreamStopped] = {[SndRequestNone] = SndTransitionNoRequest,
                          [SndRequestSet] = SndTransitionIsStopped,
                          [SndRequestPrepare] = SndTransitionIsStopped,
                          [SndRequestStop] = SndTransitionNotRunning},
    [SndStreamUnknown] = {[SndRequestNone] = SndTransitionNoRequest,
                          [SndRequestSet] = SndTransitionUnknown,
                          [SndRequestPrepare] = SndTransitionUnknown,
                          [SndRequestStart] = SndTransitionUnknown,
                          [SndRequestStop] = SndTransitionUnknown},
};

SND_TRANSITION SndStreamCheck(const SND_STREAM *stream, SND_STREAM_REQUEST request)
{
    if ((uint32_t)request >= SndRequestCount) {
        return SndTransitionNoRequest;
    }
    if (stream->Out != SndRequestNone) {
        return SndTransitionBusy;
    }
    return (SND_TRANSITION)transitions[stream->State][request];
}

const char *SndTransitionToString(SND_TRANSITION transition)
{
    static const char *const names[] = {"LEGAL",      "NOT_SET",       "NOT_PREPARED", "NOT_RUNNING", "IS_RUNNING",
                                        "IS_STOPPED", "NOT_ALLOCATED", "UNKNOWN",      "BUSY",        "NO_REQUEST"};

    return (uint32_t)transition < sizeof(names) / sizeof(names[0]) ? names[transition] : "?";
}

const char *SndStreamStateToString(SND_STREAM_STATE state)
{
    static const char *const names[SndStreamStateCount] = {"RELEASED", "SET",     "PREPARED",
                                                           "RUNNING",  "STOPPED", "UNKNOWN"};

    return (uint32_t)state < SndStreamStateCount ? names[state] : "?";
}

uint32_t SndRequestCode(SND_STREAM_REQUEST request)
{
    static const uint16_t codes[SndRequestCount] = {[SndRequestSet] = VIRTIO_SND_R_PCM_SET_PARAMS,
                                                    [SndRequestPrepare] = VIRTIO_SND_R_PCM_PREPARE,
                                                    [SndRequestStart] = VIRTIO_SND_R_PCM_START,
                                                    [SndRequestStop] = VIRTIO_SND_R_PCM_STOP,
                                                    [SndRequestRelease] = VIRTIO_SND_R_PCM_RELEASE};

    return (uint32_t)request < SndRequestCount ? codes[request] : 0;
}

void SndStreamSetGoal(SND_STREAM *stream, SND_GOAL goal)
{
    stream->Goal = goal;
    stream->Failure = SndOk;
    if (goal != SndGoalRun) {
        stream->Restart = false;
    }
}

void SndStreamParamsChanged(SND_STREAM *stream)
{
    stream->NewParams = true;
    stream->Failure = SndOk;
}

void SndStreamXrun(SND_STREAM *stream)
{
    if (stream->Goal == SndGoalRun && (stream->State == SndStreamRunning || stream->Out == SndRequestStart)) {
        stream->Restart = true;
    }
}

void SndStreamDeviceReset(SND_STREAM *stream)
{
    stream->State = SndStreamReleased;
    stream->Out = SndRequestNone;
    stream->Failure = SndOk;
    stream->Restart = false;
}

/* Back to a state without anything allocated. */
static SND_STREAM_REQUEST NextToReleased(const SND_STREAM *stream)
{
    switch (stream->State) {
    case SndStreamRunning:
        return SndRequestStop;
    case SndStreamPrepared:
    case SndStreamStopped:
    case SndStreamUnknown:
        return SndRequestRelease;
    default:
        return SndRequestNone;
    }
}

SND_STREAM_REQUEST SndStreamNext(const SND_STREAM *stream)
{
    if (stream->Out != SndRequestNone || stream->Failure != SndOk) {
        return SndRequestNone;
    }
    if (stream->Goal == SndGoalStop || stream->State == SndStreamUnknown) {
        return NextToReleased(stream);
    }
    switch (stream->State) {
    case SndStreamReleased:
        return SndRequestSet;
    case SndStreamSet:
        return stream->NewParams ? SndRequestSet : SndRequestPrepare;
    case SndStreamRunning:
        return stream->NewParams || stream->Restart || stream->Goal == SndGoalPause ? SndRequestStop : SndRequestNone;
    case SndStreamPrepared:
        return stream->NewParams ? SndRequestSet : stream->Goal == SndGoalRun ? SndRequestStart : SndRequestNone;
    default:
        return stream->NewParams ? SndRequestRelease : stream->Goal == SndGoalRun ? SndRequestStart : SndRequestNone;
    }
}

SND_TRANSITION SndStreamSent(SND_STREAM *stream, SND_STREAM_REQUEST request)
{
    SND_TRANSITION transition = SndStreamCheck(stream, request);

    if (transition == SndTransitionLegal) {
        stream->Out = request;
        if (request == SndRequestSet) {
            stream->NewParams = false; /* a change from now on asks for another one */
        }
    }
    return transition;
}

static void Arrive(SND_STREAM *stream, SND_STREAM_REQUEST request)
{
    switch (request) {
    case SndRequestSet:
        stream->State = SndStreamSet;
        break;
    case SndRequestPrepare:
        stream->State = SndStreamPrepared;
        break;
    case SndRequestStart:
        stream->State = SndStreamRunning;
        break;
    case SndRequestStop:
        stream->State = SndStreamStopped;
        stream->Restarts += stream->Restart;
        stream->Restart = false;
        break;
    case SndRequestRelease:
        stream->State = SndStreamReleased;
        break;
    default:
        break;
    }
}

void SndStreamDone(SND_STREAM *stream, SND_RESULT result)
{
    SND_STREAM_REQUEST request = stream->Out;

    if (request == SndRequestNone) {
        return;
    }
    stream->Out = SndRequestNone;
    if (result == SndOk) {
        Arrive(stream, request);
        return;
    }
    if (request == SndRequestSet) {
        stream->NewParams = true;
    }
    stream->Failure = result;
    if (result == SndTimeout || result == SndMalformed) {
        stream->State = SndStreamUnknown;
        stream->Restart = false; /* it starts afresh anyhow */
    }
}

bool SndStreamAtGoal(const SND_STREAM *stream)
{
    if (stream->Out != SndRequestNone || stream->Failure != SndOk) {
        return false;
    }
    switch (stream->Goal) {
    case SndGoalStop:
        return stream->State == SndStreamReleased || stream->State == SndStreamSet;
    case SndGoalPause:
        return (stream->State == SndStreamPrepared || stream->State == SndStreamStopped) && !stream->NewParams;
    default:
        return stream->State == SndStreamRunning && !stream->NewParams && !stream->Restart;
    }
}
