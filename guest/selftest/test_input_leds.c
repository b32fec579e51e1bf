/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keyboard lights: an output report goes down, the driver counts that the device took it. */
#include "selftest.h"

#include "hid_device.h"

#define WAIT_MILLISECONDS 20u
#define WAITS 100u

/* Of the LED page, in the order of the report's bits. */
static const uint16_t leds[] = {1, 2, 3, 4, 5};
#define LED_CAPS_LOCK 1u

static const struct hid_collection *find_keyboard(const struct hid_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (hid_kind_of(&list->items[i]) == HID_KEYBOARD) {
            return &list->items[i];
        }
    }
    return NULL;
}

/* The counters of the keyboard's device, by whichever of its collections answers. */
static uint32_t counters_of(const struct selftest *test, const struct hid_list *list,
                            const struct hid_collection *keyboard, struct hid_counters *counters)
{
    uint32_t error = hid_query_counters(test->platform, keyboard, counters);

    for (size_t i = 0; error != 0 && i < list->count; i++) {
        if (list->items[i].product == keyboard->product) {
            error = hid_query_counters(test->platform, &list->items[i], counters);
        }
    }
    return error;
}

static const char *set_and_wait(struct selftest *test, const struct hid_list *list,
                                const struct hid_collection *keyboard, const uint16_t *usages, size_t count,
                                uint32_t *error)
{
    const struct platform *platform = test->platform;
    struct hid_counters before;
    struct hid_counters after;

    *error = counters_of(test, list, keyboard, &before);
    if (*error != 0) {
        return "diag_unavailable";
    }
    *error = platform->set_leds(platform->context, keyboard->path, usages, count);
    if (*error != 0) {
        return "report_refused";
    }
    for (unsigned i = 0; i < WAITS; i++) {
        *error = counters_of(test, list, keyboard, &after);
        if (*error != 0) {
            return "diag_unavailable";
        }
        if (after.led_requested != before.led_requested && after.led_completions != before.led_completions) {
            return NULL;
        }
        platform->sleep(platform->context, WAIT_MILLISECONDS);
    }
    return after.led_requested == before.led_requested ? "not_requested" : "not_completed";
}

static void run(struct selftest *test, const char *name, bool wanted, size_t first, size_t count)
{
    static struct hid_list list;
    const struct hid_collection *keyboard = NULL;
    const char *reason = NULL;
    uint32_t error = 0;
    size_t done = 0;

    if (test->options->disable_input) {
        marker_skip(&test->marker, name, "disabled");
        return;
    }
    if (!wanted) {
        marker_skip(&test->marker, name, "flag_not_set");
        return;
    }
    error = hid_find(test->platform, &list);
    keyboard = error == 0 ? find_keyboard(&list) : NULL;
    if (keyboard == NULL) {
        marker_fail_error(&test->marker, name, "device_missing", error);
        return;
    }
    while (done < count && reason == NULL) {
        reason = set_and_wait(test, &list, keyboard, &leds[first + done], 1, &error);
        done += reason == NULL;
    }
    /* Left as they were found by a keyboard that was just plugged in: all off. */
    if (reason == NULL) {
        reason = set_and_wait(test, &list, keyboard, NULL, 0, &error);
    }
    if (reason != NULL) {
        marker_test(&test->marker, name, OUTCOME_FAIL);
        marker_text(&test->marker, "reason", reason);
        marker_number(&test->marker, "error", error);
    } else {
        marker_test(&test->marker, name, OUTCOME_PASS);
    }
    marker_number(&test->marker, "set", done);
    marker_end(&test->marker);
}

void test_input_leds(struct selftest *test)
{
    run(test, "virtio-input-led", test->options->test_input_led, LED_CAPS_LOCK, 1);
    run(test, "virtio-input-leds", test->options->test_input_leds, 0, COUNT_OF(leds));
}
