/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An image's metadata resource: security descriptors, then the directory entries. Read as a tree, changed, and written
 * again; an entry that is not changed keeps every byte it has, known or not, except for the place of its children.
 */
#ifndef AEROW7_WIM_TREE_H
#define AEROW7_WIM_TREE_H

#include "base/file_io.h"
#include "wim/wim_format.h"

#include <stdbool.h>
#include <stdint.h>

struct wim_entry {
    const uint8_t *raw; /* the entry and its streams; in the metadata resource, or in own */
    size_t raw_size;    /* a multiple of 8 */
    uint8_t *own;       /* its copy, once it was changed; NULL before */
    char *name;         /* UTF-8, U+FFFD for what is no text */
    struct wim_entry **children;
    size_t child_count;
    size_t child_capacity;
    uint64_t children_at; /* while it is read and written */
};

struct wim_tree {
    const char *name; /* for messages */
    struct bytes metadata;
    struct bytes security; /* the table of descriptors, as it stands in front of the entries */
    struct wim_entry *root;
    size_t entry_count;
};

/* Takes `metadata` over, also when it fails. `name` is kept. */
enum status wim_tree_read(const char *name, struct bytes metadata, struct wim_tree *tree);
void wim_tree_free(struct wim_tree *tree);
void wim_tree_write(struct wim_tree *tree, struct bytes *out);

/* Without regard to case, but what is spelled the same is preferred. "" is the root. NULL: not there. */
struct wim_entry *wim_tree_find(const struct wim_tree *tree, const char *path);
/* The folder that `path` is in, and its last part. */
struct wim_entry *wim_tree_parent(const struct wim_tree *tree, const char *path, const char **last);

uint32_t wim_entry_attributes(const struct wim_entry *entry);
bool wim_entry_is_folder(const struct wim_entry *entry);
/* What its content is found by; all zero when it is empty. */
const uint8_t *wim_entry_hash(const struct wim_entry *entry);

/* The descriptor that the entry has; size 0 when it has none. */
enum status wim_tree_security(const struct wim_tree *tree, const struct wim_entry *entry, const uint8_t **data,
                              size_t *size);
/* The id of this descriptor, which is added when the image has none that is equal. */
uint32_t wim_tree_security_id(struct wim_tree *tree, const void *data, size_t size);

/* `when` is in 100 ns since 1601, as all times in a WIM. `hash` NULL: a folder. */
struct wim_entry *wim_tree_add(struct wim_tree *tree, struct wim_entry *parent, const char *name, const uint8_t *hash,
                               uint32_t security_id, uint64_t when);
void wim_tree_remove(struct wim_entry *parent, struct wim_entry *entry);
/* New content. It leaves its group of hard links: its other names keep what they have. */
void wim_entry_set_hash(struct wim_entry *entry, const uint8_t hash[WIM_HASH_SIZE], uint64_t when);

/* How many entries have this group of hard links; 0 for an entry without a group. */
size_t wim_tree_links(const struct wim_tree *tree, const struct wim_entry *entry);

#endif
