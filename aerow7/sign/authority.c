/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sign/authority.h"

#include "sign/certificate_file.h"

#include <openssl/err.h>
#include <stdbool.h>
#include <string.h>

enum { DEPTH_LIMIT = 16 };

static bool issued(X509 *issuer, X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    bool done = X509_NAME_cmp(X509_get_subject_name(issuer), X509_get_issuer_name(certificate)) == 0 && key != NULL &&
                X509_verify(certificate, key) == 1;

    ERR_clear_error();
    return done;
}

static bool self_issued(const X509 *certificate)
{
    return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

/* A root and its cross certificate have one name and one key: the latter leads further. */
static X509 *find_issuer(X509 *certificate, const STACK_OF(X509) * others)
{
    X509 *found = NULL;

    for (int i = 0; i < sk_X509_num(others); ++i) {
        X509 *candidate = sk_X509_value(others, i);

        if (candidate != certificate && issued(candidate, certificate) && (found == NULL || self_issued(found))) {
            found = candidate;
        }
    }
    return found;
}

static bool common_name_is(const X509_NAME *name, const char *wanted)
{
    char text[128] = "";
    int length = X509_NAME_get_text_by_NID(name, NID_commonName, text, sizeof(text));

    return length > 0 && (size_t)length == strlen(wanted) && strcmp(text, wanted) == 0;
}

static enum authority by_name(const X509_NAME *name)
{
    static const char *const microsoft[] = {"Microsoft Root Authority", "Microsoft Root Certificate Authority",
                                            "Microsoft Root Certificate Authority 2010",
                                            "Microsoft Root Certificate Authority 2011"};

    if (common_name_is(name, "Microsoft Code Verification Root")) {
        return AUTHORITY_CROSS_SIGNED;
    }
    for (size_t i = 0; i < sizeof(microsoft) / sizeof(microsoft[0]); ++i) {
        if (common_name_is(name, microsoft[i])) {
            return AUTHORITY_MICROSOFT;
        }
    }
    return AUTHORITY_UNKNOWN;
}

enum authority authority_of(X509 *signer, const STACK_OF(X509) * others, char **name)
{
    X509 *at = signer;

    for (int depth = 0; depth < DEPTH_LIMIT; ++depth) {
        X509 *issuer = self_issued(at) ? NULL : find_issuer(at, others);

        if (issuer == NULL) {
            break;
        }
        at = issuer;
    }
    *name = name_text(X509_get_issuer_name(at));
    return self_issued(at) ? AUTHORITY_SELF_SIGNED : by_name(X509_get_issuer_name(at));
}
