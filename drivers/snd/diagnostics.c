/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The private interfaces: \\.\aero_virtio_snd_diag, a device object of its own so that the sound card's needs no
 * opening, and a property of the topology filter. They only read.
 *
 * There is one name: with several sound devices it is the first's. The device object may outlive the device, for as
 * long as somebody has it open; it then says that there is no device.
 */
#include "device.h"

#define DIAGNOSTIC_DEVICE L"\\Device\\aero_virtio_snd_diag"
#define DIAGNOSTIC_LINK L"\\DosDevices\\aero_virtio_snd_diag"

/* The dispatch routines are those of PortCls's device objects, too, whose extensions are its own. What tells ours is
 * that its first member points here, which nothing of PortCls's does. */
static const UCHAR mark;

typedef struct EXTENSION {
    const UCHAR *Mark;
    KSPIN_LOCK Lock;
    SND_DEVICE *Device; /* NULL: it is gone */
} EXTENSION;

VOID SndDiagnosticsCreate(SND_DEVICE *device, PDRIVER_OBJECT driver)
{
    UNICODE_STRING name;
    UNICODE_STRING link;
    PDEVICE_OBJECT object;
    EXTENSION *extension;

    if (device->DiagnosticDevice != NULL) {
        return; /* started anew */
    }
    RtlInitUnicodeString(&name, DIAGNOSTIC_DEVICE);
    RtlInitUnicodeString(&link, DIAGNOSTIC_LINK);
    if (!NT_SUCCESS(IoCreateDevice(driver, sizeof(EXTENSION), &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN,
                                   FALSE, &object))) {
        return; /* another device's */
    }
    if (!NT_SUCCESS(IoCreateSymbolicLink(&link, &name))) {
        IoDeleteDevice(object);
        return;
    }
    extension = (EXTENSION *)object->DeviceExtension;
    extension->Mark = &mark;
    KeInitializeSpinLock(&extension->Lock);
    extension->Device = device;
    device->DiagnosticDevice = object;
    object->Flags |= DO_BUFFERED_IO;
    object->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
}

VOID SndDiagnosticsDelete(SND_DEVICE *device)
{
    PDEVICE_OBJECT object = device->DiagnosticDevice;
    EXTENSION *extension;
    UNICODE_STRING link;
    KIRQL irql;

    if (object == NULL) {
        return;
    }
    device->DiagnosticDevice = NULL;
    extension = (EXTENSION *)object->DeviceExtension;
    KeAcquireSpinLock(&extension->Lock, &irql);
    extension->Device = NULL;
    KeReleaseSpinLock(&extension->Lock, irql);
    RtlInitUnicodeString(&link, DIAGNOSTIC_LINK);
    (void)IoDeleteSymbolicLink(&link);
    IoDeleteDevice(object);
}

static NTSTATUS Read(EXTENSION *extension, SND_DIAGNOSTICS *diagnostics)
{
    NTSTATUS status = STATUS_NO_SUCH_DEVICE;
    KIRQL irql;

    KeAcquireSpinLock(&extension->Lock, &irql);
    if (extension->Device != NULL) {
        *diagnostics = extension->Device->Diagnostics;
        status = STATUS_SUCCESS;
    }
    KeReleaseSpinLock(&extension->Lock, irql);
    return status;
}

static NTSTATUS Control(EXTENSION *extension, PIRP irp, ULONG_PTR *information)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    SND_DIAGNOSTICS diagnostics;
    NTSTATUS status;

    if (stack->Parameters.DeviceIoControl.IoControlCode != SND_IOCTL_QUERY_DIAGNOSTICS) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof(diagnostics)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    status = Read(extension, &diagnostics);
    if (NT_SUCCESS(status)) {
        RtlCopyMemory(irp->AssociatedIrp.SystemBuffer, &diagnostics, sizeof(diagnostics));
        *information = sizeof(diagnostics);
    }
    return status;
}

static NTSTATUS Answer(EXTENSION *extension, PIRP irp, ULONG_PTR *information)
{
    switch (IoGetCurrentIrpStackLocation(irp)->MajorFunction) {
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return STATUS_SUCCESS;
    case IRP_MJ_DEVICE_CONTROL:
        return Control(extension, irp, information);
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
}

BOOLEAN SndDiagnosticsDispatch(PDEVICE_OBJECT deviceObject, PIRP irp, NTSTATUS *status)
{
    EXTENSION *extension = (EXTENSION *)deviceObject->DeviceExtension;
    ULONG_PTR information = 0;

    if (extension->Mark != &mark) {
        return FALSE;
    }
    *status = Answer(extension, irp, &information);
    irp->IoStatus.Status = *status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return TRUE;
}

VOID SndEventCountersRead(SND_DEVICE *device, SND_EVENT_COUNTERS *counters)
{
    const SND_EVENTS *events = &device->Events;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    *counters = (SND_EVENT_COUNTERS){
        .Size = sizeof(*counters),
        .Completions = events->Completions,
        .Parsed = events->Parsed,
        .ShortBuffers = events->ShortBuffers,
        .UnknownType = events->UnknownType,
        .JackConnected = events->JackConnected,
        .JackDisconnected = events->JackDisconnected,
        .PcmPeriodElapsed = events->PcmPeriodElapsed,
        .PcmXrun = events->PcmXrun,
        .CtlNotify = events->CtlNotify,
    };
    KeReleaseSpinLock(&device->Lock, irql);
}
