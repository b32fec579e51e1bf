/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The memory of a stream's cyclic buffer: pages from the port driver, which maps them to the client too, and a few
 * bounce buffers for messages whose samples have to be changed on the way. Passive, gate held.
 */
#include "wave.h"

#define BOUNCE_BYTES_MAX 32768u /* of one; longer periods are sent in parts */

/* Most messages never need them, but none may be allocated once the stream runs. */
static BOOLEAN AllocateBounce(SND_WAVE_STREAM *stream)
{
    ULONG count = stream->Plan.MessagesMax + 1, bytes = stream->Plan.PeriodBytes;

    if (stream->Capture || stream->NullOnly) {
        return TRUE; /* recorded samples are changed where they are */
    }
    bytes = bytes < BOUNCE_BYTES_MAX ? bytes : BOUNCE_BYTES_MAX;
    count = bytes < stream->Plan.PeriodBytes || count > SND_BOUNCE_MAX ? SND_BOUNCE_MAX : count;
    if (!SndAllocateDma(stream->Device, count * bytes, &stream->Bounce)) {
        return FALSE;
    }
    stream->Bounce.Bytes = count * bytes;
    stream->BounceBytes = bytes;
    return TRUE;
}

static NTSTATUS AllocatePages(SND_WAVE_STREAM *stream)
{
    IPortWaveRTStream *port = stream->Port;
    PHYSICAL_ADDRESS highest;

    highest.QuadPart = -1; /* descriptors have 64-bit addresses */
    stream->Mdl = port->lpVtbl->AllocatePagesForMdl(port, highest, stream->Plan.Bytes);
    if (stream->Mdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    /* AllocatePagesForMdl: "The caller must verify how many bytes are actually allocated." */
    if (MmGetMdlByteCount(stream->Mdl) < stream->Plan.Bytes) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    stream->Mapping = port->lpVtbl->MapAllocatedPages(port, stream->Mdl, MmCached);
    return stream->Mapping != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* Windows' clock ticks every 15.6 ms, longer than a period, unless somebody asks for more. Not in SetState, which may
   come while the machine falls asleep: "During the processing of an IRP_MJ_POWER request, the power manager holds a
   lock on a resource that ExSetTimerResolution must acquire to complete." */
static VOID FineTimer(SND_WAVE_STREAM *stream, BOOLEAN wanted)
{
    if (wanted != stream->FineTimer) {
        stream->FineTimer = wanted;
        (void)ExSetTimerResolution(wanted ? 10000 : 0, wanted); /* 1 ms; the kernel counts */
    }
}

NTSTATUS SndWaveBufferAllocate(SND_WAVE_STREAM *stream, ULONG notifications, ULONG bytes)
{
    NTSTATUS status;

    if (stream->Mdl != NULL) {
        return STATUS_DEVICE_BUSY;
    }
    if (!SndBufferPlan(&stream->Choice, bytes, notifications, &stream->Plan)) {
        return STATUS_UNSUCCESSFUL;
    }
    stream->NotificationCount = notifications;
    status = AllocatePages(stream);
    if (NT_SUCCESS(status) && !AllocateBounce(stream)) {
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (NT_SUCCESS(status)) {
        status = SndWaveConfigure(stream);
    }
    if (!NT_SUCCESS(status)) {
        SndWaveBufferFree(stream);
        return status;
    }
    FineTimer(stream, TRUE);
    return status;
}

VOID SndWaveBufferFree(SND_WAVE_STREAM *stream)
{
    IPortWaveRTStream *port = stream->Port;
    KIRQL irql;

    FineTimer(stream, FALSE);
    if (stream->Mdl == NULL) {
        return;
    }
    if (!SndWaveLetGo(stream)) {
        SndLog(stream->Device, SndLogNoReset, STATUS_DEVICE_BUSY);
        return; /* pages that a device may still write to are nobody else's */
    }
    KeAcquireSpinLock(&stream->Device->Lock, &irql);
    stream->Configured = FALSE;
    KeReleaseSpinLock(&stream->Device->Lock, irql);
    if (stream->Bounce.Memory != NULL) {
        SndFreeDma(stream->Device, &stream->Bounce);
        stream->Bounce.Memory = NULL;
    }
    if (stream->Mapping != NULL) {
        port->lpVtbl->UnmapAllocatedPages(port, stream->Mapping, stream->Mdl);
        stream->Mapping = NULL;
    }
    port->lpVtbl->FreePagesFromMdl(port, stream->Mdl);
    stream->Mdl = NULL;
}
