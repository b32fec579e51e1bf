/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_tree.h"

#include "base/text.h"
#include "media/media_name.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Windows' longest path has 32 767 characters; no image of Windows 7 goes deeper than 20. */
#define DEPTH_LIMIT 256U
#define NAME_LIMIT 255U
#define END_OF_FOLDER 8U

static size_t aligned(size_t size)
{
    return (size + 7U) & ~(size_t)7U;
}

static enum status damaged(const struct wim_tree *tree, uint64_t at, const char *what)
{
    diag_error(tree->name, "the metadata is damaged at %llu: %s", (unsigned long long)at, what);
    return STATUS_BAD_INPUT;
}

static void entry_free(struct wim_entry *entry)
{
    if (entry == NULL) {
        return;
    }
    /* As deep as wim_tree_read lets a tree be. */
    for (size_t i = 0; i < entry->child_count; ++i) {
        entry_free(entry->children[i]);
    }
    free(entry->children);
    free(entry->name);
    free(entry->own);
    free(entry);
}

void wim_tree_free(struct wim_tree *tree)
{
    entry_free(tree->root);
    bytes_free(&tree->security);
    bytes_free(&tree->metadata);
    tree->root = NULL;
}

static void insert_child(struct wim_entry *parent, size_t index, struct wim_entry *child)
{
    if (parent->child_count == parent->child_capacity) {
        parent->child_capacity = parent->child_capacity == 0 ? 8 : parent->child_capacity * 2;
        parent->children = xrealloc(parent->children, parent->child_capacity * sizeof(struct wim_entry *));
    }
    memmove(parent->children + index + 1, parent->children + index,
            (parent->child_count - index) * sizeof(struct wim_entry *));
    parent->children[index] = child;
    ++parent->child_count;
}

/* The entry at `at`, its names and the streams that follow it. *length 0: the folder ends here. */
static enum status measure_entry(const struct wim_tree *tree, uint64_t at, size_t *length)
{
    const uint8_t *data = (const uint8_t *)tree->metadata.data;
    size_t size = tree->metadata.size;
    uint64_t own;
    size_t end;

    *length = 0;
    if (at % 8 != 0 || at > size || size - at < 8) {
        return damaged(tree, at, "an entry is outside of it");
    }
    own = wim_get64(data + at);
    if (own <= 8) {
        return STATUS_DONE;
    }
    if (own < WIM_DENTRY_SIZE || own > size - at || aligned((size_t)own) > size - at) {
        return damaged(tree, at, "an entry is longer or shorter than it can be");
    }
    if (WIM_DENTRY_SIZE + (uint64_t)wim_get16(data + at + WIM_DENTRY_AT_NAME_SIZE) +
                wim_get16(data + at + WIM_DENTRY_AT_SHORT_NAME_SIZE) >
            own ||
        wim_get16(data + at + WIM_DENTRY_AT_NAME_SIZE) % 2 != 0 ||
        wim_get16(data + at + WIM_DENTRY_AT_SHORT_NAME_SIZE) % 2 != 0) {
        return damaged(tree, at, "a name is longer than its entry");
    }
    end = (size_t)at + aligned((size_t)own);
    for (unsigned i = wim_get16(data + at + WIM_DENTRY_AT_STREAMS); i > 0; --i) {
        uint64_t stream;

        if (size - end < WIM_STREAM_SIZE) {
            return damaged(tree, end, "a stream is outside of it");
        }
        stream = wim_get64(data + end);
        if (stream < WIM_STREAM_SIZE || stream > size - end || aligned((size_t)stream) > size - end ||
            WIM_STREAM_SIZE + (uint64_t)wim_get16(data + end + WIM_STREAM_AT_NAME_SIZE) > stream) {
            return damaged(tree, end, "a stream is longer or shorter than it can be");
        }
        end += aligned((size_t)stream);
    }
    *length = end - (size_t)at;
    return STATUS_DONE;
}

static char *entry_name(const uint8_t *raw)
{
    size_t count = wim_get16(raw + WIM_DENTRY_AT_NAME_SIZE) / 2U;
    uint16_t *units = xcalloc(count + 1, sizeof(*units));
    char *name = xmalloc(count * 3 + 1);

    for (size_t i = 0; i < count; ++i) {
        units[i] = wim_get16(raw + WIM_DENTRY_SIZE + i * 2);
    }
    utf8_from_utf16(units, count, name);
    free(units);
    return name;
}

static enum status read_entry(struct wim_tree *tree, uint64_t at, struct wim_entry **out)
{
    size_t length;
    enum status status = measure_entry(tree, at, &length);
    struct wim_entry *entry;

    *out = NULL;
    if (status != STATUS_DONE || length == 0) {
        return status;
    }
    /* A folder that contains itself would go on for ever; no byte belongs to two entries. */
    if (++tree->entry_count > tree->metadata.size / WIM_DENTRY_SIZE) {
        return damaged(tree, at, "a folder contains itself");
    }
    entry = xcalloc(1, sizeof(*entry));
    entry->raw = (const uint8_t *)tree->metadata.data + at;
    entry->raw_size = length;
    entry->name = entry_name(entry->raw);
    entry->children_at = wim_get64(entry->raw + WIM_DENTRY_AT_CHILDREN);
    *out = entry;
    return STATUS_DONE;
}

static enum status read_children(struct wim_tree *tree, struct wim_entry *folder, unsigned depth)
{
    uint64_t at = folder->children_at;

    if (at == 0 || !wim_entry_is_folder(folder)) {
        return STATUS_DONE;
    }
    if (depth == DEPTH_LIMIT) {
        return damaged(tree, at, "folders are nested too deep");
    }
    for (;;) {
        struct wim_entry *child;
        enum status status = read_entry(tree, at, &child);

        if (status != STATUS_DONE || child == NULL) {
            return status;
        }
        insert_child(folder, folder->child_count, child);
        at += child->raw_size;
        if (child->name[0] == 0 || strpbrk(child->name, "/\\") != NULL) {
            return damaged(tree, at, "a name is empty or has a separator in it");
        }
        status = read_children(tree, child, depth + 1);
        if (status != STATUS_DONE) {
            return status;
        }
    }
}

/* Four bytes size of the table, four bytes number, eight bytes size of each, the descriptors. */
static enum status read_security(struct wim_tree *tree)
{
    const uint8_t *data = (const uint8_t *)tree->metadata.data;
    uint64_t total;
    uint64_t need;
    uint32_t count;

    if (tree->metadata.size < 8) {
        return damaged(tree, 0, "there is nothing in it");
    }
    total = wim_get32(data);
    count = wim_get32(data + 4);
    total = total < 8 ? 8 : total;
    need = 8 + (uint64_t)count * 8;
    if (total > tree->metadata.size || need > total) {
        return damaged(tree, 0, "the security descriptors do not fit");
    }
    for (uint32_t i = 0; i < count; ++i) {
        uint64_t size = wim_get64(data + 8 + (size_t)i * 8);

        if (size > total - need) {
            return damaged(tree, 8 + (uint64_t)i * 8, "a security descriptor does not fit");
        }
        need += size;
    }
    tree->security.size = aligned((size_t)total);
    tree->security.data = xcalloc(1, tree->security.size + 1);
    memcpy(tree->security.data, data, (size_t)total);
    wim_put32(tree->security.data, (uint32_t)tree->security.size);
    return STATUS_DONE;
}

enum status wim_tree_read(const char *name, struct bytes metadata, struct wim_tree *tree)
{
    enum status status;

    *tree = (struct wim_tree){.name = name, .metadata = metadata};
    status = read_security(tree);
    if (status == STATUS_DONE) {
        status = read_entry(tree, tree->security.size, &tree->root);
    }
    if (status == STATUS_DONE && (tree->root == NULL || !wim_entry_is_folder(tree->root))) {
        status = damaged(tree, tree->security.size, "the root is no folder");
    }
    if (status == STATUS_DONE) {
        status = read_children(tree, tree->root, 0);
    }
    if (status != STATUS_DONE) {
        wim_tree_free(tree);
    }
    return status;
}

/* A folder's children stand together; those of its first child's folder follow, and so on. */
static void place_children(struct wim_entry *folder, uint64_t *at)
{
    if (!wim_entry_is_folder(folder) || (folder->child_count == 0 && folder->children_at == 0)) {
        return;
    }
    folder->children_at = *at;
    for (size_t i = 0; i < folder->child_count; ++i) {
        *at += folder->children[i]->raw_size;
    }
    *at += END_OF_FOLDER;
    for (size_t i = 0; i < folder->child_count; ++i) {
        place_children(folder->children[i], at);
    }
}

static void write_entry(const struct wim_entry *entry, uint8_t *out)
{
    memcpy(out, entry->raw, entry->raw_size);
    wim_put64(out + WIM_DENTRY_AT_CHILDREN, entry->children_at);
}

static void write_children(const struct wim_entry *folder, uint8_t *out)
{
    uint64_t at = folder->children_at;

    if (!wim_entry_is_folder(folder)) {
        return;
    }
    for (size_t i = 0; i < folder->child_count; ++i) {
        write_entry(folder->children[i], out + at);
        at += folder->children[i]->raw_size;
        write_children(folder->children[i], out);
    }
}

void wim_tree_write(struct wim_tree *tree, struct bytes *out)
{
    uint64_t end = tree->security.size + tree->root->raw_size + END_OF_FOLDER;

    place_children(tree->root, &end);
    out->size = (size_t)end;
    out->data = xcalloc(1, out->size + 1);
    memcpy(out->data, tree->security.data, tree->security.size);
    write_entry(tree->root, (uint8_t *)out->data + tree->security.size);
    write_children(tree->root, (uint8_t *)out->data);
}

static struct wim_entry *find_child(const struct wim_entry *folder, const char *name, size_t length)
{
    struct wim_entry *like = NULL;

    for (size_t i = 0; i < folder->child_count; ++i) {
        struct wim_entry *child = folder->children[i];

        if (strncasecmp(child->name, name, length) != 0 || child->name[length] != 0) {
            continue;
        }
        if (memcmp(child->name, name, length) == 0) {
            return child;
        }
        like = like == NULL ? child : like;
    }
    return like;
}

struct wim_entry *wim_tree_find(const struct wim_tree *tree, const char *path)
{
    struct wim_entry *entry = tree->root;

    while (entry != NULL && *path != 0) {
        size_t length = strcspn(path, "/");

        if (length > 0) {
            entry = find_child(entry, path, length);
        }
        path += length + (path[length] == '/' ? 1 : 0);
    }
    return entry;
}

struct wim_entry *wim_tree_parent(const struct wim_tree *tree, const char *path, const char **last)
{
    const char *slash = strrchr(path, '/');
    struct wim_entry *parent;
    char *folder;

    *last = slash == NULL ? path : slash + 1;
    folder = xformat("%.*s", slash == NULL ? 0 : (int)(slash - path), path);
    parent = wim_tree_find(tree, folder);
    free(folder);
    return parent;
}

uint32_t wim_entry_attributes(const struct wim_entry *entry)
{
    return wim_get32(entry->raw + WIM_DENTRY_AT_ATTRIBUTES);
}

bool wim_entry_is_folder(const struct wim_entry *entry)
{
    return (wim_entry_attributes(entry) & WIM_ATTRIBUTE_DIRECTORY) != 0;
}

/*
 * Where the hash of the content is: in the stream without a name, when the entry has one, else in the entry. (A file
 * with named streams has it in the former, as Windows writes it.)
 */
static size_t hash_at(const struct wim_entry *entry)
{
    size_t at = aligned((size_t)wim_get64(entry->raw));

    for (unsigned i = wim_get16(entry->raw + WIM_DENTRY_AT_STREAMS); i > 0; --i) {
        if (wim_get16(entry->raw + at + WIM_STREAM_AT_NAME_SIZE) == 0) {
            return at + WIM_STREAM_AT_HASH;
        }
        at += aligned((size_t)wim_get64(entry->raw + at));
    }
    return WIM_DENTRY_AT_HASH;
}

const uint8_t *wim_entry_hash(const struct wim_entry *entry)
{
    return entry->raw + hash_at(entry);
}

void wim_entry_set_hash(struct wim_entry *entry, const uint8_t hash[WIM_HASH_SIZE], uint64_t when)
{
    if (entry->own == NULL) {
        entry->own = xmalloc(entry->raw_size);
        memcpy(entry->own, entry->raw, entry->raw_size);
        entry->raw = entry->own;
    }
    memcpy(entry->own + hash_at(entry), hash, WIM_HASH_SIZE);
    wim_put64(entry->own + WIM_DENTRY_AT_WRITTEN, when);
    wim_put64(entry->own + WIM_DENTRY_AT_LINK_GROUP, 0);
}

struct wim_entry *wim_tree_add(struct wim_tree *tree, struct wim_entry *parent, const char *name, const uint8_t *hash,
                               uint32_t security_id, uint64_t when)
{
    uint16_t units[NAME_LIMIT];
    size_t count = utf16_from_utf8(name, units, NAME_LIMIT);
    struct wim_entry *entry;
    size_t length;
    size_t index = 0;

    if (count == 0 || count > NAME_LIMIT) {
        diag_error(tree->name, "%s: Windows takes no such name", name);
        return NULL;
    }
    length = WIM_DENTRY_SIZE + (count + 1) * 2;
    entry = xcalloc(1, sizeof(*entry));
    entry->raw_size = aligned(length);
    entry->own = xcalloc(1, entry->raw_size);
    entry->raw = entry->own;
    entry->name = xstrdup(name);
    wim_put64(entry->own, entry->raw_size);
    wim_put32(entry->own + WIM_DENTRY_AT_ATTRIBUTES, hash == NULL ? WIM_ATTRIBUTE_DIRECTORY : WIM_ATTRIBUTE_ARCHIVE);
    wim_put32(entry->own + WIM_DENTRY_AT_SECURITY, security_id);
    wim_put64(entry->own + WIM_DENTRY_AT_CREATED, when);
    wim_put64(entry->own + WIM_DENTRY_AT_ACCESSED, when);
    wim_put64(entry->own + WIM_DENTRY_AT_WRITTEN, when);
    if (hash != NULL) {
        memcpy(entry->own + WIM_DENTRY_AT_HASH, hash, WIM_HASH_SIZE);
    }
    wim_put16(entry->own + WIM_DENTRY_AT_NAME_SIZE, (uint16_t)(count * 2));
    for (size_t i = 0; i < count; ++i) {
        wim_put16(entry->own + WIM_DENTRY_SIZE + i * 2, units[i]);
    }
    while (index < parent->child_count && strcasecmp(parent->children[index]->name, name) < 0) {
        ++index;
    }
    insert_child(parent, index, entry);
    ++tree->entry_count;
    return entry;
}

void wim_tree_remove(struct wim_entry *parent, struct wim_entry *entry)
{
    for (size_t i = 0; i < parent->child_count; ++i) {
        if (parent->children[i] == entry) {
            memmove(parent->children + i, parent->children + i + 1,
                    (parent->child_count - i - 1) * sizeof(struct wim_entry *));
            --parent->child_count;
            entry_free(entry);
            return;
        }
    }
}

static size_t count_links(const struct wim_entry *entry, uint64_t group)
{
    bool file = (wim_entry_attributes(entry) & (WIM_ATTRIBUTE_DIRECTORY | WIM_ATTRIBUTE_REPARSE_POINT)) == 0;
    size_t count = file && wim_get64(entry->raw + WIM_DENTRY_AT_LINK_GROUP) == group ? 1 : 0;

    for (size_t i = 0; i < entry->child_count; ++i) {
        count += count_links(entry->children[i], group);
    }
    return count;
}

size_t wim_tree_links(const struct wim_tree *tree, const struct wim_entry *entry)
{
    uint64_t group = wim_get64(entry->raw + WIM_DENTRY_AT_LINK_GROUP);

    return group == 0 ? 0 : count_links(tree->root, group);
}

enum status wim_tree_security(const struct wim_tree *tree, const struct wim_entry *entry, const uint8_t **data,
                              size_t *size)
{
    const uint8_t *table = (const uint8_t *)tree->security.data;
    uint32_t id = wim_get32(entry->raw + WIM_DENTRY_AT_SECURITY);
    uint32_t count = wim_get32(table + 4);
    size_t at = 8 + (size_t)count * 8;

    *data = NULL;
    *size = 0;
    if (id == WIM_NO_SECURITY) {
        return STATUS_DONE;
    }
    if (id >= count) {
        diag_error(tree->name, "%s has security descriptor %u of %u", entry->name, id, count);
        return STATUS_BAD_INPUT;
    }
    for (uint32_t i = 0; i < id; ++i) {
        at += (size_t)wim_get64(table + 8 + (size_t)i * 8);
    }
    *data = table + at;
    *size = (size_t)wim_get64(table + 8 + (size_t)id * 8);
    return STATUS_DONE;
}

uint32_t wim_tree_security_id(struct wim_tree *tree, const void *data, size_t size)
{
    const uint8_t *old = (const uint8_t *)tree->security.data;
    uint32_t count = wim_get32(old + 4);
    size_t at = 8 + (size_t)count * 8;
    size_t begin = at;
    struct bytes table;

    for (uint32_t i = 0; i < count; ++i) {
        size_t present = (size_t)wim_get64(old + 8 + (size_t)i * 8);

        if (present == size && memcmp(old + at, data, size) == 0) {
            return i;
        }
        at += present;
    }
    table.size = aligned(at + 8 + size);
    table.data = xcalloc(1, table.size + 1);
    wim_put32(table.data, (uint32_t)table.size);
    wim_put32(table.data + 4, count + 1);
    memcpy(table.data + 8, old + 8, begin - 8);
    wim_put64(table.data + begin, size);
    memcpy(table.data + begin + 8, old + begin, at - begin);
    memcpy(table.data + at + 8, data, size);
    bytes_free(&tree->security);
    tree->security = table;
    return count;
}
