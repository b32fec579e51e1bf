/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Install media: the WIMs in sources, the boot configuration stores of BIOS and UEFI. Of an ISO, WIMs go to a file
 * without a name, which is gone when the program is, however it ends.
 */
#include "image/image.h"

#include "base/progress.h"
#include "base/text.h"
#include "image/image_split.h"
#include "media/media_read.h"
#include "offline/bcd.h"
#include "offline/source_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *const wims[] = {"sources/boot.wim", "sources/install.wim"};
static const char *const folder_wims[] = {"sources/boot.wim", "sources/install.wim", SPLIT_FIRST};
static const char *const stores[] = {"boot/bcd", "efi/microsoft/boot/bcd"};

#define SETUP_DRIVERS "$WinPEDriver$"
#define SETUP_DRIVERS_LIMIT ((uint64_t)512 << 20) /* as much as a driver pack may have */
#define SETUP_DEPTH 16

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct gathering {
    const struct source *source;
    const char *folder; /* below the media's root */
    unsigned depth;
    uint64_t *total;
    struct file_tree *files;
};

static enum status gather(void *context, const struct source_entry *entry)
{
    const struct gathering *gathering = context;
    char *path = xformat("%s/%s", gathering->folder, entry->name);
    enum status status = STATUS_DONE;
    struct bytes content;

    if (entry->folder) {
        struct gathering below = *gathering;

        below.folder = path;
        ++below.depth;
        if (below.depth > SETUP_DEPTH) {
            diag_error(gathering->source->name, "%s is too deep", path);
            status = STATUS_BAD_INPUT;
        } else {
            status = source_list(gathering->source, path, gather, &below);
        }
    } else if (!entry->reparse_point) {
        status = source_read(gathering->source, path, (size_t)(SETUP_DRIVERS_LIMIT - *gathering->total), &content);
        if (status == STATUS_DONE) {
            *gathering->total += content.size;
            status = file_tree_add(gathering->files, strchr(path, '/') + 1, content);
        }
    }
    free(path);
    return status;
}

static enum status visit_setup_drivers(const struct source *source, const struct image_visitor *visitor)
{
    struct source_entry entry;
    struct file_tree files = {0};
    uint64_t total = 0;
    struct gathering gathering = {.source = source, .folder = SETUP_DRIVERS, .total = &total, .files = &files};
    bool found;
    enum status status = source_find(source, SETUP_DRIVERS, &found, &entry);

    if (status == STATUS_DONE && found && entry.folder) {
        status = source_list(source, SETUP_DRIVERS, gather, &gathering);
    }
    if (status == STATUS_DONE) {
        status = visitor->setup_drivers(visitor->context, &files);
    }
    file_tree_free(&files);
    return status;
}

enum status image_visit_media_folder(const char *path, const struct image_visitor *visitor)
{
    struct source_folder *folder;
    struct source source;
    struct source_entry entry;
    enum status status = source_folder_open(path, &folder, &source);

    if (status != STATUS_DONE) {
        return status;
    }
    for (size_t i = 0; i < COUNT(stores) && status == STATUS_DONE; ++i) {
        struct bytes content = {0};
        bool found;

        status = source_find(&source, stores[i], &found, &entry);
        if (status == STATUS_DONE && found) {
            status = source_read(&source, stores[i], BCD_SIZE_LIMIT, &content);
        }
        if (status == STATUS_DONE && found) {
            status = visitor->boot_store(visitor->context, stores[i], &content);
        }
        bytes_free(&content);
    }
    for (size_t i = 0; i < COUNT(folder_wims) && status == STATUS_DONE; ++i) {
        char *name = NULL;
        bool found;

        status = source_folder_path(folder, folder_wims[i], &found, &name);
        if (status == STATUS_DONE && found) {
            status = image_visit_wim(name, name, folder_wims[i], NULL, visitor);
        }
        free(name);
    }
    if (status == STATUS_DONE && visitor->setup_drivers != NULL) {
        status = visit_setup_drivers(&source, visitor);
    }
    source_folder_close(folder);
    return status;
}

struct extraction {
    const char *place;
    int files[COUNT(wims)]; /* -1: not on the medium */
    struct bytes stores[COUNT(stores)];
    bool store_found[COUNT(stores)];
    struct split_folder split; /* with the parts of an install.wim that has any */
    int parts[SPLIT_PARTS];    /* files in it, or -1 */
    bool gathers;              /* what is below $WinPEDriver$ */
    struct bytes driver;       /* a file there that is coming */
    uint64_t driver_size;      /* of all of them */
    struct file_tree drivers;
};

static int index_of(const char *const *list, size_t count, const char *path)
{
    for (size_t i = 0; i < count; ++i) {
        if (strcasecmp(list[i], path) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static bool is_setup_driver(const char *path)
{
    return strncasecmp(path, SETUP_DRIVERS "/", strlen(SETUP_DRIVERS "/")) == 0;
}

static bool wants(void *context, const struct media_entry *entry)
{
    struct extraction *extraction = context;

    if (extraction->gathers && is_setup_driver(entry->path)) {
        extraction->driver_size += entry->size < SETUP_DRIVERS_LIMIT ? entry->size : SETUP_DRIVERS_LIMIT;
        return extraction->driver_size < SETUP_DRIVERS_LIMIT;
    }
    return index_of(wims, COUNT(wims), entry->path) >= 0 || split_part_of(entry->path) >= 0 ||
           (index_of(stores, COUNT(stores), entry->path) >= 0 && entry->size <= BCD_SIZE_LIMIT);
}

static int part_file(struct extraction *extraction, int part)
{
    char *path;
    int file = -1;

    if (extraction->split.path != NULL || split_folder_open(extraction->place, &extraction->split) == STATUS_DONE) {
        path = split_folder_part(&extraction->split, (unsigned)part);
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        free(path);
    }
    return file;
}

/* A WIM, or, unless `part` is -1, a part of one. */
static enum status take_wim(struct extraction *extraction, int *file, int part, const char *path, const void *bytes,
                            size_t size)
{
    if (*file < 0) {
        *file = part < 0 ? file_without_name() : part_file(extraction, part);
    }
    if (*file < 0) {
        diag_error(extraction->place, "%s cannot be unpacked for reading (TMPDIR): %s", path, strerror(errno));
        return STATUS_NOT_WRITTEN;
    }
    progress_add(size);
    for (size_t done = 0; done < size;) {
        ssize_t count = write(*file, (const char *)bytes + done, size - done);

        if (count < 0 && errno != EINTR) {
            diag_error(extraction->place, "%s cannot be unpacked for reading (TMPDIR): %s", path, strerror(errno));
            return STATUS_NOT_WRITTEN;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return STATUS_DONE;
}

static void append(struct bytes *to, const void *bytes, size_t size)
{
    to->data = xrealloc(to->data, to->size + size + 1);
    if (size > 0) {
        memcpy(to->data + to->size, bytes, size);
    }
    to->size += size;
    to->data[to->size] = 0;
}

static enum status take_driver(struct extraction *extraction, const char *path, const void *bytes, size_t size)
{
    struct bytes whole;

    append(&extraction->driver, bytes, size);
    if (size > 0) {
        return STATUS_DONE;
    }
    whole = extraction->driver;
    extraction->driver = (struct bytes){0};
    return file_tree_add(&extraction->drivers, path + strlen(SETUP_DRIVERS "/"), whole);
}

static enum status take(void *context, const struct media_entry *entry, const void *bytes, size_t size)
{
    struct extraction *extraction = context;
    int which = index_of(wims, COUNT(wims), entry->path);

    if (is_setup_driver(entry->path)) {
        return take_driver(extraction, entry->path, bytes, size);
    }
    if (which >= 0) {
        return take_wim(extraction, &extraction->files[which], -1, entry->path, bytes, size);
    }
    which = split_part_of(entry->path);
    if (which >= 0) {
        return take_wim(extraction, &extraction->parts[which], which, entry->path, bytes, size);
    }
    which = index_of(stores, COUNT(stores), entry->path);
    if (which < 0) {
        return STATUS_DONE;
    }
    extraction->store_found[which] = true;
    append(&extraction->stores[which], bytes, size);
    return STATUS_DONE;
}

enum status image_visit_iso(const char *path, const struct image_visitor *visitor)
{
    struct extraction extraction = {.place = path, .files = {-1, -1}, .gathers = visitor->setup_drivers != NULL};
    const struct media_visitor reader = {.context = &extraction, .wants = wants, .data = take};
    bool any = false;
    enum status status;
    char *first;

    for (size_t i = 0; i < SPLIT_PARTS; ++i) {
        extraction.parts[i] = -1;
    }
    progress_begin("unpacking", 1);
    status = media_read(path, &reader, NULL);
    progress_end();
    for (size_t i = 0; i < COUNT(stores) && status == STATUS_DONE; ++i) {
        if (extraction.store_found[i]) {
            status = visitor->boot_store(visitor->context, stores[i], &extraction.stores[i]);
        }
    }
    for (size_t i = 0; i < COUNT(wims) && status == STATUS_DONE; ++i) {
        char name[64];

        if (extraction.files[i] >= 0) {
            any = true;
            (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", extraction.files[i]);
            status = image_visit_wim(name, wims[i], wims[i], NULL, visitor);
        }
    }
    if (status == STATUS_DONE && extraction.parts[0] >= 0) {
        any = true;
        first = split_folder_part(&extraction.split, 0);
        status = image_visit_wim(first, SPLIT_FIRST, SPLIT_FIRST, NULL, visitor);
        free(first);
    }
    if (status == STATUS_DONE && !any) {
        diag_error(path, "is no install medium: it has neither sources/boot.wim nor sources/install.wim");
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE && visitor->setup_drivers != NULL) {
        status = visitor->setup_drivers(visitor->context, &extraction.drivers);
    }
    file_tree_free(&extraction.drivers);
    bytes_free(&extraction.driver);
    for (size_t i = 0; i < SPLIT_PARTS; ++i) {
        if (extraction.parts[i] >= 0) {
            close(extraction.parts[i]);
        }
    }
    split_folder_close(&extraction.split);
    for (size_t i = 0; i < COUNT(wims); ++i) {
        if (extraction.files[i] >= 0) {
            close(extraction.files[i]);
        }
    }
    for (size_t i = 0; i < COUNT(stores); ++i) {
        bytes_free(&extraction.stores[i]);
    }
    return status;
}
