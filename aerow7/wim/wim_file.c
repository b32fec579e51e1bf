/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_file.h"

#include "base/text.h"
#include "wim/wim_split.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 32 MiB are 670 000 files; install.wim of Windows 7 has 60 000 to 100 000. */
#define TABLE_LIMIT ((size_t)64 << 20)
#define XML_LIMIT ((size_t)16 << 20)
#define IMAGE_LIMIT 1024U
#define CHUNK_LIMIT (2U << 20)
/* Of 2 GB each they would be 500 GB. */
#define PART_LIMIT 250U

void wim_sha1(const void *data, size_t size, uint8_t out[WIM_HASH_SIZE])
{
    SHA1(data, size, out);
}

const struct wim_image *wim_image(const struct wim_file *wim, unsigned index)
{
    return index >= 1 && index <= wim->image_count ? &wim->images[index - 1] : NULL;
}

const char *wim_compression_name(const struct wim_file *wim)
{
    static const char *const names[] = {"none", "XPRESS", "LZX"};

    return names[wim->codec.compression];
}

bool wim_has_integrity_table(const struct wim_file *wim)
{
    return wim_get64(wim->header + WIM_AT_INTEGRITY + 8) != 0;
}

const char *wim_write_refusal(const struct wim_file *wim)
{
    if (wim->part != 0) {
        return "is part of a split WIM (.swm): join the parts, wimlib-imagex join";
    }
    return (wim_get32(wim->header + WIM_AT_FLAGS) & WIM_FLAG_READ_ONLY) != 0
               ? "is marked read-only in its header: whoever made it wants it unchanged"
               : NULL;
}

static enum status refuse(const struct wim_file *wim, enum status status, const char *reason)
{
    diag_error(wim->path, "%s", reason);
    return status;
}

static enum status check_kind(const struct wim_file *wim)
{
    static const uint8_t magic[8] = "MSWIM\0\0";
    static const uint8_t pipable[8] = "WLPWM\0\0";
    uint32_t version = wim_get32(wim->header + WIM_AT_VERSION);
    uint32_t flags = wim_get32(wim->header + WIM_AT_FLAGS);

    if (memcmp(wim->header, pipable, sizeof(pipable)) == 0) {
        return refuse(wim, STATUS_CHECK_FAILED,
                      "is a pipable WIM, which only wimlib reads: make a usual one of it, wimlib-imagex export");
    }
    if (memcmp(wim->header, magic, sizeof(magic)) != 0 || wim_get32(wim->header + WIM_AT_SIZE) != WIM_HEADER_SIZE) {
        return refuse(wim, STATUS_BAD_INPUT, "is no WIM: it does not begin as one");
    }
    if (version == WIM_VERSION_SOLID) {
        return refuse(wim, STATUS_CHECK_FAILED,
                      "is a solid WIM (ESD), which Windows 7 cannot read: make a usual one of it, wimlib-imagex export "
                      "--compress=LZX");
    }
    if (version != WIM_VERSION) {
        diag_error(wim->path, "is a WIM of version 0x%x; 0x%x is what Windows 7 reads", version, WIM_VERSION);
        return STATUS_CHECK_FAILED;
    }
    if (wim->part == 0 && ((flags & WIM_FLAG_SPANNED) != 0 || wim_get16(wim->header + WIM_AT_PARTS) != 1 ||
                           wim_get16(wim->header + WIM_AT_PART) != 1)) {
        return refuse(wim, STATUS_CHECK_FAILED, "is part of a split WIM (.swm): join the parts, wimlib-imagex join");
    }
    if (wim->part != 0 && wim_get16(wim->header + WIM_AT_PART) != wim->part) {
        diag_error(wim->path, "is part %u of a split WIM, where part %u should be",
                   wim_get16(wim->header + WIM_AT_PART), wim->part);
        return STATUS_BAD_INPUT;
    }
    if ((flags & WIM_FLAG_BEING_WRITTEN) != 0) {
        return refuse(wim, STATUS_CHECK_FAILED,
                      "is being written by another program, or was when that was interrupted");
    }
    return STATUS_DONE;
}

static enum status read_header(struct wim_file *wim)
{
    enum status status = check_kind(wim);
    uint32_t flags = wim_get32(wim->header + WIM_AT_FLAGS);

    if (status != STATUS_DONE) {
        return status;
    }
    wim->codec.chunk_size = wim_get32(wim->header + WIM_AT_CHUNK_SIZE);
    wim->image_count = wim_get32(wim->header + WIM_AT_IMAGE_COUNT);
    wim->boot_index = wim_get32(wim->header + WIM_AT_BOOT_INDEX);
    if ((flags & WIM_FLAG_COMPRESSED) != 0) {
        if ((flags & (WIM_FLAG_LZX | WIM_FLAG_XPRESS)) == 0) {
            return refuse(wim, STATUS_CHECK_FAILED, "is compressed with neither XPRESS nor LZX");
        }
        wim->codec.compression = (flags & WIM_FLAG_LZX) != 0 ? WIM_LZX : WIM_XPRESS;
        if (wim->codec.chunk_size == 0 || wim->codec.chunk_size > CHUNK_LIMIT ||
            (wim->codec.chunk_size & (wim->codec.chunk_size - 1)) != 0) {
            diag_error(wim->path, "is compressed in chunks of %u bytes: no power of two up to %u",
                       wim->codec.chunk_size, CHUNK_LIMIT);
            return STATUS_BAD_INPUT;
        }
    }
    if (wim->image_count > IMAGE_LIMIT || wim->boot_index > wim->image_count) {
        diag_error(wim->path, "says that it has %u images and boots image %u", wim->image_count, wim->boot_index);
        return STATUS_BAD_INPUT;
    }
    return STATUS_DONE;
}

static int compare_hashes(const void *left, const void *right, void *blobs)
{
    const struct wim_blob *list = blobs;

    return memcmp(list[*(const size_t *)left].hash, list[*(const size_t *)right].hash, WIM_HASH_SIZE);
}

static enum status read_entries(struct wim_file *wim, const struct bytes *table)
{
    size_t images = 0;

    wim->blob_count = table->size / WIM_ENTRY_SIZE;
    wim->blobs = xcalloc(wim->blob_count + 1, sizeof(*wim->blobs));
    wim->by_hash = xcalloc(wim->blob_count + 1, sizeof(*wim->by_hash));
    wim->metadata = xcalloc(wim->image_count + 1U, sizeof(*wim->metadata));
    for (size_t i = 0; i < wim->blob_count; ++i) {
        const uint8_t *entry = (const uint8_t *)table->data + i * WIM_ENTRY_SIZE;
        struct wim_blob *blob = &wim->blobs[i];

        wim_place_get(entry, &blob->place);
        blob->part = wim_get16(entry + WIM_PLACE_SIZE);
        blob->references = wim_get32(entry + WIM_PLACE_SIZE + 2);
        memcpy(blob->hash, entry + WIM_PLACE_SIZE + 6, WIM_HASH_SIZE);
        if ((blob->place.flags & WIM_PLACE_FREE) != 0) {
            continue;
        }
        if ((blob->place.flags & WIM_PLACE_METADATA) == 0) {
            wim->by_hash[wim->hashed++] = i;
        } else if (images == wim->image_count) {
            return refuse(wim, STATUS_BAD_INPUT, "has more metadata resources than images");
        } else {
            wim->metadata[images++] = i;
        }
    }
    if (images != wim->image_count && wim->part < 2) {
        diag_error(wim->path, "has %u images, but metadata of %zu", wim->image_count, images);
        return STATUS_BAD_INPUT;
    }
    qsort_r(wim->by_hash, wim->hashed, sizeof(*wim->by_hash), compare_hashes, wim->blobs);
    return STATUS_DONE;
}

static enum status read_table(struct wim_file *wim)
{
    struct wim_place place;
    struct bytes table;
    enum status status;

    wim_place_get(wim->header + WIM_AT_TABLE, &place);
    status = wim_resource_read(&wim->codec, wim->descriptor, wim->size, &place, TABLE_LIMIT, wim->path,
                               "the table of blobs", &table);
    if (status == STATUS_DONE && table.size % WIM_ENTRY_SIZE != 0) {
        diag_error(wim->path, "the table of blobs is %zu bytes long, no multiple of %u", table.size, WIM_ENTRY_SIZE);
        status = STATUS_BAD_INPUT;
    }
    if (status == STATUS_DONE) {
        status = read_entries(wim, &table);
    }
    bytes_free(&table);
    return status;
}

static enum status read_xml(struct wim_file *wim)
{
    struct wim_place place;
    struct bytes raw;
    enum status status;

    wim_place_get(wim->header + WIM_AT_XML, &place);
    status = wim_resource_read(&wim->codec, wim->descriptor, wim->size, &place, XML_LIMIT, wim->path, "the XML", &raw);
    if (status == STATUS_DONE) {
        status = wim_xml_decode(wim->path, &raw, &wim->xml);
    }
    bytes_free(&raw);
    if (status != STATUS_DONE) {
        return status;
    }
    wim->images = xcalloc(wim->image_count + 1U, sizeof(*wim->images));
    for (unsigned i = 0; i < wim->image_count; ++i) {
        wim_xml_image(wim->xml, i + 1, &wim->images[i]);
    }
    return STATUS_DONE;
}

static enum status open_descriptor(struct wim_file *wim)
{
    struct stat info;

    wim->descriptor = open(wim->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (wim->descriptor < 0) {
        diag_error(wim->path, "cannot be opened: %s", strerror(errno));
        return STATUS_BAD_INPUT;
    }
    if (fstat(wim->descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        return refuse(wim, STATUS_BAD_INPUT, "is not a regular file");
    }
    wim->size = (uint64_t)info.st_size;
    if (wim->size < WIM_HEADER_SIZE) {
        return refuse(wim, STATUS_BAD_INPUT, "is no WIM: it is shorter than a WIM's header");
    }
    return wim_read_at(wim->descriptor, wim->header, WIM_HEADER_SIZE, 0, wim->path);
}

static enum status open_state(const char *path, const char *name, const struct wim_state *state, unsigned part,
                              struct wim_file **out)
{
    struct wim_file *wim = xcalloc(1, sizeof(*wim));
    enum status status;

    wim->part = part;
    wim->path = xstrdup(path);
    status = open_descriptor(wim);
    free(wim->path);
    wim->path = xstrdup(name);
    if (status == STATUS_DONE && state != NULL) {
        memcpy(wim->header, state->header, WIM_HEADER_SIZE);
    }
    if (status == STATUS_DONE) {
        status = read_header(wim);
    }
    if (status == STATUS_DONE) {
        status = read_table(wim);
    }
    if (status == STATUS_DONE && part < 2) {
        status = read_xml(wim);
    }
    if (status != STATUS_DONE) {
        wim_close(wim);
        wim = NULL;
    }
    *out = wim;
    return status;
}

enum status wim_open(const char *path, struct wim_file **out)
{
    return open_state(path, path, NULL, 0, out);
}

enum status wim_open_state(const char *path, const char *name, const struct wim_state *state, struct wim_file **out)
{
    return open_state(path, name, state, 0, out);
}

/* The contents that this part has are found as if the first had them. */
static void add_part(struct wim_file *wim, struct wim_file *other)
{
    size_t count = wim->blob_count + other->blob_count;

    wim->blobs = xrealloc(wim->blobs, (count + 1) * sizeof(*wim->blobs));
    wim->by_hash = xrealloc(wim->by_hash, (count + 1) * sizeof(*wim->by_hash));
    for (size_t i = 0; i < other->hashed; ++i) {
        wim->by_hash[wim->hashed++] = wim->blob_count + other->by_hash[i];
    }
    for (size_t i = 0; i < other->blob_count; ++i) {
        wim->blobs[wim->blob_count] = other->blobs[i];
        wim->blobs[wim->blob_count++].part = (uint16_t)other->part;
    }
    wim->parts[other->part - 2] = other;
}

static enum status open_part(struct wim_file *wim, const char *swm, unsigned number)
{
    char *path = wim_split_part(swm, number);
    struct wim_file *other;
    enum status status = open_state(path, path, NULL, number, &other);

    free(path);
    if (status != STATUS_DONE) {
        return status;
    }
    if (memcmp(other->header + WIM_AT_GUID, wim->header + WIM_AT_GUID, WIM_GUID_SIZE) != 0 ||
        other->codec.compression != wim->codec.compression || other->codec.chunk_size != wim->codec.chunk_size) {
        diag_error(other->path, "is part of another WIM than %s", swm);
        wim_close(other);
        return STATUS_BAD_INPUT;
    }
    add_part(wim, other);
    return STATUS_DONE;
}

enum status wim_open_parts(const char *swm, struct wim_file **out)
{
    enum status status = ends_with(swm, ".swm") ? STATUS_DONE : STATUS_BAD_INPUT;
    struct wim_file *wim = NULL;

    *out = NULL;
    if (status != STATUS_DONE) {
        diag_error(swm, "the first part of a split WIM has to be called .swm");
        return status;
    }
    status = open_state(swm, swm, NULL, 1, &wim);
    if (status != STATUS_DONE) {
        return status;
    }
    for (size_t i = 0; i < wim->blob_count; ++i) {
        wim->blobs[i].part = 1;
    }
    wim->part_count = wim_get16(wim->header + WIM_AT_PARTS);
    if (wim->part_count == 0 || wim->part_count > PART_LIMIT) {
        diag_error(swm, "says that it is one of %u parts", wim->part_count);
        wim->part_count = 1;
        status = STATUS_BAD_INPUT;
    }
    wim->parts = xcalloc(wim->part_count, sizeof(*wim->parts));
    for (unsigned number = 2; status == STATUS_DONE && number <= wim->part_count; ++number) {
        status = open_part(wim, swm, number);
    }
    qsort_r(wim->by_hash, wim->hashed, sizeof(*wim->by_hash), compare_hashes, wim->blobs);
    if (status != STATUS_DONE) {
        wim_close(wim);
        return status;
    }
    *out = wim;
    return STATUS_DONE;
}

void wim_close(struct wim_file *wim)
{
    if (wim == NULL) {
        return;
    }
    for (unsigned i = 0; wim->parts != NULL && i + 1 < wim->part_count; ++i) {
        wim_close(wim->parts[i]);
    }
    free(wim->parts);
    for (unsigned i = 0; wim->images != NULL && i < wim->image_count; ++i) {
        wim_image_free(&wim->images[i]);
    }
    free(wim->images);
    free(wim->xml);
    free(wim->metadata);
    free(wim->by_hash);
    free(wim->blobs);
    wim_codec_close(&wim->codec);
    if (wim->descriptor >= 0) {
        close(wim->descriptor);
    }
    free(wim->path);
    free(wim);
}

size_t wim_blob_find(const struct wim_file *wim, const uint8_t hash[WIM_HASH_SIZE])
{
    size_t low = 0;
    size_t high = wim->hashed;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(wim->blobs[wim->by_hash[middle]].hash, hash, WIM_HASH_SIZE);

        if (order == 0) {
            return wim->by_hash[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return SIZE_MAX;
}

enum status wim_blob_read(struct wim_file *wim, size_t index, size_t limit, const char *what, struct bytes *out)
{
    const struct wim_blob *blob = &wim->blobs[index];
    const struct wim_file *file = wim->part != 0 && blob->part > 1 ? wim->parts[blob->part - 2] : wim;
    uint8_t hash[WIM_HASH_SIZE];
    enum status status =
        wim_resource_read(&wim->codec, file->descriptor, file->size, &blob->place, limit, file->path, what, out);

    if (status != STATUS_DONE) {
        return status;
    }
    wim_sha1(out->data, out->size, hash);
    if (memcmp(hash, blob->hash, WIM_HASH_SIZE) != 0) {
        diag_error(wim->path, "%s does not have the SHA-1 that the table says: the file is damaged", what);
        bytes_free(out);
        return STATUS_BAD_INPUT;
    }
    return STATUS_DONE;
}
