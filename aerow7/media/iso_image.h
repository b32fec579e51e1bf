/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * An image that is being written, for the files that write its parts: iso_file.c (ISO 9660 and Joliet), iso_boot.c (El
 * Torito), iso_udf.c. Sectors are written in their order; lay_out in iso_file.c says where each part is.
 */
#ifndef AEROW7_ISO_IMAGE_H
#define AEROW7_ISO_IMAGE_H

#include "media/iso_tree.h"

#define ISO_BUFFER_SECTORS 512U

struct iso_udf {
    uint32_t partition; /* the sector that its block 0 is in */
    uint32_t end;       /* the sector of the second anchor, after the partition */
    uint32_t tree;      /* the sector after what iso_udf_write_tree writes */
};

struct iso_image {
    const struct iso_content *content;
    const struct iso_boot *boot; /* NULL: not bootable, and no UDF */
    const char *label;
    struct tm date;
    struct iso_tree tree;
    uint32_t table_size[ISO_VIEWS];
    uint32_t table_sector[ISO_VIEWS][2]; /* little-endian, big-endian */
    uint32_t catalog_sector;
    uint32_t boot_sector[ISO_BOOT_LIMIT];
    struct iso_udf udf;
    uint32_t sectors;
    struct pending_file pending;
    uint8_t buffer[ISO_BUFFER_SECTORS * ISO_SECTOR];
    size_t used;
    uint64_t written; /* with what is in the buffer */
};

static inline uint32_t iso_sectors_of(uint64_t size)
{
    return (uint32_t)((size + ISO_SECTOR - 1) / ISO_SECTOR);
}

static inline void iso_put_little(uint8_t *at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; ++i) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

/* Room for one sector, zeroed. */
enum status iso_next_sector(struct iso_image *image, uint8_t **sector);
/* Zeros up to this sector. */
enum status iso_skip_to(struct iso_image *image, uint32_t sector);
/* Some bytes and zeros to the end of their last sector. */
enum status iso_write_sectors(struct iso_image *image, const void *bytes, size_t size);

/* El Torito: the volume descriptor, and the catalog with the images. */
enum status iso_boot_write_descriptor(struct iso_image *image);
enum status iso_boot_write(struct iso_image *image);

/* UDF 1.02 beside ISO 9660: where its parts are, the first 257 sectors' part of it, the tree, the end. */
#define ISO_UDF_PARTITION 257U
uint64_t iso_udf_lay_out(struct iso_image *image);
enum status iso_udf_write_head(struct iso_image *image);
enum status iso_udf_write_tree(struct iso_image *image);
enum status iso_udf_write_end(struct iso_image *image);

#endif
