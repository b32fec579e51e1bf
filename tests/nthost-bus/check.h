/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The smallest test frame that a 32-bit build can have: libc only. A program holds named tests; `program NAME` runs
 * one, `program` all of them. A failed CHECK ends the test with the place and the values.
 */
#ifndef NTHOST_BUS_CHECK_H
#define NTHOST_BUS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
    const char *name;
    void (*run)(void);
};

#define CHECK(condition)                                                                            \
    do {                                                                                            \
        if (!(condition)) {                                                                         \
            fprintf(stderr, "%s:%d: %s: not true: %s\n", __FILE__, __LINE__, __func__, #condition); \
            exit(1);                                                                                \
        }                                                                                           \
    } while (0)

#define CHECK_EQUAL(got, expected)                                                                                  \
    do {                                                                                                            \
        unsigned long long got_ = (unsigned long long)(got), expected_ = (unsigned long long)(expected);            \
        if (got_ != expected_) {                                                                                    \
            fprintf(stderr, "%s:%d: %s: %s is 0x%llx, not 0x%llx (%s)\n", __FILE__, __LINE__, __func__, #got, got_, \
                    expected_, #expected);                                                                          \
            exit(1);                                                                                                \
        }                                                                                                           \
    } while (0)

/* Runs `argv[1]`, or all. Each test gets a process of its own. Returns the exit status. */
int run_tests(const struct test *tests, unsigned count, int argc, char **argv);

/* Runs `body` in a child process; its standard error must hold `expected` and it must exit with `status`. */
void expect_exit(void (*body)(const void *), const void *argument, int status, const char *expected);
#define EXPECT_RULE(body, argument, rule) expect_exit(body, argument, 3, "rule broken: " rule ":")

#endif
