/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pack/manifest.h"

#include "base/digest.h"

#define MANIFEST_SCHEMA_VERSION 1

void manifest_add_files(cJSON *root, const struct file_tree *tree)
{
    cJSON *files = cJSON_AddArrayToObject(root, "files");

    for (size_t i = 0; i < tree->count; ++i) {
        const struct tree_file *file = &tree->files[i];
        cJSON *entry = cJSON_CreateObject();
        char digest[SHA256_TEXT_SIZE];

        sha256_text(file->content.data, file->content.size, digest);
        cJSON_AddStringToObject(entry, "path", file->path);
        cJSON_AddNumberToObject(entry, "size", (double)file->content.size);
        cJSON_AddStringToObject(entry, "sha256", digest);
        cJSON_AddItemToArray(files, entry);
    }
}

cJSON *manifest_names(char *const *names, size_t count)
{
    cJSON *array = cJSON_CreateArray();

    for (size_t i = 0; i < count; ++i) {
        cJSON_AddItemToArray(array, cJSON_CreateString(names[i]));
    }
    return array;
}

void manifest_date(time_t when, char *out, size_t size)
{
    struct tm date;

    if (gmtime_r(&when, &date) == NULL || strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &date) == 0) {
        out[0] = 0;
    }
}

void manifest_make(const struct manifest_head *head, const struct file_tree *tree, struct text *out)
{
    static const char *const targets[] = {"win7-x86", "win7-amd64"};
    cJSON *root = cJSON_CreateObject();
    char created[sizeof("9999-12-31T23:59:59Z") + 16];
    cJSON *contract;
    const cJSON *detail;
    char *printed;

    manifest_date(head->epoch, created, sizeof(created));
    cJSON_AddNumberToObject(root, "schema_version", MANIFEST_SCHEMA_VERSION);
    cJSON_AddStringToObject(root, "pack", head->pack);
    cJSON_AddStringToObject(root, "created_utc", created);
    cJSON_AddNumberToObject(root, "source_date_epoch", (double)head->epoch);
    contract = cJSON_AddObjectToObject(root, "contract");
    cJSON_AddStringToObject(contract, "name", head->contract_name);
    cJSON_AddStringToObject(contract, "version", head->contract_version);
    cJSON_AddItemToObject(root, "drivers", manifest_names(head->drivers, head->driver_count));
    cJSON_AddItemToObject(root, "targets", cJSON_CreateStringArray(targets, 2));
    cJSON_ArrayForEach(detail, head->details)
    {
        cJSON_AddItemToObject(root, detail->string, cJSON_Duplicate(detail, 1));
    }
    manifest_add_files(root, tree);
    printed = cJSON_Print(root);
    text_format(out, "%s\n", printed != NULL ? printed : "");
    cJSON_free(printed);
    cJSON_Delete(root);
}
