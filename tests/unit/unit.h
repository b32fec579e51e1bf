/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What every cmocka program here includes: cmocka with what it needs, and a main that runs the tests whose name starts
 * with one of the arguments, or all of them without arguments. A prefix that matches no test is an error, so that a
 * renamed test cannot silently drop out of the suite.
 */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline int unit_run(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
    struct CMUnitTest *chosen = calloc(count, sizeof(*chosen));
    size_t chosen_count = 0;
    int result;

    assert_non_null(chosen);
    for (int a = 1; a < argc; a++) {
        size_t before = chosen_count;

        for (size_t i = 0; i < count; i++) {
            if (strncmp(tests[i].name, argv[a], strlen(argv[a])) == 0 && chosen_count < count) {
                chosen[chosen_count++] = tests[i];
            }
        }
        if (chosen_count == before) {
            fprintf(stderr, "%s: no test starts with '%s'\n", argv[0], argv[a]);
            free(chosen);
            return 2;
        }
    }
    if (argc < 2) {
        memcpy(chosen, tests, count * sizeof(*tests));
        chosen_count = count;
    }
    result = _cmocka_run_group_tests(argv[0], chosen, chosen_count, NULL, NULL);
    free(chosen);
    return result;
}

#define UNIT_MAIN(tests)                                                          \
    int main(int argc, char **argv)                                               \
    {                                                                             \
        return unit_run(argc, argv, (tests), sizeof(tests) / sizeof((tests)[0])); \
    }

#endif
