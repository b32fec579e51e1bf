/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The adapter: StorPort's device extension, one per disk, and the routines that act on it. Windows glue; the logic is
 * in engine.h, command.h, respond.h and disk.h.
 *
 * States (drawn in README.md). State, Engine, Disk and KickOwed belong to the queue lock, which is StorPort's
 * StartIo lock: StorPort holds it around HwStorStartIo and HwStorResetBus, the DPC takes it. Bring-up and stop run at
 * DIRQL with the interrupt lock, when StorPort sends no request; a DPC that is late sees that the state is not
 * Running and leaves the ring alone.
 * Work is atomic: interrupt routines add to it, the DPC takes it. In dump mode there are no locks, DPCs or
 * interrupts: every routine runs at HIGH_LEVEL, one at a time.
 */
#ifndef AERO_BLK_ADAPTER_H
#define AERO_BLK_ADAPTER_H

#include "engine.h"
#include "msix_plan.h"
#include "storport.h"
#include "transport_modern.h"

/* What no ordinary read or write passes is kept out of the registers of what it does pass. */
#define BLK_COLD __attribute__((noinline, cold))
#define BLK_FLATTEN __attribute__((flatten)) /* what it calls is built into it, as link-time optimisation allows */
#define BLK_LIKELY(condition) __builtin_expect(!!(condition), 1)

typedef enum BLK_STATE {
    BlkStopped, /* found, or stopped by StorPort: the device is reset */
    BlkStarting,
    BlkRunning,
    BlkResetting,
    BlkFailed,  /* given up: FAILED is set, every request is answered NO_DEVICE until the next start */
    BlkRemoved, /* surprise-removed: the device is never touched again */
} BLK_STATE;

/* What an interrupt asks the DPC to do besides looking at the ring. */
enum {
    BLK_WORK_QUEUE = 1,        /* only the ring: remembered while there is no DPC yet */
    BLK_WORK_CONFIG = 2,       /* the configuration changed */
    BLK_WORK_CONFIG_MAYBE = 4, /* one message serves all: look whether it did */
    BLK_WORK_DRAIN = 8,        /* the device was stopped with requests outstanding: answer them */
};

/* UniqueId of StorPortLogError: what happened. Listed for the reader of an event log in README.md; values stay. */
typedef enum BLK_EVENT {
    BlkEventConfigSpace = 1, /* PCI configuration space could not be read */
    BlkEventIdentity,        /* not the device, or a revision this driver does not know */
    BlkEventCapabilities,    /* virtio capabilities missing or malformed */
    BlkEventLayout,          /* StrictContract is set and the layout is another */
    BlkEventMapping,         /* a register BAR is not among the resources or could not be mapped */
    BlkEventNoMemory,        /* no memory for rings and requests */
    BlkEventReset,           /* the device does not reset */
    BlkEventFeatures,        /* VERSION_1 missing, or FEATURES_OK refused */
    BlkEventFeaturesChanged, /* other features than when the driver was loaded */
    BlkEventDiskConfig,      /* block size or capacity that no disk can have */
    BlkEventQueue,           /* the request queue could not be set up */
    BlkEventVectors,         /* MSI-X granted by the system, refused by the device */
    BlkEventNonsense,        /* the device wrote an impossible index, length or status */
    BlkEventNeedsReset,      /* the device asked to be reset */
    BlkEventQueueDepth,      /* StorPort did not take the queue depth */
    BlkEventDpc,             /* no DPCs outside dump mode */
} BLK_EVENT;

typedef struct BLK_COUNTERS {
    ULONG AbortSrb;
    ULONG ResetDeviceSrb;
    ULONG ResetBusSrb;
    ULONG PnpSrb;
    ULONG IoctlReset;
    ULONG CapacityChange;
    ULONG ResetDetected;
    ULONG HwResetBus;
} BLK_COUNTERS;

typedef struct BLK_ADAPTER {
    BLK_STATE State;
    BOOLEAN KickOwed; /* requests were added behind outstanding ones; the DPC rings for all of them */
    BOOLEAN DpcReady;
    BOOLEAN Dump;
    BOOLEAN DepthSet;
    volatile ULONG Work; /* BLK_WORK_* */
    VIRTIO_DOORBELL Doorbell;
    BLK_ENGINE Engine;
    BLK_DISK Disk;
    STOR_DPC Dpc;
    VIRTIO_MODERN Device;
    uint64_t Features; /* as accepted when memory was laid out; a restart must accept the same */
    BLK_ENGINE_LAYOUT Layout;
    VIRTIO_MSIX_PLAN Plan;
    ULONG QueueMessage;        /* the message that means the queue and nothing else; none under SharedAll and INTx */
    uint8_t ConfigGeneration; /* seen last; used under VirtioMsixSharedAll only */
    ULONG MessageCount;       /* granted by the system */
    ULONG MaximumTransferBytes;
    BLK_COUNTERS Counters;
} BLK_ADAPTER;

/* find_adapter.c */
ULONG NTAPI BlkFindAdapter(PVOID extension, PVOID hwContext, PVOID busInformation, PCHAR argumentString,
                           PPORT_CONFIGURATION_INFORMATION config, PBOOLEAN reserved);

/* device.c: all with the queue lock, or where no request can come. */

/* Resets, negotiates and reads the configuration into Disk. What went wrong is logged. */
BOOLEAN BlkDeviceOpen(BLK_ADAPTER *adapter, uint32_t timeoutMicroseconds, uint32_t pollMicroseconds);
/* Open, then vectors, queue, DRIVER_OK; Running on success, else Failed. The engine must be empty. */
BOOLEAN BlkDeviceStart(BLK_ADAPTER *adapter);
/* A real reset: every outstanding request is appended to `finished` as Reset, and the device is started again. FALSE:
 * it was failed instead. */
BOOLEAN BlkDeviceReset(BLK_ADAPTER *adapter, BLK_REQUEST_LIST *finished);
/* Stops the device for good: outstanding requests are appended to `finished` as Gone. */
VOID BlkDeviceFail(BLK_ADAPTER *adapter, BLK_EVENT event, BLK_REQUEST_LIST *finished);
/* Resets the device and leaves it so. Only State is written: a late DPC may still hold the ring. */
VOID BlkDeviceStop(BLK_ADAPTER *adapter);
/* The device is no longer there: no register is touched. */
VOID BlkDeviceGone(BLK_ADAPTER *adapter, BLK_REQUEST_LIST *finished);
/* Configuration interrupt: new capacity, write cache mode, or NEEDS_RESET. TRUE when StorPort should look at the bus
 * again. */
BOOLEAN BlkDeviceConfigChanged(BLK_ADAPTER *adapter, BLK_REQUEST_LIST *finished);
VOID BlkLog(BLK_ADAPTER *adapter, BLK_EVENT event);

/* start.c */
BOOLEAN NTAPI BlkInitialize(PVOID extension);
SCSI_ADAPTER_CONTROL_STATUS NTAPI BlkAdapterControl(PVOID extension, SCSI_ADAPTER_CONTROL_TYPE type, PVOID parameters);

/* io.c */
BOOLEAN NTAPI BlkBuildIo(PVOID extension, PSCSI_REQUEST_BLOCK srb);
BOOLEAN NTAPI BlkStartIo(PVOID extension, PSCSI_REQUEST_BLOCK srb);
/* Puts a flush on the queue for an SRB that is not a SCSI command; completes it at once when there is nothing to
 * flush. */
VOID BlkStartFlush(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb);
/* Rings for what was added since the last time, if the device wants to be told. Queue lock. */
VOID BlkKick(BLK_ADAPTER *adapter);

/* complete.c: without the queue lock where there is a choice. */
VOID BlkCompleteList(BLK_ADAPTER *adapter, const BLK_REQUEST_LIST *finished);
VOID BlkCompleteSrb(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb, UCHAR srbStatus);
VOID BlkCompleteSense(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb, uint32_t sense);
/* Answers a command from what is known: respond.h. */
VOID BlkCompleteResponse(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb);

/* interrupt.c */
BOOLEAN NTAPI BlkInterrupt(PVOID extension);
BOOLEAN NTAPI BlkMessageInterrupt(PVOID extension, ULONG messageId);
VOID NTAPI BlkDpc(PSTOR_DPC dpc, PVOID extension, PVOID argument1, PVOID argument2);
VOID BlkRequestDpc(BLK_ADAPTER *adapter, ULONG work);

/* reset.c */
BOOLEAN NTAPI BlkResetBus(PVOID extension, ULONG pathId);
VOID BlkStartReset(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb);
VOID BlkStartAbort(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb);

/* pnp.c */
VOID BlkStartPnp(BLK_ADAPTER *adapter, PSCSI_PNP_REQUEST_BLOCK srb);
VOID BlkStartPower(BLK_ADAPTER *adapter, PSCSI_POWER_REQUEST_BLOCK srb);

/* miniport_control.c */
VOID BlkStartMiniportControl(BLK_ADAPTER *adapter, PSCSI_REQUEST_BLOCK srb);

#endif
