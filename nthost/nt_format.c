/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Windows' printf: wchar_t has 16 bits, I64 and w are length prefixes, Z is a counted string.
 */
#include <stdio.h>
#include <string.h>

#include "nt_exports.h"

struct writer {
    char *out;
    size_t size, length;
};

struct directive {
    char flags[8];
    int width, precision; /* -1: none */
    int bytes;            /* of an integer */
    bool wide;
    char kind;
};

static void put(struct writer *w, char c)
{
    if (w->length + 1 < w->size)
        w->out[w->length] = c;
    w->length++;
}

static void put_text(struct writer *w, const struct directive *d, const char *narrow, const WCHAR *wide, size_t length)
{
    size_t pad = d->width > 0 && (size_t)d->width > length ? (size_t)d->width - length : 0;
    bool left = strchr(d->flags, '-') != NULL;
    for (size_t i = 0; !left && i < pad; i++)
        put(w, ' ');
    for (size_t i = 0; i < length; i++)
        put(w, wide == NULL ? narrow[i] : wide[i] < 0x80 ? (char)wide[i] : '?');
    for (size_t i = 0; left && i < pad; i++)
        put(w, ' ');
}

static void put_string(struct writer *w, const struct directive *d, const void *text)
{
    size_t length = 0, limit = d->precision >= 0 ? (size_t)d->precision : SIZE_MAX;
    const WCHAR *wide = d->wide ? text : NULL;
    if (text == NULL) {
        put_text(w, d, "(null)", NULL, 6);
        return;
    }
    while (length < limit && (wide != NULL ? wide[length] != 0 : ((const char *)text)[length] != 0))
        length++;
    put_text(w, d, text, wide, length);
}

static void put_counted(struct writer *w, const struct directive *d, const UNICODE_STRING *string)
{
    if (string == NULL || string->Buffer == NULL)
        put_text(w, d, "(null)", NULL, 6);
    else if (d->wide)
        put_text(w, d, NULL, string->Buffer, string->Length / 2u);
    else
        put_text(w, d, (const char *)string->Buffer, NULL, string->Length);
}

static void put_integer(struct writer *w, const struct directive *d, uint64_t value)
{
    char format[24], text[128];
    bool is_signed = d->kind == 'd' || d->kind == 'i';
    if (d->bytes == 2)
        value = is_signed ? (uint64_t)(int16_t)value : (uint16_t)value;
    else if (d->bytes == 4)
        value = is_signed ? (uint64_t)(int32_t)value : (uint32_t)value;
    snprintf(format, sizeof(format), "%%%s*.*ll%c", d->flags, d->kind);
    int width = d->width < 60 ? d->width : 60, precision = d->precision < 60 ? d->precision : 60;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int length = snprintf(text, sizeof(text), format, width < 0 ? 0 : width, precision, value);
#pragma GCC diagnostic pop
    for (int i = 0; i < length; i++)
        put(w, text[i]);
}

static const char *read_number(const char *at, int *number)
{
    *number = 0;
    while (*at >= '0' && *at <= '9' && *number < 100000)
        *number = *number * 10 + (*at++ - '0');
    return at;
}

static const char *read_flags(const char *at, struct directive *d)
{
    for (unsigned count = 0; *at != '\0' && strchr("-+ #0", *at) != NULL; at++) {
        if (count + 1 < sizeof(d->flags))
            d->flags[count++] = *at;
    }
    return at;
}

static const char *read_length(const char *at, struct directive *d)
{
    for (;; at++) {
        if (strncmp(at, "I64", 3) == 0) {
            d->bytes = 8;
            at += 2;
        } else if (strncmp(at, "I32", 3) == 0) {
            at += 2;
        } else if (strncmp(at, "ll", 2) == 0) {
            d->bytes = 8;
            at++;
        } else if (*at == 'I' || *at == 'z') {
            d->bytes = (int)sizeof(void *);
        } else if (*at == 'l' || *at == 'w') {
            d->wide = true; /* a long has 32 bits */
        } else if (*at == 'h') {
            d->bytes = 2;
        } else {
            return at;
        }
    }
}

/* Numbers given by '*' come from the arguments, so the list goes along. */
#define TAKE_NUMBER(at, number, list)               \
    do {                                            \
        if (*(at) == '*') {                         \
            (number) = __builtin_va_arg(list, int); \
            (at)++;                                 \
        } else {                                    \
            (at) = read_number(at, &(number));      \
        }                                           \
    } while (0)

size_t nt_format(char *out, size_t size, const char *at, nt_va_list list)
{
    struct writer w = {out, size, 0};
    while (*at != '\0') {
        if (*at != '%' || at[1] == '%') {
            put(&w, *at);
            at += *at == '%' ? 2 : 1;
            continue;
        }
        struct directive d = {.width = -1, .precision = -1, .bytes = 4};
        at = read_flags(at + 1, &d);
        TAKE_NUMBER(at, d.width, list);
        if (*at == '.') {
            at++;
            TAKE_NUMBER(at, d.precision, list);
        }
        at = read_length(at, &d);
        d.kind = *at;
        switch (d.kind) {
        case '\0':
            break;
        case 'd':
        case 'i':
        case 'u':
        case 'x':
        case 'X':
        case 'o':
            put_integer(&w, &d, d.bytes == 8 ? __builtin_va_arg(list, uint64_t) : __builtin_va_arg(list, uint32_t));
            break;
        case 'p':
            d = (struct directive){
                .flags = "0", .width = (int)sizeof(void *) * 2, .precision = -1, .bytes = 8, .kind = 'X'};
            put_integer(&w, &d, (uintptr_t)__builtin_va_arg(list, void *));
            break;
        case 'c':
        case 'C':
            put(&w, (char)__builtin_va_arg(list, int));
            break;
        case 'S':
            d.wide = true;
            put_string(&w, &d, __builtin_va_arg(list, void *));
            break;
        case 's':
            put_string(&w, &d, __builtin_va_arg(list, void *));
            break;
        case 'Z':
            put_counted(&w, &d, __builtin_va_arg(list, void *));
            break;
        default:
            put(&w, '%');
            put(&w, d.kind);
            break;
        }
        if (*at != '\0')
            at++;
    }
    if (size > 0)
        out[w.length < size ? w.length : size - 1] = '\0';
    return w.length;
}
