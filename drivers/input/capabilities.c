/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "capabilities.h"

#include "keymap.h"

typedef struct READER {
    INPUT_CONFIG_READER Read;
    void *Context;
    uint8_t Payload[INPUT_TEXT_LENGTH];
} READER;

/* A size beyond the payload is a lie about all of it. */
static uint8_t Read(READER *reader, uint8_t select, uint8_t subsel)
{
    uint8_t size = reader->Read(reader->Context, select, subsel, reader->Payload);

    return size <= INPUT_TEXT_LENGTH ? size : 0;
}

static uint8_t ReadText(READER *reader, uint8_t select, uint8_t text[INPUT_TEXT_LENGTH])
{
    uint8_t size = Read(reader, select, 0);
    uint8_t length = 0;

    while (length < size && reader->Payload[length] != 0) {
        text[length] = reader->Payload[length];
        length++;
    }
    return length;
}

static uint64_t ReadBits64(READER *reader, uint8_t type)
{
    uint8_t size = Read(reader, VIRTIO_INPUT_CFG_EV_BITS, type);
    uint64_t bits = 0;

    for (uint8_t i = 0; i < size && i < 8; i++) {
        bits |= (uint64_t)reader->Payload[i] << (8 * i);
    }
    return bits;
}

static void ReadKeys(READER *reader, INPUT_CAPABILITIES *capabilities)
{
    uint8_t size = Read(reader, VIRTIO_INPUT_CFG_EV_BITS, INPUT_EV_KEY);

    for (uint8_t i = 0; i < sizeof(capabilities->Keys); i++) {
        capabilities->Keys[i] = i < size ? reader->Payload[i] : 0;
    }
}

static void ReadIds(READER *reader, INPUT_CAPABILITIES *capabilities)
{
    const uint8_t *payload = reader->Payload;

    if (Read(reader, VIRTIO_INPUT_CFG_ID_DEVIDS, 0) < sizeof(VIRTIO_INPUT_DEVIDS)) {
        capabilities->Missing |= INPUT_MISSING_DEVIDS;
        return;
    }
    capabilities->Ids.Bus = (uint16_t)(payload[0] | payload[1] << 8);
    capabilities->Ids.Vendor = (uint16_t)(payload[2] | payload[3] << 8);
    capabilities->Ids.Product = (uint16_t)(payload[4] | payload[5] << 8);
    capabilities->Ids.Version = (uint16_t)(payload[6] | payload[7] << 8);
}

static int32_t ReadWord(const uint8_t *at)
{
    return (int32_t)((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
}

static INPUT_RANGE ReadRange(READER *reader, INPUT_CAPABILITIES *capabilities, uint8_t axis)
{
    INPUT_RANGE range = {0, 32767};

    if (Read(reader, VIRTIO_INPUT_CFG_ABS_INFO, axis) < 8) {
        capabilities->Missing |= INPUT_MISSING_RANGE;
        return range;
    }
    range.Minimum = ReadWord(&reader->Payload[0]);
    range.Maximum = ReadWord(&reader->Payload[4]);
    return range;
}

/* Whether any key of the device has a usage on this page. */
static bool HasPage(const INPUT_CAPABILITIES *capabilities, INPUT_PAGE page)
{
    for (uint16_t i = 0; i < InputKeymapCount; i++) {
        if (InputKeymap[i].Page == page && InputHasKey(capabilities, InputKeymap[i].Code)) {
            return true;
        }
    }
    return false;
}

static uint32_t CollectionsOf(const INPUT_CAPABILITIES *capabilities)
{
    uint32_t collections = 0;

    if (HasPage(capabilities, InputPageKeyboard)) {
        collections |= INPUT_HAS_KEYBOARD;
    }
    if (HasPage(capabilities, InputPageConsumer)) {
        collections |= INPUT_HAS_CONSUMER;
    }
    if (HasPage(capabilities, InputPageSystem)) {
        collections |= INPUT_HAS_SYSTEM;
    }
    if (InputHasRelative(capabilities, INPUT_REL_X) && InputHasRelative(capabilities, INPUT_REL_Y)) {
        collections |= INPUT_HAS_MOUSE;
    }
    /* A touch screen may report its first contact as a pointer, too: one contact, one report. */
    if (InputHasAbsolute(capabilities, INPUT_ABS_MT_SLOT) && InputHasAbsolute(capabilities, INPUT_ABS_MT_POSITION_X) &&
        InputHasAbsolute(capabilities, INPUT_ABS_MT_POSITION_Y)) {
        collections |= INPUT_HAS_TOUCH;
    } else if (InputHasAbsolute(capabilities, INPUT_ABS_X) && InputHasAbsolute(capabilities, INPUT_ABS_Y)) {
        collections |= INPUT_HAS_TABLET;
    }
    return collections;
}

static INPUT_KIND KindOf(uint32_t collections)
{
    if ((collections & INPUT_HAS_TOUCH) != 0) {
        return InputKindMultitouch;
    }
    if ((collections & INPUT_HAS_TABLET) != 0) {
        return InputKindTablet;
    }
    if ((collections & INPUT_HAS_KEYBOARD) != 0) {
        return InputKindKeyboard;
    }
    if ((collections & INPUT_HAS_MOUSE) != 0) {
        return InputKindMouse;
    }
    return collections != 0 ? InputKindKeyboard : InputKindUnknown;
}

/* Case is ignored for the letters of `word`, which is lower case. */
static bool NameContains(const INPUT_CAPABILITIES *capabilities, const char *word)
{
    for (uint8_t start = 0; start < capabilities->NameLength; start++) {
        uint8_t i = 0;

        while (word[i] != 0 && start + i < capabilities->NameLength &&
               (capabilities->Name[start + i] | 0x20) == (uint8_t)word[i]) {
            i++;
        }
        if (word[i] == 0) {
            return true;
        }
    }
    return false;
}

static INPUT_KIND KindByHints(const INPUT_CAPABILITIES *capabilities, INPUT_KIND hint)
{
    if (hint != InputKindUnknown) {
        return hint;
    }
    if (NameContains(capabilities, "touch")) {
        return InputKindMultitouch;
    }
    if (NameContains(capabilities, "tablet")) {
        return InputKindTablet;
    }
    if (NameContains(capabilities, "mouse")) {
        return InputKindMouse;
    }
    return InputKindKeyboard;
}

/* The device is taken to be a plain one of its kind. */
static void Assume(INPUT_CAPABILITIES *capabilities, INPUT_KIND kind)
{
    capabilities->Missing |= INPUT_MISSING_EVENTS;
    switch (kind) {
    case InputKindMultitouch:
        capabilities->Absolute |= 1ull << INPUT_ABS_MT_SLOT | 1ull << INPUT_ABS_MT_POSITION_X |
                                  1ull << INPUT_ABS_MT_POSITION_Y | 1ull << INPUT_ABS_MT_TRACKING_ID;
        break;
    case InputKindTablet:
        capabilities->Absolute |= 1ull << INPUT_ABS_X | 1ull << INPUT_ABS_Y;
        break;
    case InputKindMouse:
        capabilities->Relative |= 1u << INPUT_REL_X | 1u << INPUT_REL_Y | 1u << INPUT_REL_WHEEL;
        break;
    default:
        for (uint16_t i = 0; i < InputKeymapCount; i++) {
            capabilities->Keys[InputKeymap[i].Code / 8] |= (uint8_t)(1u << (InputKeymap[i].Code % 8));
        }
        capabilities->Leds |= 1u << INPUT_LED_NUML | 1u << INPUT_LED_CAPSL | 1u << INPUT_LED_SCROLLL;
        break;
    }
}

static uint8_t ReadTouchSlots(READER *reader)
{
    INPUT_RANGE slots = {0, 0};

    if (Read(reader, VIRTIO_INPUT_CFG_ABS_INFO, INPUT_ABS_MT_SLOT) >= 8) {
        slots.Maximum = ReadWord(&reader->Payload[4]);
    } else {
        slots.Maximum = INPUT_TOUCH_SLOTS - 1;
    }
    if (slots.Maximum < 0) {
        return 1;
    }
    return (uint8_t)(slots.Maximum < INPUT_TOUCH_SLOTS ? slots.Maximum + 1 : INPUT_TOUCH_SLOTS);
}

static void ReadRanges(READER *reader, INPUT_CAPABILITIES *capabilities)
{
    if ((capabilities->Collections & INPUT_HAS_TOUCH) != 0) {
        capabilities->X = ReadRange(reader, capabilities, INPUT_ABS_MT_POSITION_X);
        capabilities->Y = ReadRange(reader, capabilities, INPUT_ABS_MT_POSITION_Y);
        capabilities->TouchSlots = ReadTouchSlots(reader);
    } else if ((capabilities->Collections & INPUT_HAS_TABLET) != 0) {
        capabilities->X = ReadRange(reader, capabilities, INPUT_ABS_X);
        capabilities->Y = ReadRange(reader, capabilities, INPUT_ABS_Y);
    }
}

void InputReadCapabilities(INPUT_CONFIG_READER read, void *context, INPUT_KIND hint, INPUT_CAPABILITIES *capabilities)
{
    READER reader = {.Read = read, .Context = context};

    *capabilities = (INPUT_CAPABILITIES){0};
    capabilities->NameLength = ReadText(&reader, VIRTIO_INPUT_CFG_ID_NAME, capabilities->Name);
    capabilities->SerialLength = ReadText(&reader, VIRTIO_INPUT_CFG_ID_SERIAL, capabilities->Serial);
    capabilities->Missing |= capabilities->NameLength == 0 ? INPUT_MISSING_NAME : 0;
    capabilities->Missing |= capabilities->SerialLength == 0 ? INPUT_MISSING_SERIAL : 0;
    ReadIds(&reader, capabilities);
    if (Read(&reader, VIRTIO_INPUT_CFG_PROP_BITS, 0) == 0) {
        capabilities->Missing |= INPUT_MISSING_PROPERTIES;
    }
    ReadKeys(&reader, capabilities);
    capabilities->Relative = (uint16_t)ReadBits64(&reader, INPUT_EV_REL);
    capabilities->Absolute = ReadBits64(&reader, INPUT_EV_ABS);
    capabilities->Leds = (uint8_t)(ReadBits64(&reader, INPUT_EV_LED) & 0x1F);

    capabilities->Collections = CollectionsOf(capabilities);
    if (capabilities->Collections == 0) {
        Assume(capabilities, KindByHints(capabilities, hint));
        capabilities->Collections = CollectionsOf(capabilities);
    }
    capabilities->Kind = KindOf(capabilities->Collections);
    ReadRanges(&reader, capabilities);
}

/* The quotient must fit in 16 bits. By hand, because 32-bit drivers have no 64-bit division without a run-time. */
static uint16_t Divide(uint64_t dividend, uint64_t divisor)
{
    uint16_t quotient = 0;

    for (int bit = 15; bit >= 0; bit--) {
        if (dividend >= divisor << bit) {
            dividend -= divisor << bit;
            quotient |= (uint16_t)(1u << bit);
        }
    }
    return quotient;
}

uint16_t InputScale(int32_t value, INPUT_RANGE range)
{
    int64_t span = (int64_t)range.Maximum - range.Minimum;
    int64_t offset = (int64_t)value - range.Minimum;

    if (span < 0) {
        span = -span;
        offset = -offset;
    }
    if (span == 0 || offset <= 0) {
        return 0;
    }
    if (offset >= span) {
        return INPUT_AXIS_MAXIMUM;
    }
    return Divide((uint64_t)offset * INPUT_AXIS_MAXIMUM + (uint64_t)span / 2, (uint64_t)span);
}

static bool SameRange(INPUT_RANGE one, INPUT_RANGE other)
{
    return one.Minimum == other.Minimum && one.Maximum == other.Maximum;
}

bool InputSameCapabilities(const INPUT_CAPABILITIES *one, const INPUT_CAPABILITIES *other)
{
    for (uint8_t i = 0; i < sizeof(one->Keys); i++) {
        if (one->Keys[i] != other->Keys[i]) {
            return false;
        }
    }
    return one->Collections == other->Collections && one->Relative == other->Relative &&
           one->Absolute == other->Absolute && one->Leds == other->Leds && one->TouchSlots == other->TouchSlots &&
           SameRange(one->X, other->X) && SameRange(one->Y, other->Y);
}
