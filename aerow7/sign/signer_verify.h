/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One SignerInfo of a PKCS#7 message, and the timestamps over it. Input is untrusted. */
#ifndef AEROW7_SIGNER_VERIFY_H
#define AEROW7_SIGNER_VERIFY_H

#include "sign/authenticode_verify.h"
#include "sign/signed_data.h"

/* The attribute's only value, when that has the type; or NULL. */
const ASN1_TYPE *attribute_value(const STACK_OF(X509_ATTRIBUTE) * attributes, const ASN1_OBJECT *type, int value_type);

/* The same by dotted name. */
const ASN1_TYPE *attribute_value_of(const STACK_OF(X509_ATTRIBUTE) * attributes, const char *oid, int value_type);

/* The certificate in the message that the signer's entry names, or NULL. */
X509 *signer_certificate(PKCS7 *message, PKCS7_SIGNER_INFO *info);

/*
 * Whether the signature over the authenticated attributes is right under the certificate's key. NULL, or what is wrong.
 * `bare_hash`: a hash without DigestInfo around it does too.
 */
const char *signer_fault(const PKCS7_SIGNER_INFO *info, X509 *certificate, bool bare_hash);

/* Fills in everything but nested, file_digest and page hashes. */
void signer_verify(PKCS7 *message, const ASN1_OBJECT *type, const struct content *content, PKCS7_SIGNER_INFO *info,
                   X509_STORE *roots, struct signature *out);

#endif
