/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Linux key codes (VIRTIO 1.x "Input Device") and the HID usages that mean the same (HID Usage Tables 1.12). Portable.
 * Where two codes mean one usage both are listed: the usage is down while either is.
 */
#ifndef AERO_INPUT_KEYMAP_H
#define AERO_INPUT_KEYMAP_H

#include <stdint.h>

typedef enum INPUT_PAGE {
    InputPageNone,
    InputPageKeyboard, /* 0x07 */
    InputPageConsumer, /* 0x0C */
    InputPageSystem,   /* 0x01, System Control */
} INPUT_PAGE;

typedef struct INPUT_USAGE {
    uint16_t Code;
    uint8_t Page; /* INPUT_PAGE */
    uint16_t Usage;
} INPUT_USAGE;

/* Ascending by code. */
extern const INPUT_USAGE InputKeymap[];
extern const uint16_t InputKeymapCount;

/* NULL when the code has no usage. */
const INPUT_USAGE *InputKeymapFind(uint16_t code);

#define INPUT_USAGE_FIRST_MODIFIER 0xE0u
#define INPUT_USAGE_LAST_MODIFIER 0xE7u
#define INPUT_USAGE_KEY_MAXIMUM 0xDDu /* Keypad Hexadecimal, the last usage below the modifiers */
#define INPUT_USAGE_ERROR_ROLLOVER 0x01u

#endif
