/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* SHA-256 as lower-case hexadecimal text. */
#ifndef AEROW7_DIGEST_H
#define AEROW7_DIGEST_H

#include <stddef.h>

#define SHA256_TEXT_SIZE 65 /* 64 digits and the terminating zero */

void sha256_text(const void *data, size_t size, char out[SHA256_TEXT_SIZE]);

#endif
