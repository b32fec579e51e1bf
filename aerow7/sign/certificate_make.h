/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Self-signed code signing certificates. The certificate follows from its key and the parameters, the serial number
 * included: a lost .cer is made again, the same, as long as the key is there.
 */
#ifndef AEROW7_CERTIFICATE_MAKE_H
#define AEROW7_CERTIFICATE_MAKE_H

#include "base/diag.h"

#include <openssl/x509.h>

struct certificate_parameters {
    const char *subject;    /* "CN=Name,O=Organisation", a backslash before a comma that belongs to a value */
    const EVP_MD *digest;   /* of the signature */
    const char *not_before; /* YYYY-MM-DD, from midnight */
    const char *not_after;  /* YYYY-MM-DD, to the last second; 2049 at the latest, where UTCTime ends */
};

/* RSA 2048. NULL on failure, with OpenSSL's error queued. */
EVP_PKEY *signing_key_make(void);

/* `place` is for messages about the parameters: a wrong one is STATUS_USAGE. */
enum status certificate_make(const char *place, const struct certificate_parameters *parameters, EVP_PKEY *key,
                             X509 **out);

/* New files: one that exists is left alone and is an error. The key's file is its owner's from the first byte. */
enum status key_write(const char *path, EVP_PKEY *key);
enum status pfx_write(const char *path, EVP_PKEY *key, X509 *certificate, const char *password);
/* DER; replaces what is there. */
enum status certificate_write(const char *path, X509 *certificate);

#endif
