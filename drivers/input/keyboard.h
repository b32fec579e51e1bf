/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Which keys are down, and the reports that say so. Portable.
 *
 * The first six keys go into the boot keyboard's report in the order they were pressed. What comes on top goes into a
 * second keyboard collection, one bit a key, and stays there until it is released: programs that know only six keys
 * see what they always saw, the others see all. Without that collection a seventh key makes the first report say
 * ErrorRollOver until six are left (HID 1.11, appendix C).
 */
#ifndef AERO_INPUT_KEYBOARD_H
#define AERO_INPUT_KEYBOARD_H

#include "keymap.h"
#include "report.h"

typedef struct INPUT_KEYBOARD {
    uint32_t Reports;                     /* bit n: the device has report n; no other is ever sent */
    uint8_t Down[INPUT_KEY_COUNT / 8];    /* bit n: key code n is down */
    uint8_t Changed[INPUT_KEY_COUNT / 8]; /* since the last report */
    uint8_t Usages[28];                   /* keyboard page, bit n: usage n is down; modifiers are not here */
    uint8_t UsageCount;
    uint8_t Modifiers;
    uint8_t FirstSix[INPUT_KEYS_AT_ONCE]; /* in order; 0 beyond the last */
    uint8_t Beyond[28];                   /* the usages that are in the second collection */
    uint8_t ConsumerKeys;
    uint16_t ConsumerList[INPUT_CONSUMER_AT_ONCE];
    uint8_t System;
    uint32_t Dirty; /* bit n: report n has to be sent */
} INPUT_KEYBOARD;

void InputKeyboardInit(INPUT_KEYBOARD *keyboard, uint32_t collections, bool moreKeys);

/* The key changed already since the last report: that has to be sent before this event counts. */
bool InputKeyboardChangedTwice(const INPUT_KEYBOARD *keyboard, uint16_t code, bool down);

/* `usage` is the code's. A press of what is down and a release of what is up change nothing. */
void InputKeyboardKey(INPUT_KEYBOARD *keyboard, const INPUT_USAGE *usage, bool down);

/* Releases everything. */
void InputKeyboardRelease(INPUT_KEYBOARD *keyboard);

/* Writes the next report that is due and returns its length, 0 when none is. */
uint8_t InputKeyboardReport(INPUT_KEYBOARD *keyboard, void *report);

/* All reports of what is held are due again. */
void InputKeyboardResend(INPUT_KEYBOARD *keyboard);

/* The report `id` as it stands now, for GET_INPUT_REPORT; 0 when it is none of the keyboard's. */
uint8_t InputKeyboardCompose(const INPUT_KEYBOARD *keyboard, uint8_t id, void *report);

#endif
