/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The structure of a hive, read by nobody else's code: base block, bins, cells, and every key that is reached from the
 * root, with its lists, values and security. Each cell may be reached once only, so the walk ends and what is cut off
 * from one key cannot appear below another.
 */
#include "offline/hive.h"

#include <stdlib.h>
#include <string.h>

#define BASE_BLOCK 4096u
#define BIN_HEADER 32u
#define NO_CELL 0xFFFFFFFFu
#define DEPTH_LIMIT 512u    /* "The maximum depth of a registry tree is 512 levels" (Registry Element Size Limits) */
#define KEY_NAME_LIMIT 512u /* bytes of UTF-16: 255 characters */
#define VALUE_NAME_LIMIT 32768u /* bytes: 16,383 characters */
#define INLINE_DATA 0x80000000u
#define COMPRESSED_KEY 0x20u
#define COMPRESSED_VALUE 0x1u
#define BIG_DATA 16344u

struct walk {
    const uint8_t *bins; /* the bins, one after the other; cell offsets count from here */
    uint32_t size;
    uint8_t *seen; /* one bit for 8 bytes: an allocated cell begins here; the next array: it was reached */
    uint8_t *reached;
    uint32_t minor;
    char *fault;
};

struct cell {
    uint32_t offset;
    const uint8_t *data;
    uint32_t size; /* of data */
};

static uint16_t u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static bool bit(const uint8_t *bits, uint32_t offset)
{
    return (bits[offset / 64] >> (offset / 8 % 8) & 1) != 0;
}

static void set_bit(uint8_t *bits, uint32_t offset)
{
    bits[offset / 64] = (uint8_t)(bits[offset / 64] | 1u << (offset / 8 % 8));
}

/* Of an allocated cell, its own four bytes included: allocated cells have negative sizes. */
static uint32_t cell_size(const struct walk *walk, uint32_t offset)
{
    return 0u - u32(walk->bins + offset);
}

/* The first fault stays. */
__attribute__((format(printf, 2, 3))) static bool fail(struct walk *walk, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (walk->fault == NULL) {
        walk->fault = xvformat(format, arguments);
    }
    va_end(arguments);
    return false;
}

/* A cell of at least `least` bytes of content with this signature (NULL: any), reached for the first time. */
static bool take(struct walk *walk, uint32_t offset, const char *signature, uint32_t least, struct cell *cell)
{
    *cell = (struct cell){.offset = offset};
    if (offset % 8 != 0 || offset >= walk->size || !bit(walk->seen, offset)) {
        return fail(walk, "there is no cell at 0x%X", offset);
    }
    cell->data = walk->bins + offset + 4;
    cell->size = cell_size(walk, offset) - 4;
    if (bit(walk->reached, offset)) {
        return fail(walk, "the cell at 0x%X is used twice", offset);
    }
    set_bit(walk->reached, offset);
    if (cell->size < least || (signature != NULL && memcmp(cell->data, signature, 2) != 0)) {
        return fail(walk, "the cell at 0x%X is not what is expected there (%s)", offset,
                    signature != NULL ? signature : "data");
    }
    return true;
}

static bool check_bins(struct walk *walk)
{
    for (uint32_t bin = 0; bin < walk->size;) {
        const uint8_t *header = walk->bins + bin;
        uint32_t length = u32(header + 8);

        if (memcmp(header, "hbin", 4) != 0 || u32(header + 4) != bin) {
            return fail(walk, "there is no bin at 0x%X", bin);
        }
        if (length == 0 || length % 4096 != 0 || length > walk->size - bin) {
            return fail(walk, "the bin at 0x%X has a wrong size", bin);
        }
        for (uint32_t cell = bin + BIN_HEADER; cell < bin + length;) {
            int32_t signed_size = (int32_t)u32(walk->bins + cell);
            uint32_t size = signed_size < 0 ? 0u - (uint32_t)signed_size : (uint32_t)signed_size;

            if (size < 8 || size % 8 != 0 || size > bin + length - cell) {
                return fail(walk, "the cell at 0x%X has a wrong size", cell);
            }
            if (signed_size < 0) {
                set_bit(walk->seen, cell);
            }
            cell += size;
        }
        bin += length;
    }
    return true;
}

static bool check_big_data(struct walk *walk, uint32_t offset, uint32_t size)
{
    struct cell head;
    struct cell list;
    uint32_t count;

    if (!take(walk, offset, "db", 8, &head)) {
        return false;
    }
    count = u16(head.data + 2);
    if (count != (size + BIG_DATA - 1) / BIG_DATA || !take(walk, u32(head.data + 4), NULL, 4 * count, &list)) {
        return fail(walk, "the data record at 0x%X has a wrong number of parts", offset);
    }
    for (uint32_t i = 0; i < count; ++i) {
        uint32_t part = i + 1 < count ? BIG_DATA : size - i * BIG_DATA;
        struct cell data;

        if (!take(walk, u32(list.data + 4 * i), NULL, part, &data)) {
            return false;
        }
    }
    return true;
}

static bool check_value(struct walk *walk, uint32_t offset)
{
    struct cell value;
    struct cell data;
    uint32_t size;

    if (!take(walk, offset, "vk", 20, &value)) {
        return false;
    }
    if (u16(value.data + 2) > value.size - 20 || u16(value.data + 2) > VALUE_NAME_LIMIT ||
        ((u16(value.data + 16) & COMPRESSED_VALUE) == 0 && u16(value.data + 2) % 2 != 0)) {
        return fail(walk, "the value at 0x%X has a name that is too long for it", offset);
    }
    size = u32(value.data + 4);
    if ((size & INLINE_DATA) != 0) {
        return (size & ~INLINE_DATA) <= 4 || fail(walk, "the value at 0x%X has more data than it holds", offset);
    }
    if (size == 0) {
        return true;
    }
    /* Hives of version 1.4 and later cut data of more than 16344 bytes into parts; but hivex writes one cell. */
    if (walk->minor > 3 && size > BIG_DATA && u32(value.data + 8) < walk->size - 8 &&
        memcmp(walk->bins + u32(value.data + 8) + 4, "db", 2) == 0) {
        return check_big_data(walk, u32(value.data + 8), size);
    }
    return take(walk, u32(value.data + 8), NULL, size, &data);
}

static bool check_values(struct walk *walk, const struct cell *key)
{
    uint32_t count = u32(key->data + 36);
    struct cell list;

    if (count == 0) {
        return true;
    }
    if (count > walk->size / 4 || !take(walk, u32(key->data + 40), NULL, 4 * count, &list)) {
        return fail(walk, "the key at 0x%X has a wrong list of values", key->offset);
    }
    for (uint32_t i = 0; i < count; ++i) {
        if (!check_value(walk, u32(list.data + 4 * i))) {
            return false;
        }
    }
    return true;
}

/* The character of a key's name at `index` in upper case; `plain` false for one that this does not know how to raise. */
static uint16_t letter(const uint8_t *key, uint32_t index, bool *plain)
{
    uint16_t character = (u16(key + 2) & COMPRESSED_KEY) != 0 ? key[76 + index] : u16(key + 76 + 2 * index);

    *plain = character < 0x80;
    return character >= 'a' && character <= 'z' ? (uint16_t)(character - 32) : character;
}

static uint32_t name_length(const uint8_t *key)
{
    return (u16(key + 2) & COMPRESSED_KEY) != 0 ? u16(key + 72) : u16(key + 72) / 2u;
}

/* True too when a name has characters beyond ASCII: their upper case is a table of Windows'. */
static bool in_order(const uint8_t *before, const uint8_t *after)
{
    uint32_t left = name_length(before);
    uint32_t right = name_length(after);

    for (uint32_t i = 0; i < left && i < right; ++i) {
        bool plain[2];
        uint16_t a = letter(before, i, &plain[0]);
        uint16_t b = letter(after, i, &plain[1]);

        if (!plain[0] || !plain[1]) {
            return true;
        }
        if (a != b) {
            return a < b;
        }
    }
    return left < right;
}

static bool hash_right(const char *list, const uint8_t *key, uint32_t stored)
{
    uint32_t hash = 0;

    if (memcmp(list, "lf", 2) == 0) {
        for (uint32_t i = 0; i < 4 && i < name_length(key); ++i) {
            bool plain;
            uint16_t character = (u16(key + 2) & COMPRESSED_KEY) != 0 ? key[76 + i] : u16(key + 76 + 2 * i);

            (void)letter(key, i, &plain);
            if (!plain) {
                return true;
            }
            hash |= (uint32_t)character << (8 * i);
        }
        return hash == stored;
    }
    for (uint32_t i = 0; i < name_length(key); ++i) {
        bool plain;

        hash = hash * 37 + letter(key, i, &plain);
        if (!plain) {
            return true;
        }
    }
    return hash == stored;
}

struct pending {
    uint32_t offset;
    uint32_t parent;
    uint32_t depth;
};

/* Keys still to be visited: a list instead of recursion, so that depth costs no stack. */
struct agenda {
    struct pending *list;
    size_t count;
    size_t capacity;
};

static void push(struct agenda *agenda, struct pending pending)
{
    if (agenda->count == agenda->capacity) {
        agenda->capacity = agenda->capacity * 2 + 64;
        agenda->list = xrealloc(agenda->list, agenda->capacity * sizeof(*agenda->list));
    }
    agenda->list[agenda->count++] = pending;
}

struct siblings {
    const uint8_t *before; /* the name of the last one */
    uint32_t parent;
    uint32_t depth;
    uint32_t found;
};

/* A subkey as its parent's list has it; what is in it is looked at when its turn comes. */
static bool check_entry(struct walk *walk, const char *list, const uint8_t *entry, struct siblings *siblings,
                        struct agenda *agenda)
{
    uint32_t offset = u32(entry);
    const uint8_t *key;

    if (offset % 8 != 0 || offset >= walk->size || !bit(walk->seen, offset) || cell_size(walk, offset) < 80 + 4 ||
        memcmp(walk->bins + offset + 4, "nk", 2) != 0) {
        return fail(walk, "the list of subkeys of the key at 0x%X names none at 0x%X", siblings->parent, offset);
    }
    key = walk->bins + offset + 4;
    if (u16(key + 72) == 0 || u16(key + 72) > cell_size(walk, offset) - 4 - 76 ||
        2 * name_length(key) > KEY_NAME_LIMIT || ((u16(key + 2) & COMPRESSED_KEY) == 0 && u16(key + 72) % 2 != 0)) {
        return fail(walk, "the key at 0x%X has a name of a wrong length", offset);
    }
    if (siblings->before != NULL && !in_order(siblings->before, key)) {
        return fail(walk, "the subkeys of the key at 0x%X are not sorted", siblings->parent);
    }
    if (memcmp(list, "li", 2) != 0 && !hash_right(list, key, u32(entry + 4))) {
        return fail(walk, "the hash of the key at 0x%X is wrong", offset);
    }
    siblings->before = key;
    ++siblings->found;
    push(agenda, (struct pending){offset, siblings->parent, siblings->depth + 1});
    return true;
}

static bool check_leaf(struct walk *walk, const struct cell *leaf, struct siblings *siblings, struct agenda *agenda)
{
    static const char *const kinds[] = {"lf", "lh", "li"};
    uint32_t count = u16(leaf->data + 2);

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        uint32_t step = i < 2 ? 8 : 4;

        if (memcmp(leaf->data, kinds[i], 2) != 0) {
            continue;
        }
        if (count > (leaf->size - 4) / step) {
            return fail(walk, "the list at 0x%X is longer than its cell", leaf->offset);
        }
        for (uint32_t j = 0; j < count; ++j) {
            if (!check_entry(walk, kinds[i], leaf->data + 4 + j * step, siblings, agenda)) {
                return false;
            }
        }
        return true;
    }
    return fail(walk, "the cell at 0x%X is no list of subkeys", leaf->offset);
}

static bool check_subkeys(struct walk *walk, const struct cell *key, uint32_t depth, struct agenda *agenda)
{
    struct siblings siblings = {.parent = key->offset, .depth = depth};
    uint32_t count = u32(key->data + 20);
    struct cell list;

    if (count == 0) {
        return true;
    }
    if (!take(walk, u32(key->data + 28), NULL, 4, &list)) {
        return false;
    }
    if (memcmp(list.data, "ri", 2) != 0) {
        if (!check_leaf(walk, &list, &siblings, agenda)) {
            return false;
        }
    } else if (u16(list.data + 2) > (list.size - 4) / 4) {
        return fail(walk, "the list at 0x%X is longer than its cell", list.offset);
    } else {
        for (uint32_t i = 0; i < u16(list.data + 2); ++i) {
            struct cell leaf;

            if (!take(walk, u32(list.data + 4 + 4 * i), NULL, 4, &leaf) ||
                !check_leaf(walk, &leaf, &siblings, agenda)) {
                return false;
            }
        }
    }
    return siblings.found == count ||
           fail(walk, "the key at 0x%X counts %u subkeys and lists %u", key->offset, count, siblings.found);
}

/* Security is shared: its cell is reached many times, and its links form a ring. */
static bool check_security(struct walk *walk, const struct cell *key)
{
    uint32_t offset = u32(key->data + 44);
    uint32_t size;

    if (offset == NO_CELL) {
        return true;
    }
    if (offset % 8 != 0 || offset >= walk->size || !bit(walk->seen, offset) || (size = cell_size(walk, offset)) < 28 ||
        memcmp(walk->bins + offset + 4, "sk", 2) != 0 || u32(walk->bins + offset + 4 + 16) > size - 24) {
        return fail(walk, "the key at 0x%X has no security descriptor at 0x%X", key->offset, offset);
    }
    return true;
}

static bool check_key(struct walk *walk, const struct pending *pending, struct agenda *agenda)
{
    struct cell key;
    struct cell class_name;

    if (!take(walk, pending->offset, "nk", 76, &key)) {
        return false;
    }
    if (pending->depth > DEPTH_LIMIT) {
        return fail(walk, "the key at 0x%X is more than %u levels deep", pending->offset, DEPTH_LIMIT);
    }
    if (u16(key.data + 72) > key.size - 76) {
        return fail(walk, "the key at 0x%X has a name of a wrong length", pending->offset);
    }
    if (pending->depth > 0 && u32(key.data + 16) != pending->parent) {
        return fail(walk, "the key at 0x%X names another parent", pending->offset);
    }
    if (u16(key.data + 74) != 0 && !take(walk, u32(key.data + 48), NULL, u16(key.data + 74), &class_name)) {
        return false;
    }
    return check_security(walk, &key) && check_values(walk, &key) && check_subkeys(walk, &key, pending->depth, agenda);
}

static bool check_keys(struct walk *walk, uint32_t root)
{
    struct agenda agenda = {0};
    bool good = true;

    push(&agenda, (struct pending){.offset = root});
    while (good && agenda.count > 0) {
        struct pending pending = agenda.list[--agenda.count];

        good = check_key(walk, &pending, &agenda);
    }
    free(agenda.list);
    return good;
}

static uint32_t base_checksum(const uint8_t *base)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < 508; i += 4) {
        sum ^= u32(base + i);
    }
    return sum == 0 ? 1 : sum == 0xFFFFFFFFu ? 0xFFFFFFFEu : sum;
}

static char *check_base(const uint8_t *base, size_t size, bool *dirty)
{
    if (size < BASE_BLOCK + 4096 || memcmp(base, "regf", 4) != 0) {
        return xformat("it is no registry hive");
    }
    if (u32(base + 508) != base_checksum(base)) {
        return xformat("the checksum of its first block is wrong");
    }
    if (u32(base + 4) != u32(base + 8)) {
        *dirty = true;
        return xformat(
            "it was not written to its end (sequence numbers %u and %u): start that Windows and shut it down "
            "properly first",
            u32(base + 4), u32(base + 8));
    }
    if (u32(base + 20) != 1 || u32(base + 24) < 3 || u32(base + 24) > 6 || u32(base + 28) != 0 || u32(base + 32) != 1) {
        return xformat("it is a hive of an unknown version, %u.%u", u32(base + 20), u32(base + 24));
    }
    if (u32(base + 40) == 0 || u32(base + 40) % 4096 != 0 || u32(base + 40) > size - BASE_BLOCK) {
        return xformat("it is cut off: %u bytes of bins should follow the first block", u32(base + 40));
    }
    return NULL;
}

char *hive_check(const struct bytes *content, bool *dirty)
{
    const uint8_t *base = (const uint8_t *)content->data;
    struct walk walk = {0};
    bool not_ended = false;
    char *fault = check_base(base, content->size, &not_ended);

    if (dirty != NULL) {
        *dirty = not_ended;
    }
    if (fault != NULL) {
        return fault;
    }
    walk.bins = base + BASE_BLOCK;
    walk.size = u32(base + 40);
    walk.minor = u32(base + 24);
    walk.seen = xcalloc(walk.size / 64 + 1, 1);
    walk.reached = xcalloc(walk.size / 64 + 1, 1);
    if (check_bins(&walk)) {
        (void)check_keys(&walk, u32(base + 36));
    }
    free(walk.seen);
    free(walk.reached);
    return walk.fault;
}
