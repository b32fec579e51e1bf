/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Control requests, one thread waiting for each. PASSIVE_LEVEL outside, the lock inside. Every wait ends: with the
 * reply, with the deadline, or with the device.
 */
#include "device.h"

/* How long a thread sleeps before it looks itself: a lost interrupt costs that much. Without interrupts it is the
 * shortest sleep there is, until the next tick of the clock. */
#define LOOK_MS 100
#define LOOK_POLLING_MS 1

_Static_assert(SND_CONTROL_TIMEOUT_MS == 1000, "Submit counts it as the counter's frequency");

typedef struct REQUEST {
    ULONG Code; /* VIRTIO_SND_R_* */
    ULONG First;
    ULONG Count;
    ULONG Total;
    const SND_PARAMS *Params;
    const SND_STREAM_INFO *Stream;
} REQUEST;

typedef struct REPLY {
    ULONG Items;
    UCHAR Bytes[SND_REPLY_BYTES_MAX];
} REPLY;

NTSTATUS SndResultToStatus(SND_RESULT result)
{
    switch (result) {
    case SndOk:
        return STATUS_SUCCESS;
    case SndBadMessage:
    case SndInvalid:
        return STATUS_INVALID_PARAMETER;
    case SndNotSupported:
        return STATUS_NOT_SUPPORTED;
    case SndIoError:
        return STATUS_INVALID_DEVICE_STATE;
    case SndTimeout:
        return STATUS_IO_TIMEOUT;
    case SndCancelled:
        return STATUS_DEVICE_NOT_READY;
    case SndBusy:
        return STATUS_DEVICE_BUSY;
    default:
        return STATUS_DEVICE_PROTOCOL_ERROR;
    }
}

static VOID Wake(SND_CONTROL_SLOT *slot)
{
    (void)KeSetEvent((PKEVENT)slot->Context, IO_NO_INCREMENT, FALSE);
}

BOOLEAN SndControlService(SND_DEVICE *device)
{
    SND_CONTROL_SLOT *slot;
    bool broken;

    while ((slot = SndControlReap(&device->Control, &broken)) != NULL) {
        Wake(slot);
    }
    return !broken;
}

VOID SndControlCancelAll(SND_DEVICE *device)
{
    SND_CONTROL_SLOT *slot;

    while ((slot = SndControlCancel(&device->Control)) != NULL) {
        Wake(slot);
    }
}

/* Locked. */
static SND_RESULT Submit(SND_DEVICE *device, const REQUEST *request, PKEVENT event, SND_CONTROL_SLOT **slot)
{
    UINT64 deadline = SndNow() + device->Frequency;
    SND_RESULT result;

    *slot = NULL;
    if (!SndDeviceRuns(device)) {
        return SndCancelled;
    }
    if (request->Params != NULL) {
        result = SndControlSetParams(&device->Control, request->Params, request->Stream, deadline, event, slot);
    } else if (request->Count != 0) {
        result = SndControlQuery(&device->Control, request->Code, request->First, request->Count, request->Total,
                                 deadline, event, slot);
    } else {
        result = SndControlSimple(&device->Control, request->Code, request->First, deadline, event, slot);
    }
    if (result == SndOk) {
        SndKick(device, VIRTIO_SND_VQ_CONTROL);
    }
    return result;
}

static VOID Expire(SND_DEVICE *device)
{
    SND_CONTROL_SLOT *slot;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    while ((slot = SndControlExpire(&device->Control, SndNow())) != NULL) {
        Wake(slot);
    }
    KeReleaseSpinLock(&device->Lock, irql);
}

static VOID Wait(SND_DEVICE *device, PKEVENT event)
{
    LARGE_INTEGER look = {.QuadPart = device->Polling ? -10000ll * LOOK_POLLING_MS : -10000ll * LOOK_MS};

    while (KeWaitForSingleObject(event, Executive, KernelMode, FALSE, &look) == STATUS_TIMEOUT) {
        SndPoll(device);
        Expire(device);
    }
}

/* Locked. */
static VOID CopyItems(const SND_CONTROL_SLOT *slot, REPLY *reply)
{
    ULONG bytes = SndItemBytes(slot->Code);

    reply->Items = SndControlItems(slot);
    for (ULONG i = 0; i < reply->Items; i++) {
        RtlCopyMemory(reply->Bytes + i * bytes, SndControlItem(slot, i), bytes);
    }
}

static SND_RESULT Ask(SND_DEVICE *device, const REQUEST *request, REPLY *reply)
{
    SND_CONTROL_SLOT *slot;
    SND_RESULT result;
    BOOLEAN mismatch;
    KEVENT event;
    KIRQL irql;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeAcquireSpinLock(&device->Lock, &irql);
    result = Submit(device, request, &event, &slot);
    KeReleaseSpinLock(&device->Lock, irql);
    if (slot == NULL) {
        return result;
    }
    Wait(device, &event);

    KeAcquireSpinLock(&device->Lock, &irql);
    result = slot->Result;
    if (reply != NULL && result == SndOk) {
        CopyItems(slot, reply);
    }
    SndControlRelease(&device->Control, slot);
    mismatch = device->Dialect.Mismatch && !device->MismatchLogged;
    device->MismatchLogged = device->MismatchLogged || mismatch;
    KeReleaseSpinLock(&device->Lock, irql);
    if (mismatch) {
        SndLog(device, SndLogDialect, STATUS_SUCCESS);
    }
    return result;
}

SND_RESULT SndRequestSetParams(SND_DEVICE *device, const SND_PARAMS *params, const SND_STREAM_INFO *stream)
{
    REQUEST request = {.Code = VIRTIO_SND_R_PCM_SET_PARAMS, .Params = params, .Stream = stream};

    return Ask(device, &request, NULL);
}

SND_RESULT SndRequestSimple(SND_DEVICE *device, ULONG code, ULONG streamId)
{
    REQUEST request = {.Code = code, .First = streamId};

    return Ask(device, &request, NULL);
}

/* Locked or before anybody else looks. */
static VOID TakeItem(SND_DEVICE *device, ULONG code, ULONG position, const UCHAR *item)
{
    SND_JACK_INFO jack;

    if (code == VIRTIO_SND_R_PCM_INFO) {
        (void)SndDecodeStream(&device->Dialect, item, position, &device->Streams[position]);
        device->StreamCount = position + 1;
    } else {
        SndDecodeJack(item, &jack);
        SndJackDescribe(&device->Jacks, position, &jack);
    }
}

/* Asks until everything was told, or the device tells no more. */
static SND_RESULT Query(SND_DEVICE *device, ULONG code, ULONG total, ULONG limit)
{
    ULONG bytes = SndItemBytes(code);
    SND_RESULT result = SndOk;
    ULONG position = 0;
    REPLY reply;
    KIRQL irql;

    limit = total < limit ? total : limit;
    while (position < limit) {
        ULONG left = limit - position;
        REQUEST request = {.Code = code,
                           .First = position,
                           .Count = left < SND_QUERY_ITEMS_MAX ? left : SND_QUERY_ITEMS_MAX,
                           .Total = total};

        reply.Items = 0;
        result = Ask(device, &request, &reply);
        if (result != SndOk || reply.Items == 0) {
            break;
        }
        KeAcquireSpinLock(&device->Lock, &irql);
        for (ULONG i = 0; i < reply.Items; i++, position++) {
            TakeItem(device, code, position, reply.Bytes + i * bytes);
        }
        KeReleaseSpinLock(&device->Lock, irql);
    }
    return result;
}

SND_LOG SndReadStreams(SND_DEVICE *device)
{
    static const VIRTIO_CONFIG_FIELD fields[] = {VIRTIO_CONFIG_FIELD_OF(VIRTIO_SND_CONFIG, Jacks),
                                                 VIRTIO_CONFIG_FIELD_OF(VIRTIO_SND_CONFIG, Streams)};
    VIRTIO_SND_CONFIG config = {0};
    SND_RESULT result;

    device->StreamCount = 0;
    SndJacksInit(&device->Jacks);
    if (VirtioReadConfigFields(device->Transport, fields, sizeof(fields) / sizeof(fields[0]), &config) != VirtioOk) {
        return SndLogNoStreams;
    }
    result = Query(device, VIRTIO_SND_R_PCM_INFO, config.Streams, SND_STREAMS_MAX);
    for (uint8_t direction = 0; direction < SND_DIRECTIONS; direction++) {
        device->Stream[direction] = SndFindStream(device->Streams, device->StreamCount, direction);
    }
    if (device->Stream[VIRTIO_SND_D_OUTPUT] == NULL && device->Stream[VIRTIO_SND_D_INPUT] == NULL) {
        return SndLogNoStreams;
    }
    (void)result; /* what was told before it failed serves */
    /* Aero v1 refuses to describe jacks that its configuration names: they are as they are by default. */
    device->JackDetection = config.Jacks != 0;
    (void)Query(device, VIRTIO_SND_R_JACK_INFO, config.Jacks, SND_JACKS_MAX);
    return SndLogNothing;
}
