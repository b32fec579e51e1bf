/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/folder_inject.h"

#include "offline/identify.h"
#include "offline/source_folder.h"

static cJSON *changes_json(const struct changes *changes)
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

enum status folder_inject(const struct folder_injection *injection, struct findings *findings, cJSON *report,
                          bool *changed)
{
    struct identity identity = {0};
    struct changes changes = {0};
    struct source_folder *folder;
    struct source source;
    enum status status = source_folder_open(injection->folder, &folder, &source);

    *changed = false;
    if (status != STATUS_DONE) {
        return status;
    }
    status = offline_identify(&source, &identity);
    if (status == STATUS_DONE) {
        status = offline_plan(&source, identity.kind, injection->request, &changes, findings);
    }
    cJSON_AddStringToObject(report, "folder", injection->folder);
    cJSON_AddItemToObject(report, "changes", changes_json(&changes));
    if (status == STATUS_DONE && changes.count > 0 && !injection->dry_run) {
        status = source_folder_write(folder, &changes);
        *changed = status == STATUS_DONE;
        changes_free(&changes);
        if (status == STATUS_DONE) {
            status = offline_verify(&source, identity.kind, injection->request, findings);
        }
    }
    changes_free(&changes);
    identity_free(&identity);
    source_folder_close(folder);
    return status;
}
