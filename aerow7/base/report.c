/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/report.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const severity_names[] = {"error", "warning", "note"};

void findings_add(struct findings *findings, enum severity severity, const char *rule, const char *file, unsigned line,
                  const char *format, ...)
{
    struct finding *finding;
    va_list arguments;

    if (findings->count == findings->capacity) {
        findings->capacity = findings->capacity == 0 ? 16 : findings->capacity * 2;
        findings->list = xrealloc(findings->list, findings->capacity * sizeof(*findings->list));
    }
    va_start(arguments, format);
    finding = &findings->list[findings->count++];
    finding->severity = severity;
    finding->rule = xstrdup(rule);
    finding->file = file != NULL ? xstrdup(file) : NULL;
    finding->line = line;
    finding->message = xvformat(format, arguments);
    va_end(arguments);
}

size_t findings_count(const struct findings *findings, enum severity severity)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->count; ++i) {
        count += findings->list[i].severity == severity ? 1 : 0;
    }
    return count;
}

void findings_print(const struct findings *findings)
{
    findings_print_down_to(findings, SEVERITY_NOTE);
}

void findings_print_down_to(const struct findings *findings, enum severity least)
{
    for (size_t i = 0; i < findings->count; ++i) {
        const struct finding *finding = &findings->list[i];

        if (finding->severity > least) {
            continue;
        }
        if (finding->file != NULL) {
            printf("%s:", finding->file);
        }
        if (finding->line != 0) {
            printf("%u:", finding->line);
        }
        printf("%s%s %s: %s\n", finding->file != NULL ? " " : "", severity_names[finding->severity], finding->rule,
               finding->message);
    }
}

cJSON *findings_json(const struct findings *findings)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < findings->count; ++i) {
        const struct finding *finding = &findings->list[i];
        cJSON *object = cJSON_CreateObject();

        cJSON_AddStringToObject(object, "severity", severity_names[finding->severity]);
        cJSON_AddStringToObject(object, "rule", finding->rule);
        if (finding->file != NULL) {
            cJSON_AddStringToObject(object, "file", finding->file);
        }
        if (finding->line != 0) {
            cJSON_AddNumberToObject(object, "line", finding->line);
        }
        cJSON_AddStringToObject(object, "message", finding->message);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; ++i) {
        free(findings->list[i].rule);
        free(findings->list[i].file);
        free(findings->list[i].message);
    }
    free(findings->list);
    *findings = (struct findings){0};
}

enum status report_json(cJSON *object)
{
    char *text = cJSON_Print(object);
    enum status status = STATUS_DONE;

    cJSON_Delete(object);
    if (text == NULL || puts(text) == EOF || fflush(stdout) == EOF) {
        diag_error("standard output", "the report could not be written");
        status = STATUS_NOT_WRITTEN;
    }
    cJSON_free(text);
    return status;
}
