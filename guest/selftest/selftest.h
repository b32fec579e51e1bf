/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A run of the self-test: its parts in order, and its result. README.md lists the lines. */
#ifndef SELFTEST_SELFTEST_H
#define SELFTEST_SELFTEST_H

#include "devices.h"
#include "marker.h"
#include "options.h"
#include "platform.h"

struct selftest {
    const struct platform *platform;
    const struct options *options;
    struct marker marker;
    struct device_list devices;
};

/* Exit status: 0 passed, 1 failed. */
int selftest_run(struct selftest *test, const struct platform *platform, const struct options *options);

/* The parts. Each writes one closing line (PASS, FAIL or SKIP) for each of its names, in every case. */
void test_blk(struct selftest *test);
void test_input(struct selftest *test);
void test_input_events(struct selftest *test);
void test_input_leds(struct selftest *test);
void test_snd(struct selftest *test);
void test_net(struct selftest *test);

/* A SKIP line with the same reason for each name. */
void skip_all(struct selftest *test, const char *const *names, size_t count, const char *reason);

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
