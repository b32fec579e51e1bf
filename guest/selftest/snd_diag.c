/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "snd_diag.h"

#include "devices.h"
#include "io_codes.h"
#include "little_endian.h"

#include "contract_ids.h"

#include <stdio.h>
#include <string.h>

#define DIAG_PATH "\\\\.\\aero_virtio_snd_diag"
#define CODE_DIAG 0x00226804u
enum { DIAG_BYTES = 0x38, EVENTS_BYTES = 40, MOST_FILTERS = 32 };
#define ANSWER_IS_UNKNOWN 1u /* ERROR_INVALID_FUNCTION */

/* KSPROPERTY: the set {3c0f8a06-4f4b-4c49-9d1a-8fbe0b9e4b7a}, property 1, KSPROPERTY_TYPE_GET. */
static const uint8_t events_property[24] = {0x06, 0x8a, 0x0f, 0x3c, 0x4b, 0x4f, 0x49, 0x4c, 0x9d, 0x1a, 0x8f, 0xbe,
                                            0x0b, 0x9e, 0x4b, 0x7a, 1,    0,    0,    0,    1,    0,    0,    0};

uint32_t snd_diag_query(const struct platform *platform, struct snd_diag *diag)
{
    uint8_t answer[DIAG_BYTES] = {0};
    uint32_t returned = 0;
    uint32_t error;
    void *handle;

    error = platform->open(platform->context, DIAG_PATH, OPEN_READ, &handle);
    if (error != 0) {
        return error;
    }
    error = platform->io_control(platform->context, handle, CODE_DIAG, NULL, 0, answer, sizeof(answer), &returned);
    platform->close(platform->context, handle);
    if (error != 0) {
        return error;
    }
    if (returned < sizeof(answer) || get32(answer, 0) < sizeof(answer)) {
        return ANSWER_IS_UNKNOWN;
    }
    diag->mode = get32(answer, 0x08);
    diag->messages = get32(answer, 0x0C);
    diag->config_vector = get16(answer, 0x10);
    for (uint32_t i = 0; i < 4; i++) {
        diag->queue_vectors[i] = get16(answer, 0x14 + 2 * i);
    }
    diag->interrupts = get32(answer, 0x20);
    diag->dpcs = get32(answer, 0x24);
    return 0;
}

static uint32_t events_of(const struct platform *platform, const char *path, struct snd_events *events)
{
    uint8_t answer[EVENTS_BYTES] = {0};
    uint32_t returned = 0;
    uint32_t error;
    void *handle;

    error = platform->open(platform->context, path, OPEN_READ_WRITE, &handle);
    if (error != 0) {
        return error;
    }
    error = platform->io_control(platform->context, handle, CODE_KS_PROPERTY, events_property, sizeof(events_property),
                                 answer, sizeof(answer), &returned);
    platform->close(platform->context, handle);
    if (error != 0) {
        return error;
    }
    if (returned < sizeof(answer) || get32(answer, 0) < sizeof(answer)) {
        return ANSWER_IS_UNKNOWN;
    }
    events->completions = get32(answer, 4);
    events->parsed = get32(answer, 8);
    events->short_buffers = get32(answer, 12);
    events->unknown = get32(answer, 16);
    events->jack_connected = get32(answer, 20);
    events->jack_disconnected = get32(answer, 24);
    events->periods = get32(answer, 28);
    events->xruns = get32(answer, 32);
    events->control = get32(answer, 36);
    return 0;
}

uint32_t snd_events_query(const struct platform *platform, struct snd_events *events)
{
    static struct interface_path paths[MOST_FILTERS];
    uint32_t error;
    size_t count = 0;

    error = platform->audio_filters(platform->context, paths, MOST_FILTERS, &count);
    for (size_t i = 0; error == 0 && i < count; i++) {
        char id[32];

        snprintf(id, sizeof(id), "ven_%04x&dev_%04x", AERO_VIRTIO_SND_VENDOR_ID, AERO_VIRTIO_SND_DEVICE_ID);
        /* Wave and topology are filters of one device; either may have the property. */
        if (text_contains(paths[i].path, id) && events_of(platform, paths[i].path, events) == 0) {
            return 0;
        }
    }
    return error != 0 ? error : ERROR_IS_FILE_NOT_FOUND;
}
