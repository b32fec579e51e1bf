/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "catalog/catalog_hash.h"

#include "pe/pe_hash.h"

#include <string.h>

const char *catalog_hash_content(const struct bytes *content, const EVP_MD *md, struct catalog_hash *out)
{
    struct pe_image image;
    bool hashed;

    *out = (struct catalog_hash){.pe = content->size >= 2 && memcmp(content->data, "MZ", 2) == 0};
    if (content->size >= 4 && memcmp(content->data, "MSCF", 4) == 0) {
        return "is a cabinet, which catalogs hash in a way of their own that is not supported";
    }
    if (!out->pe) {
        hashed = EVP_Digest(content->data, content->size, out->digest, NULL, md, NULL) == 1;
        return hashed ? NULL : "cannot be hashed";
    }
    if (pe_parse(content->data, content->size, &image) != NULL) {
        return "begins like a PE image and is none, or a damaged one";
    }
    hashed = pe_authenticode_hash(&image, md, out->digest);
    pe_free(&image);
    return hashed ? NULL : "has a certificate table that is not the end of the file";
}
