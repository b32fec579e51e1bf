/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the fuzz target and its seeds agree on: the kinds of input, and a signer made anew in each process. */
#ifndef SIGN_INPUT_H
#define SIGN_INPUT_H

#include "base/file_io.h"
#include "sign/signer.h"

#include <stdint.h>

enum { SIGN_INPUT_MESSAGE, SIGN_INPUT_FILE, SIGN_INPUT_CATALOG };

void sign_input_signer(struct signer *signer);

/* The file that such an input stands for; the caller frees it. A message goes behind `image`. */
void sign_input_file(unsigned kind, const uint8_t *image, const uint8_t *data, size_t size, struct bytes *out);

#endif
