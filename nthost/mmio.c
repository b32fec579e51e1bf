/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>
#include <sys/mman.h>

#include "cpu_internal.h"
#include "guest_ram.h"
#include "pci_bus.h"
#include "trap.h"
#include "trap_internal.h"
#include "verifier.h"

/* How many unmapped windows stay known; the oldest then give their address space back. */
enum { REMEMBERED_WINDOWS = 64 };

struct window {
    uint8_t *reserved, *start; /* start: what the driver was given */
    size_t reserved_bytes, bytes;
    uint64_t physical;
    bool unmapped;
    struct window *next;
};

static struct window *windows;
static struct access_counter *counters;
static uint64_t other_accesses;

static void forget_oldest_unmapped(void)
{
    unsigned unmapped = 0;
    struct window **oldest = NULL;
    for (struct window **link = &windows; *link != NULL; link = &(*link)->next) {
        if ((*link)->unmapped) {
            unmapped++;
            oldest = link;
        }
    }
    if (unmapped <= REMEMBERED_WINDOWS)
        return;
    struct window *w = *oldest;
    *oldest = w->next;
    munmap(w->reserved, w->reserved_bytes);
    free(w);
}

void *mmio_map(uint64_t physical, size_t bytes)
{
    struct window *w = malloc(sizeof(*w));
    size_t offset = physical % PAGE_BYTES;
    size_t pages = (offset + bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    if (w == NULL)
        environment_failed("no memory for a window of device memory");
    w->reserved_bytes = (pages + 2) * PAGE_BYTES;
    w->reserved = mmap(NULL, w->reserved_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (w->reserved == MAP_FAILED)
        environment_failed("no address space for a window of %zu bytes of device memory", bytes);
    w->start = w->reserved + PAGE_BYTES + offset;
    w->bytes = bytes;
    w->physical = physical;
    w->unmapped = false;
    w->next = windows;
    windows = w;
    return w->start;
}

static struct window *window_around(uintptr_t address)
{
    for (struct window *w = windows; w != NULL; w = w->next) {
        if (address - (uintptr_t)w->reserved < w->reserved_bytes)
            return w;
    }
    return NULL;
}

void mmio_unmap(void *address)
{
    struct window *w = window_around((uintptr_t)address);
    if (w == NULL || w->unmapped || w->start != address)
        rule_broken("mmio-unmapped", "unmapping of %p, where no window of device memory starts", address);
    w->unmapped = true;
    forget_oldest_unmapped();
}

bool mmio_any_mapped(uint64_t *physical)
{
    for (const struct window *w = windows; w != NULL; w = w->next) {
        if (!w->unmapped) {
            *physical = w->physical;
            return true;
        }
    }
    return false;
}

uint64_t mmio_physical(const void *address)
{
    const struct window *w = window_around((uintptr_t)address);
    uintptr_t offset = w != NULL ? (uintptr_t)address - (uintptr_t)w->start : 0;
    return w == NULL || w->unmapped || offset >= w->bytes ? NO_PHYSICAL : w->physical + offset;
}

bool mmio_window_at(uintptr_t address)
{
    return window_around(address) != NULL;
}

static uint64_t check_access(uintptr_t address, unsigned width, const char *verb)
{
    const struct window *w = window_around(address);
    if (w == NULL)
        rule_broken("mmio-access", "%s of %u bytes at %p, which is not device memory", verb, width, (void *)address);
    if (w->unmapped)
        rule_broken("mmio-unmapped", "%s of %u bytes at %p, device memory that was unmapped (it was physical %#llx)",
                    verb, width, (void *)address, (unsigned long long)(w->physical + (address - (uintptr_t)w->start)));
    intptr_t offset = (intptr_t)(address - (uintptr_t)w->start);
    if (offset < 0 || (size_t)offset + width > w->bytes)
        rule_broken("mmio-access", "%s of %u bytes at offset %td of a window of %zu bytes of device memory", verb,
                    width, offset, w->bytes);
    if (width > sizeof(void *) || (width & (width - 1)) != 0 || (w->physical + (size_t)offset) % width != 0)
        rule_broken("mmio-access", "%s of %u bytes at offset %td of device memory: misaligned or of an odd width", verb,
                    width, offset);
    return w->physical + (size_t)offset;
}

static void count_access(uint64_t physical, bool write)
{
    for (struct access_counter *c = counters; c != NULL; c = c->next) {
        if (physical - c->physical < c->bytes) {
            *(write ? &c->writes : &c->reads) += 1;
            return;
        }
    }
    other_accesses++;
}

static struct pci_bus *bus_for_access(uint64_t physical)
{
    struct pci_bus *bus = cpu_bus();
    if (bus == NULL)
        environment_failed("device memory at %#llx is accessed, but there is no bus", (unsigned long long)physical);
    return bus;
}

uint64_t mmio_access_read(uintptr_t address, unsigned width)
{
    uint64_t physical = check_access(address, width, "a read");
    struct pci_bus *bus = bus_for_access(physical);
    cpu_step();
    yield_point();
    count_access(physical, false);
    return bus->ops->mmio_read(bus, physical, width);
}

void mmio_access_write(uintptr_t address, unsigned width, uint64_t value)
{
    uint64_t physical = check_access(address, width, "a write");
    struct pci_bus *bus = bus_for_access(physical);
    cpu_step();
    yield_point();
    count_access(physical, true);
    bus->ops->mmio_write(bus, physical, width, value);
}

uint64_t mmio_read(const void *address, unsigned width)
{
    return mmio_access_read((uintptr_t)address, width);
}

void mmio_write(void *address, unsigned width, uint64_t value)
{
    mmio_access_write((uintptr_t)address, width, value);
}

void access_counter_add(struct access_counter *counter)
{
    struct access_counter **link = &counters;
    while (*link != NULL)
        link = &(*link)->next;
    counter->next = NULL;
    *link = counter;
}

uint64_t access_other_count(void)
{
    return other_accesses;
}

void access_counters_reset(void)
{
    other_accesses = 0;
    for (struct access_counter *c = counters; c != NULL; c = c->next)
        c->reads = c->writes = 0;
}
