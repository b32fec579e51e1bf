/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The jacks: their properties, and the event by which programs learn that one was plugged in or out.
 *
 * The port driver is referenced for as long as there may be events to tell it; it holds the miniport and that the
 * device, so the circle is broken when the device stops (SndTopologyForgetPort).
 */
#include "topology.h"

static const GUID containerId = {0x7D8C3F44, 0x0F6E, 0x4D3F, {0x9F, 0x2C, 0x35, 0x6D, 0x5C, 0x63, 0x33, 0x41}};

static PPORTEVENTS Exchange(SND_DEVICE *device, PPORTEVENTS events)
{
    PPORTEVENTS before;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    before = device->TopologyEvents;
    device->TopologyEvents = events;
    KeReleaseSpinLock(&device->Lock, irql);
    return before;
}

VOID SndTopologyRememberPort(SND_DEVICE *device, PPORTEVENTS events)
{
    PPORTEVENTS before = Exchange(device, events);

    if (before != NULL) {
        SndWaitForWork(device); /* it may be telling that one */
        (void)before->lpVtbl->Release(before);
    }
}

VOID SndTopologyForgetPort(SND_DEVICE *device)
{
    SndTopologyRememberPort(device, NULL);
}

static PPORTEVENTS PortEvents(SND_DEVICE *device, ULONG *changed)
{
    PPORTEVENTS events;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    events = device->TopologyEvents;
    if (changed != NULL) {
        *changed = device->JacksChanged;
        device->JacksChanged = 0;
    }
    KeReleaseSpinLock(&device->Lock, irql);
    return events;
}

VOID SndTopologyTellJacks(SND_DEVICE *device)
{
    static const ULONG pins[SND_JACK_COUNT] = {SndTopologyPinSpeaker, SndTopologyPinMicrophone};
    GUID set = KSEVENTSETID_PinCapsChange;
    PPORTEVENTS events;
    ULONG changed;

    events = PortEvents(device, &changed);
    for (ULONG jack = 0; events != NULL && jack < SND_JACK_COUNT; jack++) {
        if ((changed >> jack & 1) != 0) {
            events->lpVtbl->GenerateEventList(events, &set, KSEVENT_PINCAPS_JACKINFOCHANGE, TRUE, pins[jack], FALSE, 0);
        }
    }
}

/* The request came by way of the port driver, which is there for as long as it takes. */
NTSTATUS NTAPI SndJackEventHandler(PPCEVENT_REQUEST request)
{
    PPORTEVENTS events;

    switch (request->Verb) {
    case PCEVENT_VERB_ADD:
        events = PortEvents(SndTopologyDeviceOf(request->MajorTarget), NULL);
        if (events == NULL) {
            return STATUS_DEVICE_NOT_READY;
        }
        events->lpVtbl->AddEventToEventList(events, request->EventEntry);
        return STATUS_SUCCESS;
    case PCEVENT_VERB_REMOVE:
    case PCEVENT_VERB_SUPPORT:
        return STATUS_SUCCESS;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

typedef struct DESCRIPTION {
    KSMULTIPLE_ITEM Items;
    KSJACK_DESCRIPTION Jack;
} DESCRIPTION;

typedef struct DESCRIPTION2 {
    KSMULTIPLE_ITEM Items;
    KSJACK_DESCRIPTION2 Jack;
} DESCRIPTION2;

static BOOLEAN IsConnected(SND_DEVICE *device, ULONG jack)
{
    BOOLEAN connected;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    connected = device->Jacks.Connected[jack];
    KeReleaseSpinLock(&device->Lock, irql);
    return connected;
}

/* "ChannelMapping should be nonzero only for analog rendering pins"; a colour there is none. */
static VOID Describe(SND_DEVICE *device, ULONG jack, DESCRIPTION *description)
{
    *description = (DESCRIPTION){
        .Items = {.Size = sizeof(*description), .Count = 1},
        .Jack = {.ChannelMapping = jack == SND_JACK_SPEAKER ? device->ChannelMask[VIRTIO_SND_D_OUTPUT] : 0,
                 .ConnectionType = eConnType3Point5mm,
                 .GeoLocation = eGeoLocRear,
                 .GenLocation = eGenLocPrimaryBox,
                 .PortConnection = ePortConnJack,
                 .IsConnected = IsConnected(device, jack)},
    };
}

static VOID Describe2(const SND_DEVICE *device, DESCRIPTION2 *description)
{
    *description = (DESCRIPTION2){
        .Items = {.Size = sizeof(*description), .Count = 1},
        .Jack = {.JackCapabilities = device->JackDetection ? JACKDESC2_PRESENCE_DETECT_CAPABILITY : 0},
    };
}

static ULONG ValueBytes(ULONG property)
{
    switch (property) {
    case KSPROPERTY_JACK_DESCRIPTION:
        return sizeof(DESCRIPTION);
    case KSPROPERTY_JACK_DESCRIPTION2:
        return sizeof(DESCRIPTION2);
    default:
        return sizeof(GUID);
    }
}

/* All three are asked of a pin, by way of the filter: KSP_PIN. */
NTSTATUS NTAPI SndJackProperty(PPCPROPERTY_REQUEST request)
{
    SND_DEVICE *device = SndTopologyDeviceOf(request->MajorTarget);
    ULONG property = request->PropertyItem->Id;
    NTSTATUS status;
    ULONG pin;

    if ((request->Verb & KSPROPERTY_TYPE_BASICSUPPORT) != 0) {
        return SndPropertyBasicSupport(request, VT_EMPTY, NULL, 0);
    }
    if (request->InstanceSize < sizeof(pin)) {
        return STATUS_INVALID_PARAMETER;
    }
    RtlCopyMemory(&pin, request->Instance, sizeof(pin));
    if (pin >= SndTopologyPinCount) {
        return STATUS_INVALID_PARAMETER;
    }
    if (pin != SndTopologyPinSpeaker && pin != SndTopologyPinMicrophone) {
        return STATUS_INVALID_DEVICE_REQUEST; /* it has no jack */
    }
    status = SndPropertySizes(request, sizeof(pin), ValueBytes(property));
    if (!NT_SUCCESS(status)) {
        return status;
    }
    if (property == KSPROPERTY_JACK_DESCRIPTION) {
        Describe(device, pin == SndTopologyPinSpeaker ? SND_JACK_SPEAKER : SND_JACK_MICROPHONE,
                 (DESCRIPTION *)request->Value);
    } else if (property == KSPROPERTY_JACK_DESCRIPTION2) {
        Describe2(device, (DESCRIPTION2 *)request->Value);
    } else {
        *(GUID *)request->Value = containerId;
    }
    return STATUS_SUCCESS;
}
