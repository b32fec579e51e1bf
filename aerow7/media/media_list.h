/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The listing of a medium, and what its readers share. media_read.c chooses the reader. */
#ifndef AEROW7_MEDIA_LIST_H
#define AEROW7_MEDIA_LIST_H

#include "media/iso_descriptors.h"
#include "media/media_read.h"

#include <stddef.h>

enum media_kind { MEDIA_FILE, MEDIA_FOLDER, MEDIA_OTHER };

struct media_file {
    char *path;
    uint64_t size;
    time_t modified;
    enum media_kind kind;
    size_t first_extent; /* of the list's, on ISO 9660 */
    size_t extent_count;
    bool wanted;
};

struct media_extent {
    uint64_t offset;
    uint64_t size;
};

struct media_list {
    struct media_file *files;
    size_t count;
    size_t capacity;
    struct media_extent *extents;
    size_t extent_count;
    size_t extent_capacity;
    const char *names; /* struct media_info's */
};

struct media {
    const char *place;
    int descriptor;
    uint64_t size;
    struct iso_descriptors iso;
};

#define MEDIA_LABEL_SIZE 129

/* Opens the file and reads its descriptors; to be closed in both cases. */
enum status media_open(struct media *media, const char *path);
void media_close(struct media *media);

/* The tree that media_read.h's rule chooses, names checked. `label` is UDF's. To be freed in both cases. */
enum status media_list_names(struct media *media, struct media_list *list, char label[MEDIA_LABEL_SIZE]);
void media_fill_info(struct media_info *info, const struct media *media, const struct media_list *list,
                     const char *udf_label);

/* Takes `path` over. Refuses more entries than any driver disc has. */
enum status media_list_add(struct media_list *list, const struct media *media, char *path, struct media_file file);
void media_list_free(struct media_list *list);

/* The medium at `offset`; a short read is an error of the medium. */
enum status media_bytes(const struct media *media, uint64_t offset, void *bytes, size_t size);

/* Each reader lists, and then gives every wanted file to the visitor. A fault is STATUS_BAD_INPUT, reported. */
enum status media_iso_list(const struct media *media, struct media_list *list);
enum status media_iso_read(const struct media *media, const struct media_list *list,
                           const struct media_visitor *visitor);

/* ZIP, by libarchive. */
enum status media_zip_list(const struct media *media, struct media_list *list);
enum status media_zip_read(const struct media *media, const struct media_list *list,
                           const struct media_visitor *visitor);

/* libudfread. `found` is false, without a message, when there is no UDF that it can read. `label` has
 * MEDIA_LABEL_SIZE bytes. */
enum status media_udf_list(const struct media *media, struct media_list *list, char *label, bool *found);
enum status media_udf_read(const struct media *media, const struct media_list *list,
                           const struct media_visitor *visitor);

/* UDF, anywhere in any file: libudfread keeps the volume open, and the file that was read last. */
struct media_udf;
enum status media_udf_open(const struct media *media, struct media_udf **udf);
enum status media_udf_pull(struct media_udf *udf, const struct media_file *file, uint64_t offset, void *bytes,
                           size_t size);
void media_udf_close(struct media_udf *udf);

#endif
