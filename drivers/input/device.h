/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the Windows files of the driver share: one input device, which is the minidriver's extension of HIDCLASS's FDO.
 *
 * Lock: Lock (a spin lock, DISPATCH_LEVEL) protects State, the engine, both virtqueues and the delivery flags. No IRP
 * is completed and no other driver called under it. The interrupt routine takes no lock; it touches Work, the ISR
 * register and its counters.
 */
#ifndef AERO_INPUT_DEVICE_H
#define AERO_INPUT_DEVICE_H

#include "aero_wdm.h"

#include "diagnostics.h"
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
    InputStopped, /* no resources */
    InputRunning,
    InputAsleep,
    InputResetting,
    InputFailed,
    InputRemoved, /* gone from the bus: no register is touched any more */
} INPUT_STATE;

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

    KSPIN_LOCK Lock;
    INPUT_STATE State;
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

    VIRTIO_MODERN Transport;
    VIRTIO_MODERN_BAR Bars[VIRTIO_PCI_BAR_COUNT];
    UINT64 Features;
    INPUT_DMA Dma;
    PDMA_ADAPTER Adapter;
    ULONG SubsystemId;
    UCHAR Revision;

    PVOID Interrupt; /* PKINTERRUPT or the message table: what IoConnectInterruptEx gave */
    BOOLEAN Messages;
    ULONG MessageCount;
    VIRTIO_MSIX_PLAN Plan;
    KDPC Dpc;
    ULONG Work; /* INPUT_WORK_*, atomic */

    PIO_WORKITEM WorkItem;
    BOOLEAN WorkQueued; /* under Lock */
    KEVENT WorkIdle;
    PIRP PowerIrp; /* a D0 request that the work item finishes */

    BOOLEAN InD0;
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

/* start.c. PASSIVE_LEVEL. From IRP_MN_START_DEVICE, after the bus has started the device. */
NTSTATUS InputStart(INPUT_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated);
/* Gives everything back that InputStart took; the device's DMA has ended before memory goes. */
VOID InputStop(INPUT_DEVICE *device);

/* resources.c. PASSIVE_LEVEL. */
NTSTATUS InputOpenTransport(INPUT_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated);
VOID InputCloseTransport(INPUT_DEVICE *device);

/* life.c: what the virtio device goes through. */
NTSTATUS InputReadDevice(INPUT_DEVICE *device);  /* PASSIVE_LEVEL: features, capabilities, descriptor */
NTSTATUS InputDeviceStart(INPUT_DEVICE *device); /* PASSIVE_LEVEL: reset to DRIVER_OK */
/* Any IRQL up to DISPATCH_LEVEL, without the lock: everything pressed is released and told, then the device is reset. */
VOID InputDeviceQuiesce(INPUT_DEVICE *device, INPUT_STATE state);
/* Under the lock: the device wrote nonsense. */
VOID InputDeviceFail(INPUT_DEVICE *device);
/* PASSIVE_LEVEL, from the work item: NEEDS_RESET. */
VOID InputDeviceReset(INPUT_DEVICE *device);

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
