/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_strings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool inf_is_strings_section(const char *name)
{
    return strncasecmp(name, "Strings", 7) == 0 && (name[7] == 0 || name[7] == '.');
}

static bool is_english(const char *name, unsigned long sublanguage, bool any)
{
    char *end;
    unsigned long language = strtoul(name + 8, &end, 16);

    /* "The lower 10 bits contain the primary language ID and the next 6 bits contain the sublanguage ID." */
    return end - (name + 8) == 4 && *end == 0 && (language & 0x3FF) == 9 && (any || language >> 10 == sublanguage);
}

/*
 * "An exact match", then "SUBLANG_NEUTRAL", then "any valid SUBLANG", "otherwise [...] the undecorated Strings
 * section".
 */
static const struct inf_section *select_section(const struct inf *inf)
{
    static const struct {
        unsigned long sublanguage;
        bool any;
    } steps[] = {{1, false}, {0, false}, {0, true}};

    for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); ++step) {
        for (size_t i = 0; i < inf->section_count; ++i) {
            const char *name = inf->sections[i].name;

            if (inf_is_strings_section(name) && name[7] == '.' &&
                is_english(name, steps[step].sublanguage, steps[step].any)) {
                return &inf->sections[i];
            }
        }
    }
    return inf_section(inf, "Strings");
}

static int compare_strings(const void *a, const void *b)
{
    const struct inf_string *left = a;
    const struct inf_string *right = b;
    int order = strcasecmp(left->key, right->key);

    return order != 0 ? order : left->line < right->line ? -1 : left->line > right->line;
}

void inf_strings_collect(const struct inf *inf, struct inf_strings *strings)
{
    const struct inf_section *section = select_section(inf);

    *strings = (struct inf_strings){0};
    if (section == NULL) {
        return;
    }
    strings->list = xcalloc(section->line_count, sizeof(*strings->list));
    for (size_t i = 0; i < section->line_count; ++i) {
        const struct inf_line *line = &section->lines[i];

        if (line->key.text != NULL) {
            strings->list[strings->count++] = (struct inf_string){
                .key = line->key.text,
                .text = line->value_count > 0 ? line->values[0].text : "",
                .line = line->line,
            };
        }
    }
    qsort(strings->list, strings->count, sizeof(*strings->list), compare_strings);
}

void inf_strings_free(struct inf_strings *strings)
{
    free(strings->list);
    *strings = (struct inf_strings){0};
}

const struct inf_string *inf_strings_find(const struct inf_strings *strings, const char *key, size_t length)
{
    size_t low = 0;
    size_t high = strings->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *candidate = strings->list[middle].key;
        int order = strncasecmp(candidate, key, length);

        if (order == 0 && candidate[length] != 0) {
            order = 1;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < strings->count && strncasecmp(strings->list[low].key, key, length) == 0 &&
        strings->list[low].key[length] == 0) {
        return &strings->list[low];
    }
    return NULL;
}

void inf_strings_expand(const struct inf_strings *strings, const char *source, struct text *out, const char **undefined,
                        size_t *undefined_length)
{
    *undefined = NULL;
    text_add(out, "", 0);
    while (*source != 0) {
        size_t plain = strcspn(source, "%");
        const char *close;
        const struct inf_string *string;
        size_t length;

        text_add(out, source, plain);
        source += plain;
        if (*source == 0) {
            return;
        }
        close = strchr(source + 1, '%');
        if (close == NULL) {
            text_add(out, source, strlen(source));
            return;
        }
        length = (size_t)(close - source) - 1;
        string = length > 0 ? inf_strings_find(strings, source + 1, length) : NULL;
        if (length == 0) {
            text_add(out, "%", 1);
        } else if (string != NULL) {
            text_add(out, string->text, strlen(string->text));
        } else {
            text_add(out, source, length + 2);
            if (*undefined == NULL && strspn(source + 1, "0123456789") < length) {
                *undefined = source + 1;
                *undefined_length = length;
            }
        }
        source = close + 1;
    }
}
