/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Base address registers, read from a copy of PCI configuration space (PCI Local Bus 3.0, 6.2.5). Portable; bytes
 * are not trusted.
 */
#ifndef AERO_COMMON_PCI_BARS_H
#define AERO_COMMON_PCI_BARS_H

#include <stddef.h>
#include <stdint.h>

#include "pci_caps.h"

/* Physical address of each memory BAR at the index where it starts; 0 for an I/O BAR, one that is absent or not
 * assigned, and the upper half of a 64-bit one.
 * `length` less than 64: all zero. */
void PciReadMemoryBars(const uint8_t *config, size_t length, uint64_t address[VIRTIO_PCI_BAR_COUNT]);

#endif
