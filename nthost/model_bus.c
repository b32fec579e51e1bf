/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "model_bus.h"

#include <stdlib.h>
#include <string.h>

#include "cpu.h"
#include "model_disk.h"
#include "model_internal.h"
#include "verifier.h"

#define BDF (4u << 3)
#define MMIO_WINDOW 0xe0000000ull
#define MMIO_WINDOW_BYTES 0x10000000ull
#define PORT_WINDOW 0xc000u

uint64_t model_random(struct model *m)
{
    uint64_t z = m->random += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

bool model_chance(struct model *m, uint64_t percent)
{
    return percent != 0 && model_random(m) % 100 < percent;
}

/* ---- accesses ---- */

static uint32_t model_config_read(pci_bus *bus, unsigned bdf, unsigned offset, unsigned width)
{
    return bdf == bus->bdf ? model_pci_read(model_of(bus), offset, width) : UINT32_MAX >> (32 - 8 * width);
}

static void model_config_write(pci_bus *bus, unsigned bdf, unsigned offset, unsigned width, uint32_t value)
{
    if (bdf == bus->bdf) {
        model_pci_write(model_of(bus), offset, width, value);
    }
}

/* The region that an offset of a BAR lies in; 0: none. *offset becomes the region's. */
static unsigned find_region(const struct model *m, unsigned bar, uint32_t *offset)
{
    for (unsigned i = REGION_COMMON; i < REGION_COUNT; i++) {
        const struct model_region *region = &m->region[i];
        if (region->bar == bar && *offset >= region->offset && *offset - region->offset < region->length) {
            *offset -= region->offset;
            return i;
        }
    }
    return 0;
}

static uint64_t model_mmio_read(pci_bus *bus, uint64_t physical, unsigned width)
{
    struct model *m = model_of(bus);
    unsigned bar, region;
    uint32_t offset;

    if (m->gone || !model_pci_decode(m, physical, width, &bar, &offset)) {
        return UINT64_MAX >> (64 - 8 * width);
    }
    if (m->vectors != 0 && bar == m->msix_bar) {
        return model_msix_read(m, offset, width);
    }
    region = find_region(m, bar, &offset);
    if (region == 0) {
        model_rule(m, RULE_ACCESS_UNDEFINED, "read at 0x%x of BAR %u", offset, bar);
        return 0; /* contract 7 */
    }
    return model_register_read(m, region, offset, width);
}

static void model_mmio_write(pci_bus *bus, uint64_t physical, unsigned width, uint64_t value)
{
    struct model *m = model_of(bus);
    unsigned bar, region;
    uint32_t offset;

    if (m->gone || !model_pci_decode(m, physical, width, &bar, &offset)) {
        return;
    }
    if (m->vectors != 0 && bar == m->msix_bar) {
        model_msix_write(m, offset, width, (uint32_t)value);
        return;
    }
    region = find_region(m, bar, &offset);
    if (region == 0) {
        model_rule(m, RULE_ACCESS_UNDEFINED, "write at 0x%x of BAR %u", offset, bar);
        return;
    }
    model_register_write(m, region, offset, width, value);
}

static uint32_t model_port_read(pci_bus *bus, uint16_t port, unsigned width)
{
    struct model *m = model_of(bus);
    uint32_t offset;

    if (m->gone || !model_pci_decode_port(m, port, width, &offset)) {
        return UINT32_MAX >> (32 - 8 * width); /* contract 5: no I/O BAR */
    }
    return model_legacy_read(m, offset, width);
}

static void model_port_write(pci_bus *bus, uint16_t port, unsigned width, uint32_t value)
{
    struct model *m = model_of(bus);
    uint32_t offset;

    if (!m->gone && model_pci_decode_port(m, port, width, &offset)) {
        model_legacy_write(m, offset, width, value);
    }
}

static bool model_intx_asserted(pci_bus *bus, unsigned bdf)
{
    return bdf == bus->bdf && model_intx(model_of(bus));
}

/* ---- progress ---- */

static bool can_complete(const struct model *m, const struct model_chain *chain, uint64_t now)
{
    return !chain->lost && chain->ready_us <= now && (m->class->ready == NULL || m->class->ready(m, chain));
}

/* Counts what could be done now; does piece number `chosen` of it when that is less. In an order that depends on
 * nothing but the device's state, so that a seed repeats. */
static unsigned pieces(struct model *m, unsigned chosen)
{
    uint64_t now = clock_us();
    unsigned found = 0;
    uint32_t queues_seen = 0;

    for (unsigned i = 0; i < m->queues; i++) {
        struct model_queue *q = &m->queue[i];
        if (model_queue_has_work(q) && found++ == chosen) {
            model_queue_work(m, q);
            return found;
        }
        if (q->interrupt_due && found++ == chosen) {
            model_queue_interrupt(m, q);
            return found;
        }
    }
    for (unsigned i = 0; i < m->chain_count; i++) {
        struct model_chain *chain = m->chain[i];
        uint32_t queue = 1u << chain->queue->index;
        /* Oldest first; where buffers wait for something to happen, of each queue. */
        bool in_turn = m->options.reorder || (queues_seen & queue) == 0;

        queues_seen |= queue;
        if (!in_turn || !can_complete(m, chain, now)) {
            if (!m->options.reorder && m->class->ready == NULL) {
                break;
            }
            continue;
        }
        if (found++ == chosen) {
            model_complete(m, chain);
            return found;
        }
        if (!m->options.reorder && m->class->ready == NULL) {
            break;
        }
    }
    if (m->late_due && found++ == chosen) {
        model_late_completion(m);
    }
    return found;
}

static bool can_work(const struct model *m)
{
    return !m->gone && !m->hung && !m->reset_hangs && (m->status & STATUS_DRIVER_OK) != 0 && model_pci_bus_master(m);
}

static bool model_progress(pci_bus *bus, uint64_t max_wait_us)
{
    struct model *m = model_of(bus);
    unsigned count;

    (void)max_wait_us;
    if (m->resetting && clock_us() >= m->reset_done_us) {
        model_reset_finish(m);
        return true;
    }
    if (!can_work(m)) {
        return false;
    }
    count = pieces(m, UINT32_MAX);
    if (count == 0) {
        return false;
    }
    pieces(m, (unsigned)(model_random(m) % count));
    return true;
}

static uint64_t model_next_event_us(pci_bus *bus)
{
    struct model *m = model_of(bus);
    uint64_t next = m->resetting ? m->reset_done_us : UINT64_MAX;

    for (unsigned i = 0; can_work(m) && i < m->chain_count; i++) {
        const struct model_chain *chain = m->chain[i];
        if (!chain->lost && chain->ready_us < next && (m->class->ready == NULL || m->class->ready(m, chain))) {
            next = chain->ready_us;
        }
        if (!m->options.reorder && m->class->ready == NULL) {
            break;
        }
    }
    return next;
}

static void model_surprise_remove(pci_bus *bus, unsigned bdf)
{
    if (bdf == bus->bdf) {
        model_of(bus)->gone = true;
    }
}

static void power_on(struct model *m)
{
    m->reset_hangs = m->gone = false;
    model_reset_finish(m);
    memset(m->msix, 0, sizeof m->msix);
    m->msix_pending = 0;
    memset(m->pci, 0, sizeof m->pci);
    model_pci_build(m);
    m->fresh = true;
    m->reset_unread = false;
    m->lost_at_reset_valid = false;
}

static void model_plug(pci_bus *bus, unsigned bdf)
{
    if (bdf == bus->bdf) {
        power_on(model_of(bus));
    }
}

static void model_close(pci_bus *bus)
{
    struct model *m = model_of(bus);

    model_chains_drop(m);
    for (unsigned i = 0; i < m->queues; i++) {
        free(m->queue[i].busy);
    }
    m->class->close(m);
    free(m->chain);
    free(m);
}

static const struct pci_bus_ops model_ops = {
    .config_read = model_config_read,
    .config_write = model_config_write,
    .mmio_read = model_mmio_read,
    .mmio_write = model_mmio_write,
    .port_read = model_port_read,
    .port_write = model_port_write,
    .intx_asserted = model_intx_asserted,
    .progress = model_progress,
    .next_event_us = model_next_event_us,
    .surprise_remove = model_surprise_remove,
    .plug = model_plug,
    .close = model_close,
};

pci_bus *model_bus_open(const struct model_options *options)
{
    return model_open(options, &model_blk_class);
}

pci_bus *model_open(const struct model_options *options, const struct model_class *class)
{
    struct model *m = calloc(1, sizeof *m);

    if (m == NULL) {
        environment_failed("out of memory");
    }
    m->bus = (pci_bus){.ops = &model_ops,
                       .bdf = BDF,
                       .mmio_window = MMIO_WINDOW,
                       .mmio_window_bytes = MMIO_WINDOW_BYTES,
                       .port_window = PORT_WINDOW};
    m->options = *options;
    m->random = options->seed;
    m->class = class;
    m->class->open(m);
    model_pci_build(m);
    model_reset_finish(m);
    m->fresh = true;
    return &m->bus;
}

/* ---- for the host ---- */

const struct model_stats *model_stats(const pci_bus *bus)
{
    return &((const struct model *)bus)->stats;
}

uint64_t model_features_accepted(const pci_bus *bus)
{
    return ((const struct model *)bus)->accepted;
}

uint8_t model_status(const pci_bus *bus)
{
    return ((const struct model *)bus)->status;
}

void model_set_capacity(pci_bus *bus, uint64_t sectors)
{
    struct model *m = model_of(bus);

    m->capacity = sectors;
    if (sectors > m->largest_capacity) {
        m->largest_capacity = sectors;
    }
    for (unsigned i = 0; i < 8; i++) {
        m->config[i] = (uint8_t)(sectors >> 8 * i);
    }
    model_config_changed(m);
}

uint64_t model_capacity(const pci_bus *bus)
{
    return ((const struct model *)bus)->capacity;
}

void model_ask_for_reset(pci_bus *bus)
{
    struct model *m = model_of(bus);

    if (!m->gone && !m->resetting && (m->status & STATUS_DRIVER_OK) != 0) {
        model_needs_reset(m);
    }
}

bool model_arm_fault(pci_bus *bus, const char *fault)
{
    return model_fault_option(&model_of(bus)->options, fault);
}

uint64_t model_power_cut(pci_bus *bus)
{
    struct model *m = model_of(bus);

    if (!m->options.track) {
        environment_failed("a power cut needs the model's track=on");
    }
    power_on(m);
    return model_disk_power_cut(m->disk);
}

uint64_t model_volatile_sectors(const pci_bus *bus)
{
    return model_disk_volatile(((const struct model *)bus)->disk);
}

bool model_disk_read(pci_bus *bus, uint64_t sector, void *buffer, size_t sectors)
{
    struct model *m = model_of(bus);

    return sector <= m->capacity && sectors <= m->capacity - sector && model_disk_get(m->disk, sector, buffer, sectors);
}

bool model_disk_write(pci_bus *bus, uint64_t sector, const void *buffer, size_t sectors)
{
    struct model *m = model_of(bus);

    return sector <= m->capacity && sectors <= m->capacity - sector &&
           model_disk_put(m->disk, sector, buffer, sectors, 0);
}
