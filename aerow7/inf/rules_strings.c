/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rules about [Strings] and its tokens. Undefined tokens (1235) are found while the file is read. */
#include "inf/inf_check.h"

#include "inf/inf_strings.h"

#include <string.h>
#include <strings.h>

static void value_1274(const struct check *check, const struct inf_value *value)
{
    if (value->text != NULL && strstr(value->text, "$ARCH$") != NULL) {
        inf_report(check, "1274", value->line, "$ARCH$ was not replaced: this is what stampinf makes an INF of");
    }
}

static void rule_1274(const struct check *check)
{
    for (size_t i = 0; i < check->inf->section_count; ++i) {
        const struct inf_section *section = &check->inf->sections[i];

        if (strstr(section->name, "$ARCH$") != NULL) {
            inf_report(check, "1274", section->line, "$ARCH$ was not replaced: this is what stampinf makes an INF of");
        }
        for (size_t j = 0; j < section->line_count; ++j) {
            value_1274(check, &section->lines[j].key);
            for (size_t k = 0; k < section->lines[j].value_count; ++k) {
                value_1274(check, &section->lines[j].values[k]);
            }
        }
    }
}

static const struct inf_section *language_section(const struct inf *inf, size_t index)
{
    const struct inf_section *section = &inf->sections[index];

    return inf_is_strings_section(section->name) && section->name[7] == '.' ? section : NULL;
}

/* "You do need to duplicate all string tokens across all Strings.* sections." */
static void rule_1295(const struct check *check)
{
    const struct inf_section *neutral = inf_section(check->inf, "Strings");

    for (size_t i = 0; neutral != NULL && i < check->inf->section_count; ++i) {
        const struct inf_section *language = language_section(check->inf, i);

        if (language != NULL && language->line_count != neutral->line_count) {
            inf_report(check, "1295", language->line, "[%s] has %zu strings, [Strings] has %zu", language->name,
                       language->line_count, neutral->line_count);
        }
    }
}

/* Calls for each string whose text holds what looks like another string's token. */
static void rule_string_in_string(const struct check *check)
{
    struct inf_strings strings;

    inf_strings_collect(check->inf, &strings);
    for (size_t i = 0; i < strings.count; ++i) {
        const char *open = strchr(strings.list[i].text, '%');
        const char *close = open != NULL ? strchr(open + 1, '%') : NULL;

        while (close != NULL) {
            if (inf_strings_find(&strings, open + 1, (size_t)(close - open) - 1) != NULL) {
                inf_report(check, "aero-string", strings.list[i].line,
                           "the text of %s holds %.*s, which Windows leaves as it is: strings are replaced once",
                           strings.list[i].key, (int)(close - open) + 1, open);
            }
            open = close;
            close = strchr(open + 1, '%');
        }
    }
    inf_strings_free(&strings);
}

static void rule_duplicate_string(const struct check *check)
{
    struct inf_strings strings;

    inf_strings_collect(check->inf, &strings);
    for (size_t i = 1; i < strings.count; ++i) {
        if (strcasecmp(strings.list[i - 1].key, strings.list[i].key) == 0) {
            inf_report(check, "aero-string-twice", strings.list[i].line,
                       "%s is defined in line %u, and that is the text that counts", strings.list[i].key,
                       strings.list[i - 1].line);
        }
    }
    inf_strings_free(&strings);
}

static const struct inf_rule rules[] = {
    {"1235", SEVERITY_ERROR, "a %token% is defined in [Strings]; a percent sign itself is written %%", NULL},
    {"1274", SEVERITY_ERROR, "$ARCH$ was replaced", rule_1274},
    {"1295", SEVERITY_ERROR, "the strings of every language are as many as those of [Strings]", rule_1295},
    {"aero-string", SEVERITY_ERROR, "a string does not name another one: strings are replaced once",
     rule_string_in_string},
    {"aero-string-twice", SEVERITY_ERROR, "a string is defined once", rule_duplicate_string},
};

const struct inf_rules inf_rules_strings = {rules, sizeof(rules) / sizeof(rules[0])};
