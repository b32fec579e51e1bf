/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "command_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verifier.h"

static const struct option_words *row_at(const struct option_table *table, unsigned i)
{
    return (const void *)((const char *)table->rows + i * table->row_bytes);
}

static const struct option_words *find(const struct option_table *table, const char *name, size_t length)
{
    for (unsigned i = 0; i < table->count; i++) {
        const struct option_words *row = row_at(table, i);
        if (strlen(row->name) == length && strncmp(row->name, name, length) == 0)
            return row;
    }
    return NULL;
}

const void *option_take(const struct option_table *table, int argc, char **argv, int *at, const char **value)
{
    const char *text = argv[*at], *equals = strchr(text, '=');
    const struct option_words *row = NULL;
    *value = NULL;
    if (strncmp(text, "--", 2) == 0)
        row = find(table, text + 2, equals != NULL ? (size_t)(equals - text - 2) : strlen(text + 2));
    if (row == NULL) {
        fprintf(stderr, "nthost %s: unknown option '%s' (see nthost %s --help)\n", table->command, text,
                table->command);
        return NULL;
    }
    if (row->argument == NULL)
        return row;
    if (equals == NULL && *at + 1 >= argc) {
        fprintf(stderr, "nthost %s: --%s needs a value: %s\n", table->command, row->name, row->argument);
        return NULL;
    }
    *value = equals != NULL ? equals + 1 : argv[++*at];
    return row;
}

bool option_refuse(const struct option_table *table, const void *row, const char *value)
{
    const struct option_words *words = row;
    fprintf(stderr, "nthost %s: --%s: '%s' is not understood; expected %s\n", table->command, words->name,
            value != NULL ? value : "", words->argument != NULL ? words->argument : "no value");
    return false;
}

void option_print_help(const struct option_table *table)
{
    for (unsigned i = 0; i < table->count; i++) {
        const struct option_words *row = row_at(table, i);
        char left[64];
        snprintf(left, sizeof(left), "--%s %s", row->name, row->argument != NULL ? row->argument : "");
        printf("  %-28s %s\n", left, row->help);
    }
}

bool option_help_wanted(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

void option_set_seed(uint64_t *seed)
{
    if (*seed == 0)
        *seed = (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid();
    verifier_set_seed(*seed);
}

bool option_number(const char *text, uint64_t *value)
{
    char *end;
    *value = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && *end == '\0'; /* no sign, no space */
}
