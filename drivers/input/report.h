/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The HID reports of the input driver, as they lie in memory (little-endian, packed). report_descriptor.c describes
 * the same to Windows; a test holds the two against each other with another HID parser.
 *
 * Identifiers 1 to 4 are the interface that tools know; what they could not express has identifiers of its own.
 */
#ifndef AERO_INPUT_REPORT_H
#define AERO_INPUT_REPORT_H

#include <stdint.h>

#include "capabilities.h"

#define INPUT_REPORT_KEYBOARD 1 /* in: the boot keyboard's; out: LEDs */
#define INPUT_REPORT_MOUSE 2
#define INPUT_REPORT_CONSUMER_KEYS 3
#define INPUT_REPORT_TABLET 4
#define INPUT_REPORT_MORE_KEYS 5     /* keys beyond six at a time, one bit each */
#define INPUT_REPORT_CONSUMER_LIST 6 /* consumer usages that report 3 has no bit for */
#define INPUT_REPORT_SYSTEM 7
#define INPUT_REPORT_TOUCH 8
#define INPUT_REPORT_TOUCH_MAXIMUM 9 /* feature: how many contacts there can be */
#define INPUT_REPORT_MOUSE_WHEEL 10  /* feature: Resolution Multiplier of wheel and pan */
#define INPUT_REPORT_TABLET_WHEEL 11

/* Features of the vendor-defined collection: what the private IOCTLs give, for programs, to which the HID class driver
 * passes no IOCTL of ours ("Minidrivers and the HID class driver"). Identifier, then the structure of diagnostics.h. */
#define INPUT_REPORT_COUNTERS 0x20
#define INPUT_REPORT_STATE 0x21
#define INPUT_REPORT_INTERRUPTS 0x22
#define INPUT_REPORT_RESET_COUNTERS 0x23 /* set only; the value does not matter */

#define INPUT_COUNTERS_BYTES 0xB0
#define INPUT_STATE_BYTES 0x40
#define INPUT_INTERRUPTS_BYTES 0x34

#define INPUT_KEYS_AT_ONCE 6
#define INPUT_CONSUMER_AT_ONCE 4
#define INPUT_CONTACTS_PER_REPORT 10
#define INPUT_WHEEL_UNITS_PER_DETENT 120

#pragma pack(push, 1)
typedef struct INPUT_KEYBOARD_REPORT {
    uint8_t Id;
    uint8_t Modifiers; /* bit n: usage E0h + n */
    uint8_t Reserved;
    uint8_t Keys[INPUT_KEYS_AT_ONCE]; /* usages; 0 is none */
} INPUT_KEYBOARD_REPORT;

typedef struct INPUT_LED_REPORT {
    uint8_t Id;
    uint8_t Leds; /* bit n: usage n + 1: Num, Caps, Scroll, Compose, Kana */
} INPUT_LED_REPORT;

typedef struct INPUT_MORE_KEYS_REPORT {
    uint8_t Id;
    uint8_t Keys[28]; /* bit n: usage n */
} INPUT_MORE_KEYS_REPORT;

typedef struct INPUT_CONSUMER_KEYS_REPORT {
    uint8_t Id;
    uint8_t Keys; /* bit 0 Mute, Volume Down, Volume Up, Play/Pause, Next, Previous, bit 6 Stop */
} INPUT_CONSUMER_KEYS_REPORT;

typedef struct INPUT_CONSUMER_LIST_REPORT {
    uint8_t Id;
    uint16_t Usages[INPUT_CONSUMER_AT_ONCE]; /* 0 is none */
} INPUT_CONSUMER_LIST_REPORT;

typedef struct INPUT_SYSTEM_REPORT {
    uint8_t Id;
    uint8_t Keys; /* bit 0 Power Down, Sleep, bit 2 Wake Up */
} INPUT_SYSTEM_REPORT;

/* Mouse and tablet; X and Y are signed for the one, 0..32767 for the other. */
typedef struct INPUT_POINTER_REPORT {
    uint8_t Id;
    uint8_t Buttons;
    uint16_t X;
    uint16_t Y;
    int16_t Wheel; /* detents, or 1/120 of one once the host has set the Resolution Multiplier */
    int16_t Pan;   /* positive is right */
} INPUT_POINTER_REPORT;

typedef struct INPUT_WHEEL_FEATURE {
    uint8_t Id;
    uint8_t Multiplier; /* 0: detents; 1: INPUT_WHEEL_UNITS_PER_DETENT units to a detent */
} INPUT_WHEEL_FEATURE;

#define INPUT_CONTACT_TIP 0x01u
#define INPUT_CONTACT_IN_RANGE 0x02u
typedef struct INPUT_CONTACT {
    uint8_t Flags;
    uint8_t Identifier;
    uint16_t X;
    uint16_t Y;
} INPUT_CONTACT;

/* More contacts than fit go in several reports: the first says how many there are, the others say 0. */
typedef struct INPUT_TOUCH_REPORT {
    uint8_t Id;
    INPUT_CONTACT Contacts[INPUT_CONTACTS_PER_REPORT];
    uint8_t Count;
} INPUT_TOUCH_REPORT;

typedef struct INPUT_TOUCH_MAXIMUM_FEATURE {
    uint8_t Id;
    uint8_t Maximum;
} INPUT_TOUCH_MAXIMUM_FEATURE;
#pragma pack(pop)

_Static_assert(sizeof(INPUT_KEYBOARD_REPORT) == 9 && sizeof(INPUT_LED_REPORT) == 2 &&
                   sizeof(INPUT_CONSUMER_KEYS_REPORT) == 2 && sizeof(INPUT_POINTER_REPORT) == 10 &&
                   sizeof(INPUT_TOUCH_REPORT) == 62,
               "reports are packed");

#define INPUT_REPORT_BYTES_MAX sizeof(INPUT_TOUCH_REPORT)

#endif
