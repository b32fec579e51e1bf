/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "selftest.h"

#include "snd_diag.h"
#include "tone.h"

#include <stdio.h>
#include <string.h>

#define NAME_PART \
    "Aero VirtIO" /* of the endpoint, whose name ends with the device's in brackets, cut to 31 characters */
#define MOST_SOUND_DEVICES 32u
#define RUN_MILLISECONDS 1000u
#define SLOWEST_MILLISECONDS 3000u /* from opening to the last sample: mixers and periods come on top */
#define FASTEST_MILLISECONDS 800u
#define SILENCE_PEAK 32u
#define LONG_BUFFER_MILLISECONDS 40000u
#define LONG_RUN_MILLISECONDS 2000u

static const struct sound_format render_format = {48000, 2, 16};
static const struct sound_format capture_format = {48000, 1, 16};

static const char *const names[] = {"virtio-snd",        "virtio-snd-capture",       "virtio-snd-duplex",
                                    "virtio-snd-format", "virtio-snd-buffer-limits", "virtio-snd-eventq",
                                    "virtio-snd-msix"};
enum { NAME_SND, NAME_CAPTURE, NAME_DUPLEX, NAME_FORMAT, NAME_LIMITS, NAME_EVENTQ, NAME_MSIX };

struct endpoints {
    bool has_render;
    bool has_capture;
    size_t render;
    size_t capture;
    char render_name[128];
    char capture_name[128];
};

static bool find_endpoint(const struct platform *platform, enum sound_direction direction, size_t *index, char *name,
                          size_t size)
{
    static struct sound_device devices[MOST_SOUND_DEVICES];
    size_t count = platform->sound_devices(platform->context, direction, devices, MOST_SOUND_DEVICES);

    for (size_t i = 0; i < count; i++) {
        if (text_contains(devices[i].name, NAME_PART)) {
            *index = i;
            snprintf(name, size, "%s", devices[i].name);
            return true;
        }
    }
    return false;
}

static bool stream_make(const struct platform *platform, struct sound_stream *stream, enum sound_direction direction,
                        size_t device, struct sound_format format, uint32_t milliseconds)
{
    memset(stream, 0, sizeof(*stream));
    stream->direction = direction;
    stream->device = device;
    stream->format = format;
    stream->bytes = tone_bytes(format, milliseconds);
    stream->buffer = platform->allocate(platform->context, stream->bytes);
    if (stream->buffer == NULL) {
        return false;
    }
    memset(stream->buffer, 0, stream->bytes);
    if (direction == SOUND_RENDER) {
        tone_fill(stream->buffer, stream->bytes, format);
    }
    return true;
}

/* NULL: the stream ran as sound does. */
static const char *stream_fault(const struct sound_stream *stream)
{
    if (stream->error != 0) {
        return "stream_error";
    }
    if (!stream->finished) {
        return "timeout";
    }
    if (stream->done_bytes != stream->bytes) {
        return "incomplete";
    }
    return stream->milliseconds < FASTEST_MILLISECONDS ? "too_fast" : NULL;
}

static void report_streams(struct selftest *test, const char *name, const struct sound_stream *streams, size_t count)
{
    struct marker *marker = &test->marker;
    const char *fault = NULL;
    bool silent = false;

    for (size_t i = 0; i < count; i++) {
        fault = fault != NULL ? fault : stream_fault(&streams[i]);
        if (streams[i].direction == SOUND_CAPTURE) {
            silent = tone_measure(streams[i].buffer, streams[i].done_bytes).peak < SILENCE_PEAK;
        }
    }
    if (fault == NULL && silent && test->options->require_non_silence) {
        fault = "silence";
    }
    marker_test(marker, name, fault != NULL ? OUTCOME_FAIL : OUTCOME_PASS);
    if (fault != NULL) {
        marker_text(marker, "reason", fault);
    }
    for (size_t i = 0; i < count; i++) {
        const struct sound_stream *stream = &streams[i];

        marker_text(marker, "direction", stream->direction == SOUND_RENDER ? "render" : "capture");
        marker_number(marker, "bytes", stream->done_bytes);
        marker_number(marker, "ms", stream->milliseconds);
        marker_number(marker, "error", stream->error);
        if (stream->direction == SOUND_CAPTURE) {
            struct tone_levels levels = tone_measure(stream->buffer, stream->done_bytes);

            marker_number(marker, "peak", levels.peak);
            marker_number(marker, "rms", levels.rms);
        }
    }
    marker_end(marker);
}

static void run_streams(struct selftest *test, const char *name, const struct endpoints *endpoints, bool render,
                        bool capture)
{
    const struct platform *platform = test->platform;
    struct sound_stream streams[2];
    size_t count = 0;
    bool made = true;

    if (render) {
        made = stream_make(platform, &streams[count], SOUND_RENDER, endpoints->render, render_format, RUN_MILLISECONDS);
        count += made;
    }
    if (made && capture) {
        made =
            stream_make(platform, &streams[count], SOUND_CAPTURE, endpoints->capture, capture_format, RUN_MILLISECONDS);
        count += made;
    }
    if (made) {
        platform->sound_run(platform->context, streams, count, SLOWEST_MILLISECONDS);
        report_streams(test, name, streams, count);
    } else {
        marker_fail(&test->marker, name, "memory");
    }
    for (size_t i = 0; i < count; i++) {
        platform->release(platform->context, streams[i].buffer);
    }
}

static void report_formats(struct selftest *test, const struct endpoints *endpoints)
{
    static const uint32_t rates[] = {8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000};
    const struct platform *platform = test->platform;
    struct marker *marker = &test->marker;
    bool baseline = true;

    for (unsigned direction = SOUND_RENDER; direction <= SOUND_CAPTURE; direction++) {
        bool render = direction == SOUND_RENDER;
        char text[256] = "";

        if (render ? !endpoints->has_render : !endpoints->has_capture) {
            continue;
        }
        for (size_t i = 0; i < COUNT_OF(rates) * 2; i++) {
            struct sound_format format = {rates[i / 2], (uint16_t)(i % 2 + 1), 16};
            char one[32];

            if (platform->sound_supports(platform->context, (enum sound_direction)direction,
                                         render ? endpoints->render : endpoints->capture, format)) {
                snprintf(one, sizeof(one), "%s%u/%u", *text != 0 ? "," : "", (unsigned)format.rate,
                         (unsigned)format.channels);
                strcat(text, one);
            }
        }
        baseline = baseline && strstr(text, render ? "48000/2" : "48000/1") != NULL;
        marker_test(marker, names[NAME_FORMAT], OUTCOME_INFO);
        marker_text(marker, render ? "render" : "capture", text);
        marker_end(marker);
    }
    if (baseline) {
        marker_test(marker, names[NAME_FORMAT], OUTCOME_PASS);
        marker_end(marker);
    } else {
        marker_fail(marker, names[NAME_FORMAT], "baseline_missing");
    }
}

/* A buffer of forty seconds may be taken or refused; taking it must not hang, and sound must work afterwards. */
static void test_limits(struct selftest *test, const struct endpoints *endpoints)
{
    const struct platform *platform = test->platform;
    struct marker *marker = &test->marker;
    struct sound_stream stream;
    uint32_t error;

    if (!test->options->test_snd_buffer_limits) {
        marker_skip(marker, names[NAME_LIMITS], "flag_not_set");
        return;
    }
    if (!stream_make(platform, &stream, SOUND_RENDER, endpoints->render, render_format, LONG_BUFFER_MILLISECONDS)) {
        marker_fail(marker, names[NAME_LIMITS], "memory");
        return;
    }
    platform->sound_run(platform->context, &stream, 1, LONG_RUN_MILLISECONDS);
    error = stream.error;
    platform->release(platform->context, stream.buffer);
    if (stream.finished && error == 0) {
        marker_fail(marker, names[NAME_LIMITS], "too_fast");
        return;
    }
    marker_test(marker, names[NAME_LIMITS], OUTCOME_INFO);
    marker_number(marker, "bytes", stream.bytes);
    marker_text(marker, "long_buffer", error != 0 ? "refused" : "taken");
    marker_number(marker, "error", error);
    marker_end(marker);
    run_streams(test, names[NAME_LIMITS], endpoints, true, false);
}

static void test_eventq(struct selftest *test)
{
    struct marker *marker = &test->marker;
    struct snd_events events;
    uint32_t error = snd_events_query(test->platform, &events);

    if (error != 0) {
        marker_skip(marker, names[NAME_EVENTQ], "diag_unavailable");
        return;
    }
    /* Buffers that the device sent back shorter than an event: it, or the driver's reading, is wrong. */
    marker_test(marker, names[NAME_EVENTQ], events.short_buffers == 0 ? OUTCOME_PASS : OUTCOME_FAIL);
    if (events.short_buffers != 0) {
        marker_text(marker, "reason", "short_buffers");
    }
    marker_number(marker, "completions", events.completions);
    marker_number(marker, "parsed", events.parsed);
    marker_number(marker, "short", events.short_buffers);
    marker_number(marker, "unknown", events.unknown);
    marker_number(marker, "jack_connected", events.jack_connected);
    marker_number(marker, "jack_disconnected", events.jack_disconnected);
    marker_number(marker, "periods", events.periods);
    marker_number(marker, "xruns", events.xruns);
    marker_number(marker, "control", events.control);
    marker_end(marker);
}

static void test_msix(struct selftest *test)
{
    struct marker *marker = &test->marker;
    bool required = test->options->require_snd_msix;
    struct snd_diag diag;
    uint32_t error = snd_diag_query(test->platform, &diag);

    if (error != 0) {
        if (required) {
            marker_fail_error(marker, names[NAME_MSIX], "diag_unavailable", error);
        } else {
            marker_skip(marker, names[NAME_MSIX], "diag_unavailable");
        }
        return;
    }
    marker_test(marker, names[NAME_MSIX], required && diag.mode != 2 ? OUTCOME_FAIL : OUTCOME_PASS);
    if (required && diag.mode != 2) {
        marker_text(marker, "reason", "no_messages");
    }
    marker_text(marker, "mode",
                diag.mode == 0   ? "none"
                : diag.mode == 1 ? "intx"
                : diag.mode == 2 ? "msix"
                                 : "unknown");
    marker_number(marker, "messages", diag.messages);
    marker_hex(marker, "config_vector", diag.config_vector);
    for (unsigned i = 0; i < 4; i++) {
        char key[16];

        snprintf(key, sizeof(key), "queue%u_vector", i);
        marker_hex(marker, key, diag.queue_vectors[i]);
    }
    marker_number(marker, "interrupts", diag.interrupts);
    marker_number(marker, "dpcs", diag.dpcs);
    marker_end(marker);
}

static void test_capture(struct selftest *test, const struct endpoints *endpoints)
{
    struct marker *marker = &test->marker;

    if (test->options->disable_snd_capture) {
        marker_skip(marker, names[NAME_CAPTURE], "disabled");
        marker_skip(marker, names[NAME_DUPLEX], "disabled");
        return;
    }
    if (!endpoints->has_capture) {
        if (test->options->require_snd_capture) {
            marker_fail(marker, names[NAME_CAPTURE], "endpoint_missing");
        } else {
            marker_skip(marker, names[NAME_CAPTURE], "not_present");
        }
        marker_skip(marker, names[NAME_DUPLEX], "not_present");
        return;
    }
    run_streams(test, names[NAME_CAPTURE], endpoints, false, true);
    if (endpoints->has_render) {
        run_streams(test, names[NAME_DUPLEX], endpoints, true, true);
    } else {
        marker_skip(marker, names[NAME_DUPLEX], "not_present");
    }
}

/* What is asked for by an option and is not there has failed; what is not asked for is skipped. */
static void without_device(struct selftest *test)
{
    const bool needed[COUNT_OF(names)] = {
        [NAME_SND] = test->options->require_snd,
        [NAME_CAPTURE] = test->options->require_snd_capture,
        [NAME_LIMITS] = test->options->test_snd_buffer_limits,
        [NAME_MSIX] = test->options->require_snd_msix,
    };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (needed[i]) {
            marker_fail(&test->marker, names[i], "device_missing");
        } else {
            marker_skip(&test->marker, names[i], "device_missing");
        }
    }
}

void test_snd(struct selftest *test)
{
    struct endpoints endpoints = {0};
    struct marker *marker = &test->marker;

    if (test->options->disable_snd) {
        skip_all(test, names, COUNT_OF(names), "disabled");
        return;
    }
    if (devices_count(&test->devices, FAMILY_SND) == 0) {
        without_device(test);
        return;
    }
    if (!devices_bound(&test->devices, FAMILY_SND, marker, names[NAME_SND])) {
        skip_all(test, names + 1, COUNT_OF(names) - 1, "diag_unavailable");
        return;
    }
    endpoints.has_render = find_endpoint(test->platform, SOUND_RENDER, &endpoints.render, endpoints.render_name,
                                         sizeof(endpoints.render_name));
    endpoints.has_capture = find_endpoint(test->platform, SOUND_CAPTURE, &endpoints.capture, endpoints.capture_name,
                                          sizeof(endpoints.capture_name));
    marker_begin(marker, "CONFIG");
    marker_text(marker, "render_endpoint", endpoints.render_name);
    marker_text(marker, "capture_endpoint", endpoints.capture_name);
    marker_end(marker);
    if (endpoints.has_render) {
        run_streams(test, names[NAME_SND], &endpoints, true, false);
        report_formats(test, &endpoints);
        test_limits(test, &endpoints);
    } else {
        /* The driver runs, but Windows shows no speaker: that is broken, not missing. */
        marker_fail(marker, names[NAME_SND], "endpoint_missing");
        marker_skip(marker, names[NAME_FORMAT], "not_present");
        marker_skip(marker, names[NAME_LIMITS], "not_present");
    }
    test_capture(test, &endpoints);
    test_eventq(test);
    test_msix(test);
}
