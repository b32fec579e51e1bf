/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a PCI function to registers that can be used: identity, capabilities, mapped BARs. PASSIVE_LEVEL.
 */
#include "device.h"

#include "contract_ids.h"
#include "drivers/common/pci_bars.h"
#include "pci_identity.h"

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

static SND_LOG CheckIdentity(SND_DEVICE *device, const UCHAR space[SND_CONFIG_SPACE_BYTES])
{
    static const uint16_t deviceIds[] = {AERO_VIRTIO_SND_DEVICE_ID};
    VIRTIO_PCI_IDENTITY identity;

    if (VirtioPciCheckIdentity(space, SND_CONFIG_SPACE_BYTES, AERO_VIRTIO_SND_REVISION, deviceIds, 1, &identity) !=
        VirtioPciIdentityOk) {
        return SndLogIdentity;
    }
    device->SubsystemId = identity.SubsystemId;
    device->Revision = identity.RevisionId;
    return SndLogNothing;
}

static SND_LOG OpenRegisters(SND_DEVICE *device, const UCHAR space[SND_CONFIG_SPACE_BYTES], const CM_RESOURCE_LIST *raw,
                             const CM_RESOURCE_LIST *translated)
{
    VIRTIO_PCI_CAP_POLICY policy = device->StrictContract ? VirtioPciCapStrict : VirtioPciCapPermissive;
    VIRTIO_ENV env = {.Context = device, .DelayMicroseconds = SndTransportDelay};
    UINT64 address[VIRTIO_PCI_BAR_COUNT];
    VIRTIO_PCI_CAPS caps;
    VIRTIO_PCI_BAR bar0;

    PciReadMemoryBars(space, SND_CONFIG_SPACE_BYTES, address);
    if (VirtioPciParseCaps(space, SND_CONFIG_SPACE_BYTES, address, policy, &caps) != VirtioPciCapOk ||
        !caps.HasDevice) {
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
    device->Transport = &device->Registers.Modern.Transport;
    return VirtioModernInit(&device->Registers.Modern, &caps, device->Bars, &env) == VirtioOk ? SndLogNothing
                                                                                              : SndLogCapabilities;
}

NTSTATUS SndOpenTransport(SND_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated)
{
    UCHAR space[SND_CONFIG_SPACE_BYTES];
    SND_LOG why;

    if (raw == NULL || translated == NULL || raw->Count == 0 || translated->Count == 0) {
        return SndRefuse(device, SndLogBar);
    }
    if (!NT_SUCCESS(SndReadConfigSpace(device, space))) {
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

VOID SndTransportConnected(SND_DEVICE *device)
{
    (void)device; /* the registers are where they are, with messages or without */
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
