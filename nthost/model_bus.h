/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A device of our own behind the PCI bus interface: in this process, deterministic for a seed, and strict. It follows
 * contract v1 (or, by option, QEMU's layout and any legal set of features), checks everything that VIRTIO 1.x demands
 * of a driver, and can misbehave on purpose.
 *
 * What a driver must not do is a broken rule (verifier.h) named virtio-... or blk-...; the names are in model_rules.h.
 * With strict=off it is counted and answered as a lenient device would. Time is cpu.h's clock. The device works only
 * when progress() is called, one piece of work a call, in seeded order.
 */
#ifndef NTHOST_MODEL_BUS_H
#define NTHOST_MODEL_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pci_bus.h"

#define MODEL_FAULTS_MAX 16u
#define MODEL_QUEUES_MAX 16u

enum model_layout { MODEL_LAYOUT_CONTRACT, MODEL_LAYOUT_QEMU, MODEL_LAYOUT_LEGACY /* I/O ports, virtio 0.9.5 */ };

struct model_fault_setting {
    unsigned kind;      /* index into the table of model_fault.c */
    uint64_t from;      /* the n-th occasion, from 1; the sector for ioerr */
    bool onwards;       /* that one and all later ones */
    uint64_t occasions; /* seen so far */
};

struct model_options {
    uint64_t seed;
    const char *image; /* raw; NULL: sparse memory */
    uint64_t capacity; /* in 512-byte sectors; 0: the image's size, or 131072 */

    uint64_t layout;                           /* enum model_layout */
    uint64_t vectors;                          /* MSI-X table size; 0: no MSI-X capability */
    uint64_t features_added, features_removed; /* to and from what contract v1 offers */
    uint64_t queue_size, queues;
    uint64_t multiplier; /* notify_off_multiplier */

    uint64_t seg_max, size_max, blk_size;
    uint64_t cylinders, heads, sectors;
    uint64_t physical_exp, alignment_offset, min_io, opt_io;
    uint64_t writeback; /* the cache mode after a reset, where the driver may change it */
    uint64_t discard_sectors, discard_segments, discard_alignment;
    uint64_t zeroes_sectors, zeroes_segments, zeroes_unmap;
    const char *serial; /* NULL: GET_ID is unsupported, as contract v1 has it */

    uint64_t used_len_spec;       /* used.len counts the bytes written; otherwise 0, as contract v1 has it */
    uint64_t isr_spec;            /* ISR stays 0 while MSI-X is on; otherwise set, as contract v1 has it */
    uint64_t delay_us;            /* longest service time of a request, chosen by the seed */
    uint64_t reorder;             /* requests complete in seeded order; otherwise oldest first */
    uint64_t suppress;            /* percent of doorbells after which the device asks for no more of them for a while */
    uint64_t coalesce;            /* percent of completions whose interrupt comes later */
    uint64_t ignore_no_interrupt; /* interrupts come although the driver asked for none (it is advice) */
    uint64_t reset_us;            /* how long a reset takes; device_status reads non-zero and DMA goes on until then */
    uint64_t track;               /* remember unflushed writes, so that model_power_cut can lose them */
    uint64_t strict;              /* a broken rule ends the run */
    uint64_t any_framing;         /* header and status need no descriptors of their own */
    uint64_t new_capacity;        /* for fault config-changes; 0: twice the capacity */

    struct model_fault_setting faults[MODEL_FAULTS_MAX];
    unsigned fault_count;
};

void model_options_default(struct model_options *options);
/* One option, as given on a command line: "name=value". False when there is no such option or the value cannot be. */
bool model_option(struct model_options *options, const char *name_equals_value);
/* "NAME[:N][+]": the N-th occasion only, or from the N-th on. False when there is no such fault. */
bool model_fault_option(struct model_options *options, const char *fault);
const char *model_option_help(void); /* one line per option and fault */

pci_bus *model_bus_open(const struct model_options *options);

struct model_stats {
    uint64_t doorbells, needless_doorbells; /* needless: the device had asked for none */
    uint64_t fetched, completed, interrupts, config_interrupts, isr_reads, resets, flushes, rules_broken;
};

/* On a bus that model_bus_open returned. */
const struct model_stats *model_stats(const pci_bus *bus);
uint64_t model_features_accepted(const pci_bus *bus); /* 0 before FEATURES_OK */
uint8_t model_status(const pci_bus *bus);
/* A new capacity, with a configuration change interrupt. */
void model_set_capacity(pci_bus *bus, uint64_t sectors);
uint64_t model_capacity(const pci_bus *bus);
/* DEVICE_NEEDS_RESET, when a driver runs the device. */
void model_ask_for_reset(pci_bus *bus);
/* Arms a fault now; its occasions count from here. */
bool model_arm_fault(pci_bus *bus, const char *fault);
/* The power fails: writes that were not made stable are lost, the device is as it was when it was plugged in. Needs
 * track=on. Returns the number of sectors that went back to what they were. */
uint64_t model_power_cut(pci_bus *bus);
uint64_t model_volatile_sectors(const pci_bus *bus);
/* The disk's contents, past the device. False: beyond its end, or the image cannot be read or written. */
bool model_disk_read(pci_bus *bus, uint64_t sector, void *buffer, size_t sectors);
bool model_disk_write(pci_bus *bus, uint64_t sector, const void *buffer, size_t sectors);

#endif
