/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Strings that grow, and allocation that does not fail quietly: the tool is a short-lived program, so running out of
 * memory ends it with a message and a status instead of burdening every caller.
 */
#ifndef AEROW7_TEXT_H
#define AEROW7_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *memory, size_t size);
char *xstrdup(const char *text);
__attribute__((format(printf, 1, 2))) char *xformat(const char *format, ...);
__attribute__((format(printf, 1, 0))) char *xvformat(const char *format, va_list arguments);

struct text {
    char *data; /* always ends in a zero byte once something was added */
    size_t size;
    size_t capacity;
};
void text_add(struct text *text, const char *data, size_t size);
__attribute__((format(printf, 2, 3))) void text_format(struct text *text, const char *format, ...);
void text_free(struct text *text);

bool starts_with(const char *text, const char *prefix);
bool ends_with(const char *text, const char *suffix);

#endif
