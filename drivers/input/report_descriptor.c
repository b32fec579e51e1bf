/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "report_descriptor.h"

typedef struct WRITER {
    uint8_t *Bytes;
    uint16_t Length;
} WRITER;

static void Append(WRITER *writer, const uint8_t *bytes, uint16_t length)
{
    for (uint16_t i = 0; i < length; i++) {
        writer->Bytes[writer->Length++] = bytes[i];
    }
}

#define APPEND(writer, ...)                               \
    do {                                                  \
        static const uint8_t items[] = {__VA_ARGS__};     \
        Append((writer), items, (uint16_t)sizeof(items)); \
    } while (0)

/* Items of HID 1.11, 6.2.2, with their sizes. Logical maxima above 127 take two bytes: items are signed. */
#define USAGE_PAGE(page) 0x05, (page)
#define USAGE_PAGE_2(page) 0x06, (page) & 0xFF, (page) >> 8
#define USAGE(usage) 0x09, (usage)
#define USAGE_2(usage) 0x0A, (usage) & 0xFF, (usage) >> 8
#define USAGE_MINIMUM(usage) 0x19, (usage)
#define USAGE_MAXIMUM(usage) 0x29, (usage)
#define USAGE_MAXIMUM_2(usage) 0x2A, (usage) & 0xFF, (usage) >> 8
#define LOGICAL_MINIMUM(value) 0x15, (value)
#define LOGICAL_MAXIMUM(value) 0x25, (value)
#define LOGICAL_MINIMUM_2(value) 0x16, (value) & 0xFF, ((value) >> 8) & 0xFF
#define LOGICAL_MAXIMUM_2(value) 0x26, (value) & 0xFF, ((value) >> 8) & 0xFF
#define PHYSICAL_MINIMUM(value) 0x35, (value)
#define PHYSICAL_MAXIMUM(value) 0x45, (value)
#define REPORT_ID(id) 0x85, (id)
#define REPORT_SIZE(bits) 0x75, (bits)
#define REPORT_COUNT(count) 0x95, (count)
#define INPUT_ITEM(flags) 0x81, (flags)
#define OUTPUT_ITEM(flags) 0x91, (flags)
#define FEATURE_ITEM(flags) 0xB1, (flags)
#define COLLECTION_PHYSICAL 0xA1, 0x00
#define COLLECTION_APPLICATION 0xA1, 0x01
#define COLLECTION_LOGICAL 0xA1, 0x02
#define END_COLLECTION 0xC0

#define ARRAY 0x00
#define CONSTANT 0x01
#define VARIABLE 0x02
#define RELATIVE 0x06

#define PAGE_DESKTOP 0x01
#define PAGE_KEYBOARD 0x07
#define PAGE_LED 0x08
#define PAGE_BUTTON 0x09
#define PAGE_CONSUMER 0x0C
#define PAGE_DIGITIZER 0x0D
#define PAGE_VENDOR 0xFF00
#define USAGE_X 0x30
#define USAGE_Y 0x31
#define USAGE_WHEEL 0x38
#define USAGE_RESOLUTION_MULTIPLIER 0x48
#define USAGE_AC_PAN 0x0238

static void AppendKeyboard(WRITER *writer, bool leds)
{
    APPEND(writer, USAGE_PAGE(PAGE_DESKTOP), USAGE(0x06), COLLECTION_APPLICATION, REPORT_ID(INPUT_REPORT_KEYBOARD),
           USAGE_PAGE(PAGE_KEYBOARD), USAGE_MINIMUM(0xE0), USAGE_MAXIMUM(0xE7), LOGICAL_MINIMUM(0), LOGICAL_MAXIMUM(1),
           REPORT_SIZE(1), REPORT_COUNT(8), INPUT_ITEM(VARIABLE), REPORT_SIZE(8), REPORT_COUNT(1), INPUT_ITEM(CONSTANT),
           REPORT_SIZE(8), REPORT_COUNT(INPUT_KEYS_AT_ONCE), LOGICAL_MINIMUM(0), LOGICAL_MAXIMUM_2(0xDD),
           USAGE_MINIMUM(0), USAGE_MAXIMUM(0xDD), INPUT_ITEM(ARRAY));
    if (leds) {
        APPEND(writer, USAGE_PAGE(PAGE_LED), USAGE_MINIMUM(1), USAGE_MAXIMUM(5), LOGICAL_MINIMUM(0), LOGICAL_MAXIMUM(1),
               REPORT_SIZE(1), REPORT_COUNT(5), OUTPUT_ITEM(VARIABLE), REPORT_SIZE(3), REPORT_COUNT(1),
               OUTPUT_ITEM(CONSTANT));
    }
    APPEND(writer, END_COLLECTION);
}

static void AppendMoreKeys(WRITER *writer)
{
    APPEND(writer, USAGE_PAGE(PAGE_DESKTOP), USAGE(0x06), COLLECTION_APPLICATION, REPORT_ID(INPUT_REPORT_MORE_KEYS),
           USAGE_PAGE(PAGE_KEYBOARD), USAGE_MINIMUM(0), USAGE_MAXIMUM(0xDD), LOGICAL_MINIMUM(0), LOGICAL_MAXIMUM(1),
           REPORT_SIZE(1), REPORT_COUNT(0xDE), INPUT_ITEM(VARIABLE), REPORT_SIZE(2), REPORT_COUNT(1),
           INPUT_ITEM(CONSTANT), END_COLLECTION);
}

static void AppendConsumer(WRITER *writer)
{
    APPEND(writer, USAGE_PAGE(PAGE_CONSUMER), USAGE(0x01), COLLECTION_APPLICATION,
           REPORT_ID(INPUT_REPORT_CONSUMER_KEYS), USAGE(0xE2), USAGE(0xEA), USAGE(0xE9), USAGE(0xCD), USAGE(0xB5),
           USAGE(0xB6), USAGE(0xB7), LOGICAL_MINIMUM(0), LOGICAL_MAXIMUM(1), REPORT_SIZE(1), REPORT_COUNT(7),
           INPUT_ITEM(VARIABLE), REPORT_COUNT(1), INPUT_ITEM(CONSTANT), REPORT_ID(INPUT_REPORT_CONSUMER_LIST),
           LOGICAL_MAXIMUM_2(0x3FF), USAGE_MINIMUM(0), USAGE_MAXIMUM_2(0x3FF), REPORT_SIZE(16),
           REPORT_COUNT(INPUT_CONSUMER_AT_ONCE), INPUT_ITEM(ARRAY), END_COLLECTION);
}

static void AppendSystem(WRITER *writer)
{
    APPEND(writer, USAGE_PAGE(PAGE_DESKTOP), USAGE(0x80), COLLECTION_APPLICATION, REPORT_ID(INPUT_REPORT_SYSTEM),
           USAGE_MINIMUM(0x81), USAGE_MAXIMUM(0x83), LOGICAL_MINIMUM(0), LOGICAL_MAXIMUM(1), REPORT_SIZE(1),
           REPORT_COUNT(3), INPUT_ITEM(VARIABLE), REPORT_SIZE(5), REPORT_COUNT(1), INPUT_ITEM(CONSTANT),
           END_COLLECTION);
}

/* "Enhanced Wheel Support in Windows": one Resolution Multiplier in a logical collection with the controls that it
 * applies to. */
static void AppendWheels(WRITER *writer, bool fine, uint8_t inputId, uint8_t featureId)
{
    const uint8_t inputIdItem[] = {REPORT_ID(inputId)};
    const uint8_t featureIdItem[] = {REPORT_ID(featureId)};

    if (fine) {
        APPEND(writer, USAGE_PAGE(PAGE_DESKTOP), USAGE(USAGE_WHEEL), COLLECTION_LOGICAL);
        Append(writer, featureIdItem, sizeof(featureIdItem));
        APPEND(writer, USAGE_PAGE(PAGE_DESKTOP), USAGE(USAGE_RESOLUTION_MULTIPLIER), LOGICAL_MINIMUM(0),
               LOGICAL_MAXIMUM(1), PHYSICAL_MINIMUM(1), PHYSICAL_MAXIMUM(INPUT_WHEEL_UNITS_PER_DETENT), REPORT_SIZE(8),
               REPORT_COUNT(1), FEATURE_ITEM(VARIABLE), PHYSICAL_MINIMUM(0), PHYSICAL_MAXIMUM(0));
        Append(writer, inputIdItem, sizeof(inputIdItem));
    }
    APPEND(writer, USAGE_PAGE(PAGE_DESKTOP), USAGE(USAGE_WHEEL), LOGICAL_MINIMUM_2(-32767), LOGICAL_MAXIMUM_2(32767),
           REPORT_SIZE(16), REPORT_COUNT(1), INPUT_ITEM(RELATIVE), USAGE_PAGE(PAGE_CONSUMER), USAGE_2(USAGE_AC_PAN),
           INPUT_ITEM(RELATIVE));
    if (fine) {
        APPEND(writer, END_COLLECTION);
    }
}

static void AppendPointer(WRITER *writer, bool absolute, bool fine)
{
    APPEND(writer, USAGE_PAGE(PAGE_DESKTOP), USAGE(0x02), COLLECTION_APPLICATION, USAGE(0x01), COLLECTION_PHYSICAL);
    if (absolute) {
        APPEND(writer, REPORT_ID(INPUT_REPORT_TABLET));
    } else {
        APPEND(writer, REPORT_ID(INPUT_REPORT_MOUSE));
    }
    APPEND(writer, USAGE_PAGE(PAGE_BUTTON), USAGE_MINIMUM(1), USAGE_MAXIMUM(8), LOGICAL_MINIMUM(0), LOGICAL_MAXIMUM(1),
           REPORT_SIZE(1), REPORT_COUNT(8), INPUT_ITEM(VARIABLE), USAGE_PAGE(PAGE_DESKTOP), USAGE(USAGE_X),
           USAGE(USAGE_Y), REPORT_SIZE(16), REPORT_COUNT(2));
    if (absolute) {
        APPEND(writer, LOGICAL_MINIMUM(0), LOGICAL_MAXIMUM_2(INPUT_AXIS_MAXIMUM), INPUT_ITEM(VARIABLE));
        AppendWheels(writer, fine, INPUT_REPORT_TABLET, INPUT_REPORT_TABLET_WHEEL);
    } else {
        APPEND(writer, LOGICAL_MINIMUM_2(-32767), LOGICAL_MAXIMUM_2(32767), INPUT_ITEM(RELATIVE));
        AppendWheels(writer, fine, INPUT_REPORT_MOUSE, INPUT_REPORT_MOUSE_WHEEL);
    }
    APPEND(writer, END_COLLECTION, END_COLLECTION);
}

static void AppendTouch(WRITER *writer)
{
    APPEND(writer, USAGE_PAGE(PAGE_DIGITIZER), USAGE(0x04), COLLECTION_APPLICATION, REPORT_ID(INPUT_REPORT_TOUCH));
    for (uint8_t i = 0; i < INPUT_CONTACTS_PER_REPORT; i++) {
        /* Finger: Tip Switch, In Range, Contact Identifier, X, Y. */
        APPEND(writer, USAGE_PAGE(PAGE_DIGITIZER), USAGE(0x22), COLLECTION_LOGICAL, USAGE(0x42), USAGE(0x32),
               LOGICAL_MINIMUM(0), LOGICAL_MAXIMUM(1), REPORT_SIZE(1), REPORT_COUNT(2), INPUT_ITEM(VARIABLE),
               REPORT_COUNT(6), INPUT_ITEM(CONSTANT), USAGE(0x51), LOGICAL_MAXIMUM(INPUT_TOUCH_SLOTS - 1),
               REPORT_SIZE(8), REPORT_COUNT(1), INPUT_ITEM(VARIABLE), USAGE_PAGE(PAGE_DESKTOP), USAGE(USAGE_X),
               USAGE(USAGE_Y), LOGICAL_MAXIMUM_2(INPUT_AXIS_MAXIMUM), REPORT_SIZE(16), REPORT_COUNT(2),
               INPUT_ITEM(VARIABLE), END_COLLECTION);
    }
    /* Contact Count, and as a feature Contact Count Maximum. */
    APPEND(writer, USAGE_PAGE(PAGE_DIGITIZER), USAGE(0x54), LOGICAL_MAXIMUM(INPUT_TOUCH_SLOTS), REPORT_SIZE(8),
           REPORT_COUNT(1), INPUT_ITEM(VARIABLE), REPORT_ID(INPUT_REPORT_TOUCH_MAXIMUM), USAGE(0x55),
           FEATURE_ITEM(VARIABLE), END_COLLECTION);
}

static void AppendDiagnostics(WRITER *writer)
{
    APPEND(writer, USAGE_PAGE_2(PAGE_VENDOR), USAGE(0x01), COLLECTION_APPLICATION, LOGICAL_MINIMUM(0),
           LOGICAL_MAXIMUM_2(255), REPORT_SIZE(8), REPORT_ID(INPUT_REPORT_COUNTERS), USAGE(0x02),
           REPORT_COUNT(INPUT_COUNTERS_BYTES), FEATURE_ITEM(VARIABLE), REPORT_ID(INPUT_REPORT_STATE), USAGE(0x03),
           REPORT_COUNT(INPUT_STATE_BYTES), FEATURE_ITEM(VARIABLE), REPORT_ID(INPUT_REPORT_INTERRUPTS), USAGE(0x04),
           REPORT_COUNT(INPUT_INTERRUPTS_BYTES), FEATURE_ITEM(VARIABLE), REPORT_ID(INPUT_REPORT_RESET_COUNTERS),
           USAGE(0x05), REPORT_COUNT(1), FEATURE_ITEM(VARIABLE), END_COLLECTION);
}

uint16_t InputBuildReportDescriptor(const INPUT_CAPABILITIES *capabilities, bool moreKeys,
                                    uint8_t descriptor[INPUT_DESCRIPTOR_BYTES_MAX])
{
    WRITER writer = {.Bytes = descriptor};
    bool fine = InputHasFineWheel(capabilities);

    if ((capabilities->Collections & INPUT_HAS_KEYBOARD) != 0) {
        AppendKeyboard(&writer, capabilities->Leds != 0);
        if (moreKeys) {
            AppendMoreKeys(&writer);
        }
    }
    if ((capabilities->Collections & INPUT_HAS_CONSUMER) != 0) {
        AppendConsumer(&writer);
    }
    if ((capabilities->Collections & INPUT_HAS_SYSTEM) != 0) {
        AppendSystem(&writer);
    }
    if ((capabilities->Collections & INPUT_HAS_MOUSE) != 0) {
        AppendPointer(&writer, false, fine);
    }
    if ((capabilities->Collections & INPUT_HAS_TABLET) != 0) {
        AppendPointer(&writer, true, fine);
    }
    if ((capabilities->Collections & INPUT_HAS_TOUCH) != 0) {
        AppendTouch(&writer);
    }
    AppendDiagnostics(&writer);
    return writer.Length;
}

uint8_t InputLongestReport(const INPUT_CAPABILITIES *capabilities, bool moreKeys)
{
    const struct {
        bool Described;
        uint8_t Length;
    } reports[] = {
        {(capabilities->Collections & INPUT_HAS_TOUCH) != 0, sizeof(INPUT_TOUCH_REPORT)},
        {(capabilities->Collections & INPUT_HAS_KEYBOARD) != 0 && moreKeys, sizeof(INPUT_MORE_KEYS_REPORT)},
        {(capabilities->Collections & (INPUT_HAS_MOUSE | INPUT_HAS_TABLET)) != 0, sizeof(INPUT_POINTER_REPORT)},
        {(capabilities->Collections & INPUT_HAS_KEYBOARD) != 0, sizeof(INPUT_KEYBOARD_REPORT)},
        {(capabilities->Collections & INPUT_HAS_CONSUMER) != 0, sizeof(INPUT_CONSUMER_LIST_REPORT)},
        {(capabilities->Collections & INPUT_HAS_SYSTEM) != 0, sizeof(INPUT_SYSTEM_REPORT)},
    };

    for (uint8_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) { /* longest first */
        if (reports[i].Described) {
            return reports[i].Length;
        }
    }
    return 0;
}
