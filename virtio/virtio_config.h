/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What virtio puts on the wire, for every device type: status and feature bits, the PCI common configuration structure,
 * the ISR byte, split-ring layouts. Values are those of VIRTIO 1.x and are asserted in the unit tests against the
 * kernel's uapi headers. All fields are little-endian, as x86 is. 64-bit registers are two 32-bit halves, because
 * VIRTIO 1.x "PCI Device Layout" has them accessed so.
 */
#ifndef VIRTIO_CONFIG_H
#define VIRTIO_CONFIG_H

#include <stddef.h>
#include <stdint.h>

/* VIRTIO 1.x "PCI Device Discovery". */
#define VIRTIO_PCI_VENDOR_ID 0x1AF4
#define VIRTIO_PCI_MODERN_DEVICE_ID_FIRST 0x1040
#define VIRTIO_PCI_MODERN_DEVICE_ID_LAST 0x107F

/* VIRTIO 1.x "Device Status Field". */
#define VIRTIO_STATUS_ACKNOWLEDGE 0x01
#define VIRTIO_STATUS_DRIVER 0x02
#define VIRTIO_STATUS_DRIVER_OK 0x04
#define VIRTIO_STATUS_FEATURES_OK 0x08
#define VIRTIO_STATUS_NEEDS_RESET 0x40
#define VIRTIO_STATUS_FAILED 0x80
/* No device may show every bit at once (the reserved ones are 0): this is a bus without a device behind it. */
#define VIRTIO_STATUS_GONE 0xFF

/* VIRTIO 1.x "Reserved Feature Bits". */
#define VIRTIO_FEATURE(bit) (1ULL << (bit))
#define VIRTIO_F_NOTIFY_ON_EMPTY 24
#define VIRTIO_F_ANY_LAYOUT 27
#define VIRTIO_F_INDIRECT_DESC 28
#define VIRTIO_F_EVENT_IDX 29
#define VIRTIO_F_VERSION_1 32
#define VIRTIO_F_ACCESS_PLATFORM 33
#define VIRTIO_F_RING_PACKED 34
#define VIRTIO_F_IN_ORDER 35
#define VIRTIO_F_ORDER_PLATFORM 36
#define VIRTIO_F_SR_IOV 37
#define VIRTIO_F_NOTIFICATION_DATA 38
#define VIRTIO_F_RING_RESET 40

/* VIRTIO 1.x "ISR status capability". */
#define VIRTIO_ISR_QUEUE 0x01
#define VIRTIO_ISR_CONFIG 0x02

/* VIRTIO 1.x "MSI-X Vector Configuration". */
#define VIRTIO_MSI_NO_VECTOR 0xFFFF

/* VIRTIO 1.x "Virtio Structure PCI Capabilities". */
#define VIRTIO_PCI_CAP_COMMON 1
#define VIRTIO_PCI_CAP_NOTIFY 2
#define VIRTIO_PCI_CAP_ISR 3
#define VIRTIO_PCI_CAP_DEVICE 4
#define VIRTIO_PCI_CAP_PCI_ACCESS 5
#define VIRTIO_PCI_CAP_LENGTH 16
#define VIRTIO_PCI_NOTIFY_CAP_LENGTH 20

/* VIRTIO 1.x "Common configuration structure layout", without the fields that features we never accept would add. */
typedef struct VIRTIO_PCI_COMMON_CFG {
    uint32_t DeviceFeatureSelect;
    uint32_t DeviceFeature;
    uint32_t DriverFeatureSelect;
    uint32_t DriverFeature;
    uint16_t ConfigMsixVector;
    uint16_t NumQueues;
    uint8_t DeviceStatus;
    uint8_t ConfigGeneration;
    uint16_t QueueSelect;
    uint16_t QueueSize;
    uint16_t QueueMsixVector;
    uint16_t QueueEnable;
    uint16_t QueueNotifyOff;
    uint32_t QueueDescLow;
    uint32_t QueueDescHigh;
    uint32_t QueueAvailLow;
    uint32_t QueueAvailHigh;
    uint32_t QueueUsedLow;
    uint32_t QueueUsedHigh;
} VIRTIO_PCI_COMMON_CFG;

_Static_assert(sizeof(VIRTIO_PCI_COMMON_CFG) == 56, "common configuration is 56 bytes");
_Static_assert(offsetof(VIRTIO_PCI_COMMON_CFG, DeviceStatus) == 0x14, "device_status");
_Static_assert(offsetof(VIRTIO_PCI_COMMON_CFG, QueueDescLow) == 0x20, "queue_desc");

/* VIRTIO 0.9.5 and 1.x "Legacy Interfaces: A Note on PCI Device Layout": registers in an I/O BAR. */
#define VIRTIO_LEGACY_DEVICE_FEATURES 0
#define VIRTIO_LEGACY_DRIVER_FEATURES 4
#define VIRTIO_LEGACY_QUEUE_PFN 8
#define VIRTIO_LEGACY_QUEUE_SIZE 12
#define VIRTIO_LEGACY_QUEUE_SELECT 14
#define VIRTIO_LEGACY_QUEUE_NOTIFY 16
#define VIRTIO_LEGACY_DEVICE_STATUS 18
#define VIRTIO_LEGACY_ISR 19
#define VIRTIO_LEGACY_CONFIG_VECTOR 20
#define VIRTIO_LEGACY_QUEUE_VECTOR 22
#define VIRTIO_LEGACY_CONFIG_WITHOUT_MSIX 20
#define VIRTIO_LEGACY_CONFIG_WITH_MSIX 24
#define VIRTIO_LEGACY_PAGE_SHIFT 12

/* VIRTIO 1.x "Split Virtqueues". */
#define VIRTQ_SIZE_MIN 2
#define VIRTQ_SIZE_MAX 32768
#define VIRTQ_DESC_F_NEXT 1
#define VIRTQ_DESC_F_WRITE 2
#define VIRTQ_DESC_F_INDIRECT 4
#define VIRTQ_AVAIL_F_NO_INTERRUPT 1
#define VIRTQ_USED_F_NO_NOTIFY 1
#define VIRTQ_DESC_ALIGN 16
#define VIRTQ_AVAIL_ALIGN 2
#define VIRTQ_USED_ALIGN 4
#define VIRTQ_LEGACY_ALIGN 4096

typedef struct VIRTQ_DESC {
    uint64_t Address;
    uint32_t Length;
    uint16_t Flags;
    uint16_t Next;
} VIRTQ_DESC;

typedef struct VIRTQ_AVAIL {
    uint16_t Flags;
    uint16_t Index;
    uint16_t Ring[]; /* Ring[size] is used_event */
} VIRTQ_AVAIL;

typedef struct VIRTQ_USED_ELEM {
    uint32_t Id;
    uint32_t Length;
} VIRTQ_USED_ELEM;

typedef struct VIRTQ_USED {
    uint16_t Flags;
    uint16_t Index;
    VIRTQ_USED_ELEM Ring[]; /* followed by avail_event */
} VIRTQ_USED;

_Static_assert(sizeof(VIRTQ_DESC) == 16, "descriptor is 16 bytes");
_Static_assert(offsetof(VIRTQ_DESC, Next) == 14, "descriptor next");
_Static_assert(offsetof(VIRTQ_AVAIL, Ring) == 4, "available ring header is 4 bytes");
_Static_assert(sizeof(VIRTQ_USED_ELEM) == 8, "used element is 8 bytes");
_Static_assert(offsetof(VIRTQ_USED, Ring) == 4, "used ring header is 4 bytes");

#endif
