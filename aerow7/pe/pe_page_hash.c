/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pe/pe_page_hash.h"

#include "pe/pe_hash.h"

enum { PAGE = 4096, HEADERS_SIZE_FIELD = 60 };

static void add_entry(struct text *out, size_t offset, const unsigned char *hash, size_t hash_size)
{
    unsigned char at[4] = {(unsigned char)offset, (unsigned char)(offset >> 8), (unsigned char)(offset >> 16),
                           (unsigned char)(offset >> 24)};

    text_add(out, (const char *)at, sizeof(at));
    text_add(out, (const char *)hash, hash_size);
}

/* The bytes of [begin, end) that count, then zeros. */
static bool add_page(const struct pe_image *image, const EVP_MD *digest, EVP_MD_CTX *context, size_t begin, size_t end,
                     size_t padding, struct text *out)
{
    static const unsigned char zeros[PAGE];
    unsigned char hash[EVP_MAX_MD_SIZE];

    if (EVP_DigestInit_ex(context, digest, NULL) != 1 || !pe_hash_range(image, begin, end, context) ||
        EVP_DigestUpdate(context, zeros, padding) != 1 || EVP_DigestFinal_ex(context, hash, NULL) != 1) {
        return false;
    }
    add_entry(out, begin, hash, (size_t)EVP_MD_get_size(digest));
    return true;
}

static const char *check(const struct pe_image *image, size_t headers)
{
    size_t total = 0;

    if (image->section_alignment != PAGE) {
        return "its sections are not aligned to pages of 4096 bytes";
    }
    if (headers > PAGE || headers > image->size || headers < image->directory_offset + PE_DIRECTORIES * 8 ||
        image->directory_count != PE_DIRECTORIES) {
        return "its headers do not fill one page at most";
    }
    for (size_t i = 0; i < image->section_count; ++i) {
        total += image->sections[i].raw_size;
    }
    return total > image->size ? "its sections overlap in the file" : NULL;
}

const char *pe_page_hashes(const struct pe_image *image, const EVP_MD *digest, struct text *out)
{
    static const unsigned char zeros[EVP_MAX_MD_SIZE];
    size_t headers = pe_u32(image->data + image->optional_offset + HEADERS_SIZE_FIELD);
    const char *fault = check(image, headers);
    EVP_MD_CTX *context;
    size_t end = 0;
    bool done;

    *out = (struct text){0};
    if (fault != NULL) {
        return fault;
    }
    context = EVP_MD_CTX_new();
    /* The headers' page is shorter by what is left out of it, not filled up for that. */
    done = context != NULL && add_page(image, digest, context, 0, headers, PAGE - headers, out);
    for (size_t i = 0; done && i < image->section_count; ++i) {
        const struct pe_section *section = &image->sections[i];

        for (size_t at = 0; done && at < section->raw_size; at += PAGE) {
            size_t size = section->raw_size - at < PAGE ? section->raw_size - at : PAGE;
            size_t begin = section->offset + at;

            done = add_page(image, digest, context, begin, begin + size, PAGE - size, out);
            end = begin + size;
        }
    }
    EVP_MD_CTX_free(context);
    if (!done) {
        text_free(out);
        return "its pages cannot be hashed";
    }
    add_entry(out, end, zeros, (size_t)EVP_MD_get_size(digest));
    return NULL;
}
