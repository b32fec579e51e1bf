/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files of a FAT volume: read as a source, and given new content. */
#include "base/text.h"
#include "disk/fat_private.h"

#include <stdlib.h>
#include <string.h>

#define FREE_COUNT 488U /* in FSInfo, section 5 */
#define NEXT_FREE 492U

static void put(uint8_t *at, unsigned bytes, uint32_t value)
{
    for (unsigned i = 0; i < bytes; ++i) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static enum status find(void *context, const char *path, bool *found, struct source_entry *entry)
{
    struct fat_volume *volume = context;
    struct fat_file file;
    enum status status = fat_find(volume, path, &file, found);

    if (status == STATUS_DONE && *found && entry != NULL) {
        free(volume->found);
        volume->found = xstrdup(file.name);
        *entry = (struct source_entry){.name = volume->found, .folder = file.folder, .size = file.size};
    }
    return status;
}

struct listing {
    source_visit visit;
    void *context;
    enum status status;
};

static bool pass_on(void *context, const struct fat_file *file)
{
    struct listing *listing = context;
    const struct source_entry entry = {.name = file->name, .folder = file->folder, .size = file->size};

    listing->status = listing->visit(listing->context, &entry);
    return listing->status == STATUS_DONE;
}

static enum status missing(const struct fat_volume *volume, const char *path, const char *what)
{
    diag_error(volume->name, "\"%s\" %s", path, what);
    return STATUS_BAD_INPUT;
}

static enum status list_folder(void *context, const char *path, source_visit visit, void *visit_context)
{
    struct fat_volume *volume = context;
    struct listing listing = {.visit = visit, .context = visit_context};
    struct fat_file file;
    bool found;
    enum status status = fat_find(volume, path, &file, &found);

    if (status == STATUS_DONE && (!found || !file.folder)) {
        return missing(volume, path, "is no folder");
    }
    if (status == STATUS_DONE) {
        status = fat_list(volume, file.cluster, pass_on, &listing);
    }
    return status == STATUS_DONE ? listing.status : status;
}

static uint32_t clusters_of(const struct fat_volume *volume, size_t size)
{
    return (uint32_t)((size + volume->cluster_size - 1) / volume->cluster_size);
}

/* All of a file's clusters: as many as its size says. */
static enum status open_chain(const struct fat_volume *volume, const struct fat_file *file, uint32_t **chain,
                              size_t *count)
{
    uint32_t expected = clusters_of(volume, file->size);
    enum status status = fat_chain(volume, file->cluster, expected, chain, count);

    return status == STATUS_DONE && *count != expected ? fat_malformed(volume, "a file is shorter than it says")
                                                       : status;
}

static enum status read_file(void *context, const char *path, size_t limit, struct bytes *out)
{
    struct fat_volume *volume = context;
    uint32_t *chain = NULL;
    struct fat_file file;
    size_t count = 0;
    bool found;
    enum status status = fat_find(volume, path, &file, &found);

    *out = (struct bytes){0};
    if (status == STATUS_DONE && (!found || file.folder)) {
        return missing(volume, path, "is no file");
    }
    if (status == STATUS_DONE && file.size > limit) {
        return missing(volume, path, "is longer than such a file may be");
    }
    if (status == STATUS_DONE) {
        status = open_chain(volume, &file, &chain, &count);
    }
    if (status == STATUS_DONE) {
        out->data = xmalloc((size_t)file.size + 1);
        out->size = file.size;
        out->data[file.size] = 0;
    }
    for (size_t i = 0; i < count && status == STATUS_DONE; ++i) {
        size_t done = i * volume->cluster_size;
        size_t piece = out->size - done < volume->cluster_size ? out->size - done : volume->cluster_size;

        status = disk_image_read(volume->image, fat_cluster_offset(volume, chain[i]), out->data + done, piece);
    }
    free(chain);
    if (status != STATUS_DONE) {
        bytes_free(out);
    }
    return status;
}

/* FAT has none. */
static enum status read_security(void *context, const char *path, struct bytes *out)
{
    (void)context;
    (void)path;
    *out = (struct bytes){0};
    return STATUS_DONE;
}

static const struct source_operations operations = {
    .find = find, .list = list_folder, .read = read_file, .security = read_security};

void fat_source(struct fat_volume *volume, struct source *source)
{
    *source = (struct source){.name = volume->name, .context = volume, .operations = &operations};
}

/* In every copy of the table; section 4: the highest four bits of a FAT32 entry stay. */
static enum status set_entry(const struct fat_volume *volume, uint32_t cluster, uint32_t value)
{
    enum status status = STATUS_DONE;

    for (unsigned i = 0; i < volume->fats && status == STATUS_DONE; ++i) {
        uint64_t offset = volume->fat_offset + (uint64_t)i * volume->fat_size + (uint64_t)cluster * volume->width;
        uint8_t bytes[4];

        status = disk_image_read(volume->image, offset, bytes, volume->width);
        if (status == STATUS_DONE) {
            uint8_t kept = volume->width == 4 ? bytes[3] & 0xF0 : 0;

            put(bytes, volume->width, value);
            bytes[volume->width - 1] = (uint8_t)(bytes[volume->width - 1] | kept);
            status = disk_image_write(volume->image, offset, bytes, volume->width);
        }
    }
    return status;
}

/* Section 5: 0xFFFFFFFF says that the number of free clusters is not known, and Windows counts. */
static enum status forget_free_count(const struct fat_volume *volume)
{
    static const uint8_t unknown[4] = {0xFF, 0xFF, 0xFF, 0xFF};

    _Static_assert(NEXT_FREE == FREE_COUNT + 4, "the hint that follows stays: it is one");
    return volume->info_offset == 0
               ? STATUS_DONE
               : disk_image_write(volume->image, volume->info_offset + FREE_COUNT, unknown, sizeof(unknown));
}

static enum status allocate(const struct fat_volume *volume, uint32_t after, uint32_t *out)
{
    for (uint32_t i = 0; i < volume->clusters; ++i) {
        uint32_t cluster = 2 + (after - 2 + 1 + i) % volume->clusters;
        uint32_t value = 1;
        enum status status = fat_entry(volume, cluster, &value);

        if (status != STATUS_DONE) {
            return status;
        }
        if (value == 0) {
            *out = cluster;
            return set_entry(volume, cluster, 0x0FFFFFFF);
        }
    }
    diag_error(volume->name, "has no room");
    return STATUS_CHECK_FAILED;
}

/* Makes the chain as long as wanted: cut off, or with more clusters at its end. */
static enum status resize_chain(const struct fat_volume *volume, uint32_t **chain, size_t *count, size_t wanted)
{
    enum status status = STATUS_DONE;

    for (size_t i = wanted; i < *count && status == STATUS_DONE; ++i) {
        status = set_entry(volume, (*chain)[i], 0);
    }
    if (*count > wanted && wanted > 0 && status == STATUS_DONE) {
        status = set_entry(volume, (*chain)[wanted - 1], 0x0FFFFFFF);
    }
    *chain = xrealloc(*chain, (wanted + 1) * sizeof(**chain));
    for (size_t i = *count; i < wanted && status == STATUS_DONE; ++i) {
        status = allocate(volume, i == 0 ? 2 : (*chain)[i - 1], &(*chain)[i]);
        if (status == STATUS_DONE && i != 0) {
            status = set_entry(volume, (*chain)[i - 1], (*chain)[i]);
        }
    }
    *count = wanted;
    return status == STATUS_DONE ? forget_free_count(volume) : status;
}

static enum status write_entry(const struct fat_volume *volume, const struct fat_file *file, uint32_t first,
                               size_t size)
{
    uint8_t entry[FAT_ENTRY_SIZE];
    enum status status = disk_image_read(volume->image, file->entry_offset, entry, sizeof(entry));

    if (status == STATUS_DONE) {
        put(entry + 26, 2, first & 0xFFFF);
        if (volume->width == 4) {
            put(entry + 20, 2, first >> 16);
        }
        put(entry + 28, 4, (uint32_t)size);
        status = disk_image_write(volume->image, file->entry_offset, entry, sizeof(entry));
    }
    return status;
}

static enum status replace(struct fat_volume *volume, const struct change *change)
{
    const struct bytes *content = &change->content;
    uint32_t *chain = NULL;
    struct fat_file file;
    size_t count = 0;
    bool found;
    enum status status = fat_find(volume, change->path, &file, &found);

    if (status == STATUS_DONE && (!found || file.folder || change->kind != CHANGE_REPLACE)) {
        return missing(volume, change->path, "cannot be changed on a FAT volume: it is not there");
    }
    if (status == STATUS_DONE) {
        status = open_chain(volume, &file, &chain, &count);
    }
    if (status == STATUS_DONE) {
        status = resize_chain(volume, &chain, &count, clusters_of(volume, content->size));
    }
    for (size_t i = 0; i < count && status == STATUS_DONE; ++i) {
        size_t done = i * volume->cluster_size;
        size_t piece = content->size - done < volume->cluster_size ? content->size - done : volume->cluster_size;

        status = disk_image_write(volume->image, fat_cluster_offset(volume, chain[i]), content->data + done, piece);
    }
    if (status == STATUS_DONE) {
        status = write_entry(volume, &file, count == 0 ? 0 : chain[0], content->size);
    }
    free(chain);
    return status;
}

enum status fat_apply(struct fat_volume *volume, const struct changes *changes)
{
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < changes->count && status == STATUS_DONE; ++i) {
        status = replace(volume, &changes->list[i]);
    }
    return status;
}
