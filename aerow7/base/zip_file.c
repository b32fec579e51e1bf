/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/zip_file.h"

#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

/* 1980-01-02: the first day that is in 1980 in every time zone. */
#define FIRST_ZIP_TIME ((time_t)315619200)

static bool write_entry(struct archive *writer, const char *prefix, const struct tree_file *file, time_t when)
{
    struct archive_entry *entry = archive_entry_new();
    char *path = xformat("%s%s", prefix, file->path);
    bool good;

    archive_entry_set_pathname(entry, path);
    archive_entry_set_size(entry, (la_int64_t)file->content.size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, when, 0);
    good = archive_write_header(writer, entry) == ARCHIVE_OK &&
           archive_write_data(writer, file->content.data, file->content.size) == (la_ssize_t)file->content.size;
    free(path);
    archive_entry_free(entry);
    return good;
}

static bool write_archive(struct archive *writer, int descriptor, const struct file_tree *tree, const char *prefix,
                          time_t when)
{
    if (archive_write_set_format_zip(writer) != ARCHIVE_OK ||
        archive_write_set_options(writer, "zip:compression=deflate,zip:compression-level=9") != ARCHIVE_OK ||
        archive_write_open_fd(writer, descriptor) != ARCHIVE_OK) {
        return false;
    }
    for (size_t i = 0; i < tree->count; ++i) {
        if (!write_entry(writer, prefix, &tree->files[i], when)) {
            return false;
        }
    }
    return archive_write_close(writer) == ARCHIVE_OK;
}

enum status zip_file_write(const struct file_tree *tree, const char *prefix, const char *path, time_t when)
{
    struct archive *writer = archive_write_new();
    struct pending_file pending;
    enum status status = pending_open(&pending, path);

    /* ZIP stores local time, so "local" must not depend on the machine. */
    setenv("TZ", "UTC0", 1);
    tzset();
    if (status == STATUS_DONE) {
        if (write_archive(writer, pending.descriptor, tree, prefix, when < FIRST_ZIP_TIME ? FIRST_ZIP_TIME : when)) {
            status = pending_commit(&pending);
        } else {
            diag_error(path, "cannot be written: %s", archive_error_string(writer));
            pending_discard(&pending);
            status = STATUS_NOT_WRITTEN;
        }
    }
    archive_write_free(writer);
    return status;
}
