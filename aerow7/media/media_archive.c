/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libarchive goes over the medium twice: once for the names, once for the contents that are wanted. Files that share
 * their content come from it as one file with the content and hard links to that, which have none; where more than one
 * of them is wanted, the content goes through a temporary file.
 */
#include "base/text.h"
#include "media/media_list.h"
#include "media/media_name.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 16)

/* What libarchive reads through: the medium, with one record exchanged where ISO 9660:1999's tree is wanted. */
struct input {
    const struct media *media;
    uint64_t position;
    char piece[PIECE];
};

struct reader {
    struct archive *archive;
    struct archive_entry *entry;
    locale_t locale;
    locale_t before;
    struct input *input;
};

static la_ssize_t read_input(struct archive *archive, void *context, const void **bytes)
{
    struct input *input = context;
    const struct iso_descriptors *iso = &input->media->iso;
    uint64_t root = iso->primary_offset + ISO_ROOT_RECORD_OFFSET;
    ssize_t count;

    do {
        count = pread(input->media->descriptor, input->piece, sizeof(input->piece), (off_t)input->position);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        archive_set_error(archive, errno, "%s", strerror(errno));
        return ARCHIVE_FATAL;
    }
    for (size_t i = 0; input->media->enhanced && i < ISO_ROOT_RECORD_SIZE; ++i) {
        if (root + i >= input->position && root + i < input->position + (uint64_t)count) {
            input->piece[root + i - input->position] = (char)iso->enhanced_root[i];
        }
    }
    input->position += (uint64_t)count;
    *bytes = input->piece;
    return count;
}

static la_int64_t seek_input(struct archive *archive, void *context, la_int64_t offset, int whence)
{
    struct input *input = context;
    uint64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? input->position : input->media->size;

    if (offset < 0 ? base < (uint64_t)-offset : base + (uint64_t)offset > input->media->size) {
        archive_set_error(archive, EINVAL, "something is said to be beyond the end");
        return ARCHIVE_FATAL;
    }
    input->position = base + (uint64_t)offset;
    return (la_int64_t)input->position;
}

static la_int64_t skip_input(struct archive *archive, void *context, la_int64_t count)
{
    struct input *input = context;

    (void)archive;
    if (count < 0 || (uint64_t)count > input->media->size - input->position) {
        return 0;
    }
    input->position += (uint64_t)count;
    return count;
}

static enum status fail(const struct media *media, struct archive *archive)
{
    const char *reason = archive_error_string(archive);

    char *shown = media_printable(reason != NULL ? reason : "it is malformed");

    diag_error(media->place, "cannot be read: %s", shown);
    free(shown);
    return STATUS_BAD_INPUT;
}

static enum status open_reader(struct reader *reader, const struct media *media)
{
    *reader = (struct reader){.archive = archive_read_new()};
    reader->entry = archive_entry_new();
    reader->input = xcalloc(1, sizeof(*reader->input));
    reader->input->media = media;
    /* libarchive converts names to the locale's encoding; here that is UTF-8, whatever the user's is. */
    reader->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    reader->before = uselocale(reader->locale != (locale_t)0 ? reader->locale : (locale_t)0);
    if (archive_read_support_format_iso9660(reader->archive) != ARCHIVE_OK ||
        archive_read_support_format_zip_seekable(reader->archive) != ARCHIVE_OK ||
        /* It would take Rock Ridge's names where there are both. */
        (media->iso.joliet && archive_read_set_options(reader->archive, "iso9660:!rockridge") != ARCHIVE_OK) ||
        archive_read_set_callback_data(reader->archive, reader->input) != ARCHIVE_OK ||
        archive_read_set_read_callback(reader->archive, read_input) != ARCHIVE_OK ||
        archive_read_set_seek_callback(reader->archive, seek_input) != ARCHIVE_OK ||
        archive_read_set_skip_callback(reader->archive, skip_input) != ARCHIVE_OK ||
        archive_read_open1(reader->archive) != ARCHIVE_OK) {
        return fail(media, reader->archive);
    }
    return STATUS_DONE;
}

static void close_reader(struct reader *reader)
{
    archive_entry_free(reader->entry);
    archive_read_free(reader->archive);
    uselocale(reader->before);
    if (reader->locale != (locale_t)0) {
        freelocale(reader->locale);
    }
    free(reader->input);
}

/* False at the end. A warning is an error here: it stands for a name or a content that did not come as it is. */
static bool next_entry(struct reader *reader, const struct media *media, enum status *status)
{
    int result = archive_read_next_header2(reader->archive, reader->entry);

    if (result != ARCHIVE_OK && result != ARCHIVE_EOF) {
        *status = fail(media, reader->archive);
    }
    return result == ARCHIVE_OK;
}

/* The folder itself comes as "."; a folder's path in a ZIP ends in a slash. */
static char *entry_path(struct archive_entry *entry)
{
    const char *path = archive_entry_pathname(entry);
    size_t length = path == NULL ? 0 : strlen(path);

    if (length > 1 && path[length - 1] == '/' && archive_entry_filetype(entry) == AE_IFDIR) {
        --length;
    }
    return xformat("%.*s", (int)(length > 65535 ? 65535 : length), path == NULL ? "" : path);
}

static bool has_content(const struct media_file *file)
{
    return file->kind == MEDIA_FILE && file->same_as == NOT_LINKED;
}

static enum status find_target(const struct media *media, const struct media_list *list, const char *target,
                               struct media_file *file)
{
    size_t first = list->count;

    while (first > 0 && !has_content(&list->files[first - 1])) {
        --first;
    }
    if (first == 0 || strcmp(list->files[first - 1].path, target) != 0) {
        char *shown = media_printable(target);

        diag_error(media->place, "has a hard link to \"%s\", which it does not follow", shown);
        free(shown);
        return STATUS_BAD_INPUT;
    }
    file->same_as = first - 1;
    file->size = list->files[first - 1].size;
    return STATUS_DONE;
}

static enum status list_entry(const struct media *media, struct media_list *list, struct archive_entry *entry)
{
    mode_t type = archive_entry_filetype(entry);
    struct media_file file = {
        .kind = type == AE_IFREG   ? MEDIA_FILE
                : type == AE_IFDIR ? MEDIA_FOLDER
                                   : MEDIA_OTHER,
        .modified = archive_entry_mtime_is_set(entry) ? archive_entry_mtime(entry) : 0,
        .same_as = NOT_LINKED,
    };
    const char *target = archive_entry_hardlink(entry);
    char *path = entry_path(entry);
    enum status status = STATUS_DONE;

    if (file.kind == MEDIA_FOLDER && strcmp(path, ".") == 0) {
        free(path);
        return STATUS_DONE;
    }
    if (file.kind == MEDIA_FILE && target != NULL) {
        status = find_target(media, list, target, &file);
    } else if (file.kind == MEDIA_FILE) {
        file.size = archive_entry_size(entry) > 0 ? (uint64_t)archive_entry_size(entry) : 0;
    }
    if (status != STATUS_DONE) {
        free(path);
        return status;
    }
    return media_list_add(list, media, path, file);
}

static const char *names_of(const struct media *media, struct archive *archive)
{
    const char *format = archive_format_name(archive);

    if ((archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP) {
        return "zip";
    }
    if (media->iso.joliet) {
        return "joliet";
    }
    if (format != NULL && strstr(format, "Rockridge") != NULL) {
        return "rockridge";
    }
    return media->iso.enhanced ? "iso9660:1999" : "iso9660";
}

enum status media_archive_list(const struct media *media, struct media_list *list)
{
    struct reader reader;
    enum status status = open_reader(&reader, media);

    while (status == STATUS_DONE && next_entry(&reader, media, &status)) {
        status = list_entry(media, list, reader.entry);
    }
    if (status == STATUS_DONE) {
        list->names = names_of(media, reader.archive);
    }
    close_reader(&reader);
    return status;
}

/* One content on its way to all who want it. */
struct delivery {
    const struct media *media;
    const struct media_list *list;
    const struct media_visitor *visitor;
    size_t file;   /* the one that has the content; its hard links follow it */
    size_t first;  /* the first of them that is wanted */
    size_t end;    /* all are before this */
    size_t wanted; /* how many */
    FILE *spool;   /* when there are more than one */
    uint64_t done;
};

static enum status give(const struct delivery *delivery, size_t index, const void *bytes, size_t size)
{
    const struct media_file *file = &delivery->list->files[index];
    const struct media_entry entry = {.path = file->path, .size = file->size, .modified = file->modified};

    return delivery->visitor->data(delivery->visitor->context, &entry, bytes, size);
}

static bool is_wanted(const struct delivery *delivery, size_t index)
{
    const struct media_file *file = &delivery->list->files[index];

    return file->wanted && (index == delivery->file || file->same_as == delivery->file);
}

static enum status spool_fault(const struct media *media)
{
    diag_error(media->place, "has hard links, and the temporary file for their content failed: %s", strerror(errno));
    return STATUS_NOT_WRITTEN;
}

static enum status deliver_first(struct delivery *delivery, struct archive *archive, char *piece)
{
    const struct media_file *file = &delivery->list->files[delivery->first];
    enum status status = STATUS_DONE;

    for (;;) {
        la_ssize_t count = archive_read_data(archive, piece, PIECE);

        if (count < 0) {
            return fail(delivery->media, archive);
        }
        delivery->done += (uint64_t)count;
        if (delivery->done > file->size || (count == 0 && delivery->done != file->size)) {
            diag_error(delivery->media->place, "\"%s\" is not as long as its entry says", file->path);
            return STATUS_BAD_INPUT;
        }
        if (delivery->spool != NULL && fwrite(piece, 1, (size_t)count, delivery->spool) != (size_t)count) {
            return spool_fault(delivery->media);
        }
        status = give(delivery, delivery->first, piece, (size_t)count);
        if (status != STATUS_DONE || count == 0) {
            return status;
        }
    }
}

static enum status deliver_again(const struct delivery *delivery, size_t index, char *piece)
{
    enum status status = STATUS_DONE;
    uint64_t done = 0;

    if (fseeko(delivery->spool, 0, SEEK_SET) != 0) {
        return spool_fault(delivery->media);
    }
    while (status == STATUS_DONE && done < delivery->done) {
        size_t count = delivery->done - done < PIECE ? (size_t)(delivery->done - done) : PIECE;

        if (fread(piece, 1, count, delivery->spool) != count) {
            return spool_fault(delivery->media);
        }
        status = give(delivery, index, piece, count);
        done += count;
    }
    return status == STATUS_DONE ? give(delivery, index, piece, 0) : status;
}

static enum status deliver(struct delivery *delivery, struct archive *archive)
{
    enum status status = STATUS_DONE;
    char *piece;

    if (delivery->wanted > 1) {
        delivery->spool = tmpfile();
        if (delivery->spool == NULL) {
            return spool_fault(delivery->media);
        }
    }
    piece = xmalloc(PIECE);
    status = deliver_first(delivery, archive, piece);
    for (size_t i = delivery->first + 1; i < delivery->end && status == STATUS_DONE; ++i) {
        if (is_wanted(delivery, i)) {
            status = deliver_again(delivery, i, piece);
        }
    }
    free(piece);
    if (delivery->spool != NULL) {
        fclose(delivery->spool);
    }
    return status;
}

static struct delivery delivery_of(const struct media *media, const struct media_list *list, size_t index,
                                   const struct media_visitor *visitor)
{
    struct delivery delivery = {
        .media = media, .list = list, .visitor = visitor, .file = index, .first = index, .end = index + 1};

    while (delivery.end < list->count && !has_content(&list->files[delivery.end])) {
        ++delivery.end;
    }
    for (size_t i = delivery.end; i-- > index;) {
        if (is_wanted(&delivery, i)) {
            delivery.first = i;
            ++delivery.wanted;
        }
    }
    return delivery;
}

enum status media_archive_read(const struct media *media, const struct media_list *list,
                               const struct media_visitor *visitor)
{
    struct reader reader;
    enum status status = open_reader(&reader, media);
    size_t index = 0;

    while (status == STATUS_DONE && index < list->count && next_entry(&reader, media, &status)) {
        char *path = entry_path(reader.entry);
        bool itself = archive_entry_filetype(reader.entry) == AE_IFDIR && strcmp(path, ".") == 0;

        if (!itself && strcmp(path, list->files[index].path) != 0) {
            diag_error(media->place, "was changed while it was read");
            status = STATUS_BAD_INPUT;
        } else if (!itself && has_content(&list->files[index])) {
            struct delivery delivery = delivery_of(media, list, index, visitor);

            status = delivery.wanted == 0 ? STATUS_DONE : deliver(&delivery, reader.archive);
        }
        index += itself ? 0U : 1U;
        free(path);
    }
    if (status == STATUS_DONE && index != list->count) {
        diag_error(media->place, "was changed while it was read");
        status = STATUS_BAD_INPUT;
    }
    close_reader(&reader);
    return status;
}
