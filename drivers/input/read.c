/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IOCTL_HID_READ_REPORT: every read waits in a cancel-safe queue until a report is there. One processor at a time hands
 * reports to reads, because two reads completed side by side could reach HIDCLASS in the wrong order.
 */
#include "device.h"

static INPUT_DEVICE *FromCsq(PIO_CSQ csq)
{
    return CONTAINING_RECORD(csq, INPUT_DEVICE, Reads);
}

static VOID NTAPI InsertRead(PIO_CSQ csq, PIRP irp)
{
    InsertTailList(&FromCsq(csq)->ReadList, &irp->Tail.Overlay.ListEntry);
}

static VOID NTAPI RemoveRead(PIO_CSQ csq, PIRP irp)
{
    (void)csq;
    RemoveEntryList(&irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI PeekNextRead(PIO_CSQ csq, PIRP irp, PVOID context)
{
    INPUT_DEVICE *device = FromCsq(csq);
    PLIST_ENTRY next = irp == NULL ? device->ReadList.Flink : irp->Tail.Overlay.ListEntry.Flink;

    (void)context;
    return next == &device->ReadList ? NULL : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
}

static VOID NTAPI AcquireReads(PIO_CSQ csq, PKIRQL irql)
{
    KeAcquireSpinLock(&FromCsq(csq)->ReadsLock, irql);
}

static VOID NTAPI ReleaseReads(PIO_CSQ csq, KIRQL irql)
{
    KeReleaseSpinLock(&FromCsq(csq)->ReadsLock, irql);
}

static VOID NTAPI CompleteCancelledRead(PIO_CSQ csq, PIRP irp)
{
    InputCount(&FromCsq(csq)->Counters.ReadReportCancelled);
    (void)InputComplete(irp, STATUS_CANCELLED, 0);
}

NTSTATUS InputReadsInit(INPUT_DEVICE *device)
{
    KeInitializeSpinLock(&device->ReadsLock);
    InitializeListHead(&device->ReadList);
    return IoCsqInitialize(&device->Reads, InsertRead, RemoveRead, PeekNextRead, AcquireReads, ReleaseReads,
                           CompleteCancelledRead);
}

/* A device that is stopped comes back, and with it its reports; so does one that sleeps. */
static BOOLEAN Ended(INPUT_DEVICE *device)
{
    BOOLEAN ended;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    ended = device->State == InputRemoved;
    KeReleaseSpinLock(&device->Lock, irql);
    return ended;
}

NTSTATUS InputRead(INPUT_DEVICE *device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);

    if (irp->UserBuffer == NULL || stack->Parameters.DeviceIoControl.OutputBufferLength < device->InputBytesMax) {
        return InputComplete(irp, STATUS_INVALID_BUFFER_SIZE, 0);
    }
    InputCount(&device->Counters.ReadReportPended);
    IoCsqInsertIrp(&device->Reads, irp, NULL);
    InputDeliver(device);
    if (Ended(device)) {
        InputCancelReads(device, STATUS_DEVICE_NOT_CONNECTED); /* after those were that came before it */
    }
    return STATUS_PENDING;
}

/* Under the lock: a read with the oldest report in it, or NULL. */
static PIRP FillNextRead(INPUT_DEVICE *device)
{
    const INPUT_QUEUED_REPORT *report = InputReportQueuePeek(&device->Engine->Queue);
    PIRP irp;

    if (report == NULL) {
        return NULL;
    }
    irp = IoCsqRemoveNextIrp(&device->Reads, NULL);
    if (irp == NULL) {
        return NULL;
    }
    RtlCopyMemory(irp->UserBuffer, report->Bytes, report->Length);
    irp->IoStatus.Information = report->Length;
    InputReportQueueDrop(&device->Engine->Queue);
    device->Counters.ReadReportCompleted++;
    return irp;
}

VOID InputDeliver(INPUT_DEVICE *device)
{
    KIRQL irql;
    PIRP irp;

    KeAcquireSpinLock(&device->Lock, &irql);
    if (device->Delivering) {
        KeReleaseSpinLock(&device->Lock, irql);
        return; /* whoever delivers looks again before it leaves */
    }
    device->Delivering = TRUE;
    while ((irp = FillNextRead(device)) != NULL) {
        KeReleaseSpinLock(&device->Lock, irql);
        (void)InputComplete(irp, STATUS_SUCCESS, irp->IoStatus.Information);
        KeAcquireSpinLock(&device->Lock, &irql);
    }
    device->Delivering = FALSE;
    KeReleaseSpinLock(&device->Lock, irql);
}

VOID InputCancelReads(INPUT_DEVICE *device, NTSTATUS status)
{
    PIRP irp;

    while ((irp = IoCsqRemoveNextIrp(&device->Reads, NULL)) != NULL) {
        (void)InputComplete(irp, status, 0);
    }
}
