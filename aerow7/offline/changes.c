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

cJSON *changes_json(const struct changes *changes)
{
    static const char *const actions[] = {
        [CHANGE_FOLDER] = "folder", [CHANGE_ADD] = "add", [CHANGE_REPLACE] = "replace", [CHANGE_REMOVE] = "remove"};
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < changes->count; ++i) {
        const struct change *change = &changes->list[i];
        cJSON *object = cJSON_CreateObject();

        cJSON_AddStringToObject(object, "action", actions[change->kind]);
        cJSON_AddStringToObject(object, "path", change->path);
        if (change->kind == CHANGE_ADD || change->kind == CHANGE_REPLACE) {
            cJSON_AddNumberToObject(object, "size", (double)change->content.size);
        }
        if (change->why != NULL) {
            cJSON_AddStringToObject(object, "why", change->why);
        }
        cJSON_AddItemToArray(array, object);
    }
    return array;
}
