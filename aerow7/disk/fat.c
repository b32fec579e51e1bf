/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/fat.h"

#include "base/text.h"
#include "disk/fat_private.h"
#include "media/media_name.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECTOR 512U
#define FOLDER_LIMIT 65536U /* entries: what the specification allows */
#define NAME_PIECE 13U
#define NAME_PIECES 20U
#define ATTRIBUTE_FOLDER 0x10
#define ATTRIBUTE_LABEL 0x08
#define ATTRIBUTE_LONG 0x0F

static uint32_t little(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = bytes; i-- > 0;) {
        value = value << 8 | at[i];
    }
    return value;
}

enum status fat_malformed(const struct fat_volume *volume, const char *reason)
{
    diag_error(volume->name, "has a malformed file system: %s", reason);
    return STATUS_BAD_INPUT;
}

/* Section 3.1, the BIOS parameter block, and 3.5: which FAT it is follows from the number of clusters alone. */
static bool read_parameters(struct fat_volume *volume, const uint8_t *boot, uint64_t size)
{
    uint64_t sectors = little(boot + 19, 2) != 0 ? little(boot + 19, 2) : little(boot + 32, 4);
    uint64_t fat_sectors = little(boot + 22, 2) != 0 ? little(boot + 22, 2) : little(boot + 36, 4);
    uint64_t reserved = little(boot + 14, 2);
    uint64_t root = ((uint64_t)little(boot + 17, 2) * 32 + SECTOR - 1) / SECTOR;
    uint64_t data;

    volume->fats = boot[16];
    if (little(boot + 510, 2) != 0xAA55 || little(boot + 11, 2) != SECTOR || boot[13] == 0 ||
        (boot[13] & (boot[13] - 1)) != 0 || reserved == 0 || volume->fats == 0 || volume->fats > 2 ||
        fat_sectors == 0 || fat_sectors > UINT32_MAX / SECTOR || sectors > size / SECTOR) {
        return false;
    }
    data = reserved + volume->fats * fat_sectors + root;
    if (data >= sectors) {
        return false;
    }
    volume->cluster_size = boot[13] * SECTOR;
    volume->clusters = (uint32_t)((sectors - data) / boot[13]);
    volume->width = volume->clusters < 65525 ? 2 : 4;
    volume->fat_size = (uint32_t)(fat_sectors * SECTOR);
    volume->fat_offset = volume->offset + reserved * SECTOR;
    volume->root_offset = volume->fat_offset + (uint64_t)volume->fats * volume->fat_size;
    volume->root_size = (uint32_t)(root * SECTOR);
    volume->data_offset = volume->offset + data * SECTOR;
    if (volume->width == 4) {
        volume->root_cluster = little(boot + 44, 4);
        volume->info_offset = little(boot + 48, 2) == 0 ? 0 : volume->offset + (uint64_t)little(boot + 48, 2) * SECTOR;
    }
    return volume->clusters >= 4085 && ((uint64_t)volume->clusters + 2) * volume->width <= volume->fat_size;
}

enum status fat_open(struct disk_image *image, const struct partition *partition, const char *name,
                     struct fat_volume *volume, bool *fat)
{
    uint8_t boot[SECTOR];
    uint32_t state = 0;
    enum status status;

    *volume = (struct fat_volume){.name = name, .image = image, .offset = partition->offset};
    *fat = false;
    if (partition->size < SECTOR) {
        return STATUS_DONE;
    }
    status = disk_image_read(image, partition->offset, boot, sizeof(boot));
    if (status != STATUS_DONE || !read_parameters(volume, boot, partition->size)) {
        return status;
    }
    *fat = true;
    /* Section 4.2: the highest bit of entry 1 is set when the volume was closed. */
    status = fat_entry(volume, 1, &state);
    if (status == STATUS_DONE && (state & (volume->width == 2 ? 0x8000U : 0x08000000U)) == 0) {
        diag_error(name, "was not closed by Windows: start Windows and shut it down");
        status = STATUS_CHECK_FAILED;
    }
    return status;
}

void fat_close(struct fat_volume *volume)
{
    free(volume->found);
    volume->found = NULL;
}

enum status fat_entry(const struct fat_volume *volume, uint32_t cluster, uint32_t *value)
{
    uint8_t bytes[4] = {0};
    enum status status =
        disk_image_read(volume->image, volume->fat_offset + (uint64_t)cluster * volume->width, bytes, volume->width);

    *value = volume->width == 2 ? little(bytes, 2) : little(bytes, 4) & 0x0FFFFFFFU;
    return status;
}

bool fat_is_cluster(const struct fat_volume *volume, uint32_t cluster)
{
    return cluster >= 2 && cluster < volume->clusters + 2;
}

uint64_t fat_cluster_offset(const struct fat_volume *volume, uint32_t cluster)
{
    return volume->data_offset + (uint64_t)(cluster - 2) * volume->cluster_size;
}

enum status fat_chain(const struct fat_volume *volume, uint32_t first, uint32_t limit, uint32_t **chain, size_t *count)
{
    uint32_t end = volume->width == 2 ? 0xFFF8U : 0x0FFFFFF8U;
    enum status status = STATUS_DONE;
    size_t capacity = 0;

    *chain = NULL;
    *count = 0;
    for (uint32_t cluster = first; status == STATUS_DONE && cluster != 0 && cluster < end;) {
        if (!fat_is_cluster(volume, cluster)) {
            return fat_malformed(volume, "a file goes on where no cluster is");
        }
        if (*count == limit) {
            return fat_malformed(volume, "a file or folder has no end");
        }
        if (*count == capacity) {
            capacity = capacity * 2 + 64;
            *chain = xrealloc(*chain, capacity * sizeof(**chain));
        }
        (*chain)[(*count)++] = cluster;
        status = fat_entry(volume, cluster, &cluster);
    }
    return status;
}

/* A folder's clusters, or for FAT16's root one run that is none. */
struct folder {
    uint32_t *chain;
    size_t count;
    bool root16;
};

static enum status open_folder(const struct fat_volume *volume, uint32_t cluster, struct folder *folder)
{
    *folder = (struct folder){.root16 = volume->width == 2 && cluster == 0};
    if (folder->root16) {
        return STATUS_DONE;
    }
    return fat_chain(volume, cluster == 0 ? volume->root_cluster : cluster,
                     FOLDER_LIMIT * FAT_ENTRY_SIZE / volume->cluster_size + 1, &folder->chain, &folder->count);
}

static uint64_t entry_offset(const struct fat_volume *volume, const struct folder *folder, size_t index)
{
    size_t per_cluster = volume->cluster_size / FAT_ENTRY_SIZE;

    if (folder->root16) {
        return index < volume->root_size / FAT_ENTRY_SIZE ? volume->root_offset + index * FAT_ENTRY_SIZE : 0;
    }
    return index / per_cluster < folder->count
               ? fat_cluster_offset(volume, folder->chain[index / per_cluster]) + index % per_cluster * FAT_ENTRY_SIZE
               : 0;
}

/* Section 7: thirteen UTF-16 units of a long name; pieces come last first. */
static void take_piece(const uint8_t *entry, uint16_t *units)
{
    static const uint8_t places[NAME_PIECE] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    unsigned number = entry[0] & 0x1FU;

    if (number == 0 || number > NAME_PIECES) {
        return;
    }
    for (unsigned i = 0; i < NAME_PIECE; ++i) {
        units[(number - 1) * NAME_PIECE + i] = (uint16_t)little(entry + places[i], 2);
    }
    if (entry[0] & 0x40) {
        units[number * NAME_PIECE] = 0;
    }
}

static void take_name(const uint8_t *entry, const uint16_t *units, char *out)
{
    size_t count = 0;

    while (units[count] != 0 && count < NAME_PIECES * NAME_PIECE) {
        ++count;
    }
    if (count != 0) {
        utf8_from_utf16(units, count, out);
        return;
    }
    for (unsigned i = 0; i < 8 && entry[i] != ' '; ++i) {
        out[count++] = (char)entry[i];
    }
    for (unsigned i = 8; i < 11 && entry[i] != ' '; ++i) {
        if (i == 8) {
            out[count++] = '.';
        }
        out[count++] = (char)entry[i];
    }
    out[count] = 0;
}

enum status fat_list(const struct fat_volume *volume, uint32_t cluster, fat_visit visit, void *context)
{
    uint16_t units[NAME_PIECES * NAME_PIECE + 1] = {0};
    struct folder folder;
    bool more = true;
    enum status status = open_folder(volume, cluster, &folder);

    for (size_t i = 0; i < FOLDER_LIMIT && more && status == STATUS_DONE; ++i) {
        struct fat_file file = {.entry_offset = entry_offset(volume, &folder, i)};
        uint8_t entry[FAT_ENTRY_SIZE];

        if (file.entry_offset == 0) {
            break;
        }
        status = disk_image_read(volume->image, file.entry_offset, entry, sizeof(entry));
        if (status != STATUS_DONE || entry[0] == 0) {
            break;
        }
        if ((entry[11] & 0x3F) == ATTRIBUTE_LONG && entry[0] != 0xE5) {
            take_piece(entry, units);
            continue;
        }
        if (entry[0] != 0xE5 && (entry[11] & ATTRIBUTE_LABEL) == 0 && entry[0] != '.') {
            take_name(entry, units, file.name);
            file.folder = (entry[11] & ATTRIBUTE_FOLDER) != 0;
            file.size = little(entry + 28, 4);
            file.cluster = little(entry + 26, 2) | (volume->width == 4 ? little(entry + 20, 2) << 16 : 0);
            more = visit(context, &file);
        }
        memset(units, 0, sizeof(units));
    }
    free(folder.chain);
    return status;
}

struct search {
    const char *name;
    size_t length;
    struct fat_file *out;
    bool found;
};

static bool compare(void *context, const struct fat_file *file)
{
    struct search *search = context;

    search->found = strlen(file->name) == search->length && strncasecmp(file->name, search->name, search->length) == 0;
    if (search->found) {
        *search->out = *file;
    }
    return !search->found;
}

enum status fat_find(const struct fat_volume *volume, const char *path, struct fat_file *out, bool *found)
{
    enum status status = STATUS_DONE;

    *out = (struct fat_file){.folder = true};
    *found = true;
    while (*path != 0 && *found && status == STATUS_DONE) {
        struct search search = {.name = path, .length = strcspn(path, "/"), .out = out};

        *found = false;
        if (!out->folder) {
            break;
        }
        status = fat_list(volume, out->cluster, compare, &search);
        *found = search.found;
        path += search.length;
        path += *path == '/' ? 1 : 0;
    }
    return status;
}
