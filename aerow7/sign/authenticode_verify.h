/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Authenticode signatures, judged: is the signature mathematically right, over this very content, by whom, and would
 * Windows 7 take it. Input is untrusted.
 */
#ifndef AEROW7_AUTHENTICODE_VERIFY_H
#define AEROW7_AUTHENTICODE_VERIFY_H

#include "base/file_io.h"
#include "base/report.h"

#include <openssl/x509.h>

/* One SignerInfo; nested ones follow their outer one. */
struct signature {
    char *digest;     /* "sha1", "sha256" */
    char *subject;    /* of the signer's certificate, RFC 2253; NULL when it is not in the message */
    char *thumbprint; /* SHA-1 of the certificate, upper-case hexadecimal */
    bool nested;
    bool content_matches; /* the signed digest is that of the content */
    bool signature_valid; /* under the signer's public key */
    bool chain_trusted;   /* up to one of the roots given */
    bool timestamped;
    bool page_hashes;
    bool page_hashes_match;
};

struct signatures {
    struct signature *list;
    size_t count;
};

/*
 * STATUS_DONE with count 0 for a file without signature; STATUS_BAD_INPUT, reported, for one that is malformed.
 * `roots` may be NULL: then no chain is trusted.
 */
enum status authenticode_read_pe(const char *place, const struct bytes *file, X509_STORE *roots,
                                 struct signatures *out);
enum status authenticode_read_catalog(const char *place, const struct bytes *file, X509_STORE *roots,
                                      struct signatures *out);
void signatures_free(struct signatures *signatures);

#endif
