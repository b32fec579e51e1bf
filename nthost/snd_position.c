/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Following a pin's position: offsets in a ring become bytes since the start. On the model each reading is held against the device's own position; on QEMU, whose position nobody tells, all
 * readings against the straight line that fits them best.
 */
#include <math.h>
#include <stdlib.h>

#include "snd.h"
#include "trap.h"

static void compare(struct snd_client *c, uint64_t frames)
{
    struct snd_bench *b = c->bench;
    struct snd_position_stats *e = &c->error;
    enum model_snd_direction direction = c->direction == SND_RENDER ? MODEL_SND_OUT : MODEL_SND_IN;
    uint64_t device, queued;
    double us;
    if (!b->options->use_model || !model_snd_running(b->bus, direction, 0))
        return;
    device = model_snd_position(b->bus, direction, 0);
    queued = model_snd_queued(b->bus, direction, 0);
    us = ((double)frames - (double)device) * 1e6 / c->format.rate;
    e->compared++;
    e->sum += us;
    e->sum_squares += us * us;
    if (fabs(us) > e->largest)
        e->largest = fabs(us);
    c->queued_sum += queued;
    c->queued_largest = queued > c->queued_largest ? queued : c->queued_largest;
    c->queued_least = e->compared == 1 || queued < c->queued_least ? queued : c->queued_least;
}

/* A step of most of a ring is one back, unless there was time to go that far. */
static bool is_backward(struct snd_client *c, uint64_t step)
{
    enum { MARGIN_US = 4000 };
    uint64_t now = clock_us(), us = now - c->read_us + MARGIN_US;
    uint64_t most = us * c->format.rate / 1000000 * c->frame_bytes * 5 / 4;
    c->read_us = now;
    return step > c->buffer.bytes / 2 && step > most;
}

static void remember(struct snd_client *c, uint64_t frames)
{
    if (!c->bench->options->positions && c->bench->options->use_model)
        return;
    if (c->logged == c->log_capacity) {
        c->log_capacity = c->log_capacity != 0 ? 2 * c->log_capacity : 4096;
        c->log = realloc(c->log, c->log_capacity * sizeof(*c->log));
        if (c->log == NULL)
            environment_failed("no memory for positions");
    }
    c->log[c->logged++] = (struct snd_position){clock_us(), frames};
}

/* What lies between PlayOffset and WriteOffset is "off-limits to the client" (KSAUDIO_POSITION). A program that is late
 * goes on behind it. */
static void check_write_offset(struct snd_client *c, uint64_t write_offset)
{
    uint64_t ahead = (write_offset + c->buffer.bytes - c->offset) % c->buffer.bytes, end = c->position + ahead;
    bool resync = c->resync;
    c->resync = false;
    if (c->direction != SND_RENDER || !c->running || (end <= c->written && !resync))
        return;
    c->late++;
    if (c->position > c->written || resync)
        c->written = (end + c->period_bytes - 1) / c->period_bytes * c->period_bytes;
}

bool snd_position_follow(struct snd_client *c)
{
    KSAUDIO_POSITION p;
    NTSTATUS status = ks_position(c->pin, &p);
    uint64_t step;
    if (!NT_SUCCESS(status)) {
        c->errors++;
        return false;
    }
    c->error.queries++;
    if (p.PlayOffset > c->buffer.bytes || p.WriteOffset > c->buffer.bytes) {
        c->error.beyond++;
        snd_fail(c->bench, "%s: position %llu, %llu in a buffer of %u bytes", snd_direction_name(c->direction),
                 (unsigned long long)p.PlayOffset, (unsigned long long)p.WriteOffset, (unsigned)c->buffer.bytes);
        return false;
    }
    step = (p.PlayOffset + c->buffer.bytes - c->offset) % c->buffer.bytes;
    if (is_backward(c, step)) {
        c->error.backward++;
        snd_fail(c->bench, "%s: the position went from %u to %llu", snd_direction_name(c->direction),
                 (unsigned)c->offset, (unsigned long long)p.PlayOffset);
        return true; /* it will come back to where it was */
    }
    c->position += step;
    c->offset = (uint32_t)(p.PlayOffset % c->buffer.bytes);
    if (c->first_moved_us == 0 && c->position != 0)
        c->first_moved_us = clock_us();
    if (c->running) {
        compare(c, c->position / c->frame_bytes);
        remember(c, c->position / c->frame_bytes);
    }
    check_write_offset(c, p.WriteOffset);
    return true;
}

/* Least squares over the second half of the readings: the first may still find the device's clock. */
void snd_position_fit(const struct snd_client *c, double *rms_us, double *largest_us, double *ppm)
{
    size_t from = c->logged / 2, count = c->logged - from;
    double mean_x = 0, mean_y = 0, xx = 0, xy = 0, slope, squares = 0;
    *rms_us = *largest_us = *ppm = 0;
    if (count < 10)
        return;
    for (size_t i = from; i < c->logged; i++) {
        mean_x += (double)(c->log[i].at_us - c->log[from].at_us) / (double)count;
        mean_y += (double)(c->log[i].frames - c->log[from].frames) / (double)count;
    }
    for (size_t i = from; i < c->logged; i++) {
        double x = (double)(c->log[i].at_us - c->log[from].at_us) - mean_x;
        xx += x * x;
        xy += x * ((double)(c->log[i].frames - c->log[from].frames) - mean_y);
    }
    slope = xx != 0 ? xy / xx : 0;
    for (size_t i = from; i < c->logged && slope != 0; i++) {
        double x = (double)(c->log[i].at_us - c->log[from].at_us) - mean_x;
        double off = ((double)(c->log[i].frames - c->log[from].frames) - mean_y - slope * x) / slope;
        squares += off * off / (double)count;
        if (fabs(off) > *largest_us)
            *largest_us = fabs(off);
    }
    *rms_us = sqrt(squares);
    *ppm = (slope * 1e6 / c->format.rate - 1) * 1e6;
}
