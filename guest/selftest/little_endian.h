/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Fields of buffers that drivers fill: read and written by offset, so that nothing hangs on a compiler's layout. */
#ifndef SELFTEST_LITTLE_ENDIAN_H
#define SELFTEST_LITTLE_ENDIAN_H

#include <stdint.h>

static inline uint16_t get16(const uint8_t *bytes, uint32_t offset)
{
    return (uint16_t)(bytes[offset] | bytes[offset + 1] << 8);
}

static inline uint32_t get32(const uint8_t *bytes, uint32_t offset)
{
    return (uint32_t)get16(bytes, offset) | (uint32_t)get16(bytes, offset + 2) << 16;
}

static inline uint64_t get64(const uint8_t *bytes, uint32_t offset)
{
    return (uint64_t)get32(bytes, offset) | (uint64_t)get32(bytes, offset + 4) << 32;
}

static inline void put32(uint8_t *bytes, uint32_t offset, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++) {
        bytes[offset + i] = (uint8_t)(value >> (8 * i));
    }
}

#endif
