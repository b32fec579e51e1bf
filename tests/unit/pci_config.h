/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Writes PCI configuration spaces byte by byte, good ones and bad ones: two known layouts, and the pieces to bend them.
 * Shared by the unit tests and the fuzzers' seeds.
 */
#ifndef PCI_CONFIG_H
#define PCI_CONFIG_H

#include <stdint.h>
#include <string.h>

struct pci_config {
    uint8_t bytes[256];
    uint64_t bar[6];
};

static inline void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void put32(uint8_t *at, uint32_t value)
{
    put16(at, value & 0xFFFF);
    put16(at + 2, value >> 16);
}

/* A virtio structure capability; next 0 ends the list. */
static inline void put_cap(struct pci_config *config, unsigned at, unsigned next, unsigned type, unsigned bar,
                           uint32_t offset, uint32_t length)
{
    uint8_t *cap = config->bytes + at;

    cap[0] = 0x09;
    cap[1] = (uint8_t)next;
    cap[2] = type == 2 ? 20 : 16;
    cap[3] = (uint8_t)type;
    cap[4] = (uint8_t)bar;
    cap[5] = (uint8_t)(0xA0 + type); /* id: kept, never interpreted */
    put32(cap + 8, offset);
    put32(cap + 12, length);
    if (type == 2) {
        put32(cap + 16, 4);
    }
}

static inline void put_identity(struct pci_config *config, unsigned device, unsigned revision, unsigned subsystem)
{
    put16(config->bytes + 0x00, 0x1AF4);
    put16(config->bytes + 0x02, device);
    config->bytes[0x08] = (uint8_t)revision;
    put16(config->bytes + 0x2C, 0x1AF4);
    put16(config->bytes + 0x2E, subsystem);
    config->bytes[0x06] = 0x10; /* there is a capability list */
}

/* AERO-W7-VIRTIO v1: everything in BAR0. Common 0x40, notify 0x50, ISR 0x64, device 0x74. */
static inline void pci_config_contract(struct pci_config *config)
{
    memset(config, 0, sizeof(*config));
    put_identity(config, 0x1040 + 2, 1, 0x0002);
    config->bytes[0x34] = 0x40;
    put_cap(config, 0x40, 0x50, 1, 0, 0x0000, 0x100);
    put_cap(config, 0x50, 0x64, 2, 0, 0x1000, 0x100);
    put_cap(config, 0x64, 0x74, 3, 0, 0x2000, 0x20);
    put_cap(config, 0x74, 0x00, 4, 0, 0x3000, 0x100);
    config->bar[0] = 0xE0000000;
}

/* As measured on QEMU 10.0: MSI-X first in the list, everything in BAR4, a cfg_type 5 capability. */
static inline void pci_config_qemu(struct pci_config *config)
{
    memset(config, 0, sizeof(*config));
    put_identity(config, 0x1040 + 2, 1, 0x1100);
    config->bytes[0x34] = 0x98;
    config->bytes[0x98] = 0x11;
    config->bytes[0x99] = 0x84;
    put_cap(config, 0x84, 0x70, 5, 0, 0, 0);
    config->bytes[0x84 + 2] = 20;
    put_cap(config, 0x70, 0x60, 2, 4, 0x3000, 0x1000);
    put_cap(config, 0x60, 0x50, 4, 4, 0x2000, 0x1000);
    put_cap(config, 0x50, 0x40, 3, 4, 0x1000, 0x1000);
    put_cap(config, 0x40, 0x00, 1, 4, 0x0000, 0x1000);
    config->bar[1] = 0xFEBD0000;
    config->bar[4] = 0x800000000;
}

#endif
