/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_source.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct wim_source {
    struct source source;
    struct wim_file *wim;
    struct wim_tree tree;
    char *name;
};

static bool is_empty(const uint8_t *hash)
{
    static const uint8_t zero[WIM_HASH_SIZE];

    return memcmp(hash, zero, sizeof(zero)) == 0;
}

static enum status source_lookup(void *context, const char *path, bool *found, struct source_entry *entry)
{
    const struct wim_source *source = context;
    const struct wim_entry *at = wim_tree_find(&source->tree, path);
    size_t blob;

    *found = at != NULL;
    *entry = (struct source_entry){0};
    if (at == NULL) {
        return STATUS_DONE;
    }
    blob = wim_blob_find(source->wim, wim_entry_hash(at));
    entry->name = at->name;
    entry->folder = wim_entry_is_folder(at);
    entry->reparse_point = (wim_entry_attributes(at) & WIM_ATTRIBUTE_REPARSE_POINT) != 0;
    entry->size = blob == SIZE_MAX || entry->folder ? 0 : source->wim->blobs[blob].place.size;
    return STATUS_DONE;
}

static enum status source_entries(void *context, const char *path, source_visit visit, void *visit_context)
{
    const struct wim_source *source = context;
    const struct wim_entry *at = wim_tree_find(&source->tree, path);
    enum status status = STATUS_DONE;

    if (at == NULL || !wim_entry_is_folder(at)) {
        diag_error(source->name, "%s: there is no such folder", path);
        return STATUS_BAD_INPUT;
    }
    for (size_t i = 0; status == STATUS_DONE && i < at->child_count; ++i) {
        const struct wim_entry *child = at->children[i];
        size_t blob = wim_blob_find(source->wim, wim_entry_hash(child));
        const struct source_entry entry = {
            .name = child->name,
            .folder = wim_entry_is_folder(child),
            .reparse_point = (wim_entry_attributes(child) & WIM_ATTRIBUTE_REPARSE_POINT) != 0,
            .size = blob == SIZE_MAX ? 0 : source->wim->blobs[blob].place.size,
        };

        status = visit(visit_context, &entry);
    }
    return status;
}

static enum status source_content(void *context, const char *path, size_t limit, struct bytes *out)
{
    const struct wim_source *source = context;
    const struct wim_entry *at = wim_tree_find(&source->tree, path);
    enum status status;
    size_t blob;
    char *what;

    *out = (struct bytes){0};
    if (at == NULL || wim_entry_is_folder(at) ||
        (wim_entry_attributes(at) & (WIM_ATTRIBUTE_REPARSE_POINT | WIM_ATTRIBUTE_ENCRYPTED)) != 0) {
        diag_error(source->name, "%s: is no file that can be read", path);
        return STATUS_BAD_INPUT;
    }
    if (is_empty(wim_entry_hash(at))) {
        out->data = xcalloc(1, 1);
        return STATUS_DONE;
    }
    blob = wim_blob_find(source->wim, wim_entry_hash(at));
    if (blob == SIZE_MAX) {
        diag_error(source->name, "%s: its content is not in this file", path);
        return STATUS_BAD_INPUT;
    }
    what = xformat("%s of %s", path, strrchr(source->name, ',') != NULL ? strrchr(source->name, ',') + 2 : "it");
    status = wim_blob_read(source->wim, blob, limit, what, out);
    free(what);
    return status;
}

static enum status source_descriptor(void *context, const char *path, struct bytes *out)
{
    const struct wim_source *source = context;
    const struct wim_entry *at = wim_tree_find(&source->tree, path);
    const uint8_t *data;
    size_t size;
    enum status status;

    *out = (struct bytes){0};
    if (at == NULL) {
        diag_error(source->name, "%s: there is no such file", path);
        return STATUS_BAD_INPUT;
    }
    status = wim_tree_security(&source->tree, at, &data, &size);
    if (status == STATUS_DONE && size > 0) {
        out->data = xcalloc(1, size + 1);
        out->size = size;
        memcpy(out->data, data, size);
    }
    return status;
}

static const struct source_operations operations = {
    .find = source_lookup,
    .list = source_entries,
    .read = source_content,
    .security = source_descriptor,
};

enum status wim_image_tree(struct wim_file *wim, unsigned index, const char *name, struct wim_tree *tree)
{
    struct bytes metadata;
    enum status status;

    *tree = (struct wim_tree){0};
    if (wim_image(wim, index) == NULL) {
        diag_error(wim->path, "has no image %u: it has %u", index, wim->image_count);
        return STATUS_BAD_INPUT;
    }
    status = wim_blob_read(wim, wim->metadata[index - 1], WIM_METADATA_LIMIT, "an image's metadata", &metadata);
    return status == STATUS_DONE ? wim_tree_read(name, metadata, tree) : status;
}

enum status wim_source_open(struct wim_file *wim, unsigned index, const struct source **out)
{
    struct wim_source *source = xcalloc(1, sizeof(*source));
    enum status status;

    source->wim = wim;
    source->name = xformat("%s, image %u", wim->path, index);
    source->source = (struct source){.name = source->name, .context = source, .operations = &operations};
    status = wim_image_tree(wim, index, source->name, &source->tree);
    *out = &source->source;
    if (status != STATUS_DONE) {
        wim_source_close(*out);
        *out = NULL;
    }
    return status;
}

void wim_source_close(const struct source *source)
{
    struct wim_source *opened;

    if (source == NULL) {
        return;
    }
    opened = source->context;
    wim_tree_free(&opened->tree);
    free(opened->name);
    free(opened);
}
