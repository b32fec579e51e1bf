/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Who signs: a certificate, its private key, and certificates that go into the message beside it. */
#ifndef AEROW7_SIGNER_H
#define AEROW7_SIGNER_H

#include "base/diag.h"

#include <openssl/x509.h>

struct signer {
    X509 *certificate;
    EVP_PKEY *key;
    STACK_OF(X509) * others; /* cross certificates that are embedded too, or NULL */
};

/*
 * A key file that others may read is refused, and a certificate that cannot sign code: of another key, expired, not yet
 * valid, for other purposes. `others_path` may be NULL: a PEM or DER file with cross certificates.
 */
enum status signer_load(const char *certificate_path, const char *key_path, const char *others_path,
                        struct signer *signer);
void signer_free(struct signer *signer);

#endif
