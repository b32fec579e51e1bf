/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * One directory record of an ISO 9660 image (ECMA-119, 9.1) with what Rock Ridge says about it in its system use area
 * (IEEE P1281 SUSP, IEEE P1282 RRIP). The image is hostile: lengths are checked, continuations counted.
 */
#ifndef AEROW7_ISO_RECORD_H
#define AEROW7_ISO_RECORD_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define ISO_BLOCK_SIZE 2048U /* ECMA-119, 6.2.2, allows less; no optical disc has it */
#define ISO_NAME_LIMIT 1024U /* Rock Ridge puts names together from pieces; Windows takes 255 characters */

enum iso_names { ISO_NAMES_PLAIN, ISO_NAMES_1999, ISO_NAMES_JOLIET, ISO_NAMES_ROCK_RIDGE };

struct iso_record {
    char name[ISO_NAME_LIMIT + 1]; /* UTF-8 as far as the image has it so; "" for the folder itself and its parent */
    uint64_t block;                /* of the content, after an extended attribute record */
    uint32_t size;
    time_t modified;
    bool folder;
    bool associated; /* no file of its own (9.1.6 bit 2) */
    bool continued;  /* the next record of this name has more of the content (bit 7) */
    bool special;    /* a link or a device, interleaved, or compressed */
    bool moved;      /* a folder that is shown where `child` points to it (RE) */
    uint32_t child;  /* where the folder is that this stands for (CL), or 0 */
    bool rock_ridge; /* has Rock Ridge's file mode */
};

/* How to read the records of one tree. */
struct iso_reading {
    enum iso_names names;
    uint8_t skip; /* bytes before the entries of a system use area (SUSP 5.3) */
    void *context;
    /* The image at `offset`; reports what goes wrong. */
    enum status (*read)(void *context, uint64_t offset, void *bytes, size_t size);
    const char *place; /* for messages */
};

/*
 * The record of `size` bytes at `bytes`, which is the whole of it. STATUS_BAD_INPUT, reported, when it is malformed.
 */
enum status iso_record_read(const struct iso_reading *reading, const uint8_t *bytes, size_t size,
                            struct iso_record *record);

/* Whether the root folder's own record says that there is SUSP; how much to skip in the others' areas. */
bool iso_record_has_susp(const uint8_t *bytes, size_t size, uint8_t *skip);

#endif
