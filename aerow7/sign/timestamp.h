/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Timestamps over a signature: PKCS#9 countersignatures and RFC 3161 tokens. Read only. Input is untrusted. */
#ifndef AEROW7_TIMESTAMP_H
#define AEROW7_TIMESTAMP_H

#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <time.h>

struct timestamp {
    bool valid; /* mathematically, over this signature */
    bool trusted;
    time_t time;
    const char *fault; /* why it is not valid; NULL when it is or when there is no timestamp */
};

void timestamp_verify(PKCS7 *message, const PKCS7_SIGNER_INFO *info, X509_STORE *roots, struct timestamp *out);

#endif
