/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Programs of the host: files, IOCTL_KS_PROPERTY and events as the I/O manager and ks.sys's user-mode side send them.
 * The buffers of a request are allocations that are gone when it is over.
 */
#include <stdlib.h>

#include "pc_internal.h"
#include "wdm_internal.h"

enum { IO_TYPE_FILE = 5, EVENTS_MAX = 64, FIRST_HANDLE = 0x4000, SYNCHRONIZATION_EVENT = 1 };

struct ks_file {
    FILE_OBJECT *object;
    DEVICE_OBJECT *top;
    WCHAR *name;
    struct ks_file *filter;
};

struct ks_event {
    KEVENT *object;
    HANDLE handle;
    uint64_t signals, taken, last_us;
};

static ks_event *events[EVENTS_MAX];

/* ---- files ---- */

static NTSTATUS send(ks_file *f, UCHAR major)
{
    struct host_request r = {0};
    host_request_prepare(&r, f->top, major, 0);
    irp_next(r.irp)->FileObject = f->object;
    r.irp->Tail.Overlay.OriginalFileObject = f->object;
    r.irp->RequestorMode = 1;
    if (major == IRP_MJ_CREATE) {
        irp_next(r.irp)->Parameters.Create.Options = 0x01000000; /* FILE_OPEN << 24 */
        irp_next(r.irp)->Parameters.Create.ShareAccess = 3;
    }
    return host_request_run(&r, f->top);
}

static void free_file(ks_file *f)
{
    DEVICE_OBJECT *device = f->object->DeviceObject;
    ram_free(f->object);
    ram_free(f->name);
    device_dereference(f->top);
    device_dereference(device);
    free(f);
}

static NTSTATUS open(DEVICE_OBJECT *device, ks_file *filter, const void *name, ULONG bytes, ks_file **result)
{
    ks_file *f = calloc(1, sizeof(*f));
    if (f == NULL || bytes > UINT16_MAX - 2)
        environment_failed("no memory for a file, or a name of %u bytes", (unsigned)bytes);
    *result = NULL;
    f->top = device_top(device);
    f->filter = filter;
    device_reference(f->top);
    device_reference(device);
    f->object = ram_alloc(sizeof(*f->object), 0, "FILE_OBJECT");
    f->name = ram_alloc(bytes, 0, "the name of a file");
    memcpy(f->name, name, bytes);
    memset(f->object, 0, sizeof(*f->object));
    f->object->Type = IO_TYPE_FILE;
    f->object->Size = sizeof(*f->object);
    f->object->DeviceObject = device;
    f->object->RelatedFileObject = filter != NULL ? filter->object : NULL;
    f->object->ReadAccess = f->object->WriteAccess = TRUE;
    f->object->FileName = (UNICODE_STRING){(USHORT)bytes, (USHORT)bytes, f->name};
    NTSTATUS status = send(f, IRP_MJ_CREATE);
    if (NT_SUCCESS(status))
        *result = f;
    else
        free_file(f);
    return status;
}

NTSTATUS ks_open_filter(devnode *node, const char *name, ks_file **filter)
{
    WCHAR wide[64] = {'\\'};
    size_t length = strlen(name);
    for (size_t i = 0; i < length && i < 62; i++)
        wide[i + 1] = (UCHAR)name[i];
    return open(node->pdo, NULL, wide, (ULONG)(length + 1) * 2, filter);
}

NTSTATUS ks_open_raw(ks_file *filter, const void *connect, ULONG bytes, ks_file **file)
{
    static const char prefix[] = "{146F1A80-4791-11D0-A5D6-28DB04C10000}\\";
    ULONG characters = sizeof(prefix) - 1, total = characters * 2 + bytes;
    uint8_t *name = malloc(total);
    if (name == NULL)
        environment_failed("no memory for a pin's name");
    for (ULONG i = 0; i < characters; i++) {
        name[2 * i] = (uint8_t)prefix[i];
        name[2 * i + 1] = 0;
    }
    memcpy(name + characters * 2, connect, bytes);
    NTSTATUS status = open(filter->object->DeviceObject, filter, name, total, file);
    free(name);
    return status;
}

NTSTATUS ks_open_pin(ks_file *filter, ULONG pin, const void *format, ULONG format_bytes, ks_file **file)
{
    KSPIN_CONNECT connect = {
        .Interface = {.Set = KSINTERFACESETID_Standard, .Id = KSINTERFACE_STANDARD_LOOPED_STREAMING},
        .Medium = {.Set = KSMEDIUMSETID_Standard},
        .PinId = pin,
        .PriorityClass = 0x40000000 /* KSPRIORITY_NORMAL */,
        .PrioritySubClass = 1};
    uint8_t *bytes = malloc(sizeof(connect) + format_bytes);
    if (bytes == NULL)
        environment_failed("no memory for KSPIN_CONNECT");
    memcpy(bytes, &connect, sizeof(connect));
    memcpy(bytes + sizeof(connect), format, format_bytes);
    NTSTATUS status = ks_open_raw(filter, bytes, (ULONG)sizeof(connect) + format_bytes, file);
    free(bytes);
    return status;
}

void ks_close(ks_file *file)
{
    send(file, IRP_MJ_CLEANUP);
    send(file, IRP_MJ_CLOSE);
    free_file(file);
}

/* ---- requests ---- */

static void *buffer_copy(const void *from, ULONG bytes, const char *what)
{
    if (bytes == 0)
        return NULL;
    void *memory = ram_alloc(bytes, 0, what);
    if (from != NULL)
        memcpy(memory, from, bytes);
    return memory;
}

static NTSTATUS control(ks_file *f, ULONG code, const void *in, ULONG in_bytes, void *out, ULONG out_bytes,
                        ULONG *returned)
{
    struct host_request r = {0};
    void *input = buffer_copy(in, in_bytes, "the input buffer of a program's request");
    void *output = buffer_copy(out, out_bytes, "the output buffer of a program's request");
    host_request_prepare(&r, f->top, IRP_MJ_DEVICE_CONTROL, 0);
    IO_STACK_LOCATION *next = irp_next(r.irp);
    next->FileObject = f->object;
    next->Parameters.DeviceIoControl.OutputBufferLength = out_bytes;
    next->Parameters.DeviceIoControl.InputBufferLength = in_bytes;
    next->Parameters.DeviceIoControl.IoControlCode = code;
    next->Parameters.DeviceIoControl.Type3InputBuffer = input;
    r.irp->UserBuffer = output;
    r.irp->RequestorMode = 1;
    r.irp->Tail.Overlay.OriginalFileObject = f->object;
    NTSTATUS status = host_request_run(&r, f->top);
    if (returned != NULL)
        *returned = (ULONG)r.result.Information;
    if (NT_SUCCESS(status) && out_bytes != 0)
        memcpy(out, output, out_bytes);
    if (input != NULL)
        ram_free(input);
    if (output != NULL)
        ram_free(output);
    return status;
}

NTSTATUS ks_property(ks_file *file, const void *property, ULONG property_bytes, void *value, ULONG value_bytes,
                     ULONG *returned)
{
    return control(file, IOCTL_KS_PROPERTY, property, property_bytes, value, value_bytes, returned);
}

NTSTATUS ks_get(ks_file *file, const GUID *set, ULONG id, void *value, ULONG bytes, ULONG *returned)
{
    KSPROPERTY p = {*set, id, KSPROPERTY_TYPE_GET};
    return ks_property(file, &p, sizeof(p), value, bytes, returned);
}

NTSTATUS ks_set(ks_file *file, const GUID *set, ULONG id, const void *value, ULONG bytes)
{
    KSPROPERTY p = {*set, id, KSPROPERTY_TYPE_SET};
    return ks_property(file, &p, sizeof(p), (void *)(uintptr_t)value, bytes, NULL);
}

NTSTATUS ks_pin_get(ks_file *filter, const GUID *set, ULONG id, ULONG pin, void *value, ULONG bytes, ULONG *returned)
{
    KSP_PIN p = {{*set, id, KSPROPERTY_TYPE_GET}, pin, 0};
    return ks_property(filter, &p, sizeof(p), value, bytes, returned);
}

NTSTATUS ks_node(ks_file *file, const GUID *set, ULONG id, ULONG flags, ULONG node, LONG channel, void *value,
                 ULONG bytes, ULONG *returned)
{
    KSNODEPROPERTY_AUDIO_CHANNEL p = {{{*set, id, flags | KSPROPERTY_TYPE_TOPOLOGY}, node, 0}, channel, 0};
    return ks_property(file, &p, channel >= KS_ALL_CHANNELS ? sizeof(p) : sizeof(p.NodeProperty), value, bytes,
                       returned);
}

NTSTATUS ks_intersect(ks_file *filter, ULONG pin, const void *range, ULONG range_bytes, void *format, ULONG bytes,
                      ULONG *returned)
{
    KSP_PIN p = {{KSPROPSETID_Pin, KSPROPERTY_PIN_DATAINTERSECTION, KSPROPERTY_TYPE_GET}, pin, 0};
    KSMULTIPLE_ITEM list = {(ULONG)sizeof(list) + range_bytes, 1};
    uint8_t *in = malloc(sizeof(p) + list.Size);
    if (in == NULL)
        environment_failed("no memory for a data range");
    memcpy(in, &p, sizeof(p));
    memcpy(in + sizeof(p), &list, sizeof(list));
    memcpy(in + sizeof(p) + sizeof(list), range, range_bytes);
    NTSTATUS status = ks_property(filter, in, (ULONG)sizeof(p) + list.Size, format, bytes, returned);
    free(in);
    return status;
}

NTSTATUS ks_propose(ks_file *filter, ULONG pin, const void *format, ULONG bytes)
{
    KSP_PIN p = {{KSPROPSETID_Pin, KSPROPERTY_PIN_PROPOSEDATAFORMAT, KSPROPERTY_TYPE_SET}, pin, 0};
    return ks_property(filter, &p, sizeof(p), (void *)(uintptr_t)format, bytes, NULL);
}

ULONG ks_format(KSDATAFORMAT_WAVEFORMATEXTENSIBLE *format, ULONG rate, unsigned channels, unsigned bits, unsigned valid,
                bool floating, bool extensible)
{
    WAVEFORMATEX *w = &format->WaveFormatExt.Format;
    memset(format, 0, sizeof(*format));
    *w = (WAVEFORMATEX){.wFormatTag = floating ? WAVE_FORMAT_IEEE_FLOAT : WAVE_FORMAT_PCM,
                        .nChannels = (USHORT)channels,
                        .nSamplesPerSec = rate,
                        .nAvgBytesPerSec = rate * channels * (bits / 8),
                        .nBlockAlign = (USHORT)(channels * (bits / 8)),
                        .wBitsPerSample = (USHORT)bits};
    ULONG bytes = (ULONG)(sizeof(KSDATAFORMAT) + sizeof(WAVEFORMATEX));
    if (extensible || channels > 2) {
        bytes = (ULONG)(sizeof(KSDATAFORMAT) + sizeof(WAVEFORMATEXTENSIBLE));
        w->wFormatTag = WAVE_FORMAT_EXTENSIBLE;
        w->cbSize = sizeof(WAVEFORMATEXTENSIBLE) - sizeof(WAVEFORMATEX);
        format->WaveFormatExt.wValidBitsPerSample = (USHORT)valid;
        format->WaveFormatExt.dwChannelMask = channels == 1 ? 4 : channels == 8 ? 0x63f : (1u << channels) - 1;
        format->WaveFormatExt.SubFormat = floating ? KSDATAFORMAT_SUBTYPE_IEEE_FLOAT : KSDATAFORMAT_SUBTYPE_PCM;
    }
    format->DataFormat =
        (KSDATAFORMAT){.FormatSize = bytes,
                       .SampleSize = w->nBlockAlign,
                       .MajorFormat = KSDATAFORMAT_TYPE_AUDIO,
                       .SubFormat = floating ? KSDATAFORMAT_SUBTYPE_IEEE_FLOAT : KSDATAFORMAT_SUBTYPE_PCM,
                       .Specifier = KSDATAFORMAT_SPECIFIER_WAVEFORMATEX};
    return bytes;
}

/* ---- streaming ---- */

NTSTATUS ks_set_state(ks_file *pin, ULONG state)
{
    return ks_set(pin, &KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, &state, sizeof(state));
}

NTSTATUS ks_get_state(ks_file *pin, ULONG *state)
{
    return ks_get(pin, &KSPROPSETID_Connection, KSPROPERTY_CONNECTION_STATE, state, sizeof(*state), NULL);
}

NTSTATUS ks_set_format(ks_file *pin, const void *format, ULONG bytes)
{
    return ks_set(pin, &KSPROPSETID_Connection, KSPROPERTY_CONNECTION_DATAFORMAT, format, bytes);
}

NTSTATUS ks_allocate_buffer(ks_file *pin, ULONG bytes, ULONG notifications, struct ks_buffer *buffer)
{
    KSRTAUDIO_BUFFER_PROPERTY_WITH_NOTIFICATION with = {
        {KSPROPSETID_RtAudio, KSPROPERTY_RTAUDIO_BUFFER_WITH_NOTIFICATION, KSPROPERTY_TYPE_GET},
        NULL,
        bytes,
        notifications};
    KSRTAUDIO_BUFFER_PROPERTY without = {
        {KSPROPSETID_RtAudio, KSPROPERTY_RTAUDIO_BUFFER, KSPROPERTY_TYPE_GET}, NULL, bytes};
    KSRTAUDIO_BUFFER result = {0};
    NTSTATUS status = notifications != 0 ? ks_property(pin, &with, sizeof(with), &result, sizeof(result), NULL)
                                         : ks_property(pin, &without, sizeof(without), &result, sizeof(result), NULL);
    *buffer = (struct ks_buffer){0};
    if (NT_SUCCESS(status))
        *buffer = (struct ks_buffer){result.BufferAddress, result.ActualBufferSize, result.CallMemoryBarrier != 0};
    return status;
}

NTSTATUS ks_position(ks_file *pin, KSAUDIO_POSITION *position)
{
    return ks_get(pin, &KSPROPSETID_Audio, KSPROPERTY_AUDIO_POSITION, position, sizeof(*position), NULL);
}

NTSTATUS ks_latency(ks_file *pin, KSRTAUDIO_HWLATENCY *latency)
{
    return ks_get(pin, &KSPROPSETID_RtAudio, KSPROPERTY_RTAUDIO_HWLATENCY, latency, sizeof(*latency), NULL);
}

static NTSTATUS hardware_register(ks_file *pin, ULONG id, KSRTAUDIO_HWREGISTER *result)
{
    KSRTAUDIO_HWREGISTER_PROPERTY p = {{KSPROPSETID_RtAudio, id, KSPROPERTY_TYPE_GET}, NULL};
    return ks_property(pin, &p, sizeof(p), result, sizeof(*result), NULL);
}

NTSTATUS ks_position_register(ks_file *pin, KSRTAUDIO_HWREGISTER *result)
{
    return hardware_register(pin, KSPROPERTY_RTAUDIO_POSITIONREGISTER, result);
}

NTSTATUS ks_clock_register(ks_file *pin, KSRTAUDIO_HWREGISTER *result)
{
    return hardware_register(pin, KSPROPERTY_RTAUDIO_CLOCKREGISTER, result);
}

/* ---- events ---- */

static void event_was_set(void *object)
{
    for (unsigned i = 0; i < EVENTS_MAX; i++) {
        if (events[i] != NULL && events[i]->object == object) {
            events[i]->signals++;
            events[i]->last_us = clock_us();
        }
    }
}

/* After UnregisterNotificationEvent its memory is hidden: a driver that signals it then is found out. */
ks_event *ks_event_create(void)
{
    ks_event *e = calloc(1, sizeof(*e));
    unsigned i = 0;
    while (i < EVENTS_MAX && events[i] != NULL)
        i++;
    if (e == NULL || i == EVENTS_MAX)
        environment_failed("more than %d events of programs", EVENTS_MAX);
    e->object = ram_alloc(sizeof(*e->object), 0, "KEVENT of a program");
    memset(e->object, 0, sizeof(*e->object));
    e->object->Type = SYNCHRONIZATION_EVENT;
    e->object->Size = sizeof(*e->object) / sizeof(LONG);
    e->object->WaitListHead.Flink = e->object->WaitListHead.Blink = &e->object->WaitListHead;
    e->handle = (HANDLE)(uintptr_t)(FIRST_HANDLE + 4 * i);
    events[i] = e;
    ke_event_set = event_was_set;
    return e;
}

void ks_event_free(ks_event *e)
{
    events[((uintptr_t)e->handle - FIRST_HANDLE) / 4] = NULL;
    ram_show(e->object);
    ram_free(e->object);
    free(e);
}

PVOID pc_event_of_handle(HANDLE handle)
{
    uintptr_t index = ((uintptr_t)handle - FIRST_HANDLE) / 4;
    if ((uintptr_t)handle < FIRST_HANDLE || (uintptr_t)handle % 4 != 0 || index >= EVENTS_MAX || events[index] == NULL)
        return NULL;
    return events[index]->object;
}

struct event_wait {
    const ks_event *event;
    uint64_t seen;
};

static bool was_signalled(void *context)
{
    struct event_wait *w = context;
    return w->event->signals != w->seen;
}

/* A synchronization event holds one signal; those that come while nobody waits are one. */
bool ks_event_wait(ks_event *e, uint64_t timeout_us)
{
    struct event_wait w = {e, e->taken};
    (void)thread_wait(was_signalled, &w, timeout_us); /* a signal may come between the time-out and this thread's turn */
    e->taken = e->signals;
    return e->taken != w.seen;
}

uint64_t ks_event_signals(const ks_event *e)
{
    return e->signals;
}

uint64_t ks_event_last_us(const ks_event *e)
{
    return e->last_us;
}

static NTSTATUS notification(ks_file *pin, ks_event *e, ULONG id)
{
    KSRTAUDIO_NOTIFICATION_EVENT_PROPERTY p = {{KSPROPSETID_RtAudio, id, KSPROPERTY_TYPE_GET}, e->handle};
    return ks_property(pin, &p, sizeof(p), NULL, 0, NULL);
}

NTSTATUS ks_register_notification(ks_file *pin, ks_event *e)
{
    return notification(pin, e, KSPROPERTY_RTAUDIO_REGISTER_NOTIFICATION_EVENT);
}

NTSTATUS ks_unregister_notification(ks_file *pin, ks_event *e)
{
    return notification(pin, e, KSPROPERTY_RTAUDIO_UNREGISTER_NOTIFICATION_EVENT);
}

static NTSTATUS event_request(ks_file *file, const GUID *set, ULONG id, ULONG flags, ULONG node, ULONG pin,
                              KSEVENTDATA *data)
{
    KSP_NODE k = {
        {*set, id, flags | (node != PCFILTER_NODE ? KSEVENT_TYPE_TOPOLOGY : 0)}, node != PCFILTER_NODE ? node : pin, 0};
    ULONG bytes = node != PCFILTER_NODE || pin != PCFILTER_NODE ? sizeof(k) : sizeof(KSEVENT);
    return control(file, IOCTL_KS_ENABLE_EVENT, &k, bytes, data, data != NULL ? sizeof(*data) : 0, NULL);
}

NTSTATUS ks_enable_event(ks_file *file, const GUID *set, ULONG id, ULONG flags, ULONG node, ULONG pin, ks_event *e)
{
    KSEVENTDATA data = {.NotificationType = KSEVENTF_EVENT_HANDLE, .EventHandle = {.Event = e->handle}};
    return event_request(file, set, id, flags, node, pin, &data);
}

NTSTATUS ks_disable_event(ks_file *file, ks_event *e)
{
    KSEVENTDATA data = {.NotificationType = KSEVENTF_EVENT_HANDLE, .EventHandle = {.Event = e->handle}};
    return control(file, IOCTL_KS_DISABLE_EVENT, &data, sizeof(data), NULL, 0, NULL);
}

NTSTATUS ks_event_support(ks_file *file, const GUID *set, ULONG id, ULONG node)
{
    return event_request(file, set, id, KSEVENT_TYPE_BASICSUPPORT, node, PCFILTER_NODE, NULL);
}
