/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The model's sound device, in both dialects: contract v1 (contract/aero-w7-virtio.md 7.4) and VIRTIO 1.x "Sound
 * Device". It has a clock of its own, plays at it, and keeps what it played; capture is cut from a source that runs at
 * the same clock. In the standard dialect a transfer is over when its last frame is played or recorded; in Aero's when
 * it is accepted, and the device plays from a ring of its own.
 *
 * Positions are frames of sound, counted since the stream was prepared: what the device had nothing to play for does
 * not count.
 */
#ifndef NTHOST_MODEL_SND_H
#define NTHOST_MODEL_SND_H

#include "model_bus.h"

enum { MODEL_SND_STREAMS_MAX = 4, MODEL_SND_JACKS_MAX = 4 };
enum model_snd_direction { MODEL_SND_OUT, MODEL_SND_IN };

/* Ways to misbehave beyond those of every virtio device (model_fault.h). Occasions: a control reply, a transfer's
 * completion, or an event of the device. */
enum model_snd_fault {
    SND_CONTROL_BAD_MSG,
    SND_CONTROL_NOT_SUPP,
    SND_CONTROL_IO_ERR,
    SND_CONTROL_NONSENSE, /* a status that neither dialect has */
    SND_CONTROL_SHORT,    /* used.len 2 */
    SND_CONTROL_LATE,     /* 1.5 seconds */
    SND_CONTROL_NEVER,
    SND_TRANSFER_BAD_MSG,
    SND_TRANSFER_NOT_SUPP,
    SND_TRANSFER_IO_ERR,
    SND_TRANSFER_NONSENSE,
    SND_TRANSFER_NO_STATUS, /* the status is left alone */
    SND_TRANSFER_SHORT,     /* used.len 4 */
    SND_TRANSFER_LONG,      /* used.len beyond the buffer */
    SND_TRANSFER_HALF,      /* half of the frames, as used.len says */
    SND_TRANSFER_AT_ONCE,   /* over as soon as it is fetched */
    SND_TRANSFER_NEVER,
    SND_TRANSFER_LATENCY, /* latency_bytes FFFFFFFF */
    SND_EVENT_UNKNOWN,    /* code and data are drawn */
    SND_EVENT_SHORT,      /* used.len 4 */
    SND_EVENT_LONG,       /* used.len 4096 */
    SND_EVENT_XRUN,       /* occasion: a completion; XRUN without a cause */
    SND_EVENT_FLOOD,      /* occasion: a completion; 32 events of period elapsed */
    SND_INFO_NO_FORMATS,
    SND_INFO_NO_RATES,
    SND_INFO_NO_CHANNELS,
    SND_INFO_CHANNELS_REVERSED,
    SND_INFO_DIRECTION,
    SND_INFO_ONES,
    SND_INFO_SHORT, /* used.len of the status alone */
    SND_CONFIG_STREAMS_HUGE,
    SND_CONFIG_STREAMS_ZERO,
    SND_CONFIG_JACKS_HUGE,
    MODEL_SND_FAULTS
};
struct model_snd_fault_setting {
    uint64_t from; /* the n-th occasion, from 1; 0: not armed */
    bool onwards;
};

struct model_snd_options {
    bool standard;    /* the dialect of VIRTIO 1.x */
    bool input_first; /* stream 0 records */
    bool period_events, xrun_events;
    uint64_t outputs, inputs; /* number of streams, 0 to 2 each */
    uint64_t jacks;
    uint64_t formats, rates;                   /* bits of PCM_INFO; 0: the baseline's alone */
    uint64_t channels_min[2], channels_max[2]; /* by direction */
    int64_t drift_ppm;                         /* of the device's clock */
    uint64_t jitter_us;                        /* of completions, at most */
    uint64_t ring_ms;                          /* Aero's ring of accepted sound */
    uint64_t tx_size;                          /* of the transmit queue; 0: 256 (contract), 64 (standard) */
    struct model_snd_fault_setting fault[MODEL_SND_FAULTS];
};
void model_snd_options_default(struct model_snd_options *options);
/* "NAME=VALUE"; false when there is no such option or the value cannot be. */
bool model_snd_option(struct model_snd_options *options, const char *name_equals_value);
const char *model_snd_option_help(void);

pci_bus *model_snd_open(const struct model_options *options, const struct model_snd_options *snd);

/* What the capture streams hear from their START on, whole frames of whatever format they have; silence behind it.
 * The bytes stay the caller's. */
void model_snd_source(pci_bus *bus, const uint8_t *bytes, size_t count);
/* Everything that was played through the n-th stream of that direction since the device was opened. */
const uint8_t *model_snd_recorded(const pci_bus *bus, unsigned n, size_t *count);
/* Frames played or recorded by now. 0: the stream is not prepared. */
uint64_t model_snd_position(const pci_bus *bus, enum model_snd_direction direction, unsigned n);
uint64_t model_snd_queued(const pci_bus *bus, enum model_snd_direction direction, unsigned n); /* frames, not played */
bool model_snd_running(const pci_bus *bus, enum model_snd_direction direction, unsigned n);
void model_snd_jack(pci_bus *bus, unsigned jack, bool connected); /* with its event */
void model_snd_event(pci_bus *bus, uint32_t code, uint32_t data);
bool model_snd_arm(pci_bus *bus, const char *fault); /* now; its occasions count from here */

struct model_snd_stats {
    uint64_t requests, refused; /* control requests; those in a wrong state */
    uint64_t transfers[2], io_errors[2];
    uint64_t starved_frames; /* the device had nothing to play, after it had something */
    uint64_t starvations;
    uint64_t dropped_frames; /* played: Aero's ring was full; recorded: there was no buffer */
    uint64_t silent_frames;  /* Aero's capture: asked for before they were there */
    uint64_t events, sets, starts, stops, releases;
    uint64_t first_frame_us; /* when the first frame was played */
};
const struct model_snd_stats *model_snd_stats(const pci_bus *bus);

/* Rules beyond model_rules.h. */
#define RULE_SND_CONTROL "snd-control"       /* a control request: form, length, room for the reply */
#define RULE_SND_PARAMETERS "snd-parameters" /* "PCM set parameters": what the driver MUST NOT ask for */
#define RULE_SND_LIFECYCLE "snd-lifecycle"   /* "PCM Command Lifecycle", standard dialect */
#define RULE_SND_TRANSFER "snd-transfer"     /* header, whole frames, at most 256 KiB, status; stream and direction */
#define RULE_SND_EARLY "snd-transfer-before-start" /* Aero: transfers are accepted in Running only */
#define RULE_SND_OVERLAP "snd-overlap"             /* two transfers under way share memory */
#define RULE_SND_EVENT_BUFFER "snd-event-buffer"

#endif
