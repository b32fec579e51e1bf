/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IMiniportWaveRTStream and IMiniportWaveRTStreamNotification: one open pin.
 *
 * PortCls calls all of it at PASSIVE_LEVEL, and GetPosition up to DISPATCH_LEVEL.
 */
#include "arithmetic.h"
#include "pacing.h"

#define HUNDRED_NANOSECONDS 10000000u

static SND_WAVE_STREAM *Of(IMiniportWaveRTStreamNotification *self)
{
    return (SND_WAVE_STREAM *)(VOID *)self;
}

VOID SndWaveGate(SND_WAVE_STREAM *stream)
{
    (void)KeWaitForSingleObject(&stream->Gate, Executive, KernelMode, FALSE, NULL);
}

VOID SndWaveUngate(SND_WAVE_STREAM *stream)
{
    (void)KeSetEvent(&stream->Gate, IO_NO_INCREMENT, FALSE);
}

/* Locked inside. TRUE: nobody uses the stream, and from now on nobody finds it. */
static BOOLEAN Forget(SND_WAVE_STREAM *stream)
{
    BOOLEAN unused;
    KIRQL irql;

    KeAcquireSpinLock(&stream->Device->Lock, &irql);
    stream->Miniport->Streams[stream->Direction] = NULL;
    unused = stream->Users == 0;
    KeReleaseSpinLock(&stream->Device->Lock, irql);
    return unused;
}

/* PortCls has let go of it. The buffer goes while completions still find the stream. */
static VOID Destroy(SND_WAVE_STREAM *stream)
{
    SND_WAVE_MINIPORT *miniport = stream->Miniport;
    LARGE_INTEGER moment;

    SndWaveGate(stream);
    SndWaveBufferFree(stream);
    SndWaveUngate(stream);
    moment.QuadPart = -10000; /* 1 ms */
    while (!Forget(stream)) {
        (void)KeDelayExecutionThread(KernelMode, FALSE, &moment);
    }
    SndPacingEnd(stream);
    stream->Port->lpVtbl->Release(stream->Port);
    ExFreePoolWithTag(stream, SND_POOL_TAG);
    miniport->Interface.lpVtbl->Release(&miniport->Interface);
}

static NTSTATUS NTAPI QueryInterface(IMiniportWaveRTStreamNotification *self, const GUID *interfaceId, PVOID *object)
{
    if (!SndIsGuid(interfaceId, &IID_IUnknown) && !SndIsGuid(interfaceId, &IID_IMiniportWaveRTStream) &&
        !SndIsGuid(interfaceId, &IID_IMiniportWaveRTStreamNotification)) {
        *object = NULL;
        return STATUS_INVALID_PARAMETER;
    }
    (void)__atomic_add_fetch(&Of(self)->References, 1, __ATOMIC_RELAXED);
    *object = self;
    return STATUS_SUCCESS;
}

static ULONG NTAPI AddRef(IMiniportWaveRTStreamNotification *self)
{
    return (ULONG)__atomic_add_fetch(&Of(self)->References, 1, __ATOMIC_RELAXED);
}

static ULONG NTAPI Release(IMiniportWaveRTStreamNotification *self)
{
    LONG left = __atomic_sub_fetch(&Of(self)->References, 1, __ATOMIC_ACQ_REL);

    if (left == 0) {
        Destroy(Of(self));
    }
    return (ULONG)left;
}

static NTSTATUS ChangeFormat(SND_WAVE_STREAM *stream, const SND_CHOICE *choice)
{
    SND_BUFFER_PLAN plan = stream->Plan;
    SND_GOAL goal = stream->Goal;
    NTSTATUS status;

    if (stream->Mdl == NULL) {
        stream->Choice = *choice;
        return STATUS_SUCCESS;
    }
    if (!SndBufferReplan(choice, stream->NotificationCount, &plan)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!SndWaveLetGo(stream)) {
        return STATUS_DEVICE_BUSY;
    }
    stream->Choice = *choice;
    stream->Plan = plan;
    status = SndWaveConfigure(stream);
    if (NT_SUCCESS(status)) {
        status = SndResultToStatus(SndWaveGoal(stream, goal));
    }
    return status;
}

static NTSTATUS NTAPI SetFormat(IMiniportWaveRTStreamNotification *self, PKSDATAFORMAT format)
{
    SND_WAVE_STREAM *stream = Of(self);
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    SND_CHOICE choice;
    SND_WAVE wave;

    if (!SndWaveParse(format, &wave) || !SndMatch(stream->Info, &wave, &choice)) {
        return status;
    }
    SndWaveGate(stream);
    if (stream->State != KSSTATE_RUN) {
        status = ChangeFormat(stream, &choice);
    }
    SndWaveUngate(stream);
    return status;
}

static NTSTATUS Run(SND_WAVE_STREAM *stream)
{
    SND_RESULT result;

    if (stream->Mdl == NULL) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    result = SndWaveGoal(stream, SndGoalRun);
    if (result != SndOk) {
        (void)SndWaveGoal(stream, stream->State == KSSTATE_STOP ? SndGoalStop : SndGoalPause);
    }
    return SndResultToStatus(result);
}

/* A client can always stop: what the device says against it is settled the next time that it is needed. */
static NTSTATUS NTAPI SetState(IMiniportWaveRTStreamNotification *self, KSSTATE state)
{
    SND_WAVE_STREAM *stream = Of(self);
    NTSTATUS status = STATUS_SUCCESS;
    SND_RESULT result;

    SndWaveGate(stream);
    switch (state) {
    case KSSTATE_STOP:
        if (stream->Mdl != NULL) {
            (void)SndWaveLetGo(stream);
            status = SndWaveRewind(stream);
        }
        break;
    case KSSTATE_ACQUIRE:
    case KSSTATE_PAUSE:
        result = SndWaveGoal(stream, SndGoalPause);
        if (stream->State == KSSTATE_STOP) {
            status = SndResultToStatus(result);
        }
        break;
    case KSSTATE_RUN:
        status = Run(stream);
        break;
    default:
        status = STATUS_INVALID_PARAMETER;
        break;
    }
    if (NT_SUCCESS(status)) {
        stream->State = state;
    }
    SndWaveUngate(stream);
    return status;
}

/* KSAUDIO_POSITION: between the two offsets is what the client leaves alone. */
static NTSTATUS NTAPI GetPosition(IMiniportWaveRTStreamNotification *self, PKSAUDIO_POSITION position)
{
    SND_WAVE_STREAM *stream = Of(self);
    UINT64 played = 0, queued = 0;
    KIRQL irql;

    KeAcquireSpinLock(&stream->Device->Lock, &irql);
    if (stream->Configured) {
        played = SndPacingTell(stream);
        queued = stream->Pcm->SubmittedFrames;
        queued = queued < played ? played : queued;
        played -= SndDivide(played, stream->Plan.Frames) * stream->Plan.Frames;
        queued -= SndDivide(queued, stream->Plan.Frames) * stream->Plan.Frames;
    }
    KeReleaseSpinLock(&stream->Device->Lock, irql);
    position->PlayOffset = played * stream->Choice.FrameBytes;
    position->WriteOffset = queued * stream->Choice.FrameBytes;
    return STATUS_SUCCESS;
}

static NTSTATUS Allocate(SND_WAVE_STREAM *stream, ULONG notifications, ULONG bytes, PMDL *mdl, ULONG *actualSize,
                         ULONG *offset, MEMORY_CACHING_TYPE *cacheType)
{
    NTSTATUS status;

    SndWaveGate(stream);
    status = SndWaveBufferAllocate(stream, notifications, bytes);
    if (NT_SUCCESS(status)) {
        *mdl = stream->Mdl;
        *actualSize = stream->Plan.Bytes;
        *offset = MmGetMdlByteOffset(stream->Mdl);
        *cacheType = MmCached; /* a virtio device sees what processors see */
        (void)SndWaveGoal(stream, stream->Goal);
    }
    SndWaveUngate(stream);
    return status;
}

static NTSTATUS NTAPI AllocateAudioBuffer(IMiniportWaveRTStreamNotification *self, ULONG requestedSize, PMDL *mdl,
                                          ULONG *actualSize, ULONG *offset, MEMORY_CACHING_TYPE *cacheType)
{
    return Allocate(Of(self), 0, requestedSize, mdl, actualSize, offset, cacheType);
}

static NTSTATUS NTAPI AllocateBufferWithNotification(IMiniportWaveRTStreamNotification *self, ULONG notificationCount,
                                                     ULONG requestedSize, PMDL *mdl, ULONG *actualSize, ULONG *offset,
                                                     MEMORY_CACHING_TYPE *cacheType)
{
    if (notificationCount == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    return Allocate(Of(self), notificationCount, requestedSize, mdl, actualSize, offset, cacheType);
}

static VOID NTAPI FreeAudioBuffer(IMiniportWaveRTStreamNotification *self, PMDL mdl, ULONG bufferSize)
{
    SND_WAVE_STREAM *stream = Of(self);

    (void)bufferSize;
    SndWaveGate(stream);
    if (mdl == stream->Mdl) {
        SndWaveBufferFree(stream);
    }
    SndWaveUngate(stream);
}

/* What was fetched and not yet played counts as the device's FIFO. */
static VOID NTAPI GetHWLatency(IMiniportWaveRTStreamNotification *self, KSRTAUDIO_HWLATENCY *latency)
{
    SND_WAVE_STREAM *stream = Of(self);

    SndWaveGate(stream);
    latency->FifoSize = stream->Capture ? 0 : stream->Plan.LeadFrames * stream->Choice.FrameBytes;
    latency->ChipsetDelay = 0;
    latency->CodecDelay = stream->Capture ? (ULONG)SndDivide((UINT64)stream->Plan.PeriodFrames * HUNDRED_NANOSECONDS,
                                                             stream->Choice.Wave.Rate)
                                          : 0;
    SndWaveUngate(stream);
}

/* "Position register" and "clock register" of a device that has none: the client asks for positions instead. */
static NTSTATUS NTAPI GetRegister(IMiniportWaveRTStreamNotification *self, KSRTAUDIO_HWREGISTER *hwRegister)
{
    (void)self;
    (void)hwRegister;
    return STATUS_NOT_IMPLEMENTED;
}

static NTSTATUS NTAPI RegisterNotificationEvent(IMiniportWaveRTStreamNotification *self, PKEVENT event)
{
    SND_WAVE_STREAM *stream = Of(self);
    NTSTATUS status = STATUS_SUCCESS;
    KIRQL irql;

    KeAcquireSpinLock(&stream->Device->Lock, &irql);
    for (ULONG i = 0; i < stream->EventCount; i++) {
        if (stream->Events[i] == event) {
            status = STATUS_INVALID_PARAMETER;
        }
    }
    if (NT_SUCCESS(status) && stream->EventCount == SND_NOTIFICATION_EVENTS) {
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(status)) {
        stream->Events[stream->EventCount++] = event;
    }
    KeReleaseSpinLock(&stream->Device->Lock, irql);
    return status;
}

static NTSTATUS NTAPI UnregisterNotificationEvent(IMiniportWaveRTStreamNotification *self, PKEVENT event)
{
    SND_WAVE_STREAM *stream = Of(self);
    NTSTATUS status = STATUS_NOT_FOUND;
    KIRQL irql;

    KeAcquireSpinLock(&stream->Device->Lock, &irql);
    for (ULONG i = 0; i < stream->EventCount; i++) {
        if (stream->Events[i] == event) {
            stream->Events[i] = stream->Events[--stream->EventCount];
            status = STATUS_SUCCESS;
            break;
        }
    }
    KeReleaseSpinLock(&stream->Device->Lock, irql);
    return status;
}

static const IMiniportWaveRTStreamNotificationVtbl methods = {
    .QueryInterface = QueryInterface,
    .AddRef = AddRef,
    .Release = Release,
    .SetFormat = SetFormat,
    .SetState = SetState,
    .GetPosition = GetPosition,
    .AllocateAudioBuffer = AllocateAudioBuffer,
    .FreeAudioBuffer = FreeAudioBuffer,
    .GetHWLatency = GetHWLatency,
    .GetPositionRegister = GetRegister,
    .GetClockRegister = GetRegister,
    .AllocateBufferWithNotification = AllocateBufferWithNotification,
    .FreeBufferWithNotification = FreeAudioBuffer,
    .RegisterNotificationEvent = RegisterNotificationEvent,
    .UnregisterNotificationEvent = UnregisterNotificationEvent,
};

static VOID Fill(SND_WAVE_STREAM *stream, SND_WAVE_MINIPORT *miniport, ULONG direction, IPortWaveRTStream *port)
{
    RtlZeroMemory(stream, sizeof(*stream));
    stream->Interface.lpVtbl = &methods;
    stream->References = 1;
    stream->Miniport = miniport;
    stream->Device = miniport->Device;
    stream->Port = port;
    stream->Info = &miniport->Pins[direction].Info;
    stream->Direction = direction;
    stream->Capture = direction == VIRTIO_SND_D_INPUT;
    stream->NullOnly = miniport->Device->NullBackend;
    stream->State = KSSTATE_STOP;
    stream->Pcm = stream->NullOnly ? &stream->NullPcm : &miniport->Device->Pcm[direction];
    SndPcmInitNull(&stream->NullPcm, stream->Capture != FALSE);
    KeInitializeEvent(&stream->Gate, SynchronizationEvent, TRUE);
    SndPacingInit(stream);
}

NTSTATUS SndWaveStreamCreate(SND_WAVE_MINIPORT *miniport, ULONG direction, IPortWaveRTStream *port,
                             const KSDATAFORMAT *format, SND_WAVE_STREAM **created)
{
    SND_WAVE_STREAM *stream;
    SND_CHOICE choice;
    SND_WAVE wave;
    BOOLEAN taken;
    KIRQL irql;

    if (!SndWaveParse(format, &wave) || !SndMatch(&miniport->Pins[direction].Info, &wave, &choice)) {
        return STATUS_NO_MATCH;
    }
    stream = ExAllocatePoolWithTag(NonPagedPool, sizeof(*stream), SND_POOL_TAG);
    if (stream == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Fill(stream, miniport, direction, port);
    stream->Choice = choice;
    KeAcquireSpinLock(&stream->Device->Lock, &irql);
    taken = miniport->Streams[direction] != NULL || stream->Pcm->Outstanding != 0;
    if (!taken) {
        miniport->Streams[direction] = stream;
    }
    KeReleaseSpinLock(&stream->Device->Lock, irql);
    if (taken) {
        ExFreePoolWithTag(stream, SND_POOL_TAG);
        return STATUS_DEVICE_BUSY;
    }
    (void)miniport->Interface.lpVtbl->AddRef(&miniport->Interface);
    (void)port->lpVtbl->AddRef(port);
    *created = stream;
    return STATUS_SUCCESS;
}
