/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * From a PCI function to registers that can be used, for the packages that drive a legacy device by its I/O ports:
 * VIRTIO 1.x "Legacy Interfaces: A Note on PCI Device Layout". PASSIVE_LEVEL.
 */
#include "device.h"

#include "contract_ids.h"
#include "drivers/common/wdm_config_space.h"
#include "drivers/common/wdm_delay.h"

#define PCI_VENDOR 0x00
#define PCI_DEVICE 0x02
#define PCI_REVISION 0x08
#define PCI_BAR0 0x10
#define PCI_SUBSYSTEM 0x2E
#define PCI_CAPABILITIES 0x34
#define PCI_BAR_IO 0x1u
#define PCI_BAR_IO_FLAGS 0x3u
#define PCI_CAP_MSIX 0x11
#define MSIX_ENABLED 0x8000u
#define CAPABILITIES_MAX 48u /* as many as fit behind the header */

static USHORT Read16(const UCHAR *at)
{
    return (USHORT)(at[0] | at[1] << 8);
}

/* PCI Local Bus 3.0, 6.7 and 6.8.2: whether MSI-X is on at this moment. */
static BOOLEAN IsMsixEnabled(const UCHAR space[WDM_CONFIG_SPACE_BYTES])
{
    ULONG at = space[PCI_CAPABILITIES] & ~3u;

    for (ULONG i = 0; i < CAPABILITIES_MAX && at >= 0x40 && at + 4 <= WDM_CONFIG_SPACE_BYTES; i++) {
        if (space[at] == PCI_CAP_MSIX) {
            return (Read16(space + at + 2) & MSIX_ENABLED) != 0;
        }
        at = space[at + 1] & ~3u;
    }
    return FALSE;
}

/* The ports that BAR0 holds, as the system assigned them; 0: none. Ports are not translated on x86 and amd64. */
static ULONG FindPorts(ULONG bar, const CM_RESOURCE_LIST *raw, ULONG *length)
{
    const CM_PARTIAL_RESOURCE_LIST *list = &raw->List[0].PartialResourceList;
    const CM_PARTIAL_RESOURCE_DESCRIPTOR *at = list->PartialDescriptors;

    for (ULONG i = 0; (bar & PCI_BAR_IO) != 0 && i < list->Count; i++, at++) {
        if (at->Type == CmResourceTypePort && at->u.Port.Start.QuadPart == (LONGLONG)(bar & ~PCI_BAR_IO_FLAGS)) {
            *length = at->u.Port.Length;
            return (ULONG)at->u.Port.Start.QuadPart;
        }
    }
    return 0;
}

static SND_LOG OpenPorts(SND_DEVICE *device, BOOLEAN msix)
{
    VIRTIO_ENV env = {.Context = device, .DelayMicroseconds = WdmTransportDelay};

    if (device->Ports0 == 0 || device->Ports0 > 0xFFFF ||
        VirtioLegacyInit(&device->Registers.Legacy, (uint16_t)device->Ports0, device->Ports0Length, msix, &env) !=
            VirtioOk) {
        return SndLogBar;
    }
    device->Transport = &device->Registers.Legacy.Transport;
    return SndLogNothing;
}

/* The INF says which revisions; the driver takes any. */
static SND_LOG Open(SND_DEVICE *device, const UCHAR space[WDM_CONFIG_SPACE_BYTES], const CM_RESOURCE_LIST *raw)
{
    ULONG bar = (ULONG)Read16(space + PCI_BAR0) | (ULONG)Read16(space + PCI_BAR0 + 2) << 16;

    if (Read16(space + PCI_VENDOR) != AERO_VIRTIO_SND_VENDOR_ID ||
        Read16(space + PCI_DEVICE) != AERO_VIRTIO_SND_TRANSITIONAL_DEVICE_ID) {
        return SndLogIdentity;
    }
    device->Revision = space[PCI_REVISION];
    device->SubsystemId = Read16(space + PCI_SUBSYSTEM);
    device->LegacyRings = TRUE;
    device->ContractLayout = FALSE;
    device->Ports0 = FindPorts(bar, raw, &device->Ports0Length);
    return OpenPorts(device, FALSE);
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
    why = Open(device, space, raw);
    if (why != SndLogNothing) {
        return SndRefuse(device, why);
    }
    device->TransportOpen = TRUE;
    return STATUS_SUCCESS;
}

/* "If MSI-X is enabled, two additional fields immediately follow": the device configuration comes behind them. */
VOID SndTransportConnected(SND_DEVICE *device)
{
    UCHAR space[WDM_CONFIG_SPACE_BYTES];

    if (NT_SUCCESS(WdmReadConfigSpace(device->Lower, space))) {
        (void)OpenPorts(device, IsMsixEnabled(space));
    }
}

VOID SndCloseTransport(SND_DEVICE *device)
{
    device->TransportOpen = FALSE;
}
