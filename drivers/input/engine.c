/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "engine.h"

#include "report_descriptor.h"

#define VALUE_REPEAT 2 /* EV_KEY: Windows repeats keys itself */

void InputEngineInit(INPUT_ENGINE *engine, const INPUT_CAPABILITIES *capabilities, bool moreKeys)
{
    *engine = (INPUT_ENGINE){0};
    engine->Capabilities = *capabilities;
    InputKeyboardInit(&engine->Keyboard, capabilities->Collections, moreKeys);
    InputPointerInit(&engine->Mouse, capabilities, INPUT_REPORT_MOUSE);
    InputPointerInit(&engine->Tablet, capabilities, INPUT_REPORT_TABLET);
    InputTouchInit(&engine->Touch, capabilities);
}

static bool FlushKeyboard(INPUT_ENGINE *engine)
{
    uint8_t report[INPUT_REPORT_BYTES_MAX];
    uint8_t length;

    while ((length = InputKeyboardReport(&engine->Keyboard, report)) != 0) {
        if (!InputReportQueuePush(&engine->Queue, report, length, false)) {
            return false;
        }
    }
    return true;
}

static bool FlushPointer(INPUT_ENGINE *engine, INPUT_POINTER *pointer)
{
    INPUT_POINTER_REPORT report;
    bool motion;

    while (pointer->Id != 0 && InputPointerReport(pointer, &report, &motion)) {
        if (!InputReportQueuePush(&engine->Queue, &report, sizeof(report), motion)) {
            return false;
        }
    }
    return true;
}

static bool FlushTouch(INPUT_ENGINE *engine)
{
    INPUT_TOUCH_REPORT report;
    bool motion;

    while (InputTouchReport(&engine->Touch, &report, &motion)) {
        if (!InputReportQueuePush(&engine->Queue, &report, sizeof(report), motion)) {
            return false;
        }
    }
    return true;
}

static bool FlushAll(INPUT_ENGINE *engine)
{
    return FlushKeyboard(engine) && FlushPointer(engine, &engine->Mouse) && FlushPointer(engine, &engine->Tablet) &&
           FlushTouch(engine);
}

/* The queue had to be emptied: every report of what is now goes into it. */
static void Resynchronise(INPUT_ENGINE *engine)
{
    engine->Resyncs++;
    InputKeyboardResend(&engine->Keyboard);
    engine->Mouse.Resend = engine->Tablet.Resend = true;
    InputTouchResend(&engine->Touch);
    (void)FlushAll(engine); /* the queue is empty and longer than all of them */
}

static void KeyEvent(INPUT_ENGINE *engine, uint16_t code, uint32_t value)
{
    const INPUT_USAGE *usage = InputKeymapFind(code);
    int button = InputPointerButton(code);
    bool down = value != 0;
    bool fits = true;

    if (value >= VALUE_REPEAT || (usage == NULL && button < 0)) {
        engine->EventsIgnored += value == VALUE_REPEAT ? 0 : 1;
        return;
    }
    if (usage != NULL) {
        if (InputKeyboardChangedTwice(&engine->Keyboard, code, down)) {
            fits = FlushAll(engine);
        }
        InputKeyboardKey(&engine->Keyboard, usage, down);
    } else {
        INPUT_POINTER *pointer = engine->Tablet.Id != 0 ? &engine->Tablet : &engine->Mouse;

        if (InputPointerChangedTwice(pointer, button, down)) {
            fits = FlushAll(engine);
        }
        InputPointerPress(pointer, button, down);
    }
    if (!fits) {
        Resynchronise(engine);
    }
}

static void TouchEvent(INPUT_ENGINE *engine, uint16_t code, int32_t value)
{
    if (InputTouchReplaces(&engine->Touch, code, value)) {
        TouchEvent(engine, code, -1);
    }
    if (InputTouchChangedTwice(&engine->Touch, code, value) && !FlushAll(engine)) {
        Resynchronise(engine);
    }
    if (!InputTouchAbsolute(&engine->Touch, code, value)) {
        engine->EventsIgnored++;
    }
}

static void SynEvent(INPUT_ENGINE *engine, uint16_t code)
{
    if (code == INPUT_SYN_DROPPED) {
        InputEngineReleaseAll(engine);
        engine->Dropping = true;
    } else if (code == INPUT_SYN_REPORT) {
        engine->Dropping = false;
        if (!FlushAll(engine)) {
            Resynchronise(engine);
        }
    } else {
        engine->EventsIgnored++;
    }
}

static void RelativeEvent(INPUT_ENGINE *engine, uint16_t code, int32_t value)
{
    bool mouse = InputPointerRelative(&engine->Mouse, code, value);

    /* A device that is both has one wheel. */
    if (!mouse && !InputPointerRelative(&engine->Tablet, code, value)) {
        engine->EventsIgnored++;
    }
}

static void LedEvent(INPUT_ENGINE *engine, uint16_t code, uint32_t value)
{
    if (code > INPUT_LED_KANA) {
        engine->EventsIgnored++;
        return;
    }
    engine->DeviceLeds = (uint8_t)((engine->DeviceLeds & ~(1u << code)) | ((value != 0 ? 1u : 0u) << code));
}

void InputEngineEvent(INPUT_ENGINE *engine, const VIRTIO_INPUT_EVENT *event)
{
    engine->Events++;
    if (event->Type == INPUT_EV_SYN) {
        SynEvent(engine, event->Code);
        return;
    }
    if (engine->Dropping) {
        return;
    }
    switch (event->Type) {
    case INPUT_EV_KEY:
        KeyEvent(engine, event->Code, event->Value);
        break;
    case INPUT_EV_REL:
        RelativeEvent(engine, event->Code, (int32_t)event->Value);
        break;
    case INPUT_EV_ABS:
        if (!InputPointerAbsolute(&engine->Tablet, event->Code, (int32_t)event->Value)) {
            TouchEvent(engine, event->Code, (int32_t)event->Value);
        }
        break;
    case INPUT_EV_LED:
        LedEvent(engine, event->Code, event->Value);
        break;
    default:
        engine->EventsIgnored++;
        break;
    }
}

void InputEngineReleaseAll(INPUT_ENGINE *engine)
{
    bool fits;

    /* What came before is told first: a key pressed in this very frame was pressed. But half a place is no place. */
    InputPointerAbandonFrame(&engine->Tablet);
    InputTouchAbandonFrame(&engine->Touch);
    fits = FlushAll(engine);
    InputKeyboardRelease(&engine->Keyboard);
    InputPointerRelease(&engine->Mouse);
    InputPointerRelease(&engine->Tablet);
    InputTouchRelease(&engine->Touch);
    if (!FlushAll(engine) || !fits) {
        Resynchronise(engine);
    }
}

static INPUT_POINTER *WheelFeature(INPUT_ENGINE *engine, uint8_t id)
{
    if (!InputHasFineWheel(&engine->Capabilities)) {
        return NULL;
    }
    if (id == INPUT_REPORT_MOUSE_WHEEL && engine->Mouse.Id != 0) {
        return &engine->Mouse;
    }
    return id == INPUT_REPORT_TABLET_WHEEL && engine->Tablet.Id != 0 ? &engine->Tablet : NULL;
}

bool InputEngineSetFeature(INPUT_ENGINE *engine, const uint8_t *report, uint32_t length)
{
    INPUT_POINTER *pointer;

    if (length < sizeof(INPUT_WHEEL_FEATURE)) {
        return false;
    }
    pointer = WheelFeature(engine, report[0]);
    if (pointer == NULL) {
        return false;
    }
    pointer->WheelUnits = (report[1] & 1u) != 0;
    return true;
}

uint8_t InputEngineGetFeature(const INPUT_ENGINE *engine, uint8_t id, uint8_t *report)
{
    INPUT_ENGINE *unchanged = (INPUT_ENGINE *)(uintptr_t)engine;
    const INPUT_POINTER *pointer = WheelFeature(unchanged, id);

    report[0] = id;
    if (pointer != NULL) {
        report[1] = pointer->WheelUnits ? 1 : 0;
        return sizeof(INPUT_WHEEL_FEATURE);
    }
    if (id == INPUT_REPORT_TOUCH_MAXIMUM && engine->Touch.SlotCount != 0) {
        report[1] = engine->Touch.SlotCount;
        return sizeof(INPUT_TOUCH_MAXIMUM_FEATURE);
    }
    return 0;
}

uint8_t InputEngineGetInput(const INPUT_ENGINE *engine, uint8_t id, uint8_t *report)
{
    if (id == INPUT_REPORT_MOUSE && engine->Mouse.Id != 0) {
        InputPointerCompose(&engine->Mouse, (INPUT_POINTER_REPORT *)(void *)report);
        return sizeof(INPUT_POINTER_REPORT);
    }
    if (id == INPUT_REPORT_TABLET && engine->Tablet.Id != 0) {
        InputPointerCompose(&engine->Tablet, (INPUT_POINTER_REPORT *)(void *)report);
        return sizeof(INPUT_POINTER_REPORT);
    }
    if (id == INPUT_REPORT_TOUCH && engine->Touch.SlotCount != 0) {
        InputTouchCompose(&engine->Touch, (INPUT_TOUCH_REPORT *)(void *)report);
        return sizeof(INPUT_TOUCH_REPORT);
    }
    return InputKeyboardCompose(&engine->Keyboard, id, report);
}
