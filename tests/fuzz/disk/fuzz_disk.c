/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Good disks with any bytes of theirs changed: partition tables and FAT volumes are read to an end, within the disk; a
 * file that is given new content has it afterwards, and the disk itself is never written. libntfs-3g, which reads NTFS,
 * is not ours to fuzz. The disks are the files of the folder FUZZ_DISK_BASES (disk_bases.py makes them).
 * Input: which disk; then changes: sector among those that are not empty, offset, bytes.
 */
#include "changed_image.h"

#include "base/text.h"
#include "disk/fat.h"
#include "disk/partition.h"

#define SECTOR 512U
#define STORE "efi/MICROSOFT/boot/bcd"

static struct images images;
static bool is_sound; /* nothing of the disk was changed */

static bool is_expected(enum status status)
{
    return status == STATUS_DONE || status == STATUS_BAD_INPUT || status == STATUS_CHECK_FAILED;
}

static void replace_store(struct fat_volume *volume, const struct source *source, const struct bytes *old)
{
    struct changes changes = {0};
    struct bytes content = {.data = xmalloc(old->size + 3001), .size = old->size + 3000};
    struct bytes again = {0};
    enum status status;

    memset(content.data, 0x5A, content.size + 1);
    changes.list = xcalloc(1, sizeof(*changes.list));
    changes.count = 1;
    changes.list[0] = (struct change){.kind = CHANGE_REPLACE, .path = xstrdup(STORE), .content = content};
    status = fat_apply(volume, &changes);
    FUZZ_CHECK(is_expected(status));
    /* A table that calls a used cluster free makes us write where something else is; in a sound one it is all there. */
    if (status == STATUS_DONE && is_sound) {
        FUZZ_CHECK(source_read(source, STORE, 1 << 20, &again) == STATUS_DONE && again.size == content.size &&
                   memcmp(again.data, content.data, content.size) == 0);
        bytes_free(&again);
    }
    changes_free(&changes);
}

static enum status count(void *context, const struct source_entry *entry)
{
    unsigned *left = context;

    FUZZ_CHECK(entry->name != NULL);
    return --*left == 0 ? STATUS_BAD_INPUT : STATUS_DONE;
}

static void read_volume(struct disk_image *image, const struct partition *partition)
{
    struct fat_volume volume;
    struct source source;
    struct bytes store = {0};
    unsigned left = 100000;
    bool fat;
    enum status status = fat_open(image, partition, "volume", &volume, &fat);

    FUZZ_CHECK(is_expected(status));
    if (status == STATUS_DONE && fat) {
        fat_source(&volume, &source);
        FUZZ_CHECK(is_expected(source_list(&source, "EFI/Microsoft/Boot", count, &left)));
        status = source_read(&source, STORE, 1 << 20, &store);
        FUZZ_CHECK(is_expected(status) && store.size <= 1 << 20);
        if (status == STATUS_DONE) {
            replace_store(&volume, &source, &store);
        }
        bytes_free(&store);
    }
    fat_close(&volume);
}

static void read_disk(const char *path)
{
    struct partitions partitions;
    struct disk_image *image;
    enum status status;

    status = disk_image_open(path, "disk", DISK_KEEP, &image);
    FUZZ_CHECK(is_expected(status));
    if (status != STATUS_DONE) {
        return;
    }
    status = partitions_read(image, &partitions);
    FUZZ_CHECK(is_expected(status) && partitions.count <= PARTITION_LIMIT);
    for (size_t i = 0; i < partitions.count && status == STATUS_DONE; ++i) {
        const struct partition *partition = &partitions.list[i];

        FUZZ_CHECK(partition->offset <= disk_image_size(image) &&
                   partition->size <= disk_image_size(image) - partition->offset);
        read_volume(image, partition);
    }
    (void)disk_image_close(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.data = data, .left = size};
    struct fuzz_input again;
    struct image *base;
    uint8_t first = fuzz_byte(&input);
    uint8_t head[512];
    uint8_t now[512];

    if (images.count == 0) {
        images_load(&images, FUZZ_DISK_BASES, SECTOR);
    }
    base = &images.list[first % images.count];
    again = input;
    is_sound = input.left == 0;
    image_change(base, &input, false);
    FUZZ_CHECK(pread(base->descriptor, head, sizeof(head), 0) == (ssize_t)sizeof(head));
    /* A qcow2 header that passes would start a qemu-nbd for each input: the backing file's place is kept. */
    if (memcmp(head, "QFI\xfb", 4) == 0) {
        FUZZ_CHECK(pwrite(base->descriptor, "\1", 1, 15) == 1);
    }
    FUZZ_CHECK(pread(base->descriptor, head, sizeof(head), 0) == (ssize_t)sizeof(head));
    read_disk(base->path);
    FUZZ_CHECK(pread(base->descriptor, now, sizeof(now), 0) == (ssize_t)sizeof(now) &&
               memcmp(head, now, sizeof(now)) == 0);
    FUZZ_CHECK(pwrite(base->descriptor, base->bytes, sizeof(head), 0) == (ssize_t)sizeof(head));
    image_change(base, &again, true);
    return 0;
}
