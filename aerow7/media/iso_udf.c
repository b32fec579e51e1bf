/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * UDF 1.02 (OSTA) on the structures of ECMA-167, second edition, read-only: what the discs of Windows are, and what its
 * boot programs look for before ISO 9660. Contents are the ones that ISO 9660 has, each in one run of blocks.
 */
#include "base/text.h"
#include "media/iso_image.h"
#include "media/media_name.h"

#include <stdlib.h>
#include <string.h>

#define MAIN_SEQUENCE 32U
#define RESERVE_SEQUENCE 48U
#define SEQUENCE_SECTORS 16U /* ECMA-167, 3/8.4.2.1: at least */
#define INTEGRITY_SEQUENCE 64U
#define ANCHOR 256U
#define FILE_SET_BLOCKS 2U
#define DESCRIPTOR_SIZE 512U
#define FILE_ENTRY_SIZE 176U
#define IDENTIFIER_SIZE 38U /* of a file identifier descriptor, before the name */
#define REVISION 0x0102U
/* ECMA-167, 4/14.14.1.1: 30 bits; all but the last piece are whole blocks. */
#define PIECE_LIMIT 0x3FFFF800U

/* ECMA-167, 3/7.2.1 and 4/7.2.1 */
enum {
    TAG_PRIMARY = 1,
    TAG_ANCHOR = 2,
    TAG_IMPLEMENTATION = 4,
    TAG_PARTITION = 5,
    TAG_LOGICAL = 6,
    TAG_UNALLOCATED = 7,
    TAG_TERMINATING = 8,
    TAG_INTEGRITY = 9,
    TAG_FILE_SET = 256,
    TAG_FILE_IDENTIFIER = 257,
    TAG_FILE_ENTRY = 261
};

static uint16_t crc16(const uint8_t *bytes, size_t size)
{
    uint16_t crc = 0;

    for (size_t i = 0; i < size; ++i) {
        crc = (uint16_t)(crc ^ bytes[i] << 8);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
        }
    }
    return crc;
}

/* ECMA-167, 3/7.2. `size` is the descriptor's. */
static void put_tag(uint8_t *at, uint16_t identifier, uint32_t location, size_t size)
{
    uint8_t sum = 0;

    iso_put_little(at, 2, identifier);
    iso_put_little(at + 2, 2, 2); /* the version of the second edition */
    iso_put_little(at + 8, 2, crc16(at + 16, size - 16));
    iso_put_little(at + 10, 2, size - 16);
    iso_put_little(at + 12, 4, location);
    for (unsigned i = 0; i < 16; ++i) {
        sum = (uint8_t)(sum + at[i]);
    }
    at[4] = sum;
}

/* ECMA-167, 1/7.3: UTC. */
static void put_time(const struct iso_image *image, uint8_t *at)
{
    iso_put_little(at, 2, 0x1000);
    iso_put_little(at + 2, 2, (uint64_t)(image->date.tm_year + 1900));
    at[4] = (uint8_t)(image->date.tm_mon + 1);
    at[5] = (uint8_t)image->date.tm_mday;
    at[6] = (uint8_t)image->date.tm_hour;
    at[7] = (uint8_t)image->date.tm_min;
    at[8] = (uint8_t)image->date.tm_sec;
}

/* UDF 1.02, 2.1.2: the only character set. */
static void put_charset(uint8_t *at)
{
    memcpy(at + 1, "OSTA Compressed Unicode", 23);
}

/* UDF 1.02, 2.1.3; ASCII as 8-bit characters. */
static void put_dstring(uint8_t *at, size_t size, const char *text)
{
    size_t length = strlen(text);

    length = length > size - 2 ? size - 2 : length;
    at[0] = 8;
    memcpy(at + 1, text, length);
    at[size - 1] = (uint8_t)(length + 1);
}

/* UDF 1.02, 2.1.5: an identifier with what its suffix says of the version. */
static void put_identifier(uint8_t *at, const char *text, uint16_t revision)
{
    memcpy(at + 1, text, strlen(text));
    iso_put_little(at + 24, 2, revision);
}

static void put_implementation(uint8_t *at)
{
    put_identifier(at, "*AEROW7", 0);
}

static uint32_t block_of(const struct iso_image *image, uint32_t sector)
{
    return sector - image->udf.partition;
}

/* long_ad: ECMA-167, 4/14.14.2 */
static void put_long(uint8_t *at, uint32_t length, uint32_t block)
{
    iso_put_little(at, 4, length);
    iso_put_little(at + 4, 4, block);
}

/* The name with OSTA's compression: 8 bits a character where they suffice. */
static size_t put_name(const struct iso_node *node, uint8_t *at)
{
    const uint8_t *units = node->identifier[ISO_JOLIET];
    size_t size = node->identifier_size[ISO_JOLIET];
    bool wide = false;

    for (size_t i = 0; i < size; i += 2) {
        wide = wide || units[i] != 0;
    }
    at[0] = wide ? 16 : 8;
    if (wide) {
        memcpy(at + 1, units, size);
        return size + 1;
    }
    for (size_t i = 0; i < size / 2; ++i) {
        at[1 + i] = units[2 * i + 1];
    }
    return size / 2 + 1;
}

static uint32_t padded(size_t size)
{
    return (uint32_t)((size + 3) & ~(size_t)3);
}

static uint32_t folder_size(const struct iso_node *folder)
{
    uint8_t name[ISO_IDENTIFIER_SIZE + 1];
    uint32_t size = padded(IDENTIFIER_SIZE);

    for (size_t i = 0; i < folder->count; ++i) {
        size += padded(IDENTIFIER_SIZE + put_name(folder->view[ISO_JOLIET].entries[i], name));
    }
    return size;
}

uint64_t iso_udf_lay_out(struct iso_image *image)
{
    uint64_t next = ISO_UDF_PARTITION + FILE_SET_BLOCKS;

    image->udf.partition = ISO_UDF_PARTITION;
    for (size_t i = 0; i < image->tree.folder_count; ++i) {
        struct iso_node *folder = image->tree.folders[ISO_JOLIET][i];

        folder->udf_size = folder_size(folder);
        folder->entry_sector = (uint32_t)next++;
        folder->udf_sector = (uint32_t)next;
        next += iso_sectors_of(folder->udf_size);
    }
    for (size_t i = 0; i < image->tree.file_count; ++i) {
        image->tree.files[i]->entry_sector = (uint32_t)next++;
    }
    image->udf.tree = (uint32_t)next;
    return next;
}

/* The fields of ECMA-167, part 3, 10, by their positions there. */
static void put_primary(const struct iso_image *image, uint8_t *at)
{
    char set[64];

    iso_put_little(at + 16, 4, 0);
    put_dstring(at + 24, 32, image->label);
    iso_put_little(at + 56, 2, 1);
    iso_put_little(at + 58, 2, 1);
    iso_put_little(at + 60, 2, 2); /* one volume */
    iso_put_little(at + 62, 2, 2);
    iso_put_little(at + 64, 4, 1);
    iso_put_little(at + 68, 4, 1);
    /* UDF 1.02, 2.2.2.5: it begins with eight hexadecimal digits of the time. */
    (void)strftime(set, sizeof(set), "%m%d%H%M", &image->date);
    strcat(set, "AEROW7");
    put_dstring(at + 72, 128, set);
    put_charset(at + 200);
    put_charset(at + 264);
    put_identifier(at + 344, "*AEROW7", 0);
    put_time(image, at + 376);
    put_implementation(at + 388);
}

static void put_volume_information(const struct iso_image *image, uint8_t *at)
{
    iso_put_little(at + 16, 4, 1);
    put_identifier(at + 20, "*UDF LV Info", REVISION);
    put_charset(at + 52);
    put_dstring(at + 116, 128, image->label);
    put_implementation(at + 352);
}

static void put_partition(const struct iso_image *image, uint8_t *at)
{
    iso_put_little(at + 16, 4, 2);
    iso_put_little(at + 20, 2, 1); /* allocated */
    put_identifier(at + 24, "+NSR02", 0);
    iso_put_little(at + 184, 4, 1); /* read only */
    iso_put_little(at + 188, 4, image->udf.partition);
    iso_put_little(at + 192, 4, image->udf.end - image->udf.partition);
    put_implementation(at + 196);
}

static void put_logical(const struct iso_image *image, uint8_t *at)
{
    iso_put_little(at + 16, 4, 3);
    put_charset(at + 20);
    put_dstring(at + 84, 128, image->label);
    iso_put_little(at + 212, 4, ISO_SECTOR);
    put_identifier(at + 216, "*OSTA UDF Compliant", REVISION);
    put_long(at + 248, FILE_SET_BLOCKS * ISO_SECTOR, 0);
    iso_put_little(at + 264, 4, 6);
    iso_put_little(at + 268, 4, 1);
    put_implementation(at + 272);
    iso_put_little(at + 432, 4, 2 * ISO_SECTOR);
    iso_put_little(at + 436, 4, INTEGRITY_SEQUENCE);
    at[440] = 1; /* a partition map of type 1 */
    at[441] = 6;
    iso_put_little(at + 442, 2, 1);
}

static enum status write_sequence(struct iso_image *image, uint32_t sector)
{
    static const struct {
        uint16_t tag;
        uint16_t size;
        void (*put)(const struct iso_image *image, uint8_t *at);
    } descriptors[] = {{TAG_PRIMARY, DESCRIPTOR_SIZE, put_primary},
                       {TAG_IMPLEMENTATION, DESCRIPTOR_SIZE, put_volume_information},
                       {TAG_PARTITION, DESCRIPTOR_SIZE, put_partition},
                       {TAG_LOGICAL, 446, put_logical},
                       {TAG_UNALLOCATED, 24, NULL},
                       {TAG_TERMINATING, DESCRIPTOR_SIZE, NULL}};
    enum status status = iso_skip_to(image, sector);

    for (uint32_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]) && status == STATUS_DONE; ++i) {
        uint8_t *at;

        status = iso_next_sector(image, &at);
        if (descriptors[i].put != NULL) {
            descriptors[i].put(image, at);
        }
        if (descriptors[i].tag == TAG_UNALLOCATED) {
            iso_put_little(at + 16, 4, 4);
        }
        put_tag(at, descriptors[i].tag, sector + i, descriptors[i].size);
    }
    return status;
}

static enum status write_integrity(struct iso_image *image)
{
    uint8_t *at;
    enum status status = iso_skip_to(image, INTEGRITY_SEQUENCE);

    if (status == STATUS_DONE) {
        status = iso_next_sector(image, &at);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    put_time(image, at + 16);
    iso_put_little(at + 28, 4, 1);                                      /* closed */
    iso_put_little(at + 40, 8, 16U + block_of(image, image->udf.tree)); /* the next unique_id */
    iso_put_little(at + 72, 4, 1);
    iso_put_little(at + 76, 4, 46);
    iso_put_little(at + 84, 4, image->udf.end - image->udf.partition);
    put_implementation(at + 88);
    iso_put_little(at + 120, 4, image->tree.file_count);
    iso_put_little(at + 124, 4, image->tree.folder_count);
    iso_put_little(at + 128, 2, REVISION);
    iso_put_little(at + 130, 2, REVISION);
    iso_put_little(at + 132, 2, REVISION);
    put_tag(at, TAG_INTEGRITY, INTEGRITY_SEQUENCE, 134);
    status = iso_next_sector(image, &at);
    put_tag(at, TAG_TERMINATING, INTEGRITY_SEQUENCE + 1, DESCRIPTOR_SIZE);
    return status;
}

static enum status write_anchor(struct iso_image *image, uint32_t sector)
{
    uint8_t *at;
    enum status status = iso_skip_to(image, sector);

    if (status == STATUS_DONE) {
        status = iso_next_sector(image, &at);
        iso_put_little(at + 16, 4, SEQUENCE_SECTORS * ISO_SECTOR);
        iso_put_little(at + 20, 4, MAIN_SEQUENCE);
        iso_put_little(at + 24, 4, SEQUENCE_SECTORS * ISO_SECTOR);
        iso_put_little(at + 28, 4, RESERVE_SEQUENCE);
        put_tag(at, TAG_ANCHOR, sector, DESCRIPTOR_SIZE);
    }
    return status;
}

enum status iso_udf_write_head(struct iso_image *image)
{
    static const char *const recognition[] = {"BEA01", "NSR02", "TEA01"}; /* ECMA-167, 2/8.1 */
    enum status status = STATUS_DONE;

    for (unsigned i = 0; i < 3 && status == STATUS_DONE; ++i) {
        uint8_t *at;

        status = iso_next_sector(image, &at);
        memcpy(at + 1, recognition[i], 5);
        at[6] = 1;
    }
    if (status == STATUS_DONE) {
        status = write_sequence(image, MAIN_SEQUENCE);
    }
    if (status == STATUS_DONE) {
        status = write_sequence(image, RESERVE_SEQUENCE);
    }
    if (status == STATUS_DONE) {
        status = write_integrity(image);
    }
    return status == STATUS_DONE ? write_anchor(image, ANCHOR) : status;
}

enum status iso_udf_write_end(struct iso_image *image)
{
    return write_anchor(image, image->udf.end);
}

/* ECMA-167, 4/14.1 */
static enum status write_file_set(struct iso_image *image)
{
    uint8_t *at;
    enum status status = iso_next_sector(image, &at);

    put_time(image, at + 16);
    iso_put_little(at + 28, 2, 3);
    iso_put_little(at + 30, 2, 3);
    iso_put_little(at + 32, 4, 1);
    iso_put_little(at + 36, 4, 1);
    put_charset(at + 48);
    put_dstring(at + 112, 128, image->label);
    put_charset(at + 240);
    put_dstring(at + 304, 32, image->label);
    put_long(at + 400, ISO_SECTOR, block_of(image, image->tree.root->entry_sector));
    put_identifier(at + 416, "*OSTA UDF Compliant", REVISION);
    put_tag(at, TAG_FILE_SET, 0, DESCRIPTOR_SIZE);
    if (status == STATUS_DONE) {
        status = iso_next_sector(image, &at);
        put_tag(at, TAG_TERMINATING, 1, DESCRIPTOR_SIZE);
    }
    return status;
}

/* UDF 1.02, 3.2.1.1: the root's is 0, 1 to 15 are the Macintosh's. */
static uint64_t unique_id(const struct iso_image *image, const struct iso_node *node)
{
    return node == image->tree.root ? 0 : 16U + block_of(image, node->entry_sector);
}

/* ECMA-167, 4/14.9 */
static enum status write_entry(struct iso_image *image, const struct iso_node *node)
{
    uint64_t size = node->folder ? node->udf_size : node->size;
    uint32_t block = block_of(image, node->folder ? node->udf_sector : node->sector);
    uint16_t links = 1;
    size_t used = FILE_ENTRY_SIZE;
    uint8_t *at;
    enum status status = iso_next_sector(image, &at);

    for (size_t i = 0; i < node->count; ++i) {
        links = (uint16_t)(links + (node->view[ISO_JOLIET].entries[i]->folder ? 1 : 0));
    }
    iso_put_little(at + 20, 2, 4); /* strategy 4: one entry (UDF 1.02, 2.3.5.1) */
    iso_put_little(at + 24, 2, 1);
    at[27] = node->folder ? 4 : 5;
    iso_put_little(at + 36, 4, UINT32_MAX); /* nobody's */
    iso_put_little(at + 40, 4, UINT32_MAX);
    iso_put_little(at + 44, 4, 0x14A5); /* read and execute, for all */
    iso_put_little(at + 48, 2, links);
    iso_put_little(at + 56, 8, size);
    iso_put_little(at + 64, 8, iso_sectors_of(size));
    put_time(image, at + 72);
    put_time(image, at + 84);
    put_time(image, at + 96);
    iso_put_little(at + 108, 4, 1);
    put_implementation(at + 128);
    iso_put_little(at + 160, 8, unique_id(image, node));
    for (uint64_t done = 0; done < size; done += PIECE_LIMIT, used += 8) {
        iso_put_little(at + used, 4, size - done < PIECE_LIMIT ? size - done : PIECE_LIMIT);
        iso_put_little(at + used + 4, 4, block + done / ISO_SECTOR);
    }
    iso_put_little(at + 172, 4, used - FILE_ENTRY_SIZE);
    put_tag(at, TAG_FILE_ENTRY, block_of(image, node->entry_sector), used);
    return status;
}

/* ECMA-167, 4/14.4. Without a name: the folder above. */
static uint8_t *put_file_identifier(const struct iso_image *image, uint8_t *at, const struct iso_node *node,
                                    bool parent, uint32_t block)
{
    uint64_t unique = unique_id(image, node);
    size_t size = IDENTIFIER_SIZE;

    iso_put_little(at + 16, 2, 1);
    at[18] = (uint8_t)((node->folder ? 2 : 0) | (parent ? 8 : 0));
    put_long(at + 20, ISO_SECTOR, block_of(image, node->entry_sector));
    iso_put_little(at + 32, 4, unique);
    if (!parent) {
        at[19] = (uint8_t)put_name(node, at + IDENTIFIER_SIZE);
        size += at[19];
    }
    put_tag(at, TAG_FILE_IDENTIFIER, block, padded(size));
    return at + padded(size);
}

static enum status write_folder(struct iso_image *image, const struct iso_node *folder)
{
    uint8_t *content = xcalloc(1, folder->udf_size);
    uint32_t block = block_of(image, folder->udf_sector);
    uint8_t *at = put_file_identifier(image, content, folder->parent, true, block);
    enum status status = write_entry(image, folder);

    for (size_t i = 0; i < folder->count; ++i) {
        uint32_t begins = block + (uint32_t)((size_t)(at - content) / ISO_SECTOR);

        at = put_file_identifier(image, at, folder->view[ISO_JOLIET].entries[i], false, begins);
    }
    if (status == STATUS_DONE) {
        status = iso_write_sectors(image, content, folder->udf_size);
    }
    free(content);
    return status;
}

enum status iso_udf_write_tree(struct iso_image *image)
{
    enum status status = write_file_set(image);

    for (size_t i = 0; i < image->tree.folder_count && status == STATUS_DONE; ++i) {
        status = write_folder(image, image->tree.folders[ISO_JOLIET][i]);
    }
    for (size_t i = 0; i < image->tree.file_count && status == STATUS_DONE; ++i) {
        status = write_entry(image, image->tree.files[i]);
    }
    return status;
}
