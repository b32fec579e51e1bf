/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Playing into nothing and recording silence, at the speed of the performance counter. A message passes when its time
 * is over. Locked.
 */
#include "wave.h"

static VOID Reap(SND_WAVE_STREAM *stream, UINT64 now, SND_PCM_REPORT *report)
{
    SND_PCM *pcm = stream->Pcm;
    UINT64 elapsed;

    *report = (SND_PCM_REPORT){.Fatal = SndOk};
    if (!stream->Running) {
        return;
    }
    elapsed = SndClockElapsed(&stream->Clock, now);
    while (elapsed >= pcm->CompletedFrames + pcm->MessageFrames && SndPcmSkip(pcm, report)) {
    }
}

static VOID Feed(SND_WAVE_STREAM *stream, UINT64 now)
{
    (void)stream;
    (void)now;
}

/* A message is played while it is not yet complete, and recorded when it is. */
static UINT64 Limit(const SND_WAVE_STREAM *stream)
{
    return stream->Pcm->CompletedFrames + (stream->Capture ? 0 : stream->Pcm->MessageFrames);
}

static UINT64 Until(const SND_WAVE_STREAM *stream, UINT64 now)
{
    UINT64 end = stream->Pcm->CompletedFrames + stream->Pcm->MessageFrames;
    UINT64 elapsed = SndClockElapsed(&stream->Clock, now);

    if (stream->Pcm->MessageFrames == 0) {
        return UINT64_MAX;
    }
    return elapsed < end ? end - elapsed : 0;
}

const SND_BACKEND SndBackendNull = {.Silent = TRUE, .Reap = Reap, .Feed = Feed, .Limit = Limit, .Until = Until};
