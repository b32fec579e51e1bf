/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What both transports need of the bus: a copy of PCI configuration space, and a way to wait. PASSIVE_LEVEL.
 */
#include "device.h"

#include <wdmguid.h>

/* "IRP_MN_QUERY_INTERFACE": the bus driver gives GUID_BUS_INTERFACE_STANDARD, through which configuration space is
 * read. */
static NTSTATUS QueryBusInterface(SND_DEVICE *device, BUS_INTERFACE_STANDARD *bus)
{
    PIO_STACK_LOCATION stack;
    IO_STATUS_BLOCK block;
    NTSTATUS status;
    KEVENT event;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, device->Lower, NULL, 0, NULL, &event, &block);
    if (irp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    stack = IoGetNextIrpStackLocation(irp);
    stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    stack->Parameters.QueryInterface.InterfaceType = &GUID_BUS_INTERFACE_STANDARD;
    stack->Parameters.QueryInterface.Size = sizeof(*bus);
    stack->Parameters.QueryInterface.Version = 1;
    stack->Parameters.QueryInterface.Interface = (PINTERFACE)bus;
    status = IoCallDriver(device->Lower, irp);
    if (status == STATUS_PENDING) {
        (void)KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = block.Status;
    }
    return status;
}

NTSTATUS SndReadConfigSpace(SND_DEVICE *device, UCHAR space[SND_CONFIG_SPACE_BYTES])
{
    BUS_INTERFACE_STANDARD bus;
    NTSTATUS status;
    ULONG length;

    RtlZeroMemory(&bus, sizeof(bus));
    status = QueryBusInterface(device, &bus);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    length = bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, space, 0, SND_CONFIG_SPACE_BYTES);
    bus.InterfaceDereference(bus.Context);
    return length == SND_CONFIG_SPACE_BYTES ? STATUS_SUCCESS : STATUS_DEVICE_CONFIGURATION_ERROR;
}

/* The transport waits only for resets, all of them at PASSIVE_LEVEL. */
void SndTransportDelay(void *context, uint32_t microseconds)
{
    LARGE_INTEGER interval = {.QuadPart = -10ll * microseconds}; /* relative, 100 ns */

    (void)context;
    (void)KeDelayExecutionThread(KernelMode, FALSE, &interval);
}
