/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/media_read.h"

#include "base/text.h"
#include "media/media_list.h"
#include "media/media_name.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A virtio-win disc has about 2,000 files, a Windows 7 one about 900. */
#define ENTRIES_LIMIT 200000U
/* More than any disc has: what an archive of small files that all point to one large content would make of it. */
#define CONTENT_LIMIT ((uint64_t)32 << 30)

enum status media_list_add(struct media_list *list, const struct media *media, char *path, struct media_file file)
{
    if (list->count == ENTRIES_LIMIT) {
        diag_error(media->place, "has more than %u files and folders", ENTRIES_LIMIT);
        free(path);
        return STATUS_BAD_INPUT;
    }
    if (list->count == list->capacity) {
        list->capacity = list->capacity * 2 + 256;
        list->files = xrealloc(list->files, list->capacity * sizeof(*list->files));
    }
    file.path = path;
    list->files[list->count++] = file;
    return STATUS_DONE;
}

void media_list_free(struct media_list *list)
{
    for (size_t i = 0; i < list->count; ++i) {
        free(list->files[i].path);
    }
    free(list->files);
    free(list->extents);
    *list = (struct media_list){0};
}

enum status media_bytes(const struct media *media, uint64_t offset, void *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t count = pread(media->descriptor, (char *)bytes + done, size - done, (off_t)(offset + done));

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            diag_error(media->place, "cannot be read at %" PRIu64 ": %s", offset + done,
                       count < 0 ? strerror(errno) : "it ends there");
            return STATUS_BAD_INPUT;
        }
        done += (size_t)count;
    }
    return STATUS_DONE;
}

static enum status read_descriptors(struct media *media)
{
    uint8_t sector[ISO_DESCRIPTOR_SIZE];
    enum status status = STATUS_DONE;

    for (uint64_t i = 0; i < ISO_DESCRIPTOR_LIMIT && status == STATUS_DONE; ++i) {
        uint64_t offset = (ISO_FIRST_DESCRIPTOR + i) * ISO_DESCRIPTOR_SIZE;

        if (offset + sizeof(sector) > media->size) {
            break;
        }
        status = media_bytes(media, offset, sector, sizeof(sector));
        if (status == STATUS_DONE && !iso_descriptor_take(&media->iso, sector)) {
            break;
        }
    }
    return status;
}

enum status media_open(struct media *media, const char *path)
{
    struct stat info;

    *media = (struct media){.place = path};
    media->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (media->descriptor < 0) {
        diag_error(path, "cannot be opened: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    if (fstat(media->descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        diag_error(path, "is not a regular file");
        return STATUS_BAD_INPUT;
    }
    media->size = (uint64_t)info.st_size;
    return read_descriptors(media);
}

static size_t count_files(const struct media_list *list)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; ++i) {
        count += list->files[i].kind == MEDIA_FILE ? 1U : 0U;
    }
    return count;
}

/* media_read.h says by which rule. */
static enum status choose(struct media *media, struct media_list *list, char label[MEDIA_LABEL_SIZE])
{
    struct media_list udf = {0};
    enum status status = STATUS_DONE;
    bool found = false;

    if (media->iso.udf) {
        status = media_udf_list(media, &udf, label, &found);
    }
    if (status != STATUS_DONE || !found) {
        media_list_free(&udf);
    }
    if (status != STATUS_DONE) {
        return status;
    }
    if (!found) {
        return media->iso.primary ? media_iso_list(media, list) : media_zip_list(media, list);
    }
    if (!media->iso.primary) {
        *list = udf;
        return STATUS_DONE;
    }
    status = media_iso_list(media, list);
    if (status == STATUS_DONE && (count_files(&udf) > count_files(list) || strcmp(list->names, "iso9660") == 0)) {
        media_list_free(list);
        *list = udf;
        return STATUS_DONE;
    }
    media_list_free(&udf);
    return status;
}

static enum status check_names(const struct media *media, const struct media_list *list)
{
    struct path_set paths = {0};
    const char *fault = NULL;

    for (size_t i = 0; i < list->count && fault == NULL; ++i) {
        const struct media_file *file = &list->files[i];

        fault = media_path_fault(file->path);
        if (fault == NULL) {
            fault = path_set_add(&paths, file->path, file->kind == MEDIA_FOLDER);
        }
        if (fault != NULL) {
            char *shown = media_printable(file->path);

            diag_error(media->place, "has a name that is refused: \"%s\": %s", shown, fault);
            free(shown);
        }
    }
    path_set_free(&paths);
    return fault == NULL ? STATUS_DONE : STATUS_BAD_INPUT;
}

static enum status ask(const struct media *media, struct media_list *list, const struct media_visitor *visitor)
{
    uint64_t total = 0;

    for (size_t i = 0; i < list->count; ++i) {
        struct media_file *file = &list->files[i];
        const struct media_entry entry = {.path = file->path, .size = file->size, .modified = file->modified};

        if (file->kind == MEDIA_FOLDER || (visitor->wants != NULL && !visitor->wants(visitor->context, &entry)) ||
            visitor->data == NULL) {
            continue;
        }
        file->wanted = true;
        if (file->kind == MEDIA_OTHER) {
            diag_error(media->place, "\"%s\" is a link, a device or compressed, not a plain file", file->path);
            return STATUS_BAD_INPUT;
        }
        total += file->size;
        if (file->size > CONTENT_LIMIT || total > CONTENT_LIMIT) {
            diag_error(media->place, "\"%s\": with this the files are more than 32 GiB", file->path);
            return STATUS_BAD_INPUT;
        }
    }
    return STATUS_DONE;
}

void media_fill_info(struct media_info *info, const struct media *media, const struct media_list *list,
                     const char *udf_label)
{
    const char *backend = strcmp(list->names, "udf") == 0   ? "libudfread"
                          : strcmp(list->names, "zip") == 0 ? "libarchive"
                                                            : "aerow7";
    /* Only Joliet's label has capitals, small letters and more than ASCII, but not more than 16 characters. */
    const char *iso =
        strcmp(list->names, "joliet") == 0 && media->iso.joliet_label[0] != 0 && strlen(media->iso.primary_label) <= 16
            ? media->iso.joliet_label
            : media->iso.primary_label;

    char *label = media_printable(strcmp(list->names, "udf") == 0 ? udf_label : iso);

    *info = (struct media_info){.names = list->names, .backend = backend};
    (void)snprintf(info->volume_label, sizeof(info->volume_label), "%s", label);
    free(label);
}

static enum status read_wanted(const struct media *media, const struct media_list *list,
                               const struct media_visitor *visitor)
{
    if (strcmp(list->names, "udf") == 0) {
        return media_udf_read(media, list, visitor);
    }
    return strcmp(list->names, "zip") == 0 ? media_zip_read(media, list, visitor)
                                           : media_iso_read(media, list, visitor);
}

enum status media_list_names(struct media *media, struct media_list *list, char label[MEDIA_LABEL_SIZE])
{
    enum status status = choose(media, list, label);

    return status == STATUS_DONE ? check_names(media, list) : status;
}

void media_close(struct media *media)
{
    if (media->descriptor >= 0) {
        close(media->descriptor);
        media->descriptor = -1;
    }
}

enum status media_read(const char *path, const struct media_visitor *visitor, struct media_info *info)
{
    char label[MEDIA_LABEL_SIZE] = "";
    struct media_list list = {0};
    struct media media;
    enum status status = media_open(&media, path);

    if (status == STATUS_DONE) {
        status = media_list_names(&media, &list, label);
    }
    if (status == STATUS_DONE) {
        if (info != NULL) {
            media_fill_info(info, &media, &list, label);
        }
        status = ask(&media, &list, visitor);
    }
    if (status == STATUS_DONE) {
        status = read_wanted(&media, &list, visitor);
    }
    media_list_free(&list);
    media_close(&media);
    return status;
}
