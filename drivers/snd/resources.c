/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a PCI function to registers that can be used: identity, capabilities, mapped BARs. PASSIVE_LEVEL.
 */
#include "device.h"

#include <wdmguid.h>

#include "contract_ids.h"
#include "drivers/common/pci_bars.h"
#include "pci_identity.h"

#define CONFIG_SPACE_BYTES 256u

/* "IRP_MN_QUERY_INTERFACE": the bus driver gives GUID_BUS_INTERFACE_STANDARD, through which configuration space is read. */
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

static NTSTATUS ReadConfigSpace(SND_DEVICE *device, UCHAR space[CONFIG_SPACE_BYTES])
{
    BUS_INTERFACE_STANDARD bus;
    NTSTATUS status;
    ULONG length;

    RtlZeroMemory(&bus, sizeof(bus));
    status = QueryBusInterface(device, &bus);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    length = bus.GetBusData(bus.Context, PCI_WHICHSPACE_CONFIG, space, 0, CONFIG_SPACE_BYTES);
    bus.InterfaceDereference(bus.Context);
    return length == CONFIG_SPACE_BYTES ? STATUS_SUCCESS : STATUS_DEVICE_CONFIGURATION_ERROR;
}

/* Raw resources are what the BARs hold, translated ones what is mapped; both lists have the same order. */
static VOID MapBar(SND_DEVICE *device, UCHAR bar, UINT64 address, const CM_RESOURCE_LIST *raw,
                   const CM_RESOURCE_LIST *translated)
{
    const CM_PARTIAL_RESOURCE_LIST *rawList = &raw->List[0].PartialResourceList;
    const CM_PARTIAL_RESOURCE_LIST *list = &translated->List[0].PartialResourceList;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *rawAt = rawList->PartialDescriptors;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *at = list->PartialDescriptors;

    for (ULONG i = 0; i < rawList->Count && i < list->Count; i++, rawAt++, at++) {
        if (rawAt->Type == CmResourceTypeMemory && at->Type == CmResourceTypeMemory &&
            (UINT64)rawAt->u.Memory.Start.QuadPart == address && at->u.Memory.Length != 0) {
            device->Bars[bar].Base = MmMapIoSpace(at->u.Memory.Start, at->u.Memory.Length, MmNonCached);
            device->Bars[bar].Length = device->Bars[bar].Base != NULL ? at->u.Memory.Length : 0;
            return;
        }
    }
}

/* Only the BARs that a capability points into. */
static BOOLEAN MapBars(SND_DEVICE *device, const VIRTIO_PCI_CAPS *caps, const UINT64 address[VIRTIO_PCI_BAR_COUNT],
                       const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated)
{
    const VIRTIO_PCI_REGION *regions[] = {&caps->Common, &caps->Notify, &caps->Isr, &caps->Device};

    for (ULONG i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
        UCHAR bar = regions[i]->Bar;

        if (device->Bars[bar].Base == NULL) {
            MapBar(device, bar, address[bar], raw, translated);
        }
        if (device->Bars[bar].Base == NULL) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The transport waits only for resets, all of them at PASSIVE_LEVEL. */
static void Delay(void *context, uint32_t microseconds)
{
    LARGE_INTEGER interval = {.QuadPart = -10ll * microseconds}; /* relative, 100 ns */

    (void)context;
    (void)KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

static SND_LOG CheckIdentity(SND_DEVICE *device, const UCHAR space[CONFIG_SPACE_BYTES])
{
    static const uint16_t deviceIds[] = {AERO_VIRTIO_SND_DEVICE_ID};
    VIRTIO_PCI_IDENTITY identity;

    if (VirtioPciCheckIdentity(space, CONFIG_SPACE_BYTES, AERO_VIRTIO_SND_REVISION, deviceIds, 1, &identity) !=
        VirtioPciIdentityOk) {
        return SndLogIdentity;
    }
    device->SubsystemId = identity.SubsystemId;
    device->Revision = identity.RevisionId;
    return SndLogNothing;
}

static SND_LOG OpenRegisters(SND_DEVICE *device, const UCHAR space[CONFIG_SPACE_BYTES], const CM_RESOURCE_LIST *raw,
                             const CM_RESOURCE_LIST *translated)
{
    VIRTIO_PCI_CAP_POLICY policy = device->StrictContract ? VirtioPciCapStrict : VirtioPciCapPermissive;
    VIRTIO_ENV env = {.Context = device, .DelayMicroseconds = Delay};
    UINT64 address[VIRTIO_PCI_BAR_COUNT];
    VIRTIO_PCI_CAPS caps;
    VIRTIO_PCI_BAR bar0;

    PciReadMemoryBars(space, CONFIG_SPACE_BYTES, address);
    if (VirtioPciParseCaps(space, CONFIG_SPACE_BYTES, address, policy, &caps) != VirtioPciCapOk || !caps.HasDevice) {
        return SndLogCapabilities;
    }
    if (!MapBars(device, &caps, address, raw, translated)) {
        return SndLogBar;
    }
    bar0 = (VIRTIO_PCI_BAR){.Length = device->Bars[0].Length, .IsMemory = device->Bars[0].Base != NULL};
    device->ContractLayout = VirtioPciIsContractLayout(&caps, &bar0);
    if (device->StrictContract && !device->ContractLayout) {
        return SndLogStrictContract;
    }
    device->Transport = &device->Modern.Transport;
    return VirtioModernInit(&device->Modern, &caps, device->Bars, &env) == VirtioOk ? SndLogNothing
                                                                                    : SndLogCapabilities;
}

NTSTATUS SndOpenTransport(SND_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated)
{
    UCHAR space[CONFIG_SPACE_BYTES];
    SND_LOG why;

    if (raw == NULL || translated == NULL || raw->Count == 0 || translated->Count == 0) {
        return SndRefuse(device, SndLogBar);
    }
    if (!NT_SUCCESS(ReadConfigSpace(device, space))) {
        return SndRefuse(device, SndLogConfigSpace);
    }
    why = CheckIdentity(device, space);
    if (why == SndLogNothing) {
        why = OpenRegisters(device, space, raw, translated);
    }
    if (why != SndLogNothing) {
        SndCloseTransport(device);
        return SndRefuse(device, why);
    }
    device->TransportOpen = TRUE;
    return STATUS_SUCCESS;
}

VOID SndCloseTransport(SND_DEVICE *device)
{
    device->TransportOpen = FALSE;
    for (ULONG i = 0; i < VIRTIO_PCI_BAR_COUNT; i++) {
        if (device->Bars[i].Base != NULL) {
            MmUnmapIoSpace((PVOID)(ULONG_PTR)device->Bars[i].Base, (SIZE_T)device->Bars[i].Length);
            device->Bars[i].Base = NULL;
        }
    }
}
