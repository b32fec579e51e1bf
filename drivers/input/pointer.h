/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Buttons, motion and wheels of a mouse or a tablet, and the reports that say so. Portable. Motion is never lost: what
 * does not fit into one report goes into the next, what is less than a detent waits for the rest of it.
 */
#ifndef AERO_INPUT_POINTER_H
#define AERO_INPUT_POINTER_H

#include "report.h"

typedef struct INPUT_POINTER {
    uint8_t Id;     /* INPUT_REPORT_MOUSE or _TABLET; 0: the device has none */
    bool FineWheel; /* the device sends 1/120 detents; whole ones are then said twice and ignored */
    bool FinePan;
    bool WheelUnits; /* the host has set the Resolution Multiplier */
    INPUT_RANGE RangeX, RangeY;
    uint16_t Held;    /* bits 0 to 7: buttons; bit 8: BTN_TOUCH, which is the first button, too */
    uint16_t Changed; /* since the last report */
    int32_t DeltaX, DeltaY;
    uint16_t X, Y;         /* tablet: scaled */
    bool Moved;            /* tablet: since the last report */
    uint16_t ToldX, ToldY; /* tablet: in the last report */
    bool Resend;
    int32_t Wheel, Pan; /* not reported yet: 1/120 detents if FineWheel, FinePan, else detents */
} INPUT_POINTER;

void InputPointerInit(INPUT_POINTER *pointer, const INPUT_CAPABILITIES *capabilities, uint8_t id);

/* -1 when the key code is no button of a pointer. */
int InputPointerButton(uint16_t code);

bool InputPointerChangedTwice(const INPUT_POINTER *pointer, int button, bool down);
void InputPointerPress(INPUT_POINTER *pointer, int button, bool down);
/* False when the axis is none of the pointer's. */
bool InputPointerRelative(INPUT_POINTER *pointer, uint16_t code, int32_t value);
bool InputPointerAbsolute(INPUT_POINTER *pointer, uint16_t code, int32_t value);

/* The frame will never end: the place it speaks of may be half said, and a click there is none. Nothing to a mouse, whose
 * motion has happened. */
void InputPointerAbandonFrame(INPUT_POINTER *pointer);

/* All buttons up; motion that was not reported is dropped. */
void InputPointerRelease(INPUT_POINTER *pointer);

/* Writes the next report that is due; false when none is. `motion`: no button changed. */
bool InputPointerReport(INPUT_POINTER *pointer, INPUT_POINTER_REPORT *report, bool *motion);

/* As it stands now, without motion. */
void InputPointerCompose(const INPUT_POINTER *pointer, INPUT_POINTER_REPORT *report);

#endif
