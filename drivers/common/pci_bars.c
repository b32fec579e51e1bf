/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pci_bars.h"

#define PCI_BAR0 0x10
#define PCI_HEADER_BYTES 64
#define BAR_IO 0x1u
#define BAR_TYPE_MASK 0x6u
#define BAR_TYPE_64BIT 0x4u
#define BAR_FLAGS 0xFu

static uint32_t Read32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

void PciReadMemoryBars(const uint8_t *config, size_t length, uint64_t address[VIRTIO_PCI_BAR_COUNT])
{
    for (size_t i = 0; i < VIRTIO_PCI_BAR_COUNT; i++)
        address[i] = 0;
    if (length < PCI_HEADER_BYTES)
        return;
    for (size_t i = 0; i < VIRTIO_PCI_BAR_COUNT; i++) {
        uint32_t low = Read32(config + PCI_BAR0 + 4 * i);

        if ((low & BAR_IO) != 0)
            continue;
        address[i] = low & ~BAR_FLAGS;
        if ((low & BAR_TYPE_MASK) == BAR_TYPE_64BIT && i + 1 < VIRTIO_PCI_BAR_COUNT) {
            address[i] |= (uint64_t)Read32(config + PCI_BAR0 + 4 * (i + 1)) << 32;
            i++;
        }
    }
}
