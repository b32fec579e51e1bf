/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "arithmetic.h"

uint64_t SndDivide(uint64_t dividend, uint64_t divisor)
{
    uint64_t quotient = 0, rest = 0;

    if (divisor == 0) {
        return UINT64_MAX;
    }
    for (int bit = 63; bit >= 0; bit--) {
        uint64_t carry = rest >> 63;

        rest = rest << 1 | (dividend >> bit & 1);
        if (carry != 0 || rest >= divisor) {
            rest -= divisor;
            quotient |= 1ull << bit;
        }
    }
    return quotient;
}

uint64_t SndScale(uint64_t value, uint32_t multiplier, uint8_t shift)
{
    uint64_t low = (uint64_t)(uint32_t)value * multiplier;
    uint64_t high = (value >> 32) * multiplier + (low >> 32); /* in units of 2^32; cannot overflow */

    if (shift >= 32) {
        return high >> (shift - 32);
    }
    if (high >> (32 + shift) != 0) {
        return UINT64_MAX;
    }
    return high << (32 - shift) | (uint32_t)low >> shift;
}
