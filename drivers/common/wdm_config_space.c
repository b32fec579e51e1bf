/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wdm_config_space.h"

#include <initguid.h>
#include <wdmguid.h>

/* "IRP_MN_QUERY_INTERFACE": the bus driver gives GUID_BUS_INTERFACE_STANDARD, through which configuration space is
 * read. */
static NTSTATUS QueryBusInterface(PDEVICE_OBJECT lower, BUS_INTERFACE_STANDARD *bus)
{
    PIO_STACK_LOCATION stack;
    IO_STATUS_BLOCK block;
    NTSTATUS status;
    KEVENT event;
    PIRP irp;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_PNP, lower, NULL, 0, NULL, &event, &block);
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
    status = IoCallDriver(lower, irp);
    if (status == STATUS_PENDING) {
        (void)KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, NULL);
        status = block.Status;
    }
    return status;
}

NTSTATUS WdmReadConfigSpace(PDEVICE_OBJECT lower, UCHAR space[WDM_CONFIG_SPACE_BYTES])
{
    BUS_INTERFACE_STANDARD bus;
    NTSTATUS status;
    ULONG length;

    RtlZeroMemory(&bus, sizeof(bus));
    status = QueryBusInterface(lower, &bus);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    length = bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, space, 0, WDM_CONFIG_SPACE_BYTES);
    bus.InterfaceDereference(bus.Context);
    return length == WDM_CONFIG_SPACE_BYTES ? STATUS_SUCCESS : STATUS_DEVICE_CONFIGURATION_ERROR;
}
