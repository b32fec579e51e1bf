/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pdb_identity.h"

#include "pe/pe_image.h"

#include <stdbool.h>
#include <string.h>

/* LLVM documentation, "The MSF File Format" and "The PDB Info (aka the PDB Stream)": */
enum {
    SUPER_BLOCK = 56,
    BLOCK_SIZE_AT = 32,
    BLOCK_COUNT_AT = 40,
    DIRECTORY_SIZE_AT = 44,
    BLOCK_MAP_AT = 52,
    INFO_STREAM = 1,
    DBI_STREAM = 3,
    INFO_GUID_AT = 12,
    DBI_AGE_AT = 8,
};

struct msf {
    const uint8_t *data;
    size_t size;
    uint32_t block_size;
    uint32_t directory_size;
};

static const uint8_t *block(const struct msf *msf, uint32_t number)
{
    size_t offset = (size_t)number * msf->block_size;

    return offset <= msf->size && msf->size - offset >= msf->block_size ? msf->data + offset : NULL;
}

/* The directory is an array of 32-bit words in blocks whose numbers are in the block map. */
static bool directory_word(const struct msf *msf, size_t index, uint32_t *value)
{
    const uint8_t *map = block(msf, pe_u32(msf->data + BLOCK_MAP_AT));
    size_t byte = index * 4;
    const uint8_t *at;

    if (map == NULL || byte + 4 > msf->directory_size || byte / msf->block_size >= msf->block_size / 4) {
        return false;
    }
    at = block(msf, pe_u32(map + byte / msf->block_size * 4));
    if (at == NULL) {
        return false;
    }
    *value = pe_u32(at + byte % msf->block_size);
    return true;
}

/* The first block of a stream is enough: both records begin at its start and every block is at least 512 bytes. */
static const uint8_t *stream_start(const struct msf *msf, uint32_t wanted, uint32_t needed)
{
    uint32_t count;
    uint32_t size = 0;
    uint32_t first;
    size_t blocks_before = 0;

    if (!directory_word(msf, 0, &count) || wanted >= count) {
        return NULL;
    }
    for (uint32_t stream = 0; stream <= wanted; ++stream) {
        if (!directory_word(msf, 1 + stream, &size)) {
            return NULL;
        }
        if (stream < wanted && size != UINT32_MAX) {
            blocks_before += ((size_t)size + msf->block_size - 1) / msf->block_size;
        }
    }
    if (size == UINT32_MAX || size < needed || !directory_word(msf, 1 + (size_t)count + blocks_before, &first)) {
        return NULL;
    }
    return block(msf, first);
}

const char *pdb_identity_read(const uint8_t *data, size_t size, struct pdb_identity *identity)
{
    static const char magic[] = "Microsoft C/C++ MSF 7.00\r\n\x1A"
                                "DS\0\0";
    struct msf msf = {.data = data, .size = size};
    const uint8_t *info;
    const uint8_t *dbi;

    if (size < SUPER_BLOCK || memcmp(data, magic, sizeof(magic)) != 0) {
        return "it is no MSF 7.00 file";
    }
    msf.block_size = pe_u32(data + BLOCK_SIZE_AT);
    msf.directory_size = pe_u32(data + DIRECTORY_SIZE_AT);
    if (msf.block_size < 512 || msf.block_size > 65536 || (msf.block_size & (msf.block_size - 1)) != 0 ||
        (uint64_t)pe_u32(data + BLOCK_COUNT_AT) * msf.block_size != size) {
        return "its block size and block count do not give its size";
    }
    info = stream_start(&msf, INFO_STREAM, INFO_GUID_AT + 16);
    dbi = stream_start(&msf, DBI_STREAM, DBI_AGE_AT + 4);
    if (info == NULL || dbi == NULL) {
        return "its info stream or its DBI stream is missing";
    }
    memcpy(identity->guid, info + INFO_GUID_AT, sizeof(identity->guid));
    identity->age = pe_u32(dbi + DBI_AGE_AT);
    return NULL;
}
