/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * virtio events become HID reports. Portable, no Windows type.
 *
 *   Event ... Event, SYN_REPORT --> one report for each identifier whose state changed --> queue --> reader
 *
 * An event that would undo a change nobody has been told of yet (a key pressed and released in one frame) sends the
 * pending reports first, so no transition is ever lost. SYN_DROPPED drops the rest of its frame and releases
 * everything: nothing is known then of what is held.
 *
 * Locks: the caller holds one lock around every call. IRQL: any at which the memory may be touched. Nothing is
 * allocated; INPUT_ENGINE is about 40 KiB and goes into nonpaged memory. The device is not trusted: any event, in any
 * order.
 */
#ifndef AERO_INPUT_ENGINE_H
#define AERO_INPUT_ENGINE_H

#include "capabilities.h"
#include "keyboard.h"
#include "pointer.h"
#include "report_queue.h"
#include "touch.h"

typedef struct INPUT_ENGINE {
    INPUT_CAPABILITIES Capabilities;
    INPUT_KEYBOARD Keyboard;
    INPUT_POINTER Mouse;
    INPUT_POINTER Tablet;
    INPUT_TOUCH Touch;
    INPUT_REPORT_QUEUE Queue;
    bool Dropping;      /* until the next SYN_REPORT */
    uint8_t DeviceLeds; /* what the device says of its own LEDs, bit n: LED code n */
    uint32_t Events;
    uint32_t EventsIgnored; /* of a type or code that means nothing here */
    uint32_t Resyncs;
} INPUT_ENGINE;

/* `capabilities` is copied. `moreKeys`: see keyboard.h. */
void InputEngineInit(INPUT_ENGINE *engine, const INPUT_CAPABILITIES *capabilities, bool moreKeys);

void InputEngineEvent(INPUT_ENGINE *engine, const VIRTIO_INPUT_EVENT *event);

/* Before the device goes, or after it was reset: whatever is pressed is released, in reports. */
void InputEngineReleaseAll(INPUT_ENGINE *engine);

/* The host sets a Resolution Multiplier, or asks for one. False: there is no such feature report. */
bool InputEngineSetFeature(INPUT_ENGINE *engine, const uint8_t *report, uint32_t length);
/* Returns the length, 0 for none; `report` has room for INPUT_REPORT_BYTES_MAX. */
uint8_t InputEngineGetFeature(const INPUT_ENGINE *engine, uint8_t id, uint8_t *report);

/* The input report `id` as it stands now; 0 when there is none. */
uint8_t InputEngineGetInput(const INPUT_ENGINE *engine, uint8_t id, uint8_t *report);

#endif
