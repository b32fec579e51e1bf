/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/media_name.h"

#include "base/file_tree.h"
#include "base/text.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

/*
 * One code point, with `text` moved on; or UINT32_MAX for overlong forms, surrogates and what is beyond U+10FFFF, with
 * `text` where it was.
 */
static uint32_t next_code_point(const char **text)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)*text;
    unsigned more = at[0] < 0x80 ? 0 : at[0] < 0xE0 ? 1 : at[0] < 0xF0 ? 2 : 3;
    uint32_t value = more == 0 ? at[0] : at[0] & (0x3FU >> more);

    if ((at[0] >= 0x80 && at[0] < 0xC0) || at[0] >= 0xF8) {
        return UINT32_MAX;
    }
    for (unsigned i = 1; i <= more; ++i) {
        if ((at[i] & 0xC0) != 0x80) {
            return UINT32_MAX;
        }
        value = value << 6 | (at[i] & 0x3FU);
    }
    if (value < least[more] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) {
        return UINT32_MAX;
    }
    *text += more + 1;
    return value;
}

static size_t put_utf8(char *out, uint32_t value)
{
    if (value < 0x80) {
        out[0] = (char)value;
        return 1;
    }
    if (value < 0x800) {
        out[0] = (char)(0xC0 | value >> 6);
        out[1] = (char)(0x80 | (value & 0x3F));
        return 2;
    }
    if (value < 0x10000) {
        out[0] = (char)(0xE0 | value >> 12);
        out[1] = (char)(0x80 | (value >> 6 & 0x3F));
        out[2] = (char)(0x80 | (value & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | value >> 18);
    out[1] = (char)(0x80 | (value >> 12 & 0x3F));
    out[2] = (char)(0x80 | (value >> 6 & 0x3F));
    out[3] = (char)(0x80 | (value & 0x3F));
    return 4;
}

size_t utf16_from_utf8(const char *text, uint16_t *units, size_t capacity)
{
    size_t count = 0;

    while (*text != 0) {
        uint32_t value = next_code_point(&text);
        uint16_t pair[2] = {(uint16_t)value, 0};
        size_t length = 1;

        if (value == UINT32_MAX) {
            return SIZE_MAX;
        }
        if (value >= 0x10000) {
            pair[0] = (uint16_t)(0xD800 + ((value - 0x10000) >> 10));
            pair[1] = (uint16_t)(0xDC00 + (value & 0x3FF));
            length = 2;
        }
        for (size_t i = 0; i < length; ++i, ++count) {
            if (count < capacity) {
                units[count] = pair[i];
            }
        }
    }
    return count;
}

void utf8_from_utf16(const uint16_t *units, size_t count, char *out)
{
    for (size_t i = 0; i < count; ++i) {
        uint32_t value = units[i];

        if (value >= 0xD800 && value < 0xE000) {
            bool pair = value < 0xDC00 && i + 1 < count && units[i + 1] >= 0xDC00 && units[i + 1] < 0xE000;

            value = pair ? 0x10000 + ((value - 0xD800) << 10) + (units[++i] - 0xDC00U) : 0xFFFD;
        }
        out += put_utf8(out, value);
    }
    *out = 0;
}

char *media_printable(const char *text)
{
    struct text printable = {0};

    text_add(&printable, "", 0);
    while (*text != 0) {
        const char *before = text;
        uint32_t value = next_code_point(&text);

        if (value == UINT32_MAX) {
            text_add(&printable, "?", 1);
            ++text;
        } else if (value < ' ' || (value >= 0x7F && value < 0xA0)) {
            text_add(&printable, "?", 1);
        } else {
            text_add(&printable, before, (size_t)(text - before));
        }
    }
    return printable.data;
}

const char *media_path_fault(const char *path)
{
    char ascii[MEDIA_PATH_LIMIT];
    const char *at = path;
    unsigned depth = 1;
    size_t length = 0;

    if (*path == '/') {
        return "it is absolute";
    }
    while (*at != 0) {
        uint32_t value = next_code_point(&at);

        if (value == UINT32_MAX) {
            return "it is not UTF-8";
        }
        if ((value >= 0x80 && value < 0xA0) || value == 0xFFFE || value == 0xFFFF) {
            return "a name in it has a character that is none";
        }
        depth += value == '/' ? 1U : 0U;
        if (length + 1 == sizeof(ascii) || depth > MEDIA_DEPTH_LIMIT) {
            return "it is too long or too deep";
        }
        /* "Naming Files, Paths, and Namespaces": COM and LPT with a superscript digit name devices as well. */
        ascii[length++] = (char)(value < 0x80                     ? value
                                 : value == 0xB9                  ? '1'
                                 : value == 0xB2 || value == 0xB3 ? '2'
                                                                  : 'x');
    }
    ascii[length] = 0;
    return windows_path_fault(ascii);
}

static size_t find_slot(const struct string_set *set, const char *text)
{
    uint64_t hash = 14695981039346656037U; /* FNV-1a; a medium that makes them collide only slows itself down */
    size_t slot;

    for (const char *at = text; *at != 0; ++at) {
        hash = (hash ^ (unsigned char)*at) * 1099511628211U;
    }
    for (slot = (size_t)hash & (set->capacity - 1); set->slots[slot] != NULL; slot = (slot + 1) & (set->capacity - 1)) {
        if (strcmp(set->slots[slot], text) == 0) {
            break;
        }
    }
    return slot;
}

bool string_set_has(const struct string_set *set, const char *text)
{
    return set->capacity != 0 && set->slots[find_slot(set, text)] != NULL;
}

bool string_set_add(struct string_set *set, const char *text)
{
    size_t slot;

    if (set->count * 2 >= set->capacity) {
        struct string_set larger = {.count = set->count};

        /* A power of two, so that a mask finds the slot. */
        larger.capacity = set->capacity == 0 ? 64 : set->capacity * 2;
        larger.slots = xcalloc(larger.capacity, sizeof(*larger.slots));
        for (size_t i = 0; i < set->capacity; ++i) {
            if (set->slots[i] != NULL) {
                larger.slots[find_slot(&larger, set->slots[i])] = set->slots[i];
            }
        }
        free(set->slots);
        *set = larger;
    }
    slot = find_slot(set, text);
    if (set->slots[slot] != NULL) {
        return false;
    }
    set->slots[slot] = xstrdup(text);
    ++set->count;
    return true;
}

void string_set_free(struct string_set *set)
{
    for (size_t i = 0; i < set->capacity; ++i) {
        free(set->slots[i]);
    }
    free(set->slots);
    *set = (struct string_set){0};
}

/* Windows compares names by the capital letters of each, character by character. */
static char *fold(const char *path)
{
    static locale_t locale;
    char *folded = xmalloc(strlen(path) * 4 + 1);
    size_t length = 0;

    if (locale == (locale_t)0) {
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    }
    while (*path != 0) {
        uint32_t value = next_code_point(&path);

        if (value == UINT32_MAX) {
            folded[length++] = *path++;
        } else {
            length += put_utf8(folded + length, (uint32_t)(locale != (locale_t)0 ? towupper_l((wint_t)value, locale)
                                                                                 : towupper((wint_t)value)));
        }
    }
    folded[length] = 0;
    return folded;
}

static const char *add_folder(struct path_set *set, const char *path)
{
    char *folded = fold(path);
    const char *fault = NULL;

    if (string_set_has(&set->files, folded)) {
        fault = "a file and a folder have this name";
    } else if (!string_set_add(&set->folders, folded)) {
        fault = string_set_has(&set->spelled, path) ? NULL : "two names differ in case only";
    } else {
        (void)string_set_add(&set->spelled, path);
    }
    free(folded);
    return fault;
}

const char *path_set_add(struct path_set *set, const char *path, bool folder)
{
    const char *fault = NULL;
    char *copy = xstrdup(path);

    for (char *slash = strchr(copy, '/'); slash != NULL && fault == NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        fault = add_folder(set, copy);
        *slash = '/';
    }
    if (fault == NULL && folder) {
        fault = add_folder(set, copy);
    } else if (fault == NULL) {
        char *folded = fold(copy);

        if (string_set_has(&set->folders, folded)) {
            fault = "a file and a folder have this name";
        } else if (!string_set_add(&set->files, folded)) {
            fault = "two files have this name, without regard to case";
        }
        free(folded);
    }
    free(copy);
    return fault;
}

void path_set_free(struct path_set *set)
{
    string_set_free(&set->files);
    string_set_free(&set->folders);
    string_set_free(&set->spelled);
}
