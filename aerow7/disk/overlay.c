/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "disk/overlay.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(const struct overlay *overlay, uint64_t index)
{
    /* Knuth's multiplicative hash: neighbouring blocks end up apart. */
    size_t slot = (size_t)((index * 0x9E3779B97F4A7C15ULL) >> 20) & (overlay->capacity - 1);

    while (overlay->slots[slot].data != NULL && overlay->slots[slot].index != index) {
        slot = (slot + 1) & (overlay->capacity - 1);
    }
    return slot;
}

uint8_t *overlay_find(const struct overlay *overlay, uint64_t index)
{
    return overlay->count == 0 ? NULL : overlay->slots[slot_of(overlay, index)].data;
}

static void grow(struct overlay *overlay)
{
    struct overlay larger = {.count = overlay->count, .capacity = overlay->capacity * 2};

    if (larger.capacity == 0) {
        larger.capacity = 1024;
    }
    larger.slots = xcalloc(larger.capacity, sizeof(*larger.slots));
    for (size_t i = 0; i < overlay->capacity; ++i) {
        if (overlay->slots[i].data != NULL) {
            larger.slots[slot_of(&larger, overlay->slots[i].index)] = overlay->slots[i];
        }
    }
    free(overlay->slots);
    *overlay = larger;
}

uint8_t *overlay_add(struct overlay *overlay, uint64_t index)
{
    struct overlay_block *slot;

    if (overlay->count == OVERLAY_BLOCK_LIMIT) {
        return NULL;
    }
    if (overlay->count * 2 >= overlay->capacity) {
        grow(overlay);
    }
    slot = &overlay->slots[slot_of(overlay, index)];
    *slot = (struct overlay_block){.index = index, .data = xmalloc(OVERLAY_BLOCK)};
    ++overlay->count;
    return slot->data;
}

static int compare(const void *left, const void *right)
{
    uint64_t a = ((const struct overlay_block *)left)->index;
    uint64_t b = ((const struct overlay_block *)right)->index;

    return (a > b) - (a < b);
}

struct overlay_block *overlay_sorted(const struct overlay *overlay)
{
    struct overlay_block *list = xcalloc(overlay->count + 1, sizeof(*list));
    size_t count = 0;

    for (size_t i = 0; i < overlay->capacity; ++i) {
        if (overlay->slots[i].data != NULL) {
            list[count++] = overlay->slots[i];
        }
    }
    qsort(list, count, sizeof(*list), compare);
    return list;
}

void overlay_free(struct overlay *overlay)
{
    for (size_t i = 0; i < overlay->capacity; ++i) {
        free(overlay->slots[i].data);
    }
    free(overlay->slots);
    *overlay = (struct overlay){0};
}
