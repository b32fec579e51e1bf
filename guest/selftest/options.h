/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The command line, and the environment: each option has a twin, AERO_VIRTIO_SELFTEST_ and its name in capitals, '_'
 * for '-'. The command line wins. A flag's twin is set by 1, true, yes or on and unset by 0, false, no, off or nothing.
 */
#ifndef SELFTEST_OPTIONS_H
#define SELFTEST_OPTIONS_H

#include "platform.h"

struct options {
    const char *http_url;
    const char *dns_host;
    const char *blk_root;
    const char *log_file;
    uint32_t udp_port;
    uint32_t net_timeout_sec;
    uint32_t io_size_mib;
    uint32_t io_chunk_kib;
    uint32_t event_timeout_sec;
    bool log_file_given;
    bool expect_blk_msi;
    bool require_net_msix;
    bool require_input_msix;
    bool require_snd_msix;
    bool require_snd;
    bool require_snd_capture;
    bool require_non_silence;
    bool disable_blk;
    bool disable_net;
    bool disable_input;
    bool disable_snd;
    bool disable_snd_capture;
    bool test_snd;
    bool test_snd_capture;
    bool test_snd_buffer_limits;
    bool allow_virtio_snd_transitional;
    bool test_blk_reset;
    bool test_blk_resize;
    bool test_input_events;
    bool test_input_events_buttons;
    bool test_input_events_extended;
    bool test_input_events_modifiers;
    bool test_input_events_wheel;
    bool test_input_led;
    bool test_input_leds;
    bool test_input_media_keys;
    bool test_input_tablet_events;
    bool test_net_link_flap;
    bool help;
    /* Values of the environment are copied to here. */
    char storage[8][512];
    size_t stored;
};

/* False: `reason` says what is wrong. Values point into argv or `options`. */
bool options_parse(struct options *options, const struct platform *platform, int argc, char *const *argv, char *reason,
                   size_t reason_size);

void options_print_help(const struct platform *platform);

#endif
