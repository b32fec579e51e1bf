/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The interface between a StorPort miniport and storport.sys on Windows 7, as far as this project uses it.
 *
 * Declared from the public documentation (Windows driver DDI reference, headers storport.h and srb.h); layouts are
 * asserted in storport_abi.h for both architectures. Callbacks run as the documentation page "StorPortAcquireSpinLock"
 * tabulates them:
 *
 *   callback                        IRQL              lock held            may take
 *   HwStorFindAdapter               PASSIVE           -                    -
 *   HwStorInitialize                DIRQL             Interrupt            -
 *   HwStorPassiveInitialize         PASSIVE           -                    -
 *   HwStorBuildIo                   <= DISPATCH       -                    Dpc, StartIo, Interrupt
 *   HwStorStartIo (full duplex)     DISPATCH          StartIo              Dpc, Interrupt
 *   HwStorInterrupt, HwMSInterrupt  DIRQL             Interrupt            -
 *   HwStorDpcRoutine                DISPATCH          -                    Dpc, StartIo, Interrupt
 *   HwStorTimer, HwStorResetBus     DISPATCH          StartIo              Interrupt
 *   HwStorAdapterControl            stop, restart: DIRQL with Interrupt; the rest PASSIVE without a lock
 *
 * In dump mode everything runs at HIGH_LEVEL without locks ("Restrictions on Miniport Drivers that Manage the Boot
 * Drive").
 * <ntdef.h> is mingw-w64's for drivers and nthost's own for the bench.
 */
#ifndef AERO_DDK_STORPORT_H
#define AERO_DDK_STORPORT_H

#include <ntdef.h>

#ifndef NTAPIV
#define NTAPIV __cdecl
#endif

/* The symbols are imported from storport.sys; without dllimport a call goes through a jump stub. */
#ifdef _WIN32
#define STORPORT_API __declspec(dllimport)
#else
#define STORPORT_API
#endif

/* ---- SCSI request blocks (srb.h) ---- */

enum {
    SRB_FUNCTION_EXECUTE_SCSI = 0x00,
    SRB_FUNCTION_IO_CONTROL = 0x02,
    SRB_FUNCTION_SHUTDOWN = 0x07,
    SRB_FUNCTION_FLUSH = 0x08,
    SRB_FUNCTION_ABORT_COMMAND = 0x10,
    SRB_FUNCTION_RESET_BUS = 0x12,
    SRB_FUNCTION_RESET_DEVICE = 0x13,
    SRB_FUNCTION_TERMINATE_IO = 0x14,
    SRB_FUNCTION_WMI = 0x17,
    SRB_FUNCTION_RESET_LOGICAL_UNIT = 0x20,
    SRB_FUNCTION_POWER = 0x24,
    SRB_FUNCTION_PNP = 0x25,
    SRB_FUNCTION_DUMP_POINTERS = 0x26,
};

enum {
    SRB_STATUS_PENDING = 0x00,
    SRB_STATUS_SUCCESS = 0x01,
    SRB_STATUS_ABORTED = 0x02,
    SRB_STATUS_ABORT_FAILED = 0x03,
    SRB_STATUS_ERROR = 0x04,
    SRB_STATUS_BUSY = 0x05,
    SRB_STATUS_INVALID_REQUEST = 0x06,
    SRB_STATUS_INVALID_PATH_ID = 0x07,
    SRB_STATUS_NO_DEVICE = 0x08,
    SRB_STATUS_TIMEOUT = 0x09,
    SRB_STATUS_SELECTION_TIMEOUT = 0x0A,
    SRB_STATUS_COMMAND_TIMEOUT = 0x0B,
    SRB_STATUS_MESSAGE_REJECTED = 0x0D,
    SRB_STATUS_BUS_RESET = 0x0E,
    SRB_STATUS_PARITY_ERROR = 0x0F,
    SRB_STATUS_NO_HBA = 0x11,
    SRB_STATUS_DATA_OVERRUN = 0x12,
    SRB_STATUS_PHASE_SEQUENCE_FAILURE = 0x14,
    SRB_STATUS_BAD_SRB_BLOCK_LENGTH = 0x15,
    SRB_STATUS_REQUEST_FLUSHED = 0x16,
    SRB_STATUS_INVALID_LUN = 0x20,
    SRB_STATUS_INVALID_TARGET_ID = 0x21,
    SRB_STATUS_BAD_FUNCTION = 0x22,
    SRB_STATUS_NOT_POWERED = 0x24,
    SRB_STATUS_QUEUE_FROZEN = 0x40, /* set by the port driver only */
    SRB_STATUS_AUTOSENSE_VALID = 0x80,
};

#define SRB_FLAGS_DISABLE_AUTOSENSE 0x00000020u
#define SRB_FLAGS_DATA_IN 0x00000040u
#define SRB_FLAGS_DATA_OUT 0x00000080u

typedef struct _SCSI_REQUEST_BLOCK {
    USHORT Length;
    UCHAR Function;
    UCHAR SrbStatus;
    UCHAR ScsiStatus;
    UCHAR PathId;
    UCHAR TargetId;
    UCHAR Lun;
    UCHAR QueueTag;
    UCHAR QueueAction;
    UCHAR CdbLength;
    UCHAR SenseInfoBufferLength;
    ULONG SrbFlags;
    ULONG DataTransferLength; /* bytes */
    ULONG TimeOutValue;       /* seconds */
    PVOID DataBuffer;
    PVOID SenseInfoBuffer;
    struct _SCSI_REQUEST_BLOCK *NextSrb;
    PVOID OriginalRequest;
    PVOID SrbExtension;
    union {
        ULONG InternalStatus;
        ULONG QueueSortKey;
        ULONG LinkTimeoutValue;
    };
#if defined(_WIN64) || defined(__x86_64__)
    ULONG Reserved;
#endif
    UCHAR Cdb[16];
} SCSI_REQUEST_BLOCK, *PSCSI_REQUEST_BLOCK;

typedef enum _STOR_PNP_ACTION {
    StorStartDevice = 0x00,
    StorRemoveDevice = 0x02,
    StorStopDevice = 0x04,
    StorQueryCapabilities = 0x09,
    StorQueryResourceRequirements = 0x0B,
    StorFilterResourceRequirements = 0x0D,
    StorSurpriseRemoval = 0x17,
} STOR_PNP_ACTION;

#define SRB_PNP_FLAGS_ADAPTER_REQUEST 0x1u

/* SRB_FUNCTION_PNP: the same block read with these names. */
typedef struct _SCSI_PNP_REQUEST_BLOCK {
    USHORT Length;
    UCHAR Function;
    UCHAR SrbStatus;
    UCHAR PnPSubFunction;
    UCHAR PathId;
    UCHAR TargetId;
    UCHAR Lun;
    STOR_PNP_ACTION PnPAction;
    ULONG SrbFlags;
    ULONG DataTransferLength;
    ULONG TimeOutValue;
    PVOID DataBuffer;
    PVOID SenseInfoBuffer;
    struct _SCSI_REQUEST_BLOCK *NextSrb;
    PVOID OriginalRequest;
    PVOID SrbExtension;
    ULONG SrbPnPFlags;
#if defined(_WIN64) || defined(__x86_64__)
    ULONG Reserved;
#endif
    UCHAR Reserved4[16];
} SCSI_PNP_REQUEST_BLOCK, *PSCSI_PNP_REQUEST_BLOCK;

typedef struct _STOR_DEVICE_CAPABILITIES {
    USHORT Version;
    USHORT Padding; /* compilers differ on where a bit field after a USHORT starts */
    ULONG DeviceD1 : 1, DeviceD2 : 1, LockSupported : 1, EjectSupported : 1, Removable : 1, DockDevice : 1,
        UniqueID : 1, SilentInstall : 1, SurpriseRemovalOK : 1, NoDisplayInUI : 1;
} STOR_DEVICE_CAPABILITIES, *PSTOR_DEVICE_CAPABILITIES;

typedef enum _STOR_DEVICE_POWER_STATE {
    StorPowerDeviceUnspecified = 0,
    StorPowerDeviceD0,
    StorPowerDeviceD1,
    StorPowerDeviceD2,
    StorPowerDeviceD3,
} STOR_DEVICE_POWER_STATE;

#define SRB_POWER_FLAGS_ADAPTER_REQUEST 0x1u

/* SRB_FUNCTION_POWER. */
typedef struct _SCSI_POWER_REQUEST_BLOCK {
    USHORT Length;
    UCHAR Function;
    UCHAR SrbStatus;
    UCHAR SrbPowerFlags;
    UCHAR PathId;
    UCHAR TargetId;
    UCHAR Lun;
    STOR_DEVICE_POWER_STATE DevicePowerState;
    ULONG SrbFlags;
    ULONG DataTransferLength;
    ULONG TimeOutValue;
    PVOID DataBuffer;
    PVOID SenseInfoBuffer;
    struct _SCSI_REQUEST_BLOCK *NextSrb;
    PVOID OriginalRequest;
    PVOID SrbExtension;
    ULONG PowerAction; /* STOR_POWER_ACTION */
#if defined(_WIN64) || defined(__x86_64__)
    ULONG Reserved;
#endif
    UCHAR Reserved5[16];
} SCSI_POWER_REQUEST_BLOCK, *PSCSI_POWER_REQUEST_BLOCK;

/* SRB_FUNCTION_IO_CONTROL: header of the data buffer (ntddscsi.h). */
typedef struct _SRB_IO_CONTROL {
    ULONG HeaderLength;
    UCHAR Signature[8];
    ULONG Timeout;
    ULONG ControlCode;
    ULONG ReturnCode;
    ULONG Length; /* of the data after the header, bytes */
} SRB_IO_CONTROL, *PSRB_IO_CONTROL;

/* ---- What a miniport tells StorPort of its adapter ---- */

typedef enum _INTERFACE_TYPE { InterfaceTypeUndefined = -1, Internal = 0, PCIBus = 5 } INTERFACE_TYPE;
typedef enum _KINTERRUPT_MODE { LevelSensitive, Latched } KINTERRUPT_MODE;
typedef enum _DMA_WIDTH { Width8Bits, Width16Bits, Width32Bits, Width64Bits } DMA_WIDTH;
typedef enum _DMA_SPEED { Compatible, TypeA, TypeB, TypeC, TypeF } DMA_SPEED;
typedef enum _BUS_DATA_TYPE { PCIConfiguration = 4 } BUS_DATA_TYPE;

#ifndef _WIN32
typedef PHYSICAL_ADDRESS STOR_PHYSICAL_ADDRESS;
#else
typedef LARGE_INTEGER STOR_PHYSICAL_ADDRESS;
#endif

typedef struct _ACCESS_RANGE {
    STOR_PHYSICAL_ADDRESS RangeStart;
    ULONG RangeLength;
    BOOLEAN RangeInMemory;
} ACCESS_RANGE, *PACCESS_RANGE;

typedef struct _MEMORY_REGION {
    PUCHAR VirtualBase;
    STOR_PHYSICAL_ADDRESS PhysicalBase;
    ULONG Length;
} MEMORY_REGION, *PMEMORY_REGION;

typedef enum _STOR_SYNCHRONIZATION_MODEL {
    StorSynchronizeHalfDuplex,
    StorSynchronizeFullDuplex,
} STOR_SYNCHRONIZATION_MODEL;

typedef enum _INTERRUPT_SYNCHRONIZATION_MODE {
    InterruptSupportNone,
    InterruptSynchronizeAll,
    InterruptSynchronizePerMessage,
} INTERRUPT_SYNCHRONIZATION_MODE;

typedef BOOLEAN(NTAPI *PHW_MESSAGE_SIGNALED_INTERRUPT_ROUTINE)(PVOID deviceExtension, ULONG messageId);

/* Older port drivers hand out a shorter block: fields past Length do not exist. */
typedef struct _PORT_CONFIGURATION_INFORMATION {
    ULONG Length;
    ULONG SystemIoBusNumber;
    INTERFACE_TYPE AdapterInterfaceType;
    ULONG BusInterruptLevel;
    ULONG BusInterruptVector;
    KINTERRUPT_MODE InterruptMode;
    ULONG MaximumTransferLength; /* bytes */
    ULONG NumberOfPhysicalBreaks;
    ULONG DmaChannel;
    ULONG DmaPort;
    DMA_WIDTH DmaWidth;
    DMA_SPEED DmaSpeed;
    ULONG AlignmentMask;
    ULONG NumberOfAccessRanges;
    PACCESS_RANGE AccessRanges;
    PVOID Reserved;
    UCHAR NumberOfBuses;
    CHAR InitiatorBusId[8];
    BOOLEAN ScatterGather;
    BOOLEAN Master;
    BOOLEAN CachesData;
    BOOLEAN AdapterScansDown;
    BOOLEAN AtdiskPrimaryClaimed;
    BOOLEAN AtdiskSecondaryClaimed;
    BOOLEAN Dma32BitAddresses;
    BOOLEAN DemandMode;
    UCHAR MapBuffers;
    BOOLEAN NeedPhysicalAddresses;
    BOOLEAN TaggedQueuing;
    BOOLEAN AutoRequestSense;
    BOOLEAN MultipleRequestPerLu;
    BOOLEAN ReceiveEvent;
    BOOLEAN RealModeInitialized;
    BOOLEAN BufferAccessScsiPortControlled;
    UCHAR MaximumNumberOfTargets;
    UCHAR ReservedUchars[2];
    ULONG SlotNumber;
    ULONG BusInterruptLevel2;
    ULONG BusInterruptVector2;
    KINTERRUPT_MODE InterruptMode2;
    ULONG DmaChannel2;
    ULONG DmaPort2;
    DMA_WIDTH DmaWidth2;
    DMA_SPEED DmaSpeed2;
    ULONG DeviceExtensionSize;
    ULONG SpecificLuExtensionSize;
    ULONG SrbExtensionSize;
    UCHAR Dma64BitAddresses;
    BOOLEAN ResetTargetSupported;
    UCHAR MaximumNumberOfLogicalUnits;
    BOOLEAN WmiDataProvider;
    STOR_SYNCHRONIZATION_MODEL SynchronizationModel;
    PHW_MESSAGE_SIGNALED_INTERRUPT_ROUTINE HwMSInterruptRoutine;
    INTERRUPT_SYNCHRONIZATION_MODE InterruptSynchronizationMode;
    MEMORY_REGION DumpRegion;
    ULONG RequestedDumpBufferSize;
    BOOLEAN VirtualDevice;
    ULONG ExtendedFlags1;
    ULONG MaxNumberOfIO;
} PORT_CONFIGURATION_INFORMATION, *PPORT_CONFIGURATION_INFORMATION;

#define STOR_MAP_NO_BUFFERS 0u
#define STOR_MAP_ALL_BUFFERS 1u
#define STOR_MAP_NON_READ_WRITE_BUFFERS 2u

#define SCSI_DMA64_MINIPORT_SUPPORTED 0x01u
#define SCSI_DMA64_SYSTEM_SUPPORTED 0x80u

enum { SP_RETURN_NOT_FOUND = 0, SP_RETURN_FOUND = 1, SP_RETURN_ERROR = 2, SP_RETURN_BAD_CONFIG = 3 };

typedef enum _SCSI_ADAPTER_CONTROL_TYPE {
    ScsiQuerySupportedControlTypes,
    ScsiStopAdapter,
    ScsiRestartAdapter,
    ScsiSetBootConfig,
    ScsiSetRunningConfig,
    ScsiPowerSettingNotification,
} SCSI_ADAPTER_CONTROL_TYPE;

typedef enum _SCSI_ADAPTER_CONTROL_STATUS {
    ScsiAdapterControlSuccess,
    ScsiAdapterControlUnsuccessful,
} SCSI_ADAPTER_CONTROL_STATUS;

typedef struct _SCSI_SUPPORTED_CONTROL_TYPE_LIST {
    ULONG MaxControlType;
    BOOLEAN SupportedTypeList[]; /* MaxControlType of them */
} SCSI_SUPPORTED_CONTROL_TYPE_LIST, *PSCSI_SUPPORTED_CONTROL_TYPE_LIST;

typedef BOOLEAN(NTAPI *PHW_INITIALIZE)(PVOID deviceExtension);
typedef BOOLEAN(NTAPI *PHW_BUILDIO)(PVOID deviceExtension, PSCSI_REQUEST_BLOCK srb);
typedef BOOLEAN(NTAPI *PHW_STARTIO)(PVOID deviceExtension, PSCSI_REQUEST_BLOCK srb);
typedef BOOLEAN(NTAPI *PHW_INTERRUPT)(PVOID deviceExtension);
typedef VOID(NTAPI *PHW_TIMER)(PVOID deviceExtension);
typedef BOOLEAN(NTAPI *PHW_RESET_BUS)(PVOID deviceExtension, ULONG pathId);
typedef BOOLEAN(NTAPI *PHW_PASSIVE_INITIALIZE_ROUTINE)(PVOID deviceExtension);
typedef ULONG(NTAPI *PHW_FIND_ADAPTER)(PVOID deviceExtension, PVOID hwContext, PVOID busInformation,
                                       PCHAR argumentString, PPORT_CONFIGURATION_INFORMATION configInfo,
                                       PBOOLEAN reserved3);
typedef SCSI_ADAPTER_CONTROL_STATUS(NTAPI *PHW_ADAPTER_CONTROL)(PVOID deviceExtension,
                                                                SCSI_ADAPTER_CONTROL_TYPE controlType,
                                                                PVOID parameters);

typedef struct _HW_INITIALIZATION_DATA {
    ULONG HwInitializationDataSize;
    INTERFACE_TYPE AdapterInterfaceType;
    PHW_INITIALIZE HwInitialize;
    PHW_STARTIO HwStartIo;
    PHW_INTERRUPT HwInterrupt;
    PVOID HwFindAdapter; /* PHW_FIND_ADAPTER */
    PHW_RESET_BUS HwResetBus;
    PVOID HwDmaStarted;
    PVOID HwAdapterState;
    ULONG DeviceExtensionSize;
    ULONG SpecificLuExtensionSize;
    ULONG SrbExtensionSize;
    ULONG NumberOfAccessRanges;
    PVOID Reserved;
    UCHAR MapBuffers;
    BOOLEAN NeedPhysicalAddresses;
    BOOLEAN TaggedQueuing;
    BOOLEAN AutoRequestSense;
    BOOLEAN MultipleRequestPerLu;
    BOOLEAN ReceiveEvent;
    USHORT VendorIdLength;
    PVOID VendorId;
    USHORT PortVersionFlags;
    USHORT DeviceIdLength;
    PVOID DeviceId;
    PHW_ADAPTER_CONTROL HwAdapterControl;
    PHW_BUILDIO HwBuildIo;
} HW_INITIALIZATION_DATA, *PHW_INITIALIZATION_DATA;

/* ---- Scatter/gather, interrupts, DPCs, locks ---- */

/* Walk List through a pointer: a compiler may take a trailing [1] at its word. */
typedef struct _STOR_SCATTER_GATHER_ELEMENT {
    STOR_PHYSICAL_ADDRESS PhysicalAddress;
    ULONG Length;
    ULONG_PTR Reserved;
} STOR_SCATTER_GATHER_ELEMENT, *PSTOR_SCATTER_GATHER_ELEMENT;

typedef struct _STOR_SCATTER_GATHER_LIST {
    ULONG NumberOfElements;
    ULONG_PTR Reserved;
    STOR_SCATTER_GATHER_ELEMENT List[];
} STOR_SCATTER_GATHER_LIST, *PSTOR_SCATTER_GATHER_LIST;

typedef struct _MESSAGE_INTERRUPT_INFORMATION {
    ULONG MessageId;
    ULONG MessageData;
    STOR_PHYSICAL_ADDRESS MessageAddress;
    ULONG InterruptVector;
    ULONG InterruptLevel;
    KINTERRUPT_MODE InterruptMode;
} MESSAGE_INTERRUPT_INFORMATION, *PMESSAGE_INTERRUPT_INFORMATION;

typedef struct _STOR_DPC { /* a KDPC and its lock; opaque */
    ULONG_PTR Dpc[8];
    ULONG_PTR Lock;
} STOR_DPC, *PSTOR_DPC;

typedef VOID(NTAPI *PHW_DPC_ROUTINE)(PSTOR_DPC dpc, PVOID deviceExtension, PVOID systemArgument1,
                                     PVOID systemArgument2);

typedef enum _STOR_SPINLOCK { DpcLock = 1, StartIoLock, InterruptLock } STOR_SPINLOCK;

typedef struct _STOR_LOCK_HANDLE {
    STOR_SPINLOCK Lock;
    struct {
        ULONG_PTR Opaque[3]; /* queued spin lock and old IRQL */
    } Context;
} STOR_LOCK_HANDLE, *PSTOR_LOCK_HANDLE;

typedef enum _SCSI_NOTIFICATION_TYPE {
    RequestComplete,
    NextRequest,
    NextLuRequest,
    ResetDetected,
    RequestTimerCall = 6,
    BusChangeDetected,
    WMIEvent,
    WMIReregister,
    LinkUp,
    LinkDown,
    QueryTickCount,
    BufferOverrunDetected,
    TraceNotification,
    GetExtendedFunctionTable,
    EnablePassiveInitialization = 0x1000,
    InitializeDpc,
    IssueDpc,
    AcquireSpinLock,
    ReleaseSpinLock,
} SCSI_NOTIFICATION_TYPE;

typedef enum _STORPORT_FUNCTION_CODE {
    ExtFunctionAllocatePool = 0,
    ExtFunctionFreePool = 1,
    ExtFunctionGetMessageInterruptInformation = 13,
    ExtFunctionInitializePerformanceOptimizations = 14,
    ExtFunctionGetStartIoPerformanceParameters = 15,
    ExtFunctionLogSystemEvent = 16,
} STORPORT_FUNCTION_CODE;

#define STOR_STATUS_SUCCESS 0x00000000u
#define STOR_STATUS_UNSUCCESSFUL 0xC1000001u
#define STOR_STATUS_NOT_IMPLEMENTED 0xC1000002u
#define STOR_STATUS_INSUFFICIENT_RESOURCES 0xC1000003u
#define STOR_STATUS_INVALID_PARAMETER 0xC1000006u
#define STOR_STATUS_INVALID_DEVICE_REQUEST 0xC1000007u

/* Codes of StorPortLogError. */
enum {
    SP_BUS_PARITY_ERROR = 1,
    SP_UNEXPECTED_DISCONNECT,
    SP_INVALID_RESELECTION,
    SP_BUS_TIME_OUT,
    SP_PROTOCOL_ERROR,
    SP_INTERNAL_ADAPTER_ERROR,
    SP_REQUEST_TIMEOUT,
    SP_IRQ_NOT_RESPONDING,
    SP_BAD_FW_WARNING,
    SP_BAD_FW_ERROR,
};

/* ---- Routines exported by storport.sys (in dump mode: by the dump port driver) ---- */

STORPORT_API ULONG NTAPI StorPortInitialize(PVOID argument1, PVOID argument2, PHW_INITIALIZATION_DATA data,
                                            PVOID hwContext);
STORPORT_API VOID NTAPIV StorPortNotification(SCSI_NOTIFICATION_TYPE type, PVOID deviceExtension, ...);
STORPORT_API ULONG NTAPIV StorPortExtendedFunction(STORPORT_FUNCTION_CODE code, PVOID deviceExtension, ...);
STORPORT_API VOID NTAPI StorPortLogError(PVOID deviceExtension, PSCSI_REQUEST_BLOCK srb, UCHAR pathId, UCHAR targetId,
                                         UCHAR lun, ULONG errorCode, ULONG uniqueId);
/* HwStorFindAdapter only. */
STORPORT_API ULONG NTAPI StorPortGetBusData(PVOID deviceExtension, ULONG busDataType, ULONG systemIoBusNumber,
                                            ULONG slotNumber, PVOID buffer, ULONG length);
STORPORT_API PVOID NTAPI StorPortGetDeviceBase(PVOID deviceExtension, INTERFACE_TYPE busType, ULONG systemIoBusNumber,
                                               STOR_PHYSICAL_ADDRESS ioAddress, ULONG numberOfBytes, BOOLEAN inIoSpace);
STORPORT_API PVOID NTAPI StorPortGetUncachedExtension(PVOID deviceExtension, PPORT_CONFIGURATION_INFORMATION configInfo,
                                                      ULONG numberOfBytes);
STORPORT_API STOR_PHYSICAL_ADDRESS NTAPI StorPortGetPhysicalAddress(PVOID deviceExtension, PSCSI_REQUEST_BLOCK srb,
                                                                    PVOID virtualAddress, PULONG length);
/* The list belongs to StorPort and lives until the SRB is completed. */
STORPORT_API PSTOR_SCATTER_GATHER_LIST NTAPI StorPortGetScatterGatherList(PVOID deviceExtension,
                                                                          PSCSI_REQUEST_BLOCK srb);
STORPORT_API VOID NTAPI StorPortStallExecution(ULONG delayMicroseconds);
STORPORT_API BOOLEAN NTAPI StorPortSetDeviceQueueDepth(PVOID deviceExtension, UCHAR pathId, UCHAR targetId, UCHAR lun,
                                                       ULONG depth);

/* ---- Wrappers of the polymorphic routines, with their documented types ---- */

static inline VOID StorPortCompleteSrb(PVOID deviceExtension, PSCSI_REQUEST_BLOCK srb)
{
    StorPortNotification(RequestComplete, deviceExtension, srb);
}

/* HwStorInitialize only. FALSE where the port driver has no DPCs (dump mode). */
static inline BOOLEAN StorPortEnablePassiveInitialization(PVOID deviceExtension, PHW_PASSIVE_INITIALIZE_ROUTINE routine)
{
    LONG succeeded = FALSE;

    StorPortNotification(EnablePassiveInitialization, deviceExtension, routine, &succeeded);
    return (BOOLEAN)succeeded;
}

/* HwStorPassiveInitializeRoutine only. */
static inline VOID StorPortInitializeDpc(PVOID deviceExtension, PSTOR_DPC dpc, PHW_DPC_ROUTINE routine)
{
    StorPortNotification(InitializeDpc, deviceExtension, dpc, routine);
}

/* FALSE when the DPC was queued already: it will still run after this call. */
static inline BOOLEAN StorPortIssueDpc(PVOID deviceExtension, PSTOR_DPC dpc, PVOID systemArgument1,
                                       PVOID systemArgument2)
{
    LONG succeeded = FALSE;

    StorPortNotification(IssueDpc, deviceExtension, dpc, systemArgument1, systemArgument2, &succeeded);
    return (BOOLEAN)succeeded;
}

static inline VOID StorPortAcquireSpinLock(PVOID deviceExtension, STOR_SPINLOCK lock, PVOID lockContext,
                                           PSTOR_LOCK_HANDLE handle)
{
    StorPortNotification(AcquireSpinLock, deviceExtension, lock, lockContext, handle);
}

static inline VOID StorPortReleaseSpinLock(PVOID deviceExtension, PSTOR_LOCK_HANDLE handle)
{
    StorPortNotification(ReleaseSpinLock, deviceExtension, handle);
}

/* Not from inside HwMSInterruptRoutine. */
static inline ULONG StorPortGetMSIInfo(PVOID deviceExtension, ULONG messageId,
                                       PMESSAGE_INTERRUPT_INFORMATION information)
{
    return StorPortExtendedFunction(ExtFunctionGetMessageInterruptInformation, deviceExtension, messageId, information);
}

#include "storport_abi.h"

#endif
