/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "inf/inf_lexer.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* "A section name has a maximum length of 255 characters on Windows 2000 and later versions of Windows." */
#define SECTION_NAME_LIMIT 255
/* No driver comes near it; it bounds the memory that a hostile file of nothing but commas can ask for. */
#define VALUES_LIMIT 500000

struct field {
    struct inf_value value;
    struct text text;
    struct text source;
    size_t text_kept; /* up to here nothing is a blank to be trimmed */
    size_t source_kept;
};

void inf_lexer_begin(struct inf_lexer *lexer, const char *place, const char *text, struct findings *findings)
{
    *lexer = (struct inf_lexer){
        .place = place, .text = text, .line = 1, .column = 1, .values = VALUES_LIMIT, .findings = findings};
}

void *inf_grow(void *list, size_t count, size_t element_size)
{
    return (count & (count - 1)) == 0 ? xrealloc(list, (count == 0 ? 1 : count * 2) * element_size) : list;
}

void inf_line_free(struct inf_line *line)
{
    for (size_t i = 0; i < line->value_count; ++i) {
        free(line->values[i].text);
        free(line->values[i].source);
    }
    free(line->values);
    free(line->key.text);
    free(line->key.source);
    *line = (struct inf_line){0};
}

enum status inf_bad_line(const char *place, unsigned line, const char *what)
{
    char *where = xformat("%s:%u", place, line);

    diag_error(where, "%s", what);
    free(where);
    return STATUS_BAD_INPUT;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

/* Ctrl-Z ends a text file, as it did under DOS. */
static bool is_line_end(char c)
{
    return c == '\n' || c == '\r' || c == 0 || c == 0x1A;
}

static void skip_line_end(struct inf_lexer *lexer)
{
    if (lexer->text[lexer->at] == '\r') {
        lexer->at += lexer->text[lexer->at + 1] == '\n' ? 2 : 1;
    } else if (lexer->text[lexer->at] == '\n') {
        ++lexer->at;
    } else {
        return;
    }
    lexer->column_at = lexer->at;
    lexer->column = 1;
    ++lexer->line;
}

static void skip_blanks(struct inf_lexer *lexer)
{
    while (is_blank(lexer->text[lexer->at])) {
        ++lexer->at;
    }
}

static void skip_to_line_end(struct inf_lexer *lexer)
{
    while (!is_line_end(lexer->text[lexer->at])) {
        ++lexer->at;
    }
}

static size_t characters(const char *text, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; ++i) {
        count += (text[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return count;
}

static unsigned current_column(struct inf_lexer *lexer)
{
    lexer->column += (unsigned)characters(lexer->text + lexer->column_at, lexer->at - lexer->column_at);
    lexer->column_at = lexer->at;
    return lexer->column;
}

/*
 * "The backslash character can be used as an explicit line continuator": when only blanks and a comment follow it. Of
 * several, "Windows ignores the first backslash and interprets the second backslash as a line continuator".
 */
static bool skip_continuation(struct inf_lexer *lexer)
{
    size_t at = lexer->at;

    while (lexer->text[at] == '\\') {
        ++at;
    }
    while (is_blank(lexer->text[at])) {
        ++at;
    }
    if (lexer->text[at] != ';' && !is_line_end(lexer->text[at])) {
        return false;
    }
    lexer->at = at;
    skip_to_line_end(lexer);
    skip_line_end(lexer);
    skip_blanks(lexer);
    return true;
}

static void take(struct inf_lexer *lexer, struct field *field, size_t count)
{
    text_add(&field->source, lexer->text + lexer->at, count);
    field->source_kept = field->source.size;
    lexer->at += count;
}

/* One character, or all backslashes of a run, which was looked at as a whole before. */
static void take_plain(struct inf_lexer *lexer, struct field *field)
{
    const char *text = lexer->text + lexer->at;
    size_t count = *text == '\\' ? strspn(text, "\\") : 1;

    text_add(&field->text, text, count);
    if (is_blank(*text)) {
        text_add(&field->source, text, count);
        lexer->at += count;
    } else {
        field->text_kept = field->text.size;
        take(lexer, field, count);
    }
}

/* From one quote to the other. "Escape the double quote character with another double quote character." */
static enum status take_quoted(struct inf_lexer *lexer, struct field *field)
{
    const char *text = lexer->text;

    field->value.quoted = true;
    take(lexer, field, 1);
    while (text[lexer->at] != '"' || text[lexer->at + 1] == '"') {
        if (is_line_end(text[lexer->at])) {
            return inf_bad_line(lexer->place, lexer->line, "a quote is not closed on its line");
        }
        text_add(&field->text, text + lexer->at, 1);
        take(lexer, field, text[lexer->at] == '"' ? 2 : 1);
    }
    take(lexer, field, 1);
    field->text_kept = field->text.size;
    return STATUS_DONE;
}

static void finish_field(struct inf_lexer *lexer, struct field *field, struct inf_value *value)
{
    text_add(&field->text, "", 0);
    text_add(&field->source, "", 0);
    field->text.data[field->text_kept] = 0;
    field->source.data[field->source_kept] = 0;
    *value = field->value;
    value->text = field->text.data;
    value->source = field->source.data;
    if (lexer->findings != NULL && field->text_kept > INF_FIELD_LIMIT &&
        characters(value->text, field->text_kept) > INF_FIELD_LIMIT) {
        findings_add(lexer->findings, SEVERITY_ERROR, "1002", lexer->place, value->line,
                     "the value is longer than the %d characters that Windows reads", INF_FIELD_LIMIT);
    }
}

/*
 * One key or value. `value` is to be freed in any case. Stops before ',', '=' (if `key`), a comment or the line's
 * end.
 */
static enum status lex_field(struct inf_lexer *lexer, bool key, struct inf_value *value)
{
    struct field field = {0};
    enum status status = STATUS_DONE;
    const char *text = lexer->text;

    skip_blanks(lexer);
    while (text[lexer->at] == '\\' && skip_continuation(lexer)) {
    }
    field.value.line = lexer->line;
    field.value.column = current_column(lexer);
    while (status == STATUS_DONE && !is_line_end(text[lexer->at])) {
        char c = text[lexer->at];

        if (c == ',' || c == ';' || (key && c == '=')) {
            break;
        }
        if (c == '\\' && skip_continuation(lexer)) {
            continue;
        }
        if (c == '"') {
            status = take_quoted(lexer, &field);
            continue;
        }
        take_plain(lexer, &field);
    }
    finish_field(lexer, &field, value);
    return status;
}

static void add_value(struct inf_line *line, struct inf_value value)
{
    line->values = inf_grow(line->values, line->value_count, sizeof(*line->values));
    line->values[line->value_count++] = value;
}

static enum status lex_values(struct inf_lexer *lexer, struct inf_line *line)
{
    enum status status = STATUS_DONE;

    for (bool more = true; more && status == STATUS_DONE;) {
        struct inf_value value;

        if (lexer->values-- == 0) {
            return inf_bad_line(lexer->place, lexer->line, "the file has more values than any INF can mean");
        }
        status = lex_field(lexer, false, &value);
        add_value(line, value);
        more = lexer->text[lexer->at] == ',';
        lexer->at += more ? 1 : 0;
    }
    /* "key =" has no value, rather than an empty one. */
    if (status == STATUS_DONE && line->value_count == 1 && line->values[0].source[0] == 0) {
        free(line->values[0].text);
        free(line->values[0].source);
        line->value_count = 0;
    }
    return status;
}

static enum status lex_entry(struct inf_lexer *lexer, struct inf_line *line)
{
    struct inf_value first;
    enum status status;

    line->line = lexer->line;
    if (lexer->values-- == 0) {
        return inf_bad_line(lexer->place, lexer->line, "the file has more values than any INF can mean");
    }
    status = lex_field(lexer, true, &first);
    if (lexer->text[lexer->at] == '=' && status == STATUS_DONE) {
        line->key = first;
        ++lexer->at;
        return lex_values(lexer, line);
    }
    add_value(line, first);
    if (lexer->text[lexer->at] == ',' && status == STATUS_DONE) {
        ++lexer->at;
        status = lex_values(lexer, line);
    }
    return status;
}

static enum status lex_header(struct inf_lexer *lexer, struct inf_item *item)
{
    size_t start = ++lexer->at;
    size_t length;

    while (lexer->text[lexer->at] != ']') {
        if (is_line_end(lexer->text[lexer->at])) {
            return inf_bad_line(lexer->place, lexer->line, "the header of a section has no ']'");
        }
        ++lexer->at;
    }
    length = lexer->at++ - start;
    skip_blanks(lexer);
    if (lexer->text[lexer->at] != ';' && !is_line_end(lexer->text[lexer->at])) {
        return inf_bad_line(lexer->place, lexer->line, "text follows the header of a section");
    }
    if (characters(lexer->text + start, length) > SECTION_NAME_LIMIT) {
        return inf_bad_line(lexer->place, lexer->line, "the section's name is longer than 255 characters");
    }
    item->kind = INF_ITEM_SECTION;
    item->section = xmalloc(length + 1);
    memcpy(item->section, lexer->text + start, length);
    item->section[length] = 0;
    return STATUS_DONE;
}

enum status inf_lexer_next(struct inf_lexer *lexer, struct inf_item *item)
{
    enum status status = STATUS_DONE;

    *item = (struct inf_item){.kind = INF_ITEM_END};
    while (item->kind == INF_ITEM_END && status == STATUS_DONE) {
        char c;

        skip_blanks(lexer);
        c = lexer->text[lexer->at];
        if (c == 0 || c == 0x1A) {
            return STATUS_DONE;
        }
        item->line = lexer->line;
        if (c == '[') {
            status = lex_header(lexer, item);
        } else if (c != ';' && !is_line_end(c)) {
            item->kind = INF_ITEM_ENTRY;
            status = lex_entry(lexer, &item->entry);
        }
        if (status == STATUS_DONE) {
            skip_to_line_end(lexer);
            skip_line_end(lexer);
        }
    }
    if (status != STATUS_DONE) {
        inf_line_free(&item->entry);
        free(item->section);
        item->section = NULL;
    }
    return status;
}
