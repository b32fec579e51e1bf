/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rules about sections and how they name each other. */
#include "inf/inf_check.h"

#include "inf/inf_evaluate.h"
#include "inf/inf_inbox.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Directives that mean nothing without a section. */
static bool needs_section(const char *directive)
{
    static const char *const directives[] = {"CopyFiles", "AddReg", "DelReg", "DelFiles",
                                             "RenFiles",  "BitReg", "Needs",  "LogConfig"};

    for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); ++i) {
        if (inf_same_name(directive, directives[i])) {
            return true;
        }
    }
    return false;
}

static void each_used_line(const struct check *check,
                           void (*visit)(const struct check *check, const struct inf_section *section,
                                         const struct inf_line *line))
{
    for (size_t i = 0; i < check->inf->section_count; ++i) {
        const struct inf_section *section = &check->inf->sections[i];

        for (size_t j = 0; check->references->used[i] && j < section->line_count; ++j) {
            if (section->lines[j].key.text != NULL) {
                visit(check, section, &section->lines[j]);
            }
        }
    }
}

static void line_1005(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    if (needs_section(line->key.text) && inf_value_text(line, 0)[0] == 0) {
        inf_report(check, "1005", line->line, "%s in [%s] names no section", line->key.text, section->name);
    }
}

static void rule_1005(const struct check *check)
{
    each_used_line(check, line_1005);
}

static void line_1202(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    (void)section;
    if (!inf_same_name(line->key.text, "Include")) {
        return;
    }
    for (size_t i = 0; i < line->value_count; ++i) {
        const struct inf_value *value = &line->values[i];

        if (value->text[0] != 0 && !inf_is_inbox(value->text)) {
            inf_report(check, "1202", value->line, "%s is not known to be one of Windows 7's own INFs", value->text);
        }
    }
}

static void rule_1202(const struct check *check)
{
    each_used_line(check, line_1202);
}

static void rule_1203(const struct check *check)
{
    bool installs = inf_section(check->inf, "Manufacturer") != NULL;

    for (size_t i = 0; i < check->inf->section_count && !installs; ++i) {
        installs = strncasecmp(check->inf->sections[i].name, "DefaultInstall", 14) == 0;
    }
    if (!installs) {
        inf_report(check, "1203", 0, "there is no [Manufacturer] section");
    }
    for (size_t i = 0; i < check->references->count; ++i) {
        const struct inf_reference *reference = &check->references->list[i];

        if (reference->target == NULL && reference->role != INF_ROLE_SERVICE &&
            strcmp(reference->directive, "models") != 0) {
            inf_report(check, "1203", reference->line, "%s names section [%s], which is not there",
                       reference->directive, reference->name);
        }
    }
}

static int compare_references(const void *a, const void *b)
{
    const struct inf_reference *const *left = a;
    const struct inf_reference *const *right = b;

    if ((*left)->target != (*right)->target) {
        return (*left)->target < (*right)->target ? -1 : 1;
    }
    return (*left)->line<(*right)->line ? -1 : (*left)->line>(*right)->line;
}

/* Calls `visit` for two references to one section, by order of lines; `first` is always the first one. */
static void each_pair(const struct check *check,
                      void (*visit)(const struct check *check, const struct inf_reference *first,
                                    const struct inf_reference *second))
{
    const struct inf_reference **sorted = xcalloc(check->references->count, sizeof(*sorted));
    size_t count = 0;
    size_t first = 0;

    for (size_t i = 0; i < check->references->count; ++i) {
        if (check->references->list[i].target != NULL) {
            sorted[count++] = &check->references->list[i];
        }
    }
    qsort(sorted, count, sizeof(*sorted), compare_references);
    for (size_t i = 1; i < count; ++i) {
        if (sorted[i]->target != sorted[first]->target) {
            first = i;
        } else {
            visit(check, sorted[first], sorted[i]);
        }
    }
    free(sorted);
}

static void pair_1205(const struct check *check, const struct inf_reference *first, const struct inf_reference *second)
{
    if (first->role == second->role && strcmp(first->directive, second->directive) != 0) {
        inf_report(check, "1205", second->line, "[%s] is named by %s here and by %s in line %u", second->name,
                   second->directive, first->directive, first->line);
    }
}

static void rule_1205(const struct check *check)
{
    each_pair(check, pair_1205);
}

static void pair_1206(const struct check *check, const struct inf_reference *first, const struct inf_reference *second)
{
    if (first->role != second->role) {
        inf_report(check, "1206", second->line, "[%s] cannot be for %s here and for %s in line %u", second->name,
                   second->directive, first->directive, first->line);
    }
}

static void rule_1206(const struct check *check)
{
    each_pair(check, pair_1206);
}

static void rule_1209(const struct check *check)
{
    for (size_t i = 0; i < check->inf->section_count; ++i) {
        const struct inf_section *section = &check->inf->sections[i];

        if (section->again != 0) {
            inf_report(check, "1209", section->again, "[%s] is defined again, first in line %u", section->name,
                       section->line);
        }
    }
}

static void line_1315(const struct check *check, const struct inf_section *section, const struct inf_line *line)
{
    if (!inf_same_name(line->key.text, "Needs") || inf_line(section, "Include") != NULL) {
        return;
    }
    for (size_t i = 0; i < line->value_count; ++i) {
        const struct inf_value *value = &line->values[i];

        if (value->text[0] != 0 && inf_section(check->inf, value->text) == NULL) {
            inf_report(check, "1315", value->line,
                       "Needs names section [%s], which is not there, and [%s] includes "
                       "no other INF",
                       value->text, section->name);
        }
    }
}

static void rule_1315(const struct check *check)
{
    each_used_line(check, line_1315);
}

static void rule_2083(const struct check *check)
{
    for (size_t i = 0; i < check->inf->section_count; ++i) {
        const struct inf_section *section = &check->inf->sections[i];

        if (!inf_section_is_used(check->inf, check->references, section)) {
            inf_report(check, "2083", section->line, "nothing leads to section [%s]", section->name);
        }
    }
}

static const struct inf_rule rules[] = {
    {"1002", SEVERITY_ERROR, "lines are of the length and in the place that Windows reads", NULL},
    {"1005", SEVERITY_ERROR, "a directive that takes a section names one", rule_1005},
    {"1202", SEVERITY_ERROR, "an included INF is one of Windows 7's own", rule_1202},
    {"1203", SEVERITY_ERROR, "a section that is named is there", rule_1203},
    {"1205", SEVERITY_WARNING, "a section is named by one directive, not by CopyFiles and DelFiles", rule_1205},
    {"1206", SEVERITY_ERROR, "a section is not a file list here and registry values there", rule_1206},
    {"1209", SEVERITY_ERROR, "a section is defined once", rule_1209},
    {"1315", SEVERITY_ERROR, "a needed section is there, or another INF is included", rule_1315},
    {"2083", SEVERITY_WARNING, "a section is used", rule_2083},
};

const struct inf_rules inf_rules_sections = {rules, sizeof(rules) / sizeof(rules[0])};
