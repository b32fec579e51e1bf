/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "leds.h"

/* HID LED usages 1 to 5 and Linux LED codes 0 to 4 have the same order: Num, Caps, Scroll, Compose, Kana. */
#define LED_MASK 0x1Fu
#define LED_COUNT 5

bool InputLedsParse(const uint8_t *report, uint32_t length, uint8_t *leds)
{
    if (length == sizeof(INPUT_LED_REPORT) && report[0] == INPUT_REPORT_KEYBOARD) {
        *leds = report[1] & LED_MASK;
        return true;
    }
    if (length == 1) {
        *leds = report[0] & LED_MASK;
        return true;
    }
    return false;
}

uint8_t InputLedsEvents(const INPUT_CAPABILITIES *capabilities, uint8_t leds,
                        VIRTIO_INPUT_EVENT events[INPUT_LED_EVENTS_MAX])
{
    uint8_t count = 0;

    for (uint16_t code = 0; code < LED_COUNT; code++) {
        if ((capabilities->Leds & (1u << code)) != 0) {
            events[count++] = (VIRTIO_INPUT_EVENT){INPUT_EV_LED, code, (leds >> code) & 1u};
        }
    }
    if (count != 0) {
        events[count++] = (VIRTIO_INPUT_EVENT){INPUT_EV_SYN, INPUT_SYN_REPORT, 0};
    }
    return count;
}
