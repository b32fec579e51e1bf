/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Authenticode signatures, made: PE files (embedded) and catalogs. The same input, key and options give the same bytes:
 * PKCS#1 v1.5, no signing time.
 */
#ifndef AEROW7_AUTHENTICODE_H
#define AEROW7_AUTHENTICODE_H

#include "base/file_io.h"
#include "sign/signer.h"

#include <stdbool.h>

enum sign_digest {
    SIGN_SHA1,   /* what Windows 7 SP1 as released accepts */
    SIGN_SHA256, /* needs KB3033929 or KB4474419 */
    SIGN_DUAL,   /* SHA-1, with SHA-256 nested; for PE files only, a catalog gets SHA-1 */
};

struct sign_options {
    enum sign_digest digest;
    bool page_hashes; /* of no meaning for catalogs */
};

/* An existing signature is replaced. `place` is for messages; `out` is freed by the caller. */
enum status authenticode_sign_pe(const char *place, const struct bytes *in, const struct signer *signer,
                                 const struct sign_options *options, struct bytes *out);
enum status authenticode_sign_catalog(const char *place, const struct bytes *in, const struct signer *signer,
                                      const struct sign_options *options, struct bytes *out);

#endif
