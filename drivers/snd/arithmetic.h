/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * 64-bit arithmetic that a 32-bit driver can have without a compiler's run-time library. Pure functions, any IRQL.
 */
#ifndef AERO_SND_ARITHMETIC_H
#define AERO_SND_ARITHMETIC_H

#include <stdint.h>

/* Rounded down; UINT64_MAX when the divisor is 0. */
uint64_t SndDivide(uint64_t dividend, uint64_t divisor);

/* value * multiplier >> shift without losing bits on the way; shift below 64; UINT64_MAX when the result is larger. */
uint64_t SndScale(uint64_t value, uint32_t multiplier, uint8_t shift);

#endif
