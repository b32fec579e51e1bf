/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Mutations that know DER: a value is changed, removed, doubled or put elsewhere, and the lengths of all that it lies
 * in are made right again. Without this nearly every mutation ends at a length that reaches beyond its parent.
 */
#ifndef FUZZ_DER_H
#define FUZZ_DER_H

#include <stddef.h>
#include <stdint.h>

/* What LLVMFuzzerCustomMutator returns: the new size, at most `limit`. */
size_t fuzz_der_mutate(uint8_t *data, size_t size, size_t limit, unsigned seed);

#endif
