/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * DriverEntry: introduces the minidriver to HIDCLASS, which owns the driver object from then on and calls the routines
 * below with its FDO ("Minidrivers and the HID class driver", Windows driver documentation).
 */
#include "device.h"
#include "hidport.h"

INPUT_DEVICE *InputDeviceOf(PDEVICE_OBJECT fdo)
{
    return (INPUT_DEVICE *)((PHID_DEVICE_EXTENSION)fdo->DeviceExtension)->MiniDeviceExtension;
}

NTSTATUS InputComplete(PIRP irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

NTSTATUS InputPassDown(INPUT_DEVICE *device, PIRP irp)
{
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(device->Lower, irp);
}

/* HIDCLASS has made the FDO; its extension is zeroed. */
static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT driver, PDEVICE_OBJECT fdo)
{
    PHID_DEVICE_EXTENSION extension = (PHID_DEVICE_EXTENSION)fdo->DeviceExtension;
    INPUT_DEVICE *device = InputDeviceOf(fdo);
    NTSTATUS status;

    (void)driver;
    device->Fdo = fdo;
    device->Pdo = extension->PhysicalDeviceObject;
    device->Lower = extension->NextDeviceObject;
    device->State = InputStopped;
    KeInitializeSpinLock(&device->Lock);
    IoInitializeRemoveLock(&device->RemoveLock, INPUT_POOL_TAG, 0, 0);
    KeInitializeEvent(&device->WorkIdle, NotificationEvent, TRUE);
    status = InputReadsInit(device);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    device->WorkItem = IoAllocateWorkItem(fdo);
    if (device->WorkItem == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    device->Engine = (INPUT_ENGINE *)ExAllocatePoolWithTag(NonPagedPool, sizeof(INPUT_ENGINE), INPUT_POOL_TAG);
    if (device->Engine == NULL) {
        goto FreeWorkItem;
    }
    RtlZeroMemory(device->Engine, sizeof(*device->Engine));
    return STATUS_SUCCESS;

FreeWorkItem:
    IoFreeWorkItem(device->WorkItem);
    return STATUS_INSUFFICIENT_RESOURCES;
}

/* "The create dispatch routine is never called", but there has to be one. */
static NTSTATUS NTAPI CreateClose(PDEVICE_OBJECT fdo, PIRP irp)
{
    (void)fdo;
    return InputComplete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS NTAPI SystemControl(PDEVICE_OBJECT fdo, PIRP irp)
{
    return InputPassDown(InputDeviceOf(fdo), irp);
}

static VOID NTAPI Unload(PDRIVER_OBJECT driver)
{
    (void)driver;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    HID_MINIDRIVER_REGISTRATION registration = {
        .Revision = HID_REVISION,
        .DriverObject = driver,
        .RegistryPath = registryPath,
        .DeviceExtensionSize = sizeof(INPUT_DEVICE),
        .DevicesArePolled = FALSE,
    };

    driver->DriverExtension->AddDevice = AddDevice;
    driver->DriverUnload = Unload;
    driver->MajorFunction[IRP_MJ_CREATE] = CreateClose;
    driver->MajorFunction[IRP_MJ_CLOSE] = CreateClose;
    driver->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = InputInternalControl;
    driver->MajorFunction[IRP_MJ_PNP] = InputPnp;
    driver->MajorFunction[IRP_MJ_POWER] = InputPower;
    driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = SystemControl;
    InputReadServiceParameters(registryPath);
    return HidRegisterMinidriver(&registration);
}
