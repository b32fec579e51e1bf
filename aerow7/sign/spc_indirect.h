/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * SpcIndirectDataContent of a PE file: what an embedded signature signs. It names the file's digest and, when asked
 * for, carries page hashes in a moniker link.
 */
#ifndef AEROW7_SPC_INDIRECT_H
#define AEROW7_SPC_INDIRECT_H

#include "base/text.h"
#include "pe/pe_image.h"
#include "sign/spc_asn1.h"

#include <stdbool.h>

/* DER into `out`, which the caller frees with text_free. Returns NULL or why it cannot be made. */
const char *spc_indirect_make(const struct pe_image *image, const EVP_MD *digest, bool page_hashes, struct text *out);

/* What the content says about the file. Digests point into `data`, which must stay. */
struct spc_claims {
    const EVP_MD *digest;
    const unsigned char *hash; /* EVP_MD_get_size(digest) bytes */
    const EVP_MD *page_digest; /* NULL when there are no page hashes */
    const unsigned char *page_hashes;
    size_t page_hashes_size;
    ASN1_SEQUENCE_ANY *page_list; /* keeps page_hashes alive; freed by spc_claims_free */
};

/* Returns NULL or what is wrong. */
const char *spc_indirect_read(const SPC_INDIRECT_DATA *data, struct spc_claims *out);
void spc_claims_free(struct spc_claims *claims);

/* The message digest that an algorithm identifier names, SHA-1 or SHA-2 without parameters, or NULL. */
const EVP_MD *digest_of(const X509_ALGOR *algorithm);

/* "sha1", "sha256": OpenSSL's short name of the digest, in lower case. The caller frees it. */
char *digest_text(int nid);

#endif
