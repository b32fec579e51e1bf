/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is to be changed on a volume that was read through source.h: whole files, put or removed. A plan fills the list
 * without writing anything; the writer of a WIM, a disk or a folder then carries all of it out or none.
 *
 * Order: folders before what is in them. A file that is there already with the same content is not in the list, so
 * doing something twice gives an empty one.
 */
#ifndef AEROW7_OFFLINE_CHANGES_H
#define AEROW7_OFFLINE_CHANGES_H

#include "base/file_io.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

enum change_kind {
    CHANGE_FOLDER,  /* make it; missing ones above it are in the list before it */
    CHANGE_ADD,     /* a new file: it inherits its folder's security */
    CHANGE_REPLACE, /* new content for a file that keeps its name, short name, attributes and security descriptor */
    CHANGE_REMOVE,  /* a file */
};

struct change {
    enum change_kind kind;
    char *path;           /* as source.h has them; the spelling of the volume where it exists */
    struct bytes content; /* CHANGE_ADD, CHANGE_REPLACE */
    char *why;            /* for people: "service aero_virtio_blk, CriticalDeviceDatabase"; may be NULL */
};

struct changes {
    struct change *list;
    size_t count;
    size_t capacity;
};

/* Takes `content` over. `why` is copied. */
void changes_add(struct changes *changes, enum change_kind kind, const char *path, struct bytes content,
                 const char *why);
void changes_free(struct changes *changes);

/* [{"action", "path", "size", "why"}], in the order of the list; the caller owns it. */
cJSON *changes_json(const struct changes *changes);

#endif
