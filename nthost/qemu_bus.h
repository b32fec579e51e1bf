/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Stock QEMU's devices as a PCI bus. A q35 machine whose processor sleeps (its firmware is `cli; hlt`) shares our guest
 * RAM; its devices are driven over qtest: configuration space through ports 0xcf8/0xcfc, device memory, ports, and the
 * levels of the I/O APIC's input lines. The clock is the host's.
 *
 * ram_init() comes first. A machine of less than 2816 MiB has all of its RAM below 4 GiB, a larger one exactly 2 GiB of
 * it (q35). What QEMU refuses is an environment failure with its own words.
 */
#ifndef NTHOST_QEMU_BUS_H
#define NTHOST_QEMU_BUS_H

#include <stdbool.h>
#include <stddef.h>

#include "pci_bus.h"

#define QEMU_DEVICES_MAX 8u
#define QEMU_ARGUMENTS_MAX 32u

struct qemu_options {
    const char *binary; /* qemu-system-x86_64 of the PATH when NULL */
    /* As after -device. The bus adds id=dut0.., addr=4.. and, when an image is given, drive=d0, unless they are there.
     * The first one is the function under test. */
    const char *devices[QEMU_DEVICES_MAX];
    unsigned device_count;
    const char *image;       /* raw; NULL: no drive */
    const char *drive_extra; /* more -drive properties, as "cache=none,..." */
    bool read_only;
    const char *arguments[QEMU_ARGUMENTS_MAX]; /* passed on as they are */
    unsigned argument_count;
    unsigned timeout_ms; /* for every answer; 0: 30 seconds */
};

/* One option, as given on a command line: device=..., image=..., drive=..., readonly=on|off, argument=..., binary=...,
 * timeout-ms=N. The text must live as long as the options. False when there is no such option or it is full. */
bool qemu_option(struct qemu_options *options, const char *name_equals_value);
/* One line per option, for --help. */
const char *qemu_option_help(void);

pci_bus *qemu_bus_open(const struct qemu_options *options);

/* QMP, on a bus that qemu_bus_open returned. False: QEMU answered with an error; the answer is copied when wanted. */
bool qemu_qmp(pci_bus *bus, const char *command, char *answer, size_t size);
bool qemu_wait_event(pci_bus *bus, const char *name, unsigned wait_ms);
int qemu_process_id(const pci_bus *bus);

#endif
