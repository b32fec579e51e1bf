/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What fuzz targets share: bytes taken from the input one after the other, and a check that stops the fuzzer. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_CHECK(condition)                                                       \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

struct fuzz_input {
    const uint8_t *data;
    size_t left;
};

/* 0 when the input has ended. */
static inline uint8_t fuzz_byte(struct fuzz_input *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->data++;
}

static inline uint32_t fuzz_word(struct fuzz_input *input, unsigned bytes)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint32_t)fuzz_byte(input) << (8 * i);
    }
    return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
