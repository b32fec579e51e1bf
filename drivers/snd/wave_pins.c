/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The filter descriptor: pins as in "Topology" of README.md, their data ranges made of what the device's streams can
 * do, best first. Interfaces and mediums are left to the port driver: for WaveRT pins that is looped streaming over
 * device I/O.
 *
 * Pin numbers are the same on every device. Without a capture stream the last two pins are not there; without a
 * render stream pins 0 and 1 are there but can have no instances. Passive.
 */
#include "wave.h"

static const KSDATARANGE bridgeRange = {
    {
        .FormatSize = sizeof(KSDATARANGE),
        .MajorFormat = {STATIC_KSDATAFORMAT_TYPE_AUDIO},
        .SubFormat = {STATIC_KSDATAFORMAT_SUBTYPE_ANALOG},
        .Specifier = {STATIC_KSDATAFORMAT_SPECIFIER_NONE},
    },
};

static const PKSDATARANGE bridgeRanges[] = {(PKSDATARANGE)(ULONG_PTR)&bridgeRange};

/* From the sink to its bridge, from the other bridge to the source. */
static const PCCONNECTION_DESCRIPTOR connections[] = {
    {PCFILTER_NODE, SndWavePinRender, PCFILTER_NODE, SndWavePinRenderBridge},
    {PCFILTER_NODE, SndWavePinCaptureBridge, PCFILTER_NODE, SndWavePinCapture},
};

static const PCPROPERTY_ITEM filterProperties[] = {
    {&KSPROPSETID_Pin, KSPROPERTY_PIN_PROPOSEDATAFORMAT, PCPROPERTY_ITEM_FLAG_SET | PCPROPERTY_ITEM_FLAG_BASICSUPPORT,
     SndWaveProposeProperty},
};

static const PCAUTOMATION_TABLE filterAutomation = {
    .PropertyItemSize = sizeof(PCPROPERTY_ITEM),
    .PropertyCount = sizeof(filterProperties) / sizeof(filterProperties[0]),
    .Properties = filterProperties,
};

static VOID FillRange(const SND_WAVE *wave, ULONG channels, KSDATARANGE_AUDIO *range)
{
    range->DataRange.FormatSize = sizeof(*range);
    range->DataRange.MajorFormat = KSDATAFORMAT_TYPE_AUDIO;
    range->DataRange.SubFormat = wave->Float ? KSDATAFORMAT_SUBTYPE_IEEE_FLOAT : KSDATAFORMAT_SUBTYPE_PCM;
    range->DataRange.Specifier = KSDATAFORMAT_SPECIFIER_WAVEFORMATEX;
    range->MaximumChannels = channels;
    range->MinimumBitsPerSample = range->MaximumBitsPerSample = wave->ValidBits;
    range->MinimumSampleFrequency = range->MaximumSampleFrequency = wave->Rate;
}

static BOOLEAN SameButChannels(const SND_CHOICE *one, const SND_CHOICE *other)
{
    return one->Format == other->Format && one->Rate == other->Rate && one->Wave.ValidBits == other->Wave.ValidBits;
}

/* Offers that differ in their channels alone come one after the other and make one range. */
static ULONG CountRanges(const SND_STREAM_INFO *info)
{
    SND_CHOICE choice, last = {.FrameBytes = 0};
    ULONG count = 0;

    for (ULONG i = 0; SndOfferAt(info, i, &choice); i++) {
        count += i == 0 || !SameButChannels(&choice, &last);
        last = choice;
    }
    return count;
}

static VOID FillRanges(SND_WAVE_PIN *pin)
{
    ULONG most = pin->Info.ChannelsMax < SND_CHANNELS_MAX ? pin->Info.ChannelsMax : SND_CHANNELS_MAX, count = 0;
    SND_CHOICE choice, last = {.FrameBytes = 0};

    for (ULONG i = 0; SndOfferAt(&pin->Info, i, &choice); i++) {
        if (i == 0 || !SameButChannels(&choice, &last)) {
            FillRange(&choice.Wave, most, &pin->Ranges[count]);
            pin->RangePointers[count] = (PKSDATARANGE)(VOID *)&pin->Ranges[count];
            count++;
        }
        last = choice;
    }
}

static NTSTATUS BuildRanges(SND_WAVE_PIN *pin, const SND_STREAM_INFO *info)
{
    ULONG bytes;

    pin->Info = *info;
    pin->RangeCount = CountRanges(info);
    bytes = pin->RangeCount * (ULONG)(sizeof(KSDATARANGE_AUDIO) + sizeof(PKSDATARANGE));
    pin->Ranges = ExAllocatePoolWithTag(NonPagedPool, bytes, SND_POOL_TAG);
    if (pin->Ranges == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(pin->Ranges, bytes);
    pin->RangePointers = (PKSDATARANGE *)(VOID *)(pin->Ranges + pin->RangeCount);
    FillRanges(pin);
    return STATUS_SUCCESS;
}

static VOID DescribePin(PCPIN_DESCRIPTOR *pin, ULONG instances, KSPIN_DATAFLOW flow, KSPIN_COMMUNICATION communication,
                        ULONG rangeCount, const PKSDATARANGE *ranges)
{
    pin->MaxGlobalInstanceCount = instances;
    pin->MaxFilterInstanceCount = instances;
    pin->KsPinDescriptor.DataRangesCount = rangeCount;
    pin->KsPinDescriptor.DataRanges = ranges;
    pin->KsPinDescriptor.DataFlow = flow;
    pin->KsPinDescriptor.Communication = communication;
    pin->KsPinDescriptor.Category = &KSCATEGORY_AUDIO;
}

static VOID DescribePins(SND_WAVE_MINIPORT *miniport)
{
    const SND_WAVE_PIN *render = &miniport->Pins[VIRTIO_SND_D_OUTPUT], *capture = &miniport->Pins[VIRTIO_SND_D_INPUT];
    PCPIN_DESCRIPTOR *pins = miniport->PinDescriptors;

    DescribePin(&pins[SndWavePinRender], render->Present ? 1 : 0, KSPIN_DATAFLOW_IN, KSPIN_COMMUNICATION_SINK,
                render->RangeCount, render->RangePointers);
    DescribePin(&pins[SndWavePinRenderBridge], 0, KSPIN_DATAFLOW_OUT, KSPIN_COMMUNICATION_NONE, 1, bridgeRanges);
    DescribePin(&pins[SndWavePinCapture], capture->Present ? 1 : 0, KSPIN_DATAFLOW_OUT, KSPIN_COMMUNICATION_SINK,
                capture->RangeCount, capture->RangePointers);
    DescribePin(&pins[SndWavePinCaptureBridge], 0, KSPIN_DATAFLOW_IN, KSPIN_COMMUNICATION_NONE, 1, bridgeRanges);
    miniport->Filter.AutomationTable = &filterAutomation;
    miniport->Filter.PinSize = sizeof(PCPIN_DESCRIPTOR);
    miniport->Filter.PinCount = capture->Present ? SndWavePinCount : SndWavePinCapture;
    miniport->Filter.Pins = pins;
    miniport->Filter.NodeSize = sizeof(PCNODE_DESCRIPTOR);
    miniport->Filter.ConnectionCount = capture->Present ? 2 : 1;
    miniport->Filter.Connections = connections;
}

/* The contract's baseline stands for a device that is not there (ForceNullBackend), and for a direction that it lacks
   while its pins are. */
static SND_STREAM_INFO Baseline(ULONG direction)
{
    BYTE channels = direction == VIRTIO_SND_D_OUTPUT ? 2 : 1;

    return (SND_STREAM_INFO){.Formats = 1ull << VIRTIO_SND_PCM_FMT_S16,
                             .Rates = 1ull << VIRTIO_SND_PCM_RATE_48000,
                             .Direction = (BYTE)direction,
                             .ChannelsMin = channels,
                             .ChannelsMax = channels};
}

NTSTATUS SndWavePinsBuild(SND_WAVE_MINIPORT *miniport)
{
    SND_DEVICE *device = miniport->Device;
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG direction = 0; direction < SND_DIRECTIONS && NT_SUCCESS(status); direction++) {
        const SND_STREAM_INFO *info = device->Stream[direction];
        SND_STREAM_INFO baseline = Baseline(direction);

        miniport->Pins[direction].Present = info != NULL || device->NullBackend;
        status = BuildRanges(&miniport->Pins[direction], info != NULL ? info : &baseline);
    }
    if (NT_SUCCESS(status)) {
        DescribePins(miniport);
    }
    return status;
}

VOID SndWavePinsFree(SND_WAVE_MINIPORT *miniport)
{
    for (ULONG direction = 0; direction < SND_DIRECTIONS; direction++) {
        if (miniport->Pins[direction].Ranges != NULL) {
            ExFreePoolWithTag(miniport->Pins[direction].Ranges, SND_POOL_TAG);
            miniport->Pins[direction].Ranges = NULL;
        }
    }
}
