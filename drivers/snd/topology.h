/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Between the topology miniport (topology.c) and the handlers of its properties and events (topology_properties.c,
 * topology_jacks.c). Handlers run at PASSIVE_LEVEL; what a program asks is not trusted.
 */
#ifndef AERO_SND_TOPOLOGY_H
#define AERO_SND_TOPOLOGY_H

#include "device.h"

enum { SndNodeVolume, SndNodeMute, SndNodeSpeaker, SndNodeMicrophone, SndNodeCount };

/* The device of a request's miniport. */
SND_DEVICE *SndTopologyDeviceOf(PUNKNOWN majorTarget);

/* A GET of `bytes`, where the program also says `instance` bytes of what it asks about. STATUS_SUCCESS: Value may be
 * written. "The client submits an initial property request with an output buffer length of zero. The handler responds
 * by returning the required buffer size along with STATUS_BUFFER_OVERFLOW": Audio Property Handlers. */
NTSTATUS SndPropertySizes(PPCPROPERTY_REQUEST request, ULONG instance, ULONG bytes);

/* Answers KSPROPERTY_TYPE_BASICSUPPORT: access from the property item, a value of type `variant` (VT_*), and the ranges
 * of `count` channels, the same for each, if count is not 0 (Exposing Multichannel Nodes). */
typedef struct SND_RANGE {
    LONG Minimum;
    LONG Maximum;
    ULONG Step;
} SND_RANGE;
NTSTATUS SndPropertyBasicSupport(PPCPROPERTY_REQUEST request, ULONG variant, const SND_RANGE *range, ULONG count);

/* Handlers. */
NTSTATUS NTAPI SndVolumeProperty(PPCPROPERTY_REQUEST request);
NTSTATUS NTAPI SndMuteProperty(PPCPROPERTY_REQUEST request);
NTSTATUS NTAPI SndChannelConfigProperty(PPCPROPERTY_REQUEST request);
NTSTATUS NTAPI SndCpuResourcesProperty(PPCPROPERTY_REQUEST request);
NTSTATUS NTAPI SndJackProperty(PPCPROPERTY_REQUEST request);
NTSTATUS NTAPI SndJackEventHandler(PPCEVENT_REQUEST request);
NTSTATUS NTAPI SndTopologyCountersProperty(PPCPROPERTY_REQUEST request);

#endif
