/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_file.h"

#include "inf/inf_lexer.h"
#include "inf/inf_strings.h"
#include "inf/inf_text.h"
#include "base/file_io.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The largest INFs, those of display drivers, have about 2 MiB. The rest bounds what a hostile file costs. */
#define FILE_LIMIT (4UL << 20)
#define LINES_LIMIT 65536
#define SECTIONS_LIMIT 16384
#define EXPANDED_LIMIT (64UL << 20)

struct parser {
    struct inf *inf;
    struct findings *findings;
    size_t lines;
    size_t expanded;
};

/* A file with this many faults is not read to its end by anybody. */
static bool may_report(const struct findings *findings)
{
    return findings != NULL && findings->count < 1000;
}

bool inf_same_name(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

static void free_section(struct inf_section *section)
{
    for (size_t i = 0; i < section->line_count; ++i) {
        inf_line_free(&section->lines[i]);
    }
    free(section->lines);
    free(section->by_key);
    free(section->name);
}

void inf_free(struct inf *inf)
{
    for (size_t i = 0; i < inf->section_count; ++i) {
        free_section(&inf->sections[i]);
    }
    free(inf->sections);
    free(inf->by_name);
    free(inf->place);
    *inf = (struct inf){0};
}

static unsigned first_line_beyond_ascii(const char *text)
{
    unsigned line = 1;

    for (; *text != 0 && (unsigned char)*text < 0x80; ++text) {
        line += *text == '\n' ? 1 : 0;
    }
    return *text != 0 ? line : 0;
}

static enum status add_section(struct parser *parser, struct inf_item *item)
{
    struct inf *inf = parser->inf;

    if (inf->section_count == SECTIONS_LIMIT) {
        free(item->section);
        return inf_bad_line(inf->place, item->line, "the file has more sections than any INF can mean");
    }
    inf->sections = inf_grow(inf->sections, inf->section_count, sizeof(*inf->sections));
    inf->sections[inf->section_count++] = (struct inf_section){.name = item->section, .line = item->line};
    return STATUS_DONE;
}

static enum status add_entry(struct parser *parser, struct inf_item *item)
{
    struct inf *inf = parser->inf;
    struct inf_section *section;

    if (inf->section_count == 0 || parser->lines == LINES_LIMIT) {
        inf_line_free(&item->entry);
        if (inf->section_count > 0) {
            return inf_bad_line(inf->place, item->line, "the file has more lines than any INF can mean");
        }
        if (may_report(parser->findings)) {
            findings_add(parser->findings, SEVERITY_ERROR, "1002", inf->place, item->line,
                         "the entry stands before the first section and is ignored");
        }
        return STATUS_DONE;
    }
    ++parser->lines;
    section = &inf->sections[inf->section_count - 1];
    section->lines = inf_grow(section->lines, section->line_count, sizeof(*section->lines));
    section->lines[section->line_count++] = item->entry;
    return STATUS_DONE;
}

static enum status read_items(struct parser *parser, const char *text)
{
    enum status status = STATUS_DONE;
    struct inf_lexer lexer;
    struct inf_item item;

    inf_lexer_begin(&lexer, parser->inf->place, text, parser->findings);
    do {
        status = inf_lexer_next(&lexer, &item);
        if (status == STATUS_DONE && item.kind == INF_ITEM_SECTION) {
            status = add_section(parser, &item);
        } else if (status == STATUS_DONE && item.kind == INF_ITEM_ENTRY) {
            status = add_entry(parser, &item);
        }
    } while (status == STATUS_DONE && item.kind != INF_ITEM_END);
    return status;
}

static int compare_sections(const void *a, const void *b, void *context)
{
    const struct inf *inf = context;
    size_t left = *(const size_t *)a;
    size_t right = *(const size_t *)b;
    int order = strcasecmp(inf->sections[left].name, inf->sections[right].name);

    return order != 0 ? order : left < right ? -1 : left > right;
}

static void sort_sections(struct inf *inf)
{
    inf->by_name = xrealloc(inf->by_name, inf->section_count * sizeof(*inf->by_name));
    for (size_t i = 0; i < inf->section_count; ++i) {
        inf->by_name[i] = i;
    }
    qsort_r(inf->by_name, inf->section_count, sizeof(*inf->by_name), compare_sections, inf);
}

/* Moves the lines of sections `first` + 1 to `end` of by_name to `first`, whose name they share. */
static void merge_group(struct inf *inf, size_t first, size_t end)
{
    struct inf_section *section = &inf->sections[inf->by_name[first]];
    size_t count = section->line_count;

    for (size_t i = first + 1; i < end; ++i) {
        count += inf->sections[inf->by_name[i]].line_count;
    }
    section->lines = xrealloc(section->lines, count * sizeof(*section->lines));
    section->again = inf->sections[inf->by_name[first + 1]].line;
    for (size_t i = first + 1; i < end; ++i) {
        struct inf_section *more = &inf->sections[inf->by_name[i]];

        if (more->line_count > 0) {
            memcpy(section->lines + section->line_count, more->lines, more->line_count * sizeof(*more->lines));
        }
        section->line_count += more->line_count;
        more->line_count = 0;
        free_section(more);
        *more = (struct inf_section){0};
    }
}

/* "If more than one section in an INF file has the same name, the system merges their entries and directives." */
static void merge_sections(struct inf *inf)
{
    size_t kept = 0;
    size_t end;

    sort_sections(inf);
    for (size_t first = 0; first < inf->section_count; first = end) {
        const char *name = inf->sections[inf->by_name[first]].name;

        for (end = first + 1; end < inf->section_count && inf_same_name(inf->sections[inf->by_name[end]].name, name);) {
            ++end;
        }
        if (end > first + 1) {
            merge_group(inf, first, end);
        }
    }
    for (size_t i = 0; i < inf->section_count; ++i) {
        if (inf->sections[i].name != NULL) {
            inf->sections[kept++] = inf->sections[i];
        }
    }
    inf->section_count = kept;
    sort_sections(inf);
}

static int compare_keys(const void *a, const void *b, void *context)
{
    const struct inf_line *lines = context;
    size_t left = *(const size_t *)a;
    size_t right = *(const size_t *)b;
    int order = strcasecmp(lines[left].key.text, lines[right].key.text);

    return order != 0 ? order : left < right ? -1 : left > right;
}

static void sort_keys(struct inf_section *section)
{
    section->by_key = xcalloc(section->line_count, sizeof(*section->by_key));
    for (size_t i = 0; i < section->line_count; ++i) {
        if (section->lines[i].key.text != NULL) {
            section->by_key[section->key_count++] = i;
        }
    }
    qsort_r(section->by_key, section->key_count, sizeof(*section->by_key), compare_keys, section->lines);
}

static enum status expand_value(struct parser *parser, const struct inf_strings *strings, struct inf_value *value)
{
    struct text text = {0};
    const char *undefined = NULL;
    size_t length = 0;

    if (value->text == NULL || strchr(value->text, '%') == NULL) {
        return STATUS_DONE;
    }
    inf_strings_expand(strings, value->text, &text, &undefined, &length);
    if (undefined != NULL && may_report(parser->findings)) {
        findings_add(parser->findings, SEVERITY_ERROR, "1235", parser->inf->place, value->line,
                     "%%%.*s%% is not defined in [Strings]; a percent sign itself is written %%%%", (int)length,
                     undefined);
    }
    /* "After string substitution, the maximum length, in characters, of an INF file string is 4096". */
    if (text.size > INF_FIELD_LIMIT && text.size > strlen(value->text) && may_report(parser->findings)) {
        findings_add(parser->findings, SEVERITY_ERROR, "1002", parser->inf->place, value->line,
                     "with its strings replaced the value is longer than the %d characters that Windows reads",
                     INF_FIELD_LIMIT);
    }
    parser->expanded += text.size;
    free(value->text);
    value->text = xstrdup(text.data);
    text_free(&text);
    if (parser->expanded > EXPANDED_LIMIT) {
        return inf_bad_line(parser->inf->place, value->line, "its strings grow beyond any INF");
    }
    return STATUS_DONE;
}

static enum status expand_line(struct parser *parser, const struct inf_strings *strings, struct inf_line *line)
{
    enum status status = expand_value(parser, strings, &line->key);

    for (size_t i = 0; i < line->value_count && status == STATUS_DONE; ++i) {
        status = expand_value(parser, strings, &line->values[i]);
    }
    return status;
}

static enum status expand_strings(struct parser *parser)
{
    enum status status = STATUS_DONE;
    struct inf *inf = parser->inf;
    struct inf_strings strings;

    inf_strings_collect(inf, &strings);
    for (size_t i = 0; i < inf->section_count && status == STATUS_DONE; ++i) {
        struct inf_section *section = &inf->sections[i];

        for (size_t j = 0; !inf_is_strings_section(section->name) && j < section->line_count && status == STATUS_DONE;
             ++j) {
            status = expand_line(parser, &strings, &section->lines[j]);
        }
        sort_keys(section);
    }
    inf_strings_free(&strings);
    return status;
}

enum status inf_parse(const char *place, const void *data, size_t size, struct inf *inf, struct findings *findings)
{
    struct parser parser = {.inf = inf, .findings = findings};
    struct text text = {0};
    enum status status;

    *inf = (struct inf){.place = xstrdup(place)};
    status = size > FILE_LIMIT ? inf_bad_line(place, 1, "the file is larger than any INF")
                               : inf_text_decode(place, data, size, &inf->encoding, &text);
    if (status == STATUS_DONE) {
        inf->line_beyond_ascii = first_line_beyond_ascii(text.data);
        status = read_items(&parser, text.data);
    }
    if (status == STATUS_DONE) {
        merge_sections(inf);
        if (inf_section(inf, "Version") == NULL) {
            diag_error(place, "has no [Version] section, so it is no INF file");
            status = STATUS_BAD_INPUT;
        }
    }
    if (status == STATUS_DONE) {
        status = expand_strings(&parser);
    }
    text_free(&text);
    if (status != STATUS_DONE) {
        inf_free(inf);
    }
    return status;
}

enum status inf_read(const char *path, struct inf *inf, struct findings *findings)
{
    struct bytes bytes;
    enum status status = file_read(path, FILE_LIMIT, &bytes);

    if (status == STATUS_DONE) {
        status = inf_parse(path, bytes.data, bytes.size, inf, findings);
        bytes_free(&bytes);
    }
    return status;
}

const struct inf_section *inf_section(const struct inf *inf, const char *name)
{
    size_t low = 0;
    size_t high = inf->section_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcasecmp(inf->sections[inf->by_name[middle]].name, name);

        if (order == 0) {
            return &inf->sections[inf->by_name[middle]];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const struct inf_line *inf_line(const struct inf_section *section, const char *key)
{
    size_t low = 0;
    size_t high = section != NULL ? section->key_count : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcasecmp(section->lines[section->by_key[middle]].key.text, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (section != NULL && low < section->key_count &&
        inf_same_name(section->lines[section->by_key[low]].key.text, key)) {
        return &section->lines[section->by_key[low]];
    }
    return NULL;
}

const char *inf_text(const struct inf *inf, const char *section, const char *key)
{
    const struct inf_line *line = inf_line(inf_section(inf, section), key);

    return line != NULL && line->value_count > 0 ? line->values[0].text : NULL;
}
