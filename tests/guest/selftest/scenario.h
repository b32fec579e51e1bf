/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The records of a scenario file (fake_platform.h). */
#ifndef TESTS_SELFTEST_SCENARIO_H
#define TESTS_SELFTEST_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOST_RECORDS 512u
#define MOST_FIELDS 12u

struct record {
    char *fields[MOST_FIELDS]; /* fields[0] is the kind */
    size_t count;
    unsigned uses;
};

struct scenario {
    char *text;
    struct record records[MOST_RECORDS];
    size_t count;
};

void scenario_read(struct scenario *scenario, const char *file);

/* Ends the program: a test that is written wrongly must not pass. */
_Noreturn void scenario_wrong(const char *what, const char *which);

/* The record after `after` (NULL: the first) of that kind, whose next fields equal what is not NULL here. */
struct record *scenario_next(struct scenario *scenario, const struct record *after, const char *kind, const char *first,
                             const char *second);

uint64_t record_number(const struct record *record, size_t field);
const char *record_text(const struct record *record, size_t field);

#endif
