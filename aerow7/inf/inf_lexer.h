/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The lines of an INF as they are written: headers of sections, and entries taken apart at '=' and ',', with
 * continuations joined, comments dropped and quotes removed. %strings% stay as they are.
 */
#ifndef AEROW7_INF_LEXER_H
#define AEROW7_INF_LEXER_H

#include "inf/inf_file.h"

/* "The maximum length, in characters, of an INF file field [...] including a terminating NULL character, is 4096." */
#define INF_FIELD_LIMIT 4095

enum inf_item_kind {
    INF_ITEM_SECTION, /* `section` */
    INF_ITEM_ENTRY,   /* `entry` */
    INF_ITEM_END,
};

struct inf_item {
    enum inf_item_kind kind;
    char *section;
    struct inf_line entry;
    unsigned line;
};

struct inf_lexer {
    const char *place;
    const char *text; /* ends in a zero byte, and holds no other */
    size_t at;
    size_t column_at; /* where the column below was counted up to, on this line */
    unsigned column;
    unsigned line;
    size_t values; /* how many there may still be */
    struct findings *findings;
};

void inf_lexer_begin(struct inf_lexer *lexer, const char *place, const char *text, struct findings *findings);

/* STATUS_BAD_INPUT, reported, for what stops Windows as well: a quote or a header that does not end on its line. */
enum status inf_lexer_next(struct inf_lexer *lexer, struct inf_item *item);

/* Room for one more element behind `count`, which must have grown by ones: by doubling, so that it stays linear. */
void *inf_grow(void *list, size_t count, size_t element_size);

void inf_line_free(struct inf_line *line);

/* STATUS_BAD_INPUT, reported as "PLACE:LINE: what". */
enum status inf_bad_line(const char *place, unsigned line, const char *what);

#endif
