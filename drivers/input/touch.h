/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Contacts of a multi-touch screen (Linux "Multi-touch Protocol", type B: slots with tracking identifiers), and the
 * reports of a Windows 7 digitizer. Portable.
 */
#ifndef AERO_INPUT_TOUCH_H
#define AERO_INPUT_TOUCH_H

#include "report.h"

typedef struct INPUT_SLOT {
    int32_t Tracking; /* -1: no contact */
    uint16_t X, Y;
    uint16_t ToldX, ToldY; /* in the last report */
    bool Down;             /* a contact */
    bool Reported;         /* it was down in the last report */
    bool Ended;            /* a contact has ended since the last report */
} INPUT_SLOT;

typedef struct INPUT_TOUCH {
    uint8_t SlotCount; /* 0: the device has no touch screen */
    uint8_t Slot;      /* that events speak of; SlotCount or more: none that is kept */
    bool Dirty;        /* something to report */
    bool Changed;      /* a contact came or went since the last report */
    INPUT_RANGE RangeX, RangeY;
    INPUT_SLOT Slots[INPUT_TOUCH_SLOTS];
    uint8_t Order[INPUT_TOUCH_SLOTS]; /* of the frame that is being reported */
    uint8_t FrameCount, FrameNext;
} INPUT_TOUCH;

void InputTouchInit(INPUT_TOUCH *touch, const INPUT_CAPABILITIES *capabilities);

/* The event begins a contact in a slot whose contact has not ended: its end has to come first. */
bool InputTouchReplaces(const INPUT_TOUCH *touch, uint16_t code, int32_t value);

/* The event would end a contact that has not been reported, or begin one where another's end has not. */
bool InputTouchChangedTwice(const INPUT_TOUCH *touch, uint16_t code, int32_t value);

/* False when the axis is none of a touch screen's. */
bool InputTouchAbsolute(INPUT_TOUCH *touch, uint16_t code, int32_t value);

/* The frame will never end: contacts that began in it never did, since where may be half said, and the others are where
 * they were. */
void InputTouchAbandonFrame(INPUT_TOUCH *touch);

/* Lifts every contact. */
void InputTouchRelease(INPUT_TOUCH *touch);

/* Every slot has to be told again, as contact or as ended: the reader may not know of an end. */
void InputTouchResend(INPUT_TOUCH *touch);

/* Writes the next report of the frame; false when there is none left. `motion`: no contact came or went. */
bool InputTouchReport(INPUT_TOUCH *touch, INPUT_TOUCH_REPORT *report, bool *motion);

/* As it stands now, as many contacts as one report takes. */
void InputTouchCompose(const INPUT_TOUCH *touch, INPUT_TOUCH_REPORT *report);

#endif
