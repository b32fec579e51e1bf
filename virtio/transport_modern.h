/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The VIRTIO 1.x PCI transport over memory BARs. After VirtioModernInit use it through transport.h; only the
 * doorbell and the ISR byte, which are on the I/O path, have direct inline forms here.
 *
 * Ownership: the caller maps the BARs (uncached) and keeps them mapped while the structure is in use.
 */
#ifndef VIRTIO_TRANSPORT_MODERN_H
#define VIRTIO_TRANSPORT_MODERN_H

#include "pci_caps.h"
#include "transport.h"

/* A mapped BAR. Base NULL: not mapped. Base is the address of the BAR's first byte, Length what is mapped from
   there. */
typedef struct VIRTIO_MODERN_BAR {
    volatile void *Base;
    uint64_t Length;
} VIRTIO_MODERN_BAR;

typedef struct VIRTIO_MODERN {
    VIRTIO_TRANSPORT Transport; /* first: the transport's functions cast back */
    volatile VIRTIO_PCI_COMMON_CFG *Common;
    volatile uint8_t *Isr;
    volatile uint8_t *Notify;
    volatile uint8_t *Device; /* NULL when the device has no configuration */
    uint32_t NotifyLength;
    uint32_t NotifyOffMultiplier;
} VIRTIO_MODERN;

/*
 * Builds the register pointers; touches no device.
 * Results: VirtioOk, VirtioErrorBadArgument, VirtioErrorBadRegion when a region is not inside what is mapped, or is not
 * aligned (VIRTIO 1.x: common and device 4 bytes, notify 2).
 */
VIRTIO_RESULT VirtioModernInit(VIRTIO_MODERN *modern, const VIRTIO_PCI_CAPS *caps,
                               const VIRTIO_MODERN_BAR bars[VIRTIO_PCI_BAR_COUNT], const VIRTIO_ENV *env);

/* The same as VirtioRing, for a doorbell that VirtioGetDoorbell made on a VIRTIO_MODERN. */
static inline void VirtioModernRing(const VIRTIO_DOORBELL *doorbell)
{
    VirtioWrite16(doorbell->Mmio, doorbell->Value);
}

static inline uint8_t VirtioModernReadIsr(const VIRTIO_MODERN *modern)
{
    return VirtioRead8(modern->Isr);
}

#endif
