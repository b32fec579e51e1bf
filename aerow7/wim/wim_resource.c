/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_resource.h"

#include "base/text.h"
#include "wim/wim_format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wimlib.h>

/*
 * wimlib's scale, where 50 is the default. An image's metadata is mostly hashes: at 50 it takes four times as long and
 * becomes half a percent shorter.
 */
#define COMPRESSION_LEVEL 20U

void wim_place_get(const void *at, struct wim_place *place)
{
    const uint8_t *bytes = at;

    place->stored = wim_get64(bytes) & 0xffffffffffffffU;
    place->flags = bytes[7];
    place->offset = wim_get64(bytes + 8);
    place->size = wim_get64(bytes + 16);
}

void wim_place_put(void *at, const struct wim_place *place)
{
    uint8_t *bytes = at;

    wim_put64(bytes, place->stored);
    bytes[7] = place->flags;
    wim_put64(bytes + 8, place->offset);
    wim_put64(bytes + 16, place->size);
}

void wim_codec_close(struct wim_codec *codec)
{
    wimlib_free_compressor(codec->compressor);
    wimlib_free_decompressor(codec->decompressor);
    codec->compressor = NULL;
    codec->decompressor = NULL;
}

enum status wim_read_at(int descriptor, void *data, size_t size, uint64_t offset, const char *name)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = pread(descriptor, (char *)data + done, size - done, (off_t)(offset + done));

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            diag_error(name, "cannot be read at %llu: %s", (unsigned long long)offset + done,
                       count < 0 ? strerror(errno) : "it ends there");
            return STATUS_BAD_INPUT;
        }
        done += (size_t)count;
    }
    return STATUS_DONE;
}

enum status wim_write_at(int descriptor, const void *data, size_t size, uint64_t offset, const char *name)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = pwrite(descriptor, (const char *)data + done, size - done, (off_t)(offset + done));

        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            diag_error(name, "cannot be written: %s", strerror(errno));
            return STATUS_NOT_WRITTEN;
        }
        done += (size_t)count;
    }
    return STATUS_DONE;
}

static enum wimlib_compression_type wimlib_type(enum wim_compression compression)
{
    return compression == WIM_XPRESS ? WIMLIB_COMPRESSION_TYPE_XPRESS : WIMLIB_COMPRESSION_TYPE_LZX;
}

static enum status read_stored(int descriptor, const struct wim_place *place, const char *name, const char *what,
                               struct bytes *out)
{
    if (place->stored != place->size) {
        diag_error(name, "%s is not compressed, yet %llu bytes long in one place and %llu in another", what,
                   (unsigned long long)place->stored, (unsigned long long)place->size);
        return STATUS_BAD_INPUT;
    }
    return wim_read_at(descriptor, out->data, out->size, place->offset, name);
}

static uint64_t chunk_place(const uint8_t *table, size_t index, size_t entry_size)
{
    if (index == 0) {
        return 0;
    }
    return entry_size == 8 ? wim_get64(table + (index - 1) * 8) : wim_get32(table + (index - 1) * 4);
}

/* Windows keeps a chunk that does not become shorter as it is; so does everybody else. */
static bool unpack_chunk(struct wim_codec *codec, const uint8_t *from, size_t stored, char *to, size_t size)
{
    if (stored == size) {
        memcpy(to, from, size);
        return true;
    }
    return stored < size && wimlib_decompress(from, stored, to, size, codec->decompressor) == 0;
}

static enum status unpack(struct wim_codec *codec, const uint8_t *raw, size_t raw_size, struct bytes *out)
{
    size_t count = (out->size + codec->chunk_size - 1) / codec->chunk_size;
    size_t entry_size = out->size > UINT32_MAX ? 8 : 4;
    size_t table_size;
    uint64_t data_size;

    if (count == 0 || (count - 1) * entry_size > raw_size) {
        return STATUS_BAD_INPUT;
    }
    table_size = (count - 1) * entry_size;
    data_size = raw_size - table_size;
    for (size_t i = 0; i < count; ++i) {
        uint64_t from = chunk_place(raw, i, entry_size);
        uint64_t end = i + 1 < count ? chunk_place(raw, i + 1, entry_size) : data_size;
        size_t at = i * codec->chunk_size;
        size_t size = out->size - at < codec->chunk_size ? out->size - at : codec->chunk_size;

        if (from > end || end > data_size ||
            !unpack_chunk(codec, raw + table_size + from, (size_t)(end - from), out->data + at, size)) {
            return STATUS_BAD_INPUT;
        }
    }
    return STATUS_DONE;
}

static enum status read_compressed(struct wim_codec *codec, int descriptor, const struct wim_place *place,
                                   const char *name, const char *what, struct bytes *out)
{
    enum status status = STATUS_BAD_INPUT;
    uint8_t *raw;

    if (codec->compression == WIM_STORED) {
        diag_error(name, "%s is compressed, and the header says that nothing is", what);
        return STATUS_BAD_INPUT;
    }
    if (place->stored > place->size) {
        diag_error(name, "%s became longer when it was compressed", what);
        return STATUS_BAD_INPUT;
    }
    if (codec->decompressor == NULL &&
        wimlib_create_decompressor(wimlib_type(codec->compression), codec->chunk_size, &codec->decompressor) != 0) {
        diag_error(name, "chunks of %u bytes cannot be decompressed", codec->chunk_size);
        return STATUS_BAD_INPUT;
    }
    raw = xmalloc((size_t)place->stored + 1);
    status = wim_read_at(descriptor, raw, (size_t)place->stored, place->offset, name);
    if (status == STATUS_DONE) {
        status = unpack(codec, raw, (size_t)place->stored, out);
        if (status != STATUS_DONE) {
            diag_error(name, "%s cannot be decompressed: the file is damaged", what);
        }
    }
    free(raw);
    return status;
}

enum status wim_resource_read(struct wim_codec *codec, int descriptor, uint64_t file_size,
                              const struct wim_place *place, size_t limit, const char *name, const char *what,
                              struct bytes *out)
{
    enum status status;

    *out = (struct bytes){0};
    if ((place->flags & (WIM_PLACE_SOLID | WIM_PLACE_SPANNED)) != 0) {
        diag_error(name, "%s is in a solid resource or in another part", what);
        return STATUS_CHECK_FAILED;
    }
    if (place->stored > file_size || place->offset > file_size - place->stored) {
        diag_error(name, "%s is at %llu, %llu bytes long: outside the file, which has %llu", what,
                   (unsigned long long)place->offset, (unsigned long long)place->stored, (unsigned long long)file_size);
        return STATUS_BAD_INPUT;
    }
    if (place->size > limit) {
        diag_error(name, "%s is %llu bytes long, more than the %zu that it may have", what,
                   (unsigned long long)place->size, limit);
        return STATUS_BAD_INPUT;
    }
    out->size = (size_t)place->size;
    out->data = xcalloc(1, out->size + 1);
    if (out->size == 0) {
        return STATUS_DONE;
    }
    status = (place->flags & WIM_PLACE_COMPRESSED) != 0 ? read_compressed(codec, descriptor, place, name, what, out)
                                                        : read_stored(descriptor, place, name, what, out);
    if (status != STATUS_DONE) {
        bytes_free(out);
    }
    return status;
}

/* The table of places, then the chunks. False when it does not become shorter than `content`. */
static bool pack(struct wim_codec *codec, const struct bytes *content, uint8_t *out, size_t *out_size)
{
    size_t count = (content->size + codec->chunk_size - 1) / codec->chunk_size;
    size_t entry_size = content->size > UINT32_MAX ? 8 : 4;
    size_t table_size = (count - 1) * entry_size;
    size_t done = table_size;

    for (size_t i = 0; i < count; ++i) {
        size_t at = i * codec->chunk_size;
        size_t size = content->size - at < codec->chunk_size ? content->size - at : codec->chunk_size;
        size_t packed;

        if (done + size > content->size + table_size) {
            return false;
        }
        if (i > 0 && entry_size == 8) {
            wim_put64(out + (i - 1) * 8, done - table_size);
        } else if (i > 0) {
            wim_put32(out + (i - 1) * 4, (uint32_t)(done - table_size));
        }
        packed = wimlib_compress(content->data + at, size, out + done, size - 1, codec->compressor);
        if (packed == 0) {
            memcpy(out + done, content->data + at, size);
            packed = size;
        }
        done += packed;
    }
    *out_size = done;
    return done < content->size;
}

enum status wim_resource_append(struct wim_codec *codec, int descriptor, uint64_t *end, const struct bytes *content,
                                uint8_t flags, const char *name, struct wim_place *place)
{
    size_t chunks = codec->chunk_size == 0 ? 0 : (content->size + codec->chunk_size - 1) / codec->chunk_size;
    uint8_t *packed = NULL;
    size_t packed_size = 0;
    enum status status;

    *place = (struct wim_place){.stored = content->size, .offset = *end, .size = content->size, .flags = flags};
    if (codec->compression != WIM_STORED && content->size > 1) {
        if (codec->compressor == NULL && wimlib_create_compressor(wimlib_type(codec->compression), codec->chunk_size,
                                                                  COMPRESSION_LEVEL, &codec->compressor) != 0) {
            diag_error(name, "chunks of %u bytes cannot be compressed", codec->chunk_size);
            return STATUS_BAD_INPUT;
        }
        packed = xmalloc(content->size + chunks * 8);
        if (pack(codec, content, packed, &packed_size)) {
            place->flags |= WIM_PLACE_COMPRESSED;
            place->stored = packed_size;
        }
    }
    status = wim_write_at(descriptor, place->stored < content->size ? (const void *)packed : content->data,
                          (size_t)place->stored, *end, name);
    *end += place->stored;
    free(packed);
    return status;
}
