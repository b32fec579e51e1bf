/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The way of a stream to what Windows wants: one control request after the other, as stream.h says, and what goes with
 * each of them. Passive, gate held.
 */
#include "pacing.h"

#define DRAIN_MS 200   /* for what RELEASE has to give back */
#define LET_GO_MS 3000 /* for a reset to do the same */

static VOID Sleep(ULONG milliseconds)
{
    LARGE_INTEGER time;

    time.QuadPart = -(LONGLONG)milliseconds * 10000;
    (void)KeDelayExecutionThread(KernelMode, FALSE, &time);
}

static KIRQL Lock(SND_WAVE_STREAM *stream)
{
    KIRQL irql;

    KeAcquireSpinLock(&stream->Device->Lock, &irql);
    return irql;
}

static VOID Unlock(SND_WAVE_STREAM *stream, KIRQL irql)
{
    KeReleaseSpinLock(&stream->Device->Lock, irql);
}

static ULONG Outstanding(SND_WAVE_STREAM *stream)
{
    KIRQL irql = Lock(stream);
    ULONG count = stream->Pcm->Outstanding;

    Unlock(stream, irql);
    return count;
}

/* Locked: before the request goes out. */
static VOID Before(SND_WAVE_STREAM *stream, SND_STREAM_REQUEST request)
{
    if (request == SndRequestStart) {
        if (stream->Backend->Silent) {
            SndPacingRejoinDevice(stream);
        }
        if (stream->Pcm->CompletedFrames == 0) {
            SndVolumeSettle(&stream->Device->Volume[stream->Direction]); /* nothing was heard that could click */
        }
        /* "The driver SHOULD populate the tx queue with period_bytes sized buffers before starting the stream"; Aero v1
           takes none before. */
        if (stream->Device->Dialect.Shape == SndShapeStandard) {
            stream->Priming = TRUE;
            stream->Backend->Feed(stream, SndNow());
            stream->Priming = FALSE;
        }
    } else if (request == SndRequestRelease) {
        SndPacingStop(stream);
        SndPcmFlush(stream->Pcm);
    }
}

/* Locked: its reply has come, or never will. */
static VOID After(SND_WAVE_STREAM *stream, SND_STREAM_REQUEST request, SND_RESULT result)
{
    SndStreamDone(&stream->Life, result);
    if (stream->Life.State == SndStreamUnknown) {
        SndDeviceReset(stream->Device); /* no request is legal whatever state the device is in */
    }
    if (request == SndRequestStop) {
        if (!stream->Backend->Silent) {
            SndPacingStop(stream);
        }
    } else if (request == SndRequestStart && result == SndOk && stream->Life.State == SndStreamRunning) {
        SndPacingStart(stream);
    }
}

static SND_RESULT Send(SND_WAVE_STREAM *stream, SND_STREAM_REQUEST request)
{
    SND_PARAMS params = {
        .StreamId = stream->Info->Id,
        .BufferBytes = stream->Plan.Bytes,
        .PeriodBytes = stream->Pcm->MessageBytes,
        .Channels = (uint8_t)stream->Choice.Wave.Channels,
        .Format = stream->Choice.Format,
        .Rate = stream->Choice.Rate,
    };

    if (request == SndRequestSet) {
        return SndRequestSetParams(stream->Device, &params, stream->Info);
    }
    return SndRequestSimple(stream->Device, SndRequestCode(request), stream->Info->Id);
}

/* "On RELEASE the device MUST complete all pending I/O messages for the specified stream ID"; their interrupt may come
   a little later than the reply. */
static VOID Drain(SND_WAVE_STREAM *stream)
{
    KIRQL irql;

    for (ULONG waited = 0; waited < DRAIN_MS; waited++) {
        SndPoll(stream->Device);
        if (Outstanding(stream) == 0) {
            break;
        }
        Sleep(1);
    }
    irql = Lock(stream);
    if (!SndPcmRewind(stream->Pcm) && SndDeviceRuns(stream->Device)) {
        SndDeviceReset(stream->Device); /* it would go on reading or writing the buffer */
    }
    Unlock(stream, irql);
}

/* The next request on the way, already marked as sent. */
static SND_STREAM_REQUEST Next(SND_WAVE_STREAM *stream, SND_RESULT *failure)
{
    KIRQL irql = Lock(stream);
    SND_STREAM_REQUEST request = SndRequestNone;

    *failure = SndCancelled;
    if (SndDeviceRuns(stream->Device) && stream->Configured && !stream->NullOnly) {
        request = SndStreamNext(&stream->Life);
        *failure = stream->Life.Failure;
    }
    if (request != SndRequestNone) {
        Before(stream, request);
        (void)SndStreamSent(&stream->Life, request);
    }
    Unlock(stream, irql);
    return request;
}

/* SndOk: at the goal. SndCancelled: there is no device now. Else the device's refusal. */
static SND_RESULT Drive(SND_WAVE_STREAM *stream)
{
    SND_STREAM_REQUEST request;
    SND_RESULT result, failure;
    KIRQL irql;

    while ((request = Next(stream, &failure)) != SndRequestNone) {
        result = Send(stream, request);
        irql = Lock(stream);
        After(stream, request, result);
        Unlock(stream, irql);
        if (request == SndRequestRelease) {
            Drain(stream);
        }
    }
    return failure;
}

/* Time goes on without the device when it should go on and does not. */
static VOID GoOnWithoutDevice(SND_WAVE_STREAM *stream)
{
    KIRQL irql = Lock(stream);

    if (stream->Goal == SndGoalRun && stream->Configured && !stream->Running && stream->Pcm->Outstanding == 0) {
        SndPacingLeaveDevice(stream);
    }
    Unlock(stream, irql);
}

static VOID SetGoal(SND_WAVE_STREAM *stream, SND_GOAL goal)
{
    KIRQL irql = Lock(stream);

    stream->Goal = goal;
    if (goal == SndGoalStop) {
        stream->Away = SndAwayNot;
    }
    SndStreamSetGoal(&stream->Life, stream->Away == SndAwayNot ? goal : SndGoalStop);
    if (goal != SndGoalRun && stream->Backend->Silent) {
        SndPacingStop(stream);
    }
    Unlock(stream, irql);
}

SND_RESULT SndWaveGoal(SND_WAVE_STREAM *stream, SND_GOAL goal)
{
    SND_RESULT result;

    SetGoal(stream, goal);
    result = Drive(stream);
    if (goal == SndGoalRun && (result == SndOk || result == SndCancelled)) {
        GoOnWithoutDevice(stream);
    }
    return result == SndCancelled ? SndOk : result;
}

VOID SndWaveResume(SND_WAVE_STREAM *stream)
{
    SND_RESULT result;
    KIRQL irql;

    SndWaveGate(stream);
    irql = Lock(stream);
    if (stream->Away == SndAwayNot) {
        SndStreamSetGoal(&stream->Life, stream->Goal);
    }
    Unlock(stream, irql);
    result = Drive(stream);
    if (result != SndOk && result != SndCancelled) {
        irql = Lock(stream);
        stream->Away = SndAwayStalled;
        stream->AwaySince = SndNow();
        SndStreamSetGoal(&stream->Life, SndGoalStop);
        Unlock(stream, irql);
        (void)Drive(stream);
    }
    GoOnWithoutDevice(stream);
    SndWaveUngate(stream);
}

BOOLEAN SndWaveLetGo(SND_WAVE_STREAM *stream)
{
    KIRQL irql;

    for (ULONG waited = 0; waited < LET_GO_MS; waited += 10) {
        (void)SndWaveGoal(stream, SndGoalStop);
        irql = Lock(stream);
        if (stream->Pcm->Outstanding != 0) {
            SndDeviceReset(stream->Device);
        }
        Unlock(stream, irql);
        if (Outstanding(stream) == 0) {
            return TRUE;
        }
        Sleep(10);
    }
    return FALSE;
}

static VOID Describe(SND_WAVE_STREAM *stream, SND_PCM_CONFIG *config)
{
    ULONG page = (ULONG)(ULONG_PTR)MmGetMdlByteOffset(stream->Mdl);

    config->StreamId = stream->Info->Id;
    config->Choice = stream->Choice;
    config->Cyclic.Pfns = (const uintptr_t *)MmGetMdlPfnArray(stream->Mdl);
    config->Cyclic.Base = stream->Mapping;
    config->Cyclic.PageCount = (page + MmGetMdlByteCount(stream->Mdl) + PAGE_SIZE - 1) / PAGE_SIZE;
    config->Cyclic.Offset = page;
    config->Cyclic.Bytes = stream->Plan.Bytes;
    config->PeriodBytes = stream->Plan.PeriodBytes;
    config->Volume = &stream->Device->Volume[stream->Direction];
    config->SilenceBehind = !stream->Capture;
    config->BounceBytes = stream->BounceBytes;
    if (stream->Bounce.Memory != NULL) {
        config->BounceCount = stream->Bounce.Bytes / stream->BounceBytes;
        config->BounceCount = config->BounceCount < SND_BOUNCE_MAX ? config->BounceCount : SND_BOUNCE_MAX;
    }
    for (ULONG i = 0; i < config->BounceCount; i++) {
        config->Bounce[i].Base = stream->Bounce.Memory + i * stream->BounceBytes;
        config->Bounce[i].Physical = (UINT64)stream->Bounce.Physical.QuadPart + i * stream->BounceBytes;
    }
}

NTSTATUS SndWaveConfigure(SND_WAVE_STREAM *stream)
{
    SND_PCM_CONFIG config = {.StreamId = 0};
    SND_RESULT result;
    KIRQL irql;

    irql = Lock(stream);
    stream->Configured = FALSE;
    SndPacingStop(stream);
    stream->Backend = &SndBackendNull;
    Unlock(stream, irql);
    if (stream->Capture && !SndPacingTellsAtOnce(stream)) {
        SndBufferLagBehind(&stream->Plan);
    }
    Describe(stream, &config);
    result = SndPcmConfigure(stream->Pcm, &config);
    if (result != SndOk) {
        return SndResultToStatus(result);
    }
    irql = Lock(stream);
    if (SndClockInit(&stream->Clock, stream->Choice.Wave.Rate, stream->Device->Frequency, stream->Plan.PeriodFrames,
                     stream->Capture ? stream->Plan.PeriodFrames : 0, FALSE)) {
        SndPacingResetPosition(stream, 0);
        SndStreamParamsChanged(&stream->Life);
        stream->NextNotify = stream->Plan.NotifyFrames;
        stream->Configured = TRUE;
    }
    Unlock(stream, irql);
    return stream->Configured ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NTSTATUS SndWaveRewind(SND_WAVE_STREAM *stream)
{
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL irql = Lock(stream);

    if (stream->Configured) {
        SndPacingStop(stream);
        if (SndPcmRestart(stream->Pcm)) {
            stream->Backend = &SndBackendNull;
            SndPacingResetPosition(stream, 0);
            stream->NextNotify = stream->Plan.NotifyFrames;
        } else {
            status = STATUS_DEVICE_BUSY;
        }
    }
    Unlock(stream, irql);
    return status;
}
