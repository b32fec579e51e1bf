/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Report descriptors, as much of them as a class driver needs (HID 1.11, 6.2.2): top-level collections and the reports
 * that belong to each, with their lengths. The descriptor is the driver's word and untrusted.
 */
#ifndef NTHOST_HID_PARSE_H
#define NTHOST_HID_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HID_COLLECTIONS_MAX = 16, HID_REPORTS_MAX = 64, HID_ERROR_BYTES = 128 };
enum hid_report_kind { HID_INPUT, HID_OUTPUT, HID_FEATURE, HID_REPORT_KINDS };

struct hid_report {
    enum hid_report_kind kind;
    uint8_t id; /* 0: the device has no report IDs */
    unsigned collection;
    uint32_t bits; /* without the ID */
};

struct hid_collection {
    uint16_t usage_page, usage;
    uint32_t longest[HID_REPORT_KINDS]; /* bytes, with a byte for the ID whether there is one or not; 0: no report */
};

struct hid_layout {
    bool has_ids;
    unsigned collection_count, report_count;
    struct hid_collection collection[HID_COLLECTIONS_MAX];
    struct hid_report report[HID_REPORTS_MAX];
};

/* False: `error` says where the descriptor is wrong. */
bool hid_parse(const uint8_t *descriptor, size_t bytes, struct hid_layout *layout, char error[HID_ERROR_BYTES]);
const struct hid_report *hid_find_report(const struct hid_layout *layout, enum hid_report_kind kind, uint8_t id);
/* As it is transferred: with the ID when the device has IDs. */
uint32_t hid_report_bytes(const struct hid_layout *layout, const struct hid_report *report);

#endif
