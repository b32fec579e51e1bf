/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (1u << 20)
#define WRONG_STATUS 99

static const struct {
    const char *kind;
    size_t fields; /* at least, the kind included */
} kinds[] = {{"system", 2}, {"env", 3},     {"pci", 7},      {"hid", 11},    {"path", 2},  {"io", 6},   {"fail", 5},
             {"short", 4},  {"corrupt", 3}, {"misplace", 3}, {"feature", 5}, {"event", 7}, {"leds", 3}, {"filter", 2},
             {"sound", 3},  {"format", 4},  {"run", 6},      {"error", 3},   {"memory", 2}};

_Noreturn void scenario_wrong(const char *what, const char *which)
{
    fprintf(stderr, "scenario: %s: %s\n", what, which);
    exit(WRONG_STATUS);
}

static void check_record(const struct record *record)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].kind, record->fields[0]) == 0) {
            if (record->count < kinds[i].fields) {
                scenario_wrong("too few fields", record->fields[0]);
            }
            return;
        }
    }
    scenario_wrong("unknown kind", record->fields[0]);
}

static void read_line(struct scenario *scenario, char *line)
{
    struct record *record;

    if (*line == 0 || *line == '#') {
        return;
    }
    if (scenario->count == MOST_RECORDS) {
        scenario_wrong("too many records", line);
    }
    record = &scenario->records[scenario->count++];
    for (char *at = line; at != NULL;) {
        char *tab = strchr(at, '\t');

        if (record->count == MOST_FIELDS) {
            scenario_wrong("too many fields", line);
        }
        record->fields[record->count++] = at;
        if (tab != NULL) {
            *tab++ = 0;
        }
        at = tab;
    }
    check_record(record);
}

void scenario_read(struct scenario *scenario, const char *file)
{
    FILE *stream = fopen(file, "rb");
    size_t size;

    memset(scenario, 0, sizeof(*scenario));
    scenario->text = malloc(MOST_BYTES);
    if (stream == NULL || scenario->text == NULL) {
        scenario_wrong("cannot be read", file);
    }
    size = fread(scenario->text, 1, MOST_BYTES - 1, stream);
    fclose(stream);
    scenario->text[size] = 0;
    for (char *at = scenario->text; at != NULL;) {
        char *end = strchr(at, '\n');

        if (end != NULL) {
            *end++ = 0;
        }
        read_line(scenario, at);
        at = end;
    }
}

struct record *scenario_next(struct scenario *scenario, const struct record *after, const char *kind, const char *first,
                             const char *second)
{
    for (size_t i = after != NULL ? (size_t)(after - scenario->records) + 1 : 0; i < scenario->count; i++) {
        struct record *record = &scenario->records[i];

        if (strcmp(record->fields[0], kind) == 0 && (first == NULL || strcmp(record->fields[1], first) == 0) &&
            (second == NULL || strcmp(record_text(record, 2), second) == 0)) {
            return record;
        }
    }
    return NULL;
}

const char *record_text(const struct record *record, size_t field)
{
    if (field >= record->count) {
        scenario_wrong("a field is missing", record->fields[0]);
    }
    return record->fields[field];
}

uint64_t record_number(const struct record *record, size_t field)
{
    const char *text = record_text(record, field);
    char *end;
    uint64_t value;

    errno = 0;
    value = (uint64_t)strtoll(text, &end, 0);
    if (errno != 0 || end == text || *end != 0) {
        scenario_wrong("not a number", text);
    }
    return value;
}
