/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The I/O manager's structures as Windows 7 lays them out (wdm.h pages of the driver documentation); sizes and offsets
 * are asserted for both architectures. Drivers read and write them inline, so a field in the wrong place would be a bug
 * of the bench that looks like one of the driver.
 */
#ifndef NTHOST_WDM_TYPES_H
#define NTHOST_WDM_TYPES_H

#include <ntdef.h>
#include <stddef.h>

#define WDM_64 (sizeof(void *) == 8)
/* Windows aligns these parameters like a pointer on amd64. */
#define POINTER_ALIGNMENT __attribute__((aligned(sizeof(void *))))
#if defined(__i386__)
#define PACKED_4 __attribute__((packed, aligned(4))) /* pshpack4.h, on x86 only */
#else
#define PACKED_4
#endif

typedef struct _DEVICE_OBJECT DEVICE_OBJECT, *PDEVICE_OBJECT;
typedef struct _DRIVER_OBJECT DRIVER_OBJECT, *PDRIVER_OBJECT;
typedef struct _FILE_OBJECT FILE_OBJECT, *PFILE_OBJECT;
typedef struct _IRP IRP, *PIRP;

typedef struct _GUID {
    ULONG Data1;
    USHORT Data2, Data3;
    UCHAR Data4[8];
} GUID;

typedef struct _KEVENT {
    UCHAR Type, Absolute, Size, Inserted;
    LONG SignalState;
    LIST_ENTRY WaitListHead;
} KEVENT, *PKEVENT;

typedef struct _IO_STATUS_BLOCK {
    union {
        NTSTATUS Status;
        PVOID Pointer;
    };
    ULONG_PTR Information;
} IO_STATUS_BLOCK, *PIO_STATUS_BLOCK;

typedef struct _MDL {
    struct _MDL *Next;
    CSHORT Size, MdlFlags;
    PVOID Process, MappedSystemVa, StartVa;
    ULONG ByteCount, ByteOffset;
} MDL, *PMDL;

typedef struct _DRIVER_EXTENSION {
    PDRIVER_OBJECT DriverObject;
    PVOID AddDevice;
    ULONG Count;
    UNICODE_STRING ServiceKeyName;
} DRIVER_EXTENSION, *PDRIVER_EXTENSION;

#define IRP_MJ_CREATE 0x00
#define IRP_MJ_CLOSE 0x02
#define IRP_MJ_READ 0x03
#define IRP_MJ_WRITE 0x04
#define IRP_MJ_DEVICE_CONTROL 0x0e
#define IRP_MJ_INTERNAL_DEVICE_CONTROL 0x0f
#define IRP_MJ_CLEANUP 0x12
#define IRP_MJ_POWER 0x16
#define IRP_MJ_SYSTEM_CONTROL 0x17
#define IRP_MJ_PNP 0x1b
#define IRP_MJ_COUNT 0x1c

#define IRP_MN_START_DEVICE 0x00
#define IRP_MN_QUERY_REMOVE_DEVICE 0x01
#define IRP_MN_REMOVE_DEVICE 0x02
#define IRP_MN_CANCEL_REMOVE_DEVICE 0x03
#define IRP_MN_STOP_DEVICE 0x04
#define IRP_MN_QUERY_STOP_DEVICE 0x05
#define IRP_MN_CANCEL_STOP_DEVICE 0x06
#define IRP_MN_QUERY_DEVICE_RELATIONS 0x07
#define IRP_MN_QUERY_INTERFACE 0x08
#define IRP_MN_QUERY_CAPABILITIES 0x09
#define IRP_MN_READ_CONFIG 0x0f
#define IRP_MN_WRITE_CONFIG 0x10
#define IRP_MN_QUERY_ID 0x13
#define IRP_MN_QUERY_PNP_DEVICE_STATE 0x14
#define IRP_MN_SURPRISE_REMOVAL 0x17
#define IRP_MN_WAIT_WAKE 0x00
#define IRP_MN_SET_POWER 0x02
#define IRP_MN_QUERY_POWER 0x03

struct _DRIVER_OBJECT {
    CSHORT Type, Size;
    PDEVICE_OBJECT DeviceObject;
    ULONG Flags;
    PVOID DriverStart;
    ULONG DriverSize;
    PVOID DriverSection;
    PDRIVER_EXTENSION DriverExtension;
    UNICODE_STRING DriverName;
    PUNICODE_STRING HardwareDatabase;
    PVOID FastIoDispatch, DriverInit, DriverStartIo, DriverUnload;
    PVOID MajorFunction[IRP_MJ_COUNT];
};

typedef struct _DEVOBJ_EXTENSION {
    CSHORT Type;
    USHORT Size;
    PDEVICE_OBJECT DeviceObject;
} DEVOBJ_EXTENSION, *PDEVOBJ_EXTENSION;

#define DO_BUFFERED_IO 0x04u
#define DO_DIRECT_IO 0x10u
#define DO_DEVICE_HAS_NAME 0x40u
#define DO_DEVICE_INITIALIZING 0x80u
#define DO_BUS_ENUMERATED_DEVICE 0x1000u
#define DO_POWER_PAGABLE 0x2000u

struct __attribute__((aligned(2 * sizeof(void *)))) _DEVICE_OBJECT {
    CSHORT Type;
    USHORT Size;
    LONG ReferenceCount;
    PDRIVER_OBJECT DriverObject;
    PDEVICE_OBJECT NextDevice, AttachedDevice;
    PIRP CurrentIrp;
    PVOID Timer;
    ULONG Flags, Characteristics;
    PVOID Vpb, DeviceExtension;
    ULONG DeviceType;
    CHAR StackSize;
    UCHAR Queue[WDM_64 ? 72 : 40] POINTER_ALIGNMENT;
    ULONG AlignmentRequirement;
    UCHAR DeviceQueue[WDM_64 ? 40 : 20] POINTER_ALIGNMENT;
    UCHAR Dpc[WDM_64 ? 64 : 32] POINTER_ALIGNMENT;
    ULONG ActiveThreadCount;
    PVOID SecurityDescriptor;
    KEVENT DeviceLock;
    USHORT SectorSize, Spare1;
    PDEVOBJ_EXTENSION DeviceObjectExtension;
    PVOID Reserved;
};

struct _FILE_OBJECT {
    CSHORT Type, Size;
    PDEVICE_OBJECT DeviceObject;
    PVOID Vpb, FsContext, FsContext2, SectionObjectPointer, PrivateCacheMap;
    NTSTATUS FinalStatus;
    PFILE_OBJECT RelatedFileObject;
    BOOLEAN LockOperation, DeletePending, ReadAccess, WriteAccess, DeleteAccess, SharedRead, SharedWrite, SharedDelete;
    ULONG Flags;
    UNICODE_STRING FileName;
    LARGE_INTEGER CurrentByteOffset;
    ULONG Waiters, Busy;
    PVOID LastLock;
    KEVENT Lock, Event;
    PVOID CompletionContext;
    ULONG_PTR IrpListLock;
    LIST_ENTRY IrpList;
    PVOID FileObjectExtension;
};

typedef union _POWER_STATE {
    LONG SystemState, DeviceState;
} POWER_STATE;
enum { SYSTEM_POWER_STATE_TYPE, DEVICE_POWER_STATE_TYPE };
enum { SYSTEM_WORKING = 1, SYSTEM_SLEEPING_1, SYSTEM_SLEEPING_2, SYSTEM_SLEEPING_3, SYSTEM_HIBERNATE, SYSTEM_SHUTDOWN };
enum { DEVICE_D0 = 1, DEVICE_D1, DEVICE_D2, DEVICE_D3 };

typedef struct _DEVICE_CAPABILITIES {
    USHORT Size, Version;
    ULONG Flags; /* DeviceD1:1, DeviceD2:1, ... as in the page's order */
    ULONG Address, UINumber;
    LONG DeviceState[7];
    LONG SystemWake, DeviceWake;
    ULONG D1Latency, D2Latency, D3Latency;
} DEVICE_CAPABILITIES, *PDEVICE_CAPABILITIES;
enum {
    CAPABILITY_REMOVABLE = 1 << 4,
    CAPABILITY_SILENT_INSTALL = 1 << 7,
    CAPABILITY_RAW = 1 << 8,
    CAPABILITY_SURPRISE_REMOVAL_OK = 1 << 9
};

enum { RESOURCE_PORT = 1, RESOURCE_INTERRUPT = 2, RESOURCE_MEMORY = 3 };
enum { INTERRUPT_LATCHED = 1, INTERRUPT_MESSAGE = 2 }; /* CM_RESOURCE_INTERRUPT_*; level sensitive is 0 */

typedef struct PACKED_4 _CM_PARTIAL_RESOURCE_DESCRIPTOR {
    UCHAR Type, ShareDisposition;
    USHORT Flags;
    union PACKED_4 {
        struct PACKED_4 {
            ULONGLONG Start PACKED_4;
            ULONG Length;
        } Memory;
        struct {
            ULONG Level, Vector;
            KAFFINITY Affinity;
        } Interrupt;
        struct {
            USHORT Group, MessageCount;
            ULONG Vector;
            KAFFINITY Affinity;
        } MessageRaw;
        ULONG Words[4 - !WDM_64];
    } __attribute__((packed, aligned(4))) u;
} __attribute__((packed, aligned(4))) CM_PARTIAL_RESOURCE_DESCRIPTOR, *PCM_PARTIAL_RESOURCE_DESCRIPTOR;

typedef struct __attribute__((packed, aligned(4))) _CM_RESOURCE_LIST {
    ULONG Count;
    ULONG InterfaceType, BusNumber; /* of the one full descriptor */
    USHORT Version, Revision;
    ULONG PartialCount;
    CM_PARTIAL_RESOURCE_DESCRIPTOR Partial[];
} CM_RESOURCE_LIST, *PCM_RESOURCE_LIST;

typedef struct _INTERFACE {
    USHORT Size, Version;
    PVOID Context, InterfaceReference, InterfaceDereference;
} INTERFACE, *PINTERFACE;

typedef struct _DEVICE_RELATIONS {
    ULONG Count;
    PDEVICE_OBJECT Objects[1];
} DEVICE_RELATIONS, *PDEVICE_RELATIONS;

#define SL_PENDING_RETURNED 0x01u
#define SL_INVOKE_ON_CANCEL 0x20u
#define SL_INVOKE_ON_SUCCESS 0x40u
#define SL_INVOKE_ON_ERROR 0x80u

typedef struct PACKED_4 _IO_STACK_LOCATION {
    UCHAR MajorFunction, MinorFunction, Flags, Control;
    union PACKED_4 {
        struct {
            PVOID SecurityContext;
            ULONG Options;
            USHORT POINTER_ALIGNMENT FileAttributes;
            USHORT ShareAccess;
            ULONG POINTER_ALIGNMENT EaLength;
        } Create;
        struct PACKED_4 {
            ULONG Length;
            ULONG POINTER_ALIGNMENT Key;
            LONGLONG ByteOffset;
        } Read;
        struct {
            ULONG OutputBufferLength;
            ULONG POINTER_ALIGNMENT InputBufferLength;
            ULONG POINTER_ALIGNMENT IoControlCode;
            PVOID Type3InputBuffer;
        } DeviceIoControl;
        struct {
            ULONG Type;
        } QueryDeviceRelations;
        struct {
            const GUID *InterfaceType;
            USHORT Size, Version;
            PINTERFACE Interface;
            PVOID InterfaceSpecificData;
        } QueryInterface;
        struct {
            PDEVICE_CAPABILITIES Capabilities;
        } DeviceCapabilities;
        struct {
            ULONG WhichSpace;
            PVOID Buffer;
            ULONG Offset;
            ULONG POINTER_ALIGNMENT Length;
        } ReadWriteConfig;
        struct {
            ULONG IdType;
        } QueryId;
        struct {
            LONG PowerState;
        } WaitWake;
        struct {
            ULONG SystemContext;
            ULONG POINTER_ALIGNMENT Type;
            POWER_STATE POINTER_ALIGNMENT State;
            ULONG POINTER_ALIGNMENT ShutdownType;
        } Power;
        struct {
            PCM_RESOURCE_LIST AllocatedResources, AllocatedResourcesTranslated;
        } StartDevice;
        struct {
            PVOID Argument[4];
        } Others;
    } Parameters;
    PDEVICE_OBJECT DeviceObject;
    PFILE_OBJECT FileObject;
    PVOID CompletionRoutine, Context;
} IO_STACK_LOCATION, *PIO_STACK_LOCATION;

#define IRP_BUFFERED_IO 0x10u
#define IRP_DEALLOCATE_BUFFER 0x20u
#define IRP_INPUT_OPERATION 0x40u

struct _IRP {
    CSHORT Type;
    USHORT Size;
    PMDL MdlAddress;
    ULONG Flags;
    union {
        PIRP MasterIrp;
        LONG IrpCount;
        PVOID SystemBuffer;
    } AssociatedIrp;
    LIST_ENTRY ThreadListEntry;
    IO_STATUS_BLOCK IoStatus;
    CHAR RequestorMode;
    BOOLEAN PendingReturned;
    CHAR StackCount, CurrentLocation;
    BOOLEAN Cancel;
    KIRQL CancelIrql;
    CHAR ApcEnvironment;
    UCHAR AllocationFlags;
    PIO_STATUS_BLOCK UserIosb;
    PKEVENT UserEvent;
    union {
        struct {
            PVOID UserApcRoutine, UserApcContext;
        } AsynchronousParameters;
        LARGE_INTEGER AllocationSize;
    } Overlay;
    PVOID CancelRoutine, UserBuffer;
    union {
        struct {
            PVOID DriverContext[4];
            PVOID Thread, AuxiliaryBuffer;
            LIST_ENTRY ListEntry;
            PIO_STACK_LOCATION CurrentStackLocation;
            PFILE_OBJECT OriginalFileObject;
        } Overlay;
        UCHAR Apc[WDM_64 ? 88 : 48];
    } Tail;
};

#define WDM_ASSERT(expression, amd64, x86) _Static_assert((expression) == (WDM_64 ? (amd64) : (x86)), #expression)
WDM_ASSERT(sizeof(KEVENT), 24, 16);
WDM_ASSERT(sizeof(MDL), 48, 28);
WDM_ASSERT(sizeof(DRIVER_EXTENSION), 40, 20);
WDM_ASSERT(sizeof(DRIVER_OBJECT), 336, 168);
WDM_ASSERT(offsetof(DRIVER_OBJECT, DriverUnload), 0x68, 0x34);
WDM_ASSERT(sizeof(DEVICE_OBJECT), 336, 184);
WDM_ASSERT(offsetof(DEVICE_OBJECT, StackSize), 0x4c, 0x30);
WDM_ASSERT(offsetof(DEVICE_OBJECT, Queue), 0x50, 0x34);
WDM_ASSERT(offsetof(DEVICE_OBJECT, AlignmentRequirement), 0x98, 0x5c);
WDM_ASSERT(offsetof(DEVICE_OBJECT, DeviceLock), 0x118, 0x9c);
WDM_ASSERT(offsetof(DEVICE_OBJECT, DeviceObjectExtension), 0x138, 0xb0);
WDM_ASSERT(sizeof(FILE_OBJECT), 216, 128);
WDM_ASSERT(offsetof(FILE_OBJECT, FileName), 0x58, 0x30);
WDM_ASSERT(sizeof(DEVICE_CAPABILITIES), 64, 64);
WDM_ASSERT(offsetof(DEVICE_CAPABILITIES, D3Latency), 0x3c, 0x3c);
WDM_ASSERT(sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR), 20, 16);
WDM_ASSERT(sizeof(CM_RESOURCE_LIST), 20, 20);
WDM_ASSERT(sizeof(IO_STACK_LOCATION), 72, 36);
WDM_ASSERT(offsetof(IO_STACK_LOCATION, Parameters), 8, 4);
WDM_ASSERT(offsetof(IO_STACK_LOCATION, DeviceObject), 0x28, 0x14);
WDM_ASSERT(offsetof(IO_STACK_LOCATION, Parameters.DeviceIoControl.Type3InputBuffer), 0x20, 0x10);
WDM_ASSERT(offsetof(IO_STACK_LOCATION, Parameters.Power.ShutdownType), 0x20, 0x10);
WDM_ASSERT(offsetof(IO_STACK_LOCATION, Parameters.QueryInterface.Interface), 0x18, 0xc);
WDM_ASSERT(sizeof(IRP), 208, 112);
WDM_ASSERT(offsetof(IRP, IoStatus), 0x30, 0x18);
WDM_ASSERT(offsetof(IRP, CancelRoutine), 0x68, 0x38);
WDM_ASSERT(offsetof(IRP, Tail), 0x78, 0x40);
WDM_ASSERT(offsetof(IRP, Tail.Overlay.CurrentStackLocation), 0xb8, 0x60);

#endif
