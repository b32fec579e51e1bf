/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sg.h"

#include <stddef.h>

bool SndCyclicCheck(const SND_CYCLIC *cyclic)
{
    return cyclic->Pfns != NULL && cyclic->Base != NULL && cyclic->Bytes != 0 &&
           cyclic->Bytes <= SND_CYCLIC_BYTES_MAX && cyclic->Offset < SND_PAGE_BYTES &&
           (cyclic->Offset + cyclic->Bytes + SND_PAGE_BYTES - 1) >> SND_PAGE_SHIFT <= cyclic->PageCount;
}

/* Appends a range that does not wrap. */
static bool Append(const SND_CYCLIC *cyclic, uint32_t offset, uint32_t bytes, uint16_t flags, VIRTQ_DESC *table,
                   uint32_t max, uint32_t *count)
{
    uint32_t at = cyclic->Offset + offset;

    while (bytes != 0) {
        uint32_t within = at & (SND_PAGE_BYTES - 1);
        uint32_t piece = SND_PAGE_BYTES - within < bytes ? SND_PAGE_BYTES - within : bytes;
        uint64_t address = ((uint64_t)cyclic->Pfns[at >> SND_PAGE_SHIFT] << SND_PAGE_SHIFT) + within;
        VIRTQ_DESC *last = *count != 0 ? &table[*count - 1] : NULL;

        if (last != NULL && last->Address + last->Length == address) {
            last->Length += piece;
        } else if (*count == max) {
            return false;
        } else {
            table[*count].Address = address;
            table[*count].Length = piece;
            table[*count].Flags = flags;
            (*count)++;
        }
        at += piece;
        bytes -= piece;
    }
    return true;
}

bool SndSgBuild(const SND_CYCLIC *cyclic, uint32_t offset, uint32_t bytes, uint16_t flags, VIRTQ_DESC *table,
                uint32_t max, uint32_t *count)
{
    uint32_t first;

    *count = 0;
    if (bytes == 0 || bytes > cyclic->Bytes || offset >= cyclic->Bytes) {
        return false;
    }
    first = bytes < cyclic->Bytes - offset ? bytes : cyclic->Bytes - offset;
    if (Append(cyclic, offset, first, flags, table, max, count) &&
        Append(cyclic, 0, bytes - first, flags, table, max, count)) {
        return true;
    }
    *count = 0;
    return false;
}
