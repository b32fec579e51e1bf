/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Properties of the topology's nodes: volume and mute, which the render stream applies, and the places of the speakers.
 * PASSIVE_LEVEL.
 */
#include "topology.h"

NTSTATUS SndPropertySizes(PPCPROPERTY_REQUEST request, ULONG instance, ULONG bytes)
{
    ULONG given = request->ValueSize;

    if (request->InstanceSize < instance) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((request->Verb & KSPROPERTY_TYPE_GET) != 0) {
        request->ValueSize = bytes;
        if (given == 0) {
            return STATUS_BUFFER_OVERFLOW;
        }
    }
    if (given < bytes) {
        request->ValueSize = 0;
        return STATUS_BUFFER_TOO_SMALL;
    }
    return STATUS_SUCCESS;
}

static VOID WriteRanges(PKSPROPERTY_MEMBERSHEADER header, const SND_RANGE *range, ULONG count)
{
    PKSPROPERTY_STEPPING_LONG steps = (PKSPROPERTY_STEPPING_LONG)(PVOID)(header + 1);

    *header = (KSPROPERTY_MEMBERSHEADER){
        .MembersFlags = KSPROPERTY_MEMBER_STEPPEDRANGES,
        .MembersSize = sizeof(KSPROPERTY_STEPPING_LONG),
        .MembersCount = count,
        .Flags = KSPROPERTY_MEMBER_FLAG_BASICSUPPORT_MULTICHANNEL,
    };
    for (ULONG i = 0; i < count; i++) {
        RtlZeroMemory(&steps[i], sizeof(steps[i]));
        steps[i].SteppingDelta = range->Step;
        steps[i].Bounds.SignedMinimum = range->Minimum;
        steps[i].Bounds.SignedMaximum = range->Maximum;
    }
}

/* "Basic Support Queries for Audio Properties": three sizes, STATUS_BUFFER_TOO_SMALL for any other. */
NTSTATUS SndPropertyBasicSupport(PPCPROPERTY_REQUEST request, ULONG variant, const SND_RANGE *range, ULONG count)
{
    ULONG access = request->PropertyItem->Flags;
    ULONG full = sizeof(KSPROPERTY_DESCRIPTION);
    PKSPROPERTY_DESCRIPTION description;
    ULONG given = request->ValueSize;

    if (count != 0) {
        full += (ULONG)(sizeof(KSPROPERTY_MEMBERSHEADER) + count * sizeof(KSPROPERTY_STEPPING_LONG));
    }
    if (given == 0) {
        request->ValueSize = full;
        return STATUS_BUFFER_OVERFLOW;
    }
    if (given == sizeof(ULONG)) {
        *(ULONG *)request->Value = access;
        return STATUS_SUCCESS;
    }
    if (given < full && given != sizeof(*description)) {
        request->ValueSize = 0;
        return STATUS_BUFFER_TOO_SMALL;
    }
    description = (PKSPROPERTY_DESCRIPTION)request->Value;
    RtlZeroMemory(description, sizeof(*description));
    description->AccessFlags = access;
    description->DescriptionSize = full;
    if (variant != VT_EMPTY) {
        description->PropTypeSet.Set = KSPROPTYPESETID_General;
        description->PropTypeSet.Id = variant;
    }
    description->MembersListCount = count != 0;
    request->ValueSize = sizeof(*description);
    if (count != 0 && given >= full) {
        WriteRanges((PKSPROPERTY_MEMBERSHEADER)(PVOID)(description + 1), range, count);
        request->ValueSize = full;
    }
    return STATUS_SUCCESS;
}

/* The stream that a node lies on. */
static ULONG DirectionOf(ULONG node)
{
    return node == SndNodeMicrophone ? VIRTIO_SND_D_INPUT : VIRTIO_SND_D_OUTPUT;
}

/* As many as any format may have: those that the format in use has not are not heard. */
static ULONG ChannelsOf(const SND_DEVICE *device, ULONG direction)
{
    const SND_STREAM_INFO *stream = device->Stream[direction];
    ULONG channels = stream != NULL ? stream->ChannelsMax : direction == VIRTIO_SND_D_OUTPUT ? 2 : 1;

    return channels < SND_CHANNELS_MAX ? channels : SND_CHANNELS_MAX;
}

/* The channel that KSNODEPROPERTY_AUDIO_CHANNEL names; SND_CHANNELS_MAX for all of them. */
static NTSTATUS ChannelOf(PPCPROPERTY_REQUEST request, ULONG channels, ULONG *channel)
{
    LONG asked;

    if (request->InstanceSize < sizeof(asked)) {
        return STATUS_INVALID_PARAMETER;
    }
    RtlCopyMemory(&asked, request->Instance, sizeof(asked));
    if (asked == -1) {
        *channel = SND_CHANNELS_MAX;
        return STATUS_SUCCESS;
    }
    *channel = (ULONG)asked;
    return asked >= 0 && (ULONG)asked < channels ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

/* GET and SET of one LONG per channel; of all channels, GET says the first's. */
static NTSTATUS AccessChannel(PPCPROPERTY_REQUEST request, LONG (*get)(const SND_VOLUME *volume, ULONG channel),
                              VOID (*set)(SND_VOLUME *volume, ULONG channel, LONG value))
{
    SND_DEVICE *device = SndTopologyDeviceOf(request->MajorTarget);
    ULONG direction = DirectionOf(request->Node);
    SND_VOLUME *volume = &device->Volume[direction];
    NTSTATUS status;
    ULONG channel;
    KIRQL irql;

    status = ChannelOf(request, ChannelsOf(device, direction), &channel);
    if (NT_SUCCESS(status)) {
        status = SndPropertySizes(request, sizeof(LONG), sizeof(LONG));
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    KeAcquireSpinLock(&device->Lock, &irql);
    if ((request->Verb & KSPROPERTY_TYPE_GET) != 0) {
        *(LONG *)request->Value = get(volume, channel == SND_CHANNELS_MAX ? 0 : channel);
    } else {
        set(volume, channel, *(const LONG *)request->Value);
    }
    KeReleaseSpinLock(&device->Lock, irql);
    return STATUS_SUCCESS;
}

static LONG GetLevel(const SND_VOLUME *volume, ULONG channel)
{
    return volume->Level[channel];
}

/* "If a value is specified beyond the range, the request will still be successful." */
static VOID SetLevel(SND_VOLUME *volume, ULONG channel, LONG level)
{
    (void)SndVolumeSetLevel(volume, channel, level);
}

static LONG GetMute(const SND_VOLUME *volume, ULONG channel)
{
    return volume->Mute[channel];
}

static VOID SetMute(SND_VOLUME *volume, ULONG channel, LONG mute)
{
    (void)SndVolumeSetMute(volume, channel, mute != 0);
}

NTSTATUS NTAPI SndVolumeProperty(PPCPROPERTY_REQUEST request)
{
    static const SND_RANGE range = {SND_VOLUME_MINIMUM, SND_VOLUME_MAXIMUM, SND_VOLUME_STEP};
    SND_DEVICE *device = SndTopologyDeviceOf(request->MajorTarget);

    if ((request->Verb & KSPROPERTY_TYPE_BASICSUPPORT) != 0) {
        return SndPropertyBasicSupport(request, VT_I4, &range, ChannelsOf(device, DirectionOf(request->Node)));
    }
    return AccessChannel(request, GetLevel, SetLevel);
}

NTSTATUS NTAPI SndMuteProperty(PPCPROPERTY_REQUEST request)
{
    static const SND_RANGE range = {0, 1, 1};
    SND_DEVICE *device = SndTopologyDeviceOf(request->MajorTarget);

    if ((request->Verb & KSPROPERTY_TYPE_BASICSUPPORT) != 0) {
        return SndPropertyBasicSupport(request, VT_BOOL, &range, ChannelsOf(device, DirectionOf(request->Node)));
    }
    return AccessChannel(request, GetMute, SetMute);
}

static ULONG PositionsIn(ULONG mask)
{
    ULONG positions = 0;

    for (; mask != 0; mask &= mask - 1) {
        positions++;
    }
    return positions;
}

/* As many places as the stream can have channels. */
static BOOLEAN IsUsableMask(const SND_DEVICE *device, ULONG direction, ULONG mask)
{
    const SND_STREAM_INFO *stream = device->Stream[direction];
    ULONG positions = PositionsIn(mask);

    return stream != NULL && positions >= stream->ChannelsMin && positions <= ChannelsOf(device, direction);
}

NTSTATUS NTAPI SndChannelConfigProperty(PPCPROPERTY_REQUEST request)
{
    SND_DEVICE *device = SndTopologyDeviceOf(request->MajorTarget);
    ULONG direction = DirectionOf(request->Node);
    PKSAUDIO_CHANNEL_CONFIG config = (PKSAUDIO_CHANNEL_CONFIG)request->Value;
    NTSTATUS status;

    if ((request->Verb & KSPROPERTY_TYPE_BASICSUPPORT) != 0) {
        return SndPropertyBasicSupport(request, VT_EMPTY, NULL, 0);
    }
    status = SndPropertySizes(request, 0, sizeof(*config));
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if ((request->Verb & KSPROPERTY_TYPE_GET) != 0) {
        config->ActiveSpeakerPositions = (LONG)device->ChannelMask[direction];
        return STATUS_SUCCESS;
    }
    if (!IsUsableMask(device, direction, (ULONG)config->ActiveSpeakerPositions)) {
        return STATUS_INVALID_PARAMETER;
    }
    device->ChannelMask[direction] = (ULONG)config->ActiveSpeakerPositions;
    return STATUS_SUCCESS;
}

/* Every node is this driver's work. */
NTSTATUS NTAPI SndCpuResourcesProperty(PPCPROPERTY_REQUEST request)
{
    NTSTATUS status;

    if ((request->Verb & KSPROPERTY_TYPE_BASICSUPPORT) != 0) {
        return SndPropertyBasicSupport(request, VT_UI4, NULL, 0);
    }
    status = SndPropertySizes(request, 0, sizeof(ULONG));
    if (NT_SUCCESS(status)) {
        *(ULONG *)request->Value = KSAUDIO_CPU_RESOURCES_HOST_CPU;
    }
    return status;
}

NTSTATUS NTAPI SndTopologyCountersProperty(PPCPROPERTY_REQUEST request)
{
    NTSTATUS status;

    if ((request->Verb & KSPROPERTY_TYPE_BASICSUPPORT) != 0) {
        return SndPropertyBasicSupport(request, VT_EMPTY, NULL, 0);
    }
    status = SndPropertySizes(request, 0, sizeof(SND_EVENT_COUNTERS));
    if (NT_SUCCESS(status)) {
        SndEventCountersRead(SndTopologyDeviceOf(request->MajorTarget), (SND_EVENT_COUNTERS *)request->Value);
    }
    return status;
}
