/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reports as somebody else understands them: a hidparse.sys (hid_foreign.h) parses the report descriptor and says which
 * usages a report holds. Nothing here knows what the driver meant.
 *
 * From a simulated thread at PASSIVE_LEVEL.
 */
#ifndef NTHOST_HID_DECODE_H
#define NTHOST_HID_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module.h"

enum { HID_DECODE_COLLECTIONS = 16, HID_DECODE_USAGES = 256, HID_DECODE_VALUES = 128 };

struct hid_value {
    uint16_t page, usage, link;
    uint32_t raw;
};

struct hid_decoded {
    unsigned collection;
    unsigned usage_count, value_count;
    struct {
        uint16_t usage, page;   /* USAGE_AND_PAGE */
    } usage[HID_DECODE_USAGES]; /* buttons that are on, keys that are down */
    struct hid_value value[HID_DECODE_VALUES];
};

struct hid_seen_collection {
    uint16_t usage_page, usage, input_bytes, output_bytes, feature_bytes;
    uint16_t input_buttons, input_values; /* numbers of capabilities */
};

typedef struct hid_decoder hid_decoder;
/* NULL: the parser refuses the descriptor, with its status and where it stopped in *status and *at. */
hid_decoder *hid_decoder_open(module *parser, const uint8_t *descriptor, uint32_t bytes, uint32_t *status,
                              uint32_t *at);
void hid_decoder_close(hid_decoder *d);
unsigned hid_decoder_collections(const hid_decoder *d);
void hid_decoder_collection(const hid_decoder *d, unsigned index, struct hid_seen_collection *collection);
/* False: the parser cannot make sense of the report (*status). The report begins with its ID, or with 0. */
bool hid_decode(hid_decoder *d, const uint8_t *report, uint32_t bytes, struct hid_decoded *out, uint32_t *status);
/* "0007:0004 0007:00e1 0001:0030=5", cut to `size`. */
void hid_decoded_text(const struct hid_decoded *d, char *text, size_t size);

#endif
