/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A WIM file, opened for reading: header, table of blobs (what a blob's SHA-1 is found by), XML. Every figure in it is
 * checked before it is used.
 *
 * Refused with STATUS_CHECK_FAILED, because nothing could be put into it: solid WIMs (ESD), pipable ones, parts of
 * split ones (.swm), ones that somebody is writing or was interrupted in writing. Refused with STATUS_BAD_INPUT: what
 * is malformed.
 */
#ifndef AEROW7_WIM_FILE_H
#define AEROW7_WIM_FILE_H

#include "base/file_io.h"
#include "wim/wim_format.h"
#include "wim/wim_resource.h"
#include "wim/wim_xml.h"

#include <stdbool.h>
#include <stdint.h>

/* A metadata resource of install.wim has 20 to 40 MB. */
#define WIM_METADATA_LIMIT ((size_t)512 << 20)

struct wim_blob {
    struct wim_place place;
    uint16_t part;
    uint32_t references;
    uint8_t hash[WIM_HASH_SIZE];
};

struct wim_file {
    char *path;
    int descriptor;
    uint64_t size;
    uint8_t header[WIM_HEADER_SIZE];
    struct wim_codec codec;
    struct wim_blob *blobs; /* in the order of the file, metadata resources among them */
    size_t blob_count;
    size_t *by_hash;  /* indexes of blobs that are no metadata, sorted */
    size_t *metadata; /* indexes of the images' metadata resources */
    size_t hashed;
    unsigned image_count;
    unsigned boot_index; /* 0: none of the images is what boots */
    char *xml;           /* UTF-8 */
    struct wim_image *images;
    unsigned part; /* of a split WIM, from 1; 0: it is whole */
    unsigned part_count;
    struct wim_file **parts; /* the other parts, from the second */
};

enum status wim_open(const char *path, struct wim_file **out);

/* A state of the file: enough to tell whether it is in it, and for one that it was in, to go back to it. */
struct wim_state {
    uint64_t size;
    uint8_t header[WIM_HEADER_SIZE];
};

/* The file as it will be when it has this header, or as it is (NULL). `name` is for messages. */
enum status wim_open_state(const char *path, const char *name, const struct wim_state *state, struct wim_file **out);
void wim_close(struct wim_file *wim);

/*
 * The first part of a split WIM, and the others that stand beside it under the names that wim_split_part gives them:
 * one WIM, to be read only.
 */
enum status wim_open_parts(const char *swm, struct wim_file **out);

/* Index from 1. NULL when there is no such image. */
const struct wim_image *wim_image(const struct wim_file *wim, unsigned index);

const char *wim_compression_name(const struct wim_file *wim);
bool wim_has_integrity_table(const struct wim_file *wim);

/* Why nothing may be written into this WIM although it can be read, or NULL. */
const char *wim_write_refusal(const struct wim_file *wim);

/* SIZE_MAX when there is none. */
size_t wim_blob_find(const struct wim_file *wim, const uint8_t hash[WIM_HASH_SIZE]);

/* `what` is for messages. The SHA-1 is checked. The caller frees. */
enum status wim_blob_read(struct wim_file *wim, size_t index, size_t limit, const char *what, struct bytes *out);

void wim_sha1(const void *data, size_t size, uint8_t out[WIM_HASH_SIZE]);

#endif
