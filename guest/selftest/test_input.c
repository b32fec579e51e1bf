/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "selftest.h"

#include "hid_device.h"

#define INTERRUPTS_MESSAGES 2u

static const char *const names[] = {"virtio-input-bind", "virtio-input-binding", "virtio-input", "virtio-input-tablet",
                                    "virtio-input-msix"};
enum { NAME_BIND, NAME_BINDING, NAME_INPUT, NAME_TABLET, NAME_MSIX };

/* Reports shorter than these cannot hold what the published layouts have, IDs included. */
static bool reports_fit(const struct hid_collection *collection)
{
    switch (hid_kind_of(collection)) {
    case HID_KEYBOARD:
        return collection->input_bytes >= 9 && collection->output_bytes >= 2;
    case HID_MOUSE:
    case HID_TABLET:
        return collection->input_bytes >= 6;
    case HID_CONSUMER:
        return collection->input_bytes >= 2;
    default:
        return true;
    }
}

static void report_binding(struct selftest *test)
{
    struct marker *marker = &test->marker;
    const struct pci_device *device;

    for (size_t i = 0; (device = devices_of(&test->devices, FAMILY_INPUT, i)) != NULL; i++) {
        marker_test(marker, names[NAME_BINDING], OUTCOME_INFO);
        marker_text(marker, "instance", device->instance);
        marker_text(marker, "hwid", device->hardware_ids[0]);
        marker_text(marker, "service", device->service);
        marker_text(marker, "driver_version", device->driver_version);
        marker_end(marker);
    }
}

static void report_collection(struct selftest *test, const struct hid_collection *collection)
{
    struct marker *marker = &test->marker;
    struct hid_counters counters;
    struct hid_state state;

    marker_test(marker, names[NAME_BINDING], OUTCOME_INFO);
    marker_text(marker, "collection", hid_kind_name(hid_kind_of(collection)));
    marker_hex(marker, "usage_page", collection->usage_page);
    marker_hex(marker, "usage", collection->usage);
    marker_number(marker, "product", collection->product);
    marker_number(marker, "input_bytes", collection->input_bytes);
    marker_number(marker, "output_bytes", collection->output_bytes);
    marker_number(marker, "buttons", collection->button_fields);
    marker_number(marker, "values", collection->value_fields);
    if (hid_query_state(test->platform, collection, &state) == 0) {
        marker_number(marker, "kind", state.kind);
        marker_hex(marker, "features", state.features);
        marker_number(marker, "ready", state.ready);
        marker_hex(marker, "leds", state.leds);
    }
    if (hid_query_counters(test->platform, collection, &counters) == 0) {
        marker_number(marker, "interrupts", counters.interrupts);
        marker_number(marker, "events", counters.events);
        marker_number(marker, "event_drops", counters.event_drops);
        marker_number(marker, "report_drops", counters.report_drops);
    }
    marker_end(marker);
}

static void test_collections(struct selftest *test, const struct hid_list *list)
{
    struct marker *marker = &test->marker;

    for (size_t i = 0; i < list->count; i++) {
        report_collection(test, &list->items[i]);
    }
    if (list->count == 0) {
        marker_fail(marker, names[NAME_INPUT], "no_hid_collections");
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        if (!reports_fit(&list->items[i])) {
            marker_test(marker, names[NAME_INPUT], OUTCOME_FAIL);
            marker_text(marker, "reason", "report_too_short");
            marker_text(marker, "path", list->items[i].path);
            marker_end(marker);
            return;
        }
    }
    marker_test(marker, names[NAME_INPUT], OUTCOME_PASS);
    marker_number(marker, "devices", devices_count(&test->devices, FAMILY_INPUT));
    marker_number(marker, "keyboards", hid_count(list, HID_KEYBOARD));
    marker_number(marker, "mice", hid_count(list, HID_MOUSE));
    marker_number(marker, "tablets", hid_count(list, HID_TABLET));
    marker_number(marker, "consumer", hid_count(list, HID_CONSUMER));
    marker_end(marker);
}

/* The option asks for all devices; those that cannot be asked count as not showing it. */
static void test_msix(struct selftest *test, const struct hid_list *list)
{
    struct marker *marker = &test->marker;
    bool required = test->options->require_input_msix;
    struct hid_interrupts shown = {0};
    size_t answered = 0;
    bool messages = true;

    for (size_t i = 0; i < list->count; i++) {
        struct hid_interrupts interrupts;

        if (hid_query_interrupts(test->platform, &list->items[i], &interrupts) != 0) {
            continue;
        }
        if (answered++ == 0 || interrupts.mode != INTERRUPTS_MESSAGES) {
            shown = interrupts;
        }
        messages = messages && interrupts.mode == INTERRUPTS_MESSAGES;
    }
    if (answered == 0) {
        if (required) {
            marker_fail(marker, names[NAME_MSIX], "diag_unavailable");
        } else {
            marker_skip(marker, names[NAME_MSIX], "diag_unavailable");
        }
        return;
    }
    marker_test(marker, names[NAME_MSIX], required && !messages ? OUTCOME_FAIL : OUTCOME_PASS);
    if (required && !messages) {
        marker_text(marker, "reason", "no_messages");
    }
    marker_text(marker, "mode", shown.mode == 1 ? "intx" : shown.mode == 2 ? "msix" : "unknown");
    marker_number(marker, "messages", shown.messages);
    marker_number(marker, "mapping", shown.mapping);
    marker_hex(marker, "config_vector", shown.config_vector);
    marker_hex(marker, "event_vector", shown.event_vector);
    marker_hex(marker, "status_vector", shown.status_vector);
    marker_number(marker, "collections", answered);
    marker_end(marker);
}

void test_input(struct selftest *test)
{
    static struct hid_list list;
    struct marker *marker = &test->marker;
    uint32_t error;

    if (test->options->disable_input) {
        skip_all(test, names, COUNT_OF(names), "disabled");
        return;
    }
    if (!devices_bound(&test->devices, FAMILY_INPUT, marker, names[NAME_BIND])) {
        report_binding(test);
        skip_all(test, names + 1, COUNT_OF(names) - 1,
                 devices_count(&test->devices, FAMILY_INPUT) == 0 ? "device_missing" : "not_present");
        return;
    }
    marker_test(marker, names[NAME_BIND], OUTCOME_PASS);
    marker_number(marker, "devices", devices_count(&test->devices, FAMILY_INPUT));
    marker_end(marker);
    report_binding(test);
    error = hid_find(test->platform, &list);
    if (error != 0) {
        marker_fail_error(marker, names[NAME_INPUT], "hid_not_listed", error);
        marker_skip(marker, names[NAME_BINDING], "diag_unavailable");
        marker_skip(marker, names[NAME_TABLET], "diag_unavailable");
        marker_skip(marker, names[NAME_MSIX], "diag_unavailable");
        return;
    }
    test_collections(test, &list);
    marker_test(marker, names[NAME_BINDING], OUTCOME_PASS);
    marker_number(marker, "collections", list.count);
    marker_end(marker);
    if (hid_count(&list, HID_TABLET) == 0) {
        marker_skip(marker, names[NAME_TABLET], "not_present");
    } else {
        marker_test(marker, names[NAME_TABLET], OUTCOME_PASS);
        marker_number(marker, "tablets", hid_count(&list, HID_TABLET));
        marker_end(marker);
    }
    test_msix(test, &list);
}
