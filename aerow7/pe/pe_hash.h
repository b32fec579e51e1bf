/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The Authenticode hash of a PE image: everything but CheckSum, the security directory's entry and the certificate
 * table ("Windows Authenticode Portable Executable Signature Format"). An unsigned image whose size is no multiple of 8
 * is hashed as if padded with zeros to one, because that is what is signed.
 */
#ifndef AEROW7_PE_HASH_H
#define AEROW7_PE_HASH_H

#include "pe/pe_image.h"

#include <openssl/evp.h>

#define PE_SIGNED_ALIGNMENT 8u

/*
 * The certificate table as a range of the file, all zero when there is none. False when it is not what the file ends
 * with, or lies over headers or sections.
 */
bool pe_certificate_table(const struct pe_image *image, struct pe_range *table);

/* `out` has room for EVP_MAX_MD_SIZE. False when the certificate table is not at the end of the file. */
bool pe_authenticode_hash(const struct pe_image *image, const EVP_MD *digest, unsigned char *out);

/* Adds the bytes of [begin, end) but those of CheckSum and of the security directory's entry. */
bool pe_hash_range(const struct pe_image *image, size_t begin, size_t end, EVP_MD_CTX *context);

#endif
