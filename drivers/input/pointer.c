/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pointer.h"

#define TOUCH_BUTTON 8
#define DELTA_MAXIMUM 32767
/* What one frame may move: 64 reports of motion, and of a wheel no more in either unit. The queue has room for all that
 * one frame can make, so that after it had to be emptied the state as it is fits in. */
#define MOTION_MAXIMUM (64 * DELTA_MAXIMUM)
#define WHEEL_MAXIMUM (64 * (DELTA_MAXIMUM / INPUT_WHEEL_UNITS_PER_DETENT))

void InputPointerInit(INPUT_POINTER *pointer, const INPUT_CAPABILITIES *capabilities, uint8_t id)
{
    uint32_t collection = id == INPUT_REPORT_MOUSE ? INPUT_HAS_MOUSE : INPUT_HAS_TABLET;

    *pointer = (INPUT_POINTER){0};
    if ((capabilities->Collections & collection) == 0) {
        return;
    }
    pointer->Id = id;
    pointer->FineWheel = InputHasRelative(capabilities, INPUT_REL_WHEEL_HI_RES);
    pointer->FinePan = InputHasRelative(capabilities, INPUT_REL_HWHEEL_HI_RES);
    pointer->RangeX = capabilities->X;
    pointer->RangeY = capabilities->Y;
}

int InputPointerButton(uint16_t code)
{
    if (code >= INPUT_BTN_LEFT && code <= INPUT_BTN_TASK) {
        return code - INPUT_BTN_LEFT;
    }
    return code == INPUT_BTN_TOUCH ? TOUCH_BUTTON : -1;
}

bool InputPointerChangedTwice(const INPUT_POINTER *pointer, int button, bool down)
{
    uint16_t bit = (uint16_t)(1u << button);

    return (pointer->Changed & bit) != 0 && ((pointer->Held & bit) != 0) != down;
}

void InputPointerPress(INPUT_POINTER *pointer, int button, bool down)
{
    uint16_t bit = (uint16_t)(1u << button);

    if (pointer->Id == 0 || ((pointer->Held & bit) != 0) == down) {
        return;
    }
    pointer->Held = (uint16_t)(pointer->Held ^ bit);
    pointer->Changed |= bit;
}

static void Accumulate(int32_t *pending, int32_t value, int32_t maximum)
{
    int64_t sum = (int64_t)*pending + value;

    if (sum > maximum) {
        sum = maximum;
    }
    if (sum < -maximum) {
        sum = -maximum;
    }
    *pending = (int32_t)sum;
}

bool InputPointerRelative(INPUT_POINTER *pointer, uint16_t code, int32_t value)
{
    if (pointer->Id == 0) {
        return false;
    }
    switch (code) {
    case INPUT_REL_X:
    case INPUT_REL_Y:
        if (pointer->Id != INPUT_REPORT_MOUSE) {
            return false;
        }
        Accumulate(code == INPUT_REL_X ? &pointer->DeltaX : &pointer->DeltaY, value, MOTION_MAXIMUM);
        return true;
    case INPUT_REL_WHEEL:
        Accumulate(&pointer->Wheel, pointer->FineWheel ? 0 : value, WHEEL_MAXIMUM);
        return true;
    case INPUT_REL_HWHEEL:
        Accumulate(&pointer->Pan, pointer->FinePan ? 0 : value, WHEEL_MAXIMUM);
        return true;
    case INPUT_REL_WHEEL_HI_RES:
        Accumulate(&pointer->Wheel, pointer->FineWheel ? value : 0, WHEEL_MAXIMUM);
        return pointer->FineWheel;
    case INPUT_REL_HWHEEL_HI_RES:
        Accumulate(&pointer->Pan, pointer->FinePan ? value : 0, WHEEL_MAXIMUM);
        return pointer->FinePan;
    default:
        return false;
    }
}

bool InputPointerAbsolute(INPUT_POINTER *pointer, uint16_t code, int32_t value)
{
    uint16_t *axis = code == INPUT_ABS_X ? &pointer->X : &pointer->Y;
    uint16_t scaled;

    if (pointer->Id != INPUT_REPORT_TABLET || (code != INPUT_ABS_X && code != INPUT_ABS_Y)) {
        return false;
    }
    scaled = InputScale(value, code == INPUT_ABS_X ? pointer->RangeX : pointer->RangeY);
    pointer->Moved = pointer->Moved || *axis != scaled;
    *axis = scaled;
    return true;
}

void InputPointerAbandonFrame(INPUT_POINTER *pointer)
{
    uint16_t pressed = (uint16_t)(pointer->Held & pointer->Changed);

    if (pointer->Id != INPUT_REPORT_TABLET) {
        return;
    }
    pointer->Held = (uint16_t)(pointer->Held & ~pressed);
    pointer->Changed = (uint16_t)(pointer->Changed & ~pressed);
    pointer->X = pointer->ToldX;
    pointer->Y = pointer->ToldY;
    pointer->Moved = false;
}

void InputPointerRelease(INPUT_POINTER *pointer)
{
    pointer->Changed |= pointer->Held;
    pointer->Held = 0;
    pointer->DeltaX = pointer->DeltaY = pointer->Wheel = pointer->Pan = 0;
    pointer->Moved = false;
}

/* As much of `pending` as one report takes. */
static int16_t Take(int32_t *pending)
{
    int32_t part = *pending;

    if (part > DELTA_MAXIMUM) {
        part = DELTA_MAXIMUM;
    }
    if (part < -DELTA_MAXIMUM) {
        part = -DELTA_MAXIMUM;
    }
    *pending -= part;
    return (int16_t)part;
}

/* In the unit that the host asked for. `fine`: pending is in 1/120 detents. */
static int16_t TakeWheel(int32_t *pending, bool fine, bool units)
{
    int32_t detents;
    int16_t part;

    if (fine && !units) {
        detents = *pending / INPUT_WHEEL_UNITS_PER_DETENT;
        part = Take(&detents);
        *pending -= part * INPUT_WHEEL_UNITS_PER_DETENT;
        return part;
    }
    if (!fine && units) {
        /* One Resolution Multiplier for both: a device with one fine wheel has the other counted in the same unit. */
        detents = *pending;
        if (detents > DELTA_MAXIMUM / INPUT_WHEEL_UNITS_PER_DETENT) {
            detents = DELTA_MAXIMUM / INPUT_WHEEL_UNITS_PER_DETENT;
        }
        if (detents < -(DELTA_MAXIMUM / INPUT_WHEEL_UNITS_PER_DETENT)) {
            detents = -(DELTA_MAXIMUM / INPUT_WHEEL_UNITS_PER_DETENT);
        }
        *pending -= detents;
        return (int16_t)(detents * INPUT_WHEEL_UNITS_PER_DETENT);
    }
    return Take(pending);
}

void InputPointerCompose(const INPUT_POINTER *pointer, INPUT_POINTER_REPORT *report)
{
    *report = (INPUT_POINTER_REPORT){.Id = pointer->Id};
    report->Buttons = (uint8_t)(pointer->Held | ((pointer->Held >> TOUCH_BUTTON) & 1u));
    if (pointer->Id == INPUT_REPORT_TABLET) {
        report->X = pointer->X;
        report->Y = pointer->Y;
    }
}

bool InputPointerReport(INPUT_POINTER *pointer, INPUT_POINTER_REPORT *report, bool *motion)
{
    bool changed = pointer->Changed != 0 || pointer->Resend;

    InputPointerCompose(pointer, report);
    if (pointer->Id == INPUT_REPORT_MOUSE) {
        report->X = (uint16_t)Take(&pointer->DeltaX);
        report->Y = (uint16_t)Take(&pointer->DeltaY);
    }
    report->Wheel = TakeWheel(&pointer->Wheel, pointer->FineWheel, pointer->WheelUnits);
    report->Pan = TakeWheel(&pointer->Pan, pointer->FinePan, pointer->WheelUnits);
    if (!changed && !pointer->Moved && report->Wheel == 0 && report->Pan == 0 &&
        (pointer->Id == INPUT_REPORT_TABLET || (report->X == 0 && report->Y == 0))) {
        return false;
    }
    *motion = !changed;
    pointer->Changed = 0;
    pointer->Moved = false;
    pointer->ToldX = pointer->X;
    pointer->ToldY = pointer->Y;
    pointer->Resend = false;
    return pointer->Id != 0;
}
