/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The model's disk: sizes, image file, requests besides reading and writing, and unflushed writes, which do not survive
 * a power cut.
 */
#include <unistd.h>

#include "model_frame.h"

static void huge_disk(void)
{
    struct tiny_driver d;
    const uint64_t last = (1ull << 40) - 1;

    START(&d, false, "capacity=0x10000000000");
    CHECK_EQUAL(tiny_config(&d, 0, 8), 1ull << 40);
    memset(d.data, 0x99, 512);
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, last, 512), 0);
    memset(d.data, 0, 512);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, last, 512), 0);
    CHECK_EQUAL(d.data[511], 0x99);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, last - 1, 512), 0);
    CHECK_EQUAL(d.data[511], 0);
    d.bus->ops->close(d.bus);
}

static char image[] = "model-test-XXXXXX";

static void remove_image(void)
{
    unlink(image);
}

static void image_file_holds_the_disk(void)
{
    struct tiny_driver d;
    char setting[64];
    uint8_t sector[512];
    int fd = mkstemp(image);

    CHECK(fd >= 0 && ftruncate(fd, 1 << 20) == 0);
    atexit(remove_image);
    memset(sector, 0x31, 512);
    CHECK_EQUAL(pwrite(fd, sector, 512, 5 * 512), 512);
    snprintf(setting, sizeof setting, "image=%s", image);
    START(&d, false, setting);
    CHECK_EQUAL(tiny_config(&d, 0, 8), 2048);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 5, 512), 0);
    CHECK_EQUAL(d.data[0], 0x31);
    memset(d.data, 0x32, 512);
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 6, 512), 0);
    CHECK_EQUAL(pread(fd, sector, 512, 6 * 512), 512);
    CHECK_EQUAL(sector[511], 0x32);
    d.bus->ops->close(d.bus);
    close(fd);
}

/* ---- flushing ---- */

static uint8_t byte_on_disk(pci_bus *bus, uint64_t sector)
{
    uint8_t bytes[512];

    CHECK(model_disk_read(bus, sector, bytes, 1));
    return bytes[0];
}

static void unflushed_writes_are_lost(void)
{
    struct tiny_driver d;

    START(&d, false, "track=on");
    memset(d.data, 1, 512);
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 10, 512), 0);
    CHECK_EQUAL(tiny_request(&d, REQUEST_FLUSH, 0, 0), 0);
    CHECK_EQUAL(model_volatile_sectors(d.bus), 0);
    memset(d.data, 2, 1024);
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 10, 1024), 0);
    CHECK_EQUAL(model_volatile_sectors(d.bus), 2);
    CHECK_EQUAL(byte_on_disk(d.bus, 10), 2);
    CHECK_EQUAL(model_power_cut(d.bus), 2);
    CHECK_EQUAL(byte_on_disk(d.bus, 10), 1);
    CHECK_EQUAL(byte_on_disk(d.bus, 11), 0);
    CHECK_EQUAL(model_status(d.bus), 0);
    d.bus->ops->close(d.bus);
}

/* A flush sent before a write completes does not cover it. */
static void flush_covers_completed_writes_only(void)
{
    struct tiny_driver d;
    uint64_t place;

    START(&d, false, "track=on", "reorder=off", "delay-us=1000000");
    uint8_t *flush = stub_alloc(32, 32, true, &place);
    flush[0] = REQUEST_FLUSH;
    flush[16] = 0xff;
    memset(d.data, 3, 512);
    tiny_build(&d, REQUEST_OUT, 20, 512);
    d.desc[3] = (struct tiny_desc){place, 16, DESC_NEXT, 4};
    d.desc[4] = (struct tiny_desc){place + 16, 1, DESC_WRITE, 0};
    tiny_publish(&d, 0);
    tiny_publish(&d, 3);
    tiny_ring(&d);
    run_dry(d.bus);
    CHECK_EQUAL(d.used[1], 2);
    CHECK_EQUAL(flush[16], 0);
    CHECK_EQUAL(model_volatile_sectors(d.bus), 1);
    CHECK_EQUAL(model_power_cut(d.bus), 1);
    CHECK_EQUAL(byte_on_disk(d.bus, 20), 0);
    d.bus->ops->close(d.bus);
}

static void writethrough_needs_no_flush(void)
{
    struct tiny_driver d;

    START(&d, false, "track=on", "features=config_wce");
    CHECK_EQUAL(tiny_config(&d, 32, 1), 1);
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 1, 512), 0);
    CHECK_EQUAL(model_volatile_sectors(d.bus), 1);
    d.bus->ops->mmio_write(d.bus, d.regions.device + 32, 1, 0);
    CHECK_EQUAL(tiny_config(&d, 32, 1), 0);
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 2, 512), 0);
    CHECK_EQUAL(model_volatile_sectors(d.bus), 1);
    d.bus->ops->close(d.bus);
    START(&d, false, "track=on", "without=flush");
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 1, 512), 0);
    CHECK_EQUAL(model_volatile_sectors(d.bus), 0);
    d.bus->ops->close(d.bus);
}

/* ---- the other requests ---- */

static void serial_number(void)
{
    struct tiny_driver d;

    START(&d, false);
    CHECK_EQUAL(tiny_request(&d, REQUEST_GET_ID, 0, 20), 2);
    d.bus->ops->close(d.bus);
    START(&d, false, "serial=ABC-123");
    CHECK_EQUAL(tiny_request(&d, REQUEST_GET_ID, 0, 20), 0);
    CHECK(memcmp(d.data, "ABC-123\0\0\0\0\0\0\0\0\0\0\0\0\0", 20) == 0);
    CHECK_EQUAL(tiny_request(&d, 99, 0, 0), 2);
    d.bus->ops->close(d.bus);
}

struct range {
    uint64_t sector;
    uint32_t sectors, flags;
};

static void discard_and_write_zeroes(void)
{
    struct tiny_driver d;

    START(&d, false, "features=discard+write_zeroes");
    memset(d.data, 7, 4096);
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 0, 4096), 0);
    memcpy(d.data, (struct range[]){{1, 2, 1}, {6, 1, 0}}, 32);
    CHECK_EQUAL(tiny_request(&d, REQUEST_ZEROES, 0, 32), 0);
    CHECK_EQUAL(byte_on_disk(d.bus, 0), 7);
    CHECK_EQUAL(byte_on_disk(d.bus, 1), 0);
    CHECK_EQUAL(byte_on_disk(d.bus, 2), 0);
    CHECK_EQUAL(byte_on_disk(d.bus, 3), 7);
    CHECK_EQUAL(byte_on_disk(d.bus, 6), 0);
    memcpy(d.data, (struct range[]){{3, 1, 0}}, 16);
    CHECK_EQUAL(tiny_request(&d, REQUEST_DISCARD, 0, 16), 0);
    CHECK_EQUAL(byte_on_disk(d.bus, 4), 7);
    d.bus->ops->close(d.bus);
}

static void capacity_changes(void)
{
    struct tiny_driver d;

    START(&d, false);
    uint32_t generation = tiny_read(&d, 0x15, 1);
    model_set_capacity(d.bus, 1000);
    CHECK(d.bus->ops->intx_asserted(d.bus, d.bus->bdf));
    CHECK_EQUAL(d.bus->ops->mmio_read(d.bus, d.regions.isr, 1), 2);
    CHECK(tiny_read(&d, 0x15, 1) != generation);
    CHECK_EQUAL(tiny_config(&d, 0, 8), 1000);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 1000, 512), 1); /* was there when the driver looked */
    d.bus->ops->close(d.bus);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"huge-disk", huge_disk},
        {"image-file-holds-the-disk", image_file_holds_the_disk},
        {"unflushed-writes-are-lost", unflushed_writes_are_lost},
        {"flush-covers-completed-writes-only", flush_covers_completed_writes_only},
        {"writethrough-needs-no-flush", writethrough_needs_no_flush},
        {"serial-number", serial_number},
        {"discard-and-write-zeroes", discard_and_write_zeroes},
        {"capacity-changes", capacity_changes},
    };

    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
