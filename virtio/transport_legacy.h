/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The virtio 0.9.5 PCI transport over an I/O BAR, behind the interface of transport.h: for opt-in packages only.
 *
 * What differs from the modern one: 32 feature bits and no FEATURES_OK; a queue's size cannot be chosen, its memory is
 * one block in the legacy layout (VirtqueueLayoutLegacy), 4096-aligned, below 16 TiB; the device configuration has no
 * generation, so reads are repeated until two agree; it starts at 20, or at 24 while MSI-X is enabled.
 */
#ifndef VIRTIO_TRANSPORT_LEGACY_H
#define VIRTIO_TRANSPORT_LEGACY_H

#include "transport.h"

typedef struct VIRTIO_LEGACY {
    VIRTIO_TRANSPORT Transport; /* first: the transport's functions cast back */
    uint16_t Port;
    uint16_t ConfigPort;
    bool Msix;
} VIRTIO_LEGACY;

/*
 * port, length: BAR0 as assigned. msixEnabled: whether MSI-X is enabled in the device's PCI configuration now and
 * for as long as the structure is in use. Touches no device. Results: VirtioOk, VirtioErrorBadArgument,
 * VirtioErrorBadRegion.
 */
VIRTIO_RESULT VirtioLegacyInit(VIRTIO_LEGACY *legacy, uint16_t port, uint32_t length, bool msixEnabled,
                               const VIRTIO_ENV *env);

#endif
