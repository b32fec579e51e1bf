/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * PortCls as an adapter driver of Windows 7 written in C sees it: the functions, interfaces and descriptors that are
 * used here, from the reference ("portcls.h header", "Audio Port Class Functions", Windows driver documentation), and
 * of ksmedia.h what mingw-w64 lacks.
 *
 * An interface is a structure whose first member points to a table of methods in the order of the reference, the
 * methods of what it inherits from first. Every method is stdcall and takes the interface as its first argument. A
 * method that returns a structure follows the convention of C++ member functions: the caller passes where it goes right
 * behind the interface, also when it would fit a register; GetPhysicalPageAddress is the only one here.
 *
 * IRQL: PASSIVE_LEVEL unless a comment says otherwise. What a method gives out through a pointer is referenced for the
 * caller; what it is given, it references itself if it keeps it.
 */
#ifndef AERO_DDK_PORTCLS_H
#define AERO_DDK_PORTCLS_H

#include <stddef.h>

#include "aero_wdm.h"

#include <windef.h>

/* ksmedia.h names it in one structure, and it is a matter of the user-mode headers. */
#ifndef TCHAR
#define TCHAR WCHAR
#define AERO_TCHAR
#endif
#define NOBITMAP
#include <mmreg.h>
#undef NOBITMAP

#include <ks.h>
#include <ksmedia.h>
#ifdef AERO_TCHAR
#undef TCHAR
#undef AERO_TCHAR
#endif

/* ---- ksmedia.h and ks.h: what is missing ---- */

DEFINE_GUID(KSPROPSETID_Jack, 0x4509F757, 0x2D46, 0x4637, 0x8E, 0x62, 0xCE, 0x7D, 0xB9, 0x44, 0xF5, 0x7B);
#define KSPROPERTY_JACK_DESCRIPTION 1
#define KSPROPERTY_JACK_DESCRIPTION2 2
#define KSPROPERTY_JACK_SINK_INFO 3
#define KSPROPERTY_JACK_CONTAINERID 4
#define JACKDESC2_PRESENCE_DETECT_CAPABILITY 0x00000001

DEFINE_GUID(KSEVENTSETID_PinCapsChange, 0xDD4F192E, 0x3B78, 0x49AD, 0xA5, 0x34, 0x2C, 0x31, 0x5B, 0x82, 0x20, 0x00);
#define KSEVENT_PINCAPS_FORMATCHANGE 0
#define KSEVENT_PINCAPS_JACKINFOCHANGE 1

typedef struct KSRTAUDIO_HWLATENCY {
    ULONG FifoSize;     /* bytes */
    ULONG ChipsetDelay; /* 100 ns */
    ULONG CodecDelay;   /* 100 ns */
} KSRTAUDIO_HWLATENCY, *PKSRTAUDIO_HWLATENCY;

typedef struct KSRTAUDIO_HWREGISTER {
    PVOID Register;
    ULONG Width;
    ULONGLONG Numerator;
    ULONGLONG Denominator;
    ULONG Accuracy;
} KSRTAUDIO_HWREGISTER, *PKSRTAUDIO_HWREGISTER;

/* ---- Objects ---- */

typedef struct IUnknownVtbl IUnknownVtbl;
struct IUnknown {
    const IUnknownVtbl *lpVtbl;
};
#ifndef __IUnknown_FWD_DEFINED__
#define __IUnknown_FWD_DEFINED__
typedef struct IUnknown IUnknown;
#endif
typedef struct IUnknown *PUNKNOWN;

#define PC_UNKNOWN_METHODS(type)                                                          \
    NTSTATUS(NTAPI *QueryInterface)(type * self, const GUID *interfaceId, PVOID *object); \
    ULONG(NTAPI *AddRef)(type * self);                                                    \
    ULONG(NTAPI *Release)(type * self);

struct IUnknownVtbl {
    PC_UNKNOWN_METHODS(IUnknown)
};

#define PC_INTERFACE(type)                \
    typedef struct type type;             \
    typedef struct type##Vtbl type##Vtbl; \
    struct type {                         \
        const type##Vtbl *lpVtbl;         \
    };                                    \
    struct type##Vtbl

DEFINE_GUID(IID_IUnknown, 0x00000000, 0x0000, 0x0000, 0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46);

/* ---- Properties, events, descriptors ---- */

typedef struct _PCPROPERTY_REQUEST PCPROPERTY_REQUEST, *PPCPROPERTY_REQUEST;
typedef struct _PCEVENT_REQUEST PCEVENT_REQUEST, *PPCEVENT_REQUEST;
typedef NTSTATUS(NTAPI *PCPFNPROPERTY_HANDLER)(PPCPROPERTY_REQUEST request);
typedef NTSTATUS(NTAPI *PCPFNEVENT_HANDLER)(PPCEVENT_REQUEST request);

#define PCPROPERTY_ITEM_FLAG_GET KSPROPERTY_TYPE_GET
#define PCPROPERTY_ITEM_FLAG_SET KSPROPERTY_TYPE_SET
#define PCPROPERTY_ITEM_FLAG_BASICSUPPORT KSPROPERTY_TYPE_BASICSUPPORT

typedef struct {
    const GUID *Set;
    ULONG Id;
    ULONG Flags;
    PCPFNPROPERTY_HANDLER Handler;
} PCPROPERTY_ITEM, *PPCPROPERTY_ITEM;

struct _PCPROPERTY_REQUEST {
    PUNKNOWN MajorTarget; /* the miniport */
    PUNKNOWN MinorTarget; /* the stream; NULL: sent to the filter */
    ULONG Node;           /* PCFILTER_NODE: to none */
    const PCPROPERTY_ITEM *PropertyItem;
    ULONG Verb;         /* KSPROPERTY_TYPE_* */
    ULONG InstanceSize; /* of what follows KSPROPERTY or KSNODEPROPERTY */
    PVOID Instance;
    ULONG ValueSize; /* the handler writes back how many bytes there are, or would be */
    PVOID Value;
    PIRP Irp;
};

#define PCEVENT_ITEM_FLAG_ENABLE KSEVENT_TYPE_ENABLE
#define PCEVENT_ITEM_FLAG_ONESHOT KSEVENT_TYPE_ONESHOT
#define PCEVENT_ITEM_FLAG_BASICSUPPORT KSEVENT_TYPE_BASICSUPPORT

typedef struct {
    const GUID *Set;
    ULONG Id;
    ULONG Flags;
    PCPFNEVENT_HANDLER Handler;
} PCEVENT_ITEM, *PPCEVENT_ITEM;

#define PCEVENT_VERB_NONE 0
#define PCEVENT_VERB_ADD 1
#define PCEVENT_VERB_REMOVE 2
#define PCEVENT_VERB_SUPPORT 4

struct _PCEVENT_REQUEST {
    PUNKNOWN MajorTarget;
    PUNKNOWN MinorTarget;
    ULONG Node;
    const PCEVENT_ITEM *EventItem;
    PKSEVENT_ENTRY EventEntry;
    ULONG Verb;
    PIRP Irp;
};

typedef struct {
    ULONG PropertyItemSize; /* of one PCPROPERTY_ITEM */
    ULONG PropertyCount;
    const PCPROPERTY_ITEM *Properties;
    ULONG MethodItemSize;
    ULONG MethodCount;
    const VOID *Methods; /* of the DirectSound accelerators of old; none here */
    ULONG EventItemSize;
    ULONG EventCount;
    const PCEVENT_ITEM *Events;
    ULONG Reserved;
} PCAUTOMATION_TABLE, *PPCAUTOMATION_TABLE;

typedef struct {
    ULONG FromNode;
    ULONG FromNodePin;
    ULONG ToNode;
    ULONG ToNodePin;
} PCCONNECTION_DESCRIPTOR, *PPCCONNECTION_DESCRIPTOR;

typedef struct {
    ULONG MaxGlobalInstanceCount;
    ULONG MaxFilterInstanceCount;
    ULONG MinFilterInstanceCount;
    const PCAUTOMATION_TABLE *AutomationTable;
    KSPIN_DESCRIPTOR KsPinDescriptor;
} PCPIN_DESCRIPTOR, *PPCPIN_DESCRIPTOR;

typedef struct {
    ULONG Flags; /* 0 */
    const PCAUTOMATION_TABLE *AutomationTable;
    const GUID *Type;
    const GUID *Name; /* NULL: as Type */
} PCNODE_DESCRIPTOR, *PPCNODE_DESCRIPTOR;

#define PCFILTER_NODE ((ULONG) - 1)

typedef struct {
    ULONG Version; /* 0 */
    const PCAUTOMATION_TABLE *AutomationTable;
    ULONG PinSize; /* of one PCPIN_DESCRIPTOR */
    ULONG PinCount;
    const PCPIN_DESCRIPTOR *Pins;
    ULONG NodeSize; /* of one PCNODE_DESCRIPTOR */
    ULONG NodeCount;
    const PCNODE_DESCRIPTOR *Nodes;
    ULONG ConnectionCount;
    const PCCONNECTION_DESCRIPTOR *Connections;
    ULONG CategoryCount; /* 0: the port driver's defaults */
    const GUID *Categories;
} PCFILTER_DESCRIPTOR, *PPCFILTER_DESCRIPTOR;

/* ---- Interfaces of port drivers, and resource lists ---- */

DEFINE_GUID(IID_IResourceList, 0x22C6AC60, 0x851B, 0x11D0, 0x9A, 0x7F, 0x00, 0xAA, 0x00, 0x38, 0xAC, 0xFE);
PC_INTERFACE(IResourceList)
{
    PC_UNKNOWN_METHODS(IResourceList)
    ULONG(NTAPI * NumberOfEntries)(IResourceList * self);
    ULONG(NTAPI * NumberOfEntriesOfType)(IResourceList * self, CM_RESOURCE_TYPE type);
    PCM_PARTIAL_RESOURCE_DESCRIPTOR(NTAPI * FindTranslatedEntry)(IResourceList * self, CM_RESOURCE_TYPE type,
                                                                 ULONG index);
    PCM_PARTIAL_RESOURCE_DESCRIPTOR(NTAPI * FindUntranslatedEntry)
    (IResourceList * self, CM_RESOURCE_TYPE type, ULONG index);
    NTSTATUS(NTAPI * AddEntry)
    (IResourceList * self, PCM_PARTIAL_RESOURCE_DESCRIPTOR translated, PCM_PARTIAL_RESOURCE_DESCRIPTOR untranslated);
    NTSTATUS(NTAPI * AddEntryFromParent)(IResourceList * self, IResourceList * parent, CM_RESOURCE_TYPE type,
                                         ULONG index);
    PCM_RESOURCE_LIST(NTAPI * TranslatedList)(IResourceList * self);
    PCM_RESOURCE_LIST(NTAPI * UntranslatedList)(IResourceList * self);
};
typedef IResourceList *PRESOURCELIST;

/* Not used here: only pointers to it occur. */
typedef struct IRegistryKey IRegistryKey, *PREGISTRYKEY;

#define PC_PORT_METHODS(type)                                                                          \
    NTSTATUS(NTAPI *Init)                                                                              \
    (type * self, PDEVICE_OBJECT deviceObject, PIRP irp, PUNKNOWN miniport, PUNKNOWN adapter,          \
     PRESOURCELIST resources);                                                                         \
    NTSTATUS(NTAPI *GetDeviceProperty)                                                                 \
    (type * self, DEVICE_REGISTRY_PROPERTY property, ULONG length, PVOID buffer, PULONG resultLength); \
    NTSTATUS(NTAPI *NewRegistryKey)                                                                    \
    (type * self, PREGISTRYKEY * key, PUNKNOWN outer, ULONG keyType, ACCESS_MASK access,               \
     POBJECT_ATTRIBUTES attributes, ULONG createOptions, PULONG disposition);

DEFINE_GUID(IID_IPort, 0xB4C90A25, 0x5791, 0x11D0, 0x86, 0xF9, 0x00, 0xA0, 0xC9, 0x11, 0xB5, 0x44);
PC_INTERFACE(IPort){PC_UNKNOWN_METHODS(IPort) PC_PORT_METHODS(IPort)};
typedef IPort *PPORT;

DEFINE_GUID(IID_IPortTopology, 0xB4C90A30, 0x5791, 0x11D0, 0x86, 0xF9, 0x00, 0xA0, 0xC9, 0x11, 0xB5, 0x44);
DEFINE_GUID(CLSID_PortTopology, 0xB4C90A32, 0x5791, 0x11D0, 0x86, 0xF9, 0x00, 0xA0, 0xC9, 0x11, 0xB5, 0x44);
PC_INTERFACE(IPortTopology){PC_UNKNOWN_METHODS(IPortTopology) PC_PORT_METHODS(IPortTopology)};
typedef IPortTopology *PPORTTOPOLOGY;

DEFINE_GUID(IID_IPortWaveRT, 0x339FF909, 0x68A9, 0x4310, 0xB0, 0x9B, 0x27, 0x4E, 0x96, 0xEE, 0x4C, 0xBD);
DEFINE_GUID(CLSID_PortWaveRT, 0xCC9BE57A, 0xEB9E, 0x42B4, 0x94, 0xFC, 0x0C, 0xAD, 0x3D, 0xBC, 0xE7, 0xFA);
PC_INTERFACE(IPortWaveRT){PC_UNKNOWN_METHODS(IPortWaveRT) PC_PORT_METHODS(IPortWaveRT)};
typedef IPortWaveRT *PPORTWAVERT;

/* Memory of a stream's cyclic buffer. */
DEFINE_GUID(IID_IPortWaveRTStream, 0x1809CE5A, 0x64BC, 0x4E62, 0xBD, 0x7D, 0x95, 0xBC, 0xE4, 0x3D, 0xE3, 0x93);
PC_INTERFACE(IPortWaveRTStream)
{
    PC_UNKNOWN_METHODS(IPortWaveRTStream)
    PMDL(NTAPI * AllocatePagesForMdl)(IPortWaveRTStream * self, PHYSICAL_ADDRESS highAddress, SIZE_T totalBytes);
    PMDL(NTAPI * AllocateContiguousPagesForMdl)
    (IPortWaveRTStream * self, PHYSICAL_ADDRESS lowAddress, PHYSICAL_ADDRESS highAddress, SIZE_T totalBytes);
    PVOID(NTAPI * MapAllocatedPages)(IPortWaveRTStream * self, PMDL mdl, MEMORY_CACHING_TYPE cacheType);
    VOID(NTAPI * UnmapAllocatedPages)(IPortWaveRTStream * self, PVOID baseAddress, PMDL mdl);
    VOID(NTAPI * FreePagesFromMdl)(IPortWaveRTStream * self, PMDL mdl);
    ULONG(NTAPI * GetPhysicalPagesCount)(IPortWaveRTStream * self, PMDL mdl);
    /* Returns `result`. */
    PPHYSICAL_ADDRESS(NTAPI * GetPhysicalPageAddress)
    (IPortWaveRTStream * self, PPHYSICAL_ADDRESS result, PMDL mdl, ULONG index);
};
typedef IPortWaveRTStream *PPORTWAVERTSTREAM;

DEFINE_GUID(IID_IPortEvents, 0xA80F29C4, 0x5498, 0x11D2, 0x95, 0xD9, 0x00, 0xC0, 0x4F, 0xB9, 0x25, 0xD3);
PC_INTERFACE(IPortEvents)
{
    PC_UNKNOWN_METHODS(IPortEvents)
    VOID(NTAPI * AddEventToEventList)(IPortEvents * self, PKSEVENT_ENTRY entry);
    /* Any IRQL; above DISPATCH_LEVEL events may be missed. */
    VOID(NTAPI * GenerateEventList)
    (IPortEvents * self, GUID * set, ULONG eventId, BOOL pinEvent, ULONG pinId, BOOL nodeEvent, ULONG nodeId);
};
typedef IPortEvents *PPORTEVENTS;

DEFINE_GUID(IID_IUnregisterSubdevice, 0x16738177, 0xE199, 0x41F9, 0x9A, 0x87, 0xAB, 0xB2, 0xA5, 0x43, 0x2F, 0x21);
PC_INTERFACE(IUnregisterSubdevice)
{
    PC_UNKNOWN_METHODS(IUnregisterSubdevice)
    NTSTATUS(NTAPI * UnregisterSubdevice)(IUnregisterSubdevice * self, PDEVICE_OBJECT deviceObject, PUNKNOWN port);
};
typedef IUnregisterSubdevice *PUNREGISTERSUBDEVICE;

DEFINE_GUID(IID_IUnregisterPhysicalConnection, 0x6C38E231, 0x2A0D, 0x428D, 0x81, 0xF8, 0x07, 0xCC, 0x42, 0x8B, 0xB9,
            0xA4);
PC_INTERFACE(IUnregisterPhysicalConnection)
{
    PC_UNKNOWN_METHODS(IUnregisterPhysicalConnection)
    NTSTATUS(NTAPI * UnregisterPhysicalConnection)
    (IUnregisterPhysicalConnection * self, PDEVICE_OBJECT deviceObject, PUNKNOWN from, ULONG fromPin, PUNKNOWN to,
     ULONG toPin);
    NTSTATUS(NTAPI * UnregisterPhysicalConnectionToExternal)
    (IUnregisterPhysicalConnection * self, PDEVICE_OBJECT deviceObject, PUNKNOWN from, ULONG fromPin,
     PUNICODE_STRING to, ULONG toPin);
    NTSTATUS(NTAPI * UnregisterPhysicalConnectionFromExternal)
    (IUnregisterPhysicalConnection * self, PDEVICE_OBJECT deviceObject, PUNICODE_STRING from, ULONG fromPin,
     PUNKNOWN to, ULONG toPin);
};
typedef IUnregisterPhysicalConnection *PUNREGISTERPHYSICALCONNECTION;

/* ---- Interfaces that an adapter driver implements ---- */

#define PC_MINIPORT_METHODS(type)                                                                              \
    NTSTATUS(NTAPI *GetDescription)(type * self, PPCFILTER_DESCRIPTOR * description);                          \
    NTSTATUS(NTAPI *DataRangeIntersection)                                                                     \
    (type * self, ULONG pin, PKSDATARANGE clientRange, PKSDATARANGE matchingRange, ULONG length, PVOID format, \
     PULONG formatLength);

DEFINE_GUID(IID_IMiniport, 0xB4C90A24, 0x5791, 0x11D0, 0x86, 0xF9, 0x00, 0xA0, 0xC9, 0x11, 0xB5, 0x44);
PC_INTERFACE(IMiniport){PC_UNKNOWN_METHODS(IMiniport) PC_MINIPORT_METHODS(IMiniport)};
typedef IMiniport *PMINIPORT;

DEFINE_GUID(IID_IMiniportTopology, 0xB4C90A31, 0x5791, 0x11D0, 0x86, 0xF9, 0x00, 0xA0, 0xC9, 0x11, 0xB5, 0x44);
PC_INTERFACE(IMiniportTopology)
{
    PC_UNKNOWN_METHODS(IMiniportTopology)
    PC_MINIPORT_METHODS(IMiniportTopology)
    NTSTATUS(NTAPI * Init)(IMiniportTopology * self, PUNKNOWN adapter, PRESOURCELIST resources, PPORTTOPOLOGY port);
};
typedef IMiniportTopology *PMINIPORTTOPOLOGY;

#define PC_WAVERT_STREAM_METHODS(type)                                                              \
    NTSTATUS(NTAPI *SetFormat)(type * self, PKSDATAFORMAT format);                                  \
    NTSTATUS(NTAPI *SetState)(type * self, KSSTATE state);                                          \
    NTSTATUS(NTAPI *GetPosition)(type * self, PKSAUDIO_POSITION position);                          \
    NTSTATUS(NTAPI *AllocateAudioBuffer)                                                            \
    (type * self, ULONG requestedSize, PMDL * mdl, ULONG * actualSize, ULONG * offsetFromFirstPage, \
     MEMORY_CACHING_TYPE * cacheType);                                                              \
    VOID(NTAPI *FreeAudioBuffer)(type * self, PMDL mdl, ULONG bufferSize);                          \
    VOID(NTAPI *GetHWLatency)(type * self, KSRTAUDIO_HWLATENCY * latency);                          \
    NTSTATUS(NTAPI *GetPositionRegister)(type * self, KSRTAUDIO_HWREGISTER * hwRegister);           \
    NTSTATUS(NTAPI *GetClockRegister)(type * self, KSRTAUDIO_HWREGISTER * hwRegister);

DEFINE_GUID(IID_IMiniportWaveRTStream, 0x000AC9AB, 0xFAAB, 0x4F3D, 0x94, 0x55, 0x6F, 0xF8, 0x30, 0x6A, 0x74, 0xA0);
PC_INTERFACE(IMiniportWaveRTStream){PC_UNKNOWN_METHODS(IMiniportWaveRTStream)
                                        PC_WAVERT_STREAM_METHODS(IMiniportWaveRTStream)};
typedef IMiniportWaveRTStream *PMINIPORTWAVERTSTREAM;

DEFINE_GUID(IID_IMiniportWaveRTStreamNotification, 0x23759128, 0x96F1, 0x423B, 0xAB, 0x4D, 0x81, 0x63, 0x5B, 0xCF, 0x8C,
            0xA1);
PC_INTERFACE(IMiniportWaveRTStreamNotification)
{
    PC_UNKNOWN_METHODS(IMiniportWaveRTStreamNotification)
    PC_WAVERT_STREAM_METHODS(IMiniportWaveRTStreamNotification)
    NTSTATUS(NTAPI * AllocateBufferWithNotification)
    (IMiniportWaveRTStreamNotification * self, ULONG notificationCount, ULONG requestedSize, PMDL * mdl,
     ULONG * actualSize, ULONG * offsetFromFirstPage, MEMORY_CACHING_TYPE * cacheType);
    VOID(NTAPI * FreeBufferWithNotification)(IMiniportWaveRTStreamNotification * self, PMDL mdl, ULONG bufferSize);
    NTSTATUS(NTAPI * RegisterNotificationEvent)(IMiniportWaveRTStreamNotification * self, PKEVENT event);
    NTSTATUS(NTAPI * UnregisterNotificationEvent)(IMiniportWaveRTStreamNotification * self, PKEVENT event);
};
typedef IMiniportWaveRTStreamNotification *PMINIPORTWAVERTSTREAMNOTIFICATION;

DEFINE_GUID(IID_IMiniportWaveRT, 0x0F9FC4D6, 0x6061, 0x4F3C, 0xB1, 0xFC, 0x07, 0x5E, 0x35, 0xF7, 0x96, 0x0A);
PC_INTERFACE(IMiniportWaveRT)
{
    PC_UNKNOWN_METHODS(IMiniportWaveRT)
    PC_MINIPORT_METHODS(IMiniportWaveRT)
    NTSTATUS(NTAPI * Init)(IMiniportWaveRT * self, PUNKNOWN adapter, PRESOURCELIST resources, PPORTWAVERT port);
    NTSTATUS(NTAPI * NewStream)
    (IMiniportWaveRT * self, PMINIPORTWAVERTSTREAM * stream, PPORTWAVERTSTREAM portStream, ULONG pin, BOOLEAN capture,
     PKSDATAFORMAT format);
    NTSTATUS(NTAPI * GetDeviceDescription)(IMiniportWaveRT * self, PDEVICE_DESCRIPTION description);
};
typedef IMiniportWaveRT *PMINIPORTWAVERT;

DEFINE_GUID(IID_IAdapterPowerManagement, 0x793417D0, 0x35FE, 0x11D1, 0xAD, 0x08, 0x00, 0xA0, 0xC9, 0x0A, 0xB1, 0xB0);
PC_INTERFACE(IAdapterPowerManagement)
{
    PC_UNKNOWN_METHODS(IAdapterPowerManagement)
    VOID(NTAPI * PowerChangeState)(IAdapterPowerManagement * self, POWER_STATE state);
    NTSTATUS(NTAPI * QueryPowerChangeState)(IAdapterPowerManagement * self, POWER_STATE state);
    NTSTATUS(NTAPI * QueryDeviceCapabilities)(IAdapterPowerManagement * self, PDEVICE_CAPABILITIES capabilities);
};
typedef IAdapterPowerManagement *PADAPTERPOWERMANAGEMENT;

DEFINE_GUID(IID_IPowerNotify, 0x3DD648B8, 0x969F, 0x11D1, 0x95, 0xA9, 0x00, 0xC0, 0x4F, 0xB9, 0x25, 0xD3);
PC_INTERFACE(IPowerNotify)
{
    PC_UNKNOWN_METHODS(IPowerNotify)
    VOID(NTAPI * PowerChangeNotify)(IPowerNotify * self, POWER_STATE state);
};
typedef IPowerNotify *PPOWERNOTIFY;

/* ---- Functions ---- */

/* What PortCls keeps in front of an adapter driver's own device extension. */
#define PORT_CLASS_DEVICE_EXTENSION_SIZE (64 * sizeof(ULONG_PTR))

typedef NTSTATUS(NTAPI *PCPFNSTARTDEVICE)(PDEVICE_OBJECT deviceObject, PIRP irp, PRESOURCELIST resources);

NTSTATUS NTAPI PcInitializeAdapterDriver(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath,
                                         PDRIVER_ADD_DEVICE addDevice);
NTSTATUS NTAPI PcAddAdapterDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT physicalDeviceObject,
                                  PCPFNSTARTDEVICE startDevice, ULONG maxObjects, ULONG deviceExtensionSize);
NTSTATUS NTAPI PcNewPort(PPORT *port, const GUID *classId);
/* `name` is kept. */
NTSTATUS NTAPI PcRegisterSubdevice(PDEVICE_OBJECT deviceObject, PWSTR name, PUNKNOWN port);
NTSTATUS NTAPI PcRegisterPhysicalConnection(PDEVICE_OBJECT deviceObject, PUNKNOWN from, ULONG fromPin, PUNKNOWN to,
                                            ULONG toPin);
NTSTATUS NTAPI PcRegisterAdapterPowerManagement(PUNKNOWN adapter, PVOID deviceObject);
NTSTATUS NTAPI PcUnregisterAdapterPowerManagement(PDEVICE_OBJECT deviceObject);

/* ---- Layouts, from the declarations in the reference ---- */

#ifdef _WIN64
_Static_assert(sizeof(PCPROPERTY_ITEM) == 24 && offsetof(PCPROPERTY_ITEM, Handler) == 16, "portcls.h");
_Static_assert(sizeof(PCPROPERTY_REQUEST) == 72 && offsetof(PCPROPERTY_REQUEST, Value) == 56, "portcls.h");
_Static_assert(sizeof(PCEVENT_REQUEST) == 56 && offsetof(PCEVENT_REQUEST, Verb) == 40, "portcls.h");
_Static_assert(sizeof(PCAUTOMATION_TABLE) == 56 && offsetof(PCAUTOMATION_TABLE, Events) == 40, "portcls.h");
_Static_assert(offsetof(PCPIN_DESCRIPTOR, KsPinDescriptor) == 24, "portcls.h");
_Static_assert(sizeof(KSPIN_DESCRIPTOR) == 88 && sizeof(PCPIN_DESCRIPTOR) == 112, "ks.h");
_Static_assert(sizeof(PCNODE_DESCRIPTOR) == 32, "portcls.h");
_Static_assert(sizeof(PCFILTER_DESCRIPTOR) == 80 && offsetof(PCFILTER_DESCRIPTOR, Categories) == 72, "portcls.h");
_Static_assert(sizeof(KSRTAUDIO_HWREGISTER) == 40, "ksmedia.h");
#else
_Static_assert(sizeof(PCPROPERTY_ITEM) == 16, "portcls.h");
_Static_assert(sizeof(PCPROPERTY_REQUEST) == 40 && offsetof(PCPROPERTY_REQUEST, Value) == 32, "portcls.h");
_Static_assert(sizeof(PCEVENT_REQUEST) == 28, "portcls.h");
_Static_assert(sizeof(PCAUTOMATION_TABLE) == 40 && offsetof(PCAUTOMATION_TABLE, Events) == 32, "portcls.h");
_Static_assert(offsetof(PCPIN_DESCRIPTOR, KsPinDescriptor) == 16, "portcls.h");
_Static_assert(sizeof(KSPIN_DESCRIPTOR) == 48 && sizeof(PCPIN_DESCRIPTOR) == 64, "ks.h");
_Static_assert(sizeof(PCNODE_DESCRIPTOR) == 16, "portcls.h");
_Static_assert(sizeof(PCFILTER_DESCRIPTOR) == 48, "portcls.h");
_Static_assert(sizeof(KSRTAUDIO_HWREGISTER) == 32, "ksmedia.h");
#endif
_Static_assert(sizeof(KSRTAUDIO_HWLATENCY) == 12, "ksmedia.h");
_Static_assert(sizeof(KSJACK_DESCRIPTION) == 28 && sizeof(KSJACK_DESCRIPTION2) == 8, "ksmedia.h");

/* Places in the tables of methods, counted in the reference. */
#define PC_SLOT(type, method, slot) \
    _Static_assert(offsetof(type##Vtbl, method) == (slot) * sizeof(PVOID), #type "::" #method)
PC_SLOT(IResourceList, UntranslatedList, 10);
PC_SLOT(IPort, NewRegistryKey, 5);
PC_SLOT(IPortWaveRTStream, GetPhysicalPageAddress, 9);
PC_SLOT(IPortEvents, GenerateEventList, 4);
PC_SLOT(IMiniportTopology, Init, 5);
PC_SLOT(IMiniportWaveRT, GetDeviceDescription, 7);
PC_SLOT(IMiniportWaveRTStream, GetClockRegister, 10);
PC_SLOT(IMiniportWaveRTStreamNotification, UnregisterNotificationEvent, 14);
PC_SLOT(IAdapterPowerManagement, QueryDeviceCapabilities, 5);

#endif
