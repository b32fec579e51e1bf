/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a PCI function to registers that can be used: identity, capabilities, mapped BARs. PASSIVE_LEVEL.
 */
#include "device.h"

#include "contract_ids.h"
#include "drivers/common/pci_bars.h"
#include "drivers/common/wdm_bars.h"
#include "drivers/common/wdm_config_space.h"
#include "drivers/common/wdm_delay.h"
#include "pci_identity.h"

static SND_LOG CheckIdentity(SND_DEVICE *device, const UCHAR space[WDM_CONFIG_SPACE_BYTES])
{
    static const uint16_t deviceIds[] = {AERO_VIRTIO_SND_DEVICE_ID};
    VIRTIO_PCI_IDENTITY identity;

    if (VirtioPciCheckIdentity(space, WDM_CONFIG_SPACE_BYTES, AERO_VIRTIO_SND_REVISION, deviceIds, 1, &identity) !=
        VirtioPciIdentityOk) {
        return SndLogIdentity;
    }
    device->SubsystemId = identity.SubsystemId;
    device->Revision = identity.RevisionId;
    return SndLogNothing;
}

static SND_LOG OpenRegisters(SND_DEVICE *device, const UCHAR space[WDM_CONFIG_SPACE_BYTES], const CM_RESOURCE_LIST *raw,
                             const CM_RESOURCE_LIST *translated)
{
    VIRTIO_PCI_CAP_POLICY policy = device->StrictContract ? VirtioPciCapStrict : VirtioPciCapPermissive;
    VIRTIO_ENV env = {.Context = device, .DelayMicroseconds = WdmTransportDelay};
    UINT64 address[VIRTIO_PCI_BAR_COUNT];
    VIRTIO_PCI_CAPS caps;
    VIRTIO_PCI_BAR bar0;

    PciReadMemoryBars(space, WDM_CONFIG_SPACE_BYTES, address);
    if (VirtioPciParseCaps(space, WDM_CONFIG_SPACE_BYTES, address, policy, &caps) != VirtioPciCapOk ||
        !caps.HasDevice) {
        return SndLogCapabilities;
    }
    if (!WdmMapBars(device->Bars, &caps, address, raw, translated)) {
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
    UCHAR space[WDM_CONFIG_SPACE_BYTES];
    SND_LOG why;

    if (raw == NULL || translated == NULL || raw->Count == 0 || translated->Count == 0) {
        return SndRefuse(device, SndLogBar);
    }
    if (!NT_SUCCESS(WdmReadConfigSpace(device->Lower, space))) {
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
    WdmUnmapBars(device->Bars);
}
