/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A program with one pin, as Windows' audio engine is one: it asks for a buffer with notifications, fills it, runs, and
 * at each notification reads the position. Playback writes every whole period that the position has left behind,
 * capture reads up to the position.
 */
#include <stdlib.h>
#include <string.h>

#include "snd.h"
#include "trap.h"

enum { PATIENCE_LEAST_US = 2000, MISSED = 2, FAILED_AFTER = 100 };

const char *snd_direction_name(unsigned direction)
{
    return direction == SND_RENDER ? "render" : "capture";
}

static bool failed(struct snd_client *c, const char *what, NTSTATUS status)
{
    c->errors++;
    snd_fail(c->bench, "%s: %s: %#x%s%s", snd_direction_name(c->direction), what, (unsigned)status,
             portcls_failure() != NULL ? ": " : "", portcls_failure() != NULL ? portcls_failure() : "");
    return false;
}

/* ---- the pin ---- */

static bool is_pin(const PCPIN_DESCRIPTOR *p, unsigned direction)
{
    return p->KsPinDescriptor.DataFlow == (direction == SND_RENDER ? KSPIN_DATAFLOW_IN : KSPIN_DATAFLOW_OUT) &&
           p->KsPinDescriptor.Communication != KSPIN_COMMUNICATION_BRIDGE &&
           p->KsPinDescriptor.Communication != KSPIN_COMMUNICATION_NONE && p->MaxGlobalInstanceCount != 0;
}

bool snd_find_pin(struct snd_bench *b, unsigned direction, ULONG *pin)
{
    struct pc_device *d = portcls_device_of(b->node);
    const PCFILTER_DESCRIPTOR *f = d != NULL ? portcls_descriptor(d, "Wave") : NULL;
    for (ULONG i = 0; f != NULL && i < f->PinCount; i++) {
        if (is_pin(portcls_pin(f, i), direction)) {
            *pin = i;
            return true;
        }
    }
    return false;
}

NTSTATUS snd_open_pin(struct snd_bench *b, unsigned direction, const struct snd_format *format, ks_file **filter,
                      ks_file **pin)
{
    KSDATAFORMAT_WAVEFORMATEXTENSIBLE wave;
    ULONG index, bytes;
    NTSTATUS status;
    *filter = *pin = NULL;
    if (!snd_find_pin(b, direction, &index))
        return STATUS_NOT_FOUND;
    bytes = ks_format(&wave, format->rate, format->channels, format->bits, format->valid, format->floating,
                      format->channels > 2 || format->bits > 16);
    status = ks_open_filter(b->node, "Wave", filter);
    if (!NT_SUCCESS(status))
        return status;
    status = ks_open_pin(*filter, index, &wave, bytes, pin);
    if (!NT_SUCCESS(status)) {
        ks_close(*filter);
        *filter = *pin = NULL;
    }
    return status;
}

static uint32_t period_of(const struct snd_bench *b, const struct snd_format *f)
{
    uint64_t frames = ((uint64_t)f->rate * b->options->period_us + 500000) / 1000000;
    return (uint32_t)(frames != 0 ? frames : 1) * snd_frame_bytes(f);
}

static bool get_buffer(struct snd_client *c)
{
    struct snd_options *o = c->bench->options;
    uint32_t wanted = period_of(c->bench, &c->format) * o->periods;
    NTSTATUS status = ks_allocate_buffer(c->pin, wanted, o->notifications, &c->buffer);
    if (!NT_SUCCESS(status))
        return failed(c, "no buffer", status);
    if (c->buffer.bytes % c->frame_bytes != 0 || c->buffer.bytes == 0) {
        snd_fail(c->bench, "%s: a buffer of %u bytes for frames of %u", snd_direction_name(c->direction),
                 (unsigned)c->buffer.bytes, c->frame_bytes);
        return false;
    }
    c->period_bytes = o->notifications != 0 ? c->buffer.bytes / o->notifications : c->buffer.bytes / o->periods;
    c->period_bytes -= c->period_bytes % c->frame_bytes;
    if (o->notifications == 0)
        return true;
    status = ks_register_notification(c->pin, c->event);
    c->registered = NT_SUCCESS(status);
    return c->registered || failed(c, "the notification event is not taken", status);
}

bool snd_client_open(struct snd_client *c, const struct snd_format *format)
{
    NTSTATUS status;
    c->format = *format;
    c->frame_bytes = snd_frame_bytes(format);
    c->position = c->written = c->read = c->content_end = 0;
    c->offset = 0;
    c->state = KSSTATE_STOP;
    status = snd_open_pin(c->bench, c->direction, format, &c->filter, &c->pin);
    if (!NT_SUCCESS(status))
        return failed(c, "the pin does not open", status);
    c->open = true;
    if (c->event == NULL)
        c->event = ks_event_create();
    if (!get_buffer(c)) {
        snd_client_close(c);
        return false;
    }
    status = ks_latency(c->pin, &c->latency);
    return NT_SUCCESS(status) || failed(c, "no latency", status);
}

bool snd_client_state(struct snd_client *c, ULONG state)
{
    NTSTATUS status = ks_set_state(c->pin, state);
    ULONG now = state;
    if (!NT_SUCCESS(status))
        return failed(c, "the state does not change", status);
    if (NT_SUCCESS(ks_get_state(c->pin, &now)) && now != state)
        return failed(c, "the state is another than was set", (NTSTATUS)now);
    c->state = state;
    if (state == KSSTATE_STOP) { /* the position starts again */
        c->position = c->written = c->read = c->content_end = 0;
        c->offset = 0;
    }
    return true;
}

/* ---- sound ---- */

static void write_to(struct snd_client *c, uint64_t end)
{
    while (c->written < end) {
        size_t at = (size_t)(c->written % c->buffer.bytes), room = c->buffer.bytes - at;
        size_t now = end - c->written < room ? (size_t)(end - c->written) : room, sound = 0;
        if (c->content_at < c->content_bytes)
            sound = c->content_bytes - c->content_at < now ? (size_t)(c->content_bytes - c->content_at) : now;
        memcpy(c->buffer.address + at, c->content + c->content_at, sound);
        memset(c->buffer.address + at + sound, 0, now - sound);
        c->content_at += sound;
        if (c->content_end == 0 && c->content_at >= c->content_bytes)
            c->content_end = c->written + sound;
        c->written += now;
    }
}

static void read_to(struct snd_client *c, uint64_t end)
{
    if (end - c->read > c->buffer.bytes) {
        c->overruns++;
        c->read = end - c->buffer.bytes;
    }
    while (c->read < end) {
        size_t at = (size_t)(c->read % c->buffer.bytes), room = c->buffer.bytes - at;
        size_t now = end - c->read < room ? (size_t)(end - c->read) : room;
        if (c->heard_capacity - c->heard_bytes < now) {
            c->heard_capacity = c->heard_capacity * 2 + (1u << 20);
            c->heard = realloc(c->heard, c->heard_capacity);
            if (c->heard == NULL)
                environment_failed("no memory for what is recorded");
        }
        memcpy(c->heard + c->heard_bytes, c->buffer.address + at, now);
        c->heard_bytes += now;
        c->read += now;
    }
}

static void step(struct snd_client *c, bool notified)
{
    c->steps++;
    if (!snd_position_follow(c))
        return;
    if (notified && c->running && c->position % c->period_bytes > c->period_bytes / 4 * 3)
        c->early++;
    if (c->direction == SND_CAPTURE) {
        read_to(c, c->position);
        c->finished = c->draining;
        return;
    }
    write_to(c, c->position / c->period_bytes * c->period_bytes + c->buffer.bytes);
    /* Everything was played when a buffer of silence was. */
    if (c->draining && c->content_end != 0)
        c->finished = c->position >= c->content_end + c->buffer.bytes;
}

static bool may_go_on(void *context)
{
    const struct snd_client *c = context;
    return c->stop || (!c->hold && !c->stalled && !c->bench->asleep);
}

/* A period and a half: in a ring of two a program that slept longer would not know how often the position went round. */
static uint64_t patience(const struct snd_client *c)
{
    uint64_t us = 1500000ull * c->period_bytes / c->frame_bytes / c->format.rate;
    return us > PATIENCE_LEAST_US ? us : PATIENCE_LEAST_US;
}

/* Waits for a notification, and looks at the position meanwhile when that is wanted. */
static bool wait_for_notification(struct snd_client *c, uint64_t us)
{
    uint64_t until = clock_us() + us, step_us = c->bench->options->poll_us;
    while (step_us != 0 && clock_us() < until && may_go_on(c)) {
        if (ks_event_wait(c->event, 1 + cpu_random() % step_us))
            return true;
        if (!c->stop && may_go_on(c) && !snd_position_follow(c))
            return false;
    }
    return step_us == 0 && ks_event_wait(c->event, us);
}

/* A device that is gone, or was never to be trusted, may leave a program without notifications: it gives up. */
static void client_thread(void *context)
{
    struct snd_client *c = context;
    uint64_t wait = patience(c);
    unsigned without = 0;
    bool notified = false;
    while (!c->stop && !c->finished) {
        if (!may_go_on(c)) {
            c->parked = true;
            thread_wait(may_go_on, c, UINT64_MAX);
            c->parked = false;
            continue;
        }
        notified = false;
        if (c->bench->options->notifications == 0) {
            ks_event_wait(c->event, wait / 3);
        } else if (wait_for_notification(c, wait)) {
            c->notifications++;
            notified = true;
            without = 0;
        } else if (c->running && may_go_on(c)) {
            c->timeouts += ++without % MISSED == 0;
        }
        if (!c->stop && !c->stalled) /* also when it is about to be parked: what was signalled is not signalled again */
            step(c, notified);
        if (without >= FAILED_AFTER || c->errors >= FAILED_AFTER) {
            snd_fail(c->bench, "%s: %u times without a notification, %llu errors", snd_direction_name(c->direction),
                     without, (unsigned long long)c->errors);
            break;
        }
    }
    c->finished = true;
}

/* ---- what the script asks for ---- */

static bool is_parked(void *context)
{
    const struct snd_client *c = context;
    return c->parked || c->finished;
}

void snd_client_park(struct snd_client *c, bool park)
{
    c->hold = park;
    if (park && c->thread != NULL)
        thread_wait(is_parked, c, UINT64_MAX);
}

bool snd_client_run(struct snd_client *c, double seconds)
{
    uint64_t frames = (uint64_t)(seconds * c->format.rate + 0.5);
    if (!c->open)
        return false;
    if (c->direction == SND_RENDER && c->content == NULL && frames != 0) {
        c->content_bytes = (size_t)frames * c->frame_bytes;
        if (c->bench->input.samples != NULL) {
            c->content = malloc(c->content_bytes);
            if (c->content == NULL)
                environment_failed("no memory for sound");
            for (size_t i = 0; i < c->content_bytes; i++)
                c->content[i] = c->bench->input.samples[i % c->bench->input.bytes];
        } else {
            c->content = snd_make_sound(c->content_bytes, c->frame_bytes, 1);
        }
    }
    if (c->direction == SND_RENDER)
        write_to(c, c->position / c->period_bytes * c->period_bytes + c->buffer.bytes);
    c->run_us = clock_us();
    if (!snd_client_state(c, KSSTATE_RUN))
        return false;
    c->started_us = clock_us();
    c->running = true;
    c->stop = c->hold = c->finished = c->draining = false;
    if (c->thread == NULL)
        c->thread = thread_create(snd_direction_name(c->direction), client_thread, c);
    return true;
}

bool snd_client_pause(struct snd_client *c, bool pause)
{
    bool good;
    snd_client_park(c, true);
    c->running = false;
    good = c->open && snd_client_state(c, pause ? KSSTATE_PAUSE : KSSTATE_RUN);
    c->running = good && !pause;
    snd_client_park(c, false);
    return good;
}

static bool is_finished(void *context)
{
    return ((const struct snd_client *)context)->finished;
}

bool snd_client_finish(struct snd_client *c)
{
    uint64_t content_us =
        c->content_bytes != 0 ? (c->content_bytes - c->content_at) / c->frame_bytes * 1000000ull / c->format.rate : 0;
    bool ended = true;
    c->draining = true;
    if (c->thread != NULL)
        ended = thread_wait(is_finished, c, content_us * 2 + 100 * patience(c));
    if (!ended)
        snd_fail(c->bench, "%s: it does not end; position %llu of %zu bytes", snd_direction_name(c->direction),
                 (unsigned long long)c->position, c->content_bytes);
    snd_client_stop(c);
    return ended;
}

void snd_client_stop(struct snd_client *c)
{
    c->stop = true;
    if (c->thread != NULL)
        thread_join(c->thread);
    c->thread = NULL;
    c->stopped_us = clock_us();
    c->running = false;
    if (c->open && c->state != KSSTATE_STOP)
        snd_client_state(c, KSSTATE_STOP);
}

void snd_client_close(struct snd_client *c)
{
    if (c->thread != NULL)
        snd_client_stop(c);
    if (!c->open)
        return;
    if (c->registered)
        ks_unregister_notification(c->pin, c->event);
    c->registered = false;
    ks_close(c->pin);
    ks_close(c->filter);
    c->pin = c->filter = NULL;
    c->open = false;
}
