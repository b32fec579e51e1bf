/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/changes.h"

#include "base/text.h"

#include <stdlib.h>

void changes_add(struct changes *changes, enum change_kind kind, const char *path, struct bytes content,
                 const char *why)
{
    if (changes->count == changes->capacity) {
        changes->capacity = changes->capacity * 2 + 16;
        changes->list = xrealloc(changes->list, changes->capacity * sizeof(*changes->list));
    }
    changes->list[changes->count++] = (struct change){
        .kind = kind, .path = xstrdup(path), .content = content, .why = why != NULL ? xstrdup(why) : NULL};
}

void changes_free(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; ++i) {
        free(changes->list[i].path);
        free(changes->list[i].why);
        bytes_free(&changes->list[i].content);
    }
    free(changes->list);
    *changes = (struct changes){0};
}
