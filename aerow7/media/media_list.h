/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The listing of a medium, and what its readers share. media_read.c chooses the reader. */
#ifndef AEROW7_MEDIA_LIST_H
#define AEROW7_MEDIA_LIST_H

#include "media/iso_descriptors.h"
#include "media/media_read.h"

#include <stddef.h>

#define NOT_LINKED SIZE_MAX

enum media_kind { MEDIA_FILE, MEDIA_FOLDER, MEDIA_OTHER };

struct media_file {
    char *path;
    uint64_t size;
    time_t modified;
    enum media_kind kind;
    size_t same_as; /* the earlier file that this one is a hard link to, or NOT_LINKED */
    bool wanted;
};

struct media_list {
    struct media_file *files;
    size_t count;
    size_t capacity;
    const char *names; /* struct media_info's */
};

struct media {
    const char *place;
    int descriptor;
    uint64_t size;
    struct iso_descriptors iso;
    bool enhanced; /* read the tree of ISO 9660:1999's descriptor in place of the primary one */
};

/* Takes `path` over. Refuses more entries than any driver disc has. */
enum status media_list_add(struct media_list *list, const struct media *media, char *path, struct media_file file);
void media_list_free(struct media_list *list);

/* The medium at `offset`; a short read is an error of the medium. */
enum status media_bytes(const struct media *media, uint64_t offset, void *bytes, size_t size);

/*
 * libarchive: ISO 9660 in all its forms, and ZIP. `list` of an empty or foreign file is STATUS_BAD_INPUT. Each wanted
 * file is then given to the visitor.
 */
enum status media_archive_list(const struct media *media, struct media_list *list);
enum status media_archive_read(const struct media *media, const struct media_list *list,
                               const struct media_visitor *visitor);

/* libudfread. `list` says false, without a message, when there is no UDF that it can read. `label` has 129 bytes. */
bool media_udf_list(const struct media *media, struct media_list *list, char *label);
enum status media_udf_read(const struct media *media, const struct media_list *list,
                           const struct media_visitor *visitor);

#endif
