/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "findings.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void findings_add(struct findings *findings, const char *rule, const char *format, ...)
{
    va_list arguments;

    findings->list = xrealloc(findings->list, (findings->count + 1) * sizeof(*findings->list));
    va_start(arguments, format);
    findings->list[findings->count++] = (struct finding){.rule = rule, .reason = xvformat(format, arguments)};
    va_end(arguments);
}

bool findings_has(const struct findings *findings, const char *rule)
{
    for (size_t i = 0; i < findings->count; ++i) {
        if (strcmp(findings->list[i].rule, rule) == 0) {
            return true;
        }
    }
    return false;
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; ++i) {
        free(findings->list[i].reason);
    }
    free(findings->list);
    *findings = (struct findings){0};
}
