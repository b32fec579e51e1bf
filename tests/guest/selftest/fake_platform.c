/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "fake_platform.h"

#include "fake_storage.h"
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scenario scenario;
static uint64_t clock_us = 1000000;
static unsigned allocations;
static long memory_held;

static void write_line(void *context, const char *line)
{
    (void)context;
    printf("%s\n", line);
}

static const char *environment(void *context, const char *name)
{
    const struct record *record = scenario_next(&scenario, NULL, "env", name, NULL);

    (void)context;
    return record != NULL ? record_text(record, 2) : NULL;
}

static uint64_t microseconds(void *context)
{
    (void)context;
    return clock_us += 50;
}

static void sleep_milliseconds(void *context, uint32_t milliseconds)
{
    (void)context;
    clock_us += milliseconds * 1000ull;
}

static void *allocate(void *context, size_t bytes)
{
    const struct record *record = scenario_next(&scenario, NULL, "memory", NULL, NULL);

    (void)context;
    if (record != NULL && record_number(record, 1) == ++allocations) {
        return NULL;
    }
    memory_held++;
    return malloc(bytes);
}

static void release(void *context, void *memory)
{
    (void)context;
    memory_held--;
    free(memory);
}

static uint32_t listing_error(const char *what)
{
    const struct record *record = scenario_next(&scenario, NULL, "error", what, NULL);

    return record != NULL ? (uint32_t)record_number(record, 2) : 0;
}

static uint32_t pci_devices(void *context, struct pci_device *devices, size_t capacity, size_t *count)
{
    (void)context;
    for (struct record *r = NULL; (r = scenario_next(&scenario, r, "pci", NULL, NULL)) != NULL && *count < capacity;) {
        struct pci_device *device = &devices[(*count)++];
        const char *at = record_text(r, 2);

        memset(device, 0, sizeof(*device));
        snprintf(device->instance, sizeof(device->instance), "%s", record_text(r, 1));
        while (*at != 0 && device->hardware_id_count < MOST_HARDWARE_IDS) {
            size_t length = strcspn(at, ",");

            snprintf(device->hardware_ids[device->hardware_id_count++], sizeof(device->hardware_ids[0]), "%.*s",
                     (int)length, at);
            at += length + (at[length] == ',');
        }
        snprintf(device->service, sizeof(device->service), "%s", record_text(r, 3));
        snprintf(device->driver_version, sizeof(device->driver_version), "%s", record_text(r, 4));
        snprintf(device->driver_provider, sizeof(device->driver_provider), "%s", record_text(r, 5));
        device->problem = (uint32_t)record_number(r, 6);
    }
    return listing_error("pci");
}

static uint32_t hid_collections(void *context, struct hid_collection *collections, size_t capacity, size_t *count)
{
    (void)context;
    for (struct record *r = NULL; (r = scenario_next(&scenario, r, "hid", NULL, NULL)) != NULL && *count < capacity;) {
        struct hid_collection *collection = &collections[(*count)++];

        memset(collection, 0, sizeof(*collection));
        snprintf(collection->path, sizeof(collection->path), "%s", record_text(r, 1));
        collection->vendor = (uint16_t)record_number(r, 2);
        collection->product = (uint16_t)record_number(r, 3);
        collection->usage_page = (uint16_t)record_number(r, 4);
        collection->usage = (uint16_t)record_number(r, 5);
        collection->input_bytes = (uint16_t)record_number(r, 6);
        collection->output_bytes = (uint16_t)record_number(r, 7);
        collection->button_fields = (uint16_t)record_number(r, 8);
        collection->value_fields = (uint16_t)record_number(r, 9);
        collection->feature_bytes = (uint16_t)record_number(r, 10);
    }
    return listing_error("hid");
}

static uint32_t input_events(void *context, struct input_event *events, size_t capacity, uint32_t milliseconds,
                             size_t *count)
{
    (void)context;
    *count = 0;
    clock_us += milliseconds * 1000ull;
    if (capacity == 0 || listing_error("events") != 0) {
        return listing_error("events");
    }
    for (struct record *r = NULL; (r = scenario_next(&scenario, r, "event", NULL, NULL)) != NULL;) {
        if (r->uses++ != 0) {
            continue;
        }
        memset(events, 0, sizeof(*events));
        snprintf(events->path, sizeof(events->path), "%s", record_text(r, 1));
        events->kind = (enum input_kind)record_number(r, 2);
        events->code = (uint16_t)record_number(r, 3);
        events->value = (int32_t)record_number(r, 4);
        events->x = (int32_t)record_number(r, 5);
        events->y = (int32_t)record_number(r, 6);
        *count = 1;
        return 0;
    }
    return 0;
}

static uint32_t set_leds(void *context, const char *path, const uint16_t *usages, size_t count)
{
    const struct record *record = scenario_next(&scenario, NULL, "leds", path, NULL);

    (void)context;
    for (size_t i = 0; i < count; i++) {
        if (usages[i] < 1 || usages[i] > 5) {
            return 87; /* ERROR_INVALID_PARAMETER */
        }
    }
    return record != NULL ? (uint32_t)record_number(record, 2) : ERROR_IS_FILE_NOT_FOUND;
}

static uint32_t audio_filters(void *context, struct interface_path *paths, size_t capacity, size_t *count)
{
    (void)context;
    for (struct record *r = NULL;
         (r = scenario_next(&scenario, r, "filter", NULL, NULL)) != NULL && *count < capacity;) {
        snprintf(paths[*count].path, sizeof(paths[*count].path), "%s", record_text(r, 1));
        (*count)++;
    }
    return listing_error("filters");
}

static size_t sound_devices(void *context, enum sound_direction direction, struct sound_device *devices,
                            size_t capacity)
{
    const char *which = direction == SOUND_RENDER ? "0" : "1";
    size_t count = 0;

    (void)context;
    for (struct record *r = NULL;
         (r = scenario_next(&scenario, r, "sound", which, NULL)) != NULL && count < capacity;) {
        snprintf(devices[count++].name, sizeof(devices[0].name), "%s", record_text(r, 2));
    }
    return count;
}

static bool sound_supports(void *context, enum sound_direction direction, size_t device, struct sound_format format)
{
    (void)context;
    (void)device;
    for (struct record *r = NULL; (r = scenario_next(&scenario, r, "format", NULL, NULL)) != NULL;) {
        if (record_number(r, 1) == direction && record_number(r, 2) == format.rate &&
            record_number(r, 3) == format.channels) {
            return true;
        }
    }
    return false;
}

static struct record *next_run(void)
{
    struct record *last = NULL;

    for (struct record *r = NULL; (r = scenario_next(&scenario, r, "run", NULL, NULL)) != NULL;) {
        last = r;
        if (r->uses++ == 0) {
            break;
        }
    }
    if (last == NULL) {
        scenario_wrong("sound runs, but there is no record", "run");
    }
    return last;
}

static void sound_run(void *context, struct sound_stream *streams, size_t count, uint32_t milliseconds)
{
    (void)context;
    for (size_t i = 0; i < count; i++) {
        const struct record *r = next_run();
        struct sound_stream *stream = &streams[i];
        int16_t peak = (int16_t)record_number(r, 5);

        stream->error = (uint32_t)record_number(r, 1);
        stream->finished = record_number(r, 2) != 0;
        stream->done_bytes = (uint32_t)((uint64_t)stream->bytes * record_number(r, 3) / 100);
        stream->milliseconds = (uint32_t)record_number(r, 4);
        for (uint32_t at = 0; stream->direction == SOUND_CAPTURE && at + 2 <= stream->done_bytes; at += 2) {
            int16_t sample = (int16_t)(at % 4 != 0 ? -peak : peak);

            memcpy((uint8_t *)stream->buffer + at, &sample, 2);
        }
    }
    clock_us += milliseconds * 1000ull;
}

static struct platform platform = {
    .write_line = write_line,
    .environment = environment,
    .microseconds = microseconds,
    .sleep = sleep_milliseconds,
    .allocate = allocate,
    .release = release,
    .pci_devices = pci_devices,
    .hid_collections = hid_collections,
    .open = fake_open,
    .close = fake_close,
    .read_at = fake_read_at,
    .write_at = fake_write_at,
    .flush = fake_flush,
    .io_control = fake_io_control,
    .input_events = input_events,
    .set_leds = set_leds,
    .get_feature = fake_get_feature,
    .audio_filters = audio_filters,
    .sound_devices = sound_devices,
    .sound_supports = sound_supports,
    .sound_run = sound_run,
};

const struct platform *fake_platform(const char *file)
{
    const struct record *system;

    scenario_read(&scenario, file);
    fake_storage_use(&scenario);
    system = scenario_next(&scenario, NULL, "system", NULL, NULL);
    platform.system = system != NULL ? record_text(system, 1) : "fake";
    return &platform;
}

bool fake_platform_balanced(void)
{
    bool balanced = fake_storage_closed() && memory_held == 0;

    if (memory_held != 0) {
        fprintf(stderr, "%ld pieces of memory are still held\n", memory_held);
    }
    fake_storage_end();
    free(scenario.text);
    return balanced;
}
