/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * ISO 9660 (ECMA-119) in all its forms, read at random: a file's content is where its own record says, so files that
 * share their content need no care, and each folder is entered once, so there are no circles.
 */
#include "base/text.h"
#include "media/iso_record.h"
#include "media/media_list.h"
#include "media/media_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR ISO_DESCRIPTOR_SIZE /* a record ends in the sector that it begins in (ECMA-119, 6.8.1.1) */
#define PIECE ((size_t)1 << 16)
/* 65,536 records of the largest size: a folder larger than that is none. */
#define FOLDER_SIZE_LIMIT ((uint32_t)16 << 20)

struct folder {
    char *path; /* "" or with a slash at its end */
    uint64_t block;
    uint32_t size;
    unsigned depth;
};

struct walk {
    const struct media *media;
    struct media_list *list;
    struct iso_reading reading;
    struct folder *folders; /* to be read, the first at `next` */
    size_t next;
    size_t count;
    size_t capacity;
    struct string_set entered; /* the folders' blocks */
    bool rock_ridge;
    bool appending; /* the file that was listed last has more of its content in the next record */
};

static enum status malformed(const struct walk *walk, const char *reason)
{
    diag_error(walk->media->place, "has a malformed folder: %s", reason);
    return STATUS_BAD_INPUT;
}

static enum status read_image(void *context, uint64_t offset, void *bytes, size_t size)
{
    return media_bytes(context, offset, bytes, size);
}

static bool is_within(const struct walk *walk, uint64_t block, uint64_t size)
{
    uint64_t offset = block * ISO_BLOCK_SIZE;

    return offset <= walk->media->size && size <= walk->media->size - offset;
}

static enum status add_folder(struct walk *walk, const char *path, uint64_t block, uint32_t size, unsigned depth)
{
    char key[24];

    (void)snprintf(key, sizeof(key), "%llx", (unsigned long long)block);
    if (!string_set_add(&walk->entered, key)) {
        return malformed(walk, "the structure contains a loop");
    }
    if (depth > MEDIA_DEPTH_LIMIT || size > FOLDER_SIZE_LIMIT) {
        return malformed(walk, "it is too deep or too large");
    }
    if (!is_within(walk, block, size)) {
        return malformed(walk, "it is said to be beyond the end");
    }
    if (walk->count == walk->capacity) {
        walk->capacity = walk->capacity * 2 + 64;
        walk->folders = xrealloc(walk->folders, walk->capacity * sizeof(*walk->folders));
    }
    walk->folders[walk->count++] = (struct folder){.path = xstrdup(path), .block = block, .size = size, .depth = depth};
    return STATUS_DONE;
}

/* RRIP 4.1.5.1: the folder's size is in its own first record. */
static enum status find_child(struct walk *walk, struct iso_record *record)
{
    uint8_t sector[SECTOR];
    struct iso_record itself;
    uint64_t offset = (uint64_t)record->child * ISO_BLOCK_SIZE;
    enum status status = media_bytes(walk->media, offset, sector, sizeof(sector));

    if (status == STATUS_DONE) {
        status = iso_record_read(&walk->reading, sector, sector[0], &itself);
    }
    if (status == STATUS_DONE && (!itself.folder || itself.name[0] != 0 || itself.block != record->child)) {
        status = malformed(walk, "what was moved elsewhere (CL) is not there");
    }
    record->folder = true;
    record->block = itself.block;
    record->size = itself.size;
    return status;
}

static enum status append_extent(struct walk *walk, const struct iso_record *record)
{
    struct media_list *list = walk->list;
    struct media_file *file = &list->files[list->count - 1];

    if (record->size != 0 && !is_within(walk, record->block, record->size)) {
        return malformed(walk, "a file's content is said to be beyond the end");
    }
    if (list->extent_count == list->extent_capacity) {
        list->extent_capacity = list->extent_capacity * 2 + 256;
        list->extents = xrealloc(list->extents, list->extent_capacity * sizeof(*list->extents));
    }
    list->extents[list->extent_count++] =
        (struct media_extent){.offset = record->block * ISO_BLOCK_SIZE, .size = record->size};
    ++file->extent_count;
    file->size += record->size;
    return STATUS_DONE;
}

static enum status add_file(struct walk *walk, const struct iso_record *record, char *path)
{
    struct media_list *list = walk->list;
    enum status status = STATUS_DONE;

    if (walk->appending) {
        bool same = strcmp(list->files[list->count - 1].path, path) == 0;

        free(path);
        status = same ? STATUS_DONE : malformed(walk, "a file's content goes on in another file");
    } else {
        struct media_file file = {.kind = record->special ? MEDIA_OTHER : MEDIA_FILE,
                                  .modified = record->modified,
                                  .first_extent = list->extent_count};

        status = media_list_add(list, walk->media, path, file);
    }
    walk->appending = record->continued;
    return status == STATUS_DONE ? append_extent(walk, record) : status;
}

static enum status add_record(struct walk *walk, const struct folder *folder, const uint8_t *bytes, size_t size)
{
    struct media_file entry = {.kind = MEDIA_FOLDER};
    struct iso_record record;
    enum status status = iso_record_read(&walk->reading, bytes, size, &record);
    char *path;

    if (status != STATUS_DONE || record.name[0] == 0 || record.moved || record.associated) {
        return status;
    }
    walk->rock_ridge = walk->rock_ridge || record.rock_ridge;
    if (record.child != 0) {
        status = find_child(walk, &record);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    path = xformat("%s%s", folder->path, record.name);
    if (!record.folder) {
        return add_file(walk, &record, path);
    }
    status = media_list_add(walk->list, walk->media, path, entry);
    if (status == STATUS_DONE) {
        char *prefix = xformat("%s/", walk->list->files[walk->list->count - 1].path);

        status = add_folder(walk, prefix, record.block, record.size, folder->depth + 1);
        free(prefix);
    }
    return status;
}

static enum status read_folder(struct walk *walk, const struct folder *folder)
{
    uint64_t offset = folder->block * ISO_BLOCK_SIZE;
    enum status status = STATUS_DONE;
    uint8_t sector[SECTOR];

    for (uint32_t done = 0; done < folder->size && status == STATUS_DONE; done += SECTOR) {
        size_t size = folder->size - done < SECTOR ? folder->size - done : SECTOR;
        size_t at = 0;

        status = media_bytes(walk->media, offset + done, sector, size);
        /* A zero where a record would begin: the rest of the sector is not used. */
        while (status == STATUS_DONE && at < size && sector[at] != 0) {
            if (sector[at] > size - at) {
                return malformed(walk, "a record is longer than its sector");
            }
            status = add_record(walk, folder, sector + at, sector[at]);
            at += sector[at];
        }
    }
    if (status == STATUS_DONE && walk->appending) {
        status = malformed(walk, "a file's content goes on in nothing");
    }
    return status;
}

/* Which tree, and what its names are. */
static enum status choose_tree(struct walk *walk, struct iso_record *root)
{
    const struct iso_descriptors *iso = &walk->media->iso;
    const uint8_t *bytes = iso->primary_root;
    uint8_t sector[SECTOR];
    enum status status;

    if (iso->joliet) {
        walk->reading.names = ISO_NAMES_JOLIET;
        return iso_record_read(&walk->reading, iso->joliet_root, ISO_ROOT_RECORD_SIZE, root);
    }
    status = iso_record_read(&walk->reading, bytes, ISO_ROOT_RECORD_SIZE, root);
    if (status == STATUS_DONE && !is_within(walk, root->block, SECTOR)) {
        status = malformed(walk, "the root is said to be beyond the end");
    }
    if (status == STATUS_DONE) {
        status = media_bytes(walk->media, root->block * ISO_BLOCK_SIZE, sector, sizeof(sector));
    }
    if (status == STATUS_DONE && iso_record_has_susp(sector, sector[0], &walk->reading.skip)) {
        walk->reading.names = ISO_NAMES_ROCK_RIDGE;
    } else if (status == STATUS_DONE && iso->enhanced) {
        walk->reading.names = ISO_NAMES_1999;
        status = iso_record_read(&walk->reading, iso->enhanced_root, ISO_ROOT_RECORD_SIZE, root);
    }
    return status;
}

static const char *names_of(const struct walk *walk)
{
    switch (walk->reading.names) {
    case ISO_NAMES_JOLIET:
        return "joliet";
    case ISO_NAMES_1999:
        return "iso9660:1999";
    case ISO_NAMES_ROCK_RIDGE:
        return walk->rock_ridge ? "rockridge" : "iso9660";
    case ISO_NAMES_PLAIN:
        break;
    }
    return "iso9660";
}

enum status media_iso_list(const struct media *media, struct media_list *list)
{
    struct walk walk = {.media = media, .list = list};
    struct iso_record root;
    enum status status;

    walk.reading = (struct iso_reading){.context = (void *)(uintptr_t)media, .read = read_image, .place = media->place};
    if (media->iso.block_size != ISO_BLOCK_SIZE) {
        diag_error(media->place, "has blocks of %u bytes, not the 2048 of optical discs", media->iso.block_size);
        return STATUS_BAD_INPUT;
    }
    status = choose_tree(&walk, &root);
    if (status == STATUS_DONE) {
        status = add_folder(&walk, "", root.block, root.size, 0);
    }
    while (status == STATUS_DONE && walk.next < walk.count) {
        struct folder folder = walk.folders[walk.next++];

        status = read_folder(&walk, &folder);
        free(folder.path);
    }
    while (walk.next < walk.count) {
        free(walk.folders[walk.next++].path);
    }
    free(walk.folders);
    string_set_free(&walk.entered);
    list->names = names_of(&walk);
    return status;
}

static enum status deliver(const struct media *media, const struct media_list *list, const struct media_file *file,
                           char *piece, const struct media_visitor *visitor)
{
    const struct media_entry entry = {.path = file->path, .size = file->size, .modified = file->modified};
    enum status status = STATUS_DONE;

    for (size_t i = 0; i < file->extent_count; ++i) {
        const struct media_extent *extent = &list->extents[file->first_extent + i];

        for (uint64_t done = 0; done < extent->size && status == STATUS_DONE; done += PIECE) {
            size_t size = extent->size - done < PIECE ? (size_t)(extent->size - done) : PIECE;

            status = media_bytes(media, extent->offset + done, piece, size);
            if (status == STATUS_DONE) {
                status = visitor->data(visitor->context, &entry, piece, size);
            }
        }
    }
    return status == STATUS_DONE ? visitor->data(visitor->context, &entry, NULL, 0) : status;
}

enum status media_iso_read(const struct media *media, const struct media_list *list,
                           const struct media_visitor *visitor)
{
    enum status status = STATUS_DONE;
    char *piece = xmalloc(PIECE);

    for (size_t i = 0; i < list->count && status == STATUS_DONE; ++i) {
        if (list->files[i].wanted) {
            status = deliver(media, list, &list->files[i], piece, visitor);
        }
    }
    free(piece);
    return status;
}
