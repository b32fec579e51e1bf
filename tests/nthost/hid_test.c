/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The built-in HIDCLASS with a minidriver that makes its own reports, and each rule of HIDCLASS broken once.
 */
#include "fixture/hid_modes.h"
#include "hid_run.h"

TEST(hid_minidriver_starts_with_a_device_object_per_collection, EXIT_OK, NULL)
{
    struct hid_run run = hid_run_start(HID_RIGHT, 1);
    const struct hid_layout *l = hidclass_layout(hidclass_device_of(run.node));
    CHECK(l->collection_count == 2 && l->collection[0].usage == 6 && l->collection[1].usage == 2);
    CHECK(l->collection[0].longest[HID_INPUT] == HID_KEYBOARD_BYTES &&
          l->collection[0].longest[HID_OUTPUT] == HID_OUTPUT_BYTES &&
          l->collection[0].longest[HID_FEATURE] == HID_FEATURE_BYTES);
    CHECK(hidclass_attributes(hidclass_device_of(run.node))->ProductID == 0x77);
    CHECK(hid_collection(0) != NULL && hid_collection(1) != NULL && hid_collection(2) == NULL);
    hid_run_end(&run);
    CHECK(hid_collection(0) == NULL);
}

TEST(hid_output_report_comes_back_as_input_report, EXIT_OK, NULL)
{
    struct hid_run run = hid_run_start(HID_RIGHT, 2);
    struct user_request read, write;
    user_file *file;
    CHECK(user_open(hid_collection(0), &file) == STATUS_SUCCESS);
    user_read(file, &read, HID_KEYBOARD_BYTES);
    user_write(file, &write, "\x01\x5a", HID_OUTPUT_BYTES);
    CHECK(user_wait(&write, UINT64_MAX) == STATUS_SUCCESS);
    CHECK(user_wait(&read, UINT64_MAX) == STATUS_SUCCESS && read.bytes == HID_KEYBOARD_BYTES && read.data[0] == 1 &&
          read.data[1] == 0x5a);
    user_release(&read);
    user_release(&write);
    user_close(file);
    hid_run_end(&run);
}

static void set_feature(user_file *file, uint8_t reports)
{
    const uint8_t feature[HID_FEATURE_BYTES] = {2, reports, 7, 8, 9};
    struct user_request r;
    user_ioctl(file, &r, IOCTL_HID_SET_FEATURE, feature, sizeof(feature), 0);
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_SUCCESS);
    user_release(&r);
}

TEST(hid_reports_go_to_every_handle_of_their_collection_in_order, EXIT_OK, NULL)
{
    struct hid_run run = hid_run_start(HID_RIGHT, 3);
    struct user_request read;
    user_file *keyboard, *mouse[2];
    CHECK(user_open(hid_collection(0), &keyboard) == STATUS_SUCCESS);
    CHECK(user_open(hid_collection(1), &mouse[0]) == STATUS_SUCCESS);
    CHECK(user_open(hid_collection(1), &mouse[1]) == STATUS_SUCCESS);
    set_feature(keyboard, 8);
    for (unsigned k = 0; k < 2; k++) {
        for (uint8_t i = 0; i < 8; i++) {
            user_read(mouse[k], &read, HID_MOUSE_BYTES);
            CHECK(user_wait(&read, UINT64_MAX) == STATUS_SUCCESS && read.bytes == HID_MOUSE_BYTES);
            CHECK(read.data[0] == 3 && read.data[2] == i);
            user_release(&read);
        }
    }
    user_read(keyboard, &read, HID_KEYBOARD_BYTES);
    CHECK(user_wait(&read, 1000) == STATUS_TIMEOUT);
    user_cancel(&read);
    CHECK(user_wait(&read, UINT64_MAX) == STATUS_CANCELLED);
    user_release(&read);
    user_close(keyboard);
    user_close(mouse[0]);
    user_close(mouse[1]);
    hid_run_end(&run);
}

TEST(hid_ring_of_a_handle_loses_the_oldest, EXIT_OK, NULL)
{
    struct hid_run run = hid_run_start(HID_RIGHT, 4);
    struct user_request read;
    user_file *mouse, *keyboard;
    CHECK(user_open(hid_collection(0), &keyboard) == STATUS_SUCCESS);
    CHECK(user_open(hid_collection(1), &mouse) == STATUS_SUCCESS);
    set_feature(keyboard, 40);
    user_read(mouse, &read, HID_MOUSE_BYTES);
    CHECK(user_wait(&read, UINT64_MAX) == STATUS_SUCCESS && read.data[2] == 8);
    CHECK(hidclass_counts(hidclass_device_of(run.node))->dropped_reports == 8);
    user_release(&read);
    user_close(mouse);
    user_close(keyboard);
    hid_run_end(&run);
}

static uint32_t buffers(user_file *file, uint32_t set)
{
    struct user_request r;
    user_ioctl(file, &r, IOCTL_SET_NUM_DEVICE_INPUT_BUFFERS, &set, sizeof(set), 0);
    CHECK(user_wait(&r, UINT64_MAX) == (set >= 2 && set <= 512 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER));
    user_release(&r);
    user_ioctl(file, &r, IOCTL_GET_NUM_DEVICE_INPUT_BUFFERS, NULL, 0, 4);
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_SUCCESS && r.bytes == 4);
    memcpy(&set, r.data, sizeof(set));
    user_release(&r);
    return set;
}

TEST(hid_number_of_input_buffers, EXIT_OK, NULL)
{
    struct hid_run run = hid_run_start(HID_RIGHT, 8);
    user_file *mouse, *keyboard;
    CHECK(user_open(hid_collection(0), &keyboard) == STATUS_SUCCESS);
    CHECK(user_open(hid_collection(1), &mouse) == STATUS_SUCCESS);
    CHECK(buffers(mouse, 1) == 32 && buffers(mouse, 513) == 32 && buffers(mouse, 512) == 512);
    set_feature(keyboard, 100);
    CHECK(hidclass_counts(hidclass_device_of(run.node))->dropped_reports == 0);
    user_close(mouse);
    user_close(keyboard);
    hid_run_end(&run);
}

TEST(hid_held_reads_make_the_minidriver_queue, EXIT_OK, NULL)
{
    struct hid_run run = hid_run_start(HID_RIGHT, 9);
    struct hidclass_device *d = hidclass_device_of(run.node);
    struct user_request write;
    user_file *file;
    CHECK(user_open(hid_collection(0), &file) == STATUS_SUCCESS);
    hidclass_hold(d, true);
    for (unsigned i = 0; i < 6; i++) {
        user_write(file, &write, "\x01\x5a", HID_OUTPUT_BYTES);
        CHECK(user_wait(&write, UINT64_MAX) == STATUS_SUCCESS);
        user_release(&write);
    }
    CHECK(hidclass_counts(d)->reports == 2); /* the two that were outstanding */
    hidclass_hold(d, false);
    CHECK(hidclass_counts(d)->reports == 6);
    user_close(file);
    hid_run_end(&run);
}

TEST(hid_feature_strings_attributes, EXIT_OK, NULL)
{
    struct hid_run run = hid_run_start(HID_RIGHT, 5);
    struct user_request r;
    user_file *file;
    CHECK(user_open(hid_collection(0), &file) == STATUS_SUCCESS);
    set_feature(file, 0);
    user_ioctl(file, &r, IOCTL_HID_GET_FEATURE, "\x02", 1, HID_FEATURE_BYTES);
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_SUCCESS && r.bytes == HID_FEATURE_BYTES && r.data[2] == 7 &&
          r.data[4] == 1);
    user_release(&r);
    user_ioctl(file, &r, IOCTL_HID_GET_PRODUCT_STRING, NULL, 0, 64);
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_SUCCESS && r.bytes == 16 && memcmp(r.data, "P\0r\0o\0d\0", 8) == 0);
    user_release(&r);
    user_ioctl(file, &r, IOCTL_HID_GET_INDEXED_STRING, "\x03\0\0\0", 4, 64);
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_SUCCESS && r.bytes == 4 && r.data[0] == 'X');
    user_release(&r);
    user_ioctl(file, &r, IOCTL_HID_GET_COLLECTION_INFORMATION, NULL, 0, sizeof(HID_COLLECTION_INFORMATION));
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_SUCCESS);
    CHECK(((HID_COLLECTION_INFORMATION *)r.data)->VendorID == 0x1af4);
    user_release(&r);
    user_ioctl(file, &r, IOCTL_HID_GET_INPUT_REPORT, "\x01", 1, HID_KEYBOARD_BYTES);
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_NOT_SUPPORTED);
    user_release(&r);
    user_ioctl(file, &r, IOCTL_HID_SET_FEATURE, "\x07", 1, 0);
    CHECK(user_wait(&r, UINT64_MAX) == STATUS_INVALID_PARAMETER);
    user_release(&r);
    user_close(file);
    hid_run_end(&run);
}

TEST(hid_stop_sleep_and_surprise_removal, EXIT_OK, NULL)
{
    for (uint64_t seed = 1; seed <= 1; seed++) {
        struct hid_run run = hid_run_start(HID_RIGHT, seed);
        struct user_request read;
        user_file *file;
        CHECK(devnode_query_stop(run.node) == STATUS_SUCCESS);
        devnode_stop(run.node);
        CHECK(devnode_start(run.node) == STATUS_SUCCESS);
        CHECK(devnode_system_power(run.node, SYSTEM_SLEEPING_3) == STATUS_SUCCESS);
        CHECK(run.node->device_power == DEVICE_D3);
        CHECK(devnode_system_power(run.node, SYSTEM_WORKING) == STATUS_SUCCESS);
        CHECK(user_open(hid_collection(0), &file) == STATUS_SUCCESS);
        user_read(file, &read, HID_KEYBOARD_BYTES);
        devnode_surprise(run.node);
        CHECK(user_wait(&read, UINT64_MAX) == STATUS_DEVICE_NOT_CONNECTED);
        user_release(&read);
        devnode_remove(run.node);
        user_close(file);
        devnode_free(run.node);
        wdm_driver_unload(run.driver);
    }
}

TEST(hid_idle_notification_is_kept_and_cancelled, EXIT_OK, NULL)
{
    struct hid_run run = hid_run_start(HID_RIGHT, 7);
    struct hidclass_device *d = hidclass_device_of(run.node);
    unsigned called = 0;
    CHECK(hidclass_idle(d, &called) == STATUS_PENDING && called == 1);
    CHECK(hidclass_wake(d) == STATUS_CANCELLED);
    hid_run_end(&run);
}

TEST(hid_unknown_revision_is_refused, EXIT_OK, NULL)
{
    NTSTATUS status;
    wdm_start_machine(1, 1);
    CHECK(hid_load(HID_REGISTER_UNKNOWN_REVISION, &status) == NULL && status == (NTSTATUS)0xC0000059);
}

TEST(hid_failed_start_is_removed, EXIT_OK, NULL)
{
    NTSTATUS status;
    struct devnode_options options = {0};
    wdm_start_machine(2, 1);
    wdm_driver *driver = hid_load(HID_START_FAILS, &status);
    devnode *node = devnode_create(NULL, &options);
    CHECK(devnode_add(node, driver) == STATUS_SUCCESS);
    CHECK(!NT_SUCCESS(devnode_start(node)));
    CHECK(strstr(hidclass_failure(), "IRP_MN_START_DEVICE") != NULL);
    devnode_remove(node);
    devnode_free(node);
    wdm_driver_unload(driver);
}

static void break_rule(enum hid_mode mode)
{
    struct hid_run run = hid_run_start(mode, 1);
    struct user_request r;
    user_file *file;
    CHECK(user_open(hid_collection(0), &file) == STATUS_SUCCESS);
    user_write(file, &r, "\x01\x5a", HID_OUTPUT_BYTES);
    user_wait(&r, UINT64_MAX);
    user_release(&r);
    user_ioctl(file, &r, IOCTL_HID_GET_PRODUCT_STRING, NULL, 0, 64);
    user_wait(&r, UINT64_MAX);
    user_release(&r);
    user_close(file);
    hid_run_end(&run);
}

#define HID_TEST(name, mode, ...)                       \
    TEST(hid_rule_##name, EXIT_RULE, __VA_ARGS__, NULL) \
    {                                                   \
        break_rule(mode);                               \
    }

HID_TEST(register_too_early, HID_REGISTER_TOO_EARLY, "rule broken: hid-register", "major function")
HID_TEST(register_twice, HID_REGISTER_TWICE, "rule broken: hid-register", "second time")
HID_TEST(extension_changed, HID_CHANGES_EXTENSION, "rule broken: hid-extension")
HID_TEST(extension_overrun, HID_OVERRUNS_EXTENSION, "rule broken: access-violation", "MiniDeviceExtension")
HID_TEST(descriptor_length, HID_DESCRIPTOR_LENGTH, "rule broken: hid-descriptor", "bLength 8")
HID_TEST(attributes_size, HID_ATTRIBUTES_SIZE, "rule broken: hid-descriptor", "HID_DEVICE_ATTRIBUTES")
HID_TEST(report_descriptor_short, HID_REPORT_DESCRIPTOR_SHORT, "rule broken: hid-descriptor", "promises")
HID_TEST(report_descriptor_broken, HID_REPORT_DESCRIPTOR_BROKEN, "rule broken: hid-descriptor", "inside a collection")
HID_TEST(report_too_short, HID_REPORT_TOO_SHORT, "rule broken: hid-report", "has 8 bytes")
HID_TEST(report_unknown_id, HID_REPORT_UNKNOWN_ID, "rule broken: hid-report", "ID 9")
HID_TEST(report_empty, HID_REPORT_EMPTY, "rule broken: hid-report", "with 0 bytes")
HID_TEST(string_too_long, HID_STRING_TOO_LONG, "rule broken: hid-information", "5000")
HID_TEST(read_not_cancelled, HID_READ_NOT_CANCELLED, "rule broken: hid-read-left", "IRP_MN_REMOVE_DEVICE")
HID_TEST(read_touched_after_completion, HID_READ_TOUCHED_LATE, "rule broken: use-after-free", "IOCTL_HID_READ_REPORT")
HID_TEST(read_completed_twice, HID_READ_COMPLETED_TWICE, "rule broken: irp-completed-twice")
