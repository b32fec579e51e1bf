/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * WaveRT streams: creation, states, buffer, position, end. Pages IMiniportWaveRT::NewStream, IMiniportWaveRTStream,
 * IMiniportWaveRTStreamNotification, KSPROPSETID_RTAudio. "Transitions always occur in one of two sequences: STOP,
 * ACQUIRE, PAUSE, RUN, and back."
 */
#include <stdlib.h>

#include "pc_internal.h"

enum {
    SLOT_SET_FORMAT = SLOT_FIRST,
    SLOT_SET_STATE,
    SLOT_GET_POSITION,
    SLOT_ALLOCATE,
    SLOT_FREE,
    SLOT_LATENCY,
    SLOT_POSITION_REGISTER,
    SLOT_CLOCK_REGISTER,
    SLOT_ALLOCATE_WITH_NOTIFICATION,
    SLOT_FREE_WITH_NOTIFICATION,
    SLOT_REGISTER_EVENT,
    SLOT_UNREGISTER_EVENT,
    NOTIFICATION_METHODS
};
enum { CACHE_TYPES = 3, POSITION_AT_DISPATCH = 4 /* one in */ };

const struct com_interface pc_stream_interface = {&IID_IPortWaveRTStream, NULL, pc_stream_methods};
static const struct com_interface *const interfaces[] = {&pc_stream_interface, NULL};

static void destroy(struct com_object *o)
{
    const struct pc_stream *s = (const struct pc_stream *)o;
    if (s->pages != NULL)
        rule_broken("pc-pages", "the stream was released, and %u pages that it allocated were not freed",
                    (unsigned)s->pages->pages);
    free(s->format);
    free(o);
}

/* ---- creation and end ---- */

static NTSTATUS new_stream(struct pc_stream *s, const void *format, ULONG bytes)
{
    PVOID *result = ram_alloc(sizeof(*result), 0, "the result of NewStream");
    void *copy = ram_alloc(bytes, 0, "the format given to NewStream");
    struct pc_port *port = s->file->port;
    memcpy(copy, format, bytes);
    *result = NULL;
    NTSTATUS status = (NTSTATUS)com_call(port->miniport, SLOT_FIRST + 3, "IMiniportWaveRT::NewStream", 5,
                                         (uintptr_t)result, (uintptr_t)com_pointer(&s->com, 0), (uintptr_t)s->pin,
                                         (uintptr_t)s->capture, (uintptr_t)copy);
    s->stream = *result;
    ram_free(result);
    ram_free(copy);
    if (!NT_SUCCESS(status))
        s->stream = NULL;
    else if (s->stream == NULL)
        rule_broken("pc-stream", "IMiniportWaveRT::NewStream succeeded and gave NULL");
    return status;
}

static void keep_format(struct pc_stream *s, const void *format, ULONG bytes)
{
    free(s->format);
    s->format_bytes = bytes;
    s->format = malloc(bytes);
    if (s->format == NULL)
        environment_failed("no memory for a format");
    memcpy(s->format, format, bytes);
}

static void count_pins(struct pc_device *d, int by)
{
    d->counts.streams_open += (unsigned)by;
    if (d->counts.streams_open > d->counts.streams_most)
        d->counts.streams_most = d->counts.streams_open;
}

NTSTATUS pc_stream_open(struct pc_file *pin, ULONG pin_id, const void *format, ULONG bytes)
{
    struct pc_stream *s = calloc(1, sizeof(*s));
    if (s == NULL)
        environment_failed("no memory for a stream");
    com_create(&s->com, "IPortWaveRTStream", interfaces, destroy);
    s->device = pin->device;
    s->file = pin;
    s->pin = pin_id;
    s->capture = portcls_pin(pin->port->filter, pin_id)->KsPinDescriptor.DataFlow == KSPIN_DATAFLOW_OUT;
    keep_format(s, format, bytes);
    NTSTATUS status = new_stream(s, format, bytes);
    if (!NT_SUCCESS(status)) {
        pc_fail("NewStream for pin %u failed with %#x", (unsigned)pin_id, (unsigned)status);
        if (s->pages != NULL)
            rule_broken("pc-pages", "NewStream failed and left pages of its stream allocated");
        com_release(&s->com);
        return status;
    }
    s->notification =
        driver_object_query(s->stream, &IID_IMiniportWaveRTStreamNotification,
                            "the stream's QueryInterface for IMiniportWaveRTStreamNotification", NOTIFICATION_METHODS);
    s->power_notify = driver_object_query(s->stream, &IID_IPowerNotify, "the stream's QueryInterface for IPowerNotify",
                                          SLOT_FIRST + 1);
    pin->stream = s;
    count_pins(pin->device, 1);
    return status;
}

static void free_buffer(struct pc_stream *s)
{
    if (s->buffer == NULL)
        return;
    MDL *mdl = s->buffer->mdl;
    ULONG bytes = s->buffer_bytes;
    if (s->user != NULL)
        pc_user_unmap(s->user, s->user_bytes);
    s->user = NULL;
    s->buffer = NULL; /* from here on the driver may free its pages */
    if (s->buffer_with_notification)
        com_call(s->notification, SLOT_FREE_WITH_NOTIFICATION,
                 "IMiniportWaveRTStreamNotification::FreeBufferWithNotification", 2, (uintptr_t)mdl, (uintptr_t)bytes);
    else
        com_call(s->stream, SLOT_FREE, "IMiniportWaveRTStream::FreeAudioBuffer", 2, (uintptr_t)mdl, (uintptr_t)bytes);
    if (pc_pages_of(s, mdl) != NULL)
        rule_broken("pc-buffer", "FreeAudioBuffer did not free the pages of the buffer");
}

static NTSTATUS unregister_event(struct pc_stream *s, PVOID event)
{
    for (struct pc_notification **link = &s->notifications; *link != NULL; link = &(*link)->next) {
        struct pc_notification *n = *link;
        if (n->event != event)
            continue;
        NTSTATUS status =
            (NTSTATUS)com_call(s->notification, SLOT_UNREGISTER_EVENT,
                               "IMiniportWaveRTStreamNotification::UnregisterNotificationEvent", 1, (uintptr_t)event);
        if (!NT_SUCCESS(status))
            rule_broken("pc-notification", "UnregisterNotificationEvent of an event that is registered failed with %#x",
                        (unsigned)status);
        *link = n->next;
        free(n);
        ram_hide(event, "an event whose notification was unregistered");
        return status;
    }
    return STATUS_NOT_FOUND;
}

/* "Closing the pin automatically frees the buffer." The port driver stops the stream and takes back what the program
 * left; then the stream and what it referenced must be gone with the port driver's references. */
void pc_stream_close(struct pc_stream *s)
{
    struct pc_device *d = s->device;
    PVOID objects[] = {s->notification, s->power_notify, s->stream};
    ULONG left = 0;
    pc_stream_set_state(s, KSSTATE_STOP);
    while (s->notifications != NULL)
        unregister_event(s, s->notifications->event);
    free_buffer(s);
    s->file->stream = NULL;
    for (unsigned i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        if (objects[i] != NULL)
            left = driver_object_release(objects[i], "the stream's Release");
    }
    count_pins(d, -1);
    /* The driver may hold its stream longer, say for a work item; when it is gone, so are its references. */
    if (left == 0 && s->com.by_driver != 0)
        rule_broken("com-reference",
                    "the stream was released, and %u reference%s of the driver's to its IPortWaveRTStream %s not",
                    s->com.by_driver, s->com.by_driver == 1 ? "" : "s", s->com.by_driver == 1 ? "was" : "were");
    s->file = NULL;
    com_release(&s->com);
}

/* ---- states ---- */

static void count_run(struct pc_stream *s, ULONG from, ULONG to)
{
    struct pc_device *d = s->device;
    if (from != KSSTATE_RUN && to == KSSTATE_RUN && d->running++ == 0)
        d->allocations_at_run = ram_driver_allocations();
    if (from == KSSTATE_RUN && to != KSSTATE_RUN && --d->running == 0)
        d->counts.pool_in_run += ram_driver_allocations() - d->allocations_at_run;
}

NTSTATUS pc_stream_step(struct pc_stream *s, ULONG state)
{
    ULONG from = s->state;
    bool down = state < from;
    if (down) /* what stopping allocates is no matter of running */
        count_run(s, from, state);
    NTSTATUS status =
        (NTSTATUS)com_call(s->stream, SLOT_SET_STATE, "IMiniportWaveRTStream::SetState", 1, (uintptr_t)state);
    if (!NT_SUCCESS(status) && !down)
        return status;
    if (!down)
        count_run(s, from, state);
    s->state = state;
    return status;
}

NTSTATUS pc_stream_set_state(struct pc_stream *s, ULONG state)
{
    NTSTATUS status = STATUS_SUCCESS;
    if (s->paused_for_power) { /* remembered for when the device is awake */
        if (state == KSSTATE_RUN)
            return STATUS_SUCCESS;
        s->paused_for_power = false;
    }
    while (s->state != state) {
        ULONG next = state > s->state ? s->state + 1 : s->state - 1;
        NTSTATUS one = pc_stream_step(s, next);
        if (!NT_SUCCESS(one) && state > s->state)
            return one;
        if (!NT_SUCCESS(one))
            status = one; /* on the way down nothing stops the port driver */
    }
    return status;
}

/* ---- buffer ---- */

struct allocation_result { /* output parameters, in the driver's memory */
    MDL *mdl;
    ULONG actual, offset, cache;
};

static void check_buffer(struct pc_stream *s, const struct allocation_result *a)
{
    const struct pc_pages *p = pc_pages_of(s, a->mdl);
    if (p == NULL)
        rule_broken("pc-buffer",
                    "AllocateAudioBuffer gave the MDL at %p, which IPortWaveRTStream of this stream did "
                    "not allocate",
                    (void *)a->mdl);
    if (a->actual == 0 || a->offset >= PAGE_BYTES || (uint64_t)a->offset + a->actual > (uint64_t)p->pages * PAGE_BYTES)
        rule_broken("pc-buffer", "AllocateAudioBuffer gave %u bytes at offset %u of an MDL of %u pages",
                    (unsigned)a->actual, (unsigned)a->offset, (unsigned)p->pages);
    if (a->cache >= CACHE_TYPES)
        rule_broken("pc-buffer", "AllocateAudioBuffer gave cache type %u", (unsigned)a->cache);
}

static NTSTATUS allocate(struct pc_stream *s, ULONG bytes, ULONG notifications, struct allocation_result *a)
{
    MDL **mdl = ram_alloc(sizeof(*mdl), 0, "AudioBufferMdl");
    ULONG *out = ram_alloc(3 * sizeof(*out), 0, "ActualSize, OffsetFromFirstPage, CacheType");
    NTSTATUS status;
    *mdl = NULL;
    memset(out, 0xcd, 3 * sizeof(*out));
    if (notifications != 0)
        status = (NTSTATUS)com_call(s->notification, SLOT_ALLOCATE_WITH_NOTIFICATION,
                                    "IMiniportWaveRTStreamNotification::AllocateBufferWithNotification", 6,
                                    (uintptr_t)notifications, (uintptr_t)bytes, (uintptr_t)mdl, (uintptr_t)out,
                                    (uintptr_t)(out + 1), (uintptr_t)(out + 2));
    else
        status = (NTSTATUS)com_call(s->stream, SLOT_ALLOCATE, "IMiniportWaveRTStream::AllocateAudioBuffer", 5,
                                    (uintptr_t)bytes, (uintptr_t)mdl, (uintptr_t)out, (uintptr_t)(out + 1),
                                    (uintptr_t)(out + 2));
    *a = (struct allocation_result){*mdl, out[0], out[1], out[2]};
    ram_free(mdl);
    ram_free(out);
    return status;
}

/* A second buffer of one pin is refused: the program would lose the first one's mapping. */
NTSTATUS pc_stream_buffer(struct pc_stream *s, ULONG bytes, ULONG notifications, KSRTAUDIO_BUFFER *buffer)
{
    struct allocation_result a;
    if (s->buffer != NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (notifications != 0 && s->notification == NULL)
        return STATUS_NOT_SUPPORTED;
    ULONG before = 0, after = 0;
    for (const struct pc_pages *p = s->pages; p != NULL; p = p->next)
        before++;
    NTSTATUS status = allocate(s, bytes, notifications, &a);
    for (const struct pc_pages *p = s->pages; p != NULL; p = p->next)
        after++;
    if (!NT_SUCCESS(status)) {
        if (after != before)
            rule_broken("pc-pages", "AllocateAudioBuffer failed with %#x and left pages allocated", (unsigned)status);
        return status;
    }
    check_buffer(s, &a);
    s->buffer = pc_pages_of(s, a.mdl);
    s->buffer_bytes = a.actual;
    s->buffer_offset = a.offset;
    s->buffer_with_notification = notifications != 0;
    s->user = pc_user_map(s->buffer, &s->user_bytes);
    *buffer = (KSRTAUDIO_BUFFER){s->user + a.offset, a.actual, a.cache == 2 /* MmWriteCombined */};
    return status;
}

/* ---- what a running stream tells ---- */

NTSTATUS pc_stream_position(struct pc_stream *s, KSAUDIO_POSITION *position)
{
    KSAUDIO_POSITION *p = ram_alloc(sizeof(*p), 0, "KSAUDIO_POSITION");
    bool raised = cpu_random() % POSITION_AT_DISPATCH == 0; /* "PASSIVE_LEVEL or DISPATCH_LEVEL" */
    uint8_t old = irql_get();
    memset(p, 0xcd, sizeof(*p));
    if (raised)
        old = irql_raise(DISPATCH_LEVEL);
    NTSTATUS status =
        (NTSTATUS)com_call(s->stream, SLOT_GET_POSITION, "IMiniportWaveRTStream::GetPosition", 1, (uintptr_t)p);
    if (raised)
        irql_lower(old);
    *position = *p;
    ram_free(p);
    s->device->counts.positions++;
    if (NT_SUCCESS(status) && s->buffer != NULL &&
        (position->PlayOffset >= s->buffer_bytes || position->WriteOffset >= s->buffer_bytes))
        rule_broken("pc-position",
                    "GetPosition gave a play offset of %llu and a write offset of %llu in a buffer of %u bytes: \"byte "
                    "offsets from the beginning of the cyclic buffer\"",
                    (unsigned long long)position->PlayOffset, (unsigned long long)position->WriteOffset,
                    (unsigned)s->buffer_bytes);
    return status;
}

static NTSTATUS give_latency(struct pc_request *r)
{
    KSRTAUDIO_HWLATENCY *l = ram_alloc(sizeof(*l), 0, "KSRTAUDIO_HWLATENCY");
    memset(l, 0xcd, sizeof(*l));
    com_call(r->file->stream->stream, SLOT_LATENCY, "IMiniportWaveRTStream::GetHWLatency", 1, (uintptr_t)l);
    NTSTATUS status = pc_give(r, l, sizeof(*l));
    ram_free(l);
    return status;
}

/* The register would be mapped for the program; a driver that has one is not expected here. */
static NTSTATUS give_register(struct pc_request *r, unsigned slot, const char *method)
{
    KSRTAUDIO_HWREGISTER *w = ram_alloc(sizeof(*w), 0, "KSRTAUDIO_HWREGISTER");
    memset(w, 0xcd, sizeof(*w));
    NTSTATUS status = (NTSTATUS)com_call(r->file->stream->stream, slot, method, 1, (uintptr_t)w);
    if (NT_SUCCESS(status))
        status = pc_give(r, w, sizeof(*w));
    ram_free(w);
    return status;
}

static NTSTATUS notification_event(struct pc_request *r, bool on)
{
    KSRTAUDIO_NOTIFICATION_EVENT_PROPERTY p;
    struct pc_stream *s = r->file->stream;
    if (r->in_bytes < sizeof(p))
        return STATUS_INVALID_BUFFER_SIZE;
    memcpy(&p, r->in, sizeof(p));
    PVOID event = pc_event_of_handle(p.NotificationEvent);
    if (event == NULL)
        return STATUS_INVALID_HANDLE;
    if (s->notification == NULL)
        return STATUS_NOT_SUPPORTED;
    if (!on)
        return unregister_event(s, event);
    for (const struct pc_notification *n = s->notifications; n != NULL; n = n->next) {
        if (n->event == event)
            return STATUS_INVALID_PARAMETER;
    }
    ram_show(event);
    NTSTATUS status =
        (NTSTATUS)com_call(s->notification, SLOT_REGISTER_EVENT,
                           "IMiniportWaveRTStreamNotification::RegisterNotificationEvent", 1, (uintptr_t)event);
    if (!NT_SUCCESS(status)) {
        ram_hide(event, "an event that RegisterNotificationEvent refused");
        return status;
    }
    struct pc_notification *n = calloc(1, sizeof(*n));
    if (n == NULL)
        environment_failed("no memory for a notification event");
    *n = (struct pc_notification){event, s->notifications};
    s->notifications = n;
    return status;
}

static NTSTATUS audio_buffer(struct pc_request *r, bool with_notification)
{
    KSRTAUDIO_BUFFER_PROPERTY_WITH_NOTIFICATION p = {0};
    KSRTAUDIO_BUFFER buffer = {0};
    ULONG needed = with_notification
                       ? (ULONG)(offsetof(KSRTAUDIO_BUFFER_PROPERTY_WITH_NOTIFICATION, NotificationCount) + 4)
                       : (ULONG)(offsetof(KSRTAUDIO_BUFFER_PROPERTY, RequestedBufferSize) + 4);
    if (r->in_bytes < needed)
        return STATUS_INVALID_BUFFER_SIZE;
    if (r->out_bytes < sizeof(buffer))
        return pc_give(r, &buffer, sizeof(buffer));
    memcpy(&p, r->in, needed);
    if (p.BaseAddress != NULL || (with_notification && p.NotificationCount != 1 && p.NotificationCount != 2))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status =
        pc_stream_buffer(r->file->stream, p.RequestedBufferSize, with_notification ? p.NotificationCount : 0, &buffer);
    return NT_SUCCESS(status) ? pc_give(r, &buffer, sizeof(buffer)) : status;
}

static NTSTATUS rtaudio_property(struct pc_request *r)
{
    ULONG access = KSPROPERTY_TYPE_GET | KSPROPERTY_TYPE_BASICSUPPORT;
    if (r->property.Id == KSPROPERTY_RTAUDIO_GETPOSITIONFUNCTION ||
        r->property.Id > KSPROPERTY_RTAUDIO_UNREGISTER_NOTIFICATION_EVENT)
        return PC_NOT_MINE;
    bool event = r->property.Id >= KSPROPERTY_RTAUDIO_REGISTER_NOTIFICATION_EVENT;
    if (r->verb == KSPROPERTY_TYPE_BASICSUPPORT)
        return pc_give(r, &access, sizeof(access));
    if (r->verb != KSPROPERTY_TYPE_GET && !(event && r->verb == KSPROPERTY_TYPE_SET))
        return STATUS_INVALID_DEVICE_REQUEST;
    switch (r->property.Id) {
    case KSPROPERTY_RTAUDIO_BUFFER:
        return audio_buffer(r, false);
    case KSPROPERTY_RTAUDIO_BUFFER_WITH_NOTIFICATION:
        return audio_buffer(r, true);
    case KSPROPERTY_RTAUDIO_HWLATENCY:
        return give_latency(r);
    case KSPROPERTY_RTAUDIO_POSITIONREGISTER:
        return give_register(r, SLOT_POSITION_REGISTER, "IMiniportWaveRTStream::GetPositionRegister");
    case KSPROPERTY_RTAUDIO_CLOCKREGISTER:
        return give_register(r, SLOT_CLOCK_REGISTER, "IMiniportWaveRTStream::GetClockRegister");
    default:
        return notification_event(r, r->property.Id == KSPROPERTY_RTAUDIO_REGISTER_NOTIFICATION_EVENT);
    }
}

/* ---- the other properties of a pin ---- */

static NTSTATUS set_format(struct pc_request *r)
{
    struct pc_stream *s = r->file->stream;
    NTSTATUS status = pc_check_wave_format(r->out, r->out_bytes);
    if (!NT_SUCCESS(status))
        return status;
    void *copy = ram_alloc(r->out_bytes, 0, "the format given to SetFormat");
    memcpy(copy, r->out, r->out_bytes);
    status = (NTSTATUS)com_call(s->stream, SLOT_SET_FORMAT, "IMiniportWaveRTStream::SetFormat", 1, (uintptr_t)copy);
    ram_free(copy);
    if (NT_SUCCESS(status))
        keep_format(s, r->out, r->out_bytes);
    return status;
}

static NTSTATUS connection_property(struct pc_request *r)
{
    struct pc_stream *s = r->file->stream;
    ULONG access = KSPROPERTY_TYPE_GET | KSPROPERTY_TYPE_SET | KSPROPERTY_TYPE_BASICSUPPORT, state;
    bool is_state = r->property.Id == KSPROPERTY_CONNECTION_STATE;
    if (!is_state && r->property.Id != KSPROPERTY_CONNECTION_DATAFORMAT)
        return PC_NOT_MINE;
    if (r->verb == KSPROPERTY_TYPE_BASICSUPPORT)
        return pc_give(r, &access, sizeof(access));
    if (r->verb == KSPROPERTY_TYPE_GET)
        return is_state ? pc_give(r, &s->state, sizeof(s->state)) : pc_give(r, s->format, s->format_bytes);
    if (r->verb != KSPROPERTY_TYPE_SET)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!is_state)
        return set_format(r);
    if (r->out_bytes < sizeof(state))
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(&state, r->out, sizeof(state));
    if (state > KSSTATE_RUN)
        return STATUS_INVALID_PARAMETER;
    return pc_stream_set_state(s, state);
}

static NTSTATUS locked(struct pc_request *r, NTSTATUS (*property)(struct pc_request *))
{
    pc_lock(r->file->device);
    NTSTATUS status = property(r);
    pc_unlock(r->file->device);
    return status;
}

NTSTATUS pc_pin_property(struct pc_request *r)
{
    KSAUDIO_POSITION position = {0};
    if (r->node != PCFILTER_NODE)
        return PC_NOT_MINE;
    if (guid_is(&r->property.Set, &KSPROPSETID_Connection))
        return locked(r, connection_property);
    if (guid_is(&r->property.Set, &KSPROPSETID_RtAudio))
        return locked(r, rtaudio_property);
    if (!guid_is(&r->property.Set, &KSPROPSETID_Audio) || r->property.Id != KSPROPERTY_AUDIO_POSITION)
        return PC_NOT_MINE;
    if (r->verb != KSPROPERTY_TYPE_GET)
        return r->verb == KSPROPERTY_TYPE_SET ? STATUS_INVALID_DEVICE_REQUEST : PC_NOT_MINE;
    if (r->out_bytes < sizeof(position))
        return pc_give(r, &position, sizeof(position));
    NTSTATUS status = pc_stream_position(r->file->stream, &position);
    return NT_SUCCESS(status) ? pc_give(r, &position, sizeof(position)) : status;
}
