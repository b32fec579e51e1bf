/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Descriptor chains as a strict device reads them: VIRTIO 1.x "The Virtqueue Descriptor Table", "Indirect Descriptors"
 * and "Message Framing".
 */
#include <stdlib.h>
#include <string.h>

#include "guest_ram.h"
#include "model_internal.h"
#include "verifier.h"

#define DESC_BYTES 16u
enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 };

static struct model_desc read_desc(uint64_t place)
{
    struct model_desc desc = {.place = place};
    uint8_t bytes[DESC_BYTES];

    dma_read(place, bytes, sizeof bytes);
    memcpy(&desc.address, bytes, 8);
    memcpy(&desc.length, bytes + 8, 4);
    memcpy(&desc.flags, bytes + 12, 2);
    memcpy(&desc.next, bytes + 14, 2);
    return desc;
}

static bool add_element(struct model *m, struct model_chain *chain, const struct model_desc *desc)
{
    uint64_t *bytes = (desc->flags & DESC_WRITE) != 0 ? &chain->writable : &chain->readable;

    if (chain->count == chain->queue->size) {
        model_rule(m, RULE_CHAIN_LENGTH, "the buffer of head %u has more than %u elements", chain->head,
                   chain->queue->size);
        return false;
    }
    if ((desc->flags & DESC_WRITE) == 0 && chain->writable != 0) {
        model_rule(m, RULE_DESC_ORDER, "element %u of head %u is device-readable after a device-writable one",
                   chain->count, chain->head);
        return false;
    }
    if (desc->length == 0) {
        model_rule(m, RULE_DESC_EMPTY, "element %u of head %u has no bytes", chain->count, chain->head);
    }
    *bytes += desc->length;
    if (chain->readable + chain->writable > 1ull << 32) {
        model_rule(m, RULE_CHAIN_BYTES, "the buffer of head %u is longer than 2^32 bytes", chain->head);
        return false;
    }
    if (chain->count == chain->capacity) {
        chain->capacity = chain->capacity != 0 ? 2 * chain->capacity : 8;
        chain->desc = realloc(chain->desc, chain->capacity * sizeof *chain->desc);
        if (chain->desc == NULL) {
            environment_failed("out of memory");
        }
    }
    chain->desc[chain->count++] = *desc;
    return true;
}

static bool check_flags(struct model *m, const struct model_chain *chain, const struct model_desc *desc)
{
    if ((desc->flags & ~(DESC_NEXT | DESC_WRITE | DESC_INDIRECT)) != 0) {
        model_rule(m, RULE_DESC_FLAGS, "a descriptor of head %u has flags 0x%x", chain->head, desc->flags);
    }
    if ((desc->flags & DESC_INDIRECT) == 0) {
        return true;
    }
    if (!model_accepted(m, F_RING_INDIRECT)) {
        model_rule(m, RULE_INDIRECT_UNNEGOTIATED, "head %u has an indirect descriptor", chain->head);
        return false;
    }
    if ((desc->flags & DESC_NEXT) != 0) {
        model_rule(m, RULE_INDIRECT_NEXT, "head %u has a descriptor with both INDIRECT and NEXT", chain->head);
        return false;
    }
    if (desc->length == 0 || desc->length % DESC_BYTES != 0) {
        model_rule(m, RULE_INDIRECT_LENGTH, "the indirect table of head %u has %u bytes", chain->head, desc->length);
        return false;
    }
    return true;
}

static bool walk_table(struct model *m, struct model_chain *chain, const struct model_desc *pointer)
{
    uint32_t entries = pointer->length / DESC_BYTES, index = 0;

    chain->indirect = *pointer;
    for (uint32_t taken = 0;; taken++) {
        struct model_desc desc;

        if (taken == entries) {
            model_rule(m, RULE_DESC_LOOP, "the indirect table of head %u loops", chain->head);
            return false;
        }
        desc = read_desc(pointer->address + (uint64_t)index * DESC_BYTES);
        if ((desc.flags & DESC_INDIRECT) != 0) {
            model_rule(m, RULE_INDIRECT_NESTED, "entry %u of the indirect table of head %u", index, chain->head);
            return false;
        }
        if (!check_flags(m, chain, &desc) || !add_element(m, chain, &desc)) {
            return false;
        }
        if ((desc.flags & DESC_NEXT) == 0) {
            return true;
        }
        index = desc.next;
        if (index >= entries) {
            model_rule(m, RULE_DESC_INDEX, "entry %u of the indirect table of head %u, which has %u", index,
                       chain->head, entries);
            return false;
        }
    }
}

static bool take_descriptor(struct model *m, struct model_chain *chain, uint32_t index)
{
    struct model_queue *q = chain->queue;

    if (index >= q->size) {
        model_rule(m, RULE_DESC_INDEX, "descriptor %u of queue %u, which has %u (head %u)", index, q->index, q->size,
                   chain->head);
        return false;
    }
    if (q->busy[index] == chain->head + 1) {
        model_rule(m, RULE_DESC_LOOP, "the chain of head %u comes back to descriptor %u", chain->head, index);
        return false;
    }
    if (q->busy[index] != 0) {
        model_rule(m, RULE_DESC_SHARED, "descriptor %u of head %u belongs to head %u, which is outstanding", index,
                   chain->head, q->busy[index] - 1u);
        return false;
    }
    q->busy[index] = (uint16_t)(chain->head + 1);
    return true;
}

static bool walk(struct model *m, struct model_chain *chain)
{
    struct model_queue *q = chain->queue;
    uint32_t index = chain->head;

    for (;;) {
        struct model_desc desc;

        if (!take_descriptor(m, chain, index)) {
            return false;
        }
        desc = read_desc(q->desc + (uint64_t)index * DESC_BYTES);
        if (!check_flags(m, chain, &desc)) {
            return false;
        }
        if ((desc.flags & DESC_INDIRECT) != 0) {
            return walk_table(m, chain, &desc);
        }
        if (!add_element(m, chain, &desc)) {
            return false;
        }
        if ((desc.flags & DESC_NEXT) == 0) {
            return true;
        }
        index = desc.next;
    }
}

struct model_chain *model_chain_fetch(struct model *m, struct model_queue *q, uint16_t head)
{
    struct model_chain *chain = calloc(1, sizeof *chain);

    if (chain == NULL) {
        environment_failed("out of memory");
    }
    chain->queue = q;
    chain->head = head;
    if (head < q->size && q->busy[head] == head + 1) {
        model_rule(m, RULE_DESC_SHARED, "head %u was made available again before it was used", head);
        free(chain); /* its descriptors are the first one's */
        return NULL;
    }
    if (!walk(m, chain)) {
        model_chain_free(chain);
        return NULL;
    }
    return chain;
}

static void check_desc(struct model *m, const struct model_chain *chain, const struct model_desc *was)
{
    struct model_desc now = read_desc(was->place);

    if (now.address != was->address || now.length != was->length || now.flags != was->flags ||
        ((was->flags & DESC_NEXT) != 0 && now.next != was->next)) {
        model_rule(m, RULE_DESC_CHANGED, "a descriptor of head %u changed while the device owned it", chain->head);
    }
}

void model_chain_check_unchanged(struct model *m, const struct model_chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++) {
        check_desc(m, chain, &chain->desc[i]);
    }
    if (chain->indirect.place != 0) {
        check_desc(m, chain, &chain->indirect);
    }
}

void model_chain_free(struct model_chain *chain)
{
    struct model_queue *q = chain->queue;

    for (unsigned i = 0; q->busy != NULL && i < q->size; i++) {
        if (q->busy[i] == chain->head + 1) {
            q->busy[i] = 0;
        }
    }
    free(chain->desc);
    free(chain);
}

/* ---- contents ---- */

typedef void transfer(uint64_t physical, uint8_t *buffer, size_t bytes);

static void from_memory(uint64_t physical, uint8_t *buffer, size_t bytes)
{
    dma_read(physical, buffer, bytes);
}

static void to_memory(uint64_t physical, uint8_t *buffer, size_t bytes)
{
    dma_write(physical, buffer, bytes);
}

static void move(const struct model_chain *chain, unsigned write, uint64_t offset, uint8_t *buffer, size_t bytes,
                 transfer *transfer_part)
{
    for (unsigned i = 0; i < chain->count && bytes != 0; i++) {
        const struct model_desc *desc = &chain->desc[i];
        size_t part;

        if ((desc->flags & DESC_WRITE) != write) {
            continue;
        }
        if (offset >= desc->length) {
            offset -= desc->length;
            continue;
        }
        part = desc->length - (size_t)offset;
        if (part > bytes) {
            part = bytes;
        }
        transfer_part(desc->address + offset, buffer, part);
        buffer += part;
        bytes -= part;
        offset = 0;
    }
}

void model_chain_read(const struct model_chain *chain, uint64_t offset, void *buffer, size_t bytes)
{
    move(chain, 0, offset, buffer, bytes, from_memory);
}

void model_chain_write(const struct model_chain *chain, uint64_t offset, const void *buffer, size_t bytes)
{
    move(chain, DESC_WRITE, offset, (uint8_t *)(uintptr_t)buffer, bytes, to_memory);
}
