/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "small_pe.h"

#include <string.h>

static void put(uint8_t *at, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static void put_section(uint8_t *at, uint32_t address, uint32_t offset)
{
    memcpy(at, ".part", 5);
    put(at + 8, 4, 0x1F3);
    put(at + 12, 4, address);
    put(at + 16, 4, 0x200);
    put(at + 20, 4, offset);
    put(at + 36, 4, 0x60000020);
}

void small_pe_make(bool plus, uint8_t *out)
{
    uint8_t *header = out + 0x40;
    uint8_t *optional = header + 24;
    uint32_t optional_size = plus ? 240 : 224;

    memset(out, 0, SMALL_PE_SIZE);
    memcpy(out, "MZ", 2);
    put(out + 0x3C, 4, 0x40);
    memcpy(header, "PE", 2);
    put(header + 4, 2, plus ? 0x8664 : 0x14C);
    put(header + 6, 2, 2);
    put(header + 20, 2, optional_size);
    put(header + 22, 2, 0x22);
    put(optional, 2, plus ? 0x20B : 0x10B);
    put(optional + 32, 4, 0x1000); /* SectionAlignment */
    put(optional + 36, 4, 0x200);
    put(optional + 56, 4, 0x3000); /* SizeOfImage */
    put(optional + 60, 4, 0x200);  /* SizeOfHeaders */
    put(optional + 68, 2, 1);
    put(optional + (plus ? 108 : 92), 4, 16);
    put_section(optional + optional_size, 0x1000, 0x200);
    put_section(optional + optional_size + 40, 0x2000, 0x400);
    memset(out + 0x200, 0xC3, 0x1F3);
    memset(out + 0x400, 0x5A, 0x1F3);
}
