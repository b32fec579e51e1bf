/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Sound by the oldest interface that Windows 7 has: it goes through the audio engine as every program's sound does. */
#include "win32.h"

#include <mmsystem.h>
#include <string.h>

#define MOST_STREAMS 4u
#define POLL_MILLISECONDS 10u

struct wave {
    HWAVEOUT out;
    HWAVEIN in;
    WAVEHDR header;
    bool open;
    bool prepared;
};

static WAVEFORMATEX wave_format(struct sound_format format)
{
    WAVEFORMATEX wave = {.wFormatTag = WAVE_FORMAT_PCM};

    wave.nChannels = format.channels;
    wave.nSamplesPerSec = format.rate;
    wave.wBitsPerSample = format.bits;
    wave.nBlockAlign = (WORD)(format.channels * format.bits / 8);
    wave.nAvgBytesPerSec = format.rate * wave.nBlockAlign;
    return wave;
}

size_t wave_devices(void *context, enum sound_direction direction, struct sound_device *devices, size_t capacity)
{
    size_t count = direction == SOUND_RENDER ? waveOutGetNumDevs() : waveInGetNumDevs();

    (void)context;
    count = count < capacity ? count : capacity;
    for (size_t i = 0; i < count; i++) {
        WAVEOUTCAPSW out = {0};
        WAVEINCAPSW in = {0};

        *devices[i].name = 0;
        if (direction == SOUND_RENDER) {
            if (waveOutGetDevCapsW(i, &out, sizeof(out)) == MMSYSERR_NOERROR) {
                from_wide(out.szPname, devices[i].name, sizeof(devices[i].name));
            }
        } else if (waveInGetDevCapsW(i, &in, sizeof(in)) == MMSYSERR_NOERROR) {
            from_wide(in.szPname, devices[i].name, sizeof(devices[i].name));
        }
    }
    return count;
}

bool wave_supports(void *context, enum sound_direction direction, size_t device, struct sound_format format)
{
    WAVEFORMATEX wave = wave_format(format);
    MMRESULT result;

    (void)context;
    /* WAVE_FORMAT_DIRECT: the device itself, without a converter in between. */
    if (direction == SOUND_RENDER) {
        result = waveOutOpen(NULL, (UINT)device, &wave, 0, 0, WAVE_FORMAT_QUERY | WAVE_FORMAT_DIRECT);
    } else {
        result = waveInOpen(NULL, (UINT)device, &wave, 0, 0, WAVE_FORMAT_QUERY | WAVE_FORMAT_DIRECT);
    }
    return result == MMSYSERR_NOERROR;
}

static MMRESULT open_wave(struct wave *wave, const struct sound_stream *stream)
{
    WAVEFORMATEX format = wave_format(stream->format);
    MMRESULT result;

    wave->header.lpData = stream->buffer;
    wave->header.dwBufferLength = stream->bytes;
    if (stream->direction == SOUND_RENDER) {
        result = waveOutOpen(&wave->out, (UINT)stream->device, &format, 0, 0, CALLBACK_NULL);
        wave->open = result == MMSYSERR_NOERROR;
        if (wave->open) {
            result = waveOutPrepareHeader(wave->out, &wave->header, sizeof(wave->header));
        }
    } else {
        result = waveInOpen(&wave->in, (UINT)stream->device, &format, 0, 0, CALLBACK_NULL);
        wave->open = result == MMSYSERR_NOERROR;
        if (wave->open) {
            result = waveInPrepareHeader(wave->in, &wave->header, sizeof(wave->header));
        }
    }
    wave->prepared = wave->open && result == MMSYSERR_NOERROR;
    return result;
}

static MMRESULT start_wave(struct wave *wave, const struct sound_stream *stream)
{
    MMRESULT result;

    if (stream->direction == SOUND_RENDER) {
        return waveOutWrite(wave->out, &wave->header, sizeof(wave->header));
    }
    result = waveInAddBuffer(wave->in, &wave->header, sizeof(wave->header));
    return result == MMSYSERR_NOERROR ? waveInStart(wave->in) : result;
}

/* Reset gives back the buffer of a stream that did not finish: only then may it be unprepared and freed. */
static void close_wave(struct wave *wave, const struct sound_stream *stream)
{
    if (!wave->open) {
        return;
    }
    if (stream->direction == SOUND_RENDER) {
        waveOutReset(wave->out);
        if (wave->prepared) {
            waveOutUnprepareHeader(wave->out, &wave->header, sizeof(wave->header));
        }
        waveOutClose(wave->out);
    } else {
        waveInReset(wave->in);
        if (wave->prepared) {
            waveInUnprepareHeader(wave->in, &wave->header, sizeof(wave->header));
        }
        waveInClose(wave->in);
    }
}

static bool note_done(struct wave *wave, struct sound_stream *stream, ULONGLONG started)
{
    if (stream->error != 0 || stream->finished) {
        return true;
    }
    if ((*(volatile DWORD *)&wave->header.dwFlags & WHDR_DONE) == 0) {
        return false;
    }
    stream->finished = true;
    stream->milliseconds = (uint32_t)(GetTickCount64() - started);
    stream->done_bytes = stream->direction == SOUND_RENDER ? stream->bytes : wave->header.dwBytesRecorded;
    return true;
}

void wave_run(void *context, struct sound_stream *streams, size_t count, uint32_t milliseconds)
{
    struct wave waves[MOST_STREAMS] = {0};
    ULONGLONG started;
    bool all;

    (void)context;
    for (size_t i = 0; i < count; i++) {
        streams[i].error = i < MOST_STREAMS ? open_wave(&waves[i], &streams[i]) : (uint32_t)MMSYSERR_ALLOCATED;
    }
    count = count < MOST_STREAMS ? count : MOST_STREAMS;
    started = GetTickCount64();
    for (size_t i = 0; i < count; i++) {
        if (streams[i].error == 0) {
            streams[i].error = start_wave(&waves[i], &streams[i]);
        }
    }
    do {
        Sleep(POLL_MILLISECONDS);
        all = true;
        for (size_t i = 0; i < count; i++) {
            all = note_done(&waves[i], &streams[i], started) && all;
        }
    } while (!all && GetTickCount64() - started < milliseconds);
    for (size_t i = 0; i < count; i++) {
        if (!streams[i].finished) {
            streams[i].milliseconds = (uint32_t)(GetTickCount64() - started);
        }
        close_wave(&waves[i], &streams[i]);
    }
}
