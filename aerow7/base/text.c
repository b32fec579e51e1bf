/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/text.h"

#include "base/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
    if (memory == NULL) {
        diag_error("memory", "there is not enough");
        exit(STATUS_NOT_WRITTEN);
    }
    return memory;
}

void *xmalloc(size_t size)
{
    return checked(malloc(size > 0 ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
    return checked(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *xrealloc(void *memory, size_t size)
{
    return checked(realloc(memory, size > 0 ? size : 1));
}

char *xstrdup(const char *text)
{
    return checked(strdup(text));
}

char *xvformat(const char *format, va_list arguments)
{
    char *result = NULL;

    return checked(vasprintf(&result, format, arguments) < 0 ? NULL : result);
}

char *xformat(const char *format, ...)
{
    va_list arguments;
    char *result;

    va_start(arguments, format);
    result = xvformat(format, arguments);
    va_end(arguments);
    return result;
}

void text_add(struct text *text, const char *data, size_t size)
{
    if (text->capacity - text->size <= size) {
        text->capacity = (text->size + size + 1) * 2;
        text->data = xrealloc(text->data, text->capacity);
    }
    memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = 0;
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments;
    char *piece;

    va_start(arguments, format);
    piece = xvformat(format, arguments);
    va_end(arguments);
    text_add(text, piece, strlen(piece));
    free(piece);
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text);
    size_t tail = strlen(suffix);

    return length >= tail && strcmp(text + length - tail, suffix) == 0;
}
