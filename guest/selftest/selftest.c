/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "selftest.h"

#include <string.h>

#ifndef SELFTEST_VERSION
#error "the build says which version this is"
#endif

void skip_all(struct selftest *test, const char *const *names, size_t count, const char *reason)
{
    for (size_t i = 0; i < count; i++) {
        marker_skip(&test->marker, names[i], reason);
    }
}

static void report_start(struct selftest *test)
{
    const struct options *options = test->options;
    struct marker *marker = &test->marker;

    marker_begin(marker, "START");
    marker_text(marker, "version", SELFTEST_VERSION);
    marker_text(marker, "system", test->platform->system);
    marker_end(marker);
    marker_begin(marker, "CONFIG");
    marker_text(marker, "blk_root", options->blk_root != NULL ? options->blk_root : "");
    marker_number(marker, "io_size_mib", options->io_size_mib);
    marker_number(marker, "io_chunk_kib", options->io_chunk_kib);
    marker_number(marker, "event_timeout_sec", options->event_timeout_sec);
    marker_text(marker, "http_url", options->http_url);
    marker_text(marker, "dns_host", options->dns_host);
    marker_number(marker, "udp_port", options->udp_port);
    marker_number(marker, "net_timeout_sec", options->net_timeout_sec);
    marker_text(marker, "log_file", options->log_file);
    marker_end(marker);
}

int selftest_run(struct selftest *test, const struct platform *platform, const struct options *options)
{
    uint32_t error;
    bool passed;

    memset(test, 0, sizeof(*test));
    test->platform = platform;
    test->options = options;
    marker_init(&test->marker, platform);
    report_start(test);
    error = devices_find(&test->devices, platform, options->allow_virtio_snd_transitional);
    if (error != 0) {
        /* Without this every part would say that its device is missing, which is not what happened. */
        marker_begin(&test->marker, "CONFIG");
        marker_text(&test->marker, "devices", "unknown");
        marker_number(&test->marker, "error", error);
        marker_end(&test->marker);
    }
    devices_report(&test->devices, &test->marker);
    test_blk(test);
    test_input(test);
    test_input_events(test);
    test_input_leds(test);
    test_snd(test);
    test_net(test);

    /* A run in which everything was skipped has shown nothing. */
    passed = error == 0 && test->marker.counts[OUTCOME_FAIL] == 0 && test->marker.counts[OUTCOME_PASS] != 0;
    marker_begin(&test->marker, "RESULT");
    marker_word(&test->marker, passed ? "PASS" : "FAIL");
    marker_end(&test->marker);
    return passed ? 0 : 1;
}
