/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The folders and files of an image that is to be written, with their identifiers and places in both trees: the primary
 * one (ISO 9660 level 1: 8.3 names of A-Z, 0-9, _) and Joliet (UCS-2, big-endian).
 */
#ifndef AEROW7_ISO_TREE_H
#define AEROW7_ISO_TREE_H

#include "media/iso_file.h"

#include <stdint.h>

#define ISO_SECTOR 2048U
/*
 * A directory record has 33 bytes before its identifier and at most 255 in all, and its length is even (ECMA-119,
 * 9.1.1, 9.1.12): 220 bytes, so Joliet names carry no version number.
 */
#define ISO_JOLIET_UNITS 110
#define ISO_IDENTIFIER_SIZE (ISO_JOLIET_UNITS * 2)
#define ISO_RECORD_SIZE(identifier) ((33U + (uint32_t)(identifier) + 1U) & ~1U)

/* In the primary tree. Long ones are up to 30 characters, as in level 2, with '-' and more than one '.' besides. */
enum iso_naming { ISO_NAMES_8_3, ISO_NAMES_LONG };

enum iso_view { ISO_PRIMARY, ISO_JOLIET, ISO_VIEWS };

struct iso_node {
    const char *path; /* for messages */
    struct iso_node *parent;
    bool folder;
    size_t input; /* a file's index in the content */
    uint64_t size;
    uint32_t sector;       /* where a file's content is */
    uint32_t entry_sector; /* UDF: of its file entry */
    uint32_t udf_sector;   /* UDF: of a folder's content */
    uint32_t udf_size;
    uint8_t identifier[ISO_VIEWS][ISO_IDENTIFIER_SIZE];
    uint8_t identifier_size[ISO_VIEWS];
    struct {
        uint32_t sector;
        uint32_t size;
        uint16_t number;           /* in the path table, from 1 */
        struct iso_node **entries; /* in the view's order */
    } view[ISO_VIEWS];             /* of a folder */
    size_t count;                  /* entries of a folder */
    size_t capacity;
    char *name; /* as the input has it */
    size_t next_suffix;
};

struct iso_tree {
    enum iso_naming naming;
    struct iso_node *root;
    struct iso_node **files; /* in the order of their paths, which is that of their contents */
    size_t file_count;
    struct iso_node **folders[ISO_VIEWS]; /* in the order of the path table */
    size_t folder_count;
};

/* Refuses, with a message, what the image cannot hold. The caller frees, also after a failure. */
enum status iso_tree_build(struct iso_tree *tree, const struct iso_content *content, enum iso_naming naming);
void iso_tree_free(struct iso_tree *tree);

#endif
