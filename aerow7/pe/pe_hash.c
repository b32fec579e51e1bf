/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "pe/pe_hash.h"

enum { HEADERS_SIZE_FIELD = 60, DIRECTORY_ENTRY = 8 };

bool pe_certificate_table(const struct pe_image *image, struct pe_range *table)
{
    size_t headers = pe_u32(image->data + image->optional_offset + HEADERS_SIZE_FIELD);
    size_t least = image->directory_offset + (size_t)image->directory_count * DIRECTORY_ENTRY;

    *table = (struct pe_range){0};
    if (image->directory_count > PE_DIRECTORY_SECURITY) {
        *table = image->directories[PE_DIRECTORY_SECURITY];
    }
    if (table->address == 0 && table->size == 0) {
        return true;
    }
    /* What is loaded must be hashed: a table over headers or sections would take their bytes out of the hash. */
    for (size_t i = 0; i < image->section_count; ++i) {
        const struct pe_section *section = &image->sections[i];
        size_t end = (size_t)section->offset + section->raw_size;

        if (section->raw_size != 0 && end > least) {
            least = end;
        }
    }
    least = headers > least ? headers : least;
    return table->size != 0 && table->address >= least && table->address <= image->size &&
           table->size == image->size - table->address;
}

bool pe_hash_range(const struct pe_image *image, size_t begin, size_t end, EVP_MD_CTX *context)
{
    size_t holes[2][2] = {{image->checksum_offset, image->checksum_offset + 4}};
    size_t hole_count = 1;
    size_t at = begin;

    if (image->directory_count > PE_DIRECTORY_SECURITY) {
        holes[1][0] = image->directory_offset + PE_DIRECTORY_SECURITY * DIRECTORY_ENTRY;
        holes[1][1] = holes[1][0] + DIRECTORY_ENTRY;
        hole_count = 2;
    }
    for (size_t i = 0; i < hole_count; ++i) {
        size_t stop = holes[i][0] < end ? holes[i][0] : end;

        if (stop > at && EVP_DigestUpdate(context, image->data + at, stop - at) != 1) {
            return false;
        }
        at = holes[i][1] > at ? holes[i][1] : at;
    }
    return at >= end || EVP_DigestUpdate(context, image->data + at, end - at) == 1;
}

bool pe_authenticode_hash(const struct pe_image *image, const EVP_MD *digest, unsigned char *out)
{
    static const unsigned char zeros[PE_SIGNED_ALIGNMENT];
    struct pe_range table;
    size_t end = image->size;
    size_t padding = 0;
    EVP_MD_CTX *context;
    bool done;

    if (!pe_certificate_table(image, &table)) {
        return false;
    }
    if (table.size != 0) {
        end = table.address;
    } else if (end % PE_SIGNED_ALIGNMENT != 0) {
        padding = PE_SIGNED_ALIGNMENT - end % PE_SIGNED_ALIGNMENT;
    }
    context = EVP_MD_CTX_new();
    done = context != NULL && EVP_DigestInit_ex(context, digest, NULL) == 1 && pe_hash_range(image, 0, end, context) &&
           EVP_DigestUpdate(context, zeros, padding) == 1 && EVP_DigestFinal_ex(context, out, NULL) == 1;
    EVP_MD_CTX_free(context);
    return done;
}
