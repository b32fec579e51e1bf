/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "offline/volume_path.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct spelling {
    const char *name;
    size_t length;
    char *found;
};

static enum status match(void *context, const struct source_entry *entry)
{
    struct spelling *spelling = context;

    if (spelling->found == NULL && strlen(entry->name) == spelling->length &&
        strncasecmp(entry->name, spelling->name, spelling->length) == 0) {
        spelling->found = xstrdup(entry->name);
    }
    return STATUS_DONE;
}

enum status volume_path(const struct source *source, const char *path, char **out)
{
    struct text spelled = {0};
    enum status status = STATUS_DONE;

    text_add(&spelled, "", 0);
    while (*path != 0 && status == STATUS_DONE) {
        size_t length = strcspn(path, "/");
        struct spelling spelling = {.name = path, .length = length};
        struct source_entry entry;
        bool found = true;

        if (spelled.size > 0) {
            status = source_find(source, spelled.data, &found, &entry);
        }
        if (status == STATUS_DONE && found && (spelled.size == 0 || (entry.folder && !entry.reparse_point))) {
            status = source_list(source, spelled.data, match, &spelling);
        }
        text_format(&spelled, "%s", spelled.size > 0 ? "/" : "");
        if (spelling.found != NULL) {
            text_format(&spelled, "%s", spelling.found);
        } else {
            text_add(&spelled, path, length);
        }
        free(spelling.found);
        path += length + (path[length] == '/' ? 1 : 0);
    }
    *out = spelled.data;
    return status;
}

enum status volume_read(const struct source *source, const char *path, size_t limit, bool *found, struct bytes *content)
{
    struct source_entry entry = {0};
    enum status status = source_find(source, path, found, &entry);

    if (content != NULL) {
        *content = (struct bytes){0};
    }
    if (status != STATUS_DONE || !*found) {
        return status;
    }
    if (entry.folder || entry.reparse_point) {
        diag_error(source->name, "%s is a %s, and a file is expected there", path, entry.folder ? "folder" : "link");
        return STATUS_BAD_INPUT;
    }
    return content != NULL ? source_read(source, path, limit, content) : STATUS_DONE;
}

static bool is_planned(const struct changes *changes, const char *path)
{
    for (size_t i = 0; i < changes->count; ++i) {
        if (changes->list[i].kind == CHANGE_FOLDER && strcasecmp(changes->list[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

static enum status put_folders(const struct source *source, struct changes *changes, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        char *folder = xformat("%.*s", (int)(slash - path), path);
        struct source_entry entry = {0};
        bool found = false;
        enum status status = source_find(source, folder, &found, &entry);

        if (status == STATUS_DONE && found && (!entry.folder || entry.reparse_point)) {
            diag_error(source->name, "%s is no folder, and one is needed there", folder);
            status = STATUS_BAD_INPUT;
        }
        if (status == STATUS_DONE && !found && !is_planned(changes, folder)) {
            changes_add(changes, CHANGE_FOLDER, folder, (struct bytes){0}, NULL);
        }
        free(folder);
        if (status != STATUS_DONE) {
            return status;
        }
    }
    return STATUS_DONE;
}

enum status volume_put(const struct source *source, struct changes *changes, const char *path, struct bytes content,
                       const char *why)
{
    struct source_entry entry = {0};
    struct bytes present = {0};
    char *spelled = NULL;
    bool found = false;
    bool same = false;
    enum status status = source_find(source, path, &found, &entry);

    if (status == STATUS_DONE && found && (entry.folder || entry.reparse_point)) {
        diag_error(source->name, "%s is a %s, and a file is expected there", path, entry.folder ? "folder" : "link");
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE && found && entry.size == content.size) {
        status = source_read(source, path, content.size, &present);
        same = status == STATUS_DONE && present.size == content.size &&
               memcmp(present.data, content.data, content.size) == 0;
        bytes_free(&present);
    }
    if (status == STATUS_DONE && !same) {
        status = volume_path(source, path, &spelled);
    }
    if (status == STATUS_DONE && !same) {
        status = put_folders(source, changes, spelled);
    }
    if (status == STATUS_DONE && !same) {
        changes_add(changes, found ? CHANGE_REPLACE : CHANGE_ADD, spelled, content, why);
        content = (struct bytes){0};
    }
    free(spelled);
    bytes_free(&content);
    return status;
}
