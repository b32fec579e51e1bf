/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The hash under which Windows looks a file up in catalogs: of a PE image its Authenticode hash, of any other file the
 * hash of all its bytes.
 */
#ifndef AEROW7_CATALOG_HASH_H
#define AEROW7_CATALOG_HASH_H

#include "base/file_io.h"

#include <openssl/evp.h>
#include <stdbool.h>

struct catalog_hash {
    bool pe;
    unsigned char digest[EVP_MAX_MD_SIZE];
};

/* Returns NULL, or why it is not known how Windows hashes this file: a damaged PE image, a cabinet. */
const char *catalog_hash_content(const struct bytes *content, const EVP_MD *md, struct catalog_hash *out);

#endif
