/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_write.h"

#include "base/text.h"
#include "wim/wim_integrity.h"
#include "wim/wim_output.h"
#include "wim/wim_security.h"
#include "wim/wim_source.h"

#include <stdlib.h>
#include <string.h>

#define SECONDS_FROM_1601_TO_1970 11644473600ULL
#define TICKS_PER_SECOND 10000000ULL

struct writer {
    struct wim_file *wim;
    struct wim_output output;
    uint64_t end;
    uint64_t when;
    struct wim_blob *blobs; /* those of the file, then new ones */
    size_t blob_count;
    size_t old_count;
    char *xml;
    uint8_t header[WIM_HEADER_SIZE];
    unsigned char *changed; /* for each image, whether it was asked for already */
};

static size_t find_blob(const struct writer *writer, const uint8_t *hash)
{
    for (size_t i = writer->old_count; i < writer->blob_count; ++i) {
        if ((writer->blobs[i].place.flags & WIM_PLACE_METADATA) == 0 &&
            memcmp(writer->blobs[i].hash, hash, WIM_HASH_SIZE) == 0) {
            return i;
        }
    }
    return wim_blob_find(writer->wim, hash);
}

/* The content's hash; it is appended when the file does not have it yet. */
static enum status refer(struct writer *writer, const struct bytes *content, uint8_t hash[WIM_HASH_SIZE])
{
    enum status status;
    size_t index;

    memset(hash, 0, WIM_HASH_SIZE);
    if (content->size == 0) {
        return STATUS_DONE;
    }
    wim_sha1(content->data, content->size, hash);
    index = find_blob(writer, hash);
    if (index == SIZE_MAX) {
        struct wim_blob *blob;

        writer->blobs = xrealloc(writer->blobs, (writer->blob_count + 1) * sizeof(*writer->blobs));
        blob = &writer->blobs[writer->blob_count];
        *blob = (struct wim_blob){.part = 1};
        memcpy(blob->hash, hash, WIM_HASH_SIZE);
        status = wim_resource_append(&writer->wim->codec, writer->output.pending.descriptor, &writer->end, content, 0,
                                     writer->output.pending.target, &blob->place);
        if (status != STATUS_DONE) {
            return status;
        }
        index = writer->blob_count++;
    }
    if (writer->blobs[index].references < UINT32_MAX) {
        ++writer->blobs[index].references;
    }
    return STATUS_DONE;
}

static void release(struct writer *writer, const uint8_t *hash)
{
    size_t index = find_blob(writer, hash);

    if (index != SIZE_MAX && writer->blobs[index].references > 0) {
        --writer->blobs[index].references;
    }
}

static uint64_t blob_size(const struct writer *writer, const uint8_t *hash)
{
    size_t index = find_blob(writer, hash);

    return index == SIZE_MAX ? 0 : writer->blobs[index].place.size;
}

static enum status not_as_planned(const struct writer *writer, const struct change *change, const char *what)
{
    diag_error(writer->wim->path, "%s: %s", change->path, what);
    return STATUS_BAD_INPUT;
}

static enum status change_content(struct writer *writer, struct wim_tree *tree, struct wim_entry *entry,
                                  const struct change *change, struct wim_xml_delta *delta)
{
    uint8_t old[WIM_HASH_SIZE];
    uint8_t hash[WIM_HASH_SIZE];
    uint64_t old_size;
    enum status status;

    if (entry == NULL || wim_entry_is_folder(entry) ||
        (wim_entry_attributes(entry) & (WIM_ATTRIBUTE_REPARSE_POINT | WIM_ATTRIBUTE_ENCRYPTED)) != 0) {
        return not_as_planned(writer, change, "is no file whose content could be replaced");
    }
    memcpy(old, wim_entry_hash(entry), WIM_HASH_SIZE);
    old_size = blob_size(writer, old);
    status = refer(writer, &change->content, hash);
    if (status != STATUS_DONE) {
        return status;
    }
    delta->bytes += (long long)change->content.size - (long long)old_size;
    delta->hard_link_bytes -= wim_tree_links(tree, entry) > 1 ? (long long)old_size : 0;
    wim_entry_set_hash(entry, hash, writer->when);
    release(writer, old);
    return STATUS_DONE;
}

/* Windows' own rule for new files; an entry that inherits nothing is left to the program that applies the image. */
static enum status inherited_security(struct wim_tree *tree, const struct wim_entry *parent, bool folder, uint32_t *id)
{
    const uint8_t *data;
    size_t size;
    struct bytes security;
    enum status status = wim_tree_security(tree, parent, &data, &size);

    *id = WIM_NO_SECURITY;
    if (status == STATUS_DONE && wim_security_inherit(data, size, folder, &security)) {
        *id = wim_tree_security_id(tree, security.data, security.size);
        bytes_free(&security);
    }
    return status;
}

static enum status change_add(struct writer *writer, struct wim_tree *tree, const struct change *change,
                              struct wim_xml_delta *delta)
{
    const char *last;
    struct wim_entry *parent = wim_tree_parent(tree, change->path, &last);
    bool folder = change->kind == CHANGE_FOLDER;
    uint8_t hash[WIM_HASH_SIZE];
    uint32_t security_id = WIM_NO_SECURITY;
    enum status status;

    if (parent == NULL || !wim_entry_is_folder(parent) ||
        (wim_entry_attributes(parent) & WIM_ATTRIBUTE_REPARSE_POINT) != 0) {
        return not_as_planned(writer, change, "the folder that it should be in is not there");
    }
    if (wim_tree_find(tree, change->path) != NULL) {
        return not_as_planned(writer, change, "should be new and is there");
    }
    status = inherited_security(tree, parent, folder, &security_id);
    if (status == STATUS_DONE && !folder) {
        status = refer(writer, &change->content, hash);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    delta->folders += folder ? 1 : 0;
    delta->files += folder ? 0 : 1;
    delta->bytes += folder ? 0 : (long long)change->content.size;
    return wim_tree_add(tree, parent, last, folder ? NULL : hash, security_id, writer->when) != NULL ? STATUS_DONE
                                                                                                     : STATUS_BAD_INPUT;
}

static enum status change_remove(struct writer *writer, struct wim_tree *tree, const struct change *change,
                                 struct wim_xml_delta *delta)
{
    const char *last;
    struct wim_entry *parent = wim_tree_parent(tree, change->path, &last);
    struct wim_entry *entry = wim_tree_find(tree, change->path);

    if (parent == NULL || entry == NULL || wim_entry_is_folder(entry) ||
        wim_get16(entry->raw + WIM_DENTRY_AT_STREAMS) != 0) {
        return not_as_planned(writer, change, "is no plain file that could be removed");
    }
    delta->bytes -= (long long)blob_size(writer, wim_entry_hash(entry));
    delta->hard_link_bytes -= wim_tree_links(tree, entry) > 1 ? (long long)blob_size(writer, wim_entry_hash(entry)) : 0;
    --delta->files;
    release(writer, wim_entry_hash(entry));
    wim_tree_remove(parent, entry);
    return STATUS_DONE;
}

static enum status apply(struct writer *writer, struct wim_tree *tree, const struct change *change,
                         struct wim_xml_delta *delta)
{
    switch (change->kind) {
    case CHANGE_FOLDER:
    case CHANGE_ADD:
        return change_add(writer, tree, change, delta);
    case CHANGE_REPLACE:
        return change_content(writer, tree, wim_tree_find(tree, change->path), change, delta);
    case CHANGE_REMOVE:
        return change_remove(writer, tree, change, delta);
    }
    return STATUS_BAD_INPUT;
}

static enum status append_metadata(struct writer *writer, unsigned index, struct wim_tree *tree)
{
    struct wim_blob *blob = &writer->blobs[writer->wim->metadata[index - 1]];
    struct bytes metadata;
    enum status status;

    wim_tree_write(tree, &metadata);
    wim_sha1(metadata.data, metadata.size, blob->hash);
    status = wim_resource_append(&writer->wim->codec, writer->output.pending.descriptor, &writer->end, &metadata,
                                 WIM_PLACE_METADATA, writer->output.pending.target, &blob->place);
    bytes_free(&metadata);
    if (index == writer->wim->boot_index) {
        wim_place_put(writer->header + WIM_AT_BOOT_METADATA, &blob->place);
    }
    return status;
}

static enum status write_image(struct writer *writer, const struct wim_image_changes *image)
{
    struct wim_xml_delta delta = {.modified = writer->when};
    struct wim_tree tree;
    enum status status = wim_image_tree(writer->wim, image->index, writer->wim->path, &tree);
    char *xml;

    if (status != STATUS_DONE) {
        return status;
    }
    for (size_t i = 0; status == STATUS_DONE && i < image->changes->count; ++i) {
        status = apply(writer, &tree, &image->changes->list[i], &delta);
    }
    if (status == STATUS_DONE) {
        status = append_metadata(writer, image->index, &tree);
    }
    wim_tree_free(&tree);
    if (status == STATUS_DONE) {
        xml = wim_xml_update_image(writer->xml, image->index, &delta);
        free(writer->xml);
        writer->xml = xml;
    }
    return status;
}

/* Hashes stand at multiples of eight bytes: entries do, and so do the hashes in entries and streams. */
static void mark_used(struct writer *writer, const struct bytes *metadata, const size_t *unused, size_t count)
{
    for (size_t at = 0; at + WIM_HASH_SIZE <= metadata->size; at += 8) {
        for (size_t i = 0; i < count; ++i) {
            struct wim_blob *blob = &writer->blobs[unused[i]];

            if (blob->references == 0 && memcmp(metadata->data + at, blob->hash, WIM_HASH_SIZE) == 0) {
                blob->references = 1;
            }
        }
    }
}

/*
 * The table's counts are not trusted: what nothing should refer to any more is looked for in every image, because a
 * file whose content left the table is lost.
 */
static enum status keep_used(struct writer *writer)
{
    size_t *unused = xcalloc(writer->blob_count + 1, sizeof(*unused));
    enum status status = STATUS_DONE;
    size_t count = 0;

    for (size_t i = 0; i < writer->blob_count; ++i) {
        if (writer->blobs[i].references == 0 && (writer->blobs[i].place.flags & WIM_PLACE_METADATA) == 0) {
            unused[count++] = i;
        }
    }
    for (unsigned i = 0; status == STATUS_DONE && count > 0 && i < writer->wim->image_count; ++i) {
        struct bytes metadata;

        status = wim_resource_read(&writer->wim->codec, writer->output.pending.descriptor, writer->end,
                                   &writer->blobs[writer->wim->metadata[i]].place, WIM_METADATA_LIMIT,
                                   writer->output.pending.target, "an image's metadata", &metadata);
        if (status == STATUS_DONE) {
            mark_used(writer, &metadata, unused, count);
        }
        bytes_free(&metadata);
    }
    free(unused);
    return status;
}

/* A file's data that nothing refers to any more leaves the table; its bytes stay where they are. */
static enum status append_table(struct writer *writer, struct wim_place *place)
{
    struct bytes table = {.data = xcalloc(writer->blob_count + 1, WIM_ENTRY_SIZE)};
    enum status status;

    for (size_t i = 0; i < writer->blob_count; ++i) {
        const struct wim_blob *blob = &writer->blobs[i];
        uint8_t *entry = (uint8_t *)table.data + table.size;

        if (blob->references == 0 && (blob->place.flags & WIM_PLACE_METADATA) == 0) {
            continue;
        }
        wim_place_put(entry, &blob->place);
        wim_put16(entry + WIM_PLACE_SIZE, blob->part);
        wim_put32(entry + WIM_PLACE_SIZE + 2, blob->references);
        memcpy(entry + WIM_PLACE_SIZE + 6, blob->hash, WIM_HASH_SIZE);
        table.size += WIM_ENTRY_SIZE;
    }
    *place = (struct wim_place){
        .stored = table.size, .offset = writer->end, .size = table.size, .flags = WIM_PLACE_METADATA};
    status = wim_write_at(writer->output.pending.descriptor, table.data, table.size, writer->end,
                          writer->output.pending.target);
    writer->end += table.size;
    bytes_free(&table);
    return status;
}

static enum status append_xml(struct writer *writer)
{
    struct wim_place place = {.offset = writer->end, .flags = WIM_PLACE_METADATA};
    char *xml = wim_xml_update_total(writer->xml, writer->end);
    struct bytes raw;
    enum status status;

    wim_xml_encode(xml, &raw);
    place.stored = place.size = raw.size;
    wim_place_put(writer->header + WIM_AT_XML, &place);
    status =
        wim_write_at(writer->output.pending.descriptor, raw.data, raw.size, writer->end, writer->output.pending.target);
    writer->end += raw.size;
    bytes_free(&raw);
    free(xml);
    return status;
}

static enum status append_integrity(struct writer *writer, uint64_t covered)
{
    struct wim_place place = {.offset = writer->end};
    struct bytes table;
    enum status status = wim_integrity_extend(writer->wim, writer->output.pending.descriptor, covered,
                                              writer->output.pending.target, &table);

    if (status != STATUS_DONE) {
        return status;
    }
    place.stored = place.size = table.size;
    wim_place_put(writer->header + WIM_AT_INTEGRITY, &place);
    status = wim_write_at(writer->output.pending.descriptor, table.data, table.size, writer->end,
                          writer->output.pending.target);
    writer->end += table.size;
    bytes_free(&table);
    return status;
}

static enum status append_all(struct writer *writer, const struct wim_image_changes *images, size_t count)
{
    struct wim_place table;
    enum status status = STATUS_DONE;

    for (size_t i = 0; status == STATUS_DONE && i < count; ++i) {
        status = write_image(writer, &images[i]);
    }
    if (status == STATUS_DONE) {
        status = keep_used(writer);
    }
    if (status == STATUS_DONE) {
        status = append_table(writer, &table);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    wim_place_put(writer->header + WIM_AT_TABLE, &table);
    status = append_xml(writer);
    if (status == STATUS_DONE && wim_has_integrity_table(writer->wim)) {
        status = append_integrity(writer, table.offset + table.stored);
    }
    return status;
}

static enum status prepare(struct writer *writer, const struct wim_image_changes *images, size_t count)
{
    const char *refusal = wim_write_refusal(writer->wim);

    if (refusal != NULL) {
        diag_error(writer->wim->path, "%s", refusal);
        return STATUS_CHECK_FAILED;
    }
    for (size_t i = 0; i < count; ++i) {
        if (wim_image(writer->wim, images[i].index) == NULL || writer->changed[images[i].index - 1]) {
            diag_error(writer->wim->path, "has no image %u, or it is to be changed twice", images[i].index);
            return STATUS_BAD_INPUT;
        }
        writer->changed[images[i].index - 1] = 1;
    }
    return STATUS_DONE;
}

enum status wim_write(struct wim_file *wim, const struct wim_image_changes *images, size_t count, time_t when,
                      const struct wim_target *target, struct wim_state *result)
{
    struct writer writer = {
        .wim = wim,
        .end = wim->size,
        .when = ((uint64_t)when + SECONDS_FROM_1601_TO_1970) * TICKS_PER_SECOND,
        .blobs = xmalloc((wim->blob_count + 1) * sizeof(*writer.blobs)),
        .blob_count = wim->blob_count,
        .old_count = wim->blob_count,
        .xml = xstrdup(wim->xml),
        .changed = xcalloc(wim->image_count + 1U, 1),
    };
    enum status status = prepare(&writer, images, count);

    memcpy(writer.blobs, wim->blobs, wim->blob_count * sizeof(*writer.blobs));
    memcpy(writer.header, wim->header, WIM_HEADER_SIZE);
    if (status == STATUS_DONE) {
        status = wim_output_open(&writer.output, wim, target->out, target->in_place);
    }
    if (status != STATUS_DONE) {
        goto free_writer;
    }
    status = append_all(&writer, images, count);
    result->size = writer.end;
    memcpy(result->header, writer.header, WIM_HEADER_SIZE);
    if (status == STATUS_DONE && target->check != NULL) {
        status = target->check(target->context, wim_output_path(&writer.output), result);
    }
    if (status != STATUS_DONE) {
        wim_output_discard(&writer.output);
        goto free_writer;
    }
    status = wim_output_commit(&writer.output, writer.header);
free_writer:
    free(writer.changed);
    free(writer.xml);
    free(writer.blobs);
    return status;
}
