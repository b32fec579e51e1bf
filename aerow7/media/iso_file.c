/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/iso_file.h"

#include "base/progress.h"
#include "base/text.h"
#include "media/iso_image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_AREA_SECTORS 16U
#define DESCRIPTOR_SECTORS 3U
#define LABEL_SIZE 16U
#define BOOT_LABEL_SIZE 32U
/* Seconds of 1900-01-01 and of 2156-01-01: what the year of a directory record reaches (ECMA-119, 9.1.5). */
#define FIRST_TIME (-2208988800LL)
#define LAST_TIME 5869583999LL

static void put_big(uint8_t *at, unsigned bytes, uint32_t value)
{
    for (unsigned i = 0; i < bytes; ++i) {
        at[bytes - 1 - i] = (uint8_t)(value >> (8 * i));
    }
}

/* ECMA-119, 7.2.3 and 7.3.3: both byte orders, one after the other. */
static void put_both(uint8_t *at, unsigned bytes, uint32_t value)
{
    iso_put_little(at, bytes, value);
    put_big(at + bytes, bytes, value);
}

/* ECMA-119, 6.8.1.1: a directory record ends in the sector that it begins in. */
static uint32_t folder_size(const struct iso_node *folder, enum iso_view view)
{
    uint32_t size = 2 * ISO_RECORD_SIZE(1);

    for (size_t i = 0; i < folder->count; ++i) {
        uint32_t record = ISO_RECORD_SIZE(folder->view[view].entries[i]->identifier_size[view]);

        if (size % ISO_SECTOR + record > ISO_SECTOR) {
            size += ISO_SECTOR - size % ISO_SECTOR;
        }
        size += record;
    }
    return iso_sectors_of(size) * ISO_SECTOR;
}

static uint32_t table_record_size(const struct iso_node *folder, enum iso_view view)
{
    return (8U + folder->identifier_size[view] + 1U) & ~1U;
}

static enum status lay_out(struct iso_image *image, const char *path)
{
    uint64_t next = SYSTEM_AREA_SECTORS + DESCRIPTOR_SECTORS;

    if (image->boot != NULL) {
        next = iso_udf_lay_out(image);
        image->catalog_sector = (uint32_t)next++;
        for (size_t i = 0; i < image->boot->count; ++i) {
            image->boot_sector[i] = (uint32_t)next;
            next += iso_sectors_of(image->boot->images[i].content.size);
        }
    }
    for (int view = 0; view < ISO_VIEWS; ++view) {
        for (size_t i = 0; i < image->tree.folder_count; ++i) {
            image->table_size[view] += table_record_size(image->tree.folders[view][i], (enum iso_view)view);
        }
        for (int order = 0; order < 2; ++order) {
            image->table_sector[view][order] = (uint32_t)next;
            next += iso_sectors_of(image->table_size[view]);
        }
    }
    for (int view = 0; view < ISO_VIEWS; ++view) {
        for (size_t i = 0; i < image->tree.folder_count; ++i) {
            struct iso_node *folder = image->tree.folders[view][i];

            folder->view[view].sector = (uint32_t)next;
            folder->view[view].size = folder_size(folder, (enum iso_view)view);
            next += folder->view[view].size / ISO_SECTOR;
        }
    }
    for (size_t i = 0; i < image->tree.file_count && next < UINT32_MAX; ++i) {
        struct iso_node *file = image->tree.files[i];

        file->sector = file->size == 0 ? 0 : (uint32_t)next;
        next += iso_sectors_of(file->size);
    }
    if (next >= UINT32_MAX) {
        diag_error(path, "the files are more than the 8 TiB that an ISO image has room for");
        return STATUS_BAD_INPUT;
    }
    if (image->boot != NULL) {
        image->udf.end = (uint32_t)next++;
    }
    image->sectors = (uint32_t)next;
    return STATUS_DONE;
}

static enum status write_fault(const struct iso_image *image)
{
    diag_error(image->pending.target, "cannot be written: %s", strerror(errno));
    return STATUS_NOT_WRITTEN;
}

/* A buffer of zeros becomes a hole in the file where the file system has such. */
static enum status flush(struct iso_image *image)
{
    size_t done = 0;

    if (image->used != 0 && image->buffer[0] == 0 && memcmp(image->buffer, image->buffer + 1, image->used - 1) == 0) {
        if (lseek(image->pending.descriptor, (off_t)image->used, SEEK_CUR) < 0) {
            return write_fault(image);
        }
        done = image->used;
    }
    while (done < image->used) {
        ssize_t count = write(image->pending.descriptor, image->buffer + done, image->used - done);

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return write_fault(image);
        }
        done += (size_t)count;
    }
    progress_add(image->used);
    image->used = 0;
    return STATUS_DONE;
}

/* Room for one sector, zeroed. The buffer is a whole number of sectors, so it is full only at the end of one. */
enum status iso_next_sector(struct iso_image *image, uint8_t **sector)
{
    enum status status = image->used == sizeof(image->buffer) ? flush(image) : STATUS_DONE;

    if (status != STATUS_DONE) {
        image->used = 0; /* callers fill the sector before they look at the status */
    }
    *sector = image->buffer + image->used;
    memset(*sector, 0, ISO_SECTOR);
    image->used += ISO_SECTOR;
    image->written += ISO_SECTOR;
    return status;
}

enum status iso_skip_to(struct iso_image *image, uint32_t sector)
{
    enum status status = STATUS_DONE;
    uint8_t *at;

    while (status == STATUS_DONE && image->written < (uint64_t)sector * ISO_SECTOR) {
        status = iso_next_sector(image, &at);
    }
    return status;
}

enum status iso_write_sectors(struct iso_image *image, const void *bytes, size_t size)
{
    enum status status = STATUS_DONE;

    for (size_t done = 0; done < size && status == STATUS_DONE; done += ISO_SECTOR) {
        uint8_t *sector;

        status = iso_next_sector(image, &sector);
        memcpy(sector, (const char *)bytes + done, size - done < ISO_SECTOR ? size - done : ISO_SECTOR);
    }
    return status;
}

/* ECMA-119, 8.4.26.1: digits, then the offset from Greenwich in quarters of an hour. */
static void put_long_date(uint8_t *at, const struct tm *date)
{
    char text[32] = "0000000000000000";

    if (date != NULL) {
        (void)strftime(text, sizeof(text), "%Y%m%d%H%M%S00", date);
    }
    memcpy(at, text, 16);
    at[16] = 0;
}

static uint8_t *put_record(const struct iso_image *image, uint8_t *at, const uint8_t *identifier,
                           uint8_t identifier_size, uint32_t sector, uint32_t size, bool folder)
{
    const struct tm *date = &image->date;
    const uint8_t when[7] = {(uint8_t)date->tm_year,
                             (uint8_t)(date->tm_mon + 1),
                             (uint8_t)date->tm_mday,
                             (uint8_t)date->tm_hour,
                             (uint8_t)date->tm_min,
                             (uint8_t)date->tm_sec,
                             0};
    uint32_t length = ISO_RECORD_SIZE(identifier_size);

    at[0] = (uint8_t)length;
    put_both(at + 2, 4, sector);
    put_both(at + 10, 4, size);
    memcpy(at + 18, when, sizeof(when));
    at[25] = folder ? 2 : 0;
    put_both(at + 28, 2, 1); /* volume sequence number */
    at[32] = identifier_size;
    memcpy(at + 33, identifier, identifier_size);
    return at + length;
}

/* Text of a descriptor, filled up with spaces: one byte a character, or two in Joliet. */
static void put_text(uint8_t *at, size_t size, const char *text, enum iso_view view)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < size; ++i) {
        size_t index = view == ISO_JOLIET ? i / 2 : i;
        char value = index < length ? text[index] : ' ';

        at[i] = (uint8_t)value;
        if (view == ISO_JOLIET && i % 2 == 0) {
            at[i] = 0;
        }
    }
}

/* The fields of ECMA-119, 8.4 and 8.5, by their positions there, less one. */
static enum status write_descriptor(struct iso_image *image, enum iso_view view)
{
    const struct iso_node *root = image->tree.root;
    static const uint8_t self = 0;
    uint8_t *at;
    enum status status = iso_next_sector(image, &at);

    at[0] = view == ISO_JOLIET ? 2 : 1;
    memcpy(at + 1, "CD001\1", 6);
    put_text(at + 8, 32, "", view);
    put_text(at + 40, 32, image->label, view);
    put_both(at + 80, 4, image->sectors);
    if (view == ISO_JOLIET) {
        /* Joliet specification, "SVD Escape Sequences": UCS-2 level 3. */
        memcpy(at + 88, "%/E", 3);
    }
    put_both(at + 120, 2, 1);
    put_both(at + 124, 2, 1);
    put_both(at + 128, 2, ISO_SECTOR);
    put_both(at + 132, 4, image->table_size[view]);
    iso_put_little(at + 140, 4, image->table_sector[view][0]);
    put_big(at + 148, 4, image->table_sector[view][1]);
    (void)put_record(image, at + 156, &self, 1, root->view[view].sector, root->view[view].size, true);
    put_text(at + 190, 128, "", view);
    put_text(at + 318, 128, "", view);
    put_text(at + 446, 128, "", view);
    put_text(at + 574, 128, "AEROW7", view);
    /* Joliet's 37-byte fields hold 18 characters and one byte that is not used. */
    put_text(at + 702, 37, "", view);
    put_text(at + 739, 37, "", view);
    put_text(at + 776, 37, "", view);
    put_long_date(at + 813, &image->date);
    put_long_date(at + 830, &image->date);
    put_long_date(at + 847, NULL); /* does not expire */
    put_long_date(at + 864, NULL);
    at[881] = 1;
    return status;
}

static enum status write_terminator(struct iso_image *image)
{
    uint8_t *at;
    enum status status = iso_next_sector(image, &at);

    memcpy(at, "\377CD001\1", 7);
    return status;
}

static enum status write_table(struct iso_image *image, enum iso_view view, bool big)
{
    uint32_t size = iso_sectors_of(image->table_size[view]) * ISO_SECTOR;
    uint8_t *table = xcalloc(1, size);
    enum status status;
    uint8_t *at = table;

    for (size_t i = 0; i < image->tree.folder_count; ++i) {
        const struct iso_node *folder = image->tree.folders[view][i];

        at[0] = folder->identifier_size[view];
        if (big) {
            put_big(at + 2, 4, folder->view[view].sector);
            put_big(at + 6, 2, folder->parent->view[view].number);
        } else {
            iso_put_little(at + 2, 4, folder->view[view].sector);
            iso_put_little(at + 6, 2, folder->parent->view[view].number);
        }
        memcpy(at + 8, folder->identifier[view], folder->identifier_size[view]);
        at += table_record_size(folder, view);
    }
    status = iso_write_sectors(image, table, size);
    free(table);
    return status;
}

static enum status write_folder(struct iso_image *image, const struct iso_node *folder, enum iso_view view)
{
    static const uint8_t names[2] = {0, 1}; /* ECMA-119, 6.8.2.2: itself, its parent */
    uint8_t *sector;
    enum status status = iso_next_sector(image, &sector);
    uint8_t *at = put_record(image, sector, &names[0], 1, folder->view[view].sector, folder->view[view].size, true);

    at = put_record(image, at, &names[1], 1, folder->parent->view[view].sector, folder->parent->view[view].size, true);
    for (size_t i = 0; i < folder->count && status == STATUS_DONE; ++i) {
        const struct iso_node *node = folder->view[view].entries[i];

        if (at + ISO_RECORD_SIZE(node->identifier_size[view]) > sector + ISO_SECTOR) {
            status = iso_next_sector(image, &sector);
            at = sector;
        }
        at = put_record(image, at, node->identifier[view], node->identifier_size[view],
                        node->folder ? node->view[view].sector : node->sector,
                        node->folder ? node->view[view].size : (uint32_t)node->size, node->folder);
    }
    return status;
}

static enum status write_file(struct iso_image *image, const struct iso_node *file)
{
    enum status status = STATUS_DONE;
    uint64_t done = 0;

    while (done < file->size && status == STATUS_DONE) {
        size_t piece;

        if (image->used == sizeof(image->buffer)) {
            status = flush(image);
        }
        piece = sizeof(image->buffer) - image->used;
        if (piece > file->size - done) {
            piece = (size_t)(file->size - done);
        }
        if (status == STATUS_DONE) {
            status =
                image->content->read(image->content->context, file->input, done, image->buffer + image->used, piece);
        }
        done += piece;
        image->used += piece;
        image->written += piece;
    }
    if (status == STATUS_DONE && file->size % ISO_SECTOR != 0) {
        size_t padding = ISO_SECTOR - (size_t)(file->size % ISO_SECTOR);

        memset(image->buffer + image->used, 0, padding);
        image->used += padding;
        image->written += padding;
    }
    return status;
}

static enum status write_image(struct iso_image *image)
{
    enum status status = iso_skip_to(image, SYSTEM_AREA_SECTORS);

    for (int view = 0; view < ISO_VIEWS && status == STATUS_DONE; ++view) {
        status = write_descriptor(image, (enum iso_view)view);
        /* El Torito, 2.0: the boot record is in sector 17. */
        if (status == STATUS_DONE && view == ISO_PRIMARY && image->boot != NULL) {
            status = iso_boot_write_descriptor(image);
        }
    }
    if (status == STATUS_DONE) {
        status = write_terminator(image);
    }
    if (status == STATUS_DONE && image->boot != NULL) {
        status = iso_udf_write_head(image);
    }
    if (status == STATUS_DONE && image->boot != NULL) {
        status = iso_udf_write_tree(image);
    }
    if (status == STATUS_DONE && image->boot != NULL) {
        status = iso_boot_write(image);
    }
    for (int table = 0; table < ISO_VIEWS * 2 && status == STATUS_DONE; ++table) {
        status = write_table(image, (enum iso_view)(table / 2), table % 2 == 1);
    }
    for (int view = 0; view < ISO_VIEWS; ++view) {
        for (size_t i = 0; i < image->tree.folder_count && status == STATUS_DONE; ++i) {
            status = write_folder(image, image->tree.folders[view][i], (enum iso_view)view);
        }
    }
    for (size_t i = 0; i < image->tree.file_count && status == STATUS_DONE; ++i) {
        status = write_file(image, image->tree.files[i]);
    }
    if (status == STATUS_DONE && image->boot != NULL) {
        status = iso_udf_write_end(image);
    }
    if (status == STATUS_DONE) {
        status = flush(image);
    }
    if (status == STATUS_DONE && image->written != (uint64_t)image->sectors * ISO_SECTOR) {
        diag_error(image->pending.target, "is not as long as it was laid out: a fault of this program");
        status = STATUS_NOT_WRITTEN;
    }
    if (status == STATUS_DONE && ftruncate(image->pending.descriptor, (off_t)image->written) != 0) {
        status = write_fault(image);
    }
    return status;
}

static enum status check_label(const char *label, size_t limit)
{
    size_t length = strlen(label);

    if (length == 0 || length > limit || strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != length) {
        diag_error(label, "is no volume label: that is 1 to %zu characters of A-Z, 0-9 and _", limit);
        return STATUS_BAD_INPUT;
    }
    return STATUS_DONE;
}

enum status iso_write(const struct iso_content *content, const char *label, const char *path, time_t when)
{
    return iso_write_bootable(content, NULL, label, path, when);
}

enum status iso_write_bootable(const struct iso_content *content, const struct iso_boot *boot, const char *label,
                               const char *path, time_t when)
{
    struct iso_image *image = xcalloc(1, sizeof(*image));
    enum status status = check_label(label, boot == NULL ? LABEL_SIZE : BOOT_LABEL_SIZE);

    image->content = content;
    image->boot = boot;
    image->label = label;
    if (status == STATUS_DONE && (when < FIRST_TIME || when > LAST_TIME || gmtime_r(&when, &image->date) == NULL)) {
        diag_error(path, "an ISO image has no date before 1900 or after 2155");
        status = STATUS_BAD_INPUT;
    }
    if (status != STATUS_DONE) {
        free(image);
        return status;
    }
    status = iso_tree_build(&image->tree, content, boot == NULL ? ISO_NAMES_8_3 : ISO_NAMES_LONG);
    if (status == STATUS_DONE) {
        status = lay_out(image, path);
    }
    if (status != STATUS_DONE) {
        goto free_tree;
    }
    status = pending_open(&image->pending, path);
    if (status != STATUS_DONE) {
        goto free_tree;
    }
    progress_begin("writing the ISO image", (uint64_t)image->sectors * ISO_SECTOR);
    status = write_image(image);
    progress_end();
    if (status == STATUS_DONE) {
        status = pending_commit(&image->pending);
    } else {
        pending_discard(&image->pending);
    }
free_tree:
    iso_tree_free(&image->tree);
    free(image);
    return status;
}

static enum status read_tree(void *context, size_t index, uint64_t offset, void *bytes, size_t size)
{
    const struct file_tree *tree = context;

    memcpy(bytes, tree->files[index].content.data + offset, size);
    return STATUS_DONE;
}

enum status iso_file_write(const struct file_tree *tree, const char *label, const char *path, time_t when)
{
    struct iso_input *inputs = xcalloc(tree->count + 1, sizeof(*inputs));
    const struct iso_content content = {
        .context = (void *)(uintptr_t)tree, .inputs = inputs, .count = tree->count, .read = read_tree};
    enum status status;

    for (size_t i = 0; i < tree->count; ++i) {
        inputs[i] = (struct iso_input){.path = tree->files[i].path, .size = tree->files[i].content.size};
    }
    status = iso_write(&content, label, path, when);
    free(inputs);
    return status;
}
