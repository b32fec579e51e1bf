/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/disk_undo.h"

#include "base/file_io.h"
#include "base/progress.h"
#include "base/text.h"
#include "disk/disk_write.h"
#include "disk/target.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC "AEROUNDO"
#define HEADER_SIZE 64U
#define DIGEST_OFFSET 32U
#define RECORD_SIZE (8U + SHA256_DIGEST_LENGTH + OVERLAY_BLOCK)
#define FILE_LIMIT (HEADER_SIZE + OVERLAY_BLOCK_LIMIT * (size_t)RECORD_SIZE)

static void put(char *at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; ++i) {
        at[i] = (char)(value >> (8 * i));
    }
}

static uint64_t get(const char *at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | (uint8_t)at[i];
    }
    return value;
}

/* With the digest's own place zero. */
static void digest(struct bytes *file, uint8_t out[SHA256_DIGEST_LENGTH])
{
    memset(file->data + DIGEST_OFFSET, 0, SHA256_DIGEST_LENGTH);
    (void)SHA256((const uint8_t *)file->data, file->size, out);
}

static size_t block_size(const struct disk_image *image, uint64_t index)
{
    uint64_t left = disk_image_size(image) - index * OVERLAY_BLOCK;

    return left < OVERLAY_BLOCK ? (size_t)left : OVERLAY_BLOCK;
}

enum status disk_undo_write(struct disk_image *image, const char *path)
{
    const struct overlay *overlay = disk_image_overlay(image);
    struct overlay_block *blocks = overlay_sorted(overlay);
    struct bytes file = {.data = xcalloc(1, HEADER_SIZE + overlay->count * RECORD_SIZE + 1), .size = HEADER_SIZE};
    uint8_t sum[SHA256_DIGEST_LENGTH];
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < overlay->count && status == STATUS_DONE; ++i) {
        char *record = file.data + file.size;
        char *old = record + 8 + SHA256_DIGEST_LENGTH;
        size_t size = block_size(image, blocks[i].index);

        memset(old, 0, OVERLAY_BLOCK);
        status = disk_image_read_file(image, blocks[i].index * OVERLAY_BLOCK, old, size);
        if (memcmp(old, blocks[i].data, size) == 0) {
            continue;
        }
        put(record, 8, blocks[i].index);
        (void)SHA256(blocks[i].data, OVERLAY_BLOCK, (uint8_t *)record + 8);
        file.size += RECORD_SIZE;
    }
    memcpy(file.data, MAGIC, 8);
    put(file.data + 8, 4, 1);
    put(file.data + 12, 4, OVERLAY_BLOCK);
    put(file.data + 16, 8, disk_image_size(image));
    put(file.data + 24, 8, (file.size - HEADER_SIZE) / RECORD_SIZE);
    digest(&file, sum);
    memcpy(file.data + DIGEST_OFFSET, sum, sizeof(sum));
    if (status == STATUS_DONE) {
        status = file_write(path, file.data, file.size);
    }
    bytes_free(&file);
    free(blocks);
    return status;
}

static enum status refuse(const char *path, const char *reason)
{
    diag_error(path, "%s", reason);
    return STATUS_BAD_INPUT;
}

static enum status read_undo(const char *path, struct bytes *file)
{
    uint8_t stored[SHA256_DIGEST_LENGTH];
    uint8_t sum[SHA256_DIGEST_LENGTH];
    enum status status = file_read(path, FILE_LIMIT, file);

    if (status != STATUS_DONE) {
        return status;
    }
    if (file->size < HEADER_SIZE || memcmp(file->data, MAGIC, 8) != 0) {
        return refuse(path, "is no undo file of aerow7 inject --disk");
    }
    if (get(file->data + 8, 4) != 1 || get(file->data + 12, 4) != OVERLAY_BLOCK) {
        return refuse(path, "is an undo file of another version");
    }
    if (file->size != HEADER_SIZE + get(file->data + 24, 8) * RECORD_SIZE) {
        return refuse(path, "is an undo file of another length than it says");
    }
    memcpy(stored, file->data + DIGEST_OFFSET, sizeof(stored));
    digest(file, sum);
    return memcmp(sum, stored, sizeof(sum)) == 0 ? STATUS_DONE : refuse(path, "is an undo file that was damaged");
}

/* Each block must be what inject left there, or Windows has worked with the disk since. */
static enum status check_disk(struct disk_image *image, const struct bytes *file, const char *undo)
{
    uint64_t count = get(file->data + 24, 8);

    if (get(file->data + 16, 8) != disk_image_size(image)) {
        diag_error(disk_image_name(image), "is not the disk that \"%s\" was made for: it has another size", undo);
        return STATUS_CHECK_FAILED;
    }
    for (uint64_t i = 0; i < count; ++i) {
        const char *record = file->data + HEADER_SIZE + i * RECORD_SIZE;
        uint64_t index = get(record, 8);
        uint8_t block[OVERLAY_BLOCK] = {0};
        uint8_t sum[SHA256_DIGEST_LENGTH];
        enum status status;

        if (index > disk_image_size(image) / OVERLAY_BLOCK || block_size(image, index) == 0) {
            return refuse(undo, "is an undo file with a place beyond the disk");
        }
        status = disk_image_read(image, index * OVERLAY_BLOCK, block, block_size(image, index));
        if (status != STATUS_DONE) {
            return status;
        }
        (void)SHA256(block, sizeof(block), sum);
        if (memcmp(sum, record + 8, sizeof(sum)) != 0) {
            diag_error(disk_image_name(image),
                       "was changed since the drivers were put in, as by a Windows that ran: what it was before cannot "
                       "be put back without damage");
            return STATUS_CHECK_FAILED;
        }
    }
    return STATUS_DONE;
}

static enum status put_back(struct disk_image *image, const struct bytes *file)
{
    enum status status = STATUS_DONE;
    uint64_t count = get(file->data + 24, 8);

    for (uint64_t i = 0; i < count && status == STATUS_DONE; ++i) {
        const char *record = file->data + HEADER_SIZE + i * RECORD_SIZE;
        uint64_t index = get(record, 8);

        status =
            disk_image_write(image, index * OVERLAY_BLOCK, record + 8 + SHA256_DIGEST_LENGTH, block_size(image, index));
    }
    return status;
}

enum status disk_undo(const char *path, const char *undo, const char *out)
{
    struct disk_image *image = NULL;
    struct bytes file = {0};
    enum status status = read_undo(undo, &file);

    if (status == STATUS_DONE) {
        status = disk_image_open(path, path, DISK_KEEP, &image);
    }
    if (status == STATUS_DONE) {
        status = check_disk(image, &file, undo);
    }
    /* Into the overlay first: from there on it is the same as an injection. */
    if (status == STATUS_DONE) {
        status = put_back(image, &file);
    }
    if (status == STATUS_DONE) {
        status = target_write(image, out == NULL ? path : out);
    }
    (void)disk_image_close(image);
    bytes_free(&file);
    return status;
}
