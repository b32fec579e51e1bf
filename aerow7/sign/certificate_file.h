/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Certificates and keys in files: .cer (DER or PEM), .pem, .pfx. Input is untrusted and bounded. */
#ifndef AEROW7_CERTIFICATE_FILE_H
#define AEROW7_CERTIFICATE_FILE_H

#include "base/diag.h"

#include <openssl/x509.h>
#include <stdbool.h>

/* One certificate, or with PEM any number. The caller frees with sk_X509_pop_free. */
enum status certificates_read(const char *path, STACK_OF(X509) * *out);
/* Exactly one. */
enum status certificate_read(const char *path, X509 **out);

/* An unencrypted private key in PEM, in a file that only its owner may read. */
enum status key_read(const char *path, EVP_PKEY **out);

/* The first line of a password file. The caller frees with OPENSSL_clear_free(*out, strlen(*out) + 1). */
enum status password_read(const char *path, char **out);

/* A PKCS#12 file: its certificate, and whether the key in it belongs to that. `password` may be NULL. */
enum status pfx_read(const char *path, const char *password, X509 **out, bool *key_fits);

/* What OpenSSL's last error says, for messages; the errors are cleared. */
const char *crypto_fault(void);

/* SHA-1 of the certificate, upper-case hexadecimal, as Windows shows it. The caller frees it. */
char *certificate_thumbprint(const X509 *certificate);
/* RFC 2253. The caller frees it. */
char *name_text(const X509_NAME *name);
/* "2009-01-01T00:00:00Z", or "?" for what is no time. The caller frees it. */
char *time_text(const ASN1_TIME *time);
/* Code signing is allowed: by extended key usage, or because there is none. */
bool certificate_signs_code(X509 *certificate);

#endif
