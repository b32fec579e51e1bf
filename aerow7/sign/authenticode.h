/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Authenticode signatures, made: PE files (embedded) and catalogs. The same input, key and options give the same bytes:
 * PKCS#1 v1.5, no signing time.
 */
#ifndef AEROW7_AUTHENTICODE_H
#define AEROW7_AUTHENTICODE_H

#include "base/file_io.h"

#include <openssl/x509.h>
#include <stdbool.h>

enum sign_digest {
    SIGN_SHA1,   /* what Windows 7 SP1 as released accepts */
    SIGN_SHA256, /* needs KB3033929 or KB4474419 */
    SIGN_DUAL,   /* SHA-1, with SHA-256 nested; for PE files only, a catalog gets SHA-1 */
};

struct signer {
    X509 *certificate;
    EVP_PKEY *key;
    STACK_OF(X509) * others; /* cross certificates that are embedded too, or NULL */
};

struct sign_options {
    enum sign_digest digest;
    bool page_hashes;
};

/* A key file that others may read is refused. `others` may be NULL: a PEM or DER file with cross certificates. */
enum status signer_load(const char *certificate_path, const char *key_path, const char *others_path,
                        struct signer *signer);
void signer_free(struct signer *signer);

/* An existing signature is replaced. `place` is for messages; `out` is freed by the caller. */
enum status authenticode_sign_pe(const char *place, const struct bytes *in, const struct signer *signer,
                                 const struct sign_options *options, struct bytes *out);
enum status authenticode_sign_catalog(const char *place, const struct bytes *in, const struct signer *signer,
                                      const struct sign_options *options, struct bytes *out);

#endif
