/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "wim/wim_integrity.h"

#include "base/text.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* Size of the table, number of hashes, size of a chunk: four bytes each. */
#define TABLE_HEADER 12U
#define TABLE_LIMIT ((size_t)16 << 20)
#define READ_SIZE ((size_t)1 << 20)

static enum status hash_range(int descriptor, uint64_t from, uint64_t size, const char *name, uint8_t *out)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    char *buffer = xmalloc(READ_SIZE);
    enum status status = STATUS_DONE;

    EVP_DigestInit_ex(digest, EVP_sha1(), NULL);
    while (status == STATUS_DONE && size > 0) {
        size_t part = size < READ_SIZE ? (size_t)size : READ_SIZE;

        status = wim_read_at(descriptor, buffer, part, from, name);
        EVP_DigestUpdate(digest, buffer, part);
        from += part;
        size -= part;
    }
    EVP_DigestFinal_ex(digest, out, NULL);
    EVP_MD_CTX_free(digest);
    free(buffer);
    return status;
}

enum status wim_integrity_extend(struct wim_file *old, int descriptor, uint64_t end, const char *name,
                                 struct bytes *out)
{
    struct wim_place table_place;
    struct wim_place place;
    struct bytes present;
    uint64_t old_end;
    uint32_t chunk;
    size_t known;
    size_t count;
    enum status status;

    wim_place_get(old->header + WIM_AT_INTEGRITY, &place);
    wim_place_get(old->header + WIM_AT_TABLE, &table_place);
    status = wim_resource_read(&old->codec, old->descriptor, old->size, &place, TABLE_LIMIT, old->path,
                               "the integrity table", &present);
    if (status != STATUS_DONE) {
        return status;
    }
    chunk = present.size < TABLE_HEADER ? 0 : wim_get32(present.data + 8);
    if (chunk == 0 || (present.size - TABLE_HEADER) / WIM_HASH_SIZE < wim_get32(present.data + 4)) {
        diag_error(old->path, "the integrity table is damaged");
        bytes_free(&present);
        return STATUS_BAD_INPUT;
    }
    old_end = table_place.offset + table_place.stored;
    known = old_end < WIM_HEADER_SIZE ? 0 : (size_t)((old_end - WIM_HEADER_SIZE) / chunk);
    known = known < wim_get32(present.data + 4) ? known : wim_get32(present.data + 4);
    count = (size_t)((end - WIM_HEADER_SIZE + chunk - 1) / chunk);
    if (count > (TABLE_LIMIT - TABLE_HEADER) / WIM_HASH_SIZE) {
        diag_error(old->path, "the integrity table is damaged: chunks of %u bytes", chunk);
        bytes_free(&present);
        return STATUS_BAD_INPUT;
    }
    out->size = TABLE_HEADER + count * WIM_HASH_SIZE;
    out->data = xcalloc(1, out->size + 1);
    wim_put32(out->data, (uint32_t)out->size);
    wim_put32(out->data + 4, (uint32_t)count);
    wim_put32(out->data + 8, chunk);
    memcpy(out->data + TABLE_HEADER, present.data + TABLE_HEADER, known * WIM_HASH_SIZE);
    for (size_t i = known; status == STATUS_DONE && i < count; ++i) {
        uint64_t from = WIM_HEADER_SIZE + (uint64_t)i * chunk;

        status = hash_range(descriptor, from, end - from < chunk ? end - from : chunk, name,
                            (uint8_t *)out->data + TABLE_HEADER + i * WIM_HASH_SIZE);
    }
    if (status != STATUS_DONE) {
        bytes_free(out);
    }
    bytes_free(&present);
    return status;
}
