/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * DriverEntry and the requests that the driver looks at before PortCls does. PortCls owns the FDO; the device hangs in
 * the part of its extension that PortCls leaves to the adapter driver.
 */
#include "device.h"

#include "adapter.h"

#define SUBDEVICES_MAX 8 /* 2, and room for a port driver that counts those of earlier starts, too */

typedef struct EXTENSION {
    SND_DEVICE *Device; /* referenced */
} EXTENSION;

/* What PcInitializeAdapterDriver had put there: "PortCls uses its own internal handlers for CREATE, PNP, POWER and
 * SYSTEM_CONTROL, the default KS handlers for the others", so PcDispatchIrp would not do for all of them. */
static PDRIVER_DISPATCH portCls[IRP_MJ_MAXIMUM_FUNCTION + 1];

static EXTENSION *ExtensionOf(PDEVICE_OBJECT fdo)
{
    return (EXTENSION *)(PVOID)((PUCHAR)fdo->DeviceExtension + PORT_CLASS_DEVICE_EXTENSION_SIZE);
}

static NTSTATUS NTAPI StartDevice(PDEVICE_OBJECT fdo, PIRP irp, PRESOURCELIST resources)
{
    SND_DEVICE *device = ExtensionOf(fdo)->Device;
    NTSTATUS status =
        SndStart(device, resources->lpVtbl->UntranslatedList(resources), resources->lpVtbl->TranslatedList(resources));

    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = SndAdapterStart(device, irp, resources);
    if (!NT_SUCCESS(status)) {
        SndStop(device, SndStopped);
        return status;
    }
    SndDiagnosticsCreate(device, fdo->DriverObject);
    return STATUS_SUCCESS;
}

/* The FDO is the one device object that PortCls has added on top of the stack, the one below it what ours is attached
 * to: PcAddAdapterDevice gives out neither. */
static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT pdo)
{
    SND_DEVICE *device = SndDeviceCreate();
    PDEVICE_OBJECT lower;
    NTSTATUS status;

    if (device == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    lower = IoGetAttachedDeviceReference(pdo);
    status = PcAddAdapterDevice(driver, pdo, StartDevice, SUBDEVICES_MAX,
                                PORT_CLASS_DEVICE_EXTENSION_SIZE + sizeof(EXTENSION));
    if (NT_SUCCESS(status)) {
        device->Pdo = pdo;
        device->Lower = lower;
        device->Fdo = IoGetAttachedDeviceReference(pdo);
        ExtensionOf(device->Fdo)->Device = device;
        ObDereferenceObject(device->Fdo); /* it stays until IRP_MN_REMOVE_DEVICE, and so does what it is attached to */
    } else {
        SndDeviceRelease(device);
    }
    ObDereferenceObject(lower);
    return status;
}

static BOOLEAN HasFailed(SND_DEVICE *device)
{
    BOOLEAN failed;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    failed = device->State == SndFailed;
    KeReleaseSpinLock(&device->Lock, irql);
    return failed;
}

/* The device is at rest before PortCls tears down what stands on it. */
static NTSTATUS NTAPI Pnp(PDEVICE_OBJECT fdo, PIRP irp)
{
    SND_DEVICE *device = ExtensionOf(fdo)->Device;
    NTSTATUS status;

    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_STOP_DEVICE:
        SndStop(device, SndStopped);
        SndAdapterStop(device);
        return portCls[IRP_MJ_PNP](fdo, irp);
    case IRP_MN_SURPRISE_REMOVAL:
        /* Not only for a device that is gone: Windows sends it to one that it gives up, too, which then has to be kept
         * from writing into memory that is no longer ours. */
        SndStop(device, SndRemoved);
        return portCls[IRP_MJ_PNP](fdo, irp);
    case IRP_MN_REMOVE_DEVICE:
        SndRemove(device);
        SndAdapterForget(device);
        SndDiagnosticsDelete(device);
        status = portCls[IRP_MJ_PNP](fdo, irp); /* the FDO is gone now */
        SndDeviceRelease(device);
        return status;
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        if (HasFailed(device)) {
            irp->IoStatus.Information |= PNP_DEVICE_FAILED;
            irp->IoStatus.Status = STATUS_SUCCESS;
        }
        return portCls[IRP_MJ_PNP](fdo, irp);
    default:
        return portCls[IRP_MJ_PNP](fdo, irp);
    }
}

/* KS takes every device object for one of its own, and every file for one that it has opened: not one request to the
 * diagnostic device may reach it. */
static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT deviceObject, PIRP irp)
{
    NTSTATUS status;

    if (SndDiagnosticsDispatch(deviceObject, irp, &status)) {
        return status;
    }
    return portCls[IoGetCurrentIrpStackLocation(irp)->MajorFunction](deviceObject, irp);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    NTSTATUS status = PcInitializeAdapterDriver(driver, registryPath, AddDevice);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    for (ULONG function = 0; function <= IRP_MJ_MAXIMUM_FUNCTION; function++) {
        portCls[function] = driver->MajorFunction[function];
        /* Power and Plug and Play requests come only to the FDO, which is in a device stack. */
        if (function != IRP_MJ_POWER) {
            driver->MajorFunction[function] = function == IRP_MJ_PNP ? Pnp : Dispatch;
        }
    }
    return STATUS_SUCCESS;
}
