/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The bus over stock QEMU, driven by the tiny driver: what a driver under test will find there.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../nthost/qemu_bus.h"
#include "check.h"
#include "stub_core.h"
#include "tiny_driver.h"

#define IMAGE_BYTES (4u << 20)
#define ALL (~0ull & ~BIT(FEATURE_EVENT_IDX) & ~BIT(34) & ~BIT(40))
#define STOCK_DEVICE "virtio-blk-pci,disable-legacy=on"

static char image[] = "qemu-bus-test-XXXXXX";
static int image_fd;

static void remove_image(void)
{
    unlink(image);
}

static void make_image(void)
{
    image_fd = mkstemp(image);
    CHECK(image_fd >= 0 && ftruncate(image_fd, IMAGE_BYTES) == 0);
    atexit(remove_image);
}

static pci_bus *open_with(const char *const *settings)
{
    static struct qemu_options options;

    memset(&options, 0, sizeof options);
    for (; *settings != NULL; settings++) {
        CHECK(qemu_option(&options, *settings));
    }
    if (options.device_count == 0) {
        CHECK(qemu_option(&options, "device=" STOCK_DEVICE));
    }
    if (image_fd != 0) {
        options.image = image;
    }
    return qemu_bus_open(&options);
}

#define OPEN(...) open_with((const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

static void small_ram(void)
{
    stub_init(64u << 20, 0);
    make_image();
}

static void split_ram(void)
{
    /* Two gigabytes on each side of 4 GiB do not fit into a 32-bit test; nthost maps only what is in use. */
    if (sizeof(void *) == 8) {
        stub_init(0x80000000u, 0x80000000u);
    } else {
        stub_init(64u << 20, 0);
    }
    make_image();
}

static void identity(void)
{
    small_ram();
    pci_bus *bus = OPEN();
    struct pci_device device;
    struct virtio_regions regions;

    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf, 0, 4), 0x10421af4);
    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf, 0, 2), 0x1af4);
    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf, 3, 1), 0x10);
    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf, 8, 1), 1);
    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf + 8, 0, 4), 0xffffffff);
    pci_device_setup(&device, bus);
    CHECK_EQUAL(device.bar[4].bytes, 0x4000);
    CHECK(device.bar[4].memory && device.bar[4].is_64bit && device.bar[4].prefetchable);
    CHECK_EQUAL(device.bar[1].bytes, 0x1000);
    CHECK_EQUAL(device.bar[0].bytes, 0);
    CHECK_EQUAL(device.bar[4].physical % 0x4000, 0);
    CHECK_EQUAL(device.msix_vectors, 2);
    pci_find_virtio_regions(&device, &regions);
    CHECK_EQUAL(regions.common, device.bar[4].physical);
    CHECK_EQUAL(regions.isr, device.bar[4].physical + 0x1000);
    CHECK_EQUAL(regions.device, device.bar[4].physical + 0x2000);
    CHECK_EQUAL(regions.notify, device.bar[4].physical + 0x3000);
    bus->ops->close(bus);
}

/* Both ways: what the host wrote is read by the driver, and the other way round. */
static void read_and_write(bool msix, const char *device)
{
    struct tiny_driver d;
    uint8_t sector[512];
    pci_bus *bus = device != NULL ? OPEN(device) : OPEN();

    memset(sector, 0x5a, sizeof sector);
    CHECK_EQUAL(pwrite(image_fd, sector, 512, 7 * 512), 512);
    tiny_start(&d, bus, ALL, msix);
    CHECK((d.accepted & BIT(FEATURE_VERSION_1)) != 0);
    CHECK_EQUAL(tiny_config(&d, 0, 8), IMAGE_BYTES / 512);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 7, 512), 0);
    CHECK(memcmp(d.data, sector, 512) == 0);
    memset(d.data, 0xa5, 1024);
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 100, 1024), 0);
    CHECK_EQUAL(tiny_request(&d, REQUEST_FLUSH, 0, 0), 0);
    CHECK_EQUAL(pread(image_fd, sector, 512, 101 * 512), 512);
    CHECK(memcmp(d.data, sector, 512) == 0);
    if (msix) {
        CHECK_EQUAL(d.messages, 3);
        CHECK(!bus->ops->intx_asserted(bus, bus->bdf));
    } else {
        CHECK_EQUAL(d.interrupts, 3);
        CHECK_EQUAL(d.isr, 1);
        CHECK(!bus->ops->intx_asserted(bus, bus->bdf));
    }
    bus->ops->close(bus);
}

static void sector_over_intx(void)
{
    small_ram();
    read_and_write(false, NULL);
}

static void sector_over_msix(void)
{
    small_ram();
    read_and_write(true, NULL);
}

static void memory_above_4g(void)
{
    split_ram();
    read_and_write(true, NULL);
}

/* Each slot has another I/O APIC input. */
static void intx_in_every_slot(void)
{
    small_ram();
    read_and_write(false, "device=" STOCK_DEVICE ",addr=5");
    read_and_write(false, "device=" STOCK_DEVICE ",addr=6");
    read_and_write(false, "device=" STOCK_DEVICE ",addr=7");
    read_and_write(false, "device=" STOCK_DEVICE ",multifunction=on,addr=9.0");
}

static void monitor_commands_and_events(void)
{
    char answer[256];

    small_ram();
    pci_bus *bus = OPEN();
    struct tiny_driver d;

    tiny_start(&d, bus, ALL, false);
    CHECK(!qemu_qmp(bus, "{\"execute\":\"no-such-command\"}", answer, sizeof answer));
    CHECK(strstr(answer, "CommandNotFound") != NULL);
    CHECK(qemu_qmp(bus, "{\"execute\":\"block_resize\",\"arguments\":{\"device\":\"d0\",\"size\":8388608}}", answer,
                   sizeof answer));
    for (unsigned i = 0; i < 1000 && !bus->ops->intx_asserted(bus, bus->bdf); i++) {
        bus->ops->progress(bus, 1000);
    }
    CHECK((bus->ops->mmio_read(bus, d.regions.isr, 1) & 2) != 0);
    CHECK_EQUAL(tiny_config(&d, 0, 8), 8388608 / 512);
    CHECK(!qemu_wait_event(bus, "NO_SUCH_EVENT", 10));
    CHECK(qemu_qmp(bus, "{\"execute\":\"stop\"}", NULL, 0));
    CHECK(qemu_wait_event(bus, "STOP", 1000));
    CHECK(!qemu_wait_event(bus, "STOP", 0));
    bus->ops->close(bus);
}

static void surprise_removal(void)
{
    struct tiny_driver d;

    small_ram();
    pci_bus *bus = OPEN();
    tiny_start(&d, bus, ALL, false);
    tiny_build(&d, REQUEST_IN, 0, 65536);
    tiny_publish(&d, 0);
    tiny_ring(&d);
    bus->ops->surprise_remove(bus, bus->bdf);
    memset(d.data, 0x77, 65536);
    usleep(100000);
    for (unsigned i = 0; i < 65536; i++) {
        CHECK_EQUAL(d.data[i], 0x77);
    }
    CHECK(!bus->ops->intx_asserted(bus, bus->bdf));
    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf, 0, 4), 0xffffffff);
    CHECK_EQUAL(tiny_read(&d, 0x14, 1), 0xff);
    CHECK_EQUAL(bus->ops->mmio_read(bus, d.regions.device, 8), UINT64_MAX);
    tiny_write(&d, 0x14, 1, 0);
    CHECK(!bus->ops->progress(bus, 1000));
    bus->ops->close(bus);
}

/* D3 and back loses everything that pci_device_restore puts back. */
static void restore_after_power_down(void)
{
    struct tiny_driver d;

    small_ram();
    pci_bus *bus = OPEN();
    tiny_start(&d, bus, ALL, true);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 0, 512), 0);
    tiny_reset(&d);
    for (unsigned i = 0; i < 6; i++) {
        bus->ops->config_write(bus, bus->bdf, 0x10 + 4 * i, 4, 0);
    }
    bus->ops->config_write(bus, bus->bdf, 0x04, 2, 0);
    pci_device_restore(&d.device);
    tiny_acknowledge(&d);
    tiny_negotiate(&d, ALL);
    tiny_interrupts(&d, true);
    d.desc = NULL;
    tiny_queue(&d);
    tiny_driver_ok(&d);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 0, 512), 0);
    bus->ops->close(bus);
}

/* The old transport: registers in an I/O BAR. */
static void legacy_ports(void)
{
    struct pci_device device;

    small_ram();
    pci_bus *bus = OPEN("device=virtio-blk-pci,disable-modern=on,disable-legacy=off");
    pci_device_setup(&device, bus);
    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf, 0, 4), 0x10011af4);
    CHECK(device.bar[0].bytes != 0 && !device.bar[0].memory);
    uint16_t base = (uint16_t)device.bar[0].physical;
    CHECK((bus->ops->port_read(bus, base, 4) & BIT(FEATURE_FLUSH)) != 0);
    bus->ops->port_write(bus, (uint16_t)(base + 18), 1, 1);
    CHECK_EQUAL(bus->ops->port_read(bus, (uint16_t)(base + 18), 1), 1);
    bus->ops->close(bus);
}

static void read_only_image(void)
{
    struct tiny_driver d;

    small_ram();
    pci_bus *bus = OPEN("readonly=on");
    tiny_start(&d, bus, ALL, false);
    CHECK((d.offered & BIT(FEATURE_RO)) != 0);
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 0, 512), 1);
    bus->ops->close(bus);
}

/* ---- failures, each with words that help ---- */

static void open_unknown_device(const void *argument)
{
    (void)argument;
    OPEN("device=no-such-device");
}

static void open_missing_binary(const void *argument)
{
    (void)argument;
    OPEN("binary=no-such-qemu");
}

static void open_missing_image(const void *argument)
{
    struct qemu_options options = {.image = "no-such-image"};

    (void)argument;
    CHECK(qemu_option(&options, "device=" STOCK_DEVICE));
    qemu_bus_open(&options);
}

static void read_when_qemu_is_dead(const void *argument)
{
    (void)argument;
    pci_bus *bus = OPEN();
    kill(qemu_process_id(bus), SIGKILL);
    usleep(50000);
    bus->ops->config_read(bus, bus->bdf, 0, 4);
}

static void read_when_qemu_hangs(const void *argument)
{
    (void)argument;
    pci_bus *bus = OPEN("timeout-ms=2000");
    kill(qemu_process_id(bus), SIGSTOP);
    bus->ops->config_read(bus, bus->bdf, 0, 4);
}

static void failures_say_what_qemu_said(void)
{
    small_ram();
    expect_exit(open_unknown_device, NULL, 4, "'no-such-device' is not a valid device model name");
    expect_exit(open_missing_binary, NULL, 4, "no-such-qemu: No such file or directory");
    expect_exit(open_missing_image, NULL, 4, "image no-such-image: No such file or directory");
    expect_exit(read_when_qemu_is_dead, NULL, 4, "QEMU was ended by signal 9");
    expect_exit(read_when_qemu_hangs, NULL, 4, "QEMU did not answer the qtest command \"inl 0xcfc\" within 2000 ms");
}

static void options_that_do_not_exist(void)
{
    struct qemu_options options = {0};

    CHECK(!qemu_option(&options, "image"));
    CHECK(!qemu_option(&options, "colour=red"));
    CHECK(!qemu_option(&options, "readonly=maybe"));
    CHECK(!qemu_option(&options, "timeout-ms=0"));
    CHECK(!qemu_option(&options, "timeout-ms=5x"));
    for (unsigned i = 0; i < QEMU_DEVICES_MAX; i++) {
        CHECK(qemu_option(&options, "device=x"));
    }
    CHECK(!qemu_option(&options, "device=x"));
}

/* Whatever ends us ends QEMU. */
static void qemu_dies_with_us(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGABRT, SIGKILL};

    small_ram();
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        int channel[2];
        pid_t qemu = 0;

        CHECK(pipe(channel) == 0);
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            pci_bus *bus = OPEN();
            pid_t pid = qemu_process_id(bus);
            CHECK(write(channel[1], &pid, sizeof pid) == (ssize_t)sizeof pid);
            kill(getpid(), signals[i]);
            pause();
        }
        CHECK(read(channel[0], &qemu, sizeof qemu) == (ssize_t)sizeof qemu && qemu > 0);
        CHECK(waitpid(child, NULL, 0) == child);
        unsigned waited = 0;
        while (kill(qemu, 0) == 0 && waited++ < 2000) {
            char path[64], state = 'Z';
            snprintf(path, sizeof path, "/proc/%d/stat", (int)qemu);
            FILE *stat = fopen(path, "r");
            if (stat == NULL || fscanf(stat, "%*d %*s %c", &state) != 1 || state == 'Z') {
                waited = 0;
                if (stat != NULL) {
                    fclose(stat);
                }
                break;
            }
            fclose(stat);
            usleep(1000);
        }
        CHECK(waited < 2000);
        close(channel[0]);
        close(channel[1]);
    }
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"identity", identity},
        {"sector-over-intx", sector_over_intx},
        {"sector-over-msix", sector_over_msix},
        {"memory-above-4g", memory_above_4g},
        {"intx-in-every-slot", intx_in_every_slot},
        {"monitor-commands-and-events", monitor_commands_and_events},
        {"surprise-removal", surprise_removal},
        {"restore-after-power-down", restore_after_power_down},
        {"legacy-ports", legacy_ports},
        {"read-only-image", read_only_image},
        {"failures-say-what-qemu-said", failures_say_what_qemu_said},
        {"options-that-do-not-exist", options_that_do_not_exist},
        {"qemu-dies-with-us", qemu_dies_with_us},
    };

    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
