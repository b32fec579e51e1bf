/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Programs that open, close, allocate and change state in any order. Whatever is refused is refused; what must hold:
 * nothing hangs, a pin that is open reports the state that it was set to, one pin at most is open in a direction, and
 * after all of it a pin plays.
 */
#include "snd.h"

enum { CHOICES = 10, NOTIFY_WAIT_US = 30000 };

struct storm {
    struct snd_bench *bench;
    unsigned direction;
    ks_file *filter, *pin;
    ks_event *event;
    struct ks_buffer buffer;
    bool registered;
    ULONG state;
};

static bool never(void *unused)
{
    (void)unused;
    return false;
}

static void open_one(struct storm *s)
{
    ks_file *filter, *pin;
    NTSTATUS status = snd_open_pin(s->bench, s->direction, &s->bench->options->format[s->direction], &filter, &pin);
    if (!NT_SUCCESS(status)) {
        if (s->pin == NULL)
            snd_fail(s->bench, "%s: a pin does not open although none is: %#x", snd_direction_name(s->direction),
                     (unsigned)status);
        return;
    }
    if (s->pin != NULL) {
        snd_fail(s->bench, "%s: two pins are open", snd_direction_name(s->direction));
        ks_close(pin);
        ks_close(filter);
        return;
    }
    s->pin = pin;
    s->filter = filter;
    s->state = KSSTATE_STOP;
    s->buffer = (struct ks_buffer){0};
    s->registered = false;
}

static void close_one(struct storm *s)
{
    if (s->pin == NULL)
        return;
    ks_close(s->pin);
    ks_close(s->filter);
    s->pin = s->filter = NULL;
    s->registered = false;
}

static void set_state(struct storm *s, ULONG state)
{
    ULONG now = ~0u;
    NTSTATUS status = ks_set_state(s->pin, state), asked = ks_get_state(s->pin, &now);
    if (NT_SUCCESS(status) && (!NT_SUCCESS(asked) || now != state))
        snd_fail(s->bench, "%s: state %u was set, it is %u (%#x)", snd_direction_name(s->direction), (unsigned)state,
                 (unsigned)now, (unsigned)asked);
    if (!NT_SUCCESS(status) && s->buffer.bytes != 0)
        snd_fail(s->bench, "%s: state %u is refused: %#x", snd_direction_name(s->direction), (unsigned)state,
                 (unsigned)status);
    s->state = NT_SUCCESS(status) ? state : now;
}

static void allocate(struct storm *s)
{
    const struct snd_options *o = s->bench->options;
    uint32_t frame = snd_frame_bytes(&o->format[s->direction]);
    uint32_t bytes = (uint32_t)(1 + cpu_random() % 4800) * frame;
    NTSTATUS status = ks_allocate_buffer(s->pin, bytes, (ULONG)(cpu_random() % 3), &s->buffer);
    if (NT_SUCCESS(status) && (s->buffer.bytes == 0 || s->buffer.bytes % frame != 0))
        snd_fail(s->bench, "%s: a buffer of %u bytes", snd_direction_name(s->direction), (unsigned)s->buffer.bytes);
}

static void one(struct storm *s)
{
    KSAUDIO_POSITION position;
    KSRTAUDIO_HWLATENCY latency;
    unsigned what = (unsigned)(cpu_random() % CHOICES);
    s->bench->requests++;
    if (what == 0 || s->pin == NULL) {
        open_one(s);
    } else if (what == 1) {
        close_one(s);
    } else if (what <= 4) {
        set_state(s, (ULONG)(cpu_random() % 4));
    } else if (what == 5 && s->buffer.bytes == 0) {
        allocate(s);
    } else if (what == 6) {
        if (NT_SUCCESS(ks_position(s->pin, &position)) && s->buffer.bytes != 0 &&
            (position.PlayOffset > s->buffer.bytes || position.WriteOffset > s->buffer.bytes))
            snd_fail(s->bench, "%s: position %llu beyond %u", snd_direction_name(s->direction),
                     (unsigned long long)position.PlayOffset, (unsigned)s->buffer.bytes);
        ks_latency(s->pin, &latency);
    } else if (what == 7) {
        if (!s->registered && s->buffer.bytes != 0)
            s->registered = NT_SUCCESS(ks_register_notification(s->pin, s->event));
        else if (s->registered && NT_SUCCESS(ks_unregister_notification(s->pin, s->event)))
            s->registered = false;
    } else if (what == 8) {
        ks_event_wait(s->event, cpu_random() % NOTIFY_WAIT_US);
    } else {
        thread_wait(never, NULL, cpu_random() % NOTIFY_WAIT_US);
    }
}

void snd_storm(struct snd_bench *b, unsigned direction, uint64_t count)
{
    struct storm s = {.bench = b, .direction = direction, .event = ks_event_create()};
    for (uint64_t i = 0; i < count; i++)
        one(&s);
    close_one(&s);
    ks_event_free(s.event);
}
