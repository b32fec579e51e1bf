/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the parts of the model's sound device share: device class (model_snd.c), control requests (model_snd_control.c),
 * streams with their clock (model_snd_stream.c), options (model_snd_options.c).
 */
#ifndef NTHOST_MODEL_SND_INTERNAL_H
#define NTHOST_MODEL_SND_INTERNAL_H

#include "model_internal.h"
#include "model_snd.h"

enum { SND_CONTROL_QUEUE, SND_EVENT_QUEUE, SND_TX_QUEUE, SND_RX_QUEUE, SND_QUEUES };
enum snd_status { SND_OK, SND_BAD_MSG, SND_NOT_SUPP, SND_IO_ERR, SND_NONSENSE = 0x1234 };
/* Idle, ParamsSet, Prepared, Running; the standard's Stopped is Prepared here, with `ran`. */
enum snd_state { SND_IDLE, SND_SET, SND_PREPARED, SND_RUNNING };

#define SND_EVENTS_MAX 256u
#define SND_REPLY_MAX (4u + 32u * 16u)
#define SND_PAYLOAD_MAX 262144u

struct snd_stream {
    enum model_snd_direction direction;
    unsigned number; /* among those of its direction */
    enum snd_state state;
    bool ran; /* since it was prepared */
    uint32_t buffer_bytes, period_bytes, features, rate, frame_bytes;
    uint8_t channels, format;
    /* The clock, in frames: `base` at `origin_us`, running or not. */
    double base;
    uint64_t origin_us, tail; /* tail: frames scheduled or accepted */
    uint64_t played;          /* of completed transfers */
    uint8_t *record;
    size_t recorded, capacity;
    uint8_t *begun; /* the samples of the transfer that is being played, as they were when that began */
    uint64_t begun_order;
    bool has_begun;
};

/* Of the one sound device of a process. */
struct model_snd {
    struct model_snd_options options;
    struct model_snd_stats stats;
    struct snd_stream stream[MODEL_SND_STREAMS_MAX];
    unsigned streams;
    bool jack[MODEL_SND_JACKS_MAX];
    struct {
        uint32_t code, data;
    } event[SND_EVENTS_MAX];
    unsigned first_event, events;
    const uint8_t *source;
    size_t source_bytes;
    uint64_t occasions[MODEL_SND_FAULTS];
    bool lied;                    /* in a control reply: nobody can know what state the streams are in */
    uint8_t reply[SND_REPLY_MAX]; /* of the control request under way */
    uint32_t reply_bytes;
};
extern struct model_snd model_snd;

bool model_snd_fault(enum model_snd_fault kind);
uint32_t model_snd_status_word(enum snd_status status);
void model_snd_add_event(uint32_t code, uint32_t data);
bool model_snd_arm_option(struct model_snd_options *options, const char *text);

/* model_snd_control.c */
void model_snd_control_fetched(struct model *m, struct model_chain *chain);
void model_snd_control_execute(struct model *m, struct model_chain *chain);
bool model_snd_control_ready(const struct model *m, const struct model_chain *chain);
void model_snd_control_finish(struct model *m, struct model_chain *chain);

/* model_snd_stream.c */
void model_snd_stream_init(struct snd_stream *s, enum model_snd_direction direction, unsigned number);
void model_snd_stream_reset(struct snd_stream *s); /* all but what was recorded */
void model_snd_stream_start(struct model *m, struct snd_stream *s);
void model_snd_stream_stop(struct snd_stream *s);
void model_snd_stream_flush(struct model *m, struct snd_stream *s); /* what is queued is over, unplayed */
double model_snd_stream_line(const struct snd_stream *s);
void model_snd_transfer_fetched(struct model *m, struct model_chain *chain);
void model_snd_transfer_execute(struct model *m, struct model_chain *chain);
bool model_snd_transfer_ready(const struct model *m, const struct model_chain *chain);
void model_snd_transfer_finish(struct model *m, struct model_chain *chain);
/* Of a transfer: its stream; NULL when there is none such. */
struct snd_stream *model_snd_stream_of(const struct model_chain *chain);
struct snd_stream *model_snd_find(enum model_snd_direction direction, unsigned number);

#endif
