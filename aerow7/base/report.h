/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What a command reports, for people or, with --json, for programs. A finding is one fault with its place and rule;
 * findings go to stdout, because they are the result. With --json the result is one JSON object on stdout and nothing
 * else; its property names stay, because scripts read them.
 */
#ifndef AEROW7_REPORT_H
#define AEROW7_REPORT_H

#include "base/diag.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum severity {
    SEVERITY_ERROR,
    SEVERITY_WARNING,
    SEVERITY_NOTE,
};

struct finding {
    enum severity severity;
    char *rule;    /* "1203", "aero-revision-gate": stays once published */
    char *file;    /* NULL when it is about no file in particular */
    unsigned line; /* 0 when it is about the file as a whole */
    char *message;
};

struct findings {
    struct finding *list;
    size_t count;
    size_t capacity;
};

__attribute__((format(printf, 6, 7))) void findings_add(struct findings *findings, enum severity severity,
                                                        const char *rule, const char *file, unsigned line,
                                                        const char *format, ...);
size_t findings_count(const struct findings *findings, enum severity severity);
/* FILE:LINE: error RULE: MESSAGE, one a line, in the order they were added. */
void findings_print(const struct findings *findings);
/* The same, without what is less severe. */
void findings_print_down_to(const struct findings *findings, enum severity least);
/* [{"severity", "rule", "file", "line", "message"}]; the caller owns it. */
cJSON *findings_json(const struct findings *findings);
void findings_free(struct findings *findings);

/* Prints the object, indented, and frees it. STATUS_NOT_WRITTEN when stdout does not take it. */
enum status report_json(cJSON *object);

#endif
