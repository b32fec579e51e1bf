/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Keys in, keyboard reports out. Usages are written as the HID Usage Tables print them. */
#include "unit.h"

#include "engine_io.h"
#include "leds.h"

static INPUT_ENGINE engine;

static void start(bool more_keys)
{
    INPUT_CAPABILITIES capabilities = plain(INPUT_HAS_KEYBOARD | INPUT_HAS_CONSUMER | INPUT_HAS_SYSTEM);

    InputEngineInit(&engine, &capabilities, more_keys);
}

static void key(uint16_t code, int32_t value)
{
    send(&engine, EV_KEY, code, value);
    sync_report(&engine);
}

static void expect(const void *bytes, uint8_t length)
{
    uint8_t report[INPUT_REPORT_BYTES_MAX];

    assert_int_equal(take(&engine, report), length);
    assert_memory_equal(report, bytes, length);
}
#define EXPECT(...) expect((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void expect_nothing(void)
{
    uint8_t report[INPUT_REPORT_BYTES_MAX];

    assert_int_equal(take(&engine, report), 0);
}

static uint16_t usage_of(uint16_t code, INPUT_PAGE page)
{
    const INPUT_USAGE *usage = InputKeymapFind(code);

    return usage != NULL && usage->Page == page ? usage->Usage : 0;
}

static void map_is_in_order(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < InputKeymapCount; i++) {
        const INPUT_USAGE *usage = &InputKeymap[i];

        assert_true(i == 0 || usage->Code > InputKeymap[i - 1].Code);
        assert_true(usage->Code < INPUT_KEY_COUNT);
        assert_ptr_equal(InputKeymapFind(usage->Code), usage);
        switch (usage->Page) {
        case InputPageKeyboard:
            assert_true((usage->Usage >= 4 && usage->Usage <= INPUT_USAGE_KEY_MAXIMUM) ||
                        (usage->Usage >= 0xE0 && usage->Usage <= 0xE7));
            break;
        case InputPageConsumer:
            assert_true(usage->Usage >= 1 && usage->Usage <= 0x3FF);
            break;
        default:
            assert_int_equal(usage->Page, InputPageSystem);
            assert_true(usage->Usage >= 0x81 && usage->Usage <= 0x83);
            break;
        }
    }
    assert_null(InputKeymapFind(KEY_RESERVED));
    assert_null(InputKeymapFind(BTN_LEFT));
    assert_null(InputKeymapFind(0xFFFF));
}

static void map_has_every_page(void **state)
{
    static const char row[] = "qwertyuiop";

    (void)state;
    for (uint16_t i = 0; row[i] != 0; i++) {
        assert_int_equal(usage_of((uint16_t)(KEY_Q + i), InputPageKeyboard), 4 + row[i] - 'a');
    }
    assert_int_equal(usage_of(KEY_1, InputPageKeyboard), 0x1E);
    assert_int_equal(usage_of(KEY_0, InputPageKeyboard), 0x27);
    for (uint16_t i = 0; i < 12; i++) {
        assert_int_equal(usage_of((uint16_t)(KEY_F13 + i), InputPageKeyboard), 0x68 + i);
    }
    assert_int_equal(usage_of(KEY_102ND, InputPageKeyboard), 0x64);
    assert_int_equal(usage_of(KEY_MENU, InputPageKeyboard), 0x65);
    assert_int_equal(usage_of(KEY_COMPOSE, InputPageKeyboard), 0x65);
    assert_int_equal(usage_of(KEY_KPEQUAL, InputPageKeyboard), 0x67);
    assert_int_equal(usage_of(KEY_KPCOMMA, InputPageKeyboard), 0x85);
    assert_int_equal(usage_of(KEY_RO, InputPageKeyboard), 0x87);
    assert_int_equal(usage_of(KEY_KATAKANAHIRAGANA, InputPageKeyboard), 0x88);
    assert_int_equal(usage_of(KEY_YEN, InputPageKeyboard), 0x89);
    assert_int_equal(usage_of(KEY_HENKAN, InputPageKeyboard), 0x8A);
    assert_int_equal(usage_of(KEY_MUHENKAN, InputPageKeyboard), 0x8B);
    assert_int_equal(usage_of(KEY_HANGEUL, InputPageKeyboard), 0x90);
    assert_int_equal(usage_of(KEY_HANJA, InputPageKeyboard), 0x91);
    assert_int_equal(usage_of(KEY_MAIL, InputPageConsumer), 0x18A);
    assert_int_equal(usage_of(KEY_CALC, InputPageConsumer), 0x192);
    assert_int_equal(usage_of(KEY_HOMEPAGE, InputPageConsumer), 0x223);
    assert_int_equal(usage_of(KEY_BRIGHTNESSUP, InputPageConsumer), 0x6F);
    assert_int_equal(usage_of(KEY_SLEEP, InputPageSystem), 0x82);
    assert_int_equal(usage_of(KEY_WAKEUP, InputPageSystem), 0x83);
}

static void keys_first_six_in_order(void **state)
{
    (void)state;
    start(true);
    key(KEY_LEFTSHIFT, 1);
    EXPECT(1, 0x02, 0, 0, 0, 0, 0, 0, 0);
    key(KEY_A, 1);
    EXPECT(1, 0x02, 0, 4, 0, 0, 0, 0, 0);
    key(KEY_A, 2); /* repeat */
    key(KEY_A, 1); /* again, and */
    key(KEY_B, 0); /* what is not down: no change, no report */
    expect_nothing();
    key(KEY_B, 1);
    EXPECT(1, 0x02, 0, 4, 5, 0, 0, 0, 0);
    key(KEY_A, 0);
    EXPECT(1, 0x02, 0, 5, 0, 0, 0, 0, 0);
    key(KEY_LEFTSHIFT, 0);
    EXPECT(1, 0, 0, 5, 0, 0, 0, 0, 0);
}

static void keys_beyond_six_have_their_own_report(void **state)
{
    uint8_t more[29] = {5};

    (void)state;
    start(true);
    for (uint16_t code = KEY_1; code <= KEY_6; code++) {
        key(code, 1);
        expect((const INPUT_KEYBOARD_REPORT *)(void *)&(
                   INPUT_KEYBOARD_REPORT){1,
                                          0,
                                          0,
                                          {0x1E, (uint8_t)(code > KEY_1 ? 0x1F : 0), (uint8_t)(code > KEY_2 ? 0x20 : 0),
                                           (uint8_t)(code > KEY_3 ? 0x21 : 0), (uint8_t)(code > KEY_4 ? 0x22 : 0),
                                           (uint8_t)(code > KEY_5 ? 0x23 : 0)}},
               9);
    }
    key(KEY_7, 1);
    set_bit(&more[1], 0x24);
    expect(more, sizeof(more));
    key(KEY_1, 0); /* there is room among the six now, but the seventh key stays where it is */
    EXPECT(1, 0, 0, 0x1F, 0x20, 0x21, 0x22, 0x23, 0);
    key(KEY_7, 0);
    memset(&more[1], 0, 28);
    expect(more, sizeof(more));
    expect_nothing();
}

static void keys_that_mean_the_same(void **state)
{
    (void)state;
    start(true);
    key(KEY_MENU, 1);
    EXPECT(1, 0, 0, 0x65, 0, 0, 0, 0, 0);
    key(KEY_COMPOSE, 1);
    key(KEY_MENU, 0);
    expect_nothing(); /* still down by the other key */
    key(KEY_COMPOSE, 0);
    EXPECT(1, 0, 0, 0, 0, 0, 0, 0, 0);
}

static void rollover_without_the_second_collection(void **state)
{
    (void)state;
    start(false);
    for (uint16_t code = KEY_1; code <= KEY_6; code++) {
        uint8_t report[INPUT_REPORT_BYTES_MAX];

        key(code, 1);
        assert_int_equal(take(&engine, report), 9);
    }
    key(KEY_7, 1);
    EXPECT(1, 0, 0, 1, 1, 1, 1, 1, 1);
    key(KEY_LEFTCTRL, 1); /* modifiers are reported all the same */
    EXPECT(1, 1, 0, 1, 1, 1, 1, 1, 1);
    key(KEY_3, 0);
    EXPECT(1, 1, 0, 0x1E, 0x1F, 0x21, 0x22, 0x23, 0x24);
    key(KEY_7, 0);
    EXPECT(1, 1, 0, 0x1E, 0x1F, 0x21, 0x22, 0x23, 0);
}

static void consumer_bits_and_list(void **state)
{
    (void)state;
    start(true);
    key(KEY_MUTE, 1);
    EXPECT(3, 0x01);
    key(KEY_STOPCD, 1);
    EXPECT(3, 0x41);
    key(KEY_MUTE, 0);
    EXPECT(3, 0x40);
    key(KEY_MAIL, 1);
    EXPECT(6, 0x8A, 0x01, 0, 0, 0, 0, 0, 0);
    key(KEY_CALC, 1);
    EXPECT(6, 0x8A, 0x01, 0x92, 0x01, 0, 0, 0, 0);
    key(KEY_MAIL, 0);
    EXPECT(6, 0, 0, 0x92, 0x01, 0, 0, 0, 0);
    key(KEY_HOMEPAGE, 1);
    EXPECT(6, 0x23, 0x02, 0x92, 0x01, 0, 0, 0, 0);
}

static void system_keys(void **state)
{
    (void)state;
    start(true);
    key(KEY_SLEEP, 1);
    EXPECT(7, 0x02);
    key(KEY_SLEEP, 0);
    EXPECT(7, 0);
    key(KEY_POWER, 1);
    EXPECT(7, 0x01);
    key(KEY_WAKEUP, 1);
    EXPECT(7, 0x05);
}

static void frame_with_press_and_release(void **state)
{
    (void)state;
    start(true);
    send(&engine, EV_KEY, KEY_A, 1);
    send(&engine, EV_KEY, KEY_A, 0);
    send(&engine, EV_KEY, KEY_A, 1);
    sync_report(&engine);
    EXPECT(1, 0, 0, 4, 0, 0, 0, 0, 0);
    EXPECT(1, 0, 0, 0, 0, 0, 0, 0, 0);
    EXPECT(1, 0, 0, 4, 0, 0, 0, 0, 0);
    /* Several keys of one frame are one report. */
    send(&engine, EV_KEY, KEY_A, 0);
    send(&engine, EV_KEY, KEY_LEFTCTRL, 1);
    send(&engine, EV_KEY, KEY_C, 1);
    sync_report(&engine);
    EXPECT(1, 1, 0, 6, 0, 0, 0, 0, 0);
    /* Nothing is said before its frame ends. */
    send(&engine, EV_KEY, KEY_B, 1);
    expect_nothing();
    InputEngineReleaseAll(&engine);
    EXPECT(1, 1, 0, 6, 5, 0, 0, 0, 0);
    EXPECT(1, 0, 0, 0, 0, 0, 0, 0, 0);
    /* SYN_DROPPED: the rest of the frame is unknown, and so is what is held. */
    key(KEY_D, 1);
    EXPECT(1, 0, 0, 7, 0, 0, 0, 0, 0);
    send(&engine, EV_SYN, SYN_DROPPED, 0);
    EXPECT(1, 0, 0, 0, 0, 0, 0, 0, 0);
    send(&engine, EV_KEY, KEY_E, 1);
    sync_report(&engine);
    expect_nothing();
    key(KEY_E, 1);
    EXPECT(1, 0, 0, 8, 0, 0, 0, 0, 0);
}

static void leds_one_event_each(void **state)
{
    INPUT_CAPABILITIES capabilities = {.Leds = 0x0D};
    VIRTIO_INPUT_EVENT events[INPUT_LED_EVENTS_MAX];
    uint8_t leds = 0;

    (void)state;
    assert_true(InputLedsParse((const uint8_t[]){1, 0xFF}, 2, &leds));
    assert_int_equal(leds, 0x1F);
    assert_true(InputLedsParse((const uint8_t[]){0x04}, 1, &leds));
    assert_int_equal(leds, 0x04);
    assert_false(InputLedsParse((const uint8_t[]){2, 0}, 2, &leds));
    assert_false(InputLedsParse((const uint8_t[]){1, 0, 0}, 3, &leds));
    assert_false(InputLedsParse(NULL, 0, &leds));

    assert_int_equal(InputLedsEvents(&capabilities, 0x04, events), 4);
    assert_int_equal(events[0].Type, EV_LED);
    assert_int_equal(events[0].Code, LED_NUML);
    assert_int_equal(events[0].Value, 0);
    assert_int_equal(events[1].Code, LED_SCROLLL);
    assert_int_equal(events[1].Value, 1);
    assert_int_equal(events[2].Code, LED_COMPOSE);
    assert_int_equal(events[3].Type, EV_SYN);
    assert_int_equal(events[3].Code, SYN_REPORT);
    capabilities.Leds = 0;
    assert_int_equal(InputLedsEvents(&capabilities, 0x04, events), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(map_is_in_order),
    cmocka_unit_test(map_has_every_page),
    cmocka_unit_test(keys_first_six_in_order),
    cmocka_unit_test(keys_beyond_six_have_their_own_report),
    cmocka_unit_test(keys_that_mean_the_same),
    cmocka_unit_test(rollover_without_the_second_collection),
    cmocka_unit_test(consumer_bits_and_list),
    cmocka_unit_test(system_keys),
    cmocka_unit_test(frame_with_press_and_release),
    cmocka_unit_test(leds_one_event_each),
};

UNIT_MAIN(tests)
