/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Whose root a message's certificates lead to. Links between the certificates in the message are checked; the last
 * issuer's certificate is not in it, so that it is the one named is the message's claim: Windows knows that root by its
 * key, which is not in this program.
 */
#ifndef AEROW7_AUTHORITY_H
#define AEROW7_AUTHORITY_H

#include <openssl/x509.h>

enum authority {
    AUTHORITY_UNKNOWN,      /* ends at an issuer that says nothing about kernel mode */
    AUTHORITY_SELF_SIGNED,  /* ends at a self-signed certificate: a test certificate, or a root of one's own */
    AUTHORITY_CROSS_SIGNED, /* ends at Microsoft Code Verification Root, by a cross certificate */
    AUTHORITY_MICROSOFT,    /* ends at one of Microsoft's product roots: WHQL, or Windows itself */
};

/* `name` is where it ends, in RFC 2253; the caller frees it. `others` may be NULL. */
enum authority authority_of(X509 *signer, const STACK_OF(X509) * others, char **name);

#endif
