/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* SHA-256 of what comes in pieces, and of files of any length. */
#ifndef AEROW7_FILE_DIGEST_H
#define AEROW7_FILE_DIGEST_H

#include "base/diag.h"
#include "base/digest.h"

#include <stdint.h>

struct sha256_stream {
    void *state;
};
/* A stream may be begun again after its end. The program ends where libcrypto has no SHA-256, as with sha256_text. */
void sha256_begin(struct sha256_stream *stream);
void sha256_add(struct sha256_stream *stream, const void *data, size_t size);
void sha256_end(struct sha256_stream *stream, char out[SHA256_TEXT_SIZE]);
void sha256_free(struct sha256_stream *stream);

/* `size` may be NULL. */
enum status file_sha256(const char *path, char out[SHA256_TEXT_SIZE], uint64_t *size);

#endif
