/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/digest.h"

#include "base/diag.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

void sha256_text(const void *data, size_t size, char out[SHA256_TEXT_SIZE])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;

    if (EVP_Digest(data, size, digest, &length, EVP_sha256(), NULL) != 1 || length != 32) {
        diag_error("SHA-256", "libcrypto does not provide it");
        exit(STATUS_NOT_WRITTEN);
    }
    for (unsigned int i = 0; i < length; ++i) {
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
}
