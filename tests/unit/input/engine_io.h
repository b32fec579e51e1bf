/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Events in, reports out, in few words. */
#ifndef ENGINE_IO_H
#define ENGINE_IO_H

#include <linux/input-event-codes.h>

#include "engine.h"

static inline void send(INPUT_ENGINE *engine, uint16_t type, uint16_t code, int32_t value)
{
    const VIRTIO_INPUT_EVENT event = {type, code, (uint32_t)value};

    InputEngineEvent(engine, &event);
}

static inline void sync_report(INPUT_ENGINE *engine)
{
    send(engine, EV_SYN, SYN_REPORT, 0);
}

/* The oldest report, copied; its length, 0 when there is none. */
static inline uint8_t take(INPUT_ENGINE *engine, void *report)
{
    const INPUT_QUEUED_REPORT *queued = InputReportQueuePeek(&engine->Queue);
    uint8_t length;

    if (queued == NULL) {
        return 0;
    }
    length = queued->Length;
    for (uint8_t i = 0; i < length; i++) {
        ((uint8_t *)report)[i] = queued->Bytes[i];
    }
    InputReportQueueDrop(&engine->Queue);
    return length;
}

static inline void set_bit(uint8_t *bits, unsigned index)
{
    bits[index / 8] |= (uint8_t)(1u << (index % 8));
}

/* Capabilities of a plain device of each collection, as if read. */
static inline INPUT_CAPABILITIES plain(uint32_t collections)
{
    INPUT_CAPABILITIES capabilities = {.Collections = collections, .Leds = 0x1F, .TouchSlots = 10};

    capabilities.X = (INPUT_RANGE){0, 32767};
    capabilities.Y = (INPUT_RANGE){0, 32767};
    return capabilities;
}

#endif
