/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What an input device says of itself, and what it therefore is. Portable; the device is not trusted: sizes and ranges
 * are checked, a selector that is not answered (Aero's devices answer three of them, others fewer) leaves a default.
 *
 * A device may be several things at once (a host's whole input event device handed through): each gets its collection.
 */
#ifndef AERO_INPUT_CAPABILITIES_H
#define AERO_INPUT_CAPABILITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio_input.h"

typedef enum INPUT_KIND {
    InputKindUnknown,
    InputKindKeyboard,
    InputKindMouse,
    InputKindTablet,
    InputKindMultitouch,
} INPUT_KIND;

/* Top-level collections that the device is given. */
#define INPUT_HAS_KEYBOARD 0x01u
#define INPUT_HAS_CONSUMER 0x02u
#define INPUT_HAS_SYSTEM 0x04u
#define INPUT_HAS_MOUSE 0x08u
#define INPUT_HAS_TABLET 0x10u
#define INPUT_HAS_TOUCH 0x20u

/* Selectors that were not answered, and what was assumed for it. */
#define INPUT_MISSING_NAME 0x01u
#define INPUT_MISSING_SERIAL 0x02u
#define INPUT_MISSING_DEVIDS 0x04u
#define INPUT_MISSING_PROPERTIES 0x08u
#define INPUT_MISSING_EVENTS 0x10u /* no collection followed from EV_BITS: the kind is taken from hints */
#define INPUT_MISSING_RANGE 0x20u  /* an axis without ABS_INFO: 0..32767 */

#define INPUT_TEXT_LENGTH 128

/* Minimum may be larger than Maximum: the axis then runs the other way. */
typedef struct INPUT_RANGE {
    int32_t Minimum;
    int32_t Maximum;
} INPUT_RANGE;

typedef struct INPUT_CAPABILITIES {
    INPUT_KIND Kind;      /* the most telling of what it is, for names and diagnostics */
    uint32_t Collections; /* INPUT_HAS_* */
    uint32_t Missing;     /* INPUT_MISSING_* */
    uint8_t Keys[INPUT_KEY_COUNT / 8];
    uint16_t Relative;               /* bit n: REL code n */
    uint64_t Absolute;               /* bit n: ABS code n */
    uint8_t Leds;                    /* bit n: LED code n, the first five */
    uint8_t TouchSlots;              /* 1 to INPUT_TOUCH_SLOTS */
    INPUT_RANGE X, Y;                /* of the tablet or of the touch screen */
    VIRTIO_INPUT_DEVIDS Ids;         /* zero when missing */
    uint8_t Name[INPUT_TEXT_LENGTH]; /* UTF-8 as the device wrote it, not terminated */
    uint8_t NameLength;
    uint8_t Serial[INPUT_TEXT_LENGTH];
    uint8_t SerialLength;
} INPUT_CAPABILITIES;

/* More contacts than these are ignored. */
#define INPUT_TOUCH_SLOTS 16

/* Fills the payload of one selector and returns its size, 0 when the device does not answer it. */
typedef uint8_t (*INPUT_CONFIG_READER)(void *context, uint8_t select, uint8_t subsel,
                                       uint8_t payload[INPUT_TEXT_LENGTH]);

/* `hint` is the kind that the subsystem ID names (InputKindUnknown for none); it counts only where EV_BITS tell
 * nothing. */
void InputReadCapabilities(INPUT_CONFIG_READER read, void *context, INPUT_KIND hint, INPUT_CAPABILITIES *capabilities);

/* Two devices that no report could tell apart: what a device says of itself before and after a stop. */
bool InputSameCapabilities(const INPUT_CAPABILITIES *one, const INPUT_CAPABILITIES *other);

static inline bool InputHasKey(const INPUT_CAPABILITIES *capabilities, uint16_t code)
{
    return code < INPUT_KEY_COUNT && (capabilities->Keys[code / 8] & (1u << (code % 8))) != 0;
}

static inline bool InputHasRelative(const INPUT_CAPABILITIES *capabilities, uint16_t code)
{
    return code < 16 && (capabilities->Relative & (1u << code)) != 0;
}

static inline bool InputHasAbsolute(const INPUT_CAPABILITIES *capabilities, uint16_t code)
{
    return code < 64 && (capabilities->Absolute & (1ull << code)) != 0;
}

#define INPUT_AXIS_MAXIMUM 32767

/* `value` within `range`, to 0..32767, rounded to nearest; a range of one value gives 0. */
uint16_t InputScale(int32_t value, INPUT_RANGE range);

#endif
