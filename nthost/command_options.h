/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * "--name VALUE", "--name=VALUE" and switches, by a command's own table. The table's rows begin with struct
 * option_words; what else is in them is the command's.
 */
#ifndef NTHOST_COMMAND_OPTIONS_H
#define NTHOST_COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct option_words {
    const char *name, *argument, *help; /* argument NULL: a switch */
};

struct option_table {
    const char *command; /* for messages */
    const void *rows;
    size_t row_bytes;
    unsigned count;
};
#define OPTION_TABLE(command, rows) {command, rows, sizeof(*(rows)), sizeof(rows) / sizeof(*(rows))}

/* Takes argv[*at] and, where it stands apart, its value; *at is the last word that was taken. The row, or NULL after
 * a message. *value is NULL for a switch. */
const void *option_take(const struct option_table *table, int argc, char **argv, int *at, const char **value);
/* The message for a value that the row's option does not take. Returns false. */
bool option_refuse(const struct option_table *table, const void *row, const char *value);
void option_print_help(const struct option_table *table);

/* Whether --help is among the words. */
bool option_help_wanted(int argc, char **argv);
/* A seed of 0 is drawn from the clock; reports name the seed. */
void option_set_seed(uint64_t *seed);

/* A number in any of C's bases: no sign, nothing before or after it. */
bool option_number(const char *text, uint64_t *value);

#endif
