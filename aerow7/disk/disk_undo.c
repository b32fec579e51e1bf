/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/disk_undo.h"

#include "base/text.h"
#include "disk/disk_write.h"
#include "disk/target.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* What a disk is of an undo file: what inject left, what was before, or neither. */
enum disk_state { STATE_INJECTED, STATE_ORIGINAL, STATE_OTHER };

static enum status compare_disk(struct disk_image *image, const struct bytes *file, const char *undo,
                                enum disk_state *state)
{
    uint64_t count = get(file->data + 24, 8);
    uint64_t injected = 0;
    uint64_t original = 0;

    *state = STATE_OTHER;
    if (get(file->data + 16, 8) != disk_image_size(image)) {
        return STATUS_DONE;
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
        status = disk_image_read_file(image, index * OVERLAY_BLOCK, block, block_size(image, index));
        if (status != STATUS_DONE) {
            return status;
        }
        (void)SHA256(block, sizeof(block), sum);
        injected += memcmp(sum, record + 8, sizeof(sum)) == 0 ? 1U : 0U;
        original += memcmp(block, record + 8 + SHA256_DIGEST_LENGTH, sizeof(block)) == 0 ? 1U : 0U;
    }
    *state = injected == count ? STATE_INJECTED : original == count ? STATE_ORIGINAL : STATE_OTHER;
    return STATUS_DONE;
}

/* Blocks of an earlier injection, as they were before it; those that are written anew now are in the overlay. */
static enum status add_earlier(struct disk_image *image, const char *path, struct overlay *before)
{
    enum disk_state state = STATE_OTHER;
    struct bytes file = {0};
    enum status status = access(path, F_OK) == 0 ? read_undo(path, &file) : STATUS_DONE;

    if (status == STATUS_DONE && file.size != 0) {
        status = compare_disk(image, &file, path, &state);
    }
    for (uint64_t i = 0; status == STATUS_DONE && state == STATE_INJECTED && i < get(file.data + 24, 8); ++i) {
        const char *record = file.data + HEADER_SIZE + i * RECORD_SIZE;
        uint64_t index = get(record, 8);
        uint8_t *block = overlay_find(before, index) == NULL ? overlay_add(before, index) : NULL;

        if (block != NULL) {
            memcpy(block, record + 8 + SHA256_DIGEST_LENGTH, OVERLAY_BLOCK);
        }
    }
    bytes_free(&file);
    return status;
}

static enum status add_now(struct disk_image *image, struct overlay *before)
{
    struct overlay_block *blocks = overlay_sorted(disk_image_overlay(image));
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < disk_image_overlay(image)->count && status == STATUS_DONE; ++i) {
        uint64_t index = blocks[i].index;
        uint8_t *block = overlay_find(before, index) == NULL ? overlay_add(before, index) : NULL;

        if (block != NULL) {
            memset(block, 0, OVERLAY_BLOCK);
            status = disk_image_read_file(image, index * OVERLAY_BLOCK, block, block_size(image, index));
        }
    }
    free(blocks);
    return status;
}

static enum status put_records(struct disk_image *image, const struct overlay *before, struct bytes *file)
{
    struct overlay_block *blocks = overlay_sorted(before);
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < before->count && status == STATUS_DONE; ++i) {
        char *record = file->data + file->size;
        uint8_t now[OVERLAY_BLOCK] = {0};

        status = disk_image_read(image, blocks[i].index * OVERLAY_BLOCK, now, block_size(image, blocks[i].index));
        if (status == STATUS_DONE && memcmp(now, blocks[i].data, OVERLAY_BLOCK) != 0) {
            put(record, 8, blocks[i].index);
            (void)SHA256(now, sizeof(now), (uint8_t *)record + 8);
            memcpy(record + 8 + SHA256_DIGEST_LENGTH, blocks[i].data, OVERLAY_BLOCK);
            file->size += RECORD_SIZE;
        }
    }
    free(blocks);
    return status;
}

enum status disk_undo_make(struct disk_image *image, const char *path, struct bytes *out)
{
    struct overlay before = {0};
    uint8_t sum[SHA256_DIGEST_LENGTH];
    enum status status = add_earlier(image, path, &before);

    *out = (struct bytes){0};
    if (status == STATUS_DONE) {
        status = add_now(image, &before);
    }
    if (status == STATUS_DONE) {
        out->data = xcalloc(1, HEADER_SIZE + before.count * RECORD_SIZE + 1);
        out->size = HEADER_SIZE;
        status = put_records(image, &before, out);
    }
    if (status == STATUS_DONE) {
        memcpy(out->data, MAGIC, 8);
        put(out->data + 8, 4, 1);
        put(out->data + 12, 4, OVERLAY_BLOCK);
        put(out->data + 16, 8, disk_image_size(image));
        put(out->data + 24, 8, (out->size - HEADER_SIZE) / RECORD_SIZE);
        digest(out, sum);
        memcpy(out->data + DIGEST_OFFSET, sum, sizeof(sum));
    } else {
        bytes_free(out);
    }
    overlay_free(&before);
    return status;
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

enum status disk_undo(const char *path, const char *undo, const char *out, bool *changed)
{
    enum disk_state state = STATE_OTHER;
    struct disk_image *image = NULL;
    struct bytes file = {0};
    char *target = out == NULL ? realpath(path, NULL) : xstrdup(out); /* a link stays one */
    enum status status = read_undo(undo, &file);

    if (status == STATUS_DONE) {
        status = disk_image_open(path, path, DISK_KEEP, &image);
    }
    if (status == STATUS_DONE) {
        status = compare_disk(image, &file, undo, &state);
    }
    if (status == STATUS_DONE && state == STATE_OTHER) {
        diag_error(path,
                   "was changed since the drivers were put in, as by a Windows that ran, or is another disk: what "
                   "it was before cannot be put back without damage");
        status = STATUS_CHECK_FAILED;
    }
    /* Into the overlay first: from there on it is the same as an injection. */
    if (status == STATUS_DONE) {
        status = put_back(image, &file);
    }
    if (status == STATUS_DONE && (state == STATE_INJECTED || out != NULL)) {
        status = target_write(image, target == NULL ? path : target);
    }
    *changed = status == STATUS_DONE && state == STATE_INJECTED;
    free(target);
    (void)disk_image_close(image);
    bytes_free(&file);
    return status;
}
