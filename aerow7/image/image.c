/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "image/image.h"

#include "base/text.h"
#include "disk/disk_source.h"
#include "offline/bcd.h"
#include "offline/source_folder.h"
#include "wim/wim_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ISO_DESCRIPTORS 0x8000
#define ISO_SECTOR 2048

static bool begins_with(int file, off_t offset, const char *what, size_t size)
{
    char data[16];

    return size <= sizeof(data) && pread(file, data, size, offset) == (ssize_t)size && memcmp(data, what, size) == 0;
}

/* ISO 9660 ("CD001") or, alone, UDF ("BEA01"): the volume recognition sequence. */
static bool is_optical(int file)
{
    return begins_with(file, ISO_DESCRIPTORS + 1, "CD001", 5) || begins_with(file, ISO_DESCRIPTORS + 1, "BEA01", 5) ||
           begins_with(file, ISO_DESCRIPTORS + ISO_SECTOR + 1, "BEA01", 5);
}

static enum status kind_of_folder(const char *path, enum image_kind *kind)
{
    static const char *const media[] = {"sources/boot.wim", "sources/install.wim", "sources/install.swm"};
    struct source_folder *folder;
    struct source source;
    struct source_entry entry = {0};
    bool found = false;
    enum status status = source_folder_open(path, &folder, &source);

    if (status != STATUS_DONE) {
        return status;
    }
    *kind = IMAGE_WINDOWS_FOLDER;
    status = source_find(&source, "Windows/System32", &found, &entry);
    for (size_t i = 0; i < sizeof(media) / sizeof(media[0]) && status == STATUS_DONE && !found; ++i) {
        status = source_find(&source, media[i], &found, &entry);
        *kind = IMAGE_MEDIA_FOLDER;
    }
    if (status == STATUS_DONE && !found) {
        diag_error(path, "holds neither a Windows (Windows/System32) nor install media (sources/boot.wim)");
        status = STATUS_BAD_INPUT;
    }
    source_folder_close(folder);
    return status;
}

enum status image_kind_of(const char *path, enum image_kind *kind)
{
    enum status status = STATUS_DONE;
    struct stat info;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (file < 0 || fstat(file, &info) != 0) {
        diag_error(path, "cannot be opened: %s", strerror(errno));
        status = STATUS_BAD_INPUT;
    } else if (S_ISDIR(info.st_mode)) {
        status = kind_of_folder(path, kind);
    } else if (!S_ISREG(info.st_mode)) {
        diag_error(path, "is neither a file nor a folder");
        status = STATUS_BAD_INPUT;
    } else if (begins_with(file, 0, "MSWIM\0\0\0", 8) || begins_with(file, 0, "WLPWM\0\0\0", 8)) {
        *kind = IMAGE_WIM;
    } else if (is_optical(file)) {
        *kind = IMAGE_ISO;
    } else if (disk_is_image(path)) {
        *kind = IMAGE_DISK;
    } else {
        diag_error(path, "is no WIM, no ISO image, no disk image (raw with partitions, qcow2) and no folder");
        status = STATUS_BAD_INPUT;
    }
    if (file >= 0) {
        close(file);
    }
    return status;
}

const char *image_kind_name(enum image_kind kind)
{
    static const char *const names[] = {"windows-folder", "media-folder", "iso", "wim", "disk"};

    return names[kind];
}

/* Whether "1,3" or "all" has the number; what is no such list was refused before. */
static bool chosen(const char *indexes, unsigned index)
{
    if (indexes == NULL || strcmp(indexes, "all") == 0) {
        return true;
    }
    for (;;) {
        if (strtoul(indexes, NULL, 10) == index) {
            return true;
        }
        indexes = strchr(indexes, ',');
        if (indexes == NULL) {
            return false;
        }
        ++indexes;
    }
}

static enum status check_indexes(const char *path, const char *indexes, unsigned count)
{
    const char *at = indexes;

    if (indexes == NULL || strcmp(indexes, "all") == 0) {
        return STATUS_DONE;
    }
    for (;;) {
        char *end;
        unsigned long index = *at >= '0' && *at <= '9' ? strtoul(at, &end, 10) : 0;

        if (index == 0 || (*end != ',' && *end != 0)) {
            diag_error(path, "--index takes a number, several with commas, or all");
            return STATUS_USAGE;
        }
        if (index > count) {
            diag_error(path, "has no image %lu: it has %u", index, count);
            return STATUS_BAD_INPUT;
        }
        if (*end == 0) {
            return STATUS_DONE;
        }
        at = end + 1;
    }
}

enum status image_visit_wim(const char *path, const char *name, const char *file, const char *indexes,
                            const struct image_visitor *visitor)
{
    struct wim_file *wim;
    enum status status = ends_with(path, ".swm") ? wim_open_parts(path, &wim) : wim_open_state(path, name, NULL, &wim);

    if (status != STATUS_DONE) {
        return status;
    }
    status = check_indexes(name, indexes, wim->image_count);
    for (unsigned i = 1; i <= wim->image_count && status == STATUS_DONE; ++i) {
        struct image_windows windows = {.file = file, .index = i, .title = wim_image(wim, i)->name};

        if (!chosen(indexes, i)) {
            continue;
        }
        status = wim_source_open(wim, i, &windows.source);
        if (status == STATUS_DONE) {
            status = visitor->windows(visitor->context, &windows);
            wim_source_close(windows.source);
        }
    }
    wim_close(wim);
    return status;
}

static enum status visit_windows_folder(const char *path, const struct image_visitor *visitor)
{
    struct source_folder *folder;
    struct source source;
    const struct image_windows windows = {.file = "", .source = &source};
    enum status status = source_folder_open(path, &folder, &source);

    if (status == STATUS_DONE) {
        status = visitor->windows(visitor->context, &windows);
        source_folder_close(folder);
    }
    return status;
}

static enum status visit_disk(const char *path, const struct image_visitor *visitor)
{
    struct disk disk = {0};
    const struct image_windows windows = {.file = "", .source = &disk.windows};
    enum status status = disk_open(path, 0, &disk);
    struct bytes store;

    if (status == STATUS_DONE) {
        status = visitor->windows(visitor->context, &windows);
    }
    /* A store beside Windows is of its volume, which was visited. */
    if (status == STATUS_DONE && disk.boot_kind != DISK_BOOT_NONE && disk.boot_kind != DISK_BOOT_WINDOWS) {
        status = source_read(&disk.boot, disk.bcd_path, BCD_SIZE_LIMIT, &store);
        if (status == STATUS_DONE) {
            status = visitor->boot_store(visitor->context, disk.bcd_path, &store);
            bytes_free(&store);
        }
    }
    disk_close(&disk);
    return status;
}

enum status image_visit(const char *path, enum image_kind kind, const char *indexes,
                        const struct image_visitor *visitor)
{
    switch (kind) {
    case IMAGE_WINDOWS_FOLDER:
        return visit_windows_folder(path, visitor);
    case IMAGE_MEDIA_FOLDER:
        return image_visit_media_folder(path, visitor);
    case IMAGE_ISO:
        return image_visit_iso(path, visitor);
    case IMAGE_WIM:
        return image_visit_wim(path, path, "", indexes, visitor);
    default:
        return visit_disk(path, visitor);
    }
}
