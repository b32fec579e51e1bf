/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the Windows files of the driver share: one input device, which is the minidriver's extension of HIDCLASS's FDO.
 *
 * Locks: Lock (a spin lock, DISPATCH_LEVEL) protects State, the engine, both virtqueues and the delivery flags. No IRP
 * is completed and no other driver called under it. The interrupt routine takes no lock; it touches InD0, Work, the ISR
 * register and its counters. RemoveLock is held by every request that the driver keeps beyond its dispatch routine,
 * reads excepted, and around the others; reads are cancelled at removal.
 *
 * Who drives the virtio device: Plug and Play requests and the work item, both at PASSIVE_LEVEL and never at the same
 * time: a Plug and Play request first sets State, so that the work item has nothing more to do, then waits for it.
 * Everybody else sets State under the lock and queues the work item.
 */
#ifndef AERO_INPUT_DEVICE_H
#define AERO_INPUT_DEVICE_H

#include "aero_wdm.h"

#include "diagnostics.h"
#include "drivers/common/wdm_interrupt.h"
#include "engine.h"
#include "leds.h"
#include "msix_plan.h"
#include "report_descriptor.h"
#include "transport_modern.h"
#include "virtqueue.h"

#define INPUT_EVENT_BUFFERS 64u /* and no more than the queue has */
#define INPUT_STATUS_BUFFERS 16u
#define INPUT_POOL_TAG 0x6E704941u /* "AIpn" */

/* Transitions: README.md. */
typedef enum INPUT_STATE {
    InputStopped,  /* no resources, or none that are used */
    InputStarting, /* by whoever set this state */
    InputRunning,
    InputResetting, /* the work item will start it again */
    InputFailed,    /* until it has slept or was started anew */
    InputAsleep,
    InputRemoved,
} INPUT_STATE;

/* Unique ids of the event log's entries: README.md. Those up to 14 mean what they mean in the block driver's. */
typedef enum INPUT_LOG {
    InputLogNothing = 0,
    InputLogConfigSpace = 1,
    InputLogIdentity = 2,
    InputLogCapabilities = 3,
    InputLogStrictContract = 4,
    InputLogBar = 5,
    InputLogMemory = 6,
    InputLogNoReset = 7,
    InputLogFeatures = 8,
    InputLogOtherFeatures = 9,
    InputLogQueueSize = 10,
    InputLogQueueSetUp = 11,
    InputLogVectors = 12,
    InputLogNonsense = 13,
    InputLogNeedsReset = 14,
    InputLogInterrupt = 15,
    InputLogTooManyResets = 16,
} INPUT_LOG;

#define INPUT_WORK_CONFIG 1ul /* a configuration interrupt may have come */

/* DMA memory: rings, then the buffers of both queues, each of one event. */
typedef struct INPUT_DMA {
    PUCHAR Memory;
    PHYSICAL_ADDRESS Physical;
    ULONG Bytes;
    ULONG EventsOffset;
    ULONG StatusOffset;
} INPUT_DMA;

typedef struct INPUT_DEVICE {
    PDEVICE_OBJECT Fdo;
    PDEVICE_OBJECT Pdo;
    PDEVICE_OBJECT Lower;
    IO_REMOVE_LOCK RemoveLock;

    KSPIN_LOCK Lock;
    INPUT_STATE State;
    INPUT_LOG Failure;    /* why it failed, until the work item has reset it and logged that */
    ULONG Resets;         /* that it asked for since it last sent an event */
    INPUT_ENGINE *Engine; /* nonpaged pool */
    VIRTQUEUE EventQueue;
    VIRTQUEUE StatusQueue;
    VIRTIO_DOORBELL EventDoorbell;
    VIRTIO_DOORBELL StatusDoorbell;
    USHORT EventQueueSize; /* as offered, or less */
    USHORT StatusQueueSize;
    USHORT EventBuffers;
    USHORT StatusBuffers;
    PVOID QueueState;                       /* of both queues */
    UCHAR FreeStatus[INPUT_STATUS_BUFFERS]; /* stack of buffer numbers */
    USHORT FreeStatusCount;
    UCHAR Leds;
    BOOLEAN LedsPending;

    IO_CSQ Reads; /* pending IOCTL_HID_READ_REPORT */
    KSPIN_LOCK ReadsLock;
    LIST_ENTRY ReadList;
    BOOLEAN Delivering; /* one processor at a time completes reads, so that reports keep their order */

    BOOLEAN TransportOpen;
    VIRTIO_MODERN Transport;
    VIRTIO_MODERN_BAR Bars[VIRTIO_PCI_BAR_COUNT];
    UINT64 Features;
    INPUT_DMA Dma;
    PDMA_ADAPTER Adapter;
    ULONG SubsystemId;
    UCHAR Revision;

    WDM_INTERRUPT Interrupt;
    VIRTIO_MSIX_PLAN Plan;
    KDPC Dpc;
    ULONG Work; /* INPUT_WORK_*, atomic */

    PIO_WORKITEM WorkItem;
    BOOLEAN WorkQueued; /* under Lock */
    KEVENT WorkIdle;
    PIRP PowerIrp; /* a device power request that the work item finishes */

    volatile BOOLEAN InD0; /* registers may be touched */
    BOOLEAN Activated;
    BOOLEAN DropLedsOnFull;
    BOOLEAN MoreKeys;
    BOOLEAN StrictContract;

    USHORT DescriptorBytes;
    UCHAR Descriptor[INPUT_DESCRIPTOR_BYTES_MAX];
    ULONG InputBytesMax; /* of the device's longest input report */

    INPUT_COUNTERS Counters;
    INPUT_INTERRUPT_INFO Interrupts;
} INPUT_DEVICE;

INPUT_DEVICE *InputDeviceOf(PDEVICE_OBJECT fdo);

static inline VOID InputCount(UINT32 *counter)
{
    (void)__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* start.c. PASSIVE_LEVEL. From IRP_MN_START_DEVICE, after the bus has started the device. */
NTSTATUS InputStart(INPUT_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated);
/* Everything pressed is released and told, the device's DMA is ended, then all that InputStart took is given back.
 * `state`: InputStopped or InputRemoved. May be called again. */
VOID InputStop(INPUT_DEVICE *device, INPUT_STATE state);

/* resources.c. PASSIVE_LEVEL. Failures are logged. */
NTSTATUS InputOpenTransport(INPUT_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated);
VOID InputCloseTransport(INPUT_DEVICE *device);

/* life.c: what the virtio device goes through. PASSIVE_LEVEL, without the lock. */
NTSTATUS InputReadDevice(INPUT_DEVICE *device); /* features, capabilities, descriptor */
/* In state InputStarting: reset to DRIVER_OK. Ends in InputRunning or InputFailed, unless another state was set. */
NTSTATUS InputDeviceStart(INPUT_DEVICE *device);
BOOLEAN InputDeviceRest(INPUT_DEVICE *device); /* ends its DMA */
VOID InputDeviceSleep(INPUT_DEVICE *device);   /* before it loses its power */
VOID InputDeviceSilence(INPUT_DEVICE *device); /* after it failed */
/* Under the lock: it cannot be worked with any more. */
VOID InputDeviceFail(INPUT_DEVICE *device, INPUT_LOG why);
/* Under the lock: what is pressed is released, in reports that wait to be delivered. */
VOID InputReleaseAll(INPUT_DEVICE *device);

/* log.c. Up to DISPATCH_LEVEL. */
VOID InputLog(INPUT_DEVICE *device, INPUT_LOG what, NTSTATUS status);
/* Logs and returns the status that goes with it. */
NTSTATUS InputRefuse(INPUT_DEVICE *device, INPUT_LOG what);

/* queues.c. Under the lock. */
BOOLEAN InputQueuesInit(INPUT_DEVICE *device);
VOID InputQueuesFill(INPUT_DEVICE *device);
/* FALSE when the device wrote nonsense. */
BOOLEAN InputQueuesReap(INPUT_DEVICE *device);
VOID InputSendLeds(INPUT_DEVICE *device, UCHAR leds);

/* interrupt.c. PASSIVE_LEVEL. */
NTSTATUS InputConnectInterrupt(INPUT_DEVICE *device);
VOID InputDisconnectInterrupt(INPUT_DEVICE *device);

/* work.c. */
VOID InputQueueWork(INPUT_DEVICE *device);   /* under the lock */
VOID InputWaitForWork(INPUT_DEVICE *device); /* PASSIVE_LEVEL */

/* read.c. Up to DISPATCH_LEVEL, without the lock. */
NTSTATUS InputReadsInit(INPUT_DEVICE *device);
NTSTATUS InputRead(INPUT_DEVICE *device, PIRP irp);
VOID InputDeliver(INPUT_DEVICE *device);
VOID InputCancelReads(INPUT_DEVICE *device, NTSTATUS status);

/* registry.c. PASSIVE_LEVEL. */
VOID InputReadServiceParameters(PUNICODE_STRING registryPath);
VOID InputReadDeviceParameters(INPUT_DEVICE *device);

/* query.c: the private interface; returns the length, 0 when `length` is too short for Size and Version. */
ULONG InputQuery(INPUT_DEVICE *device, ULONG what, VOID *buffer, ULONG length);
VOID InputResetCounters(INPUT_DEVICE *device);

DRIVER_DISPATCH InputPnp;
DRIVER_DISPATCH InputPower;
DRIVER_DISPATCH InputInternalControl;

/* Sends the request on to the device below, as it is. */
NTSTATUS InputPassDown(INPUT_DEVICE *device, PIRP irp);
NTSTATUS InputComplete(PIRP irp, NTSTATUS status, ULONG_PTR information);

#endif
