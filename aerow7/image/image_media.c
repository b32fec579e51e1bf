/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Install media: the WIMs in sources, the boot configuration stores of BIOS and UEFI. Of an ISO, WIMs go to a file
 * without a name, which is gone when the program is, however it ends.
 */
#include "image/image.h"

#include "base/progress.h"
#include "base/text.h"
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
static const char *const stores[] = {"boot/bcd", "efi/microsoft/boot/bcd"};

/* install.wim in parts: aerow7 media makes them of what is too long for a file on a disc. */
static const char split[] = "sources/install.swm";
static const char split_why[] = "it is split into parts (.swm), which are not looked into";

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

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
    for (size_t i = 0; i < COUNT(wims) && status == STATUS_DONE; ++i) {
        char *name = NULL;
        bool found;

        status = source_folder_path(folder, wims[i], &found, &name);
        if (status == STATUS_DONE && found) {
            status = image_visit_wim(name, wims[i], NULL, visitor);
        }
        free(name);
    }
    if (status == STATUS_DONE) {
        bool found;

        status = source_find(&source, split, &found, &entry);
        if (status == STATUS_DONE && found) {
            status = visitor->unread(visitor->context, split, split_why);
        }
    }
    source_folder_close(folder);
    return status;
}

struct extraction {
    const char *place;
    int files[COUNT(wims)]; /* -1: not on the medium */
    struct bytes stores[COUNT(stores)];
    bool store_found[COUNT(stores)];
    bool split_found;
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

static bool wants(void *context, const struct media_entry *entry)
{
    struct extraction *extraction = context;

    extraction->split_found = extraction->split_found || strcasecmp(entry->path, split) == 0;
    return index_of(wims, COUNT(wims), entry->path) >= 0 ||
           (index_of(stores, COUNT(stores), entry->path) >= 0 && entry->size <= BCD_SIZE_LIMIT);
}

static int file_without_name(void)
{
    const char *folder = getenv("TMPDIR");

    return open(folder != NULL && *folder != 0 ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static enum status take_wim(struct extraction *extraction, int which, const void *bytes, size_t size)
{
    int *file = &extraction->files[which];

    if (*file < 0) {
        *file = file_without_name();
    }
    if (*file < 0) {
        diag_error(extraction->place, "%s cannot be unpacked for reading (TMPDIR): %s", wims[which], strerror(errno));
        return STATUS_NOT_WRITTEN;
    }
    progress_add(size);
    for (size_t done = 0; done < size;) {
        ssize_t count = write(*file, (const char *)bytes + done, size - done);

        if (count < 0 && errno != EINTR) {
            diag_error(extraction->place, "%s cannot be unpacked for reading (TMPDIR): %s", wims[which],
                       strerror(errno));
            return STATUS_NOT_WRITTEN;
        }
        done += count > 0 ? (size_t)count : 0;
    }
    return STATUS_DONE;
}

static enum status take(void *context, const struct media_entry *entry, const void *bytes, size_t size)
{
    struct extraction *extraction = context;
    int which = index_of(wims, COUNT(wims), entry->path);
    struct bytes *store;

    if (which >= 0) {
        return take_wim(extraction, which, bytes, size);
    }
    which = index_of(stores, COUNT(stores), entry->path);
    if (which < 0) {
        return STATUS_DONE;
    }
    store = &extraction->stores[which];
    extraction->store_found[which] = true;
    store->data = xrealloc(store->data, store->size + size + 1);
    if (size > 0) {
        memcpy(store->data + store->size, bytes, size);
    }
    store->size += size;
    store->data[store->size] = 0;
    return STATUS_DONE;
}

enum status image_visit_iso(const char *path, const struct image_visitor *visitor)
{
    struct extraction extraction = {.place = path, .files = {-1, -1}};
    const struct media_visitor reader = {.context = &extraction, .wants = wants, .data = take};
    bool any = false;
    enum status status;

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
            status = image_visit_wim(name, wims[i], NULL, visitor);
        }
    }
    if (status == STATUS_DONE && extraction.split_found) {
        any = true;
        status = visitor->unread(visitor->context, split, split_why);
    }
    if (status == STATUS_DONE && !any) {
        diag_error(path, "is no install medium: it has neither sources/boot.wim nor sources/install.wim");
        status = STATUS_BAD_INPUT;
    }
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
