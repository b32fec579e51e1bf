/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/install_source.h"

#include "base/text.h"
#include "media/boot_catalog.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The programs that Microsoft's own media are made with; 8 sectors of 512 bytes is all of the first. */
#define BIOS_IMAGE "boot/etfsboot.com"
#define UEFI_IMAGE "efi/microsoft/boot/efisys.bin"
#define BIOS_SECTORS 8U
#define UEFI_SECTORS 1U
#define BOOT_IMAGE_LIMIT ((size_t)32 << 20)

static enum status take_list(struct install_source *source)
{
    source->inputs = xcalloc(source->list.count + 1, sizeof(*source->inputs));
    source->files = xcalloc(source->list.count + 1, sizeof(*source->files));
    for (size_t i = 0; i < source->list.count; ++i) {
        const struct media_file *file = &source->list.files[i];

        if (file->kind == MEDIA_OTHER) {
            diag_error(source->name, "\"%s\" is a link, a device or compressed, not a plain file", file->path);
            return STATUS_BAD_INPUT;
        }
        source->files[source->count] = i;
        source->inputs[source->count++] =
            (struct iso_input){.path = file->path, .size = file->size, .folder = file->kind == MEDIA_FOLDER};
    }
    return STATUS_DONE;
}

enum status install_source_open_iso(const char *path, struct install_source *source)
{
    char label[MEDIA_LABEL_SIZE] = "";
    struct media_info info = {0};
    enum status status;

    *source = (struct install_source){.name = path};
    status = media_open(&source->media, path);
    if (status == STATUS_DONE && !source->media.iso.primary && !source->media.iso.udf) {
        diag_error(path, "is no ISO image");
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE) {
        status = media_list_names(&source->media, &source->list, label);
    }
    if (status == STATUS_DONE) {
        media_fill_info(&info, &source->media, &source->list, label);
        status = take_list(source);
    }
    source->label = xstrdup(info.volume_label);
    if (status == STATUS_DONE && strcmp(source->list.names, "udf") == 0) {
        status = media_udf_open(&source->media, &source->udf);
    }
    return status == STATUS_DONE ? boot_catalog_read(&source->media, &source->boot) : status;
}

static enum status add_boot(struct install_source *source, const char *path, uint8_t platform, uint16_t sectors)
{
    size_t index = install_source_find(source, path);
    struct iso_boot_image *image = &source->boot.images[source->boot.count];

    if (index == SIZE_MAX) {
        return STATUS_DONE;
    }
    *image = (struct iso_boot_image){.platform = platform, .sectors = sectors};
    ++source->boot.count;
    return install_source_load(source, index, BOOT_IMAGE_LIMIT, &image->content);
}

enum status install_source_open_folder(const char *path, struct install_source *source)
{
    enum status status;

    *source = (struct install_source){.name = path, .is_folder = true, .media.descriptor = -1};
    source->label = xstrdup("");
    status = disk_folder_open(&source->folder, path);
    source->inputs = source->folder.inputs;
    source->count = source->folder.count;
    if (status == STATUS_DONE) {
        status = add_boot(source, BIOS_IMAGE, 0, BIOS_SECTORS);
    }
    if (status == STATUS_DONE) {
        status = add_boot(source, UEFI_IMAGE, 0xEF, UEFI_SECTORS);
    }
    if (status == STATUS_DONE && source->boot.count == 0) {
        diag_error(path, "has neither " BIOS_IMAGE " nor " UEFI_IMAGE ": the image could not be started from");
        status = STATUS_BAD_INPUT;
    }
    return status;
}

void install_source_close(struct install_source *source)
{
    for (size_t i = 0; i < source->boot.count; ++i) {
        bytes_free(&source->boot.images[i].content);
    }
    media_udf_close(source->udf);
    if (source->is_folder) {
        disk_folder_close(&source->folder);
    } else {
        free(source->inputs);
        media_list_free(&source->list);
        media_close(&source->media);
    }
    free(source->files);
    free(source->label);
    *source = (struct install_source){.media.descriptor = -1};
}

size_t install_source_find(const struct install_source *source, const char *path)
{
    for (size_t i = 0; i < source->count; ++i) {
        if (!source->inputs[i].folder && strcasecmp(source->inputs[i].path, path) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

static enum status read_extents(const struct install_source *source, const struct media_file *file, uint64_t offset,
                                void *bytes, size_t size)
{
    enum status status = STATUS_DONE;
    size_t done = 0;

    for (size_t i = 0; i < file->extent_count && done < size && status == STATUS_DONE; ++i) {
        const struct media_extent *extent = &source->list.extents[file->first_extent + i];
        uint64_t begins = offset + done;

        if (begins >= extent->size) {
            offset -= extent->size;
            continue;
        }
        if (size - done < extent->size - begins) {
            status = media_bytes(&source->media, extent->offset + begins, (char *)bytes + done, size - done);
            done = size;
        } else {
            size_t piece = (size_t)(extent->size - begins);

            status = media_bytes(&source->media, extent->offset + begins, (char *)bytes + done, piece);
            done += piece;
            offset -= extent->size;
        }
    }
    if (status == STATUS_DONE && done != size) {
        diag_error(source->name, "\"%s\" is shorter than it is said to be", file->path);
        status = STATUS_BAD_INPUT;
    }
    return status;
}

enum status install_source_read(struct install_source *source, size_t index, uint64_t offset, void *bytes, size_t size)
{
    const struct media_file *file;

    if (source->is_folder) {
        return disk_folder_read(&source->folder, index, offset, bytes, size);
    }
    file = &source->list.files[source->files[index]];
    return source->udf != NULL ? media_udf_pull(source->udf, file, offset, bytes, size)
                               : read_extents(source, file, offset, bytes, size);
}

enum status install_source_load(struct install_source *source, size_t index, size_t limit, struct bytes *out)
{
    uint64_t size = source->inputs[index].size;
    enum status status;

    *out = (struct bytes){0};
    if (size > limit) {
        diag_error(source->name, "\"%s\" is %" PRIu64 " bytes long, more than the %zu that such a file may have",
                   source->inputs[index].path, size, limit);
        return STATUS_BAD_INPUT;
    }
    out->data = xmalloc((size_t)size + 1);
    out->size = (size_t)size;
    out->data[size] = 0;
    status = install_source_read(source, index, 0, out->data, out->size);
    if (status != STATUS_DONE) {
        bytes_free(out);
    }
    return status;
}
