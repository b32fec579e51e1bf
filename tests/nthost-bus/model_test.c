/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The model device as a correct driver sees it: contract v1 to the letter, QEMU's layout, every feature, and a disk
 * whose unflushed writes do not survive.
 */
#include "model_frame.h"

static uint32_t config(pci_bus *bus, unsigned offset, unsigned width)
{
    return bus->ops->config_read(bus, bus->bdf, offset, width);
}

static void identity_is_contract_v1(void)
{
    struct pci_device device;
    struct virtio_regions regions;
    pci_bus *bus = OPEN();

    CHECK_EQUAL(config(bus, 0, 4), 0x10421af4);
    CHECK_EQUAL(config(bus, 8, 4), 0x01000001);
    CHECK_EQUAL(config(bus, 0x2c, 4), 0x00021af4);
    CHECK_EQUAL(config(bus, 0x0e, 1), 0);
    CHECK_EQUAL(config(bus, 0x3d, 1), 1);
    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf + 8, 0, 4), 0xffffffff);
    pci_device_setup(&device, bus);
    CHECK_EQUAL(device.bar[0].bytes, 0x4000);
    CHECK(device.bar[0].memory && device.bar[0].is_64bit);
    CHECK_EQUAL(device.msix_vectors, 4);
    pci_find_virtio_regions(&device, &regions);
    CHECK_EQUAL(regions.common - device.bar[0].physical, 0);
    CHECK_EQUAL(regions.common_bytes, 0x100);
    CHECK_EQUAL(regions.notify - device.bar[0].physical, 0x1000);
    CHECK_EQUAL(regions.notify_bytes, 0x100);
    CHECK_EQUAL(regions.isr - device.bar[0].physical, 0x2000);
    CHECK_EQUAL(regions.isr_bytes, 0x20);
    CHECK_EQUAL(regions.device - device.bar[0].physical, 0x3000);
    CHECK_EQUAL(regions.device_bytes, 0x100);
    bus->ops->close(bus);
}

static void identity_without_msix(void)
{
    struct pci_device device;
    pci_bus *bus = OPEN("vectors=0");

    pci_device_setup(&device, bus);
    CHECK_EQUAL(device.msix_cap, 0);
    CHECK_EQUAL(device.bar[2].bytes, 0);
    bus->ops->close(bus);
}

static void identity_in_qemus_layout(void)
{
    struct pci_device device;
    struct virtio_regions regions;
    pci_bus *bus = OPEN("layout=qemu");

    pci_device_setup(&device, bus);
    CHECK_EQUAL(device.bar[0].bytes, 0);
    CHECK_EQUAL(device.bar[1].bytes, 0x1000);
    CHECK(device.bar[4].is_64bit && device.bar[4].prefetchable);
    pci_find_virtio_regions(&device, &regions);
    CHECK_EQUAL(regions.common - device.bar[4].physical, 0);
    CHECK_EQUAL(regions.isr - device.bar[4].physical, 0x1000);
    CHECK_EQUAL(regions.device - device.bar[4].physical, 0x2000);
    CHECK_EQUAL(regions.notify - device.bar[4].physical, 0x3000);
    bus->ops->close(bus);
}

static void offers_what_contract_v1_says(void)
{
    struct tiny_driver d;

    START(&d, false);
    CHECK_EQUAL(d.offered, BIT(32) | BIT(28) | BIT(FEATURE_SEG_MAX) | BIT(FEATURE_BLK_SIZE) | BIT(FEATURE_FLUSH));
    CHECK_EQUAL(d.size, 128);
    CHECK_EQUAL(tiny_read(&d, 0x12, 2), 1);
    CHECK_EQUAL(tiny_config(&d, 0, 8), 131072);
    CHECK_EQUAL(tiny_config(&d, 12, 4), 126);
    CHECK_EQUAL(tiny_config(&d, 20, 4), 512);
    tiny_write(&d, 0x00, 4, 2);
    CHECK_EQUAL(tiny_read(&d, 0x04, 4), 0);
    tiny_write(&d, 0x16, 2, 1);
    CHECK_EQUAL(tiny_read(&d, 0x18, 2), 0);
    CHECK_EQUAL(tiny_read(&d, 0x1e, 2), 0);
    d.bus->ops->close(d.bus);
}

/* The same I/O that the tests of QEMU's bus do. */
static void exercise(struct tiny_driver *d)
{
    uint8_t sector[512];

    memset(sector, 0x5a, sizeof sector);
    CHECK(model_disk_write(d->bus, 7, sector, 1));
    CHECK_EQUAL(tiny_request(d, REQUEST_IN, 7, 512), 0);
    CHECK(memcmp(d->data, sector, 512) == 0);
    for (unsigned i = 0; i < 4096; i++) {
        d->data[i] = (uint8_t)(i * 7);
    }
    CHECK_EQUAL(tiny_request(d, REQUEST_OUT, 104, 4096), 0);
    CHECK(model_disk_read(d->bus, 111, sector, 1));
    CHECK(memcmp(d->data + 7 * 512, sector, 512) == 0);
    if ((d->accepted & BIT(FEATURE_FLUSH)) != 0) {
        CHECK_EQUAL(tiny_request(d, REQUEST_FLUSH, 0, 0), 0);
    }
    for (unsigned i = 0; i < 600; i++) { /* round the ring several times */
        CHECK_EQUAL(tiny_request(d, REQUEST_IN, i, 512), 0);
    }
    if (d->msix) {
        CHECK(!d->bus->ops->intx_asserted(d->bus, d->bus->bdf));
    }
}

static void reads_and_writes_in_every_setting(void)
{
    static const char *const settings[] = {
        "seed=1",
        "layout=qemu",
        "features=event_idx",
        "used-len=spec",
        "isr=spec",
        "reorder=off",
        "delay-us=0",
        "suppress=100",
        "suppress=0",
        "coalesce=100",
        "queue-size=4",
        "queue-size=1024",
        "queue-size=2048",
        "multiplier=0",
        "without=flush",
        "without=version_1",
        "without=indirect+seg_max+blk_size",
        "reset-us=500",
        "ignore-no-interrupt=on",
        "features=ro",
        "blk-size=4096",
        "track=on",
        "framing=any",
        "features=size_max+geometry+topology+config_wce+discard+write_zeroes",
    };

    for (unsigned i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        for (unsigned msix = 0; msix < 2; msix++) {
            struct tiny_driver d;
            START(&d, msix != 0, settings[i]);
            if (strcmp(settings[i], "features=ro") == 0) {
                CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 0, 512), 1);
            } else if (strcmp(settings[i], "blk-size=4096") == 0) {
                CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 8, 4096), 0);
                CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 1, 4096), 1);
                CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 8, 512), 1);
            } else {
                exercise(&d);
            }
            CHECK_EQUAL(model_stats(d.bus)->rules_broken, 0);
            d.bus->ops->close(d.bus);
        }
    }
}

static void contract_and_spec_differ_where_they_should(void)
{
    struct tiny_driver d;

    START(&d, true);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 0, 512), 0);
    CHECK_EQUAL(((volatile uint32_t *)d.used)[2], 0); /* used.len */
    CHECK_EQUAL(d.bus->ops->mmio_read(d.bus, d.regions.isr, 1), 1);
    d.bus->ops->close(d.bus);
    START(&d, true, "used-len=spec", "isr=spec");
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 0, 512), 0);
    CHECK_EQUAL(((volatile uint32_t *)d.used)[2], 513);
    CHECK_EQUAL(d.bus->ops->mmio_read(d.bus, d.regions.isr, 1), 0);
    d.bus->ops->close(d.bus);
}

static void intx_follows_isr(void)
{
    struct tiny_driver d;

    START(&d, false, "coalesce=0");
    tiny_build(&d, REQUEST_IN, 0, 512);
    tiny_publish(&d, 0);
    tiny_ring(&d);
    run_dry(d.bus);
    CHECK(d.bus->ops->intx_asserted(d.bus, d.bus->bdf));
    CHECK((config(d.bus, 0x06, 2) & 8) != 0);
    d.bus->ops->config_write(d.bus, d.bus->bdf, 0x04, 2, 0x406);
    CHECK(!d.bus->ops->intx_asserted(d.bus, d.bus->bdf));
    d.bus->ops->config_write(d.bus, d.bus->bdf, 0x04, 2, 6);
    CHECK_EQUAL(d.bus->ops->mmio_read(d.bus, d.regions.isr, 1), 1);
    CHECK(!d.bus->ops->intx_asserted(d.bus, d.bus->bdf));
    CHECK_EQUAL(d.bus->ops->mmio_read(d.bus, d.regions.isr, 1), 0);
    d.bus->ops->close(d.bus);
}

/* A masked vector waits in the pending bits. */
static void msix_mask_holds_messages(void)
{
    struct tiny_driver d;

    START(&d, true, "coalesce=0");
    uint64_t control = d.device.bar[2].physical + 16 + 12;
    d.bus->ops->mmio_write(d.bus, control, 4, 1);
    tiny_build(&d, REQUEST_IN, 0, 512);
    tiny_publish(&d, 0);
    tiny_ring(&d);
    run_dry(d.bus);
    CHECK(!pci_message_waiting());
    CHECK_EQUAL(d.bus->ops->mmio_read(d.bus, d.device.bar[2].physical + 0x800, 4), 2);
    d.bus->ops->mmio_write(d.bus, control, 4, 0);
    CHECK(pci_message_waiting());
    pci_msix_disable(&d.device);
    d.bus->ops->close(d.bus);
}

static void no_interrupt_is_honoured(void)
{
    struct tiny_driver d;

    START(&d, false, "coalesce=0");
    d.avail[0] = 1;
    tiny_build(&d, REQUEST_IN, 0, 512);
    tiny_publish(&d, 0);
    tiny_ring(&d);
    run_dry(d.bus);
    CHECK_EQUAL(d.used[1], 1);
    CHECK_EQUAL(model_stats(d.bus)->interrupts, 0);
    d.bus->ops->close(d.bus);
    START(&d, false, "coalesce=0", "features=event_idx");
    d.avail[2 + d.size] = 5;
    tiny_build(&d, REQUEST_IN, 0, 512);
    tiny_publish(&d, 0);
    tiny_ring(&d);
    run_dry(d.bus);
    CHECK_EQUAL(d.used[1], 1);
    CHECK_EQUAL(model_stats(d.bus)->interrupts, 0);
    d.bus->ops->close(d.bus);
}

/* The device says when it wants doorbells; one that it did not want is counted. */
static void doorbells_are_suppressed(void)
{
    static const char *const modes[] = {"features=event_idx", "seed=0"};

    for (unsigned i = 0; i < 2; i++) {
        struct tiny_driver d;
        START(&d, false, modes[i], "suppress=100", "queue-size=8", "delay-us=0");
        tiny_build(&d, REQUEST_IN, 0, 512);
        tiny_publish(&d, 0);
        tiny_ring(&d);
        if (i == 0) {
            CHECK_EQUAL(d.used[2 + 4 * d.size], 0); /* avail_event stays behind */
        } else {
            CHECK_EQUAL(d.used[0], 1);
        }
        run_dry(d.bus);
        if (i == 0) {
            CHECK_EQUAL(d.used[2 + 4 * d.size], 1);
        } else {
            CHECK_EQUAL(d.used[0], 0);
        }
        CHECK_EQUAL(model_stats(d.bus)->needless_doorbells, 0);
        CHECK_EQUAL(d.used[1], 1);
        d.bus->ops->close(d.bus);
    }
}

/* Without EVENT_IDX and NO_NOTIFY a buffer nobody rang for stays where it is (contract 23). */
static void buffer_without_doorbell_waits(void)
{
    struct tiny_driver d;

    START(&d, false, "suppress=0", "queue-size=8");
    tiny_build(&d, REQUEST_IN, 0, 512);
    tiny_publish(&d, 0);
    run_dry(d.bus);
    CHECK_EQUAL(d.used[1], 0);
    tiny_ring(&d);
    run_dry(d.bus);
    CHECK_EQUAL(d.used[1], 1);
    d.bus->ops->close(d.bus);
}

/* Eight one-descriptor-table requests in flight together; the order in which they are used is written down. */
static void completion_order(const char *seed, const char *reorder, uint8_t order[8])
{
    struct tiny_driver d;
    uint64_t place;
    uint8_t *status;

    START(&d, false, seed, reorder, "queue-size=32");
    status = stub_alloc(8, 8, true, &place);
    tiny_build(&d, REQUEST_IN, 0, 512);
    for (uint16_t i = 0; i < 8; i++) {
        uint16_t first = (uint16_t)(3 * i);
        d.desc[first] = (struct tiny_desc){d.header_physical, 16, DESC_NEXT, (uint16_t)(first + 1)};
        d.desc[first + 1] =
            (struct tiny_desc){d.data_physical + 512u * i, 512, DESC_NEXT | DESC_WRITE, (uint16_t)(first + 2)};
        d.desc[first + 2] = (struct tiny_desc){place + i, 1, DESC_WRITE, 0};
        status[i] = 0xff;
        tiny_publish(&d, first);
    }
    tiny_ring(&d);
    run_dry(d.bus);
    CHECK_EQUAL(d.used[1], 8);
    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQUAL(status[i], 0);
        order[i] = (uint8_t)(d.used[2 + 4 * i] / 3);
    }
    d.bus->ops->close(d.bus);
}

static void seed_repeats_the_order(void)
{
    uint8_t first[8], second[8], in_order[8];
    unsigned different = 0;

    completion_order("seed=1", "reorder=off", in_order);
    for (unsigned i = 0; i < 8; i++) {
        CHECK_EQUAL(in_order[i], i);
    }
    for (unsigned seed = 1; seed < 20; seed++) {
        char text[16];
        snprintf(text, sizeof text, "seed=%u", seed);
        completion_order(text, "reorder=on", first);
        completion_order(text, "reorder=on", second);
        CHECK(memcmp(first, second, 8) == 0);
        different += memcmp(first, in_order, 8) != 0;
    }
    CHECK(different > 10);
}

static void indirect_tables_work(void)
{
    struct tiny_driver d;
    uint64_t place;

    START(&d, false);
    struct tiny_desc *table = stub_alloc(4 * 16, 16, true, &place);
    tiny_build(&d, REQUEST_IN, 3, 512);
    table[0] = (struct tiny_desc){d.header_physical, 16, DESC_NEXT, 3};
    table[3] = (struct tiny_desc){d.data_physical, 200, DESC_NEXT | DESC_WRITE, 1};
    table[1] = (struct tiny_desc){d.data_physical + 200, 312, DESC_NEXT | DESC_WRITE, 2};
    table[2] = (struct tiny_desc){d.header_physical + 16, 1, DESC_WRITE, 0};
    d.desc[9] = (struct tiny_desc){place, 64, DESC_INDIRECT, 0};
    uint8_t sector[512];
    memset(sector, 0x42, 512);
    CHECK(model_disk_write(d.bus, 3, sector, 1));
    tiny_publish(&d, 9);
    tiny_ring(&d);
    CHECK_EQUAL(tiny_wait(&d, 100), 9);
    CHECK_EQUAL(d.header[16], 0);
    CHECK(memcmp(d.data, sector, 512) == 0);
    d.bus->ops->close(d.bus);
}

static void each_queue_works(void)
{
    struct tiny_driver d, other;

    tiny_find(&d, OPEN("features=mq", "queues=3"));
    tiny_reset(&d);
    tiny_acknowledge(&d);
    tiny_negotiate(&d, ALL_FEATURES);
    CHECK_EQUAL(tiny_read(&d, 0x12, 2), 3);
    CHECK_EQUAL(tiny_config(&d, 34, 2), 3);
    other = d;
    other.queue = 2;
    tiny_queue(&d);
    tiny_queue(&other);
    CHECK_EQUAL(other.notify_off, 2);
    tiny_driver_ok(&d);
    memset(other.data, 0x66, 512);
    CHECK_EQUAL(tiny_request(&other, REQUEST_OUT, 3, 512), 0);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 3, 512), 0);
    CHECK_EQUAL(d.data[0], 0x66);
    CHECK_EQUAL(d.used[1], 1);
    CHECK_EQUAL(other.used[1], 1);
    d.bus->ops->close(d.bus);
}

static void reset_takes_time(void)
{
    struct tiny_driver d;

    START(&d, false, "reset-us=1000");
    tiny_write(&d, 0x14, 1, 0);
    CHECK(tiny_read(&d, 0x14, 1) != 0);
    stub_clock_us += 1001;
    CHECK_EQUAL(tiny_read(&d, 0x14, 1), 0);
    d.bus->ops->close(d.bus);
}

static void surprise_removal(void)
{
    struct tiny_driver d;

    START(&d, false);
    tiny_build(&d, REQUEST_IN, 0, 512);
    tiny_publish(&d, 0);
    tiny_ring(&d);
    d.bus->ops->surprise_remove(d.bus, d.bus->bdf);
    run_dry(d.bus);
    CHECK_EQUAL(d.used[1], 0);
    CHECK(!d.bus->ops->intx_asserted(d.bus, d.bus->bdf));
    CHECK_EQUAL(config(d.bus, 0, 4), 0xffffffff);
    CHECK_EQUAL(tiny_read(&d, 0x14, 1), 0xff);
    tiny_write(&d, 0x14, 1, 0);
    d.bus->ops->close(d.bus);
}

static void no_dma_without_bus_master(void)
{
    struct tiny_driver d;

    START(&d, false);
    d.bus->ops->config_write(d.bus, d.bus->bdf, 0x04, 2, 2);
    tiny_build(&d, REQUEST_IN, 0, 512);
    tiny_publish(&d, 0);
    tiny_ring(&d);
    run_dry(d.bus);
    CHECK_EQUAL(d.used[1], 0);
    d.bus->ops->config_write(d.bus, d.bus->bdf, 0x04, 2, 0);
    CHECK_EQUAL(tiny_read(&d, 0x14, 1), 0xff);
    d.bus->ops->close(d.bus);
}

static void tolerant_device_counts_rules(void)
{
    struct tiny_driver d;

    START(&d, false, "strict=off");
    tiny_build(&d, REQUEST_IN, 0, 512);
    d.header[4] = 1;
    tiny_publish(&d, 0);
    tiny_ring(&d);
    CHECK_EQUAL(tiny_wait(&d, 100), 0);
    CHECK_EQUAL(model_stats(d.bus)->rules_broken, 1);
    tiny_publish(&d, 200);
    tiny_ring(&d);
    run_dry(d.bus);
    CHECK_EQUAL(model_status(d.bus), 0x4f); /* a lenient device asks for a reset */
    d.bus->ops->close(d.bus);
}

static void options_that_do_not_exist(void)
{
    static const char *const wrong[] = {
        "seed",          "seed=",          "seed=x",       "colour=red", "queue-size=0", "queue-size=65536",
        "layout=isa",    "reorder=1",      "features=x",   "features=+", "fault=x",      "fault=hang:",
        "fault=hang:1x", "fault=hang:1++", "suppress=101", "strict=yes", "vectors=65",
    };
    struct model_options options;

    model_options_default(&options);
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (model_option(&options, wrong[i])) {
            fprintf(stderr, "accepted: %s\n", wrong[i]);
            exit(1);
        }
    }
    CHECK(model_option(&options, "features=mq+0x40000000+event_idx"));
    CHECK_EQUAL(options.features_added, BIT(12) | BIT(30) | BIT(29));
    CHECK(model_option(&options, "fault=hang:7+"));
    CHECK_EQUAL(options.faults[0].from, 7);
    CHECK(options.faults[0].onwards);
    CHECK(strstr(model_option_help(), "queue-size=") != NULL &&
          strstr(model_option_help(), "late-completion") != NULL &&
          strstr(model_option_help(), "write_zeroes") != NULL);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"identity-is-contract-v1", identity_is_contract_v1},
        {"identity-without-msix", identity_without_msix},
        {"identity-in-qemus-layout", identity_in_qemus_layout},
        {"offers-what-contract-v1-says", offers_what_contract_v1_says},
        {"reads-and-writes-in-every-setting", reads_and_writes_in_every_setting},
        {"contract-and-spec-differ-where-they-should", contract_and_spec_differ_where_they_should},
        {"intx-follows-isr", intx_follows_isr},
        {"msix-mask-holds-messages", msix_mask_holds_messages},
        {"no-interrupt-is-honoured", no_interrupt_is_honoured},
        {"doorbells-are-suppressed", doorbells_are_suppressed},
        {"buffer-without-doorbell-waits", buffer_without_doorbell_waits},
        {"seed-repeats-the-order", seed_repeats_the_order},
        {"indirect-tables-work", indirect_tables_work},
        {"each-queue-works", each_queue_works},
        {"reset-takes-time", reset_takes_time},
        {"surprise-removal", surprise_removal},
        {"no-dma-without-bus-master", no_dma_without_bus_master},
        {"tolerant-device-counts-rules", tolerant_device_counts_rules},
        {"options-that-do-not-exist", options_that_do_not_exist},
    };

    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
