/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An INF file as Windows 7's SetupAPI reads it ("General Syntax Rules for INF Files", Windows driver documentation):
 * sections, lines, keys and values, line continuations, quotes, comments and %strings%. All text in memory is UTF-8.
 * Names of sections and keys are compared without regard to case (ASCII).
 */
#ifndef AEROW7_INF_FILE_H
#define AEROW7_INF_FILE_H

#include "base/report.h"

#include <stdbool.h>
#include <stddef.h>

enum inf_encoding {
    INF_ASCII,
    INF_UTF8_BOM,  /* UTF-8 without the mark is read as a code page by Windows 7, so it counts as that */
    INF_UTF16_LE,  /* with or without its mark */
    INF_CODE_PAGE, /* bytes above 127 in no Unicode encoding: windows-1252 is assumed */
};

struct inf_value {
    char *text;   /* %strings% replaced, %% made %, quotes removed */
    char *source; /* as written, without the spaces around it */
    bool quoted;
    unsigned line;   /* 1 is the first; a continued line's values have lines of their own */
    unsigned column; /* 1 is the first */
};

struct inf_line {
    struct inf_value key; /* key.text is NULL when the line has no '=' */
    struct inf_value *values;
    size_t value_count;
    unsigned line;
};

/* Sections of one name are one section, as Windows merges them. */
struct inf_section {
    char *name;
    struct inf_line *lines;
    size_t line_count;
    size_t *by_key; /* the indices of those lines that have a key, by key, of equal keys the first line first */
    size_t key_count;
    unsigned line;  /* of the first header with this name */
    unsigned again; /* of the second one, or 0 */
};

struct inf {
    char *place; /* for messages */
    enum inf_encoding encoding;
    unsigned line_beyond_ascii;   /* the first with a character that is not ASCII, or 0 */
    struct inf_section *sections; /* in the order of the file */
    size_t section_count;
    size_t *by_name; /* their indices */
};

/*
 * STATUS_BAD_INPUT, reported, when the file cannot be read as an INF at all (not text, no [Version], a quote or a
 * section header that never ends). What Windows tolerates is parsed; what it should not contain goes to `findings`,
 * which may be NULL. `inf` is to be freed only after STATUS_DONE.
 */
enum status inf_parse(const char *place, const void *data, size_t size, struct inf *inf, struct findings *findings);
enum status inf_read(const char *path, struct inf *inf, struct findings *findings);
void inf_free(struct inf *inf);

bool inf_same_name(const char *a, const char *b);

/* NULL when there is none. */
const struct inf_section *inf_section(const struct inf *inf, const char *name);
const struct inf_line *inf_line(const struct inf_section *section, const char *key);
/* The first value of `key` in `section`, or NULL. */
const char *inf_text(const struct inf *inf, const char *section, const char *key);

#endif
