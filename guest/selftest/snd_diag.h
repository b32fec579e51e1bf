/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The sound driver's diagnostics: \\.\aero_virtio_snd_diag, and the event counts among its filter's properties. */
#ifndef SELFTEST_SND_DIAG_H
#define SELFTEST_SND_DIAG_H

#include "platform.h"

struct snd_diag {
    uint32_t mode; /* 0 none, 1 INTx, 2 MSI-X */
    uint32_t messages;
    uint16_t config_vector;
    uint16_t queue_vectors[4];
    uint32_t interrupts;
    uint32_t dpcs;
};

struct snd_events {
    uint32_t completions;
    uint32_t parsed;
    uint32_t short_buffers;
    uint32_t unknown;
    uint32_t jack_connected;
    uint32_t jack_disconnected;
    uint32_t periods;
    uint32_t xruns;
    uint32_t control;
};

/* 0 or a Windows error. */
uint32_t snd_diag_query(const struct platform *platform, struct snd_diag *diag);
uint32_t snd_events_query(const struct platform *platform, struct snd_events *events);

#endif
