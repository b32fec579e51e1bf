/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wdm_bus.h"

enum { BAR_BYTES = 4096, MSIX_CAP = 0x40, BDF = 5 << 3 };

struct wdm_bus wdm_bus;
struct pci_device wdm_device;

static uint32_t get(const uint8_t *at, unsigned width)
{
    uint32_t value = 0;
    memcpy(&value, at, width);
    return value;
}

static uint32_t config_read(pci_bus *bus, unsigned bdf, unsigned offset, unsigned width)
{
    struct wdm_bus *b = (struct wdm_bus *)bus;
    (void)bdf;
    return b->removed ? UINT32_MAX >> (32 - 8 * width) : get(b->config + offset, width);
}

static bool writable(unsigned offset)
{
    return (offset >= 4 && offset < 6) || (offset >= 0x10 && offset < 0x18) || offset == MSIX_CAP + 3;
}

static void config_write(pci_bus *bus, unsigned bdf, unsigned offset, unsigned width, uint32_t value)
{
    struct wdm_bus *b = (struct wdm_bus *)bus;
    (void)bdf;
    for (unsigned i = 0; i < width && !b->removed; i++) {
        if (writable(offset + i))
            b->config[offset + i] = (uint8_t)(value >> 8 * i);
    }
    b->config[0x10] = b->config[0x14] = 0; /* 4 KiB each */
    b->config[0x11] &= 0xf0;
    b->config[0x15] &= 0xf0;
}

static void raise_interrupt(struct wdm_bus *b)
{
    const uint32_t *entry = b->table + 4; /* vector 1 */
    b->cause = 1;
    b->interrupts++;
    if ((b->config[MSIX_CAP + 3] & 0x80) != 0 && (entry[3] & 1) == 0) {
        uint32_t *word = ram_map_physical((uint64_t)entry[1] << 32 | entry[0], 4);
        CHECK(word != NULL);
        *word = entry[2];
    }
}

static uint64_t mmio_read_bus(pci_bus *bus, uint64_t physical, unsigned width)
{
    struct wdm_bus *b = (struct wdm_bus *)bus;
    uint32_t bar0 = get(b->config + 0x10, 4), offset = (uint32_t)physical - bar0;
    (void)width;
    if (b->removed)
        return UINT32_MAX;
    if (offset == REGISTER_CAUSE) {
        uint32_t cause = b->cause;
        b->cause = 0;
        return cause;
    }
    return offset == REGISTER_DMA ? b->dma_address : 0;
}

static void mmio_write_bus(pci_bus *bus, uint64_t physical, unsigned width, uint64_t value)
{
    struct wdm_bus *b = (struct wdm_bus *)bus;
    uint32_t bar0 = get(b->config + 0x10, 4), bar1 = get(b->config + 0x14, 4);
    (void)width;
    if (b->removed)
        return;
    if (physical - bar0 == REGISTER_RAISE)
        raise_interrupt(b);
    else if (physical - bar0 == REGISTER_DMA)
        b->dma_address = (uint32_t)value;
    else if (physical - bar1 < sizeof(b->table))
        b->table[(physical - bar1) / 4] = (uint32_t)value;
}

static bool intx_asserted(pci_bus *bus, unsigned bdf)
{
    const struct wdm_bus *b = (const struct wdm_bus *)bus;
    (void)bdf;
    return !b->removed && b->cause != 0 && (b->config[MSIX_CAP + 3] & 0x80) == 0;
}

static bool progress(pci_bus *bus, uint64_t max_wait_us)
{
    (void)bus;
    (void)max_wait_us;
    return false;
}

static uint64_t next_event(pci_bus *bus)
{
    (void)bus;
    return UINT64_MAX;
}

static void surprise_remove(pci_bus *bus, unsigned bdf)
{
    (void)bdf;
    ((struct wdm_bus *)bus)->removed = true;
}

static const struct pci_bus_ops ops = {
    .config_read = config_read,
    .config_write = config_write,
    .mmio_read = mmio_read_bus,
    .mmio_write = mmio_write_bus,
    .intx_asserted = intx_asserted,
    .progress = progress,
    .next_event_us = next_event,
    .surprise_remove = surprise_remove,
};

static const uint8_t config_start[] = {0xf4, 0x1a, 0x34, 0x12, 0, 0, 0x10, 0, 1, 0, 0, 0xff};

void wdm_start_machine(unsigned processors, uint64_t seed)
{
    struct wdm_bus *b = &wdm_bus;
    verifier_set_seed(seed);
    ram_init(64 << 20, 64 << 20, seed);
    trap_init();
    *b = (struct wdm_bus){.bus = {.ops = &ops, .bdf = BDF, .mmio_window = 0xe0000000, .mmio_window_bytes = 1 << 24}};
    memcpy(b->config, config_start, sizeof(config_start));
    b->config[0x34] = MSIX_CAP;
    b->config[0x3d] = 1;
    b->config[MSIX_CAP] = 0x11;
    b->config[MSIX_CAP + 2] = BUS_VECTORS - 1;
    b->config[MSIX_CAP + 4] = 1; /* BAR 1, offset 0 */
    b->config[MSIX_CAP + 8] = 1;
    cpu_init(processors, seed, &b->bus);
    pci_device_setup(&wdm_device, &b->bus);
}

static enum wdm_mode mode_to_set;

static void set_mode(module *image)
{
    uint32_t *mode = module_export(image, "WdmMode");
    CHECK(mode != NULL);
    *mode = mode_to_set;
}

wdm_driver *wdm_load_fixture(enum wdm_mode mode, NTSTATUS *status)
{
    mode_to_set = mode;
    wdm_before_entry = set_mode;
    return wdm_driver_load(FIXTURE_DIR "/wdm_fixture.sys", NULL, "wdmfixture", status);
}

struct wdm_run wdm_run_fixture(enum wdm_mode mode, bool msix)
{
    struct wdm_run run;
    struct devnode_options options = {.msix = msix, .messages = 3};
    NTSTATUS status;
    registry_set_dword("\\Device\\Device Parameters", "Answer", 42);
    run.driver = wdm_load_fixture(mode, &status);
    CHECK(run.driver != NULL && status == STATUS_SUCCESS);
    run.node = devnode_create(&wdm_device, &options);
    CHECK(devnode_add(run.node, run.driver) == STATUS_SUCCESS);
    CHECK(devnode_start(run.node) == STATUS_SUCCESS);
    return run;
}

void wdm_end_run(struct wdm_run *run)
{
    devnode_remove(run->node);
    devnode_free(run->node);
    wdm_driver_unload(run->driver);
}

NTSTATUS wdm_ioctl(const struct wdm_run *run, uint32_t code)
{
    struct user_request r;
    user_file *file;
    uint32_t in = 0x12345678;
    CHECK(user_open(run->node->pdo, &file) == STATUS_SUCCESS);
    user_ioctl(file, &r, code, &in, sizeof(in), 64);
    NTSTATUS status = user_wait(&r, UINT64_MAX);
    user_release(&r);
    user_close(file);
    return status;
}

static void enter(void *body)
{
    ((void (*)(void))(uintptr_t)body)();
}

void on_thread(void (*body)(void))
{
    thread_join(thread_create("test", enter, (void *)(uintptr_t)body));
}
