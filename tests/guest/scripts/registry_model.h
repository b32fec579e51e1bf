/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A registry in a text file: a line "KEY" for each key, "KEY<tab>NAME<tab>TYPE<tab>DATA" for each value, sorted. Names
 * are found without regard to case. Keys are written HKLM\..., parents are there when a child is.
 */
#ifndef REGISTRY_MODEL_H
#define REGISTRY_MODEL_H

#include <stdbool.h>
#include <stddef.h>

struct registry_line {
    char *key;
    char *name; /* NULL: the line of the key itself */
    char *type;
    char *data;
};

struct registry {
    struct registry_line *lines;
    size_t count;
};

bool registry_load(struct registry *registry, const char *path);
bool registry_store(struct registry *registry, const char *path);
void registry_free(struct registry *registry);

bool registry_has_key(const struct registry *registry, const char *key);
/* key itself or one below it */
bool registry_is_below(const char *candidate, const char *key);
struct registry_line *registry_find(const struct registry *registry, const char *key, const char *name);
void registry_set(struct registry *registry, const char *key, const char *name, const char *type, const char *data);
/* name NULL: the key with everything below. False when there was none. */
bool registry_delete(struct registry *registry, const char *key, const char *name);

#endif
