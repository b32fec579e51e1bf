/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "hid_device.h"

#include "contract_ids.h"
#include "little_endian.h"

#include <string.h>

/* Private codes and what they answer: each begins with Size and Version. */
#define CODE_QUERY_COUNTERS 0x00226000u
#define CODE_QUERY_STATE 0x00226004u
#define CODE_QUERY_INTERRUPT_INFO 0x00226008u
enum {
    COUNTERS_BYTES = 0xB0,
    COUNTERS_VERSION = 3,
    STATE_BYTES = 0x40,
    STATE_VERSION = 3,
    INTERRUPTS_BYTES = 0x34,
    INTERRUPTS_VERSION = 1,
};
#define ANSWER_IS_UNKNOWN 1u /* ERROR_INVALID_FUNCTION */

#define PAGE_GENERIC_DESKTOP 0x01u
#define PAGE_CONSUMER 0x0Cu
#define USAGE_POINTER 0x01u
#define USAGE_MOUSE 0x02u
#define USAGE_KEYBOARD 0x06u
#define USAGE_CONSUMER_CONTROL 0x01u
#define PRODUCT_FIRST 1u
#define PRODUCT_TABLET 3u
#define PRODUCT_LAST 4u

uint32_t hid_find(const struct platform *platform, struct hid_list *list)
{
    size_t found = 0;
    uint32_t error = platform->hid_collections(platform->context, list->items, MOST_COLLECTIONS, &found);

    list->count = 0;
    if (error != 0) {
        return error;
    }
    for (size_t i = 0; i < found; i++) {
        const struct hid_collection *collection = &list->items[i];

        if (collection->vendor == AERO_VIRTIO_INPUT_VENDOR_ID && collection->product >= PRODUCT_FIRST &&
            collection->product <= PRODUCT_LAST) {
            list->items[list->count++] = *collection;
        }
    }
    return 0;
}

enum hid_kind hid_kind_of(const struct hid_collection *collection)
{
    if (collection->usage_page == PAGE_CONSUMER && collection->usage == USAGE_CONSUMER_CONTROL) {
        return HID_CONSUMER;
    }
    if (collection->usage_page != PAGE_GENERIC_DESKTOP) {
        return HID_OTHER;
    }
    switch (collection->usage) {
    case USAGE_KEYBOARD:
        return HID_KEYBOARD;
    case USAGE_POINTER:
    case USAGE_MOUSE:
        return collection->product == PRODUCT_TABLET ? HID_TABLET : HID_MOUSE;
    default:
        return HID_OTHER;
    }
}

size_t hid_count(const struct hid_list *list, enum hid_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        count += hid_kind_of(&list->items[i]) == kind;
    }
    return count;
}

const char *hid_kind_name(enum hid_kind kind)
{
    static const char *const kinds[] = {"keyboard", "mouse", "tablet", "consumer", "other"};

    return kinds[kind];
}

static uint32_t query(const struct platform *platform, const char *path, uint32_t code, uint32_t version,
                      uint8_t *answer, uint32_t bytes)
{
    uint32_t returned = 0;
    uint32_t error;
    void *handle;

    memset(answer, 0, bytes);
    /* The codes ask for read access, which Windows gives no one on keyboards and mice: others of a device do. */
    error = platform->open(platform->context, path, OPEN_READ, &handle);
    if (error != 0) {
        error = platform->open(platform->context, path, OPEN_CONTROL, &handle);
    }
    if (error != 0) {
        return error;
    }
    error = platform->io_control(platform->context, handle, code, NULL, 0, answer, bytes, &returned);
    platform->close(platform->context, handle);
    if (error != 0) {
        return error;
    }
    if (returned < bytes || get32(answer, 0) < bytes || get32(answer, 4) < version) {
        return ANSWER_IS_UNKNOWN;
    }
    return 0;
}

uint32_t hid_query_state(const struct platform *platform, const char *path, struct hid_state *state)
{
    uint8_t answer[STATE_BYTES];
    uint32_t error = query(platform, path, CODE_QUERY_STATE, STATE_VERSION, answer, sizeof(answer));

    state->kind = get32(answer, 0x08);
    state->ready = get32(answer, 0x14);
    state->features = get64(answer, 0x28);
    state->leds = get32(answer, 0x34);
    return error;
}

uint32_t hid_query_counters(const struct platform *platform, const char *path, struct hid_counters *counters)
{
    uint8_t answer[COUNTERS_BYTES];
    uint32_t error = query(platform, path, CODE_QUERY_COUNTERS, COUNTERS_VERSION, answer, sizeof(answer));

    counters->report_drops = get32(answer, 0x64);
    counters->interrupts = get32(answer, 0x6C);
    counters->events = get32(answer, 0x74);
    counters->event_drops = get32(answer, 0x78);
    counters->led_requested = get32(answer, 0x98);
    counters->led_submitted = get32(answer, 0x9C);
    counters->led_completions = get32(answer, 0xA8);
    return error;
}

uint32_t hid_query_interrupts(const struct platform *platform, const char *path, struct hid_interrupts *interrupts)
{
    uint8_t answer[INTERRUPTS_BYTES];
    uint32_t error = query(platform, path, CODE_QUERY_INTERRUPT_INFO, INTERRUPTS_VERSION, answer, sizeof(answer));

    interrupts->mode = get32(answer, 0x08);
    interrupts->messages = get32(answer, 0x0C);
    interrupts->mapping = get32(answer, 0x10);
    interrupts->config_vector = get16(answer, 0x16);
    interrupts->event_vector = get16(answer, 0x18);
    interrupts->status_vector = get16(answer, 0x1A);
    return error;
}
