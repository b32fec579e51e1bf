/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The model's PCI function: configuration space, BARs, capabilities as in contract 1.2 or as QEMU has them, MSI-X,
 * INTx.
 */
#include <string.h>

#include "guest_ram.h"
#include "model_internal.h"
#include "verifier.h"

#define CAP_VENDOR 0x09
#define CAP_MSIX 0x11
#define STATUS_INTERRUPT 0x0008
#define STATUS_CAPS 0x0010
#define COMMAND_IO 0x0001u
#define COMMAND_MEMORY 0x0002u
#define COMMAND_MASTER 0x0004u
#define COMMAND_NO_INTX 0x0400u
#define REGISTER_BYTES 0x4000u
#define MSIX_BAR_BYTES 0x1000u
#define LEGACY_BAR_BYTES 0x40u
#define MSIX_PBA_OFFSET 0x800u

static void put16(struct model *m, unsigned at, unsigned value)
{
    m->pci[at] = (uint8_t)value;
    m->pci[at + 1] = (uint8_t)(value >> 8);
}

static void put32(struct model *m, unsigned at, uint32_t value)
{
    put16(m, at, value & 0xffff);
    put16(m, at + 2, value >> 16);
}

static uint16_t get16(const struct model *m, unsigned at)
{
    return (uint16_t)(m->pci[at] | m->pci[at + 1] << 8);
}

static uint32_t get32(const struct model *m, unsigned at)
{
    return get16(m, at) | (uint32_t)get16(m, at + 2) << 16;
}

/* ---- building ---- */

static void add_bar(struct model *m, unsigned bar, uint32_t bytes, bool is_64bit, bool prefetchable)
{
    m->bar_bytes[bar] = bytes;
    put32(m, 0x10 + 4 * bar, (is_64bit ? 4u : 0u) | (prefetchable ? 8u : 0u));
    for (unsigned i = 0; i < (is_64bit ? 8u : 4u); i++) {
        uint32_t mask = i < 4 ? ~(bytes - 1) : UINT32_MAX;
        m->pci_writable[0x10 + 4 * bar + i] = (uint8_t)(mask >> 8 * (i % 4));
    }
}

/* BAR0 of the legacy layout. */
static void add_port_bar(struct model *m)
{
    m->bar_bytes[0] = LEGACY_BAR_BYTES;
    put32(m, 0x10, 1);
    m->pci_writable[0x10] = (uint8_t)~(LEGACY_BAR_BYTES - 1);
    m->pci_writable[0x11] = 0xff;
}

struct cap_plan {
    uint8_t at, type, length;
};

/* In list order. Contract 6 fixes neither the order nor the places; type 0 is MSI-X. */
static const struct cap_plan contract_caps[] = {{0x40, REGION_COMMON, 16},
                                                {0x50, REGION_NOTIFY, 20},
                                                {0x64, REGION_ISR, 16},
                                                {0x74, REGION_DEVICE, 16},
                                                {0x84, 0, 12},
                                                {0, 0, 0}};
static const struct cap_plan qemu_caps[] = {{0x98, 0, 12},
                                            {0x84, 5, 20},
                                            {0x70, REGION_NOTIFY, 20},
                                            {0x60, REGION_DEVICE, 16},
                                            {0x50, REGION_ISR, 16},
                                            {0x40, REGION_COMMON, 16},
                                            {0, 0, 0}};

static const struct cap_plan legacy_caps[] = {{0x98, 0, 12}, {0, 0, 0}};

static bool cap_left_out(const struct model *m, uint8_t type)
{
    static const enum model_fault_kind missing[REGION_COUNT] = {
        [REGION_COMMON] = FAULT_NO_COMMON,
        [REGION_NOTIFY] = FAULT_NO_NOTIFY,
        [REGION_ISR] = FAULT_NO_ISR,
        [REGION_DEVICE] = FAULT_NO_DEVICE_CONFIG,
    };

    if (type == 0) {
        return m->vectors == 0;
    }
    return type < REGION_COUNT && model_fault_armed(m, missing[type], NULL);
}

static void write_cap(struct model *m, const struct cap_plan *plan)
{
    m->pci[plan->at] = plan->type == 0 ? CAP_MSIX : CAP_VENDOR;
    if (plan->type == 0) {
        m->msix_cap = plan->at;
        put16(m, plan->at + 2u, m->vectors - 1);
        put32(m, plan->at + 4u, m->msix_bar);
        put32(m, plan->at + 8u, MSIX_PBA_OFFSET | m->msix_bar);
        m->pci_writable[plan->at + 3] = 0xc0; /* enable, function mask */
        return;
    }
    m->pci[plan->at + 2] = plan->length;
    m->pci[plan->at + 3] = plan->type;
    if (plan->type < REGION_COUNT) {
        const struct model_region *region = &m->region[plan->type];
        m->pci[plan->at + 4] = (uint8_t)region->bar;
        put32(m, plan->at + 8u, region->offset);
        put32(m, plan->at + 12u, region->length);
    }
    if (plan->type == REGION_NOTIFY) {
        put32(m, plan->at + 16u, (uint32_t)m->options.multiplier);
    }
}

/* Faults that lie about the common configuration's place. */
static void spoil_caps(struct model *m)
{
    const unsigned at = 0x40; /* in both layouts */

    if (model_fault_armed(m, FAULT_CAP_BAD_BAR, NULL)) {
        m->pci[at + 4] = 6;
    }
    if (model_fault_armed(m, FAULT_CAP_ABSENT_BAR, NULL)) {
        m->pci[at + 4] = 3;
    }
    if (model_fault_armed(m, FAULT_CAP_BAD_OFFSET, NULL)) {
        put32(m, at + 8, REGISTER_BYTES);
    }
    if (model_fault_armed(m, FAULT_CAP_MISALIGNED, NULL)) {
        put32(m, at + 8, get32(m, at + 8) + 2);
    }
    if (model_fault_armed(m, FAULT_CAP_WRAPS, NULL)) {
        put32(m, at + 8, 0xfffffff0);
    }
    if (model_fault_armed(m, FAULT_CAP_SHORT, NULL)) {
        put32(m, at + 12, 8);
    }
    if (model_fault_armed(m, FAULT_CAP_LEN_SMALL, NULL)) {
        m->pci[at + 2] = 12;
    }
    if (model_fault_armed(m, FAULT_CAP_LOOP, NULL)) {
        m->pci[at + 1] = m->pci[0x34];
    }
    if (model_fault_armed(m, FAULT_CAP_POINTER_ODD, NULL)) {
        m->pci[0x34] = (uint8_t)(m->pci[0x34] + 2);
    }
    if (model_fault_armed(m, FAULT_NO_CAP_LIST, NULL)) {
        put16(m, 6, get16(m, 6) & ~(unsigned)STATUS_CAPS);
    }
}

void model_pci_build(struct model *m)
{
    const struct model_class *class = m->class;
    bool qemu = m->options.layout == MODEL_LAYOUT_QEMU;
    bool legacy = m->options.layout == MODEL_LAYOUT_LEGACY;
    const struct cap_plan *plan = legacy ? legacy_caps : qemu ? qemu_caps : contract_caps;
    unsigned bar = qemu ? 4 : 0, link = 0x34;

    put16(m, 0x00, class->vendor);
    put16(m, 0x02, legacy ? class->transitional : class->device);
    put16(m, 0x06, STATUS_CAPS);
    m->pci[0x08] = (uint8_t)((legacy ? 0 : class->revision) + model_fault_armed(m, FAULT_WRONG_REVISION, NULL));
    m->pci[0x09] = (uint8_t)class->class_code;
    put16(m, 0x0a, class->class_code >> 8);
    put16(m, 0x2c, class->subsystem_vendor);
    put16(m, 0x2e, class->subsystem);
    m->pci[0x3d] = 1; /* INTA# */
    m->pci_writable[0x04] = (uint8_t)((legacy ? COMMAND_IO : 0u) | COMMAND_MEMORY | COMMAND_MASTER);
    m->pci_writable[0x05] = (uint8_t)(COMMAND_NO_INTX >> 8);
    m->pci_writable[0x0c] = 0xff;
    m->pci_writable[0x3c] = 0xff;

    m->vectors = (unsigned)m->options.vectors;
    m->msix_bar = qemu || legacy ? 1 : 2; /* contract v1 leaves MSI-X its own place: BAR0 is full and 64 bits wide */
    if (legacy) {
        add_port_bar(m);
    } else {
        add_bar(m, bar, REGISTER_BYTES, true, qemu);
    }
    if (m->vectors != 0) {
        add_bar(m, m->msix_bar, MSIX_BAR_BYTES, false, false);
    }
    m->region[REGION_COMMON] = (struct model_region){bar, 0, qemu ? 0x1000 : 0x100};
    m->region[REGION_NOTIFY] = (struct model_region){bar, qemu ? 0x3000 : 0x1000, qemu ? 0x1000 : 0x100};
    m->region[REGION_ISR] = (struct model_region){bar, qemu ? 0x1000 : 0x2000, qemu ? 0x1000 : 0x20};
    m->region[REGION_DEVICE] = (struct model_region){bar, qemu ? 0x2000 : 0x3000, qemu ? 0x1000 : 0x100};
    for (; plan->length != 0; plan++) {
        if (!cap_left_out(m, plan->type)) {
            m->pci[link] = plan->at;
            link = plan->at + 1u;
            write_cap(m, plan);
        }
    }
    spoil_caps(m);
}

/* ---- accesses ---- */

uint32_t model_pci_read(struct model *m, unsigned offset, unsigned width)
{
    uint32_t value = 0;

    if (m->gone || offset + width > sizeof m->pci) {
        return UINT32_MAX >> (32 - 8 * width);
    }
    for (unsigned i = 0; i < width; i++) {
        uint8_t byte = m->pci[offset + i];
        if (offset + i == 0x06 && m->isr != 0) {
            byte |= STATUS_INTERRUPT;
        }
        value |= (uint32_t)byte << 8 * i;
    }
    return value;
}

static bool in_virtio_cap(const struct model *m, unsigned offset)
{
    for (unsigned at = m->pci[0x34], i = 0; at >= 0x40 && i < 8; at = m->pci[at + 1], i++) {
        if (m->pci[at] == CAP_VENDOR && m->pci[at + 3] != 5 && offset >= at && offset < at + m->pci[at + 2]) {
            return true;
        }
    }
    return false;
}

void model_pci_write(struct model *m, unsigned offset, unsigned width, uint32_t value)
{
    if (m->gone || offset + width > sizeof m->pci) {
        return;
    }
    if (in_virtio_cap(m, offset)) {
        model_rule(m, RULE_CAPABILITY_WRITTEN, "configuration space at 0x%x", offset);
    }
    for (unsigned i = 0; i < width; i++) {
        uint8_t mask = m->pci_writable[offset + i], byte = (uint8_t)(value >> 8 * i);
        m->pci[offset + i] = (uint8_t)((m->pci[offset + i] & ~mask) | (byte & mask));
    }
    if (model_msix_enabled(m)) {
        for (unsigned vector = 0; vector < m->vectors; vector++) {
            if ((m->msix_pending >> vector & 1) != 0) {
                model_msix_send(m, (uint16_t)vector);
            }
        }
    }
}

bool model_pci_bus_master(const struct model *m)
{
    return (m->pci[0x04] & COMMAND_MASTER) != 0;
}

bool model_pci_decode(const struct model *m, uint64_t physical, unsigned width, unsigned *bar, uint32_t *offset)
{
    if ((m->pci[0x04] & COMMAND_MEMORY) == 0) {
        return false;
    }
    for (unsigned i = 0; i < 6; i++) {
        uint64_t base = get32(m, 0x10 + 4 * i);
        if (m->bar_bytes[i] == 0 || (base & 1) != 0) {
            continue;
        }
        if ((base & 6) == 4) {
            base |= (uint64_t)get32(m, 0x14 + 4 * i) << 32;
        }
        base &= ~15ull;
        if (base != 0 && physical >= base && physical - base <= m->bar_bytes[i] - width) {
            *bar = i;
            *offset = (uint32_t)(physical - base);
            return true;
        }
    }
    return false;
}

bool model_pci_decode_port(const struct model *m, uint16_t port, unsigned width, uint32_t *offset)
{
    uint32_t bar = get32(m, 0x10), base = bar & ~3u;

    if ((m->pci[0x04] & COMMAND_IO) == 0 || (bar & 1) == 0 || base == 0 || port < base ||
        port - base + width > m->bar_bytes[0]) {
        return false;
    }
    *offset = port - base;
    return true;
}

/* ---- interrupts ---- */

bool model_msix_enabled(const struct model *m)
{
    return m->msix_cap != 0 && (m->pci[m->msix_cap + 3] & 0x80) != 0;
}

uint32_t model_msix_read(struct model *m, uint32_t offset, unsigned width)
{
    if (width == 4 && offset % 4 == 0 && offset / 16 < m->vectors) {
        const struct model_msix_entry *entry = &m->msix[offset / 16];
        const uint32_t words[] = {entry->address_low, entry->address_high, entry->data, entry->control};
        return words[offset / 4 % 4];
    }
    if (offset >= MSIX_PBA_OFFSET && offset < MSIX_PBA_OFFSET + 8) {
        return (uint32_t)(m->msix_pending >> 8 * (offset - MSIX_PBA_OFFSET));
    }
    return 0;
}

void model_msix_write(struct model *m, uint32_t offset, unsigned width, uint32_t value)
{
    struct model_msix_entry *entry;

    if (width != 4 || offset % 4 != 0 || offset / 16 >= m->vectors) {
        return;
    }
    entry = &m->msix[offset / 16];
    uint32_t *const words[] = {&entry->address_low, &entry->address_high, &entry->data, &entry->control};
    *words[offset / 4 % 4] = value;
    if ((m->msix_pending >> offset / 16 & 1) != 0) {
        model_msix_send(m, (uint16_t)(offset / 16));
    }
}

void model_msix_send(struct model *m, uint16_t vector)
{
    struct model_msix_entry *entry = &m->msix[vector];
    uint64_t address = (uint64_t)entry->address_high << 32 | entry->address_low;
    uint64_t page = address & ~(uint64_t)(PAGE_BYTES - 1);

    if ((entry->control & 1) != 0 || (m->pci[m->msix_cap + 3] & 0x40) != 0) {
        m->msix_pending |= 1ull << vector;
        return;
    }
    m->msix_pending &= ~(1ull << vector);
    if (!model_pci_bus_master(m)) {
        return;
    }
    if (m->message_page == NULL || m->message_physical != page) {
        /* Each view costs address space; messages go to one page for as long as the system runs. */
        m->message_page = ram_map_physical(page, PAGE_BYTES);
        m->message_physical = page;
    }
    if (m->message_page == NULL) {
        environment_failed("MSI-X vector %u aims at 0x%llx, which is no guest RAM", vector,
                           (unsigned long long)address);
    }
    __atomic_store_n(m->message_page + (address & (PAGE_BYTES - 4)) / 4, entry->data, __ATOMIC_SEQ_CST);
}

bool model_intx(struct model *m)
{
    if (m->gone || model_msix_enabled(m) || (m->pci[0x05] & COMMAND_NO_INTX >> 8) != 0) {
        return false;
    }
    if (m->spurious != 0) {
        m->spurious--;
        return true;
    }
    return m->isr != 0;
}
