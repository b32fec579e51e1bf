/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See pci_identity.h. */
#include "pci_identity.h"

#include "virtio_config.h"
#include "virtio_io.h"

#define PCI_VENDOR_OFFSET 0x00
#define PCI_DEVICE_OFFSET 0x02
#define PCI_REVISION_OFFSET 0x08
#define PCI_SUBSYSTEM_VENDOR_OFFSET 0x2C
#define PCI_SUBSYSTEM_OFFSET 0x2E
#define PCI_SUBSYSTEM_END 0x30

static uint16_t Load16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static bool IsModernId(uint16_t deviceId)
{
    return deviceId >= VIRTIO_PCI_MODERN_DEVICE_ID_FIRST && deviceId <= VIRTIO_PCI_MODERN_DEVICE_ID_LAST;
}

static void ReadIdentity(const uint8_t *config, size_t length, VIRTIO_PCI_IDENTITY *identity)
{
    identity->VendorId = Load16(config + PCI_VENDOR_OFFSET);
    identity->DeviceId = Load16(config + PCI_DEVICE_OFFSET);
    identity->RevisionId = config[PCI_REVISION_OFFSET];
    identity->SubsystemVendorId = 0;
    identity->SubsystemId = 0;
    if (length >= PCI_SUBSYSTEM_END) {
        identity->SubsystemVendorId = Load16(config + PCI_SUBSYSTEM_VENDOR_OFFSET);
        identity->SubsystemId = Load16(config + PCI_SUBSYSTEM_OFFSET);
    }
    identity->VirtioType = 0;
    if (IsModernId(identity->DeviceId)) {
        identity->VirtioType = (uint8_t)(identity->DeviceId - VIRTIO_PCI_MODERN_DEVICE_ID_FIRST);
    }
}

static bool IsAllowed(uint16_t deviceId, const uint16_t *allowedIds, size_t allowedCount)
{
    size_t i;

    for (i = 0; i < allowedCount; i++) {
        if (allowedIds[i] == deviceId) {
            return true;
        }
    }
    return allowedCount == 0;
}

VIRTIO_PCI_IDENTITY_RESULT VirtioPciCheckIdentity(const uint8_t *config, size_t length, uint8_t revision,
                                                  const uint16_t *allowedIds, size_t allowedCount,
                                                  VIRTIO_PCI_IDENTITY *identity)
{
    VIRTIO_PCI_IDENTITY read;

    if (identity != NULL) {
        VirtioZero(identity, sizeof(*identity));
    }
    if (config == NULL || (allowedIds == NULL && allowedCount != 0)) {
        return VirtioPciIdentityBadArgument;
    }
    if (length <= PCI_REVISION_OFFSET) {
        return VirtioPciIdentityCfgSpaceTooSmall;
    }
    ReadIdentity(config, length, &read);
    if (identity != NULL) {
        *identity = read;
    }
    if (read.VendorId != VIRTIO_PCI_VENDOR_ID) {
        return VirtioPciIdentityVendorMismatch;
    }
    if (read.RevisionId != revision) {
        return VirtioPciIdentityRevisionMismatch;
    }
    if (!IsModernId(read.DeviceId)) {
        return VirtioPciIdentityDeviceIdNotModern;
    }
    if (!IsAllowed(read.DeviceId, allowedIds, allowedCount)) {
        return VirtioPciIdentityNotAllowed;
    }
    return VirtioPciIdentityOk;
}

const char *VirtioPciIdentityResultToString(VIRTIO_PCI_IDENTITY_RESULT result)
{
    static const char *const names[VirtioPciIdentityResultCount] = {
        [VirtioPciIdentityOk] = "OK",
        [VirtioPciIdentityBadArgument] = "BAD_ARGUMENT",
        [VirtioPciIdentityCfgSpaceTooSmall] = "CFG_SPACE_TOO_SMALL",
        [VirtioPciIdentityVendorMismatch] = "VENDOR_MISMATCH",
        [VirtioPciIdentityRevisionMismatch] = "REVISION_MISMATCH",
        [VirtioPciIdentityDeviceIdNotModern] = "DEVICE_ID_NOT_MODERN",
        [VirtioPciIdentityNotAllowed] = "NOT_ALLOWED",
    };

    return (unsigned)result < VirtioPciIdentityResultCount ? names[result] : "UNKNOWN";
}

static bool RegionMatches(const VIRTIO_PCI_REGION *region, uint32_t offset, uint32_t lengthMin, uint64_t barLength)
{
    return region->Bar == 0 && region->Offset == offset && region->Length >= lengthMin &&
           (uint64_t)region->Offset + region->Length <= barLength;
}

VIRTIO_PCI_LAYOUT_RESULT VirtioPciCheckContractLayout(const VIRTIO_PCI_CAPS *caps, const VIRTIO_PCI_BAR *bar0)
{
    if (caps == NULL || bar0 == NULL) {
        return VirtioPciLayoutBadArgument;
    }
    if (!bar0->IsMemory || bar0->Length < VIRTIO_PCI_CONTRACT_BAR_LENGTH) {
        return VirtioPciLayoutBar0;
    }
    if (!RegionMatches(&caps->Common, VIRTIO_PCI_CONTRACT_COMMON_OFFSET, VIRTIO_PCI_CONTRACT_COMMON_LENGTH,
                       bar0->Length)) {
        return VirtioPciLayoutCommon;
    }
    if (!RegionMatches(&caps->Notify, VIRTIO_PCI_CONTRACT_NOTIFY_OFFSET, VIRTIO_PCI_CONTRACT_NOTIFY_LENGTH,
                       bar0->Length)) {
        return VirtioPciLayoutNotify;
    }
    if (!RegionMatches(&caps->Isr, VIRTIO_PCI_CONTRACT_ISR_OFFSET, VIRTIO_PCI_CONTRACT_ISR_LENGTH, bar0->Length)) {
        return VirtioPciLayoutIsr;
    }
    if (!caps->HasDevice || !RegionMatches(&caps->Device, VIRTIO_PCI_CONTRACT_DEVICE_OFFSET,
                                           VIRTIO_PCI_CONTRACT_DEVICE_LENGTH, bar0->Length)) {
        return VirtioPciLayoutDevice;
    }
    if (caps->NotifyOffMultiplier != VIRTIO_PCI_CONTRACT_NOTIFY_MULTIPLIER) {
        return VirtioPciLayoutMultiplier;
    }
    return VirtioPciLayoutOk;
}

const char *VirtioPciLayoutResultToString(VIRTIO_PCI_LAYOUT_RESULT result)
{
    static const char *const names[VirtioPciLayoutResultCount] = {
        [VirtioPciLayoutOk] = "OK",         [VirtioPciLayoutBadArgument] = "BAD_ARGUMENT",
        [VirtioPciLayoutBar0] = "BAR0",     [VirtioPciLayoutCommon] = "COMMON",
        [VirtioPciLayoutNotify] = "NOTIFY", [VirtioPciLayoutIsr] = "ISR",
        [VirtioPciLayoutDevice] = "DEVICE", [VirtioPciLayoutMultiplier] = "MULTIPLIER",
    };

    return (unsigned)result < VirtioPciLayoutResultCount ? names[result] : "UNKNOWN";
}
