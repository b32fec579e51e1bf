/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Messages to and from the device. What paces them is either its completions or, in the Aero dialect, the counter:
 *
 *                    reference                              ahead of it
 *   VIRTIO 1.x       completed; the clock within a period   Plan.LeadFrames
 *   Aero, playback   the clock                              Plan.LeadFrames
 *   Aero, recording  the clock                              nothing: a message takes what was recorded until it came
 *
 * Locked.
 */
#include "arithmetic.h"
#include "pacing.h"

static USHORT Queue(const SND_WAVE_STREAM *stream)
{
    return stream->Capture ? VIRTIO_SND_VQ_RX : VIRTIO_SND_VQ_TX;
}

/* Of so many messages, after what came before: a quarter longer than they last, and 2 ms. */
static BOOLEAN CameLate(const SND_WAVE_STREAM *stream, UINT64 now, ULONG messages)
{
    UINT64 frames = (UINT64)messages * stream->Pcm->MessageFrames * 5 / 4 + stream->Choice.Wave.Rate / 500;

    return (now - stream->Progress) * stream->Choice.Wave.Rate > frames * stream->Device->Frequency;
}

static VOID Reap(SND_WAVE_STREAM *stream, UINT64 now, SND_PCM_REPORT *report)
{
    SndPcmReap(stream->Pcm, report);
    if (report->Messages != 0) {
        stream->Slow = CameLate(stream, now, report->Messages);
        stream->Progress = now;
        stream->Stalls = 0;
        SndClockComplete(&stream->Clock, now, stream->Pcm->CompletedFrames);
    }
}

/* Frames since the last completion, at most a message. What is recorded goes on from when it came, however late that was
   seen; a client that plays has been told of it only now. */
static UINT64 Within(const SND_WAVE_STREAM *stream, UINT64 now)
{
    UINT64 elapsed = SndClockElapsed(&stream->Clock, now), completed = stream->Pcm->CompletedFrames;
    UINT64 since = elapsed > completed ? elapsed - completed : 0;

    if (!stream->Capture) {
        since = SndDivide((now - stream->Progress) * stream->Choice.Wave.Rate, stream->Device->Frequency);
    }
    return since < stream->Pcm->MessageFrames ? since : stream->Pcm->MessageFrames;
}

/* From here on Lead frames have been given to the device. What a client was not told to be free is not used again: not
   even when the device was so fast that the position has yet to follow. */
static UINT64 Reference(const SND_WAVE_STREAM *stream, UINT64 now)
{
    UINT64 completed = stream->Pcm->CompletedFrames, position = stream->Position;

    if (!SndPacingByDevice(stream)) {
        return SndClockElapsed(&stream->Clock, now);
    }
    if (!stream->Running) {
        return completed;
    }
    if (position < completed && (!stream->Capture || SndPacingTellsAtOnce(stream))) {
        return position;
    }
    if (stream->Plan.WholeLead) {
        return completed;
    }
    return stream->Capture || stream->Slow ? completed + Within(stream, now) : position;
}

static ULONG Lead(const SND_WAVE_STREAM *stream)
{
    return stream->Capture && !SndPacingByDevice(stream) ? 0 : stream->Plan.LeadFrames;
}

static ULONG MessagesMax(const SND_WAVE_STREAM *stream)
{
    return stream->Plan.MessagesMax * stream->Pcm->PartsPerPeriod;
}

static VOID Feed(SND_WAVE_STREAM *stream, UINT64 now)
{
    SND_PCM *pcm = stream->Pcm;
    ULONG due, room, sent = 0;

    if (!SndDeviceRuns(stream->Device) || stream->Life.Goal != SndGoalRun ||
        (!stream->Priming && stream->Life.State != SndStreamRunning)) {
        return;
    }
    due = SndPcmDue(pcm, Reference(stream, now), Lead(stream));
    room = MessagesMax(stream) > pcm->Outstanding ? MessagesMax(stream) - pcm->Outstanding : 0;
    due = due < room ? due : room;
    while (sent < due && SndPcmSubmitAll(pcm) == SndOk) {
        sent++;
    }
    if (sent != 0) {
        SndKick(stream->Device, Queue(stream));
    }
}

static UINT64 Limit(const SND_WAVE_STREAM *stream)
{
    return stream->Capture ? stream->Pcm->CompletedFrames : stream->Pcm->SubmittedFrames;
}

/* Frames of time until the position is there: it may follow a little faster than time passes. */
static UINT64 Ahead(const SND_WAVE_STREAM *stream, UINT64 frames)
{
    return frames > stream->Position ? (frames - stream->Position) * 4 / 5 + 1 : 0;
}

/* A completion tells, unless the position has yet to follow one. */
static UINT64 UntilByDevice(const SND_WAVE_STREAM *stream, UINT64 now)
{
    const SND_PCM *pcm = stream->Pcm;
    UINT64 due = pcm->SubmittedFrames + pcm->MessageFrames - Lead(stream), reference = Reference(stream, now);
    UINT64 wait = UINT64_MAX, notified;

    if (pcm->Outstanding < MessagesMax(stream)) {
        if (!stream->Plan.WholeLead) {
            wait = due > reference ? due - reference : 0;
        } else if (due <= pcm->CompletedFrames) {
            wait = Ahead(stream, due);
        }
    }
    if (stream->NextNotify <= pcm->CompletedFrames) {
        notified = Ahead(stream, stream->NextNotify);
        wait = notified < wait ? notified : wait;
    }
    return wait;
}

static UINT64 Until(const SND_WAVE_STREAM *stream, UINT64 now)
{
    const SND_PCM *pcm = stream->Pcm;
    UINT64 next = pcm->SubmittedFrames + pcm->MessageFrames, reference, wait = UINT64_MAX, left;

    if (SndPacingByDevice(stream)) {
        return UntilByDevice(stream, now);
    }
    reference = Reference(stream, now) + Lead(stream);
    if (pcm->Outstanding < MessagesMax(stream)) {
        wait = next > reference ? next - reference : 0;
    }
    if (!stream->Capture) {
        left = stream->NextNotify > stream->Position ? stream->NextNotify - stream->Position : 0;
        wait = left < wait ? left : wait;
    }
    return wait;
}

const SND_BACKEND SndBackendVirtio = {.Silent = FALSE, .Reap = Reap, .Feed = Feed, .Limit = Limit, .Until = Until};
