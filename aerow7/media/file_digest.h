/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The SHA-256 of a file of any length, read in pieces. */
#ifndef AEROW7_FILE_DIGEST_H
#define AEROW7_FILE_DIGEST_H

#include "base/diag.h"
#include "base/digest.h"

#include <stdint.h>

/* `size` may be NULL. */
enum status file_sha256(const char *path, char out[SHA256_TEXT_SIZE], uint64_t *size);

#endif
