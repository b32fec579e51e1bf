/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * PKCS#7 SignedData whose content is not an OCTET STRING but a structure of its own, as Authenticode and catalogs have
 * it; the CMS functions of OpenSSL refuse that, its PKCS7 ones take it. The signed digest is that of the content's
 * value octets, without tag and length (PKCS#7 v1.5, section 9.3).
 */
#ifndef AEROW7_SIGNED_DATA_H
#define AEROW7_SIGNED_DATA_H

#include "sign/signer.h"

#include <openssl/pkcs7.h>
#include <stdbool.h>
#include <stddef.h>

/* A structure by its DER: the whole, and the octets that are hashed. */
struct content {
    const unsigned char *der;
    size_t size;
    const unsigned char *value;
    size_t value_size;
};

/* False when `der` is not one SEQUENCE of definite length and nothing more. */
bool content_of(const unsigned char *der, size_t size, struct content *out);

/* False when the message is not SignedData with a content, or the content is not a SEQUENCE. */
bool signed_data_content(const PKCS7 *message, const ASN1_OBJECT **type, struct content *out);

/*
 * A message with one signer; attributes as signtool writes them. NULL on failure, with OpenSSL's error queued. The
 * caller frees with PKCS7_free.
 */
PKCS7 *signed_data_make(const ASN1_OBJECT *type, const struct content *content, const struct signer *signer,
                        const EVP_MD *digest);

/* Puts `inner` into the unauthenticated attributes of `outer`'s signer. */
bool signed_data_nest(PKCS7 *outer, const PKCS7 *inner);

#endif
