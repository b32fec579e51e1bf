/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Mouse, tablet and touch: events in, reports out. */
#include "unit.h"

#include "engine_io.h"

static INPUT_ENGINE engine;

static void start(uint32_t collections, uint16_t relative)
{
    INPUT_CAPABILITIES capabilities = plain(collections);

    capabilities.Relative = relative;
    InputEngineInit(&engine, &capabilities, true);
}

static INPUT_POINTER_REPORT next(void)
{
    INPUT_POINTER_REPORT report = {0};

    assert_int_equal(take(&engine, &report), sizeof(report));
    return report;
}

static void expect_nothing(void)
{
    assert_null(InputReportQueuePeek(&engine.Queue));
}

static void relative(uint16_t code, int32_t value)
{
    send(&engine, EV_REL, code, value);
}

static void mouse_buttons_and_motion(void **state)
{
    INPUT_POINTER_REPORT report;

    (void)state;
    start(INPUT_HAS_MOUSE, 1u << REL_X | 1u << REL_Y | 1u << REL_WHEEL);
    relative(REL_X, 5);
    relative(REL_X, 6);
    relative(REL_Y, -3);
    sync_report(&engine);
    report = next();
    assert_int_equal(report.Id, INPUT_REPORT_MOUSE);
    assert_int_equal((int16_t)report.X, 11);
    assert_int_equal((int16_t)report.Y, -3);
    for (uint16_t i = 0; i < 8; i++) {
        send(&engine, EV_KEY, (uint16_t)(BTN_LEFT + i), 1);
        sync_report(&engine);
        report = next();
        assert_int_equal(report.Buttons, (1u << (i + 1)) - 1);
        assert_int_equal(report.X, 0);
    }
    InputEngineReleaseAll(&engine);
    assert_int_equal(next().Buttons, 0);
    sync_report(&engine);
    relative(REL_X, 0);
    sync_report(&engine);
    expect_nothing();
}

static void mouse_large_deltas_are_split(void **state)
{
    int64_t sum_x = 0;
    int64_t sum_y = 0;
    int reports = 0;

    (void)state;
    start(INPUT_HAS_MOUSE, 0);
    relative(REL_X, 100000);
    relative(REL_Y, -40000);
    sync_report(&engine);
    /* What would merge beyond the field's range stays apart. */
    while (InputReportQueuePeek(&engine.Queue) != NULL) {
        INPUT_POINTER_REPORT report = next();

        sum_x += (int16_t)report.X;
        sum_y += (int16_t)report.Y;
        reports++;
    }
    assert_int_equal(sum_x, 100000);
    assert_int_equal(sum_y, -40000);
    assert_int_equal(reports, 4);
}

static void mouse_click_within_a_frame(void **state)
{
    INPUT_POINTER_REPORT report;

    (void)state;
    start(INPUT_HAS_MOUSE, 0);
    relative(REL_X, 2);
    send(&engine, EV_KEY, BTN_LEFT, 1);
    send(&engine, EV_KEY, BTN_LEFT, 0);
    relative(REL_X, 3);
    sync_report(&engine);
    report = next();
    assert_int_equal(report.Buttons, 1);
    assert_int_equal(report.X, 2);
    report = next();
    assert_int_equal(report.Buttons, 0);
    assert_int_equal(report.X, 3);
    expect_nothing();
}

static void wheel_in_detents(void **state)
{
    INPUT_POINTER_REPORT report;

    (void)state;
    start(INPUT_HAS_MOUSE, 1u << REL_WHEEL | 1u << REL_HWHEEL);
    relative(REL_WHEEL, -2);
    relative(REL_HWHEEL, 1);
    relative(REL_WHEEL_HI_RES, 120); /* never offered */
    sync_report(&engine);
    report = next();
    assert_int_equal(report.Wheel, -2);
    assert_int_equal(report.Pan, 1);
    assert_false(InputEngineSetFeature(&engine, (const uint8_t[]){INPUT_REPORT_MOUSE_WHEEL, 1}, 2));
}

static void wheel_fine(void **state)
{
    uint8_t feature[INPUT_REPORT_BYTES_MAX];

    (void)state;
    start(INPUT_HAS_MOUSE, (uint16_t)(1u << REL_WHEEL | 1u << REL_WHEEL_HI_RES | 1u << REL_HWHEEL));
    /* Until the host asks, whole detents; the rest waits. */
    for (int i = 0; i < 5; i++) {
        relative(REL_WHEEL_HI_RES, 50);
        relative(REL_WHEEL, 1); /* the same motion, said twice */
        sync_report(&engine);
    }
    assert_int_equal(next().Wheel, 2); /* 250 units, motion coalesced */
    expect_nothing();
    assert_int_equal(InputEngineGetFeature(&engine, INPUT_REPORT_MOUSE_WHEEL, feature), 2);
    assert_int_equal(feature[1], 0);
    assert_true(InputEngineSetFeature(&engine, (const uint8_t[]){INPUT_REPORT_MOUSE_WHEEL, 1}, 2));
    assert_int_equal(InputEngineGetFeature(&engine, INPUT_REPORT_MOUSE_WHEEL, feature), 2);
    assert_int_equal(feature[1], 1);
    relative(REL_WHEEL_HI_RES, 7);
    relative(REL_HWHEEL, -1); /* not fine by itself, but counted in the same unit */
    sync_report(&engine);
    INPUT_POINTER_REPORT report = next();
    assert_int_equal(report.Wheel, 17); /* the 10 that were left, too */
    assert_int_equal(report.Pan, -120);
}

static void tablet_positions(void **state)
{
    INPUT_POINTER_REPORT report;

    (void)state;
    start(INPUT_HAS_TABLET, 1u << REL_WHEEL);
    send(&engine, EV_ABS, ABS_X, 32767);
    send(&engine, EV_ABS, ABS_Y, 1);
    sync_report(&engine);
    report = next();
    assert_int_equal(report.Id, INPUT_REPORT_TABLET);
    assert_int_equal(report.X, 32767);
    assert_int_equal(report.Y, 1);
    send(&engine, EV_KEY, BTN_TOUCH, 1);
    sync_report(&engine);
    report = next();
    assert_int_equal(report.Buttons, 1);
    assert_int_equal(report.X, 32767); /* a click does not move */
    send(&engine, EV_KEY, BTN_LEFT, 1);
    send(&engine, EV_KEY, BTN_TOUCH, 0);
    sync_report(&engine);
    assert_int_equal(next().Buttons, 1);
    send(&engine, EV_KEY, BTN_LEFT, 0);
    send(&engine, EV_KEY, BTN_SIDE, 1);
    relative(REL_WHEEL, 3);
    sync_report(&engine);
    report = next();
    assert_int_equal(report.Buttons, 8);
    assert_int_equal(report.Wheel, 3);
    send(&engine, EV_ABS, ABS_X, 32767); /* where it is already */
    sync_report(&engine);
    expect_nothing();
}

static void coalesce_motion_not_clicks(void **state)
{
    INPUT_POINTER_REPORT report;

    (void)state;
    start(INPUT_HAS_TABLET, 0);
    for (int i = 1; i <= 100; i++) {
        send(&engine, EV_ABS, ABS_X, i);
        sync_report(&engine);
    }
    send(&engine, EV_KEY, BTN_LEFT, 1);
    sync_report(&engine);
    for (int i = 101; i <= 200; i++) {
        send(&engine, EV_ABS, ABS_X, i);
        sync_report(&engine);
    }
    send(&engine, EV_KEY, BTN_LEFT, 0);
    sync_report(&engine);
    assert_int_equal(InputReportQueueDepth(&engine.Queue), 4);
    report = next();
    assert_int_equal(report.X, 100);
    report = next(); /* the click stays where it was made */
    assert_int_equal(report.Buttons, 1);
    assert_int_equal(report.X, 100);
    report = next();
    assert_int_equal(report.Buttons, 1);
    assert_int_equal(report.X, 200);
    report = next();
    assert_int_equal(report.Buttons, 0);
    assert_int_equal(report.X, 200);
}

static void slot(int32_t index, int32_t tracking)
{
    send(&engine, EV_ABS, ABS_MT_SLOT, index);
    send(&engine, EV_ABS, ABS_MT_TRACKING_ID, tracking);
}

static INPUT_TOUCH_REPORT next_touch(void)
{
    INPUT_TOUCH_REPORT report;

    assert_int_equal(take(&engine, &report), sizeof(report));
    assert_int_equal(report.Id, INPUT_REPORT_TOUCH);
    return report;
}

static void touch_down_move_up(void **state)
{
    INPUT_TOUCH_REPORT report;

    (void)state;
    start(INPUT_HAS_TOUCH, 0);
    slot(0, 100);
    send(&engine, EV_ABS, ABS_MT_POSITION_X, 10);
    send(&engine, EV_ABS, ABS_MT_POSITION_Y, 20);
    slot(3, 101);
    send(&engine, EV_ABS, ABS_MT_POSITION_X, 30);
    sync_report(&engine);
    report = next_touch();
    assert_int_equal(report.Count, 2);
    assert_int_equal(report.Contacts[0].Flags, 3);
    assert_int_equal(report.Contacts[0].Identifier, 0);
    assert_int_equal(report.Contacts[0].X, 10);
    assert_int_equal(report.Contacts[0].Y, 20);
    assert_int_equal(report.Contacts[1].Identifier, 3);
    assert_int_equal(report.Contacts[1].X, 30);
    slot(0, -1);
    sync_report(&engine);
    report = next_touch();
    assert_int_equal(report.Count, 2); /* the one that left says so once */
    assert_int_equal(report.Contacts[0].Flags, 0);
    assert_int_equal(report.Contacts[0].X, 10);
    assert_int_equal(report.Contacts[1].Flags, 3);
    send(&engine, EV_ABS, ABS_MT_SLOT, 3);
    send(&engine, EV_ABS, ABS_MT_POSITION_X, 31);
    sync_report(&engine);
    report = next_touch();
    assert_int_equal(report.Count, 1);
    assert_int_equal(report.Contacts[0].X, 31);
    InputEngineReleaseAll(&engine);
    report = next_touch();
    assert_int_equal(report.Count, 1);
    assert_int_equal(report.Contacts[0].Flags, 0);
    expect_nothing();
}

/* The device is lost in the midst of a frame: what is said of a place by then may be half of it. */
static void touch_frame_without_an_end(void **state)
{
    INPUT_TOUCH_REPORT report;

    (void)state;
    start(INPUT_HAS_TOUCH, 0);
    slot(0, 1);
    send(&engine, EV_ABS, ABS_MT_POSITION_X, 10);
    send(&engine, EV_ABS, ABS_MT_POSITION_Y, 20);
    sync_report(&engine);
    assert_int_equal(next_touch().Contacts[0].X, 10);
    send(&engine, EV_ABS, ABS_MT_POSITION_X, 500);
    slot(1, 2);
    send(&engine, EV_ABS, ABS_MT_POSITION_X, 700);
    InputEngineReleaseAll(&engine);
    report = next_touch();
    assert_int_equal(report.Count, 1); /* the second one never was */
    assert_int_equal(report.Contacts[0].Flags, 0);
    assert_int_equal(report.Contacts[0].X, 10);
    assert_int_equal(report.Contacts[0].Y, 20);
    expect_nothing();
    slot(2, 3);
    InputEngineReleaseAll(&engine);
    expect_nothing();
    slot(2, 4);
    sync_report(&engine);
    assert_int_equal(next_touch().Contacts[0].Flags, 3);
}

static void tablet_frame_without_an_end(void **state)
{
    INPUT_POINTER_REPORT report;

    (void)state;
    start(INPUT_HAS_TABLET, 0);
    send(&engine, EV_ABS, ABS_X, 100);
    send(&engine, EV_ABS, ABS_Y, 200);
    send(&engine, EV_KEY, BTN_LEFT, 1);
    sync_report(&engine);
    assert_int_equal(next().Buttons, 1);
    send(&engine, EV_ABS, ABS_X, 9000);
    send(&engine, EV_KEY, BTN_RIGHT, 1);
    InputEngineReleaseAll(&engine);
    report = next();
    assert_int_equal(report.Buttons, 0);
    assert_int_equal(report.X, 100);
    assert_int_equal(report.Y, 200);
    expect_nothing();
    send(&engine, EV_ABS, ABS_X, 9000);
    InputEngineReleaseAll(&engine);
    expect_nothing();
    send(&engine, EV_KEY, BTN_RIGHT, 1);
    sync_report(&engine);
    report = next();
    assert_int_equal(report.Buttons, 2);
    assert_int_equal(report.X, 100);
}

static void touch_contact_replaced_in_its_slot(void **state)
{
    (void)state;
    start(INPUT_HAS_TOUCH, 0);
    slot(0, 1);
    sync_report(&engine);
    assert_int_equal(next_touch().Contacts[0].Flags, 3);
    slot(0, 2); /* without an end */
    sync_report(&engine);
    assert_int_equal(next_touch().Contacts[0].Flags, 0);
    assert_int_equal(next_touch().Contacts[0].Flags, 3);
    expect_nothing();
    slot(1, 7); /* down and up in one frame */
    send(&engine, EV_ABS, ABS_MT_TRACKING_ID, -1);
    sync_report(&engine);
    assert_int_equal(next_touch().Contacts[1].Flags, 3);
    assert_int_equal(next_touch().Contacts[1].Flags, 0);
    expect_nothing();
}

static void touch_more_contacts_than_a_report_holds(void **state)
{
    INPUT_TOUCH_REPORT report;

    (void)state;
    INPUT_CAPABILITIES capabilities = plain(INPUT_HAS_TOUCH);
    capabilities.TouchSlots = INPUT_TOUCH_SLOTS;
    InputEngineInit(&engine, &capabilities, true);
    for (int i = 0; i < 20; i++) {
        slot(i, i); /* four more than are kept */
    }
    sync_report(&engine);
    report = next_touch();
    assert_int_equal(report.Count, 16);
    report = next_touch();
    assert_int_equal(report.Count, 0);
    assert_int_equal(report.Contacts[5].Identifier, 15);
    assert_int_equal(report.Contacts[6].Flags, 0);
    expect_nothing();
    uint8_t feature[INPUT_REPORT_BYTES_MAX];
    assert_int_equal(InputEngineGetFeature(&engine, INPUT_REPORT_TOUCH_MAXIMUM, feature), 2);
    assert_int_equal(feature[1], 16);
}

static void overflow_ends_in_the_state_that_is(void **state)
{
    INPUT_POINTER_REPORT report = {0};

    (void)state;
    start(INPUT_HAS_MOUSE, 0);
    for (int i = 0; i < 2001; i++) {
        send(&engine, EV_KEY, BTN_LEFT, (i + 1) % 2);
        sync_report(&engine);
    }
    assert_true(engine.Queue.Overruns > 0);
    assert_int_equal(engine.Resyncs, engine.Queue.Overruns);
    while (InputReportQueuePeek(&engine.Queue) != NULL) {
        report = next();
    }
    assert_int_equal(report.Buttons, 1);
}

static void overflow_of_touch_says_every_end(void **state)
{
    uint8_t down = 0xFF;

    (void)state;
    start(INPUT_HAS_TOUCH, 0);
    slot(5, 1);
    sync_report(&engine);
    assert_int_equal(next_touch().Contacts[0].Identifier, 5);
    slot(5, -1); /* its report is about to be lost */
    sync_report(&engine);
    for (int i = 0; i < INPUT_REPORT_QUEUE_LENGTH; i++) {
        slot(0, i % 2 == 0 ? i : -1);
        sync_report(&engine);
    }
    assert_true(engine.Resyncs > 0);
    while (InputReportQueuePeek(&engine.Queue) != NULL) {
        INPUT_TOUCH_REPORT report = next_touch();

        for (uint8_t i = 0; i < report.Count; i++) {
            if (report.Contacts[i].Identifier == 5) {
                down = report.Contacts[i].Flags;
            }
        }
    }
    assert_int_equal(down, 0);
}

/* More motion than the queue has reports for once pushed out the report that a key was released. */
static void overflow_by_motion_leaves_no_key_held(void **state)
{
    bool held = false;

    (void)state;
    start(INPUT_HAS_KEYBOARD | INPUT_HAS_MOUSE, 1u << REL_WHEEL_HI_RES);
    engine.Mouse.WheelUnits = true;
    send(&engine, EV_KEY, KEY_A, 1);
    sync_report(&engine);
    send(&engine, EV_KEY, KEY_A, 0);
    send(&engine, EV_REL, REL_X, INT32_MAX);
    send(&engine, EV_REL, REL_Y, INT32_MIN);
    send(&engine, EV_REL, REL_WHEEL_HI_RES, INT32_MAX);
    send(&engine, EV_REL, REL_HWHEEL, INT32_MIN);
    sync_report(&engine);
    assert_int_equal(engine.Queue.Overruns, 0);
    for (const INPUT_QUEUED_REPORT *report; (report = InputReportQueuePeek(&engine.Queue)) != NULL;) {
        if (report->Bytes[0] == INPUT_REPORT_KEYBOARD) {
            held = report->Bytes[3] != 0;
        }
        InputReportQueueDrop(&engine.Queue);
    }
    assert_false(held);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(mouse_buttons_and_motion),
    cmocka_unit_test(mouse_large_deltas_are_split),
    cmocka_unit_test(mouse_click_within_a_frame),
    cmocka_unit_test(wheel_in_detents),
    cmocka_unit_test(wheel_fine),
    cmocka_unit_test(tablet_positions),
    cmocka_unit_test(tablet_frame_without_an_end),
    cmocka_unit_test(coalesce_motion_not_clicks),
    cmocka_unit_test(touch_down_move_up),
    cmocka_unit_test(touch_frame_without_an_end),
    cmocka_unit_test(touch_contact_replaced_in_its_slot),
    cmocka_unit_test(touch_more_contacts_than_a_report_holds),
    cmocka_unit_test(overflow_ends_in_the_state_that_is),
    cmocka_unit_test(overflow_of_touch_says_every_end),
    cmocka_unit_test(overflow_by_motion_leaves_no_key_held),
};

UNIT_MAIN(tests)
