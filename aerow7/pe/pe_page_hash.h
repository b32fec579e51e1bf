/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The page hashes of a PE image ("Windows Authenticode Portable Executable Signature Format", SpcPeImagePageHashes): a
 * table of file offset and digest, one for the headers and one for each page of each section, every page filled up with
 * zeros; the last entry is the offset where the sections end, with a digest of zeros.
 */
#ifndef AEROW7_PE_PAGE_HASH_H
#define AEROW7_PE_PAGE_HASH_H

#include "base/text.h"
#include "pe/pe_image.h"

#include <openssl/evp.h>

/* Returns NULL, or why this image cannot have page hashes; then `out` is empty. The caller frees with text_free. */
const char *pe_page_hashes(const struct pe_image *image, const EVP_MD *digest, struct text *out);

#endif
