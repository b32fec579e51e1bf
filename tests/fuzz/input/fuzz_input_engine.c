/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Any events at any device: every report is one that the descriptor describes, the queue keeps its bounds, and when
 * everything is released the reports say so, whatever was lost before.
 * Input: collections and the axes' ranges, then steps: an event, a read, a feature report, a storm, a release.
 */
#include "fuzz.h"

#include "engine.h"
#include "keymap.h"
#include "report_descriptor.h"

static INPUT_ENGINE engine;
static struct fuzz_input input;
static bool more_keys;
static uint8_t last[256][INPUT_REPORT_BYTES_MAX]; /* by identifier, as a program saw it last */

static uint8_t length_of(uint8_t id)
{
    switch (id) {
    case INPUT_REPORT_KEYBOARD:
        return sizeof(INPUT_KEYBOARD_REPORT);
    case INPUT_REPORT_MOUSE:
    case INPUT_REPORT_TABLET:
        return sizeof(INPUT_POINTER_REPORT);
    case INPUT_REPORT_CONSUMER_KEYS:
        return sizeof(INPUT_CONSUMER_KEYS_REPORT);
    case INPUT_REPORT_MORE_KEYS:
        return sizeof(INPUT_MORE_KEYS_REPORT);
    case INPUT_REPORT_CONSUMER_LIST:
        return sizeof(INPUT_CONSUMER_LIST_REPORT);
    case INPUT_REPORT_SYSTEM:
        return sizeof(INPUT_SYSTEM_REPORT);
    default:
        return id == INPUT_REPORT_TOUCH ? sizeof(INPUT_TOUCH_REPORT) : 0;
    }
}

static uint32_t collection_of(uint8_t id)
{
    static const uint32_t collections[] = {
        [INPUT_REPORT_KEYBOARD] = INPUT_HAS_KEYBOARD,      [INPUT_REPORT_MOUSE] = INPUT_HAS_MOUSE,
        [INPUT_REPORT_CONSUMER_KEYS] = INPUT_HAS_CONSUMER, [INPUT_REPORT_TABLET] = INPUT_HAS_TABLET,
        [INPUT_REPORT_MORE_KEYS] = INPUT_HAS_KEYBOARD,     [INPUT_REPORT_CONSUMER_LIST] = INPUT_HAS_CONSUMER,
        [INPUT_REPORT_SYSTEM] = INPUT_HAS_SYSTEM,          [INPUT_REPORT_TOUCH] = INPUT_HAS_TOUCH,
    };

    return id < sizeof(collections) / sizeof(collections[0]) ? collections[id] : 0;
}

static void check_keyboard(const INPUT_KEYBOARD_REPORT *report)
{
    bool over = report->Keys[0] == INPUT_USAGE_ERROR_ROLLOVER;

    FUZZ_CHECK(report->Reserved == 0 && (!over || !more_keys));
    for (unsigned i = 0; i < INPUT_KEYS_AT_ONCE; i++) {
        FUZZ_CHECK(report->Keys[i] <= INPUT_USAGE_KEY_MAXIMUM &&
                   (report->Keys[i] == INPUT_USAGE_ERROR_ROLLOVER) == over);
        for (unsigned j = 0; j < i; j++) {
            FUZZ_CHECK(over || report->Keys[i] == 0 || report->Keys[i] != report->Keys[j]);
        }
    }
}

static void check_touch(const INPUT_TOUCH_REPORT *report)
{
    FUZZ_CHECK(report->Count <= INPUT_TOUCH_SLOTS);
    for (unsigned i = 0; i < INPUT_CONTACTS_PER_REPORT; i++) {
        const INPUT_CONTACT *contact = &report->Contacts[i];

        FUZZ_CHECK(contact->Identifier < INPUT_TOUCH_SLOTS && contact->X <= INPUT_AXIS_MAXIMUM &&
                   contact->Y <= INPUT_AXIS_MAXIMUM && (contact->Flags & ~3u) == 0);
    }
}

static void check_report(const uint8_t *report, uint8_t length)
{
    uint8_t id = report[0];

    FUZZ_CHECK(length != 0 && length == length_of(id));
    FUZZ_CHECK((engine.Capabilities.Collections & collection_of(id)) != 0);
    FUZZ_CHECK(length <= InputLongestReport(&engine.Capabilities, more_keys));
    FUZZ_CHECK(id != INPUT_REPORT_MORE_KEYS || (more_keys && (report[length - 1] & 0xC0) == 0));
    FUZZ_CHECK(id != INPUT_REPORT_CONSUMER_KEYS || report[1] < 0x80);
    FUZZ_CHECK(id != INPUT_REPORT_SYSTEM || report[1] < 8);
    if (id == INPUT_REPORT_KEYBOARD) {
        check_keyboard((const INPUT_KEYBOARD_REPORT *)(const void *)report);
    } else if (id == INPUT_REPORT_TOUCH) {
        check_touch((const INPUT_TOUCH_REPORT *)(const void *)report);
    }
}

static void read_report(void)
{
    const INPUT_QUEUED_REPORT *report = InputReportQueuePeek(&engine.Queue);

    FUZZ_CHECK(InputReportQueueDepth(&engine.Queue) <= INPUT_REPORT_QUEUE_LENGTH);
    if (report != NULL) {
        check_report(report->Bytes, report->Length);
        memcpy(last[report->Bytes[0]], report->Bytes, report->Length);
        InputReportQueueDrop(&engine.Queue);
    }
}

/* Nothing is pressed by what programs saw last. Contacts end with a report that lists them without a tip. */
static void check_released(void)
{
    static const uint8_t keys[] = {INPUT_REPORT_KEYBOARD, INPUT_REPORT_CONSUMER_KEYS, INPUT_REPORT_MORE_KEYS,
                                   INPUT_REPORT_CONSUMER_LIST, INPUT_REPORT_SYSTEM};
    const INPUT_TOUCH_REPORT *touch = (const INPUT_TOUCH_REPORT *)(const void *)last[INPUT_REPORT_TOUCH];

    for (unsigned i = 0; i < sizeof(keys); i++) {
        for (unsigned at = 1; at < INPUT_REPORT_BYTES_MAX; at++) {
            FUZZ_CHECK(last[keys[i]][at] == 0);
        }
    }
    FUZZ_CHECK(last[INPUT_REPORT_MOUSE][1] == 0 && last[INPUT_REPORT_TABLET][1] == 0);
    for (unsigned i = 0; i < INPUT_CONTACTS_PER_REPORT; i++) {
        FUZZ_CHECK(touch->Contacts[i].Flags == 0);
    }
}

static void release(void)
{
    InputEngineReleaseAll(&engine);
    while (InputReportQueueDepth(&engine.Queue) != 0) {
        read_report();
    }
    check_released();
}

/* Codes that mean something come often; any come sometimes. */
static void send_event(uint8_t how)
{
    static const uint16_t types[] = {INPUT_EV_SYN, INPUT_EV_KEY, INPUT_EV_REL, INPUT_EV_ABS, INPUT_EV_LED};
    static const uint16_t axes[] = {INPUT_ABS_X,
                                    INPUT_ABS_Y,
                                    INPUT_ABS_MT_SLOT,
                                    INPUT_ABS_MT_TRACKING_ID,
                                    INPUT_ABS_MT_POSITION_X,
                                    INPUT_ABS_MT_POSITION_Y};
    VIRTIO_INPUT_EVENT event = {types[how % 5], fuzz_byte(&input), fuzz_byte(&input)};

    if (how >= 200) {
        event.Type = (uint16_t)fuzz_word(&input, 2);
        event.Code = (uint16_t)fuzz_word(&input, 2);
    } else if (event.Type == INPUT_EV_SYN) {
        event.Code = event.Code >= 250 ? INPUT_SYN_DROPPED : INPUT_SYN_REPORT;
    } else if (event.Type == INPUT_EV_KEY) {
        event.Code = (how & 64) != 0 ? (uint16_t)(INPUT_BTN_LEFT + event.Code % 8)
                                     : InputKeymap[event.Code % InputKeymapCount].Code;
        event.Value &= 3;
    } else if (event.Type == INPUT_EV_ABS) {
        event.Code = axes[event.Code % 6];
    }
    if ((how & 32) != 0 && event.Type != INPUT_EV_KEY) {
        event.Value = fuzz_word(&input, 4);
    }
    InputEngineEvent(&engine, &event);
}

/* More transitions than the queue holds. */
static void storm(void)
{
    uint16_t code = InputKeymap[fuzz_byte(&input) % InputKeymapCount].Code;
    VIRTIO_INPUT_EVENT key = {INPUT_EV_KEY, code, 0};
    const VIRTIO_INPUT_EVENT syn = {INPUT_EV_SYN, INPUT_SYN_REPORT, 0};

    for (unsigned i = 0; i < INPUT_REPORT_QUEUE_LENGTH + 8; i++) {
        key.Value ^= 1;
        InputEngineEvent(&engine, &key);
        InputEngineEvent(&engine, &syn);
    }
}

static void ask(void)
{
    uint8_t report[INPUT_REPORT_BYTES_MAX];
    uint8_t id = fuzz_byte(&input);
    uint8_t length = InputEngineGetInput(&engine, id, report);

    if (length != 0) {
        check_report(report, length);
    }
    FUZZ_CHECK(InputEngineGetFeature(&engine, id, report) <= INPUT_REPORT_BYTES_MAX);
    report[0] = id;
    report[1] = fuzz_byte(&input);
    (void)InputEngineSetFeature(&engine, report, fuzz_byte(&input) % 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    INPUT_CAPABILITIES capabilities = {0};
    unsigned storms = 0;

    input = (struct fuzz_input){data, size};
    memset(last, 0, sizeof(last));
    capabilities.Collections = fuzz_byte(&input) & 0x3F;
    more_keys = fuzz_byte(&input) & 1;
    capabilities.Leds = fuzz_byte(&input) & 0x1F;
    capabilities.Relative = (uint16_t)fuzz_word(&input, 2);
    capabilities.TouchSlots = (uint8_t)(1 + fuzz_byte(&input) % INPUT_TOUCH_SLOTS);
    capabilities.X = (INPUT_RANGE){(int32_t)fuzz_word(&input, 4), (int32_t)fuzz_word(&input, 4)};
    capabilities.Y = (INPUT_RANGE){(int32_t)fuzz_word(&input, 2), (int32_t)fuzz_word(&input, 2)};
    InputEngineInit(&engine, &capabilities, more_keys);
    while (input.left != 0) {
        uint8_t how = fuzz_byte(&input);

        if (how < 230) {
            send_event(how);
        } else if (how < 250) {
            read_report();
        } else if (how < 253) {
            ask();
        } else if (how == 253 && storms++ < 2) {
            storm();
        } else {
            release();
        }
    }
    release();
    return 0;
}
