/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pacing.h"

#include "arithmetic.h"

/* Without a completion for so long a device stands still: longer than any pause that an audio server makes. */
#define STALL_MS 500
#define STALLS_MAX 2
#define RETRY_MS 3000
/* Between two restarts because of transfers that failed or of XRUN events: a device that reports nothing else must not
   keep us at it. */
#define RESTART_MS 250
/* A machine that stood still has nothing to catch up with: beyond so many cycles of the buffer, time starts anew. */
#define CYCLES_BEHIND_MAX 2
#define FRACTION 8
#define FASTEST ((5u << FRACTION) / 4) /* of the position against time */
#define MILLISECONDS 1000u
#define HUNDRED_NANOSECONDS 10000000u

static UINT64 TicksOf(const SND_WAVE_STREAM *stream, ULONG milliseconds)
{
    return SndDivide(stream->Device->Frequency * milliseconds, MILLISECONDS);
}

static VOID ArmTimer(SND_WAVE_STREAM *stream, UINT64 now)
{
    UINT64 frames = stream->Backend->Until(stream, now), ticks = TicksOf(stream, STALL_MS), wanted;
    ULONG rate = stream->Choice.Wave.Rate;
    LARGE_INTEGER due;

    if (stream->Device->Polling && frames > stream->Plan.PeriodFrames / 2) {
        frames = stream->Plan.PeriodFrames / 2;
    }
    if (frames < rate) {
        wanted = SndDivide(frames * stream->Device->Frequency, rate) + 1;
        ticks = wanted < ticks ? wanted : ticks;
    }
    /* A timer that fires too early looks again, and costs less than setting one at each completion. */
    if (stream->TimerArmed && stream->TimerAt <= now + ticks) {
        return;
    }
    stream->TimerArmed = TRUE;
    stream->TimerAt = now + ticks;
    due.QuadPart = -(LONGLONG)(SndDivide(ticks * HUNDRED_NANOSECONDS, stream->Device->Frequency) + 1);
    (void)KeSetTimer(&stream->Timer, due, &stream->TimerDpc);
}

/* A device may take much at once into a buffer of its own, above all when it starts: QEMU takes 20 ms. The position
   follows, but not so fast that a client could take it for a lap less: at most a quarter faster than time passes, and
   what it was behind time at once, up to a period. */
static UINT64 Slew(SND_WAVE_STREAM *stream, UINT64 frames, UINT64 now)
{
    UINT64 slack = (UINT64)stream->Plan.PeriodFrames << FRACTION; /* while it stood still */
    UINT64 passed = now > stream->PositionAt ? now - stream->PositionAt : 0, step;

    passed = passed < stream->Device->Frequency ? passed : stream->Device->Frequency;
    stream->PositionAt = now;
    stream->Allowance = stream->Allowance < slack ? stream->Allowance : slack;
    stream->Allowance += SndDivide(passed * stream->Choice.Wave.Rate * FASTEST, stream->Device->Frequency);
    step = frames > stream->Position ? frames - stream->Position : 0;
    step = step < stream->Allowance >> FRACTION ? step : stream->Allowance >> FRACTION;
    stream->Allowance -= step << FRACTION;
    stream->Position += step;
    return stream->Position;
}

/* The device is somewhere in its oldest message, and through with it when it says so; one that was slow has perhaps not
   begun it. */
static UINT64 PlayedAtMost(const SND_WAVE_STREAM *stream)
{
    return stream->Pcm->CompletedFrames + (stream->Slow ? 0 : stream->Pcm->MessageFrames - 1);
}

UINT64 SndPacingPosition(SND_WAVE_STREAM *stream, UINT64 now)
{
    UINT64 frames = SndClockRead(&stream->Clock, now, stream->Backend->Limit(stream));

    if (!stream->Running) {
        return stream->Position;
    }
    if (SndPacingTellsAtOnce(stream)) {
        frames = stream->Pcm->CompletedFrames;
    } else if (!stream->Capture && SndPacingByDevice(stream) && frames > PlayedAtMost(stream)) {
        frames = PlayedAtMost(stream);
    }
    return Slew(stream, frames, now);
}

UINT64 SndPacingTell(SND_WAVE_STREAM *stream)
{
    UINT64 frames = SndPacingPosition(stream, SndNow()), told = frames;

    if (stream->EventCount != 0) {
        told = SndDivide(frames, stream->Plan.NotifyFrames) * stream->Plan.NotifyFrames;
    }
    stream->Pcm->ToldFrames = told;
    return frames;
}

VOID SndPacingResetPosition(SND_WAVE_STREAM *stream, UINT64 frames)
{
    SndClockReset(&stream->Clock, frames);
    stream->Position = frames;
    stream->Allowance = 0;
}

/* What is told to be played was played, and what is told to be recorded is there. */
static UINT64 Done(const SND_WAVE_STREAM *stream)
{
    UINT64 completed = stream->Pcm->CompletedFrames, position = stream->Position;

    if (stream->Backend->Silent || (stream->Capture && !SndPacingTellsAtOnce(stream))) {
        return completed;
    }
    return SndPacingByDevice(stream) && completed < position ? completed : position;
}

static VOID Notify(SND_WAVE_STREAM *stream)
{
    while (Done(stream) >= stream->NextNotify) {
        stream->NextNotify += stream->Plan.NotifyFrames;
        for (ULONG i = 0; i < stream->EventCount; i++) {
            (void)KeSetEvent(stream->Events[i], IO_SOUND_INCREMENT, FALSE);
        }
    }
}

static VOID StartAnewWhenFarBehind(SND_WAVE_STREAM *stream, UINT64 now)
{
    UINT64 base = stream->Backend->Silent ? stream->Pcm->CompletedFrames : stream->Pcm->SubmittedFrames;

    if (!SndPacingByDevice(stream) &&
        SndClockElapsed(&stream->Clock, now) > base + (UINT64)CYCLES_BEHIND_MAX * stream->Plan.Frames) {
        SndPacingResetPosition(stream, stream->Position > base ? stream->Position : base);
        SndClockStart(&stream->Clock, now);
    }
}

static VOID GoAway(SND_WAVE_STREAM *stream, SND_AWAY why, UINT64 now)
{
    stream->Away = why;
    stream->AwaySince = now;
    SndStreamSetGoal(&stream->Life, SndGoalStop);
    SndQueueWaveWork(stream->Device);
}

static VOID Restart(SND_WAVE_STREAM *stream, UINT64 now)
{
    if (now - stream->LastRestart >= TicksOf(stream, RESTART_MS)) {
        stream->LastRestart = now;
        SndStreamXrun(&stream->Life);
        SndQueueWaveWork(stream->Device);
    }
}

VOID SndPacingXrun(SND_WAVE_STREAM *stream)
{
    if (!stream->Backend->Silent) {
        Restart(stream, SndNow());
    }
}

static VOID Judge(SND_WAVE_STREAM *stream, const SND_PCM_REPORT *report, UINT64 now)
{
    if (report->Fatal != SndOk && stream->Away == SndAwayNot) {
        GoAway(stream, SndAwayRefused, now);
    } else if (report->IoErrors != 0) {
        Restart(stream, now);
    }
}

BOOLEAN SndPacingService(SND_WAVE_STREAM *stream)
{
    UINT64 now = SndNow();
    SND_PCM_REPORT report;

    if (stream->Running) {
        StartAnewWhenFarBehind(stream, now);
    }
    stream->Backend->Reap(stream, now, &report);
    if (report.Fatal == SndBroken) {
        return FALSE;
    }
    if (!stream->Running) {
        return TRUE;
    }
    Judge(stream, &report, now);
    /* With the old limit: time in which nothing was queued is not played. */
    (void)SndPacingPosition(stream, now);
    stream->Backend->Feed(stream, now);
    Notify(stream);
    if (stream->Away == SndAwayStalled && stream->Backend->Silent &&
        now - stream->AwaySince >= TicksOf(stream, RETRY_MS)) {
        stream->Away = SndAwayNot;
        SndQueueWaveWork(stream->Device);
    }
    ArmTimer(stream, now);
    return TRUE;
}

BOOLEAN SndPacingPoll(SND_WAVE_STREAM *stream)
{
    BOOLEAN sound = SndPacingService(stream);

    /* Each round takes what a round before has submitted at most: there is an end to it. */
    for (ULONG round = 0; sound && !stream->Backend->Silent && round < SND_PCM_SLOTS_MAX; round++) {
        if (!VirtqueueAllowInterrupts(&stream->Pcm->Queue)) {
            break;
        }
        sound = SndPacingService(stream);
    }
    return sound;
}

/* What completions and their interrupts should have done and did not. */
static VOID LookForStall(SND_WAVE_STREAM *stream)
{
    UINT64 now = SndNow(), patience = TicksOf(stream, STALL_MS);
    UINT64 periods =
        SndDivide(4 * (UINT64)stream->Plan.PeriodFrames * stream->Device->Frequency, stream->Choice.Wave.Rate);

    patience = periods > patience ? periods : patience;
    if (!stream->Running || stream->Backend->Silent || stream->Life.State != SndStreamRunning ||
        stream->Pcm->Outstanding == 0 || now - stream->Progress < patience) {
        return;
    }
    stream->Progress = now;
    if (VirtioGetStatus(stream->Device->Transport) == VIRTIO_STATUS_GONE) {
        SndDeviceReset(stream->Device); /* nothing will come any more, and nobody has said so yet */
    } else if (++stream->Stalls < STALLS_MAX) {
        Restart(stream, now);
    } else if (stream->Away == SndAwayNot) {
        GoAway(stream, SndAwayStalled, now);
    }
}

static VOID NTAPI OnTimer(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    SND_WAVE_STREAM *stream = context;
    SND_DEVICE *device = stream->Device;

    (void)dpc;
    (void)argument1;
    (void)argument2;
    if (device->Polling) {
        SndPoll(device);
    }
    KeAcquireSpinLockAtDpcLevel(&device->Lock);
    stream->TimerArmed = FALSE;
    if (!SndPacingPoll(stream)) {
        SndDeviceFail(device, SndLogNonsense);
    }
    LookForStall(stream);
    KeReleaseSpinLockFromDpcLevel(&device->Lock);
}

VOID SndPacingInit(SND_WAVE_STREAM *stream)
{
    stream->Backend = &SndBackendNull;
    SndStreamInit(&stream->Life);
    KeInitializeTimer(&stream->Timer);
    KeInitializeDpc(&stream->TimerDpc, OnTimer, stream);
}

VOID SndPacingEnd(SND_WAVE_STREAM *stream)
{
    KIRQL irql;

    KeAcquireSpinLock(&stream->Device->Lock, &irql);
    SndPacingStop(stream);
    KeReleaseSpinLock(&stream->Device->Lock, irql);
    (void)KeCancelTimer(&stream->Timer);
    KeFlushQueuedDpcs();
}

VOID SndPacingStart(SND_WAVE_STREAM *stream)
{
    UINT64 now = SndNow();

    SndClockPace(&stream->Clock, SndPacingByDevice(stream));
    SndClockStart(&stream->Clock, now);
    stream->Running = TRUE;
    stream->Progress = stream->PositionAt = now;
    stream->Allowance = 0;
    stream->Slow = FALSE;
    (void)SndPacingPoll(stream); /* nonsense will be seen at the next interrupt */
}

VOID SndPacingStop(SND_WAVE_STREAM *stream)
{
    UINT64 limit, now;

    if (!stream->Running) {
        return;
    }
    now = SndNow();
    (void)SndPacingPosition(stream, now);
    limit = stream->Backend->Limit(stream);
    SndClockStop(&stream->Clock, now, limit > stream->Clock.Last ? limit : stream->Clock.Last);
    stream->Running = FALSE;
    stream->TimerArmed = FALSE;
    (void)KeCancelTimer(&stream->Timer);
}

VOID SndPacingLeaveDevice(SND_WAVE_STREAM *stream)
{
    SndPacingStop(stream);
    stream->Backend = &SndBackendNull;
    if (stream->Goal == SndGoalRun && stream->Configured) {
        SndPacingStart(stream);
    }
}

VOID SndPacingRejoinDevice(SND_WAVE_STREAM *stream)
{
    SND_PCM_REPORT report = {.Fatal = SndOk};

    SndPacingStop(stream);
    /* The device begins with a whole message, and never behind what a client was told. */
    while (stream->Pcm->CompletedFrames < stream->Position && SndPcmSkip(stream->Pcm, &report)) {
    }
    stream->Backend = &SndBackendVirtio;
    /* What was told goes on from where it was and follows. In the Aero dialect it is what paces, too. */
    SndClockReset(&stream->Clock, SndPacingByDevice(stream) ? stream->Pcm->CompletedFrames : stream->Position);
}
