/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Events that the host injects. Each test says READY, then waits until it has seen everything it names, or for
 * --event-timeout-sec. Only events of our own collections count: a person at another keyboard proves nothing.
 */
#include "selftest.h"

#include "hid_device.h"

#include <string.h>

#define EVENTS_AT_ONCE 16u
#define WAIT_MILLISECONDS 250u

/* Set-1 scan codes: left Ctrl, left and right Shift, left Alt, and the right ones with E0. */
enum { SCAN_CTRL = 0x1D, SCAN_SHIFT = 0x2A, SCAN_SHIFT_RIGHT = 0x36, SCAN_ALT = 0x38, SCAN_EXTENDED = 0xE000 };

enum {
    SEEN_KEY_DOWN = 1 << 0,
    SEEN_KEY_UP = 1 << 1,
    SEEN_MOTION = 1 << 2,
    SEEN_SHIFT = 1 << 3,
    SEEN_CTRL = 1 << 4,
    SEEN_ALT = 1 << 5,
    SEEN_SIDE = 1 << 6,
    SEEN_EXTRA = 1 << 7,
    SEEN_WHEEL = 1 << 8,
    SEEN_MEDIA = 1 << 9,
    SEEN_POSITION = 1 << 10,
};

static const struct {
    unsigned bit;
    const char *word;
} seen_words[] = {{SEEN_KEY_DOWN, "key_down"}, {SEEN_KEY_UP, "key_up"},    {SEEN_MOTION, "motion"},
                  {SEEN_SHIFT, "shift"},       {SEEN_CTRL, "ctrl"},        {SEEN_ALT, "alt"},
                  {SEEN_SIDE, "side"},         {SEEN_EXTRA, "extra"},      {SEEN_WHEEL, "wheel"},
                  {SEEN_MEDIA, "media"},       {SEEN_POSITION, "position"}};

struct event_test {
    const char *name;
    size_t option; /* offset of its flag */
    unsigned wanted;
};

static const struct event_test event_tests[] = {
    {"virtio-input-events", offsetof(struct options, test_input_events), SEEN_KEY_DOWN | SEEN_KEY_UP | SEEN_MOTION},
    {"virtio-input-events-modifiers", offsetof(struct options, test_input_events_modifiers),
     SEEN_SHIFT | SEEN_CTRL | SEEN_ALT},
    {"virtio-input-events-buttons", offsetof(struct options, test_input_events_buttons), SEEN_SIDE | SEEN_EXTRA},
    {"virtio-input-events-wheel", offsetof(struct options, test_input_events_wheel), SEEN_WHEEL},
    {"virtio-input-media-keys", offsetof(struct options, test_input_media_keys), SEEN_MEDIA},
    {"virtio-input-tablet-events", offsetof(struct options, test_input_tablet_events), SEEN_POSITION},
};
/* The wheel has two names in hosts' scripts. */
#define WHEEL_TEST 3u
#define WHEEL_OTHER_NAME "virtio-input-wheel"

static unsigned seen_in(const struct input_event *event)
{
    switch (event->kind) {
    case INPUT_KEY:
        switch (event->code & ~(unsigned)SCAN_EXTENDED) {
        case SCAN_CTRL:
            return SEEN_CTRL;
        case SCAN_SHIFT:
        case SCAN_SHIFT_RIGHT:
            return SEEN_SHIFT;
        case SCAN_ALT:
            return SEEN_ALT;
        default:
            return event->value != 0 ? SEEN_KEY_DOWN : SEEN_KEY_UP;
        }
    case INPUT_BUTTON:
        return event->code == 4 ? SEEN_SIDE : event->code == 5 ? SEEN_EXTRA : 0;
    case INPUT_MOTION:
        return event->x != 0 || event->y != 0 ? SEEN_MOTION : 0;
    case INPUT_POSITION:
        return SEEN_POSITION;
    case INPUT_WHEEL:
        return event->value != 0 ? SEEN_WHEEL : 0;
    case INPUT_MEDIA:
        return event->value != 0 ? SEEN_MEDIA : 0;
    }
    return 0;
}

static bool is_ours(const struct hid_list *list, const struct input_event *event)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strlen(list->items[i].path) == strlen(event->path) && text_contains(event->path, list->items[i].path)) {
            return true;
        }
    }
    return false;
}

static void add_words(struct marker *marker, const char *key, unsigned bits)
{
    char text[128] = "";

    for (size_t i = 0; i < COUNT_OF(seen_words); i++) {
        if (bits & seen_words[i].bit) {
            if (*text != 0) {
                strcat(text, ",");
            }
            strcat(text, seen_words[i].word);
        }
    }
    marker_text(marker, key, text);
}

static void close_test(struct selftest *test, const char *name, unsigned wanted, unsigned seen, uint64_t events,
                       uint32_t error)
{
    struct marker *marker = &test->marker;

    if (error != 0) {
        marker_fail_error(marker, name, "events_not_read", error);
        return;
    }
    if ((seen & wanted) == wanted) {
        marker_test(marker, name, OUTCOME_PASS);
    } else {
        marker_test(marker, name, OUTCOME_FAIL);
        marker_text(marker, "reason", "timeout");
        add_words(marker, "missing", wanted & ~seen);
    }
    add_words(marker, "seen", seen);
    marker_number(marker, "events", events);
    marker_end(marker);
}

static void wait_for(struct selftest *test, const struct hid_list *list, const struct event_test *events)
{
    static struct input_event batch[EVENTS_AT_ONCE];
    const struct platform *platform = test->platform;
    uint64_t until = platform->microseconds(platform->context) + test->options->event_timeout_sec * 1000000ull;
    uint64_t total = 0;
    unsigned seen = 0;
    uint32_t error = 0;

    marker_test(&test->marker, events->name, OUTCOME_READY);
    add_words(&test->marker, "wanted", events->wanted);
    marker_end(&test->marker);
    while (error == 0 && (seen & events->wanted) != events->wanted &&
           platform->microseconds(platform->context) < until) {
        size_t count = 0;

        error = platform->input_events(platform->context, batch, EVENTS_AT_ONCE, WAIT_MILLISECONDS, &count);
        for (size_t i = 0; i < count; i++) {
            if (is_ours(list, &batch[i])) {
                seen |= seen_in(&batch[i]);
                total++;
            }
        }
    }
    close_test(test, events->name, events->wanted, seen, total, error);
    if (events == &event_tests[WHEEL_TEST]) {
        close_test(test, WHEEL_OTHER_NAME, events->wanted, seen, total, error);
    }
}

static void skip(struct selftest *test, const struct event_test *events, const char *reason)
{
    marker_skip(&test->marker, events->name, reason);
    if (events == &event_tests[WHEEL_TEST]) {
        marker_skip(&test->marker, WHEEL_OTHER_NAME, reason);
    }
}

void test_input_events(struct selftest *test)
{
    static struct hid_list list;
    uint32_t error = 0;
    bool listed = false;

    for (size_t i = 0; i < COUNT_OF(event_tests); i++) {
        const struct event_test *events = &event_tests[i];

        if (test->options->disable_input) {
            skip(test, events, "disabled");
            continue;
        }
        if (!*((const bool *)((const char *)test->options + events->option))) {
            skip(test, events, "flag_not_set");
            continue;
        }
        if (!listed) {
            error = hid_find(test->platform, &list);
            listed = true;
        }
        /* What was asked for and cannot be done is a failure. */
        if (error != 0 || list.count == 0) {
            marker_fail_error(&test->marker, events->name, "device_missing", error);
            if (events == &event_tests[WHEEL_TEST]) {
                marker_fail_error(&test->marker, WHEEL_OTHER_NAME, "device_missing", error);
            }
            continue;
        }
        wait_for(test, &list, events);
    }
}
