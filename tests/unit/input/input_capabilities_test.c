/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a device is taken for, from what it says. Codes come from the kernel's header, not from the driver's. */
#include "unit.h"

#include <linux/input-event-codes.h>
#include <linux/virtio_input.h>

#include "capabilities.h"

struct answer {
    uint8_t select, subsel, size;
    uint8_t payload[128];
};

struct device {
    struct answer answers[16];
    size_t count;
};

static uint8_t read_config(void *context, uint8_t select, uint8_t subsel, uint8_t payload[INPUT_TEXT_LENGTH])
{
    const struct device *device = context;

    memset(payload, 0xEE, INPUT_TEXT_LENGTH);
    for (size_t i = 0; i < device->count; i++) {
        const struct answer *answer = &device->answers[i];

        if (answer->select == select && answer->subsel == subsel) {
            memcpy(payload, answer->payload, sizeof(answer->payload));
            return answer->size;
        }
    }
    return 0;
}

static struct answer *say(struct device *device, uint8_t select, uint8_t subsel, uint8_t size)
{
    struct answer *answer = &device->answers[device->count++];

    assert_true(device->count <= 16);
    *answer = (struct answer){.select = select, .subsel = subsel, .size = size};
    return answer;
}

static void say_bits(struct device *device, uint8_t type, const unsigned *codes, size_t count)
{
    struct answer *answer = say(device, VIRTIO_INPUT_CFG_EV_BITS, type, 96);

    for (size_t i = 0; i < count; i++) {
        answer->payload[codes[i] / 8] |= (uint8_t)(1u << (codes[i] % 8));
    }
}

#define SAY_BITS(device, type, ...)                             \
    say_bits((device), (type), (const unsigned[]){__VA_ARGS__}, \
             sizeof((const unsigned[]){__VA_ARGS__}) / sizeof(unsigned))

static void say_text(struct device *device, uint8_t select, const char *text)
{
    struct answer *answer = say(device, select, 0, (uint8_t)strlen(text));

    memcpy(answer->payload, text, strlen(text));
}

static void say_range(struct device *device, uint8_t axis, int32_t minimum, int32_t maximum)
{
    struct answer *answer = say(device, VIRTIO_INPUT_CFG_ABS_INFO, axis, 20);

    memcpy(&answer->payload[0], &minimum, 4);
    memcpy(&answer->payload[4], &maximum, 4);
}

static INPUT_CAPABILITIES read_device(struct device *device, INPUT_KIND hint)
{
    INPUT_CAPABILITIES capabilities;

    memset(&capabilities, 0xEE, sizeof(capabilities));
    InputReadCapabilities(read_config, device, hint, &capabilities);
    return capabilities;
}

static void kind_keyboard(void **state)
{
    struct device device = {0};
    INPUT_CAPABILITIES capabilities;

    (void)state;
    SAY_BITS(&device, EV_KEY, KEY_A, KEY_ENTER, KEY_VOLUMEUP, KEY_POWER);
    SAY_BITS(&device, EV_LED, LED_NUML, LED_CAPSL, LED_SCROLLL, LED_MUTE);
    say_text(&device, VIRTIO_INPUT_CFG_ID_NAME, "Aero Virtio Keyboard");
    /* The hint counts only where the device says nothing. */
    capabilities = read_device(&device, InputKindMouse);
    assert_int_equal(capabilities.Kind, InputKindKeyboard);
    assert_int_equal(capabilities.Collections, INPUT_HAS_KEYBOARD | INPUT_HAS_CONSUMER | INPUT_HAS_SYSTEM);
    assert_int_equal(capabilities.Leds, 7);
    assert_int_equal(capabilities.NameLength, 20);
    assert_memory_equal(capabilities.Name, "Aero Virtio Keyboard", 20);
    assert_true(InputHasKey(&capabilities, KEY_A));
    assert_false(InputHasKey(&capabilities, KEY_B));
    assert_false(InputHasKey(&capabilities, 0xFFFF));
}

static void kind_mouse(void **state)
{
    struct device device = {0};
    INPUT_CAPABILITIES capabilities;

    (void)state;
    SAY_BITS(&device, EV_KEY, BTN_LEFT, BTN_RIGHT, BTN_SIDE);
    SAY_BITS(&device, EV_REL, REL_X, REL_Y, REL_WHEEL, REL_WHEEL_HI_RES);
    capabilities = read_device(&device, InputKindUnknown);
    assert_int_equal(capabilities.Kind, InputKindMouse);
    assert_int_equal(capabilities.Collections, INPUT_HAS_MOUSE);
    assert_true(InputHasRelative(&capabilities, REL_WHEEL_HI_RES));
    assert_false(InputHasRelative(&capabilities, REL_HWHEEL));
}

static void kind_tablet(void **state)
{
    struct device device = {0};
    INPUT_CAPABILITIES capabilities;

    (void)state;
    SAY_BITS(&device, EV_KEY, BTN_LEFT, BTN_TOUCH);
    SAY_BITS(&device, EV_ABS, ABS_X, ABS_Y);
    say_range(&device, ABS_X, -100, 100);
    say_range(&device, ABS_Y, 4095, 0);
    capabilities = read_device(&device, InputKindUnknown);
    assert_int_equal(capabilities.Kind, InputKindTablet);
    assert_int_equal(capabilities.Collections, INPUT_HAS_TABLET);
    assert_int_equal(capabilities.X.Minimum, -100);
    assert_int_equal(capabilities.X.Maximum, 100);
    assert_int_equal(capabilities.Y.Minimum, 4095);
    assert_int_equal(capabilities.Y.Maximum, 0);
    assert_int_equal(capabilities.Missing & INPUT_MISSING_RANGE, 0);
}

static void kind_multitouch(void **state)
{
    struct device device = {0};
    INPUT_CAPABILITIES capabilities;

    (void)state;
    SAY_BITS(&device, EV_KEY, BTN_TOUCH);
    SAY_BITS(&device, EV_ABS, ABS_X, ABS_Y, ABS_MT_SLOT, ABS_MT_TRACKING_ID, ABS_MT_POSITION_X, ABS_MT_POSITION_Y);
    say_range(&device, ABS_MT_SLOT, 0, 9);
    say_range(&device, ABS_MT_POSITION_X, 0, 0x7FFF);
    say_range(&device, ABS_MT_POSITION_Y, 0, 1000);
    capabilities = read_device(&device, InputKindUnknown);
    assert_int_equal(capabilities.Kind, InputKindMultitouch);
    assert_int_equal(capabilities.Collections, INPUT_HAS_TOUCH);
    assert_int_equal(capabilities.TouchSlots, 10);
    assert_int_equal(capabilities.Y.Maximum, 1000);
}

static void kind_several_at_once(void **state)
{
    struct device device = {0};

    (void)state;
    SAY_BITS(&device, EV_KEY, KEY_A, BTN_LEFT);
    SAY_BITS(&device, EV_REL, REL_X, REL_Y);
    assert_int_equal(read_device(&device, InputKindUnknown).Collections, INPUT_HAS_KEYBOARD | INPUT_HAS_MOUSE);
}

static void missing_everything(void **state)
{
    static const struct {
        INPUT_KIND hint;
        const char *name;
        INPUT_KIND expected;
        uint32_t collection;
    } rows[] = {
        {InputKindMouse, NULL, InputKindMouse, INPUT_HAS_MOUSE},
        {InputKindTablet, "some keyboard", InputKindTablet, INPUT_HAS_TABLET},
        {InputKindUnknown, "QEMU Virtio Mouse", InputKindMouse, INPUT_HAS_MOUSE},
        {InputKindUnknown, "QEMU VIRTIO TABLET", InputKindTablet, INPUT_HAS_TABLET},
        {InputKindUnknown, "Multitouch", InputKindMultitouch, INPUT_HAS_TOUCH},
        {InputKindUnknown, "m", InputKindKeyboard, INPUT_HAS_KEYBOARD},
        {InputKindUnknown, NULL, InputKindKeyboard, INPUT_HAS_KEYBOARD},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct device device = {0};
        INPUT_CAPABILITIES capabilities;

        if (rows[i].name != NULL) {
            say_text(&device, VIRTIO_INPUT_CFG_ID_NAME, rows[i].name);
        }
        capabilities = read_device(&device, rows[i].hint);
        assert_int_equal(capabilities.Kind, rows[i].expected);
        assert_true((capabilities.Collections & rows[i].collection) != 0);
        assert_true((capabilities.Missing & INPUT_MISSING_EVENTS) != 0);
    }
}

static void missing_ranges(void **state)
{
    struct device device = {0};
    INPUT_CAPABILITIES capabilities;

    (void)state;
    SAY_BITS(&device, EV_ABS, ABS_X, ABS_Y);
    capabilities = read_device(&device, InputKindUnknown);
    assert_int_equal(capabilities.Kind, InputKindTablet);
    assert_true((capabilities.Missing & INPUT_MISSING_RANGE) != 0);
    assert_int_equal(capabilities.X.Maximum, 32767);
    assert_true((capabilities.Missing & INPUT_MISSING_EVENTS) == 0);
    assert_true((capabilities.Missing & INPUT_MISSING_NAME) != 0);
    assert_true((capabilities.Missing & INPUT_MISSING_DEVIDS) != 0);
}

static void lies_about_sizes_and_slots(void **state)
{
    struct device device = {0};
    INPUT_CAPABILITIES capabilities;

    (void)state;
    SAY_BITS(&device, EV_ABS, ABS_MT_SLOT, ABS_MT_POSITION_X, ABS_MT_POSITION_Y);
    say_range(&device, ABS_MT_SLOT, 0, 0x7FFFFFFF);
    say(&device, VIRTIO_INPUT_CFG_EV_BITS, EV_KEY, 255);
    say(&device, VIRTIO_INPUT_CFG_ID_NAME, 0, 129);
    say(&device, VIRTIO_INPUT_CFG_ID_DEVIDS, 0, 7);
    capabilities = read_device(&device, InputKindUnknown);
    assert_int_equal(capabilities.TouchSlots, INPUT_TOUCH_SLOTS);
    assert_int_equal(capabilities.NameLength, 0);
    assert_int_equal(capabilities.Ids.Vendor, 0);
    for (uint16_t code = 0; code < INPUT_KEY_COUNT; code++) {
        assert_false(InputHasKey(&capabilities, code));
    }

    device = (struct device){0};
    SAY_BITS(&device, EV_ABS, ABS_MT_SLOT, ABS_MT_POSITION_X, ABS_MT_POSITION_Y);
    say_range(&device, ABS_MT_SLOT, 0, -5);
    assert_int_equal(read_device(&device, InputKindUnknown).TouchSlots, 1);
}

static void scale_is_exact(void **state)
{
    static const INPUT_RANGE ranges[] = {
        {0, 32767}, {0, 1}, {-1, 1}, {0, 65535}, {-32768, 32767}, {INT32_MIN, INT32_MAX}, {100, 4095}, {7, 7}};

    (void)state;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        INPUT_RANGE range = ranges[i];
        INPUT_RANGE swapped = {range.Maximum, range.Minimum};
        long double span = (long double)range.Maximum - range.Minimum;

        for (int step = 0; step <= 1000; step++) {
            int32_t value = (int32_t)(range.Minimum + (int64_t)(span * step / 1000));
            long double exact = span == 0 ? 0 : ((long double)value - range.Minimum) * 32767 / span;
            uint16_t scaled = InputScale(value, range);

            assert_true(scaled <= 32767);
            assert_true(scaled >= exact - 0.5L && scaled <= exact + 0.5L);
            if (span != 0) {
                long double mirrored = 32767 - exact;
                uint16_t other = InputScale(value, swapped);

                assert_true(other >= mirrored - 0.5L && other <= mirrored + 0.5L);
            }
        }
    }
    assert_int_equal(InputScale(INT32_MIN, (INPUT_RANGE){0, 10}), 0);
    assert_int_equal(InputScale(INT32_MAX, (INPUT_RANGE){0, 10}), 32767);
    assert_int_equal(InputScale(INT32_MAX, (INPUT_RANGE){10, 0}), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(kind_keyboard),        cmocka_unit_test(kind_mouse),
    cmocka_unit_test(kind_tablet),          cmocka_unit_test(kind_multitouch),
    cmocka_unit_test(kind_several_at_once), cmocka_unit_test(missing_everything),
    cmocka_unit_test(missing_ranges),       cmocka_unit_test(lies_about_sizes_and_slots),
    cmocka_unit_test(scale_is_exact),
};

UNIT_MAIN(tests)
