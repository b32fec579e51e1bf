/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a check found: rules by name, so that a test can ask for the rule and not for the wording. */
#ifndef TESTS_BUILD_FINDINGS_H
#define TESTS_BUILD_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

struct finding {
    const char *rule; /* a string literal */
    char *reason;
};

struct findings {
    struct finding *list;
    size_t count;
};

__attribute__((format(printf, 3, 4))) void findings_add(struct findings *findings, const char *rule, const char *format,
                                                        ...);
bool findings_has(const struct findings *findings, const char *rule);
void findings_free(struct findings *findings);

#endif
