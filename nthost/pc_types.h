/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * PortCls' structures as Windows 7 has them (pages of portcls.h); sizes are asserted for both architectures.
 */
#ifndef NTHOST_PC_TYPES_H
#define NTHOST_PC_TYPES_H

#include "ks_types.h"

typedef struct _PCPROPERTY_ITEM {
    const GUID *Set;
    ULONG Id, Flags;
    PVOID Handler;
} PCPROPERTY_ITEM;
typedef PCPROPERTY_ITEM PCEVENT_ITEM, PCMETHOD_ITEM;

typedef struct _PCPROPERTY_REQUEST {
    PVOID MajorTarget, MinorTarget;
    ULONG Node;
    const PCPROPERTY_ITEM *PropertyItem;
    ULONG Verb, InstanceSize;
    PVOID Instance;
    ULONG ValueSize;
    PVOID Value;
    IRP *Irp;
} PCPROPERTY_REQUEST;

enum { PCEVENT_VERB_NONE = 0, PCEVENT_VERB_ADD = 1, PCEVENT_VERB_REMOVE = 2, PCEVENT_VERB_SUPPORT = 4 };
typedef struct _PCEVENT_REQUEST {
    PVOID MajorTarget, MinorTarget;
    ULONG Node;
    const PCEVENT_ITEM *EventItem;
    KSEVENT_ENTRY *EventEntry;
    ULONG Verb;
    IRP *Irp;
} PCEVENT_REQUEST;

typedef struct _PCAUTOMATION_TABLE {
    ULONG PropertyItemSize, PropertyCount;
    const PCPROPERTY_ITEM *Properties;
    ULONG MethodItemSize, MethodCount;
    const PCMETHOD_ITEM *Methods;
    ULONG EventItemSize, EventCount;
    const PCEVENT_ITEM *Events;
    ULONG Reserved;
} PCAUTOMATION_TABLE;

typedef struct _PCCONNECTION_DESCRIPTOR {
    ULONG FromNode, FromNodePin, ToNode, ToNodePin;
} PCCONNECTION_DESCRIPTOR;
#define PCFILTER_NODE 0xffffffffu

typedef struct _PCPIN_DESCRIPTOR {
    ULONG MaxGlobalInstanceCount, MaxFilterInstanceCount, MinFilterInstanceCount;
    const PCAUTOMATION_TABLE *AutomationTable;
    KSPIN_DESCRIPTOR KsPinDescriptor;
} PCPIN_DESCRIPTOR;

typedef struct _PCNODE_DESCRIPTOR {
    ULONG Flags;
    const PCAUTOMATION_TABLE *AutomationTable;
    const GUID *Type, *Name;
} PCNODE_DESCRIPTOR;

typedef struct _PCFILTER_DESCRIPTOR {
    ULONG Version;
    const PCAUTOMATION_TABLE *AutomationTable;
    ULONG PinSize, PinCount;
    const PCPIN_DESCRIPTOR *Pins;
    ULONG NodeSize, NodeCount;
    const PCNODE_DESCRIPTOR *Nodes;
    ULONG ConnectionCount;
    const PCCONNECTION_DESCRIPTOR *Connections;
    ULONG CategoryCount;
    const GUID *Categories;
} PCFILTER_DESCRIPTOR;

#define PORT_CLASS_DEVICE_EXTENSION_SIZE (64 * sizeof(ULONG_PTR))

WDM_ASSERT(sizeof(PCPROPERTY_ITEM), 24, 16);
WDM_ASSERT(sizeof(PCPROPERTY_REQUEST), 72, 40);
WDM_ASSERT(sizeof(PCEVENT_REQUEST), 56, 28);
WDM_ASSERT(sizeof(PCAUTOMATION_TABLE), 56, 40);
WDM_ASSERT(sizeof(PCPIN_DESCRIPTOR), 112, 64);
WDM_ASSERT(sizeof(PCNODE_DESCRIPTOR), 32, 16);
WDM_ASSERT(sizeof(PCFILTER_DESCRIPTOR), 80, 48);

#endif
