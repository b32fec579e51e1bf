/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Finds a modern virtio device's register regions in a copy of its PCI configuration space.
 *
 * A pure function of its input: no device access, any IRQL, no lock, nothing kept. The configuration bytes come from
 * the device and are not trusted: every pointer and length is checked, the walk visits no place twice and ends.
 *
 * Two policies:
 * - VirtioPciCapPermissive follows VIRTIO 1.x "Virtio Structure PCI Capabilities": the first acceptable instance of
 *   each structure is used, reserved bar values and unknown types are ignored, the low two bits of capability
 *   pointers are masked (PCI Local Bus 3.0, 6.7), and a device without device-specific configuration is
 *   fine (HasDevice false).
 *   Acceptable means: the region has an address and is long enough for its structure. When a type has no acceptable
 *   instance, the result is the reason the first one was passed over, if that was its BAR, else "missing".
 * - VirtioPciCapStrict holds the device to AERO-W7-VIRTIO v1: unaligned pointers, a repeated structure type, a reserved
 *   bar and missing device-specific configuration are errors, too.
 *
 * In both, a vendor capability of types 1 to 4 that is shorter than its structure, or reaches past the configuration
 * space, condemns the device: nothing else it says can be relied on.
 */
#ifndef VIRTIO_PCI_CAPS_H
#define VIRTIO_PCI_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTIO_PCI_BAR_COUNT 6

/* Least length a region needs to be acceptable. */
#define VIRTIO_PCI_COMMON_LENGTH_MIN 56
#define VIRTIO_PCI_NOTIFY_LENGTH_MIN 2
#define VIRTIO_PCI_ISR_LENGTH_MIN 1
#define VIRTIO_PCI_DEVICE_LENGTH_MIN 1

typedef enum VIRTIO_PCI_CAP_POLICY {
    VirtioPciCapPermissive,
    VirtioPciCapStrict,
} VIRTIO_PCI_CAP_POLICY;

/* In the order in which they are looked for. */
typedef enum VIRTIO_PCI_CAP_RESULT {
    VirtioPciCapOk,
    VirtioPciCapBadArgument,
    VirtioPciCapCfgSpaceTooSmall,
    VirtioPciCapNoCapList,
    VirtioPciCapCapPtrUnaligned, /* strict */
    VirtioPciCapCapPtrOutOfRange,
    VirtioPciCapCapListLoop,
    VirtioPciCapCapHeaderTruncated,
    VirtioPciCapCapNextUnaligned, /* strict */
    VirtioPciCapCapNextOutOfRange,
    VirtioPciCapCapLenTooSmall,
    VirtioPciCapNotifyCapLenTooSmall,
    VirtioPciCapCapTruncated,
    VirtioPciCapDuplicateCfgType,   /* strict */
    VirtioPciCapBarIndexOutOfRange, /* strict */
    VirtioPciCapBarAddressMissing,
    VirtioPciCapBarAddressOverflow,
    VirtioPciCapMissingCommon,
    VirtioPciCapMissingNotify,
    VirtioPciCapMissingIsr,
    VirtioPciCapMissingDevice, /* strict */
    VirtioPciCapResultCount,
} VIRTIO_PCI_CAP_RESULT;

typedef struct VIRTIO_PCI_REGION {
    uint8_t Bar;
    uint8_t Id;
    uint8_t CapLength;
    uint8_t CapOffset; /* of the capability, in configuration space */
    uint32_t Offset;   /* of the region, in its BAR */
    uint32_t Length;
    uint64_t Address; /* barAddress[Bar] + Offset */
} VIRTIO_PCI_REGION;

typedef struct VIRTIO_PCI_CAPS {
    VIRTIO_PCI_REGION Common;
    VIRTIO_PCI_REGION Notify;
    VIRTIO_PCI_REGION Isr;
    VIRTIO_PCI_REGION Device; /* only if HasDevice */
    uint32_t NotifyOffMultiplier;
    bool HasDevice;
} VIRTIO_PCI_CAPS;

/*
 * config, length: configuration space from offset 0; 64 bytes at least, 256 normally, more is ignored.
 * barAddress: physical address of each memory BAR, indexed as the device numbers them; 0 for one that is absent, not
 * assigned, or an I/O BAR. A 64-bit BAR has its address at its first index and 0 at the next.
 * caps: zeroed, then filled; its content counts only when the result is VirtioPciCapOk.
 */
VIRTIO_PCI_CAP_RESULT VirtioPciParseCaps(const uint8_t *config, size_t length,
                                         const uint64_t barAddress[VIRTIO_PCI_BAR_COUNT], VIRTIO_PCI_CAP_POLICY policy,
                                         VIRTIO_PCI_CAPS *caps);

/* Static string such as "CAP_LIST_LOOP"; "UNKNOWN" for a value that is no result. */
const char *VirtioPciCapResultToString(VIRTIO_PCI_CAP_RESULT result);

#endif
