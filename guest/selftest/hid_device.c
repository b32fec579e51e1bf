/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "hid_device.h"

#include "contract_ids.h"
#include "little_endian.h"

#include "diagnostics.h"
#include "report.h"

#include <string.h>

/* What the driver can be asked: by control code, or by a feature report with the same answer behind its ID. */
struct question {
    uint32_t code;
    uint8_t report;
    uint32_t bytes;
    uint32_t version;
};
static const struct question ask_counters = {INPUT_IOCTL_QUERY_COUNTERS, INPUT_REPORT_COUNTERS, INPUT_COUNTERS_BYTES,
                                             INPUT_COUNTERS_VERSION};
static const struct question ask_state = {INPUT_IOCTL_QUERY_STATE, INPUT_REPORT_STATE, INPUT_STATE_BYTES,
                                          INPUT_STATE_VERSION};
static const struct question ask_interrupts = {INPUT_IOCTL_QUERY_INTERRUPT_INFO, INPUT_REPORT_INTERRUPTS,
                                               INPUT_INTERRUPTS_BYTES, INPUT_INTERRUPTS_VERSION};
#define LONGEST_REPORT 1024u
#define ANSWER_IS_UNKNOWN 1u /* ERROR_INVALID_FUNCTION */

#define PAGE_GENERIC_DESKTOP 0x01u
#define PAGE_CONSUMER 0x0Cu
#define PAGE_VENDOR 0xFF00u
#define USAGE_DIAGNOSTICS 0x01u
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
    if (collection->usage_page == PAGE_VENDOR && collection->usage == USAGE_DIAGNOSTICS) {
        return HID_DIAGNOSTICS;
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
    static const char *const kinds[] = {"keyboard", "mouse", "tablet", "consumer", "diagnostics", "other"};

    return kinds[kind];
}

static uint32_t ask_by_feature(const struct platform *platform, const struct hid_collection *collection,
                               const struct question *question, uint8_t *answer)
{
    uint8_t report[LONGEST_REPORT] = {question->report};
    uint32_t error;

    if (collection->feature_bytes < question->bytes + 1 || collection->feature_bytes > sizeof(report)) {
        return ANSWER_IS_UNKNOWN;
    }
    error = platform->get_feature(platform->context, collection->path, report, collection->feature_bytes);
    memcpy(answer, report + 1, question->bytes);
    return error != 0 || report[0] == question->report ? error : ANSWER_IS_UNKNOWN;
}

static uint32_t ask_by_code(const struct platform *platform, const struct hid_collection *collection,
                            const struct question *question, uint8_t *answer)
{
    uint32_t returned = 0;
    uint32_t error;
    void *handle;

    error = platform->open(platform->context, collection->path, OPEN_READ, &handle);
    if (error != 0) {
        return error;
    }
    error =
        platform->io_control(platform->context, handle, question->code, NULL, 0, answer, question->bytes, &returned);
    platform->close(platform->context, handle);
    return error != 0 || returned == question->bytes ? error : ANSWER_IS_UNKNOWN;
}

static uint32_t ask(const struct platform *platform, const struct hid_collection *collection,
                    const struct question *question, uint8_t *answer)
{
    uint32_t error;

    memset(answer, 0, question->bytes);
    if (hid_kind_of(collection) == HID_DIAGNOSTICS) {
        error = ask_by_feature(platform, collection, question, answer);
    } else {
        error = ask_by_code(platform, collection, question, answer);
    }
    /* Both begin with their size and version. */
    if (error == 0 && (get32(answer, 0) < question->bytes || get32(answer, 4) < question->version)) {
        error = ANSWER_IS_UNKNOWN;
    }
    return error;
}

uint32_t hid_query_state(const struct platform *platform, const struct hid_collection *collection,
                         struct hid_state *state)
{
    uint8_t answer[INPUT_STATE_BYTES];
    uint32_t error = ask(platform, collection, &ask_state, answer);

    state->kind = get32(answer, offsetof(INPUT_STATE_INFO, DeviceKind));
    state->ready = get32(answer, offsetof(INPUT_STATE_INFO, HardwareReady));
    state->features = get64(answer, offsetof(INPUT_STATE_INFO, NegotiatedFeatures));
    state->leds = get32(answer, offsetof(INPUT_STATE_INFO, LedSupportedMask));
    return error;
}

uint32_t hid_query_counters(const struct platform *platform, const struct hid_collection *collection,
                            struct hid_counters *counters)
{
    uint8_t answer[INPUT_COUNTERS_BYTES];
    uint32_t error = ask(platform, collection, &ask_counters, answer);

    counters->report_drops = get32(answer, offsetof(INPUT_COUNTERS, ReportRingDrops));
    counters->interrupts = get32(answer, offsetof(INPUT_COUNTERS, VirtioInterrupts));
    counters->events = get32(answer, offsetof(INPUT_COUNTERS, Events));
    counters->event_drops = get32(answer, offsetof(INPUT_COUNTERS, EventDrops));
    counters->led_requested = get32(answer, offsetof(INPUT_COUNTERS, LedWritesRequested));
    counters->led_submitted = get32(answer, offsetof(INPUT_COUNTERS, LedWritesSubmitted));
    counters->led_completions = get32(answer, offsetof(INPUT_COUNTERS, StatusQueueCompletions));
    return error;
}

uint32_t hid_query_interrupts(const struct platform *platform, const struct hid_collection *collection,
                              struct hid_interrupts *interrupts)
{
    uint8_t answer[INPUT_INTERRUPTS_BYTES];
    uint32_t error = ask(platform, collection, &ask_interrupts, answer);

    interrupts->mode = get32(answer, offsetof(INPUT_INTERRUPT_INFO, Mode));
    interrupts->messages = get32(answer, offsetof(INPUT_INTERRUPT_INFO, MessageCount));
    interrupts->mapping = get32(answer, offsetof(INPUT_INTERRUPT_INFO, Mapping));
    interrupts->config_vector = get16(answer, offsetof(INPUT_INTERRUPT_INFO, ConfigVector));
    interrupts->event_vector = get16(answer, offsetof(INPUT_INTERRUPT_INFO, EventVector));
    interrupts->status_vector = get16(answer, offsetof(INPUT_INTERRUPT_INFO, StatusVector));
    return error;
}
