/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "fuzz_der.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NODES_LIMIT 4096
#define GROWTH 64
#define NO_PARENT SIZE_MAX
#define HEADER_LIMIT 6

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t limit);

struct node {
    size_t at;     /* of the tag */
    size_t header; /* tag and length */
    size_t content;
    size_t parent;
};

struct nodes {
    struct node list[NODES_LIMIT];
    size_t count;
};

static size_t total(const struct node *node)
{
    return node->header + node->content;
}

static bool read_header(const uint8_t *data, size_t at, size_t end, struct node *node)
{
    size_t bytes;

    if (end - at < 2) {
        return false;
    }
    node->at = at;
    node->header = 2;
    node->content = data[at + 1];
    if ((data[at + 1] & 0x80) != 0) {
        bytes = data[at + 1] & 0x7F;
        if (bytes == 0 || bytes > 4 || end - at < 2 + bytes) {
            return false;
        }
        node->content = 0;
        for (size_t i = 0; i < bytes; ++i) {
            node->content = node->content << 8 | data[at + 2 + i];
        }
        node->header += bytes;
    }
    return node->content <= end - at - node->header;
}

/* Constructed values, and octets that look like one: catalog attributes are DER in an OCTET STRING. */
static void read_nodes(const uint8_t *data, size_t begin, size_t end, size_t parent, struct nodes *nodes)
{
    struct node node;

    while (begin < end && nodes->count < NODES_LIMIT && read_header(data, begin, end, &node)) {
        size_t content = begin + node.header;

        node.parent = parent;
        nodes->list[nodes->count++] = node;
        if ((data[begin] & 0x20) != 0 || (data[begin] == 4 && node.content > 1 && data[content] == 0x30)) {
            read_nodes(data, content, content + node.content, nodes->count - 1, nodes);
        }
        begin += total(&node);
    }
}

static size_t write_header(uint8_t tag, size_t content, uint8_t out[HEADER_LIMIT])
{
    size_t bytes = content > 0xFFFFFF ? 4 : content > 0xFFFF ? 3 : content > 0xFF ? 2 : 1;

    out[0] = tag;
    if (content < 0x80) {
        out[1] = (uint8_t)content;
        return 2;
    }
    out[1] = (uint8_t)(0x80 | bytes);
    for (size_t i = 0; i < bytes; ++i) {
        out[2 + i] = (uint8_t)(content >> 8 * (bytes - 1 - i));
    }
    return 2 + bytes;
}

/* Puts `with` where `count` bytes were. `data` has room for what becomes of `size`. */
static size_t splice(uint8_t *data, size_t size, size_t at, size_t count, const uint8_t *with, size_t with_size)
{
    memmove(data + at + with_size, data + at + count, size - at - count);
    memcpy(data + at, with, with_size);
    return size - count + with_size;
}

/* The same within a node, whose parents then get the lengths that they need, from the innermost on. */
static size_t replace(uint8_t *data, size_t size, const struct nodes *nodes, const struct node *node,
                      const uint8_t *with, size_t with_size)
{
    size_t old = total(node);
    size_t parent = node->parent;
    size_t grown = with_size;

    size = splice(data, size, node->at, old, with, with_size);
    while (parent != NO_PARENT) {
        const struct node *outer = &nodes->list[parent];
        uint8_t header[HEADER_LIMIT];
        size_t content = outer->content - old + grown;
        size_t header_size = write_header(data[outer->at], content, header);

        size = splice(data, size, outer->at, outer->header, header, header_size);
        old = total(outer);
        grown = header_size + content;
        parent = outer->parent;
    }
    return size;
}

/* What stands in the node's place, in at most total(node) + total(other) + GROWTH + HEADER_LIMIT bytes. */
static size_t change(const uint8_t *data, const struct node *node, const struct node *other, unsigned how, uint8_t *out)
{
    size_t content;
    size_t header;

    switch (how % 6) {
    case 0: /* gone */
        return 0;
    case 1: /* twice */
        memcpy(out, data + node->at, total(node));
        memcpy(out + total(node), data + node->at, total(node));
        return 2 * total(node);
    case 2: /* another one */
        memcpy(out, data + other->at, total(other));
        return total(other);
    case 3: /* another one behind it */
        memcpy(out, data + node->at, total(node));
        memcpy(out + total(node), data + other->at, total(other));
        return total(node) + total(other);
    case 4: /* of another type */
        memcpy(out, data + node->at, total(node));
        out[0] = data[other->at];
        return total(node);
    default:
        memcpy(out + HEADER_LIMIT, data + node->at + node->header, node->content);
        content = LLVMFuzzerMutate(out + HEADER_LIMIT, node->content, node->content + GROWTH);
        header = write_header(data[node->at], content, out);
        memmove(out + header, out + HEADER_LIMIT, content);
        return header + content;
    }
}

size_t fuzz_der_mutate(uint8_t *data, size_t size, size_t limit, unsigned seed)
{
    static struct nodes nodes;
    uint8_t *out;
    uint8_t *with;
    size_t made;

    nodes.count = 0;
    read_nodes(data, 0, size, NO_PARENT, &nodes);
    if (nodes.count == 0 || seed % 8 == 0) {
        return LLVMFuzzerMutate(data, size, limit);
    }
    srand(seed);
    with = malloc(2 * size + GROWTH + HEADER_LIMIT);
    /* Each parent's header may grow by all that a header has. */
    out = malloc(3 * size + GROWTH + HEADER_LIMIT + nodes.count * HEADER_LIMIT);
    if (with == NULL || out == NULL) {
        abort();
    }
    memcpy(out, data, size);
    {
        const struct node *node = &nodes.list[(size_t)rand() % nodes.count];
        const struct node *other = &nodes.list[(size_t)rand() % nodes.count];
        /* Values themselves are what is changed most. */
        unsigned how = rand() % 2 == 0 ? 5 : (unsigned)rand();

        made = change(data, node, other, how, with);
        made = replace(out, size, &nodes, node, with, made);
    }
    if (made > 0 && made <= limit) {
        memcpy(data, out, made);
    } else {
        made = LLVMFuzzerMutate(data, size, limit);
    }
    free(out);
    free(with);
    return made;
}
