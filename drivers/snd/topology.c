/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The topology miniport: what lies between the wave filter's bridge pins and the jacks.
 *
 *   from wave 0 -- volume -- mute -- speaker -- 1 speaker        microphone 3 -- microphone -- 2 to wave
 *
 * PASSIVE_LEVEL.
 */
#include "topology.h"

typedef struct TOPOLOGY {
    IMiniportTopology Miniport; /* first */
    LONG References;
    SND_DEVICE *Device; /* referenced, from Init on */
} TOPOLOGY;

/* ---- The filter ---- */

static const GUID countersSet = {0x3C0F8A06, 0x4F4B, 0x4C49, {0x9D, 0x1A, 0x8F, 0xBE, 0x0B, 0x9E, 0x4B, 0x7A}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GET_SUPPORT (PCPROPERTY_ITEM_FLAG_GET | PCPROPERTY_ITEM_FLAG_BASICSUPPORT)
#define GET_SET_SUPPORT (GET_SUPPORT | PCPROPERTY_ITEM_FLAG_SET)

static const PCPROPERTY_ITEM filterProperties[] = {
    {&KSPROPSETID_Jack, KSPROPERTY_JACK_DESCRIPTION, GET_SUPPORT, SndJackProperty},
    {&KSPROPSETID_Jack, KSPROPERTY_JACK_DESCRIPTION2, GET_SUPPORT, SndJackProperty},
    {&KSPROPSETID_Jack, KSPROPERTY_JACK_CONTAINERID, GET_SUPPORT, SndJackProperty},
    {&countersSet, SND_EVENT_COUNTERS_PROPERTY, GET_SUPPORT, SndTopologyCountersProperty},
};
static const PCPROPERTY_ITEM volumeProperties[] = {
    {&KSPROPSETID_Audio, KSPROPERTY_AUDIO_VOLUMELEVEL, GET_SET_SUPPORT, SndVolumeProperty},
    {&KSPROPSETID_Audio, KSPROPERTY_AUDIO_CPU_RESOURCES, GET_SUPPORT, SndCpuResourcesProperty},
};
static const PCPROPERTY_ITEM muteProperties[] = {
    {&KSPROPSETID_Audio, KSPROPERTY_AUDIO_MUTE, GET_SET_SUPPORT, SndMuteProperty},
    {&KSPROPSETID_Audio, KSPROPERTY_AUDIO_CPU_RESOURCES, GET_SUPPORT, SndCpuResourcesProperty},
};
static const PCPROPERTY_ITEM endProperties[] = {
    {&KSPROPSETID_Audio, KSPROPERTY_AUDIO_CHANNEL_CONFIG, GET_SET_SUPPORT, SndChannelConfigProperty},
    {&KSPROPSETID_Audio, KSPROPERTY_AUDIO_CPU_RESOURCES, GET_SUPPORT, SndCpuResourcesProperty},
};
/* The reference names the pin as the event's target, but a bridge pin has no automation table: "set AutomationTable to
 * NULL" (PCPIN_DESCRIPTOR). Programs enable it through the filter and name the pin. */
static const PCEVENT_ITEM jackEvents[] = {
    {&KSEVENTSETID_PinCapsChange, KSEVENT_PINCAPS_JACKINFOCHANGE,
     PCEVENT_ITEM_FLAG_ENABLE | PCEVENT_ITEM_FLAG_BASICSUPPORT, SndJackEventHandler},
};

#define PROPERTIES(items) \
    .PropertyItemSize = sizeof(PCPROPERTY_ITEM), .PropertyCount = COUNT(items), .Properties = (items)
#define EVENTS(items) .EventItemSize = sizeof(PCEVENT_ITEM), .EventCount = COUNT(items), .Events = (items)

static const PCAUTOMATION_TABLE filterTable = {PROPERTIES(filterProperties), EVENTS(jackEvents)};
static const PCAUTOMATION_TABLE volumeTable = {PROPERTIES(volumeProperties)};
static const PCAUTOMATION_TABLE muteTable = {PROPERTIES(muteProperties)};
static const PCAUTOMATION_TABLE endTable = {PROPERTIES(endProperties)};

static KSDATARANGE analogRange = {
    .FormatSize = sizeof(KSDATARANGE),
    .MajorFormat = {STATIC_KSDATAFORMAT_TYPE_AUDIO},
    .SubFormat = {STATIC_KSDATAFORMAT_SUBTYPE_ANALOG},
    .Specifier = {STATIC_KSDATAFORMAT_SPECIFIER_NONE},
};
static const PKSDATARANGE analogRanges[] = {&analogRange};

#define BRIDGE_PIN(flow, category)                                     \
    {                                                                  \
        .KsPinDescriptor = {.DataRangesCount = COUNT(analogRanges),    \
                            .DataRanges = analogRanges,                \
                            .DataFlow = (flow),                        \
                            .Communication = KSPIN_COMMUNICATION_NONE, \
                            .Category = (category)},                   \
    }

static const PCPIN_DESCRIPTOR pins[] = {
    [SndTopologyPinFromWave] = BRIDGE_PIN(KSPIN_DATAFLOW_IN, &KSCATEGORY_AUDIO),
    [SndTopologyPinSpeaker] = BRIDGE_PIN(KSPIN_DATAFLOW_OUT, &KSNODETYPE_SPEAKER),
    [SndTopologyPinToWave] = BRIDGE_PIN(KSPIN_DATAFLOW_OUT, &KSCATEGORY_AUDIO),
    [SndTopologyPinMicrophone] = BRIDGE_PIN(KSPIN_DATAFLOW_IN, &KSNODETYPE_MICROPHONE),
};
_Static_assert(COUNT(pins) == SndTopologyPinCount, "each pin once");

static const PCNODE_DESCRIPTOR nodes[] = {
    [SndNodeVolume] = {.AutomationTable = &volumeTable, .Type = &KSNODETYPE_VOLUME},
    [SndNodeMute] = {.AutomationTable = &muteTable, .Type = &KSNODETYPE_MUTE},
    [SndNodeSpeaker] = {.AutomationTable = &endTable, .Type = &KSNODETYPE_SPEAKER},
    [SndNodeMicrophone] = {.AutomationTable = &endTable, .Type = &KSNODETYPE_MICROPHONE},
};

/* A node's pin 1 is its input, 0 its output. */
static const PCCONNECTION_DESCRIPTOR connections[] = {
    {PCFILTER_NODE, SndTopologyPinFromWave, SndNodeVolume, 1},
    {SndNodeVolume, 0, SndNodeMute, 1},
    {SndNodeMute, 0, SndNodeSpeaker, 1},
    {SndNodeSpeaker, 0, PCFILTER_NODE, SndTopologyPinSpeaker},
    {PCFILTER_NODE, SndTopologyPinMicrophone, SndNodeMicrophone, 1},
    {SndNodeMicrophone, 0, PCFILTER_NODE, SndTopologyPinToWave},
};

static PCFILTER_DESCRIPTOR filter = {
    .AutomationTable = &filterTable,
    .PinSize = sizeof(PCPIN_DESCRIPTOR),
    .PinCount = COUNT(pins),
    .Pins = pins,
    .NodeSize = sizeof(PCNODE_DESCRIPTOR),
    .NodeCount = COUNT(nodes),
    .Nodes = nodes,
    .ConnectionCount = COUNT(connections),
    .Connections = connections,
};

/* ---- The object ---- */

static TOPOLOGY *TopologyOf(IMiniportTopology *self)
{
    return CONTAINING_RECORD(self, TOPOLOGY, Miniport);
}

SND_DEVICE *SndTopologyDeviceOf(PUNKNOWN majorTarget)
{
    return CONTAINING_RECORD(majorTarget, TOPOLOGY, Miniport)->Device;
}

static ULONG NTAPI AddRef(IMiniportTopology *self)
{
    return (ULONG)__atomic_add_fetch(&TopologyOf(self)->References, 1, __ATOMIC_RELAXED);
}

static ULONG NTAPI Release(IMiniportTopology *self)
{
    TOPOLOGY *topology = TopologyOf(self);
    LONG left = __atomic_sub_fetch(&topology->References, 1, __ATOMIC_ACQ_REL);

    if (left == 0) {
        if (topology->Device != NULL) {
            SndDeviceRelease(topology->Device);
        }
        ExFreePoolWithTag(topology, SND_POOL_TAG);
    }
    return (ULONG)left;
}

static NTSTATUS NTAPI QueryInterface(IMiniportTopology *self, const GUID *interfaceId, PVOID *object)
{
    if (!SndIsGuid(interfaceId, &IID_IUnknown) && !SndIsGuid(interfaceId, &IID_IMiniport) &&
        !SndIsGuid(interfaceId, &IID_IMiniportTopology)) {
        *object = NULL;
        return STATUS_INVALID_PARAMETER;
    }
    (void)AddRef(self);
    *object = self;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI GetDescription(IMiniportTopology *self, PPCFILTER_DESCRIPTOR *description)
{
    (void)self;
    *description = &filter;
    return STATUS_SUCCESS;
}

/* All pins are bridges: nothing is negotiated. */
static NTSTATUS NTAPI DataRangeIntersection(IMiniportTopology *self, ULONG pin, PKSDATARANGE clientRange,
                                            PKSDATARANGE matchingRange, ULONG length, PVOID format, PULONG formatLength)
{
    (void)self;
    (void)pin;
    (void)clientRange;
    (void)matchingRange;
    (void)length;
    (void)format;
    (void)formatLength;
    return STATUS_NOT_IMPLEMENTED;
}

static NTSTATUS NTAPI Init(IMiniportTopology *self, PUNKNOWN adapter, PRESOURCELIST resources, PPORTTOPOLOGY port)
{
    TOPOLOGY *topology = TopologyOf(self);
    PPORTEVENTS events;
    NTSTATUS status;

    (void)resources;
    status = port->lpVtbl->QueryInterface(port, &IID_IPortEvents, (PVOID *)&events);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    topology->Device = SndDeviceOfAdapter(adapter);
    SndDeviceReference(topology->Device);
    SndTopologyRememberPort(topology->Device, events);
    return STATUS_SUCCESS;
}

static const IMiniportTopologyVtbl methods = {
    QueryInterface, AddRef, Release, GetDescription, DataRangeIntersection, Init,
};

NTSTATUS SndTopologyCreate(PUNKNOWN *miniport)
{
    TOPOLOGY *topology = (TOPOLOGY *)ExAllocatePoolWithTag(NonPagedPool, sizeof(*topology), SND_POOL_TAG);

    if (topology == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *topology = (TOPOLOGY){.Miniport = {&methods}, .References = 1};
    *miniport = (PUNKNOWN)&topology->Miniport;
    return STATUS_SUCCESS;
}
