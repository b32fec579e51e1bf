/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IMiniportWaveRT: the object, its pins and streams; and what the rest of the driver tells the streams that are open.
 */
#include "pacing.h"

static SND_WAVE_MINIPORT *Of(IMiniportWaveRT *self)
{
    return (SND_WAVE_MINIPORT *)(VOID *)self;
}

static NTSTATUS NTAPI QueryInterface(IMiniportWaveRT *self, const GUID *interfaceId, PVOID *object)
{
    if (!SndIsGuid(interfaceId, &IID_IUnknown) && !SndIsGuid(interfaceId, &IID_IMiniport) &&
        !SndIsGuid(interfaceId, &IID_IMiniportWaveRT)) {
        *object = NULL;
        return STATUS_INVALID_PARAMETER;
    }
    (void)__atomic_add_fetch(&Of(self)->References, 1, __ATOMIC_RELAXED);
    *object = self;
    return STATUS_SUCCESS;
}

static ULONG NTAPI AddRef(IMiniportWaveRT *self)
{
    return (ULONG)__atomic_add_fetch(&Of(self)->References, 1, __ATOMIC_RELAXED);
}

static ULONG NTAPI Release(IMiniportWaveRT *self)
{
    SND_WAVE_MINIPORT *miniport = Of(self);
    SND_DEVICE *device = miniport->Device;
    LONG left = __atomic_sub_fetch(&miniport->References, 1, __ATOMIC_ACQ_REL);
    KIRQL irql;

    if (left != 0) {
        return (ULONG)left;
    }
    SndWavePinsFree(miniport);
    if (device != NULL) {
        KeAcquireSpinLock(&device->Lock, &irql);
        if (device->Wave == miniport) {
            device->Wave = NULL;
        }
        KeReleaseSpinLock(&device->Lock, irql);
        SndDeviceRelease(device);
    }
    ExFreePoolWithTag(miniport, SND_POOL_TAG);
    return 0;
}

static NTSTATUS NTAPI GetDescription(IMiniportWaveRT *self, PPCFILTER_DESCRIPTOR *description)
{
    *description = &Of(self)->Filter;
    return STATUS_SUCCESS;
}

/* The direction of a streaming pin; SND_DIRECTIONS for any other. */
static ULONG DirectionOf(const SND_WAVE_MINIPORT *miniport, ULONG pin)
{
    ULONG direction = pin == SndWavePinRender    ? VIRTIO_SND_D_OUTPUT
                      : pin == SndWavePinCapture ? VIRTIO_SND_D_INPUT
                                                 : SND_DIRECTIONS;

    return direction != SND_DIRECTIONS && miniport->Pins[direction].Present ? direction : SND_DIRECTIONS;
}

static NTSTATUS NTAPI DataRangeIntersection(IMiniportWaveRT *self, ULONG pin, PKSDATARANGE clientRange,
                                            PKSDATARANGE matchingRange, ULONG length, PVOID format, PULONG formatLength)
{
    SND_WAVE_MINIPORT *miniport = Of(self);
    ULONG direction = DirectionOf(miniport, pin);

    if (direction == SND_DIRECTIONS) {
        return pin < SndWavePinCount ? STATUS_NO_MATCH : STATUS_INVALID_PARAMETER;
    }
    return SndWaveIntersect(&miniport->Pins[direction].Info, clientRange, matchingRange, length, format, formatLength);
}

static NTSTATUS NTAPI Init(IMiniportWaveRT *self, PUNKNOWN adapter, PRESOURCELIST resources, PPORTWAVERT port)
{
    SND_WAVE_MINIPORT *miniport = Of(self);
    SND_DEVICE *device = SndDeviceOfAdapter(adapter);
    NTSTATUS status;
    KIRQL irql;

    (void)resources;
    (void)port; /* nothing is asked of it: a reference would keep it and us alive for ever */
    if (device == NULL || miniport->Device != NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    SndDeviceReference(device);
    miniport->Device = device;
    status = SndWavePinsBuild(miniport);
    if (!NT_SUCCESS(status)) {
        return status; /* Release gives the rest back */
    }
    KeAcquireSpinLock(&device->Lock, &irql);
    device->Wave = miniport;
    KeReleaseSpinLock(&device->Lock, irql);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI NewStream(IMiniportWaveRT *self, PMINIPORTWAVERTSTREAM *stream, PPORTWAVERTSTREAM portStream,
                                ULONG pin, BOOLEAN capture, PKSDATAFORMAT format)
{
    SND_WAVE_MINIPORT *miniport = Of(self);
    ULONG direction = DirectionOf(miniport, pin);
    SND_WAVE_STREAM *created;
    NTSTATUS status;

    *stream = NULL;
    if (direction == SND_DIRECTIONS || (capture != FALSE) != (direction == VIRTIO_SND_D_INPUT)) {
        return STATUS_INVALID_PARAMETER;
    }
    status = SndWaveStreamCreate(miniport, direction, portStream, format, &created);
    if (NT_SUCCESS(status)) {
        *stream = (PMINIPORTWAVERTSTREAM)(VOID *)&created->Interface;
    }
    return status;
}

static NTSTATUS NTAPI GetDeviceDescription(IMiniportWaveRT *self, PDEVICE_DESCRIPTION description)
{
    (void)self;
    RtlZeroMemory(description, sizeof(*description));
    description->Version = DEVICE_DESCRIPTION_VERSION;
    description->Master = TRUE;
    description->ScatterGather = TRUE;
    description->Dma32BitAddresses = TRUE;
    description->Dma64BitAddresses = TRUE;
    description->InterfaceType = PCIBus;
    description->MaximumLength = SND_CYCLIC_BYTES_MAX;
    return STATUS_SUCCESS;
}

static const IMiniportWaveRTVtbl methods = {
    .QueryInterface = QueryInterface,
    .AddRef = AddRef,
    .Release = Release,
    .GetDescription = GetDescription,
    .DataRangeIntersection = DataRangeIntersection,
    .Init = Init,
    .NewStream = NewStream,
    .GetDeviceDescription = GetDeviceDescription,
};

NTSTATUS SndWaveCreate(PUNKNOWN *created)
{
    SND_WAVE_MINIPORT *miniport = ExAllocatePoolWithTag(NonPagedPool, sizeof(*miniport), SND_POOL_TAG);

    if (miniport == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(miniport, sizeof(*miniport));
    miniport->Interface.lpVtbl = &methods;
    miniport->References = 1;
    *created = (PUNKNOWN)(VOID *)&miniport->Interface;
    return STATUS_SUCCESS;
}

/* ---- The rest of the driver ---- */

static SND_WAVE_STREAM *StreamOf(const SND_DEVICE *device, ULONG direction)
{
    return device->Wave != NULL ? device->Wave->Streams[direction] : NULL;
}

BOOLEAN SndWaveService(SND_DEVICE *device, ULONG direction)
{
    SND_WAVE_STREAM *stream = StreamOf(device, direction);
    SND_PCM_REPORT report;

    if (stream != NULL && !stream->NullOnly) {
        if (!stream->Backend->Silent) {
            return SndPacingService(stream);
        }
    }
    SndPcmReap(&device->Pcm[direction], &report); /* nobody is waiting for it */
    return report.Fatal != SndBroken;
}

VOID SndWaveEvent(SND_DEVICE *device, const SND_EVENT *event)
{
    for (ULONG direction = 0; direction < SND_DIRECTIONS; direction++) {
        SND_WAVE_STREAM *stream = StreamOf(device, direction);

        if (stream == NULL || stream->NullOnly || stream->Info->Id != event->Data) {
            continue;
        }
        if (event->Kind == SndEventXrun) {
            SndPacingXrun(stream);
        }
        if (!SndPacingPoll(stream)) {
            SndDeviceFail(device, SndLogNonsense);
        }
    }
}

VOID SndWaveDeviceLost(SND_DEVICE *device)
{
    for (ULONG direction = 0; direction < SND_DIRECTIONS; direction++) {
        SND_WAVE_STREAM *stream = StreamOf(device, direction);

        if (device->Pcm[direction].Slots != NULL) {
            (void)SndPcmDetach(&device->Pcm[direction]);
        }
        if (stream != NULL && !stream->NullOnly) {
            SndStreamDeviceReset(&stream->Life);
            if (!stream->Backend->Silent) {
                SndPacingLeaveDevice(stream);
            }
        }
    }
}

static VOID ResumeAll(SND_DEVICE *device)
{
    for (ULONG direction = 0; direction < SND_DIRECTIONS; direction++) {
        SND_WAVE_STREAM *stream;
        KIRQL irql;

        KeAcquireSpinLock(&device->Lock, &irql);
        stream = StreamOf(device, direction);
        if (stream != NULL) {
            stream->Users++;
        }
        KeReleaseSpinLock(&device->Lock, irql);
        if (stream != NULL) {
            SndWaveResume(stream);
            KeAcquireSpinLock(&device->Lock, &irql);
            stream->Users--;
            KeReleaseSpinLock(&device->Lock, irql);
        }
    }
}

VOID SndWaveDeviceBack(SND_DEVICE *device)
{
    ResumeAll(device);
}

VOID SndWaveWork(SND_DEVICE *device)
{
    ResumeAll(device);
}

/* PortCls has paused the streams, and the reset that follows takes back what the device still has. */
VOID SndWaveSleep(SND_DEVICE *device)
{
    (void)device;
}

/* Without the device time goes on for whoever waits for notifications; those who do not run are told once. */
VOID SndWaveRemoved(SND_DEVICE *device)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    for (ULONG direction = 0; direction < SND_DIRECTIONS; direction++) {
        SND_WAVE_STREAM *stream = StreamOf(device, direction);

        for (ULONG i = 0; stream != NULL && i < stream->EventCount; i++) {
            (void)KeSetEvent(stream->Events[i], IO_SOUND_INCREMENT, FALSE);
        }
    }
    KeReleaseSpinLock(&device->Lock, irql);
}
