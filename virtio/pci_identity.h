/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Is this the device that a driver was written for, and does it have the register layout of AERO-W7-VIRTIO v1?
 *
 * Pure functions of their input: no device access, any IRQL, no lock, nothing kept.
 */
#ifndef VIRTIO_PCI_IDENTITY_H
#define VIRTIO_PCI_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pci_caps.h"

/* In the order in which they are looked for. */
typedef enum VIRTIO_PCI_IDENTITY_RESULT {
    VirtioPciIdentityOk,
    VirtioPciIdentityBadArgument,
    VirtioPciIdentityCfgSpaceTooSmall,
    VirtioPciIdentityVendorMismatch,
    VirtioPciIdentityRevisionMismatch,
    VirtioPciIdentityDeviceIdNotModern,
    VirtioPciIdentityNotAllowed,
    VirtioPciIdentityResultCount,
} VIRTIO_PCI_IDENTITY_RESULT;

typedef struct VIRTIO_PCI_IDENTITY {
    uint16_t VendorId;
    uint16_t DeviceId;
    uint16_t SubsystemVendorId; /* 0 when the configuration space given is too short to hold it */
    uint16_t SubsystemId;       /* likewise */
    uint8_t RevisionId;
    uint8_t VirtioType; /* DeviceId - 0x1040; 0 unless the ID is a modern one */
} VIRTIO_PCI_IDENTITY;

/*
 * revision: the only revision accepted; contract v1 puts its major version there, and a driver must refuse a major that
 * it does not know. allowedIds: PCI device IDs accepted; allowedCount 0 accepts every modern ID.
 * identity: may be NULL; else filled with what was read, also when the result is a mismatch.
 */
VIRTIO_PCI_IDENTITY_RESULT VirtioPciCheckIdentity(const uint8_t *config, size_t length, uint8_t revision,
                                                  const uint16_t *allowedIds, size_t allowedCount,
                                                  VIRTIO_PCI_IDENTITY *identity);

const char *VirtioPciIdentityResultToString(VIRTIO_PCI_IDENTITY_RESULT result);

/* The fixed layout of AERO-W7-VIRTIO v1, all of it in BAR0. */
#define VIRTIO_PCI_CONTRACT_BAR_LENGTH 0x4000
#define VIRTIO_PCI_CONTRACT_COMMON_OFFSET 0x0000
#define VIRTIO_PCI_CONTRACT_COMMON_LENGTH 0x100
#define VIRTIO_PCI_CONTRACT_NOTIFY_OFFSET 0x1000
#define VIRTIO_PCI_CONTRACT_NOTIFY_LENGTH 0x100
#define VIRTIO_PCI_CONTRACT_ISR_OFFSET 0x2000
#define VIRTIO_PCI_CONTRACT_ISR_LENGTH 0x20
#define VIRTIO_PCI_CONTRACT_DEVICE_OFFSET 0x3000
#define VIRTIO_PCI_CONTRACT_DEVICE_LENGTH 0x100
#define VIRTIO_PCI_CONTRACT_NOTIFY_MULTIPLIER 4

/* In the order in which they are looked for. */
typedef enum VIRTIO_PCI_LAYOUT_RESULT {
    VirtioPciLayoutOk,
    VirtioPciLayoutBadArgument,
    VirtioPciLayoutBar0,
    VirtioPciLayoutCommon,
    VirtioPciLayoutNotify,
    VirtioPciLayoutIsr,
    VirtioPciLayoutDevice,
    VirtioPciLayoutMultiplier,
    VirtioPciLayoutResultCount,
} VIRTIO_PCI_LAYOUT_RESULT;

/* What the caller knows of a BAR from its resources. */
typedef struct VIRTIO_PCI_BAR {
    uint64_t Length; /* 0: absent */
    bool IsMemory;
} VIRTIO_PCI_BAR;

/* Every region in BAR0 (a memory BAR of at least 0x4000 bytes), at exactly its offset, at least its length and within
   the BAR, notify multiplier 4. */
VIRTIO_PCI_LAYOUT_RESULT VirtioPciCheckContractLayout(const VIRTIO_PCI_CAPS *caps, const VIRTIO_PCI_BAR *bar0);

const char *VirtioPciLayoutResultToString(VIRTIO_PCI_LAYOUT_RESULT result);

/* The dialect question: true when the device speaks Aero v1, because its regions sit where only the contract puts
   them. */
static inline bool VirtioPciIsContractLayout(const VIRTIO_PCI_CAPS *caps, const VIRTIO_PCI_BAR *bar0)
{
    return VirtioPciCheckContractLayout(caps, bar0) == VirtioPciLayoutOk;
}

#endif
