/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* libudfread: what Windows' own discs are. */
#include "base/text.h"
#include "media/media_list.h"
#include "media/media_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <udfread/blockinput.h>
#include <udfread/udfread.h>

#define PIECE ((size_t)1 << 16)

struct blocks {
    struct udfread_block_input input; /* first: libudfread gives back a pointer to it */
    const struct media *media;
};

static int read_blocks(struct udfread_block_input *input, uint32_t lba, void *buffer, uint32_t count, int flags)
{
    const struct blocks *blocks = (const struct blocks *)input;
    uint64_t offset = (uint64_t)lba * UDF_BLOCK_SIZE;
    uint64_t size = (uint64_t)count * UDF_BLOCK_SIZE;

    (void)flags;
    /* libudfread tries several places for what may be at either: no message for the ones beyond the end. */
    if (offset + size > blocks->media->size ||
        media_bytes(blocks->media, offset, buffer, (size_t)size) != STATUS_DONE) {
        return -1;
    }
    return (int)count;
}

static uint32_t count_blocks(struct udfread_block_input *input)
{
    const struct blocks *blocks = (const struct blocks *)input;

    return (uint32_t)(blocks->media->size / UDF_BLOCK_SIZE);
}

static udfread *open_udf(struct blocks *blocks, const struct media *media)
{
    udfread *udf = udfread_init();

    *blocks = (struct blocks){.input = {.read = read_blocks, .size = count_blocks}, .media = media};
    if (udf != NULL && udfread_open_input(udf, &blocks->input) < 0) {
        udfread_close(udf);
        udf = NULL;
    }
    return udf;
}

struct walk {
    const struct media *media;
    struct media_list *list;
    bool unreadable; /* a folder that libudfread does not read: perhaps the ISO 9660 side is better */
};

static enum status list_file(struct walk *walk, UDFDIR *folder, const char *name, char *path)
{
    UDFFILE *file = udfread_file_openat(folder, name);
    struct media_file listed = {.kind = MEDIA_OTHER};
    int64_t size = file == NULL ? -1 : udfread_file_size(file);

    /* A symbolic link or a device is no file that libudfread opens. */
    if (size >= 0) {
        listed.kind = MEDIA_FILE;
        listed.size = (uint64_t)size;
    }
    if (file != NULL) {
        udfread_file_close(file);
    }
    return media_list_add(walk->list, walk->media, path, listed);
}

static enum status list_folder(struct walk *walk, UDFDIR *folder, const char *prefix, unsigned depth);

/* Takes `path` over. */
static enum status enter_folder(struct walk *walk, UDFDIR *folder, const char *name, char *path, unsigned depth)
{
    struct media_file listed = {.kind = MEDIA_FOLDER};
    char *prefix = xformat("%s/", path);
    enum status status = media_list_add(walk->list, walk->media, path, listed);
    UDFDIR *inner = NULL;

    if (status == STATUS_DONE && depth == MEDIA_DEPTH_LIMIT) {
        diag_error(walk->media->place, "has folders in each other without an end");
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE) {
        inner = udfread_opendir_at(folder, name);
        walk->unreadable = walk->unreadable || inner == NULL;
    }
    if (inner != NULL) {
        status = list_folder(walk, inner, prefix, depth + 1);
        udfread_closedir(inner);
    }
    free(prefix);
    return status;
}

static enum status list_folder(struct walk *walk, UDFDIR *folder, const char *prefix, unsigned depth)
{
    enum status status = STATUS_DONE;
    struct udfread_dirent entry;

    while (status == STATUS_DONE && !walk->unreadable && udfread_readdir(folder, &entry) != NULL) {
        const char *name = entry.d_name == NULL ? "" : entry.d_name;
        char *path = xformat("%s%s", prefix, name);

        status = entry.d_type == UDF_DT_DIR ? enter_folder(walk, folder, name, path, depth)
                                            : list_file(walk, folder, name, path);
    }
    return status;
}

enum status media_udf_list(const struct media *media, struct media_list *list, char *label, bool *found)
{
    struct walk walk = {.media = media, .list = list};
    struct blocks blocks;
    udfread *udf = open_udf(&blocks, media);
    UDFDIR *root = udf == NULL ? NULL : udfread_opendir(udf, "/");
    enum status status = STATUS_DONE;

    if (udf != NULL) {
        const char *identifier = udfread_get_volume_id(udf);

        (void)snprintf(label, 129, "%s", identifier == NULL ? "" : identifier);
    }
    if (root != NULL) {
        status = list_folder(&walk, root, "", 1);
        udfread_closedir(root);
    }
    if (udf != NULL) {
        udfread_close(udf);
    }
    *found = root != NULL && !walk.unreadable;
    list->names = "udf";
    return status;
}

static enum status deliver(const struct media *media, const struct media_file *listed, udfread *udf, char *piece,
                           const struct media_visitor *visitor)
{
    const struct media_entry entry = {.path = listed->path, .size = listed->size, .modified = listed->modified};
    char *path = xformat("/%s", listed->path);
    UDFFILE *file = udfread_file_open(udf, path);
    enum status status = STATUS_DONE;
    uint64_t done = 0;

    while (status == STATUS_DONE && file != NULL && done < listed->size) {
        size_t wanted = listed->size - done < PIECE ? (size_t)(listed->size - done) : PIECE;
        ssize_t count = udfread_file_read(file, piece, wanted);

        if (count <= 0) {
            break;
        }
        done += (uint64_t)count;
        status = visitor->data(visitor->context, &entry, piece, (size_t)count);
    }
    if (status == STATUS_DONE && (file == NULL || done != listed->size)) {
        diag_error(media->place, "\"%s\" cannot be read", listed->path);
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE) {
        status = visitor->data(visitor->context, &entry, piece, 0);
    }
    if (file != NULL) {
        udfread_file_close(file);
    }
    free(path);
    return status;
}

enum status media_udf_read(const struct media *media, const struct media_list *list,
                           const struct media_visitor *visitor)
{
    struct blocks blocks;
    udfread *udf = open_udf(&blocks, media);
    enum status status = STATUS_DONE;
    char *piece = xmalloc(PIECE);

    if (udf == NULL) {
        diag_error(media->place, "was changed while it was read");
        status = STATUS_BAD_INPUT;
    }
    for (size_t i = 0; i < list->count && status == STATUS_DONE; ++i) {
        if (list->files[i].wanted) {
            status = deliver(media, &list->files[i], udf, piece, visitor);
        }
    }
    if (udf != NULL) {
        udfread_close(udf);
    }
    free(piece);
    return status;
}

struct media_udf {
    const struct media *media;
    struct blocks blocks;
    udfread *udf;
    const struct media_file *listed; /* what `file` is */
    UDFFILE *file;
};

enum status media_udf_open(const struct media *media, struct media_udf **udf)
{
    *udf = xcalloc(1, sizeof(**udf));
    (*udf)->media = media;
    (*udf)->udf = open_udf(&(*udf)->blocks, media);
    if ((*udf)->udf == NULL) {
        diag_error(media->place, "was changed while it was read");
        return STATUS_BAD_INPUT;
    }
    return STATUS_DONE;
}

static void close_pulled(struct media_udf *udf)
{
    if (udf->file != NULL) {
        udfread_file_close(udf->file);
        udf->file = NULL;
    }
}

enum status media_udf_pull(struct media_udf *udf, const struct media_file *file, uint64_t offset, void *bytes,
                           size_t size)
{
    size_t done = 0;

    if (udf->file == NULL || udf->listed != file) {
        char *path = xformat("/%s", file->path);

        close_pulled(udf);
        udf->file = udfread_file_open(udf->udf, path);
        udf->listed = file;
        free(path);
    }
    if (udf->file != NULL && udfread_file_seek(udf->file, (int64_t)offset, UDF_SEEK_SET) == (int64_t)offset) {
        while (done < size) {
            ssize_t count = udfread_file_read(udf->file, (char *)bytes + done, size - done);

            if (count <= 0) {
                break;
            }
            done += (size_t)count;
        }
    }
    if (done != size) {
        diag_error(udf->media->place, "\"%s\" cannot be read", file->path);
        return STATUS_BAD_INPUT;
    }
    return STATUS_DONE;
}

void media_udf_close(struct media_udf *udf)
{
    if (udf != NULL) {
        close_pulled(udf);
        if (udf->udf != NULL) {
            udfread_close(udf->udf);
        }
        free(udf);
    }
}
