/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The `snd` command: an audio driver under PortCls, used as Windows' audio engine uses it.
 *
 * struct snd_bench is one run. A client (snd_client.c) is a program with one pin: it negotiates the format, gets the
 * cyclic buffer, and then a thread of its own waits for notifications, follows the position, and writes ahead or reads
 * behind. What happens and when is said in a script (snd_script.c); without one the mode's clients play and record for
 * the given time. What was played is compared with what the program wrote (snd_compare.c), sample by sample.
 */
#ifndef NTHOST_SND_H
#define NTHOST_SND_H

#include <stdio.h>

#include "model_snd.h"
#include "portcls.h"
#include "qemu_bus.h"

enum { SND_RENDER, SND_CAPTURE, SND_DIRECTIONS };

struct snd_format {
    uint32_t rate;
    unsigned channels, bits, valid; /* of the container, of the sample */
    bool floating;
};
/* RATE:CHANNELS:BITS, BITS being 16, 32f, 24/32 (valid in a container) ... */
bool snd_format_parse(const char *text, struct snd_format *format);
unsigned snd_frame_bytes(const struct snd_format *format);

struct snd_options {
    const char *driver, *script, *json, *service;
    const char *wav_in, *wav_out, *heard, *played, *qemu_wav;
    bool use_model, quiet, failure_sweep, surprise_sweep, count_instructions, positions;
    bool render, capture;
    bool formatted; /* --format was given; otherwise the baseline of each direction */
    struct snd_format format[SND_DIRECTIONS];
    struct devnode_options node;
    struct model_options model;
    struct model_snd_options model_snd;
    struct qemu_options qemu;
    enum { EXPECT_START, EXPECT_REFUSAL, EXPECT_ANY } expect;
    bool inexact; /* what was played need not be what was written */
    uint64_t seed, surprise_at, fail_nth;
    unsigned processors, preempt, sweep_runs, poll_us, period_us, periods, notifications;
    double seconds;
};

struct snd_wav {
    struct snd_format format;
    uint8_t *samples;
    size_t bytes;
};
/* snd_wav.c. Failures are environment failures that name the file; a size field of 0 or FFFFFFFF, as of a file that is
 * still written, counts as "all that follows". */
void snd_wav_read(const char *path, struct snd_wav *wav);
void snd_wav_write(const char *path, const struct snd_format *format, const void *samples, size_t bytes);

struct snd_position_stats {
    uint64_t queries, backward, beyond; /* steps back; offsets outside the buffer */
    double sum, sum_squares, largest;   /* error in microseconds against the device's clock; model only */
    uint64_t compared;
};
struct snd_position {
    uint64_t at_us, frames;
};

struct snd_client {
    struct snd_bench *bench;
    unsigned direction;
    struct snd_format format;
    unsigned frame_bytes;
    uint32_t period_bytes;
    ks_file *filter, *pin;
    ks_event *event;
    struct ks_buffer buffer;
    bool registered, open;
    thread *thread;
    /* between the script's thread and this one's */
    bool running, stop, hold, parked, stalled, draining, finished;
    bool resync; /* it has slept: cycles may have gone by unseen */
    ULONG state;
    /* bytes since the position was 0 */
    uint64_t position, written, read;
    uint64_t content_end; /* where in `written` the sound ended; 0: not yet */
    uint32_t offset;      /* PlayOffset as read last */
    /* sound */
    uint8_t *content; /* render: what is written, in this order, then silence */
    size_t content_bytes;
    uint64_t content_at;  /* next to be written */
    size_t played_before; /* what the model had played when this sound began */
    uint8_t *heard;       /* capture: what was read */
    size_t heard_bytes, heard_capacity;
    /* measured */
    uint64_t notifications, timeouts, late, overruns, errors, steps;
    uint64_t early; /* notifications of a boundary that the position has not reached */
    uint64_t read_us, run_us, first_moved_us, started_us, stopped_us;
    struct snd_position_stats error;
    struct snd_position *log; /* --positions and QEMU */
    size_t logged, log_capacity;
    uint64_t queued_sum, queued_largest, queued_least;
    KSRTAUDIO_HWLATENCY latency;
};

struct snd_comparison {
    bool compared, found;
    uint64_t frames, offset, misplaced, missing, behind; /* behind: what follows the content and is no silence */
};

struct snd_bench {
    struct snd_options *options;
    pci_bus *bus;
    struct pci_device device;
    wdm_driver *driver;
    devnode *node;
    bool started, gone, asleep;
    struct snd_client client[SND_DIRECTIONS];
    struct snd_wav input, source;
    uint8_t *source_made;
    struct snd_comparison result[SND_DIRECTIONS];
    struct access_counter doorbells, isr;
    uint64_t instructions, interrupts_before;
    double seconds;
    struct portcls_counts counts;
    unsigned failures;
    uint64_t requests; /* of topology walks and fuzzing */
};

void snd_fail(struct snd_bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* snd_diagnostics.c: the driver's private interfaces; what is wrong is said with snd_fail. */
bool snd_diagnostics(struct snd_bench *b);

/* snd_options.c */
bool snd_options_parse(struct snd_options *o, int argc, char **argv);
void snd_help(void);

/* snd_bench.c */
void snd_open_bus(struct snd_bench *b);
bool snd_start(struct snd_bench *b);
bool snd_restart(struct snd_bench *b);
void snd_remove(struct snd_bench *b);
void snd_close(struct snd_bench *b);
/* Sound that cannot be mistaken for another part of itself, or for silence; every frame of it differs from zero. */
uint8_t *snd_make_sound(size_t bytes, unsigned frame_bytes, uint32_t seed);

/* snd_client.c. False after snd_fail, or silently when the run is a disturbed one. */
bool snd_client_open(struct snd_client *c, const struct snd_format *format); /* filter, pin, buffer, event */
bool snd_client_run(struct snd_client *c, double seconds); /* content for so long; 0: silence, for ever */
bool snd_client_pause(struct snd_client *c, bool pause);
void snd_client_park(struct snd_client *c, bool park); /* its thread does nothing until it is taken back */
bool snd_client_finish(struct snd_client *c);          /* plays or records to the end, then stops */
void snd_client_stop(struct snd_client *c);            /* at once */
void snd_client_close(struct snd_client *c);
bool snd_client_state(struct snd_client *c, ULONG state);
const char *snd_direction_name(unsigned direction);
NTSTATUS snd_open_pin(struct snd_bench *b, unsigned direction, const struct snd_format *format, ks_file **filter,
                      ks_file **pin);
bool snd_find_pin(struct snd_bench *b, unsigned direction, ULONG *pin);

/* snd_position.c */
bool snd_position_follow(struct snd_client *c);
void snd_position_fit(const struct snd_client *c, double *rms_us, double *largest_us, double *ppm);

/* snd_compare.c */
void snd_compare(const uint8_t *found, size_t found_bytes, const uint8_t *wanted, size_t wanted_bytes,
                 unsigned frame_bytes, struct snd_comparison *result);
void snd_compare_now(struct snd_client *c);   /* the model's; what follows is compared by itself */
void snd_compare_all(struct snd_bench *b);    /* before the bus is closed: the model's; writes --wav-out ... */
void snd_compare_closed(struct snd_bench *b); /* afterwards: the file of QEMU's wav backend */

/* snd_topology.c, snd_fuzz.c, snd_storm.c */
void snd_topology_walk(struct snd_bench *b);
/* snd_formats.c */
void snd_formats_walk(struct snd_bench *b, unsigned direction);
void snd_fuzz(struct snd_bench *b, uint64_t count);
void snd_storm(struct snd_bench *b, unsigned direction, uint64_t count);

/* snd_script.c: false at the first line that is not understood. */
bool snd_script_run(struct snd_bench *b, const char *path);
void snd_script_default(struct snd_bench *b);

#endif
