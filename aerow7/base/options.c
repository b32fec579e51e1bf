/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/options.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPECS_LIMIT 64

enum status options_usage(const char *command, const char *reason)
{
    diag_error(command, "%s; see aerow7 %s --help", reason, command);
    return STATUS_USAGE;
}

static enum status usage_about(const char *command, const char *what, const char *reason)
{
    char *text = xformat("%s %s", what, reason);
    enum status status = options_usage(command, text);

    free(text);
    return status;
}

static size_t find_spec(const struct option_spec *specs, size_t count, const bool *given, const char *argument)
{
    size_t length = strcspn(argument, "=");
    bool operand = !starts_with(argument, "-");

    for (size_t i = 0; i < count; ++i) {
        if (specs[i].name == NULL
                ? operand && (!given[i] || specs[i].list != NULL)
                : !operand && strlen(specs[i].name) == length && strncmp(specs[i].name, argument, length) == 0) {
            return i;
        }
    }
    return count;
}

static void store(const struct option_spec *spec, const char *value)
{
    if (spec->list == NULL) {
        *spec->value = value;
        return;
    }
    spec->list->items = xrealloc(spec->list->items, (spec->list->count + 1) * sizeof(*spec->list->items));
    spec->list->items[spec->list->count++] = value;
}

void option_list_free(struct option_list *list)
{
    free(list->items);
    *list = (struct option_list){0};
}

static enum status take(const char *command, const struct option_spec *spec, int argc, char **argv, int *at)
{
    const char *argument = argv[*at];
    const char *equals = strchr(argument, '=');

    if (spec->name == NULL) {
        store(spec, argument);
        return STATUS_DONE;
    }
    if (spec->flag != NULL) {
        if (equals != NULL) {
            return usage_about(command, spec->name, "takes no value");
        }
        *spec->flag = true;
        return STATUS_DONE;
    }
    if (equals == NULL && *at + 1 == argc) {
        return usage_about(command, spec->name, "needs a value");
    }
    store(spec, equals != NULL ? equals + 1 : argv[++*at]);
    return STATUS_DONE;
}

enum status options_parse(const char *command, const char *help, const struct option_spec *specs, size_t count,
                          int argc, char **argv)
{
    bool given[SPECS_LIMIT] = {false};
    enum status status = STATUS_DONE;

    for (int at = 1; at < argc; ++at) {
        const char *argument = argv[at];
        size_t index;

        if (strcmp(argument, "--help") == 0) {
            fputs(help, stdout);
            exit(STATUS_DONE);
        }
        index = find_spec(specs, count, given, argument);
        if (index == count) {
            return usage_about(command, argument, "is not understood");
        }
        if (given[index] && specs[index].list == NULL) {
            return usage_about(command, argument, "is given twice");
        }
        given[index] = true;
        status = take(command, &specs[index], argc, argv, &at);
        if (status != STATUS_DONE) {
            return status;
        }
    }
    for (size_t i = 0; i < count; ++i) {
        if (specs[i].required && !given[i]) {
            return usage_about(command, specs[i].name != NULL ? specs[i].name : specs[i].what, "is missing");
        }
    }
    return STATUS_DONE;
}
