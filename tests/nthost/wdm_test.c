/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * WDM drivers in nthost: a driver that does everything right meets no rule, and gets what Windows would give it.
 */
#include "wdm_bus.h"

static void start_and_remove(bool msix)
{
    wdm_start_machine(2, 1);
    struct wdm_run run = wdm_run_fixture(MODE_RIGHT, msix);
    CHECK(run.node->messages == (msix ? 3 : 0));
    CHECK(run.node->pdo_starts == 1);
    wdm_end_run(&run);
}

TEST(wdm_driver_starts_and_is_removed_intx, EXIT_OK, NULL)
{
    start_and_remove(false);
}

TEST(wdm_driver_starts_and_is_removed_msix, EXIT_OK, NULL)
{
    start_and_remove(true);
}

static void counts_of(const struct wdm_run *run, struct fixture_counts *counts)
{
    struct user_request r;
    user_file *file;
    CHECK(user_open(run->node->pdo, &file) == STATUS_SUCCESS);
    user_ioctl(file, &r, IOCTL_COUNTS, NULL, 0, sizeof(*counts));
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_SUCCESS && r.bytes == sizeof(*counts));
    memcpy(counts, r.data, sizeof(*counts));
    user_release(&r);
    user_close(file);
}

static void interrupts(bool msix, bool fully)
{
    struct fixture_counts counts;
    wdm_start_machine(2, 3);
    struct wdm_run run = wdm_run_fixture(fully ? MODE_FULLY_SPECIFIED : MODE_RIGHT, msix);
    for (unsigned i = 0; i < 5; i++)
        CHECK(wdm_ioctl(&run, IOCTL_INTERRUPT) == STATUS_SUCCESS);
    counts_of(&run, &counts);
    CHECK(counts.interrupts == 5 && counts.dpcs == 5 && wdm_bus.interrupts == 5);
    CHECK(counts.messages == (msix ? 1u << 1 : 0) && counts.mode == (fully ? 1 : msix ? 3 : 2));
    wdm_end_run(&run);
}

TEST(wdm_interrupt_fully_specified, EXIT_OK, NULL)
{
    interrupts(false, true);
}

TEST(wdm_interrupt_by_line_when_no_message_is_granted, EXIT_OK, NULL)
{
    interrupts(false, false);
}

TEST(wdm_interrupt_by_message, EXIT_OK, NULL)
{
    interrupts(true, false);
}

TEST(wdm_ioctl_data_goes_both_ways, EXIT_OK, NULL)
{
    struct user_request r;
    user_file *file;
    wdm_start_machine(1, 1);
    struct wdm_run run = wdm_run_fixture(MODE_RIGHT, false);
    CHECK(user_open(run.node->pdo, &file) == STATUS_SUCCESS);
    user_ioctl(file, &r, IOCTL_ECHO, "seven b", 7, 100);
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_SUCCESS && r.bytes == 7 && memcmp(r.data, "seven b", 7) == 0);
    user_release(&r);
    user_ioctl(file, &r, 0x222ffc, NULL, 0, 0);
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_INVALID_DEVICE_REQUEST);
    user_release(&r);
    user_close(file);
    wdm_end_run(&run);
}

TEST(wdm_requests_by_work_item_own_irp_and_built_irp, EXIT_OK, NULL)
{
    wdm_start_machine(2, 5);
    struct wdm_run run = wdm_run_fixture(MODE_RIGHT, true);
    CHECK(wdm_ioctl(&run, IOCTL_WORK) == STATUS_SUCCESS);
    CHECK(wdm_ioctl(&run, IOCTL_DOWN) == STATUS_SUCCESS);
    CHECK(wdm_ioctl(&run, IOCTL_BUILT) == STATUS_SUCCESS);
    CHECK(wdm_ioctl(&run, IOCTL_WAIT) == STATUS_SUCCESS);
    wdm_end_run(&run);
}

TEST(wdm_configuration_space_by_the_bus_interface, EXIT_OK, NULL)
{
    struct user_request r;
    user_file *file;
    wdm_start_machine(1, 1);
    struct wdm_run run = wdm_run_fixture(MODE_RIGHT, false);
    CHECK(user_open(run.node->pdo, &file) == STATUS_SUCCESS);
    for (unsigned i = 0; i < 2; i++) {
        user_ioctl(file, &r, i == 0 ? IOCTL_CONFIG : IOCTL_READ_CONFIG, NULL, 0, 4);
        CHECK(user_wait(&r, UINT64_MAX) == STATUS_SUCCESS && r.bytes == 4);
        CHECK(memcmp(r.data, "\xf4\x1a\x34\x12", 4) == 0);
        user_release(&r);
    }
    user_close(file);
    wdm_end_run(&run);
}

TEST(wdm_reads_wait_for_writes_and_are_cancelled_at_cleanup, EXIT_OK, NULL)
{
    struct user_request read[3], write;
    user_file *file;
    wdm_start_machine(2, 7);
    struct wdm_run run = wdm_run_fixture(MODE_RIGHT, false);
    CHECK(user_open(run.node->pdo, &file) == STATUS_SUCCESS);
    for (unsigned i = 0; i < 3; i++)
        user_read(file, &read[i], 10);
    CHECK(user_wait(&read[0], 1000) == STATUS_TIMEOUT);
    user_write(file, &write, "hello", 5);
    CHECK(user_wait(&write, UINT64_MAX) == STATUS_SUCCESS);
    CHECK(user_wait(&read[0], UINT64_MAX) == STATUS_SUCCESS && read[0].bytes == 5 &&
          memcmp(read[0].data, "hello", 5) == 0);
    user_cancel(&read[2]);
    CHECK(user_wait(&read[2], UINT64_MAX) == STATUS_CANCELLED && read[2].bytes == 0);
    user_close(file);
    CHECK(user_wait(&read[1], UINT64_MAX) == STATUS_CANCELLED);
    for (unsigned i = 0; i < 3; i++)
        user_release(&read[i]);
    user_release(&write);
    wdm_end_run(&run);
}

TEST(wdm_registry_interface_and_event_log, EXIT_OK, NULL)
{
    static const GUID interface_class = {0x7a1c3f20, 0x1111, 0x2222, {1, 2, 3, 4, 5, 6, 7, 8}};
    struct fixture_counts counts;
    unsigned logged;
    wdm_start_machine(1, 1);
    registry_set_dword("\\Registry\\Machine\\System\\CurrentControlSet\\Services\\wdmfixture\\Parameters", "Present",
                       5);
    struct wdm_run run = wdm_run_fixture(MODE_RIGHT, false);
    counts_of(&run, &counts);
    CHECK(counts.registry == 42 && counts.queried == 5 && counts.defaulted == 9);
    CHECK(interface_device(&interface_class, 0) == run.node->pdo && interface_device(&interface_class, 1) == NULL);
    CHECK(wdm_ioctl(&run, IOCTL_MISBEHAVE) == STATUS_SUCCESS);
    const struct wdm_logged *log = wdm_event_log(&logged);
    CHECK(logged == 1 && log->code == 0xC0040001 && log->unique == 7 && log->dump_count == 1 && log->dump[0] == 0x1234);
    wdm_end_run(&run);
    CHECK(interface_device(&interface_class, 0) == NULL);
}

TEST(wdm_stop_restart_query_and_cancel, EXIT_OK, NULL)
{
    wdm_start_machine(2, 9);
    struct wdm_run run = wdm_run_fixture(MODE_RIGHT, true);
    CHECK(devnode_query_stop(run.node) == STATUS_SUCCESS);
    devnode_cancel_stop(run.node);
    CHECK(devnode_query_remove(run.node) == STATUS_SUCCESS);
    devnode_cancel_remove(run.node);
    CHECK(devnode_query_stop(run.node) == STATUS_SUCCESS);
    devnode_stop(run.node);
    run.node->options.msix = false;
    CHECK(devnode_start(run.node) == STATUS_SUCCESS && run.node->messages == 0);
    CHECK(wdm_ioctl(&run, IOCTL_INTERRUPT) == STATUS_SUCCESS);
    wdm_end_run(&run);
}

TEST(wdm_surprise_removal_with_reads_outstanding, EXIT_OK, NULL)
{
    struct user_request read;
    user_file *file;
    wdm_start_machine(2, 11);
    struct wdm_run run = wdm_run_fixture(MODE_RIGHT, true);
    CHECK(user_open(run.node->pdo, &file) == STATUS_SUCCESS);
    user_read(file, &read, 10);
    wdm_bus.bus.ops->surprise_remove(&wdm_bus.bus, wdm_bus.bus.bdf);
    devnode_surprise(run.node);
    CHECK(user_wait(&read, UINT64_MAX) == STATUS_CANCELLED);
    user_release(&read);
    user_close(file);
    wdm_end_run(&run);
}

TEST(wdm_sleep_and_wake, EXIT_OK, NULL)
{
    struct fixture_counts counts;
    wdm_start_machine(2, 13);
    struct wdm_run run = wdm_run_fixture(MODE_RIGHT, true);
    CHECK(devnode_system_power(run.node, SYSTEM_SLEEPING_3) == STATUS_SUCCESS);
    CHECK(run.node->device_power == DEVICE_D3 && run.node->announced_power == DEVICE_D3);
    CHECK((wdm_bus.config[4] & 7) == 0);
    CHECK(devnode_system_power(run.node, SYSTEM_WORKING) == STATUS_SUCCESS);
    CHECK(run.node->device_power == DEVICE_D0 && (wdm_bus.config[4] & 7) == 7);
    CHECK(wdm_ioctl(&run, IOCTL_INTERRUPT) == STATUS_SUCCESS);
    counts_of(&run, &counts);
    CHECK(counts.powers == 2);
    wdm_end_run(&run);
}

/* Each call that may fail fails once: the driver refuses politely, and nothing is left behind. */
static bool start_with_failure(uint64_t n)
{
    struct devnode_options options = {.msix = true, .messages = 3};
    NTSTATUS status;
    wdm_driver *d = wdm_load_fixture(MODE_RIGHT, &status);
    devnode *node = devnode_create(&wdm_device, &options);
    fail_point_arm(n);
    if (NT_SUCCESS(devnode_add(node, d))) {
        devnode_start(node);
        devnode_remove(node);
    }
    bool reached = fail_point_count() >= n;
    fail_point_arm(0);
    devnode_free(node);
    wdm_driver_unload(d);
    return reached;
}

TEST(wdm_failure_sweep_of_the_start, EXIT_OK, "injected failure 1: device", "injected failure 3: attach",
     "injected failure 4: mapping", "injected failure 5: dma-adapter", "injected failure 7: interrupt")
{
    uint64_t n = 1;
    wdm_start_machine(1, 1);
    while (start_with_failure(n))
        n++;
    CHECK(n > 8);
}
