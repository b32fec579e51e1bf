/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Our HID devices: their collections, and the input driver's private interface. HIDCLASS passes no program's control
 * codes to a minidriver, so the driver has a vendor-defined collection whose feature reports say the same. Where there
 * is none the codes are tried: another class driver may pass them.
 */
#ifndef SELFTEST_HID_DEVICE_H
#define SELFTEST_HID_DEVICE_H

#include "platform.h"

#define MOST_COLLECTIONS 32u

enum hid_kind { HID_KEYBOARD, HID_MOUSE, HID_TABLET, HID_CONSUMER, HID_DIAGNOSTICS, HID_OTHER };

struct hid_list {
    struct hid_collection items[MOST_COLLECTIONS];
    size_t count;
};

/* QUERY_STATE, QUERY_COUNTERS and QUERY_INTERRUPT_INFO, as far as they are shown. */
struct hid_state {
    uint32_t kind;
    uint64_t features;
    uint32_t ready;
    uint32_t leds;
};

struct hid_counters {
    uint32_t interrupts;
    uint32_t events;
    uint32_t event_drops;
    uint32_t report_drops;
    uint32_t led_requested;
    uint32_t led_submitted;
    uint32_t led_completions;
};

struct hid_interrupts {
    uint32_t mode; /* 1 INTx, 2 MSI */
    uint32_t messages;
    uint32_t mapping;
    uint16_t config_vector;
    uint16_t event_vector;
    uint16_t status_vector;
};

/* The collections of our devices: vendor 1AF4, products 1 to 3 (and 4, the touch screen). */
uint32_t hid_find(const struct platform *platform, struct hid_list *list);
enum hid_kind hid_kind_of(const struct hid_collection *collection);
size_t hid_count(const struct hid_list *list, enum hid_kind kind);
const char *hid_kind_name(enum hid_kind kind);

/* Asks by way of one collection: 0 or a Windows error. */
uint32_t hid_query_state(const struct platform *platform, const struct hid_collection *collection,
                         struct hid_state *state);
uint32_t hid_query_counters(const struct platform *platform, const struct hid_collection *collection,
                            struct hid_counters *counters);
uint32_t hid_query_interrupts(const struct platform *platform, const struct hid_collection *collection,
                              struct hid_interrupts *interrupts);

#endif
