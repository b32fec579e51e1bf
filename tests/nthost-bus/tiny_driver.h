/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A virtio-blk driver small enough to be seen through: one queue, one request at a time, no tricks. It proves the
 * buses, and its parts are public so that a test can leave one out or do it wrong.
 */
#ifndef NTHOST_BUS_TINY_DRIVER_H
#define NTHOST_BUS_TINY_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../nthost/pci_bus.h"

enum {
    FEATURE_SIZE_MAX = 1,
    FEATURE_SEG_MAX = 2,
    FEATURE_GEOMETRY = 4,
    FEATURE_RO = 5,
    FEATURE_BLK_SIZE = 6,
    FEATURE_FLUSH = 9,
    FEATURE_TOPOLOGY = 10,
    FEATURE_CONFIG_WCE = 11,
    FEATURE_MQ = 12,
    FEATURE_DISCARD = 13,
    FEATURE_WRITE_ZEROES = 14,
    FEATURE_INDIRECT = 28,
    FEATURE_EVENT_IDX = 29,
    FEATURE_VERSION_1 = 32,
};
#define BIT(feature) (1ull << (feature))

enum {
    REQUEST_IN = 0,
    REQUEST_OUT = 1,
    REQUEST_FLUSH = 4,
    REQUEST_GET_ID = 8,
    REQUEST_DISCARD = 11,
    REQUEST_ZEROES = 13
};
enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };

struct tiny_desc {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

struct tiny_driver {
    pci_bus *bus;
    struct pci_device device;
    struct virtio_regions regions;
    uint64_t offered, accepted;
    bool msix;
    unsigned interrupts, messages; /* lines seen, messages arrived */
    uint8_t isr;                   /* what was read last */

    uint16_t queue; /* the one it uses */
    uint16_t size, last_used, notify_off;
    struct tiny_desc *desc;
    volatile uint16_t *avail, *used; /* as 16-bit words: flags, idx, ring */
    uint64_t desc_physical, avail_physical, used_physical;

    uint8_t *header, *data; /* header: 16 bytes; status byte behind it at 16; data: 64 KiB */
    uint64_t header_physical, data_physical;
};

/* Registers of the common configuration. */
uint32_t tiny_read(struct tiny_driver *d, unsigned offset, unsigned width);
void tiny_write(struct tiny_driver *d, unsigned offset, unsigned width, uint32_t value);
uint64_t tiny_config(struct tiny_driver *d, unsigned offset, unsigned width);

/* The steps of VIRTIO 1.x "Device Initialization"; tiny_start does them all and takes `features` of what is offered. */
void tiny_find(struct tiny_driver *d, pci_bus *bus);
void tiny_reset(struct tiny_driver *d);
void tiny_acknowledge(struct tiny_driver *d);
void tiny_negotiate(struct tiny_driver *d, uint64_t features);
void tiny_allocate(struct tiny_driver *d, uint16_t size);
void tiny_queue(struct tiny_driver *d);
void tiny_interrupts(struct tiny_driver *d, bool msix);
void tiny_driver_ok(struct tiny_driver *d);
void tiny_start(struct tiny_driver *d, pci_bus *bus, uint64_t features, bool msix);

/* Fills in the header and descriptors 0 to 2 (data may be absent); publishes head 0; rings. */
void tiny_build(struct tiny_driver *d, uint32_t type, uint64_t sector, uint32_t bytes);
void tiny_publish(struct tiny_driver *d, uint16_t head);
void tiny_ring(struct tiny_driver *d);
/* Waits for the interrupt of a used buffer and returns its id, or -1 when none comes in `wait_ms` of the bus's clock.
 */
int tiny_wait(struct tiny_driver *d, unsigned wait_ms);
/* All of it; returns the status byte, or -1 when it does not complete. */
int tiny_request(struct tiny_driver *d, uint32_t type, uint64_t sector, uint32_t bytes);

#endif
