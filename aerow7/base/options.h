/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Command-line options, as a table: "--name VALUE", "--name=VALUE", flags, and operands (an entry without a name takes
 * the next operand, one with a list all that are left). An option with a list may be repeated, others may not. --help
 * prints the help and ends the program with status 0.
 */
#ifndef AEROW7_OPTIONS_H
#define AEROW7_OPTIONS_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

/* Points into argv; the array is freed with option_list_free, also when parsing failed. */
struct option_list {
    const char **items;
    size_t count;
};
void option_list_free(struct option_list *list);

struct option_spec {
    const char *name;   /* "--out"; NULL for an operand */
    const char **value; /* where the value goes, or */
    bool *flag;         /* what is set, or */
    struct option_list *list;
    bool required;
    const char *what; /* an operand's name in messages */
};

enum status options_parse(const char *command, const char *help, const struct option_spec *specs, size_t count,
                          int argc, char **argv);

/* Reports a usage error of `command` and returns STATUS_USAGE. */
enum status options_usage(const char *command, const char *reason);

#endif
