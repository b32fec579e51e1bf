/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "registry_model.h"

#include "standin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct registry *registry, const char *key, const char *name, const char *type, const char *data)
{
    struct registry_line *line;

    registry->lines = realloc(registry->lines, (registry->count + 1) * sizeof(*registry->lines));
    if (registry->lines == NULL) {
        abort();
    }
    line = &registry->lines[registry->count++];
    line->key = _strdup(key);
    line->name = name != NULL ? _strdup(name) : NULL;
    line->type = type != NULL ? _strdup(type) : NULL;
    line->data = data != NULL ? _strdup(data) : NULL;
}

static void remove_at(struct registry *registry, size_t index)
{
    struct registry_line *line = &registry->lines[index];

    free(line->key);
    free(line->name);
    free(line->type);
    free(line->data);
    --registry->count;
    memmove(line, line + 1, (registry->count - index) * sizeof(*line));
}

bool registry_is_below(const char *candidate, const char *key)
{
    size_t length = strlen(key);

    return _strnicmp(candidate, key, length) == 0 && (candidate[length] == 0 || candidate[length] == '\\');
}

bool registry_has_key(const struct registry *registry, const char *key)
{
    for (size_t i = 0; i < registry->count; ++i) {
        if (registry_is_below(registry->lines[i].key, key)) {
            return true;
        }
    }
    return false;
}

struct registry_line *registry_find(const struct registry *registry, const char *key, const char *name)
{
    for (size_t i = 0; i < registry->count; ++i) {
        struct registry_line *line = &registry->lines[i];

        if (line->name != NULL && _stricmp(line->key, key) == 0 && _stricmp(line->name, name) == 0) {
            return line;
        }
    }
    return NULL;
}

/* Parents get lines of their own: deleting a child must not take them along. */
static void make_key(struct registry *registry, const char *key)
{
    char *part = _strdup(key);

    for (char *end = strchr(part, '\\'); end != NULL; end = strchr(end + 1, '\\')) {
        *end = 0;
        if (!registry_has_key(registry, part)) {
            append(registry, part, NULL, NULL, NULL);
        }
        *end = '\\';
    }
    if (!registry_has_key(registry, key)) {
        append(registry, key, NULL, NULL, NULL);
    }
    free(part);
}

void registry_set(struct registry *registry, const char *key, const char *name, const char *type, const char *data)
{
    make_key(registry, key);
    if (name != NULL) {
        registry_delete(registry, key, name);
        append(registry, key, name, type, data);
    }
}

bool registry_delete(struct registry *registry, const char *key, const char *name)
{
    bool found = false;

    for (size_t i = registry->count; i-- > 0;) {
        struct registry_line *line = &registry->lines[i];
        bool hit = name == NULL
                       ? registry_is_below(line->key, key)
                       : line->name != NULL && _stricmp(line->key, key) == 0 && _stricmp(line->name, name) == 0;

        if (hit) {
            remove_at(registry, i);
            found = true;
        }
    }
    return found;
}

bool registry_load(struct registry *registry, const char *path)
{
    char *text = read_whole(path, NULL);

    memset(registry, 0, sizeof(*registry));
    if (text == NULL) {
        return false;
    }
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char *name = strchr(line, '\t');
        char *type = name != NULL ? strchr(name + 1, '\t') : NULL;
        char *data = type != NULL ? strchr(type + 1, '\t') : NULL;

        if (name == NULL) {
            append(registry, line, NULL, NULL, NULL);
        } else if (data != NULL) {
            *name = *type = *data = 0;
            append(registry, line, name + 1, type + 1, data + 1);
        }
    }
    free(text);
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct registry_line *left = a;
    const struct registry_line *right = b;
    int order = _stricmp(left->key, right->key);

    return order != 0 ? order : _stricmp(left->name != NULL ? left->name : "", right->name != NULL ? right->name : "");
}

bool registry_store(struct registry *registry, const char *path)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL) {
        return false;
    }
    qsort(registry->lines, registry->count, sizeof(*registry->lines), compare);
    for (size_t i = 0; i < registry->count; ++i) {
        const struct registry_line *line = &registry->lines[i];

        if (line->name == NULL) {
            fprintf(file, "%s\n", line->key);
        } else {
            fprintf(file, "%s\t%s\t%s\t%s\n", line->key, line->name, line->type, line->data);
        }
    }
    return fclose(file) == 0;
}

void registry_free(struct registry *registry)
{
    while (registry->count > 0) {
        remove_at(registry, registry->count - 1);
    }
    free(registry->lines);
    registry->lines = NULL;
}
