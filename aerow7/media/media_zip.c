/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * libarchive, for ZIP. (ISO 9660 it could read as well, but the version that distributions have follows Rock Ridge's
 * continuations in circles for ever, cuts Joliet names at 103 characters, and gives files that share their content
 * without it.) It goes over the archive twice: for the names, and for the contents that are wanted.
 */
#include "base/text.h"
#include "media/media_list.h"
#include "media/media_name.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 16)

struct reader {
    struct archive *archive;
    struct archive_entry *entry;
    locale_t locale;
    locale_t before;
};

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
    /* libarchive converts names to the locale's encoding; here that is UTF-8, whatever the user's is. */
    reader->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    reader->before = uselocale(reader->locale != (locale_t)0 ? reader->locale : (locale_t)0);
    if (lseek(media->descriptor, 0, SEEK_SET) != 0 ||
        archive_read_support_format_zip_seekable(reader->archive) != ARCHIVE_OK ||
        archive_read_open_fd(reader->archive, media->descriptor, PIECE) != ARCHIVE_OK) {
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

/* A folder's path ends in a slash. */
static char *entry_path(struct archive_entry *entry)
{
    const char *path = archive_entry_pathname(entry);
    size_t length = path == NULL ? 0 : strlen(path);

    if (length > 1 && path[length - 1] == '/' && archive_entry_filetype(entry) == AE_IFDIR) {
        --length;
    }
    return xformat("%.*s", (int)(length > 65535 ? 65535 : length), path == NULL ? "" : path);
}

static enum status list_entry(const struct media *media, struct media_list *list, struct archive_entry *entry)
{
    mode_t type = archive_entry_filetype(entry);
    struct media_file file = {
        .kind = type == AE_IFREG   ? MEDIA_FILE
                : type == AE_IFDIR ? MEDIA_FOLDER
                                   : MEDIA_OTHER,
        .modified = archive_entry_mtime_is_set(entry) ? archive_entry_mtime(entry) : 0,
    };

    if (file.kind == MEDIA_FILE && archive_entry_size(entry) > 0) {
        file.size = (uint64_t)archive_entry_size(entry);
    }
    return media_list_add(list, media, entry_path(entry), file);
}

enum status media_zip_list(const struct media *media, struct media_list *list)
{
    struct reader reader;
    enum status status = open_reader(&reader, media);

    while (status == STATUS_DONE && next_entry(&reader, media, &status)) {
        status = list_entry(media, list, reader.entry);
    }
    if (status == STATUS_DONE) {
        list->names = "zip";
    }
    close_reader(&reader);
    return status;
}

static enum status deliver(const struct media *media, const struct media_file *file, struct archive *archive,
                           char *piece, const struct media_visitor *visitor)
{
    const struct media_entry entry = {.path = file->path, .size = file->size, .modified = file->modified};
    enum status status = STATUS_DONE;
    uint64_t done = 0;

    for (;;) {
        la_ssize_t count = archive_read_data(archive, piece, PIECE);

        if (count < 0) {
            return fail(media, archive);
        }
        done += (uint64_t)count;
        if (done > file->size || (count == 0 && done != file->size)) {
            diag_error(media->place, "\"%s\" is not as long as its entry says", file->path);
            return STATUS_BAD_INPUT;
        }
        status = visitor->data(visitor->context, &entry, piece, (size_t)count);
        if (status != STATUS_DONE || count == 0) {
            return status;
        }
    }
}

enum status media_zip_read(const struct media *media, const struct media_list *list,
                           const struct media_visitor *visitor)
{
    struct reader reader;
    enum status status = open_reader(&reader, media);
    char *piece = xmalloc(PIECE);
    size_t index = 0;

    while (status == STATUS_DONE && index < list->count && next_entry(&reader, media, &status)) {
        const struct media_file *file = &list->files[index++];
        char *path = entry_path(reader.entry);

        if (strcmp(path, file->path) != 0) {
            diag_error(media->place, "was changed while it was read");
            status = STATUS_BAD_INPUT;
        } else if (file->wanted) {
            status = deliver(media, file, reader.archive, piece, visitor);
        }
        free(path);
    }
    if (status == STATUS_DONE && index != list->count) {
        diag_error(media->place, "was changed while it was read");
        status = STATUS_BAD_INPUT;
    }
    free(piece);
    close_reader(&reader);
    return status;
}
