/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The PCI bus: the one interface between nthost and devices, QEMU's (qemu_bus.c) or ours (model_bus.c).
 * One function per bus matters: the device under test, at `bdf` (bus<<8 | device<<3 | function).
 * Addresses are guest-physical. Nothing here is called by driver code directly.
 */
#ifndef NTHOST_PCI_BUS_H
#define NTHOST_PCI_BUS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct pci_bus pci_bus;

struct pci_bus_ops {
    uint32_t (*config_read)(pci_bus *bus, unsigned bdf, unsigned offset, unsigned width);
    void (*config_write)(pci_bus *bus, unsigned bdf, unsigned offset, unsigned width, uint32_t value);
    uint64_t (*mmio_read)(pci_bus *bus, uint64_t physical, unsigned width);
    void (*mmio_write)(pci_bus *bus, uint64_t physical, unsigned width, uint64_t value);
    uint32_t (*port_read)(pci_bus *bus, uint16_t port, unsigned width);
    void (*port_write)(pci_bus *bus, uint16_t port, unsigned width, uint32_t value);
    /* Level of the function's INTx line now (drains what the device has told us). */
    bool (*intx_asserted)(pci_bus *bus, unsigned bdf);
    /* Lets the device make progress. Real-time bus: waits at most `max_wait_us` for news. Model: performs one seeded
     * piece of pending work if there is any. Returns true when something was done or arrived. */
    bool (*progress)(pci_bus *bus, uint64_t max_wait_us);
    /* Model: clock time of the next delayed device event, UINT64_MAX when none. Real-time bus: UINT64_MAX. */
    uint64_t (*next_event_us)(pci_bus *bus);
    /* From now on reads give all ones, writes vanish, no DMA, no interrupts. */
    void (*surprise_remove)(pci_bus *bus, unsigned bdf);
    /* The device is back, as when the machine was started: pci_device_restore() places it again. */
    void (*plug)(pci_bus *bus, unsigned bdf);
    void (*close)(pci_bus *bus); /* ends QEMU by pid, within bounded time */
};

struct pci_bus {
    const struct pci_bus_ops *ops;
    unsigned bdf;                            /* the function under test */
    bool real_time;                          /* QEMU: the clock is the host's */
    uint64_t mmio_window, mmio_window_bytes; /* free physical space where pci.c places BARs (QEMU q35: 0xe0000000) */
    uint16_t port_window;                    /* free I/O port space (0xc000) */
};

/* pci.c: what firmware and the PCI bus driver do. */
struct pci_bar {
    uint64_t physical, bytes; /* bytes 0: absent */
    bool memory, is_64bit, prefetchable;
};
struct pci_device {
    pci_bus *bus;
    struct pci_bar bar[6];
    unsigned msix_cap, msix_vectors; /* cap offset 0: no MSI-X */
    unsigned messages;               /* vectors in use; 0: MSI-X is off */
    volatile uint32_t *message_page; /* where they arrive */
    uint64_t message_physical;
    void (*arrived)(void *context, uint32_t message);
    void *arrived_context;
};
/* Sizes the BARs, places them in the bus's windows, enables memory, I/O and bus mastering, finds MSI-X. */
void pci_device_setup(struct pci_device *device, pci_bus *bus);
/* Reads `bar` and MSI-X of a function that is set up already, without changing it; device->bus is given. */
void pci_device_find(struct pci_device *device);
/* What the PCI bus driver does after D3 or a function reset: BARs, command register and MSI-X table as they were. */
void pci_device_restore(struct pci_device *device);
/* Takes memory, I/O and bus mastering away (a stopped or disabled device). */
void pci_device_disable(struct pci_device *device);
/* Programs `count` vectors to distinct words of a page of guest RAM and enables MSI-X; arrivals call
 * arrived(context, message) from the interrupt poll. The other vectors stay masked. pci_msix_disable restores INTx. One
 * device at a time. */
void pci_msix_enable(struct pci_device *device, unsigned count, void (*arrived)(void *context, uint32_t message),
                     void *context);
void pci_msix_disable(struct pci_device *device);
/* Whether a message lies in the page, not yet reported: for buses that wait for news. */
bool pci_message_waiting(void);

/* Virtio regions of a device, read from its capabilities by nthost itself (not by driver code); 0 bytes: absent. */
struct virtio_regions {
    uint64_t common, common_bytes, notify, notify_bytes, isr, isr_bytes, device, device_bytes;
};
void pci_find_virtio_regions(const struct pci_device *device, struct virtio_regions *regions);

#endif
