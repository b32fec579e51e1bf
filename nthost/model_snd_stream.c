/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Streams of the model's sound device: their clock, and transfers on it.
 *
 * In the standard dialect a transfer occupies [end - frames, end) of the stream's line of time and is over when the
 * line reaches its end. In Aero's it is taken at once; the line then says how much of Aero's ring is left. When the
 * line runs past what was queued, the device starves: the line waits for the next transfer.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "model_snd_internal.h"
#include "verifier.h"

#define STANDARD_HEADER 4u
#define AERO_HEADER 8u
#define STATUS_BYTES 8u
#define CAPTURE_LEAD_MS 20u /* of sound that Aero's ring holds when capture starts */

static uint32_t header_bytes(void)
{
    return model_snd.options.standard ? STANDARD_HEADER : AERO_HEADER;
}

/* ---- playing ---- */

static void begin(struct snd_stream *s, const struct model_chain *chain)
{
    if (s->begun == NULL && (s->begun = malloc(SND_PAYLOAD_MAX)) == NULL) {
        environment_failed("no memory for what the model plays");
    }
    model_chain_read(chain, header_bytes(), s->begun, (size_t)chain->write_id);
    s->begun_order = chain->order;
    s->has_begun = true;
}

/* A device reads the samples of a transfer when it begins to play it, not before, and not again. */
static void begin_next(const struct model *m, struct snd_stream *s, const struct model_chain *after)
{
    if (s->direction != MODEL_SND_OUT || s->state != SND_RUNNING || !model_snd.options.standard) {
        return;
    }
    for (unsigned i = 0; i < m->chain_count; i++) {
        const struct model_chain *chain = m->chain[i];
        if (chain != after && chain->queue->index == SND_TX_QUEUE && model_snd_stream_of(chain) == s && !chain->lost &&
            chain->sectors != 0 && chain->status == SND_OK) {
            if (!s->has_begun || s->begun_order != chain->order) {
                begin(s, chain);
            }
            return;
        }
    }
}

/* ---- the clock ---- */

static double frames_per_us(const struct snd_stream *s)
{
    return s->rate * (1e6 + (double)model_snd.options.drift_ppm) / 1e12;
}

double model_snd_stream_line(const struct snd_stream *s)
{
    return s->state == SND_RUNNING ? s->base + (double)(clock_us() - s->origin_us) * frames_per_us(s) : s->base;
}

static uint64_t time_of(const struct snd_stream *s, uint64_t frame)
{
    double us = ((double)frame - s->base) / frames_per_us(s);

    return s->origin_us + (us > 0 ? (uint64_t)ceil(us) : 0);
}

static void anchor(struct snd_stream *s, double line)
{
    s->base = line;
    s->origin_us = clock_us();
}

void model_snd_stream_init(struct snd_stream *s, enum model_snd_direction direction, unsigned number)
{
    *s = (struct snd_stream){.direction = direction, .number = number};
}

void model_snd_stream_reset(struct snd_stream *s)
{
    *s = (struct snd_stream){.direction = s->direction,
                             .number = s->number,
                             .record = s->record,
                             .recorded = s->recorded,
                             .capacity = s->capacity,
                             .begun = s->begun};
}

struct snd_stream *model_snd_find(enum model_snd_direction direction, unsigned number)
{
    for (unsigned i = 0; i < model_snd.streams; i++) {
        if (model_snd.stream[i].direction == direction && model_snd.stream[i].number == number) {
            return &model_snd.stream[i];
        }
    }
    return NULL;
}

struct snd_stream *model_snd_stream_of(const struct model_chain *chain)
{
    return chain->type < model_snd.streams ? &model_snd.stream[chain->type] : NULL;
}

static uint64_t jitter(struct model *m)
{
    return model_snd.options.jitter_us != 0 ? model_random(m) % (model_snd.options.jitter_us + 1) : 0;
}

static void set_time(struct model *m, const struct snd_stream *s, struct model_chain *chain)
{
    chain->ready_us = model_snd_fault(SND_TRANSFER_AT_ONCE) ? 0 : time_of(s, chain->sector) + jitter(m);
}

void model_snd_stream_start(struct model *m, struct snd_stream *s)
{
    s->state = SND_RUNNING;
    s->ran = true;
    anchor(s, s->base);
    for (unsigned i = 0; i < m->chain_count; i++) {
        struct model_chain *chain = m->chain[i];
        if (chain->queue->index >= SND_TX_QUEUE && chain->executed && model_snd_stream_of(chain) == s) {
            set_time(m, s, chain);
        }
    }
    begin_next(m, s, NULL);
    if (s->direction == MODEL_SND_OUT && s->tail != 0 && model_snd.stats.first_frame_us == 0) {
        model_snd.stats.first_frame_us = clock_us();
    }
}

void model_snd_stream_stop(struct snd_stream *s)
{
    double line = model_snd_stream_line(s);

    if (s->state == SND_RUNNING) {
        if (s->direction == MODEL_SND_OUT && line > (double)s->tail) {
            line = (double)s->tail;
        }
        s->state = SND_PREPARED;
        anchor(s, line);
    }
}

void model_snd_stream_flush(struct model *m, struct snd_stream *s)
{
    for (unsigned i = 0; i < m->chain_count; i++) {
        struct model_chain *chain = m->chain[i];
        if (chain->queue->index >= SND_TX_QUEUE && model_snd_stream_of(chain) == s) {
            chain->status = SND_OK;
            chain->flush_point = 1;
            chain->ready_us = 0;
        }
    }
    model_snd_stream_stop(s);
    model_snd_stream_reset(s);
}

/* ---- form ---- */

static bool overlap(const struct model_desc *a, const struct model_desc *b)
{
    return a->address < b->address + b->length && b->address < a->address + a->length;
}

/* Headers and statuses are the descriptors' own; it is the samples that must be alone. */
static void check_overlap(struct model *m, const struct model_chain *chain)
{
    for (unsigned i = 0; i < m->chain_count; i++) {
        const struct model_chain *other = m->chain[i];
        if (other == chain || other->queue != chain->queue) {
            continue;
        }
        for (unsigned a = 0; a < chain->count; a++) {
            for (unsigned b = 0; b < other->count; b++) {
                if (overlap(&chain->desc[a], &other->desc[b])) {
                    model_rule(m, RULE_SND_OVERLAP, "heads %u and %u of queue %u both have memory at 0x%llx",
                               chain->head, other->head, chain->queue->index,
                               (unsigned long long)chain->desc[a].address);
                    return;
                }
            }
        }
    }
}

static const char *wrong_form(const struct model_chain *chain, const struct snd_stream *s, uint64_t payload)
{
    bool out = chain->queue->index == SND_TX_QUEUE;

    if (out ? chain->writable != STATUS_BYTES : chain->readable != header_bytes()) {
        return out ? "a status has 8 writable bytes" : "a header is all that is readable";
    }
    if (s == NULL) {
        return "there is no such stream";
    }
    if (s->direction != (out ? MODEL_SND_OUT : MODEL_SND_IN)) {
        return "the stream has the other direction";
    }
    if (payload == 0 || payload > SND_PAYLOAD_MAX) {
        return "too few or too many samples";
    }
    return s->frame_bytes != 0 && payload % s->frame_bytes != 0 ? "no whole number of frames" : NULL;
}

void model_snd_transfer_fetched(struct model *m, struct model_chain *chain)
{
    bool out = chain->queue->index == SND_TX_QUEUE;
    const struct snd_stream *s;
    const char *wrong;
    uint64_t payload = 0;

    chain->type = UINT32_MAX;
    chain->status = SND_OK;
    if (chain->readable < header_bytes() || chain->writable < STATUS_BYTES) {
        model_rule(m, RULE_SND_TRANSFER, "head %u of queue %u: %llu readable and %llu writable bytes", chain->head,
                   chain->queue->index, (unsigned long long)chain->readable, (unsigned long long)chain->writable);
        chain->status = SND_BAD_MSG;
        return;
    }
    payload = out ? chain->readable - header_bytes() : chain->writable - STATUS_BYTES;
    model_chain_read(chain, 0, &chain->type, sizeof chain->type);
    s = model_snd_stream_of(chain);
    wrong = wrong_form(chain, s, payload);
    if (wrong != NULL) {
        model_rule(m, RULE_SND_TRANSFER, "head %u of queue %u, stream %u, %llu bytes of samples: %s", chain->head,
                   chain->queue->index, chain->type, (unsigned long long)payload, wrong);
        chain->status = SND_BAD_MSG;
        return;
    }
    chain->write_id = payload;
    check_overlap(m, chain);
    if (!model_snd.options.standard && s->state != SND_RUNNING && !s->ran) {
        model_rule(m, RULE_SND_EARLY, "head %u of queue %u, stream %u", chain->head, chain->queue->index, chain->type);
    }
}

/* ---- in and out ---- */

static void keep(struct snd_stream *s, const struct model_chain *chain, uint64_t bytes)
{
    bool begun = s->has_begun && s->begun_order == chain->order;

    while (s->capacity - s->recorded < bytes) {
        s->capacity = s->capacity != 0 ? 2 * s->capacity : 1u << 20;
        s->record = realloc(s->record, s->capacity);
        if (s->record == NULL) {
            environment_failed("no memory for what the model plays");
        }
    }
    if (begun) {
        memcpy(s->record + s->recorded, s->begun, (size_t)bytes);
    } else {
        model_chain_read(chain, header_bytes(), s->record + s->recorded, (size_t)bytes);
    }
    s->recorded += (size_t)bytes;
}

static void hear(const struct snd_stream *s, const struct model_chain *chain, uint64_t from, uint64_t bytes)
{
    uint8_t part[4096];
    uint64_t at = from * s->frame_bytes, done = 0;

    while (done < bytes) {
        size_t now = bytes - done < sizeof part ? (size_t)(bytes - done) : sizeof part;
        memset(part, 0, now);
        for (size_t i = 0; i < now && at + done + i < model_snd.source_bytes; i++) {
            part[i] = model_snd.source[at + done + i];
        }
        model_chain_write(chain, done, part, now);
        done += now;
    }
}

/* Standard: the place on the line. */
static void schedule(struct model *m, struct snd_stream *s, struct model_chain *chain, uint64_t frames)
{
    double line = model_snd_stream_line(s);

    if (s->state == SND_RUNNING && line > (double)s->tail) {
        uint64_t missed = (uint64_t)line - s->tail;
        if (s->direction == MODEL_SND_IN) {
            model_snd.stats.dropped_frames += s->tail != 0 ? missed : 0;
            s->tail += missed;
        } else {
            model_snd.stats.starved_frames += s->tail != 0 ? missed : 0;
            model_snd.stats.starvations += s->tail != 0 && missed != 0;
            anchor(s, (double)s->tail);
            if (model_snd.options.xrun_events && missed != 0 && s->tail != 0) {
                model_snd_add_event(0x1101, (uint32_t)(s - model_snd.stream));
            }
        }
    }
    if (s->direction == MODEL_SND_OUT && s->state == SND_RUNNING && model_snd.stats.first_frame_us == 0) {
        model_snd.stats.first_frame_us = clock_us();
    }
    s->tail += frames;
    chain->sector = s->tail;
    chain->sectors = frames;
    set_time(m, s, chain);
    begin_next(m, s, NULL);
}

/* Aero: taken or filled at once. */
static void take(struct snd_stream *s, struct model_chain *chain, uint64_t frames)
{
    double line = model_snd_stream_line(s);
    uint64_t ring = model_snd.options.ring_ms * s->rate / 1000;

    if (s->direction == MODEL_SND_IN) {
        uint64_t there = (uint64_t)line + (uint64_t)s->rate * CAPTURE_LEAD_MS / 1000;
        if (there > s->tail + ring) {
            model_snd.stats.dropped_frames += there - ring - s->tail;
            s->tail = there - ring;
        }
        if (s->tail + frames > there) {
            model_snd.stats.silent_frames += s->tail + frames - there;
        }
        chain->sector = s->tail + frames;
        s->tail += frames;
        return;
    }
    if (line > (double)s->tail) {
        if (s->tail != 0) {
            model_snd.stats.starved_frames += (uint64_t)line - s->tail;
            model_snd.stats.starvations += (uint64_t)line != s->tail;
        } else if (model_snd.stats.first_frame_us == 0) {
            model_snd.stats.first_frame_us = clock_us();
        }
        anchor(s, (double)s->tail);
    }
    s->tail += frames;
    chain->sector = s->tail;
    if ((double)s->tail - line > (double)ring) {
        model_snd.stats.dropped_frames += (uint64_t)((double)s->tail - line) - ring;
    }
    keep(s, chain, frames * s->frame_bytes);
}

void model_snd_transfer_execute(struct model *m, struct model_chain *chain)
{
    struct snd_stream *s = model_snd_stream_of(chain);

    chain->ready_us = clock_us();
    chain->lost |= model_snd_fault(SND_TRANSFER_NEVER);
    if (s == NULL || chain->status != SND_OK || chain->flush_point != 0) {
        return;
    }
    if (model_snd_fault(SND_TRANSFER_BAD_MSG)) {
        chain->status = SND_BAD_MSG;
    } else if (model_snd_fault(SND_TRANSFER_NOT_SUPP)) {
        chain->status = SND_NOT_SUPP;
    } else if (model_snd_fault(SND_TRANSFER_IO_ERR) || s->frame_bytes == 0 ||
               s->state < (model_snd.options.standard ? SND_PREPARED : SND_RUNNING)) {
        chain->status = SND_IO_ERR;
        model_snd.stats.io_errors[s->direction]++;
    } else if (model_snd.options.standard) {
        schedule(m, s, chain, chain->write_id / s->frame_bytes);
    } else {
        take(s, chain, chain->write_id / s->frame_bytes);
    }
    chain->no_status = model_snd_fault(SND_TRANSFER_NO_STATUS);
}

/* A transfer that waits for a stream to run is not ready; one that was taken ends in the order of its stream. */
bool model_snd_transfer_ready(const struct model *m, const struct model_chain *chain)
{
    const struct snd_stream *s = model_snd_stream_of(chain);

    for (unsigned i = 0; i < m->chain_count && m->chain[i] != chain; i++) {
        const struct model_chain *older = m->chain[i];
        if (older->queue == chain->queue && !older->lost && older->type == chain->type &&
            (chain->executed || !older->executed)) {
            return false;
        }
    }
    return !chain->executed || !model_snd.options.standard || s == NULL || chain->status != SND_OK ||
           chain->flush_point != 0 || s->state == SND_RUNNING;
}

void model_snd_transfer_finish(struct model *m, struct model_chain *chain)
{
    struct snd_stream *s = model_snd_stream_of(chain);
    bool out = chain->queue->index == SND_TX_QUEUE;
    uint64_t payload = s != NULL ? chain->write_id : 0, left = 0, frames = 0;
    uint32_t status[2] = {model_snd_status_word(model_snd_fault(SND_TRANSFER_NONSENSE) ? SND_NONSENSE : chain->status),
                          model_snd_fault(SND_TRANSFER_LATENCY) ? UINT32_MAX : 0};

    if (s != NULL && chain->status == SND_OK && chain->flush_point == 0 && s->frame_bytes != 0) {
        model_snd.stats.transfers[s->direction]++;
        s->played = chain->sector;
        frames = payload / s->frame_bytes;
        if (model_snd_fault(SND_TRANSFER_HALF)) {
            frames /= 2;
        }
        if (!out) {
            hear(s, chain, chain->sector - payload / s->frame_bytes, frames * s->frame_bytes);
        } else if (model_snd.options.standard) {
            keep(s, chain, payload);
            begin_next(m, s, chain);
        }
    }
    left = s != NULL && !out ? frames * s->frame_bytes : 0;
    if (!chain->no_status && chain->writable >= STATUS_BYTES) {
        model_chain_write(chain, chain->writable - STATUS_BYTES, status, sizeof status);
    }
    chain->used_len = model_snd_fault(SND_TRANSFER_SHORT)  ? 4
                      : model_snd_fault(SND_TRANSFER_LONG) ? (uint32_t)chain->writable + 4096
                                                           : (uint32_t)left + STATUS_BYTES;
}
