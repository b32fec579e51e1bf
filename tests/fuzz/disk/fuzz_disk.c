/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Good disks with any bytes of theirs changed: partition tables and FAT volumes are read to an end, within the disk; a
 * file that is given new content has it afterwards, and the disk itself is never written. libntfs-3g, which reads NTFS,
 * is not ours to fuzz. The disks are the files of the folder FUZZ_DISK_BASES (disk_bases.py makes them).
 * Input: which disk; then changes: sector among those that are not empty, offset, bytes.
 */
#include "fuzz.h"

#include "base/text.h"
#include "disk/fat.h"
#include "disk/partition.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BASES_LIMIT 8
#define SECTOR 512U
#define STORE "efi/MICROSOFT/boot/bcd"

struct base {
    uint8_t *bytes;
    size_t size;
    uint32_t *sectors;
    size_t sector_count;
    int descriptor;
    char path[64];
};

static struct base bases[BASES_LIMIT];
static size_t base_count;
static bool is_sound; /* nothing of the disk was changed */

static void load_base(const char *path)
{
    struct base *base = &bases[base_count++];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;

    FUZZ_CHECK(file >= 0 && fstat(file, &info) == 0 && base_count <= BASES_LIMIT);
    base->size = (size_t)info.st_size;
    base->bytes = malloc(base->size);
    FUZZ_CHECK(base->bytes != NULL && read(file, base->bytes, base->size) == (ssize_t)base->size);
    close(file);
    base->sectors = calloc(base->size / SECTOR + 1, sizeof(*base->sectors));
    for (uint32_t i = 0; (i + 1) * SECTOR <= base->size; ++i) {
        const uint8_t *sector = base->bytes + (size_t)i * SECTOR;

        if (sector[0] != 0 || memcmp(sector, sector + 1, SECTOR - 1) != 0) {
            base->sectors[base->sector_count++] = i;
        }
    }
    base->descriptor = memfd_create("disk", MFD_CLOEXEC);
    FUZZ_CHECK(base->descriptor >= 0 && base->sector_count > 0);
    FUZZ_CHECK(write(base->descriptor, base->bytes, base->size) == (ssize_t)base->size);
    snprintf(base->path, sizeof(base->path), "/proc/self/fd/%d", base->descriptor);
}

static void load_bases(void)
{
    struct dirent **entries;
    int count = scandir(FUZZ_DISK_BASES, &entries, NULL, alphasort);

    for (int i = 0; i < count; ++i) {
        if (entries[i]->d_name[0] != '.') {
            char path[4096];

            snprintf(path, sizeof(path), "%s/%s", FUZZ_DISK_BASES, entries[i]->d_name);
            load_base(path);
        }
        free(entries[i]);
    }
    FUZZ_CHECK(base_count > 0);
    free(entries);
}

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

static void change(struct base *base, struct fuzz_input *input, bool back)
{
    while (input->left != 0) {
        size_t at = (size_t)base->sectors[fuzz_word(input, 2) % base->sector_count] * SECTOR;
        uint8_t bytes[16];
        size_t length;

        at += fuzz_word(input, 2) % SECTOR;
        length = (size_t)(fuzz_byte(input) & 15) + 1;
        for (size_t i = 0; i < length; ++i) {
            bytes[i] = fuzz_byte(input);
        }
        if (length > base->size - at) {
            length = base->size - at;
        }
        FUZZ_CHECK(pwrite(base->descriptor, back ? base->bytes + at : bytes, length, (off_t)at) == (ssize_t)length);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {.data = data, .left = size};
    struct fuzz_input again;
    struct base *base;
    uint8_t first = fuzz_byte(&input);
    uint8_t head[512];
    uint8_t now[512];

    if (base_count == 0) {
        load_bases();
    }
    base = &bases[first % base_count];
    again = input;
    is_sound = input.left == 0;
    change(base, &input, false);
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
    change(base, &again, true);
    return 0;
}
