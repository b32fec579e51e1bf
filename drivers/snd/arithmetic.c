/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "arithmetic.h"

#if UINTPTR_MAX > UINT32_MAX
uint64_t SndDivide(uint64_t dividend, uint64_t divisor)
{
    return divisor != 0 ? dividend / divisor : UINT64_MAX;
}
#else
static uint64_t DivideBits(uint64_t dividend, uint64_t divisor)
{
    uint64_t quotient = 0, rest = 0;

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

/* A compiler would call its run-time library. */
uint64_t SndDivide(uint64_t dividend, uint64_t divisor)
{
    if (divisor == 0) {
        return UINT64_MAX;
    }
#ifdef __i386__
    if (divisor <= UINT32_MAX) { /* high half first; its rest is less than the divisor, so the second quotient fits */
        uint32_t high, low, rest;

        __asm__("divl %4" : "=a"(high), "=d"(rest) : "0"((uint32_t)(dividend >> 32)), "1"(0), "rm"((uint32_t)divisor));
        __asm__("divl %4" : "=a"(low), "=d"(rest) : "0"((uint32_t)dividend), "1"(rest), "rm"((uint32_t)divisor));
        return (uint64_t)high << 32 | low;
    }
#endif
    return DivideBits(dividend, divisor);
}
#endif

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
