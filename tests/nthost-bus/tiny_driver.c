/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tiny_driver.h"

#include <string.h>

#include "../../nthost/cpu.h"
#include "check.h"
#include "stub_core.h"

#define DATA_BYTES 65536u

uint32_t tiny_read(struct tiny_driver *d, unsigned offset, unsigned width)
{
    return (uint32_t)d->bus->ops->mmio_read(d->bus, d->regions.common + offset, width);
}

void tiny_write(struct tiny_driver *d, unsigned offset, unsigned width, uint32_t value)
{
    d->bus->ops->mmio_write(d->bus, d->regions.common + offset, width, value);
}

uint64_t tiny_config(struct tiny_driver *d, unsigned offset, unsigned width)
{
    uint64_t low = d->bus->ops->mmio_read(d->bus, d->regions.device + offset, width == 8 ? 4 : width);

    return width < 8 ? low : d->bus->ops->mmio_read(d->bus, d->regions.device + offset + 4, 4) << 32 | low;
}

void tiny_find(struct tiny_driver *d, pci_bus *bus)
{
    memset(d, 0, sizeof *d);
    d->bus = bus;
    pci_device_setup(&d->device, bus);
    pci_find_virtio_regions(&d->device, &d->regions);
    CHECK(d->regions.common_bytes >= 56);
    CHECK(d->regions.notify_bytes != 0 && d->regions.isr_bytes != 0 && d->regions.device_bytes != 0);
}

void tiny_reset(struct tiny_driver *d)
{
    tiny_write(d, 0x14, 1, 0);
    for (unsigned i = 0; tiny_read(d, 0x14, 1) != 0; i++) {
        CHECK(i < 100000);
        d->bus->ops->progress(d->bus, 100);
        stub_clock_us += stub_clock_us != 0;
    }
}

void tiny_acknowledge(struct tiny_driver *d)
{
    tiny_write(d, 0x14, 1, 1);
    tiny_write(d, 0x14, 1, 3);
}

void tiny_negotiate(struct tiny_driver *d, uint64_t features)
{
    tiny_write(d, 0x00, 4, 0);
    d->offered = tiny_read(d, 0x04, 4);
    tiny_write(d, 0x00, 4, 1);
    d->offered |= (uint64_t)tiny_read(d, 0x04, 4) << 32;
    d->accepted = d->offered & features;
    tiny_write(d, 0x08, 4, 0);
    tiny_write(d, 0x0c, 4, (uint32_t)d->accepted);
    tiny_write(d, 0x08, 4, 1);
    tiny_write(d, 0x0c, 4, (uint32_t)(d->accepted >> 32));
    tiny_write(d, 0x14, 1, 11);
    CHECK_EQUAL(tiny_read(d, 0x14, 1), 11);
}

void tiny_allocate(struct tiny_driver *d, uint16_t size)
{
    uint64_t physical;

    d->size = size;
    d->desc = stub_alloc(16u * size, 4096, true, &d->desc_physical);
    d->avail = stub_alloc(6u + 2u * size, 4096, true, &d->avail_physical);
    d->used = stub_alloc(6u + 8u * size, 4096, true, &d->used_physical);
    d->header = stub_alloc(64, 64, true, &d->header_physical);
    d->data = stub_alloc(DATA_BYTES, 4096, true, &d->data_physical);
    stub_alloc(4096, 4096, true, &physical);
    d->last_used = 0;
}

static void write_address(struct tiny_driver *d, unsigned offset, uint64_t address)
{
    tiny_write(d, offset, 4, (uint32_t)address);
    tiny_write(d, offset + 4, 4, (uint32_t)(address >> 32));
}

void tiny_queue(struct tiny_driver *d)
{
    tiny_write(d, 0x16, 2, d->queue);
    if (d->desc == NULL) {
        tiny_allocate(d, (uint16_t)tiny_read(d, 0x18, 2));
    }
    tiny_write(d, 0x18, 2, d->size);
    write_address(d, 0x20, d->desc_physical);
    write_address(d, 0x28, d->avail_physical);
    write_address(d, 0x30, d->used_physical);
    d->notify_off = (uint16_t)tiny_read(d, 0x1e, 2);
    if (d->msix) {
        tiny_write(d, 0x1a, 2, 1);
        CHECK_EQUAL(tiny_read(d, 0x1a, 2), 1);
    }
    tiny_write(d, 0x1c, 2, 1);
}

static void arrived(void *context, uint32_t message)
{
    struct tiny_driver *d = context;

    CHECK(message <= 1);
    d->messages++;
}

void tiny_interrupts(struct tiny_driver *d, bool msix)
{
    d->msix = msix;
    if (msix) {
        pci_msix_enable(&d->device, 2, arrived, d);
        tiny_write(d, 0x10, 2, 0);
        CHECK_EQUAL(tiny_read(d, 0x10, 2), 0);
    }
}

void tiny_driver_ok(struct tiny_driver *d)
{
    tiny_write(d, 0x14, 1, 15);
}

void tiny_start(struct tiny_driver *d, pci_bus *bus, uint64_t features, bool msix)
{
    tiny_find(d, bus);
    tiny_reset(d);
    tiny_acknowledge(d);
    tiny_negotiate(d, features);
    tiny_interrupts(d, msix);
    tiny_queue(d);
    tiny_driver_ok(d);
}

void tiny_build(struct tiny_driver *d, uint32_t type, uint64_t sector, uint32_t bytes)
{
    uint16_t direction = type == REQUEST_IN || type == REQUEST_GET_ID ? DESC_WRITE : 0;

    memset(d->header, 0, 16);
    memcpy(d->header, &type, 4);
    memcpy(d->header + 8, &sector, 8);
    d->header[16] = 0xff;
    d->desc[0] = (struct tiny_desc){d->header_physical, 16, DESC_NEXT, bytes != 0 ? 1 : 2};
    d->desc[1] = (struct tiny_desc){d->data_physical, bytes, (uint16_t)(DESC_NEXT | direction), 2};
    d->desc[2] = (struct tiny_desc){d->header_physical + 16, 1, DESC_WRITE, 0};
}

void tiny_publish(struct tiny_driver *d, uint16_t head)
{
    d->avail[2 + d->avail[1] % d->size] = head;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    d->avail[1]++;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void tiny_ring(struct tiny_driver *d)
{
    d->bus->ops->mmio_write(d->bus, d->regions.notify + 4u * d->notify_off, 2, d->queue);
}

static bool interrupted(struct tiny_driver *d)
{
    if (d->msix) {
        unsigned before = d->messages;
        stub_poll_interrupts();
        return d->messages != before;
    }
    if (!d->bus->ops->intx_asserted(d->bus, d->bus->bdf)) {
        return false;
    }
    d->interrupts++;
    d->isr = (uint8_t)d->bus->ops->mmio_read(d->bus, d->regions.isr, 1);
    return true;
}

int tiny_wait(struct tiny_driver *d, unsigned wait_ms)
{
    uint64_t deadline = clock_us() + wait_ms * 1000ull;

    while (clock_us() < deadline) {
        if (interrupted(d) && d->used[1] != d->last_used) {
            int id = d->used[2 + d->last_used % d->size * 4];
            d->last_used++;
            d->avail[2 + d->size] = d->last_used; /* used_event; nobody looks at it without EVENT_IDX */
            return id;
        }
        if (!d->bus->ops->progress(d->bus, 1000) && stub_clock_us != 0) {
            uint64_t next = d->bus->ops->next_event_us(d->bus);
            stub_clock_us = next < deadline && next > stub_clock_us ? next : deadline;
        }
    }
    return -1;
}

int tiny_request(struct tiny_driver *d, uint32_t type, uint64_t sector, uint32_t bytes)
{
    int id;

    tiny_build(d, type, sector, bytes);
    tiny_publish(d, 0);
    tiny_ring(d);
    id = tiny_wait(d, 5000);
    if (id < 0) {
        return -1;
    }
    CHECK_EQUAL(id, 0);
    return d->header[16];
}
