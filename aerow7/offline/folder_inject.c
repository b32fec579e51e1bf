/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/folder_inject.h"

#include "offline/identify.h"
#include "offline/source_folder.h"

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
