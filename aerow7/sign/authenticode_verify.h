/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Authenticode signatures, judged: is the signature mathematically right, over this very content, by whom, and up to
 * which root. What Windows 7 makes of that is windows7_verdict.h. Input is untrusted.
 */
#ifndef AEROW7_AUTHENTICODE_VERIFY_H
#define AEROW7_AUTHENTICODE_VERIFY_H

#include "base/file_io.h"
#include "base/report.h"
#include "sign/authority.h"

#include <openssl/x509.h>
#include <stdbool.h>

/* One SignerInfo; nested ones follow their outer one. Strings are NULL when the message does not say. */
struct signature {
    char *digest;             /* of the signature: "sha1", "sha256" */
    char *file_digest;        /* that the signed content has of a PE file; NULL for a catalog */
    char *certificate_digest; /* of the signature on the signer's certificate */
    char *subject;            /* of the signer's certificate, RFC 2253; NULL when it is not in the message */
    char *issuer;
    char *thumbprint; /* SHA-1 of the certificate, upper-case hexadecimal */
    char *not_before;
    char *not_after;
    bool nested;
    bool content_matches; /* the signed digest is that of the content */
    bool signature_valid; /* under the signer's public key */
    bool signs_code;      /* the certificate allows it */
    bool in_time; /* the certificate was valid at the timestamp (without roots an untrusted one does), or is now */
    bool chain_trusted; /* up to one of the roots given */
    bool timestamped;   /* a timestamp over this signature is mathematically right */
    bool timestamp_trusted;
    bool page_hashes;
    bool page_hashes_match;
    char *timestamp; /* its time */
    enum authority authority;
    char *authority_name; /* where the message's certificates end */
    char *fault;          /* the first thing wrong with the signature itself, NULL when nothing is */
    char *chain_fault;    /* why the chain is not trusted, NULL when it is */
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

/* Valid, over this content, page hashes too when there are some, by a certificate for code. The chain is apart. */
bool signature_good(const struct signature *signature);

#endif
