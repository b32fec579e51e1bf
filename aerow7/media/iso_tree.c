/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/iso_tree.h"

#include "base/text.h"
#include "media/media_name.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ECMA-119, 6.8.2.1: the root is level 1, and a directory's level is at most 8. */
#define LEVEL_LIMIT 8U
/* What Windows can name: MAX_PATH is 260 with drive, colon, backslash and the terminating zero. */
#define PATH_UNITS_LIMIT 256U
/* The data length of an extent is a 32-bit number (ECMA-119, 9.1.4). */
#define FILE_SIZE_LIMIT 0xFFFFFFFFU
/* A parent's number in the path table is a 16-bit number (ECMA-119, 9.4.4). */
#define FOLDER_LIMIT 0xFFFFU

static enum status refuse(const char *path, const char *reason)
{
    char *shown = media_printable(path);

    diag_error(shown, "cannot be on the ISO image: %s", reason);
    free(shown);
    return STATUS_BAD_INPUT;
}

static enum status check_input(const struct iso_input *input, struct path_set *paths)
{
    const char *fault = media_path_fault(input->path);
    unsigned level = input->folder ? 2 : 1;

    for (const char *at = input->path; *at != 0; ++at) {
        level += *at == '/' ? 1U : 0U;
    }
    if (fault == NULL && strchr(input->path, ';') != NULL) {
        fault = "a name in it has a semicolon, which Joliet does not allow";
    }
    if (fault == NULL && level > LEVEL_LIMIT) {
        fault = "its folder is more than 7 folders deep";
    }
    if (fault == NULL && utf16_from_utf8(input->path, NULL, 0) > PATH_UNITS_LIMIT) {
        fault = "its path is longer than 256 characters";
    }
    if (fault == NULL && input->size > FILE_SIZE_LIMIT) {
        fault = "it is larger than 4 GiB - 1";
    }
    if (fault == NULL) {
        fault = path_set_add(paths, input->path, input->folder);
    }
    return fault == NULL ? STATUS_DONE : refuse(input->path, fault);
}

static struct iso_node *add_node(struct iso_node *parent, const char *name, size_t length, bool folder)
{
    struct iso_node *node = xcalloc(1, sizeof(*node));

    node->parent = parent;
    node->folder = folder;
    node->name = xformat("%.*s", (int)length, name);
    if (parent->count == parent->capacity) {
        parent->capacity = parent->capacity * 2 + 8;
        for (int view = 0; view < ISO_VIEWS; ++view) {
            parent->view[view].entries =
                xrealloc(parent->view[view].entries, parent->capacity * sizeof(*parent->view[view].entries));
        }
    }
    for (int view = 0; view < ISO_VIEWS; ++view) {
        parent->view[view].entries[parent->count] = node;
    }
    ++parent->count;
    return node;
}

/* Inputs come sorted by the bytes of their paths: what is in one folder comes in one run. */
static struct iso_node *enter_folder(struct iso_tree *tree, struct iso_node *parent, const char *name, size_t length)
{
    struct iso_node *last = parent->count == 0 ? NULL : parent->view[0].entries[parent->count - 1];

    if (last != NULL && last->folder && strlen(last->name) == length && strncmp(last->name, name, length) == 0) {
        return last;
    }
    ++tree->folder_count;
    return add_node(parent, name, length, true);
}

static enum status add_input(struct iso_tree *tree, const struct iso_content *content, size_t index)
{
    const struct iso_input *input = &content->inputs[index];
    struct iso_node *folder = tree->root;
    const char *name = input->path;
    struct iso_node *node;
    const char *slash;

    for (; (slash = strchr(name, '/')) != NULL; name = slash + 1) {
        folder = enter_folder(tree, folder, name, (size_t)(slash - name));
        folder->path = input->path;
    }
    if (input->folder) {
        enter_folder(tree, folder, name, strlen(name))->path = input->path;
    } else {
        node = add_node(folder, name, strlen(name), false);
        node->path = input->path;
        node->input = index;
        node->size = input->size;
        tree->files[tree->file_count++] = node;
    }
    return tree->folder_count > FOLDER_LIMIT ? refuse(input->path, "there are more than 65535 folders") : STATUS_DONE;
}

static enum status set_joliet_identifier(struct iso_node *node)
{
    uint16_t units[ISO_JOLIET_UNITS];
    size_t count = utf16_from_utf8(node->name, units, ISO_JOLIET_UNITS);

    if (count > ISO_JOLIET_UNITS) {
        return refuse(node->path, "a name in it is longer than Joliet's 110 characters");
    }
    for (size_t i = 0; i < count; ++i) {
        /* Joliet specification, "SVD Escape Sequences": UCS-2, which has no pairs. */
        if (units[i] >= 0xD800 && units[i] < 0xE000) {
            return refuse(node->path, "a name in it has a character beyond U+FFFF, which Joliet does not have");
        }
        node->identifier[ISO_JOLIET][i * 2] = (uint8_t)(units[i] >> 8);
        node->identifier[ISO_JOLIET][i * 2 + 1] = (uint8_t)units[i];
    }
    node->identifier_size[ISO_JOLIET] = (uint8_t)(count * 2);
    return STATUS_DONE;
}

/* The most that stem and extension of a name may have. */
static const struct name_limits {
    size_t stem;
    size_t extension;
    size_t both;
} name_limits[] = {
    [ISO_NAMES_8_3] = {8, 3, 11},
    /* ECMA-119, 7.5.1: together not more than 30. */
    [ISO_NAMES_LONG] = {30, 20, 30},
};
#define PRIMARY_NAME_SIZE 48

/* d-characters (ECMA-119, 7.4.1): capital letters, digits and the underscore. */
static void take_d_characters(const char *text, size_t length, char *out, size_t capacity, const char *besides)
{
    size_t used = 0;

    for (size_t i = 0; i < length && used < capacity; ++i) {
        unsigned char value = (unsigned char)text[i];

        /* One underscore for a character of several bytes. */
        if ((value & 0xC0) == 0x80) {
            continue;
        }
        if (value < 0x80 && isalnum(value)) {
            out[used++] = (char)toupper(value);
        } else {
            out[used++] = strchr(besides, value) != NULL ? (char)value : '_';
        }
    }
    out[used] = 0;
}

/* Names are made unique in their folder with a number at the end of the stem, in the order of the long names. */
static void set_primary_identifier(struct iso_node *node, struct iso_node *folder, struct string_set *taken,
                                   enum iso_naming naming)
{
    const struct name_limits *limits = &name_limits[naming];
    const char *besides = naming == ISO_NAMES_LONG ? "-." : "";
    const char *dot = node->folder ? NULL : strrchr(node->name, '.');
    size_t stem_length = dot == NULL || dot == node->name ? strlen(node->name) : (size_t)(dot - node->name);
    size_t stem_limit = limits->stem;
    char extension[PRIMARY_NAME_SIZE] = "";
    char stem[PRIMARY_NAME_SIZE];
    char plain[3 * PRIMARY_NAME_SIZE];

    if (node->name[stem_length] != 0) {
        take_d_characters(dot + 1, strlen(dot + 1), extension, limits->extension, "");
    }
    if (stem_limit > limits->both - strlen(extension)) {
        stem_limit = limits->both - strlen(extension);
    }
    take_d_characters(node->name, stem_length, stem, stem_limit, besides);
    /* A folder's identifier has no dot; compared with one, so that no folder and file differ in nothing else. */
    (void)snprintf(plain, sizeof(plain), "%s.%s", stem, extension);
    while (!string_set_add(taken, plain)) {
        char number[9];
        size_t kept = strlen(stem);

        (void)snprintf(number, sizeof(number), "%zu", ++folder->next_suffix % 100000000);
        if (kept > stem_limit - strlen(number)) {
            kept = stem_limit - strlen(number);
        }
        (void)snprintf(plain, sizeof(plain), "%.*s%s.%s", (int)kept, stem, number, extension);
    }
    if (node->folder) {
        plain[strlen(plain) - 1] = 0;
    }
    node->identifier_size[ISO_PRIMARY] = (uint8_t)snprintf((char *)node->identifier[ISO_PRIMARY], ISO_IDENTIFIER_SIZE,
                                                           node->folder ? "%s" : "%s;1", plain);
}

/* ECMA-119, 9.3: names padded with spaces, then extensions likewise. */
static void pad_primary(const struct iso_node *node, char out[2 * PRIMARY_NAME_SIZE])
{
    const char *identifier = (const char *)node->identifier[ISO_PRIMARY];
    size_t length = strcspn(identifier, ";");
    const char *dot = node->folder ? NULL : memrchr(identifier, '.', length);
    size_t stem = dot == NULL ? length : (size_t)(dot - identifier);

    memset(out, ' ', 2 * PRIMARY_NAME_SIZE);
    memcpy(out, identifier, stem);
    if (dot != NULL) {
        memcpy(out + PRIMARY_NAME_SIZE, dot + 1, length - stem - 1);
    }
}

static int compare_primary(const void *left, const void *right)
{
    char a[2 * PRIMARY_NAME_SIZE];
    char b[2 * PRIMARY_NAME_SIZE];

    pad_primary(*(struct iso_node *const *)left, a);
    pad_primary(*(struct iso_node *const *)right, b);
    return memcmp(a, b, sizeof(a));
}

/* Joliet specification, "Sort Order": as above, padded with zeros. */
static int compare_joliet(const void *left, const void *right)
{
    const struct iso_node *a = *(struct iso_node *const *)left;
    const struct iso_node *b = *(struct iso_node *const *)right;

    return memcmp(a->identifier[ISO_JOLIET], b->identifier[ISO_JOLIET], ISO_IDENTIFIER_SIZE);
}

static enum status name_entries(struct iso_node *folder, enum iso_naming naming)
{
    struct string_set taken = {0};
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < folder->count && status == STATUS_DONE; ++i) {
        struct iso_node *node = folder->view[0].entries[i];

        status = set_joliet_identifier(node);
        set_primary_identifier(node, folder, &taken, naming);
    }
    string_set_free(&taken);
    if (folder->count != 0) {
        qsort(folder->view[ISO_PRIMARY].entries, folder->count, sizeof(struct iso_node *), compare_primary);
        qsort(folder->view[ISO_JOLIET].entries, folder->count, sizeof(struct iso_node *), compare_joliet);
    }
    return status;
}

/*
 * ECMA-119, 6.9.1: by level, then by the parent's number, then by identifier. Going through the folders in the order of
 * their own numbers and through each one's entries in their order gives just that.
 */
static enum status number_folders(struct iso_tree *tree, enum iso_view view)
{
    enum status status = STATUS_DONE;
    size_t count = 0;

    tree->folders[view] = xcalloc(tree->folder_count, sizeof(*tree->folders[view]));
    tree->folders[view][count++] = tree->root;
    for (size_t i = 0; i < count && status == STATUS_DONE; ++i) {
        struct iso_node *folder = tree->folders[view][i];

        folder->view[view].number = (uint16_t)(i + 1);
        if (view == ISO_PRIMARY) {
            status = name_entries(folder, tree->naming);
        }
        for (size_t j = 0; j < folder->count; ++j) {
            if (folder->view[view].entries[j]->folder) {
                tree->folders[view][count++] = folder->view[view].entries[j];
            }
        }
    }
    return status;
}

struct order {
    char *path; /* a folder's ends in a slash, so that it comes right before what is in it */
    size_t index;
};

static int compare_order(const void *left, const void *right)
{
    return strcmp(((const struct order *)left)->path, ((const struct order *)right)->path);
}

enum status iso_tree_build(struct iso_tree *tree, const struct iso_content *content, enum iso_naming naming)
{
    struct order *order = xcalloc(content->count + 1, sizeof(*order));
    struct path_set paths = {0};
    enum status status = STATUS_DONE;

    *tree = (struct iso_tree){.root = xcalloc(1, sizeof(*tree->root)), .folder_count = 1, .naming = naming};
    tree->files = xcalloc(content->count + 1, sizeof(*tree->files));
    tree->root->folder = true;
    tree->root->parent = tree->root;
    /* The root's identifier is one byte 0 (ECMA-119, 6.8.2.2), in the path table as well. */
    tree->root->identifier_size[ISO_PRIMARY] = 1;
    tree->root->identifier_size[ISO_JOLIET] = 1;
    for (size_t i = 0; i < content->count && status == STATUS_DONE; ++i) {
        order[i] = (struct order){
            .path = xformat("%s%s", content->inputs[i].path, content->inputs[i].folder ? "/" : ""), .index = i};
        status = check_input(&content->inputs[i], &paths);
    }
    if (status == STATUS_DONE) {
        qsort(order, content->count, sizeof(*order), compare_order);
    }
    for (size_t i = 0; i < content->count && status == STATUS_DONE; ++i) {
        status = add_input(tree, content, order[i].index);
    }
    for (int view = 0; view < ISO_VIEWS && status == STATUS_DONE; ++view) {
        status = number_folders(tree, (enum iso_view)view);
    }
    path_set_free(&paths);
    for (size_t i = 0; i < content->count; ++i) {
        free(order[i].path);
    }
    free(order);
    return status;
}

static void free_node(struct iso_node *node)
{
    for (size_t i = 0; i < node->count; ++i) {
        free_node(node->view[0].entries[i]);
    }
    for (int view = 0; view < ISO_VIEWS; ++view) {
        free(node->view[view].entries);
    }
    free(node->name);
    free(node);
}

void iso_tree_free(struct iso_tree *tree)
{
    free_node(tree->root);
    free(tree->files);
    for (int view = 0; view < ISO_VIEWS; ++view) {
        free(tree->folders[view]);
    }
    *tree = (struct iso_tree){0};
}
