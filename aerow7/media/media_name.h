/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Names on media: UTF-8, and such that Windows can have them all in one folder. base/file_tree.h keeps what we make to
 * ASCII; a medium that others made, or a folder that becomes one, may use every character that Windows takes.
 */
#ifndef AEROW7_MEDIA_NAME_H
#define AEROW7_MEDIA_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIA_PATH_LIMIT 4096
#define MEDIA_DEPTH_LIMIT 64

/* Why this relative path is none that Windows would take, or NULL. */
const char *media_path_fault(const char *path);

/* For messages: what is not text, or would steer a terminal, as '?'. The caller frees. */
char *media_printable(const char *text);

/* The UTF-16 units of UTF-8 text; only `capacity` are stored. SIZE_MAX when it is not UTF-8. */
size_t utf16_from_utf8(const char *text, uint16_t *units, size_t capacity);

/* UTF-8 of UTF-16 text, with U+FFFD for what is no text; `out` has room for 3 * count + 1. */
void utf8_from_utf16(const uint16_t *units, size_t count, char *out);

/* Strings, each once. */
struct string_set {
    char **slots;
    size_t count;
    size_t capacity;
};
/* False when it is there already. */
bool string_set_add(struct string_set *set, const char *text);
bool string_set_has(const struct string_set *set, const char *text);
void string_set_free(struct string_set *set);

/* The paths of one tree, for finding those that Windows takes for the same. */
struct path_set {
    struct string_set files;   /* folded to one case */
    struct string_set folders; /* folded */
    struct string_set spelled; /* the folders as they are written */
};
/* Why the path cannot be in this tree beside the others, or NULL; its folders are added with it. */
const char *path_set_add(struct path_set *set, const char *path, bool folder);
void path_set_free(struct path_set *set);

#endif
