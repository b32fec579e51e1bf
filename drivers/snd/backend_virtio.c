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
#include "pacing.h"

static USHORT Queue(const SND_WAVE_STREAM *stream)
{
    return stream->Capture ? VIRTIO_SND_VQ_RX : VIRTIO_SND_VQ_TX;
}

static VOID Reap(SND_WAVE_STREAM *stream, UINT64 now, SND_PCM_REPORT *report)
{
    SndPcmReap(stream->Pcm, report);
    if (report->Messages != 0) {
        stream->Progress = now;
        stream->Stalls = 0;
        SndClockComplete(&stream->Clock, now, stream->Pcm->CompletedFrames);
    }
}

/* What is ahead of the reference has been given to the device. */
static UINT64 Reference(const SND_WAVE_STREAM *stream, UINT64 now)
{
    const SND_PCM *pcm = stream->Pcm;
    UINT64 elapsed;

    if (SndPacingByDevice(stream) && (stream->Plan.WholeLead || !stream->Running)) {
        return pcm->CompletedFrames;
    }
    elapsed = SndClockElapsed(&stream->Clock, now);
    if (!SndPacingByDevice(stream)) {
        return elapsed;
    }
    elapsed = elapsed < pcm->SubmittedFrames ? elapsed : pcm->SubmittedFrames;
    return elapsed > pcm->CompletedFrames ? elapsed : pcm->CompletedFrames;
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

static UINT64 Until(const SND_WAVE_STREAM *stream, UINT64 now)
{
    const SND_PCM *pcm = stream->Pcm;
    UINT64 next = pcm->SubmittedFrames + pcm->MessageFrames, reference = Reference(stream, now) + Lead(stream);
    UINT64 wait = UINT64_MAX;

    if (pcm->Outstanding < MessagesMax(stream) && !(SndPacingByDevice(stream) && stream->Plan.WholeLead)) {
        wait = next > reference ? next - reference : 0;
    }
    if (!SndPacingByDevice(stream) && !stream->Capture) {
        UINT64 left = stream->NextNotify > stream->Clock.Last ? stream->NextNotify - stream->Clock.Last : 0;

        wait = left < wait ? left : wait;
    }
    return wait;
}

const SND_BACKEND SndBackendVirtio = {.Silent = FALSE, .Reap = Reap, .Feed = Feed, .Limit = Limit, .Until = Until};
