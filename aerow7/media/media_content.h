/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What is to be on new media: the files of the old ones, some of them with other content, some besides, some not any
 * more. Content comes from the source, from memory, or from a file on disk; paths are found without regard to case.
 */
#ifndef AEROW7_MEDIA_CONTENT_H
#define AEROW7_MEDIA_CONTENT_H

#include "media/install_source.h"

struct media_item {
    size_t source;        /* index of the source's input, or SIZE_MAX */
    struct bytes content; /* in memory, when `file` is NULL */
    char *file;           /* on disk */
    int descriptor;       /* of that, while it is read */
};

struct media_content {
    struct install_source *source;
    struct iso_input *inputs;
    struct media_item *items;
    size_t count;
    size_t capacity;
};

/* All that the source has. */
void media_content_begin(struct media_content *content, struct install_source *source);
void media_content_free(struct media_content *content);

/* In the place of a file of this path, or as a new one. `bytes` is taken over. */
void media_content_put(struct media_content *content, const char *path, struct bytes bytes);
enum status media_content_put_file(struct media_content *content, const char *path, const char *file);
void media_content_remove(struct media_content *content, const char *path);

/* struct iso_content's `read`; `context` is the content. */
enum status media_content_read(void *context, size_t index, uint64_t offset, void *bytes, size_t size);

#endif
