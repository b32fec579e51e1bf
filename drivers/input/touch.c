/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "touch.h"

#include <stddef.h>

void InputTouchInit(INPUT_TOUCH *touch, const INPUT_CAPABILITIES *capabilities)
{
    *touch = (INPUT_TOUCH){0};
    if ((capabilities->Collections & INPUT_HAS_TOUCH) == 0) {
        return;
    }
    touch->SlotCount = capabilities->TouchSlots;
    touch->RangeX = capabilities->X;
    touch->RangeY = capabilities->Y;
    for (uint8_t i = 0; i < INPUT_TOUCH_SLOTS; i++) {
        touch->Slots[i].Tracking = -1;
    }
}

static INPUT_SLOT *CurrentSlot(INPUT_TOUCH *touch)
{
    return touch->Slot < touch->SlotCount ? &touch->Slots[touch->Slot] : NULL;
}

bool InputTouchReplaces(const INPUT_TOUCH *touch, uint16_t code, int32_t value)
{
    return code == INPUT_ABS_MT_TRACKING_ID && touch->Slot < touch->SlotCount && value >= 0 &&
           touch->Slots[touch->Slot].Down && touch->Slots[touch->Slot].Tracking != value;
}

bool InputTouchChangedTwice(const INPUT_TOUCH *touch, uint16_t code, int32_t value)
{
    const INPUT_SLOT *slot;

    if (code != INPUT_ABS_MT_TRACKING_ID || touch->Slot >= touch->SlotCount) {
        return false;
    }
    slot = &touch->Slots[touch->Slot];
    if (slot->Down && !slot->Reported && value != slot->Tracking) {
        return true;
    }
    return !slot->Down && slot->Ended && value >= 0;
}

static void BeginContact(INPUT_TOUCH *touch, INPUT_SLOT *slot, int32_t tracking)
{
    slot->Tracking = tracking;
    slot->Down = true;
    touch->Dirty = touch->Changed = true;
}

static void EndContact(INPUT_TOUCH *touch, INPUT_SLOT *slot)
{
    if (!slot->Down) {
        return;
    }
    slot->Tracking = -1;
    slot->Down = false;
    slot->Ended = slot->Reported;
    touch->Dirty = touch->Changed = true;
}

static void Move(INPUT_TOUCH *touch, const INPUT_SLOT *slot, uint16_t *axis, uint16_t value)
{
    touch->Dirty = touch->Dirty || (slot->Down && *axis != value);
    *axis = value;
}

bool InputTouchAbsolute(INPUT_TOUCH *touch, uint16_t code, int32_t value)
{
    INPUT_SLOT *slot = CurrentSlot(touch);

    if (touch->SlotCount == 0) {
        return false;
    }
    if (code == INPUT_ABS_MT_SLOT) {
        touch->Slot = value >= 0 && value < touch->SlotCount ? (uint8_t)value : INPUT_TOUCH_SLOTS;
        return true;
    }
    if (code != INPUT_ABS_MT_TRACKING_ID && code != INPUT_ABS_MT_POSITION_X && code != INPUT_ABS_MT_POSITION_Y) {
        return false;
    }
    if (slot == NULL) {
        return true; /* of a contact more than are kept */
    }
    if (code == INPUT_ABS_MT_POSITION_X) {
        Move(touch, slot, &slot->X, InputScale(value, touch->RangeX));
    } else if (code == INPUT_ABS_MT_POSITION_Y) {
        Move(touch, slot, &slot->Y, InputScale(value, touch->RangeY));
    } else if (value < 0) {
        EndContact(touch, slot);
    } else if (!slot->Down) {
        BeginContact(touch, slot, value);
    }
    return true;
}

void InputTouchAbandonFrame(INPUT_TOUCH *touch)
{
    touch->Dirty = touch->Changed = false;
    for (uint8_t i = 0; i < touch->SlotCount; i++) {
        INPUT_SLOT *slot = &touch->Slots[i];

        if (slot->Down && !slot->Reported) {
            slot->Tracking = -1;
            slot->Down = false;
        }
        slot->X = slot->ToldX;
        slot->Y = slot->ToldY;
        touch->Dirty = touch->Changed = touch->Dirty || slot->Ended;
    }
}

void InputTouchRelease(INPUT_TOUCH *touch)
{
    for (uint8_t i = 0; i < touch->SlotCount; i++) {
        EndContact(touch, &touch->Slots[i]);
    }
}

void InputTouchResend(INPUT_TOUCH *touch)
{
    touch->FrameNext = touch->FrameCount;
    touch->Dirty = touch->Changed = touch->SlotCount != 0;
    for (uint8_t i = 0; i < touch->SlotCount; i++) {
        touch->Slots[i].Ended = !touch->Slots[i].Down;
    }
}

/* A frame is every contact that is down and every one that has just gone, each once. */
static void BeginFrame(INPUT_TOUCH *touch)
{
    touch->FrameCount = 0;
    touch->FrameNext = 0;
    for (uint8_t i = 0; i < touch->SlotCount; i++) {
        if (touch->Slots[i].Down || touch->Slots[i].Ended) {
            touch->Order[touch->FrameCount++] = i;
        }
    }
}

static INPUT_CONTACT Contact(const INPUT_TOUCH *touch, uint8_t index)
{
    const INPUT_SLOT *slot = &touch->Slots[index];

    return (INPUT_CONTACT){
        .Flags = slot->Down ? INPUT_CONTACT_TIP | INPUT_CONTACT_IN_RANGE : 0,
        .Identifier = index,
        .X = slot->X,
        .Y = slot->Y,
    };
}

bool InputTouchReport(INPUT_TOUCH *touch, INPUT_TOUCH_REPORT *report, bool *motion)
{
    if (touch->FrameNext == touch->FrameCount) {
        if (!touch->Dirty) {
            touch->Changed = false;
            return false;
        }
        touch->Dirty = false;
        BeginFrame(touch);
        if (touch->FrameCount == 0) {
            return false; /* it came and went unseen */
        }
    }
    *report = (INPUT_TOUCH_REPORT){.Id = INPUT_REPORT_TOUCH};
    report->Count = touch->FrameNext == 0 ? touch->FrameCount : 0;
    *motion = !touch->Changed && touch->FrameCount <= INPUT_CONTACTS_PER_REPORT;
    for (uint8_t i = 0; i < INPUT_CONTACTS_PER_REPORT && touch->FrameNext < touch->FrameCount; i++) {
        INPUT_SLOT *slot = &touch->Slots[touch->Order[touch->FrameNext]];

        report->Contacts[i] = Contact(touch, touch->Order[touch->FrameNext++]);
        slot->Reported = slot->Down;
        slot->ToldX = slot->X;
        slot->ToldY = slot->Y;
        slot->Ended = false;
    }
    return true;
}

void InputTouchCompose(const INPUT_TOUCH *touch, INPUT_TOUCH_REPORT *report)
{
    *report = (INPUT_TOUCH_REPORT){.Id = INPUT_REPORT_TOUCH};
    for (uint8_t i = 0; i < touch->SlotCount && report->Count < INPUT_CONTACTS_PER_REPORT; i++) {
        if (touch->Slots[i].Down) {
            report->Contacts[report->Count++] = Contact(touch, i);
        }
    }
}
