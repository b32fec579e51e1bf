/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Data buffers in guest RAM, and the scatter/gather lists made of them.
 */
#include "storport_internal.h"

#include <stdlib.h>
#include <string.h>

#define MARGIN_BYTES 512u /* keeps the buffer as aligned as the largest AlignmentMask asks */
#define MARGIN_PATTERN 0xEC

struct io_buffer *io_buffer_create(adapter *a, uint32_t bytes, uint32_t offset)
{
    struct io_buffer *buffer = calloc(1, sizeof(*buffer));
    bool low = (a->agreed.Dma64BitAddresses & SCSI_DMA64_MINIPORT_SUPPORTED) == 0;
    uint8_t *memory;

    if (buffer == NULL)
        environment_failed("out of memory");
    buffer->before = MARGIN_BYTES;
    buffer->after = offset;
    buffer->size = bytes;
    memory = buffer->allocation =
        ram_alloc((size_t)buffer->before + bytes + offset, low ? RAM_BELOW_4G : 0, "data buffer");
    memset(memory, MARGIN_PATTERN, buffer->before);
    memset(memory + buffer->before + bytes, MARGIN_PATTERN, offset);
    buffer->bytes = memory + buffer->before;
    return buffer;
}

void io_buffer_destroy(struct io_buffer *buffer)
{
    const uint8_t *memory;

    if (buffer == NULL)
        return;
    memory = buffer->allocation;
    for (uint32_t i = 0; i < buffer->before; i++) {
        if (memory[i] != MARGIN_PATTERN)
            rule_broken("buffer-overrun", "byte %u before a data buffer of %u bytes was overwritten",
                        buffer->before - i, buffer->size);
    }
    for (uint32_t i = 0; i < buffer->after; i++) {
        if (buffer->bytes[buffer->size + i] != MARGIN_PATTERN)
            rule_broken("buffer-overrun", "byte %u after a data buffer of %u bytes was overwritten", i, buffer->size);
    }
    ram_free(buffer->allocation);
    free(buffer);
}

uint64_t io_buffer_checksum(const struct io_buffer *buffer, uint32_t bytes)
{
    uint64_t hash = 0xCBF29CE484222325ull, word;
    uint32_t i = 0;

    for (; i + 8 <= bytes; i += 8) {
        memcpy(&word, buffer->bytes + i, 8);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
        hash ^= hash >> 29;
    }
    for (; i < bytes; i++)
        hash = (hash ^ buffer->bytes[i]) * 0x100000001B3ull;
    return hash;
}

void request_check_buffer(const struct request *r)
{
    if (r->buffer != NULL && r->checksum_bytes != 0 && io_buffer_checksum(r->buffer, r->checksum_bytes) != r->checksum)
        rule_broken("buffer-changed-after-completion",
                    "%u bytes of a completed request (CDB %02x) changed after RequestComplete", r->checksum_bytes,
                    r->cdb[0]);
}

uint32_t adapter_transfer_limit(const adapter *a)
{
    /* classpnp counts one page less than MaximumPhysicalPages, for a buffer that does not start at a page border. */
    uint64_t by_pages = a->agreed.NumberOfPhysicalBreaks > 1
                            ? (uint64_t)(a->agreed.NumberOfPhysicalBreaks - 1) * PAGE_BYTES
                            : PAGE_BYTES;
    uint64_t limit = a->agreed.MaximumTransferLength < by_pages ? a->agreed.MaximumTransferLength : by_pages;

    return limit > 0x7FFFF000u ? 0x7FFFF000u : (uint32_t)limit & ~(PAGE_BYTES - 1);
}
