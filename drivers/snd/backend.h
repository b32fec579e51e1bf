/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Where a stream's messages go: to the device (backend_virtio.c), or nowhere at the speed of the performance counter
 * (backend_null.c). A stream of the device changes over to the other one while the device is away, so that its client
 * goes on in silence, and comes back at a period's boundary. ForceNullBackend leaves it there.
 */
#ifndef AERO_SND_BACKEND_H
#define AERO_SND_BACKEND_H

#include "device.h"

struct SND_WAVE_STREAM;

typedef struct SND_BACKEND {
    BOOLEAN Silent; /* nothing goes to the device */
    /* Locked: what was completed since, until `now`. */
    VOID (*Reap)(struct SND_WAVE_STREAM *stream, UINT64 now, SND_PCM_REPORT *report);
    /* Locked: submits what is due and rings once. */
    VOID (*Feed)(struct SND_WAVE_STREAM *stream, UINT64 now);
    /* Locked: how far the position may be said to be, in frames. */
    UINT64 (*Limit)(const struct SND_WAVE_STREAM *stream);
    /* Locked: frames from where the clock is until there is something to do; UINT64_MAX when a completion will tell. */
    UINT64 (*Until)(const struct SND_WAVE_STREAM *stream, UINT64 now);
} SND_BACKEND;

extern const SND_BACKEND SndBackendVirtio;
extern const SND_BACKEND SndBackendNull;

#endif
