/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Output reports become status events: VIRTIO 1.x "Input Device", device operation. Portable. One event per buffer,
 * because devices read one from each; SYN_REPORT is the last.
 */
#ifndef AERO_INPUT_LEDS_H
#define AERO_INPUT_LEDS_H

#include "capabilities.h"
#include "report.h"

#define INPUT_LED_EVENTS_MAX 6 /* five LEDs and SYN_REPORT */

/* `report` is what the host wrote: an INPUT_LED_REPORT, or without identifier the byte alone. False when it is
 * neither. Bits beyond the five LEDs are dropped. */
bool InputLedsParse(const uint8_t *report, uint32_t length, uint8_t *leds);

/* Events for each LED that the device has; returns their number, 0 when it has none. */
uint8_t InputLedsEvents(const INPUT_CAPABILITIES *capabilities, uint8_t leds,
                        VIRTIO_INPUT_EVENT events[INPUT_LED_EVENTS_MAX]);

#endif
