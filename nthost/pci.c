/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pci_bus.h"

#include <inttypes.h>
#include <string.h>

#include "cpu.h"
#include "guest_ram.h"
#include "verifier.h"

#define PCI_COMMAND 0x04
#define PCI_COMMAND_ALL 0x07u /* I/O, memory, bus master */
#define PCI_COMMAND_NO_INTX 0x400u
#define PCI_STATUS 0x06
#define PCI_STATUS_CAPS 0x10u
#define PCI_BAR0 0x10
#define PCI_CAP_POINTER 0x34
#define PCI_CAP_MSIX 0x11u
#define PCI_CAP_VENDOR 0x09u
#define CAPS_MAX 48u /* as many as fit in 192 bytes */

#define MSIX_CONTROL 2u
#define MSIX_ENABLE 0x8000u
#define MSIX_MASK_ALL 0x4000u
#define MSIX_TABLE 4u
#define MSIX_ENTRY 16u
#define MSIX_ENTRY_CONTROL 12u

/* Data words are distinct, never zero, and look like nothing that lies in memory by chance. */
#define MESSAGE_DATA(vector) (0x4d530001u + (vector))
#define MESSAGE_WORDS (PAGE_BYTES / 4)

static struct pci_device *polled; /* whose messages are looked for */

static uint32_t config_read(const struct pci_device *device, unsigned offset, unsigned width)
{
    return device->bus->ops->config_read(device->bus, device->bus->bdf, offset, width);
}

static void config_write(struct pci_device *device, unsigned offset, unsigned width, uint32_t value)
{
    device->bus->ops->config_write(device->bus, device->bus->bdf, offset, width, value);
}

/* ---- capabilities ---- */

/* The first capability of that kind after `after` (0: from the head), or 0. */
static unsigned next_cap(const struct pci_device *device, unsigned after, unsigned id)
{
    unsigned at;

    if ((config_read(device, PCI_STATUS, 2) & PCI_STATUS_CAPS) == 0) {
        return 0;
    }
    at = config_read(device, after == 0 ? PCI_CAP_POINTER : after + 1, 1) & 0xfc;
    for (unsigned i = 0; at >= 0x40 && i < CAPS_MAX; i++) {
        if (config_read(device, at, 1) == id) {
            return at;
        }
        at = config_read(device, at + 1, 1) & 0xfc;
    }
    return 0;
}

static void find_msix(struct pci_device *device)
{
    device->msix_cap = next_cap(device, 0, PCI_CAP_MSIX);
    device->msix_vectors =
        device->msix_cap != 0 ? (config_read(device, device->msix_cap + MSIX_CONTROL, 2) & 0x7ff) + 1 : 0;
}

void pci_find_virtio_regions(const struct pci_device *device, struct virtio_regions *regions)
{
    uint64_t *const found[5][2] = {
        [1] = {&regions->common, &regions->common_bytes},
        [2] = {&regions->notify, &regions->notify_bytes},
        [3] = {&regions->isr, &regions->isr_bytes},
        [4] = {&regions->device, &regions->device_bytes},
    };
    unsigned at = 0;

    memset(regions, 0, sizeof *regions);
    for (unsigned i = 0; i < CAPS_MAX && (at = next_cap(device, at, PCI_CAP_VENDOR)) != 0; i++) {
        unsigned type = config_read(device, at + 3, 1), bar = config_read(device, at + 4, 1);
        uint32_t offset = config_read(device, at + 8, 4), length = config_read(device, at + 12, 4);

        /* VIRTIO 1.x "Virtio Structure PCI Capabilities": the first instance counts, reserved types and BARs are
         * ignored. */
        if (type < 1 || type > 4 || bar > 5 || *found[type][1] != 0 || device->bar[bar].bytes == 0 || length == 0 ||
            (uint64_t)offset + length > device->bar[bar].bytes) {
            continue;
        }
        *found[type][0] = device->bar[bar].physical + offset;
        *found[type][1] = length;
    }
}

/* ---- base address registers ---- */

static uint64_t window_take(pci_bus *bus, uint64_t bytes)
{
    uint64_t start = (bus->mmio_window + bytes - 1) & ~(bytes - 1), used = start + bytes - bus->mmio_window;

    if (used > bus->mmio_window_bytes) {
        environment_failed("no room for a BAR of 0x%" PRIx64 " bytes at 0x%" PRIx64, bytes, bus->mmio_window);
    }
    bus->mmio_window += used;
    bus->mmio_window_bytes -= used;
    return start;
}

static uint64_t port_take(pci_bus *bus, uint64_t bytes)
{
    uint64_t start = (bus->port_window + bytes - 1) & ~(bytes - 1);

    if (start + bytes > 0x10000) {
        environment_failed("no room for an I/O BAR of 0x%" PRIx64 " bytes", bytes);
    }
    bus->port_window = (uint16_t)(start + bytes);
    return start;
}

/* What the address bits of a register allow; false when there is none. Register `i` ends up as it was. */
static bool size_bar(struct pci_device *device, unsigned i, struct pci_bar *bar)
{
    unsigned at = PCI_BAR0 + 4 * i;
    uint32_t low = config_read(device, at, 4), high = 0, low_mask, high_mask = UINT32_MAX;
    uint64_t mask;

    config_write(device, at, 4, UINT32_MAX);
    low_mask = config_read(device, at, 4);
    config_write(device, at, 4, low);
    if (low_mask == 0 || low_mask == UINT32_MAX) {
        return false;
    }
    bar->memory = (low_mask & 1) == 0;
    bar->is_64bit = bar->memory && (low_mask & 6) == 4 && i < 5;
    bar->prefetchable = bar->memory && (low_mask & 8) != 0;
    if (bar->is_64bit) {
        high = config_read(device, at + 4, 4);
        config_write(device, at + 4, 4, UINT32_MAX);
        high_mask = config_read(device, at + 4, 4);
        config_write(device, at + 4, 4, high);
    }
    mask = (uint64_t)high_mask << 32 | (low_mask & (bar->memory ? ~15u : ~3u));
    if (!bar->memory) {
        mask |= 0xffff0000; /* an I/O BAR may implement 16 address bits only */
    }
    bar->bytes = ~mask + 1;
    bar->physical = (uint64_t)high << 32 | (low & (bar->memory ? ~15u : ~3u));
    return bar->bytes != 0;
}

static void write_bar(struct pci_device *device, unsigned i)
{
    const struct pci_bar *bar = &device->bar[i];

    config_write(device, PCI_BAR0 + 4 * i, 4, (uint32_t)bar->physical);
    if (bar->is_64bit) {
        config_write(device, PCI_BAR0 + 4 * i + 4, 4, (uint32_t)(bar->physical >> 32));
    }
}

void pci_device_find(struct pci_device *device)
{
    uint32_t command = config_read(device, PCI_COMMAND, 2);

    memset(device->bar, 0, sizeof device->bar);
    config_write(device, PCI_COMMAND, 2, command & ~3u);
    for (unsigned i = 0; i < 6; i++) {
        if (!size_bar(device, i, &device->bar[i])) {
            device->bar[i].bytes = 0;
        } else if (device->bar[i].is_64bit) {
            i++;
        }
    }
    config_write(device, PCI_COMMAND, 2, command);
    find_msix(device);
}

void pci_device_setup(struct pci_device *device, pci_bus *bus)
{
    memset(device, 0, sizeof *device);
    device->bus = bus;
    config_write(device, PCI_COMMAND, 2, 0);
    pci_device_find(device);
    for (unsigned i = 0; i < 6; i++) {
        struct pci_bar *bar = &device->bar[i];
        if (bar->bytes != 0) {
            bar->physical = bar->memory ? window_take(bus, bar->bytes) : port_take(bus, bar->bytes);
            write_bar(device, i);
        }
    }
    config_write(device, PCI_COMMAND, 2, PCI_COMMAND_ALL);
}

void pci_device_disable(struct pci_device *device)
{
    uint32_t command = config_read(device, PCI_COMMAND, 2);

    config_write(device, PCI_COMMAND, 2, command & ~PCI_COMMAND_ALL);
}

/* ---- MSI-X ---- */

/* The page is taken before the table is read: a message may come as soon as MSI-X is on. */
static void poll_messages(void *context)
{
    struct pci_device *device = context;

    for (uint32_t i = 0; i < device->messages; i++) {
        uint32_t word = __atomic_exchange_n(&device->message_page[i], 0, __ATOMIC_SEQ_CST);

        if (word == 0) {
            continue;
        }
        if (word != MESSAGE_DATA(i)) {
            environment_failed("MSI-X vector %u delivered 0x%x instead of 0x%x", i, word, MESSAGE_DATA(i));
        }
        device->arrived(device->arrived_context, i);
    }
}

bool pci_message_waiting(void)
{
    for (uint32_t i = 0; polled != NULL && i < polled->messages; i++) {
        if (__atomic_load_n(&polled->message_page[i], __ATOMIC_SEQ_CST) != 0) {
            return true;
        }
    }
    return false;
}

/* A function that is not there reads as ones (PCI Local Bus 3.0, "Master-Abort"). */
static bool absent(const struct pci_device *device)
{
    return config_read(device, 0, 2) == 0xffff;
}

static void program_table(struct pci_device *device)
{
    pci_bus *bus = device->bus;
    uint32_t where = config_read(device, device->msix_cap + MSIX_TABLE, 4);
    const struct pci_bar *bar = &device->bar[(where & 7) < 6 ? where & 7 : 0];
    uint64_t table = bar->physical + (where & ~7u);

    if (absent(device)) {
        return; /* the writes would vanish, and no message will come */
    }
    if ((where & 7) > 5 || !bar->memory || bar->bytes == 0 ||
        (where & ~7u) + (uint64_t)device->msix_vectors * MSIX_ENTRY > bar->bytes) {
        environment_failed("the MSI-X table (BAR %u, offset 0x%x, %u vectors) does not lie in a memory BAR", where & 7,
                           where & ~7u, device->msix_vectors);
    }
    config_write(device, device->msix_cap + MSIX_CONTROL, 2, MSIX_ENABLE | MSIX_MASK_ALL);
    for (uint32_t i = 0; i < device->msix_vectors; i++) {
        uint64_t entry = table + i * MSIX_ENTRY, address = device->message_physical + 4 * i;

        if (i < device->messages) {
            bus->ops->mmio_write(bus, entry, 4, (uint32_t)address);
            bus->ops->mmio_write(bus, entry + 4, 4, address >> 32);
            bus->ops->mmio_write(bus, entry + 8, 4, MESSAGE_DATA(i));
        }
        bus->ops->mmio_write(bus, entry + MSIX_ENTRY_CONTROL, 4, i < device->messages ? 0 : 1);
    }
    config_write(device, device->msix_cap + MSIX_CONTROL, 2, MSIX_ENABLE);
}

void pci_msix_enable(struct pci_device *device, unsigned count, void (*arrived)(void *context, uint32_t message),
                     void *context)
{
    if (device->msix_cap == 0 || count == 0 || count > device->msix_vectors || count > MESSAGE_WORDS) {
        environment_failed("%u MSI-X vectors asked of a device that has %u", count, device->msix_vectors);
    }
    if (device->message_page == NULL) {
        device->message_physical = ram_take_page(true);
        device->message_page = ram_map_physical(device->message_physical, PAGE_BYTES);
    }
    memset((void *)device->message_page, 0, PAGE_BYTES);
    device->messages = count;
    device->arrived = arrived;
    device->arrived_context = context;
    program_table(device);
    polled = device;
    interrupt_set_poll(poll_messages, device);
}

void pci_msix_disable(struct pci_device *device)
{
    if (device->msix_cap != 0) {
        uint32_t control = config_read(device, device->msix_cap + MSIX_CONTROL, 2);
        config_write(device, device->msix_cap + MSIX_CONTROL, 2, control & ~(MSIX_ENABLE | MSIX_MASK_ALL));
    }
    if (device->messages != 0) {
        interrupt_set_poll(NULL, NULL);
        polled = NULL;
        device->messages = 0;
    }
}

void pci_device_restore(struct pci_device *device)
{
    config_write(device, PCI_COMMAND, 2, 0);
    for (unsigned i = 0; i < 6; i++) {
        if (device->bar[i].bytes != 0) {
            write_bar(device, i);
        }
    }
    config_write(device, PCI_COMMAND, 2, PCI_COMMAND_ALL | (device->messages != 0 ? PCI_COMMAND_NO_INTX : 0));
    if (device->messages != 0) {
        program_table(device);
    }
}
