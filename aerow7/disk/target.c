/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/target.h"

#include "base/file_copy.h"
#include "base/file_io.h"
#include "base/progress.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t block_size(const struct disk_image *image, uint64_t index)
{
    uint64_t left = disk_image_size(image) - index * OVERLAY_BLOCK;

    return left < OVERLAY_BLOCK ? (size_t)left : OVERLAY_BLOCK;
}

static enum status write_blocks(struct disk_image *copy, const struct overlay_block *blocks, size_t count)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < count && status == STATUS_DONE; ++i) {
        status =
            disk_image_write(copy, blocks[i].index * OVERLAY_BLOCK, blocks[i].data, block_size(copy, blocks[i].index));
    }
    return status;
}

static enum status compare_blocks(struct disk_image *copy, const struct overlay_block *blocks, size_t count)
{
    uint8_t block[OVERLAY_BLOCK];

    for (size_t i = 0; i < count; ++i) {
        size_t size = block_size(copy, blocks[i].index);
        enum status status = disk_image_read(copy, blocks[i].index * OVERLAY_BLOCK, block, size);

        if (status != STATUS_DONE) {
            return status;
        }
        if (memcmp(block, blocks[i].data, size) != 0) {
            diag_error(disk_image_name(copy), "does not hold what was written to it");
            return STATUS_NOT_WRITTEN;
        }
    }
    return STATUS_DONE;
}

/* Opened anew for reading: what another process, qemu-nbd, wrote is to be seen from outside. */
static enum status fill(const char *path, const char *target, const struct overlay_block *blocks, size_t count)
{
    struct disk_image *copy = NULL;
    enum status status = disk_image_open(path, target, DISK_WRITE, &copy);
    enum status closed;

    if (status != STATUS_DONE) {
        return status == STATUS_BAD_INPUT ? STATUS_NOT_WRITTEN : status;
    }
    status = write_blocks(copy, blocks, count);
    closed = disk_image_close(copy);
    status = status == STATUS_DONE ? closed : status;
    if (status == STATUS_DONE) {
        status = disk_image_open(path, target, DISK_KEEP, &copy);
        if (status == STATUS_DONE) {
            status = compare_blocks(copy, blocks, count);
            (void)disk_image_close(copy);
        }
    }
    return status;
}

enum status target_write(struct disk_image *image, const char *path)
{
    const struct overlay *overlay = disk_image_overlay(image);
    struct overlay_block *blocks = overlay_sorted(overlay);
    struct pending_file pending;
    struct stat info;
    enum status status = pending_open(&pending, path);

    if (status == STATUS_DONE && fstat(disk_image_descriptor(image), &info) == 0) {
        /* The virtual machine's user has to be able to read it as before; only root may give a file away. */
        if (fchown(pending.descriptor, info.st_uid, info.st_gid) == 0 || geteuid() != 0) {
            (void)fchmod(pending.descriptor, info.st_mode & 0777);
        }
        progress_begin("copying the disk image", (uint64_t)info.st_size);
        status = file_copy(disk_image_descriptor(image), disk_image_name(image), pending.descriptor, path);
        progress_end();
        if (status == STATUS_DONE) {
            status = fill(pending.path, path, blocks, overlay->count);
        }
        if (status == STATUS_DONE) {
            status = pending_commit(&pending);
        } else {
            pending_discard(&pending);
        }
    }
    free(blocks);
    return status;
}
