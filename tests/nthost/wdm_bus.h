/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A PCI bus with one small device for the WDM tests: BAR 0 holds its registers (wdm_modes.h), BAR 1 an MSI-X table of
 * four vectors. Writing REGISTER_RAISE makes it interrupt, with message 1 or its line; REGISTER_CAUSE clears on read.
 */
#ifndef WDM_BUS_H
#define WDM_BUS_H

#include "core_test.h"
#include "fixture/wdm_modes.h"
#include "wdm.h"

enum { BUS_VECTORS = 4 };

struct wdm_bus {
    pci_bus bus;
    uint8_t config[256];
    uint32_t cause, dma_address, table[BUS_VECTORS * 4];
    bool removed;
    unsigned interrupts;
};
extern struct wdm_bus wdm_bus;
extern struct pci_device wdm_device;

/* The machine, with the device set up and the given mode in force at the next load. */
void wdm_start_machine(unsigned processors, uint64_t seed);
/* DriverEntry, in `mode`. */
wdm_driver *wdm_load_fixture(enum wdm_mode mode, NTSTATUS *status);
/* ... AddDevice and IRP_MN_START_DEVICE, which must succeed. */
struct wdm_run {
    wdm_driver *driver;
    devnode *node;
};
struct wdm_run wdm_run_fixture(enum wdm_mode mode, bool msix);
void wdm_end_run(struct wdm_run *run); /* IRP_MN_REMOVE_DEVICE, unloading, leak check */
/* An IOCTL without data, on a handle of its own; its final status. */
NTSTATUS wdm_ioctl(const struct wdm_run *run, uint32_t code);
/* Runs `body` on a thread of the machine, for whatever waits. */
void on_thread(void (*body)(void));

#endif
