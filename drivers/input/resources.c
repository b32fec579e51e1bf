/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * From a PCI function to registers that can be used: identity, capabilities, mapped BARs. PASSIVE_LEVEL.
 */
#include "device.h"

#include "contract_ids.h"
#include "drivers/common/pci_bars.h"
#include "drivers/common/wdm_bars.h"
#include "drivers/common/wdm_config_space.h"
#include "drivers/common/wdm_delay.h"
#include "pci_identity.h"

static INPUT_LOG CheckIdentity(INPUT_DEVICE *device, const UCHAR space[WDM_CONFIG_SPACE_BYTES])
{
    static const uint16_t deviceIds[] = {AERO_VIRTIO_INPUT_DEVICE_ID};
    VIRTIO_PCI_IDENTITY identity;

    if (VirtioPciCheckIdentity(space, WDM_CONFIG_SPACE_BYTES, AERO_VIRTIO_INPUT_REVISION, deviceIds, 1, &identity) !=
        VirtioPciIdentityOk) {
        return InputLogIdentity;
    }
    device->SubsystemId = identity.SubsystemId;
    device->Revision = identity.RevisionId;
    return InputLogNothing;
}

static INPUT_LOG OpenRegisters(INPUT_DEVICE *device, const UCHAR space[WDM_CONFIG_SPACE_BYTES],
                               const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated)
{
    VIRTIO_PCI_CAP_POLICY policy = device->StrictContract ? VirtioPciCapStrict : VirtioPciCapPermissive;
    VIRTIO_ENV env = {.Context = device, .DelayMicroseconds = WdmTransportDelay};
    UINT64 address[VIRTIO_PCI_BAR_COUNT];
    VIRTIO_PCI_CAPS caps;
    VIRTIO_PCI_BAR bar0;

    PciReadMemoryBars(space, WDM_CONFIG_SPACE_BYTES, address);
    if (VirtioPciParseCaps(space, WDM_CONFIG_SPACE_BYTES, address, policy, &caps) != VirtioPciCapOk ||
        !caps.HasDevice) {
        return InputLogCapabilities;
    }
    if (!WdmMapBars(device->Bars, &caps, address, raw, translated)) {
        return InputLogBar;
    }
    bar0 = (VIRTIO_PCI_BAR){.Length = device->Bars[0].Length, .IsMemory = device->Bars[0].Base != NULL};
    if (device->StrictContract && !VirtioPciIsContractLayout(&caps, &bar0)) {
        return InputLogStrictContract;
    }
    return VirtioModernInit(&device->Transport, &caps, device->Bars, &env) == VirtioOk ? InputLogNothing
                                                                                       : InputLogCapabilities;
}

NTSTATUS InputOpenTransport(INPUT_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated)
{
    UCHAR space[WDM_CONFIG_SPACE_BYTES];
    INPUT_LOG why;

    if (raw == NULL || translated == NULL || raw->Count == 0 || translated->Count == 0) {
        return InputRefuse(device, InputLogBar);
    }
    if (!NT_SUCCESS(WdmReadConfigSpace(device->Lower, space))) {
        return InputRefuse(device, InputLogConfigSpace);
    }
    why = CheckIdentity(device, space);
    if (why == InputLogNothing) {
        why = OpenRegisters(device, space, raw, translated);
    }
    if (why != InputLogNothing) {
        InputCloseTransport(device);
        return InputRefuse(device, why);
    }
    device->TransportOpen = TRUE;
    return STATUS_SUCCESS;
}

VOID InputCloseTransport(INPUT_DEVICE *device)
{
    device->TransportOpen = FALSE;
    WdmUnmapBars(device->Bars);
}
