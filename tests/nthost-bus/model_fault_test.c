/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every way in which the model misbehaves, seen from the driver's side: it happens on its occasion, it looks as
 * described, and on the other occasions all is well.
 */
#include "../../nthost/model_fault.h"
#include "model_frame.h"

struct fault_case {
    const char *fault;
    void (*body)(void);
};

static struct tiny_driver d;

static void start(const char *fault)
{
    char setting[64];

    snprintf(setting, sizeof setting, "fault=%s", fault);
    START(&d, false, setting, "coalesce=0", "suppress=0");
}

static int read_sector(void)
{
    return tiny_request(&d, REQUEST_IN, 0, 512);
}

static void send(void)
{
    tiny_build(&d, REQUEST_IN, 0, 512);
    tiny_publish(&d, 0);
    tiny_ring(&d);
    run_dry(d.bus);
}

static uint32_t used_id(unsigned index)
{
    return ((volatile uint32_t *)d.used)[1 + 2 * index];
}

static uint32_t used_len(unsigned index)
{
    return ((volatile uint32_t *)d.used)[2 + 2 * index];
}

static void restart(void)
{
    tiny_reset(&d);
    tiny_acknowledge(&d);
    tiny_negotiate(&d, ALL_FEATURES);
    tiny_allocate(&d, d.size);
    tiny_queue(&d);
    tiny_driver_ok(&d);
}

/* ---- requests that do not come back ---- */

static void hang(void)
{
    start("hang:3");
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(read_sector(), -1);
    restart();
    CHECK_EQUAL(read_sector(), 0);
}

static void hang_again_and_again(void)
{
    start("hang:2+");
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(read_sector(), -1);
    restart();
    CHECK_EQUAL(read_sector(), -1);
}

static void lost_request(void)
{
    start("lost-request");
    CHECK_EQUAL(read_sector(), -1);
    d.desc[5] = d.desc[0];
    d.desc[5].next = 6;
    d.desc[6] = d.desc[1];
    d.desc[6].next = 7;
    d.desc[7] = d.desc[2];
    tiny_publish(&d, 5);
    tiny_ring(&d);
    CHECK_EQUAL(tiny_wait(&d, 100), 5);
}

static void needs_reset(void)
{
    start("needs-reset:2");
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(tiny_read(&d, 0x14, 1), 15);
    CHECK_EQUAL(read_sector(), -1);
    CHECK_EQUAL(tiny_read(&d, 0x14, 1), 0x4f);
    CHECK_EQUAL(d.isr, 2);
    restart();
    CHECK_EQUAL(read_sector(), 0);
}

static void gone(void)
{
    start("gone:2");
    CHECK_EQUAL(read_sector(), 0);
    send();
    CHECK_EQUAL(tiny_read(&d, 0x14, 1), 0xff);
    CHECK_EQUAL(d.used[1], 1);
    CHECK(!d.bus->ops->intx_asserted(d.bus, d.bus->bdf));
}

/* ---- used entries ---- */

static void bad_used_id(void)
{
    start("bad-used-id:2");
    CHECK_EQUAL(read_sector(), 0);
    send();
    CHECK_EQUAL(d.used[1], 2);
    CHECK(used_id(1) >= d.size);
}

static void unused_used_id(void)
{
    start("unused-used-id");
    send();
    CHECK_EQUAL(d.used[1], 2);
    CHECK_EQUAL(used_id(0), 0);
    CHECK(used_id(1) < d.size);
}

static void duplicate_used_id(void)
{
    start("duplicate-used-id:2");
    CHECK_EQUAL(read_sector(), 0);
    send();
    CHECK_EQUAL(d.used[1], 3);
    CHECK_EQUAL(used_id(1), 0);
    CHECK_EQUAL(used_id(2), 0);
}

static void used_len_too_long(void)
{
    start("used-len-too-long:2");
    send();
    send();
    CHECK_EQUAL(used_len(0), 0);
    CHECK_EQUAL(used_len(1), UINT32_MAX);
}

static void used_index_jump(void)
{
    start("used-index-jump:2");
    CHECK_EQUAL(read_sector(), 0);
    send();
    CHECK_EQUAL(d.used[1], 2 + d.size);
}

static void used_index_back(void)
{
    start("used-index-back:2");
    CHECK_EQUAL(read_sector(), 0);
    send();
    CHECK_EQUAL(d.used[1], 0);
    CHECK(d.bus->ops->intx_asserted(d.bus, d.bus->bdf));
}

/* ---- status ---- */

static void bad_status_byte(void)
{
    start("bad-status-byte:2");
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(read_sector(), 0x77);
    CHECK_EQUAL(read_sector(), 0);
}

static void no_status_byte(void)
{
    start("no-status-byte:2");
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(read_sector(), 0xff);
    CHECK_EQUAL(read_sector(), 0);
}

static void unsupported(void)
{
    start("unsupported:2");
    CHECK_EQUAL(read_sector(), 0);
    d.data[0] = 0x55;
    CHECK_EQUAL(read_sector(), 2);
    CHECK_EQUAL(d.data[0], 0x55);
}

static void failed(void)
{
    start("failed:2+");
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(read_sector(), 1);
    CHECK_EQUAL(read_sector(), 1);
}

static void ioerr(void)
{
    start("ioerr:10");
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 0, 5120), 0);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 0, 5632), 1);
    CHECK_EQUAL(tiny_request(&d, REQUEST_OUT, 10, 512), 1);
    CHECK_EQUAL(tiny_request(&d, REQUEST_IN, 11, 512), 0);
}

static void late_completion(void)
{
    START(&d, false, "fault=late-completion", "fault=hang", "coalesce=0", "suppress=0");
    send();
    CHECK_EQUAL(d.used[1], 0);
    restart();
    run_dry(d.bus);
    CHECK_EQUAL(d.used[1], 1);
    CHECK_EQUAL(used_id(0), 0);
    CHECK(d.bus->ops->intx_asserted(d.bus, d.bus->bdf));
}

/* ---- configuration ---- */

static void config_changes(void)
{
    start("config-changes:2");
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(tiny_config(&d, 0, 8), 131072);
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(tiny_config(&d, 0, 8), 262144);
    CHECK_EQUAL(d.isr & 2, 2);
}

static void config_tear(void)
{
    START(&d, false, "fault=config-tear:2", "new-capacity=0x300000001");
    uint32_t generation = tiny_read(&d, 0x15, 1);
    CHECK_EQUAL(tiny_config(&d, 0, 8), 131072);
    CHECK_EQUAL(tiny_config(&d, 0, 8), 0x300020000); /* neither the old nor the new one */
    CHECK(tiny_read(&d, 0x15, 1) != generation);
    CHECK_EQUAL(tiny_config(&d, 0, 8), 0x300000001);
}

static void generation_races(void)
{
    start("generation-races:1+");
    for (unsigned i = 0; i < 5; i++) {
        uint32_t before = tiny_read(&d, 0x15, 1);
        tiny_config(&d, 0, 8);
        CHECK(tiny_read(&d, 0x15, 1) != before);
    }
}

/* ---- initialization ---- */

static void find(const char *fault)
{
    char setting[64];

    snprintf(setting, sizeof setting, "fault=%s", fault);
    tiny_find(&d, OPEN(setting));
}

static void features_refused(void)
{
    find("features-refused");
    tiny_reset(&d);
    tiny_acknowledge(&d);
    tiny_write(&d, 0x08, 4, 1);
    tiny_write(&d, 0x0c, 4, 1);
    tiny_write(&d, 0x14, 1, 11);
    CHECK_EQUAL(tiny_read(&d, 0x14, 1), 3);
}

static void vector_refused(void)
{
    find("vector-refused:2");
    tiny_reset(&d);
    tiny_acknowledge(&d);
    tiny_negotiate(&d, ALL_FEATURES);
    tiny_write(&d, 0x10, 2, 0);
    CHECK_EQUAL(tiny_read(&d, 0x10, 2), 0);
    tiny_write(&d, 0x1a, 2, 1);
    CHECK_EQUAL(tiny_read(&d, 0x1a, 2), 0xffff);
}

static void reset_hangs(void)
{
    start("reset-hangs:2");
    tiny_write(&d, 0x14, 1, 0);
    for (unsigned i = 0; i < 1000; i++) {
        CHECK(tiny_read(&d, 0x14, 1) != 0);
        stub_clock_us += 1000;
    }
}

static void queue_size_zero(void)
{
    find("queue-size-zero");
    CHECK_EQUAL(tiny_read(&d, 0x18, 2), 0);
}

static void queue_size_odd(void)
{
    find("queue-size-odd");
    CHECK_EQUAL(tiny_read(&d, 0x18, 2), 127);
}

static void no_queues(void)
{
    find("no-queues");
    CHECK_EQUAL(tiny_read(&d, 0x12, 2), 0);
}

static void notify_off_huge(void)
{
    find("notify-off-huge");
    CHECK(4 * tiny_read(&d, 0x1e, 2) >= d.regions.notify_bytes);
}

/* ---- interrupts ---- */

static void interrupt_lost(void)
{
    start("interrupt-lost:2");
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(read_sector(), -1);
    CHECK_EQUAL(d.used[1], 2);
}

static void spurious_interrupt(void)
{
    start("spurious-interrupt");
    d.avail[0] = 1; /* no interrupt for the request itself */
    send();
    CHECK(d.bus->ops->intx_asserted(d.bus, d.bus->bdf));
    CHECK_EQUAL(d.bus->ops->mmio_read(d.bus, d.regions.isr, 1), 0);
    CHECK(!d.bus->ops->intx_asserted(d.bus, d.bus->bdf));
}

static void spurious_message(void)
{
    START(&d, true, "fault=spurious-interrupt");
    d.avail[0] = 1;
    send();
    CHECK(pci_message_waiting());
    pci_msix_disable(&d.device);
}

/* ---- capabilities: the host's own search must neither fall over them nor believe them ---- */

static struct virtio_regions regions_with(const char *fault)
{
    struct pci_device device;
    struct virtio_regions regions;
    char setting[64];

    snprintf(setting, sizeof setting, "fault=%s", fault);
    pci_bus *bus = OPEN(setting);
    pci_device_setup(&device, bus);
    pci_find_virtio_regions(&device, &regions);
    bus->ops->close(bus);
    return regions;
}

static void no_common_region(const char *fault)
{
    struct virtio_regions regions = regions_with(fault);

    CHECK_EQUAL(regions.common_bytes, 0);
    CHECK(regions.notify_bytes != 0);
}

static void cap_bad_bar(void)
{
    no_common_region("cap-bad-bar");
}

static void cap_absent_bar(void)
{
    no_common_region("cap-absent-bar");
}

static void cap_bad_offset(void)
{
    no_common_region("cap-bad-offset");
}

static void cap_wraps(void)
{
    no_common_region("cap-wraps");
}

static void no_common(void)
{
    no_common_region("no-common");
}

static void cap_misaligned(void)
{
    CHECK_EQUAL(regions_with("cap-misaligned").common % 4, 2);
}

static void cap_short(void)
{
    CHECK_EQUAL(regions_with("cap-short").common_bytes, 8);
}

static void cap_len_small(void)
{
    pci_bus *bus = OPEN("fault=cap-len-small");

    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf, 0x42, 1), 12);
    bus->ops->close(bus);
}

static void cap_loop(void)
{
    struct virtio_regions regions = regions_with("cap-loop");

    CHECK(regions.common_bytes != 0);
    CHECK_EQUAL(regions.notify_bytes, 0); /* behind the loop */
}

static void cap_pointer_odd(void)
{
    pci_bus *bus = OPEN("fault=cap-pointer-odd");

    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf, 0x34, 1) % 4, 2);
    bus->ops->close(bus);
}

static void no_cap_list(void)
{
    CHECK_EQUAL(regions_with("no-cap-list").notify_bytes, 0);
}

static void no_notify(void)
{
    CHECK_EQUAL(regions_with("no-notify").notify_bytes, 0);
}

static void no_isr(void)
{
    CHECK_EQUAL(regions_with("no-isr").isr_bytes, 0);
}

static void no_device_config(void)
{
    CHECK_EQUAL(regions_with("no-device-config").device_bytes, 0);
}

static void wrong_revision(void)
{
    pci_bus *bus = OPEN("fault=wrong-revision");

    CHECK_EQUAL(bus->ops->config_read(bus, bus->bdf, 8, 1), 2);
    bus->ops->close(bus);
}

static const struct fault_case cases[] = {
    {"hang", hang},
    {"hang", hang_again_and_again},
    {"lost-request", lost_request},
    {"needs-reset", needs_reset},
    {"gone", gone},
    {"bad-used-id", bad_used_id},
    {"unused-used-id", unused_used_id},
    {"duplicate-used-id", duplicate_used_id},
    {"used-len-too-long", used_len_too_long},
    {"used-index-jump", used_index_jump},
    {"used-index-back", used_index_back},
    {"bad-status-byte", bad_status_byte},
    {"no-status-byte", no_status_byte},
    {"unsupported", unsupported},
    {"failed", failed},
    {"ioerr", ioerr},
    {"late-completion", late_completion},
    {"config-changes", config_changes},
    {"config-tear", config_tear},
    {"generation-races", generation_races},
    {"features-refused", features_refused},
    {"vector-refused", vector_refused},
    {"reset-hangs", reset_hangs},
    {"interrupt-lost", interrupt_lost},
    {"spurious-interrupt", spurious_interrupt},
    {"spurious-interrupt", spurious_message},
    {"queue-size-zero", queue_size_zero},
    {"queue-size-odd", queue_size_odd},
    {"no-queues", no_queues},
    {"notify-off-huge", notify_off_huge},
    {"cap-bad-bar", cap_bad_bar},
    {"cap-absent-bar", cap_absent_bar},
    {"cap-bad-offset", cap_bad_offset},
    {"cap-misaligned", cap_misaligned},
    {"cap-wraps", cap_wraps},
    {"cap-short", cap_short},
    {"cap-len-small", cap_len_small},
    {"cap-loop", cap_loop},
    {"cap-pointer-odd", cap_pointer_odd},
    {"no-cap-list", no_cap_list},
    {"no-common", no_common},
    {"no-notify", no_notify},
    {"no-isr", no_isr},
    {"no-device-config", no_device_config},
    {"wrong-revision", wrong_revision},
};
#define CASES (sizeof cases / sizeof cases[0])

static void each_fault_shows(void)
{
    for (unsigned i = 0; i < CASES; i++) {
        fprintf(stderr, "%s\n", cases[i].fault);
        cases[i].body();
        if (d.bus != NULL) {
            d.bus->ops->close(d.bus);
            d.bus = NULL;
        }
    }
}

static void each_fault_has_a_case(void)
{
    char names[2048];
    unsigned count = 0;

    snprintf(names, sizeof names, "%s", model_fault_names());
    for (char *name = strtok(names, " "); name != NULL; name = strtok(NULL, " ")) {
        unsigned i = 0;
        while (i < CASES && strcmp(cases[i].fault, name) != 0) {
            i++;
        }
        if (i == CASES) {
            fprintf(stderr, "no case shows fault %s\n", name);
            exit(1);
        }
        count++;
    }
    CHECK_EQUAL(count, FAULT_KINDS);
}

static void a_fault_can_be_armed_later(void)
{
    START(&d, false);
    CHECK_EQUAL(read_sector(), 0);
    CHECK(!model_arm_fault(d.bus, "no-such-fault"));
    CHECK(model_arm_fault(d.bus, "failed:2"));
    CHECK_EQUAL(read_sector(), 0);
    CHECK_EQUAL(read_sector(), 1);
    CHECK_EQUAL(read_sector(), 0);
    d.bus->ops->close(d.bus);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"each-fault-shows", each_fault_shows},
        {"each-fault-has-a-case", each_fault_has_a_case},
        {"a-fault-can-be-armed-later", a_fault_can_be_armed_later},
    };

    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
