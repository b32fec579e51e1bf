/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See queue_model.h. */
#include "queue_model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char model_repeat[256];

void model_fail(const char *file, int line, const char *condition, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%d: %s: ", file, line, condition);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n%s%s\n", model_repeat[0] != '\0' ? "repeat with: " : "", model_repeat);
    abort();
}

void model_init(struct queue_model *model, const VIRTQUEUE_RING *ring, const VIRTQUEUE_OPTIONS *options)
{
    memset(model, 0, sizeof(*model));
    model->ring = ring;
    model->event_idx = options->EventIdx;
    model->indirect = options->Indirect;
}

uint64_t model_sum(uint64_t sum, uint64_t address, uint32_t length, bool writable)
{
    sum = (sum ^ address) * 0x100000001B3ull;
    sum = (sum ^ length) * 0x100000001B3ull;
    return (sum ^ (writable ? 2u : 1u)) * 0x100000001B3ull;
}

/* Device and driver may be two threads. */
static uint16_t load(const uint16_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(uint16_t *word, uint16_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static uint16_t *avail_event(const struct queue_model *model)
{
    return (uint16_t *)(void *)&model->ring->Used->Ring[model->ring->Size];
}

static void walk(const struct queue_model *model, const VIRTQ_DESC *table, uint32_t table_count, uint16_t index,
                 struct model_chain *chain)
{
    for (;;) {
        const VIRTQ_DESC *desc = &table[index];
        bool writable = (desc->Flags & VIRTQ_DESC_F_WRITE) != 0;

        MODEL_CHECK((desc->Flags & ~(VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE)) == 0, "flags %#x", desc->Flags);
        MODEL_CHECK(writable || chain->writable == 0, "a readable descriptor behind a writable one");
        chain->count++;
        MODEL_CHECK(chain->count <= model->ring->Size, "chain longer than the queue, or a loop");
        chain->sum = model_sum(chain->sum, desc->Address, desc->Length, writable);
        chain->writable += writable ? desc->Length : 0;
        if ((desc->Flags & VIRTQ_DESC_F_NEXT) == 0) {
            return;
        }
        index = desc->Next;
        MODEL_CHECK(index < table_count, "next %u of %u", index, table_count);
    }
}

bool model_fetch(struct queue_model *model, struct model_chain *chain)
{
    const VIRTQUEUE_RING *ring = model->ring;
    uint16_t index = load(&ring->Avail->Index);
    const VIRTQ_DESC *desc;
    uint32_t table_count;

    MODEL_CHECK((uint16_t)(index - model->last_avail) <= ring->Size, "avail.idx %u jumps ahead of %u", index,
                model->last_avail);
    if (index == model->last_avail) {
        return false;
    }
    memset(chain, 0, sizeof(*chain));
    chain->head = ring->Avail->Ring[model->last_avail % ring->Size];
    MODEL_CHECK(chain->head < ring->Size, "head %u", chain->head);
    desc = &ring->Desc[chain->head];
    if ((desc->Flags & VIRTQ_DESC_F_INDIRECT) != 0) {
        MODEL_CHECK(model->indirect, "an indirect descriptor without the feature");
        MODEL_CHECK(desc->Flags == VIRTQ_DESC_F_INDIRECT, "flags %#x", desc->Flags);
        MODEL_CHECK(desc->Length != 0 && desc->Length % sizeof(VIRTQ_DESC) == 0, "table of %u bytes", desc->Length);
        chain->indirect = true;
        table_count = desc->Length / (uint32_t)sizeof(VIRTQ_DESC);
        walk(model, (const VIRTQ_DESC *)(uintptr_t)desc->Address, table_count, 0, chain);
        MODEL_CHECK(chain->count == table_count, "table longer than its chain");
    } else {
        walk(model, ring->Desc, ring->Size, chain->head, chain);
    }
    model->last_avail++;
    model->fetched++;
    return true;
}

bool model_complete(struct queue_model *model, const struct model_chain *chain, uint32_t length)
{
    VIRTQ_USED *used = model->ring->Used;
    VIRTQ_AVAIL *avail = model->ring->Avail;
    uint16_t placed = model->used_idx;

    used->Ring[placed % model->ring->Size] = (VIRTQ_USED_ELEM){.Id = chain->head, .Length = length};
    model->used_idx++;
    store(&used->Index, model->used_idx);
    model->completed++;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (model->event_idx) {
        /* "If the idx field in the used ring (which determined where that descriptor index was placed) was equal to
           used_event, the device MUST send a notification." */
        MODEL_CHECK(load(&avail->Flags) == 0, "avail.flags %u under EVENT_IDX", avail->Flags);
        return load(&avail->Ring[model->ring->Size]) == placed;
    }
    MODEL_CHECK(load(&avail->Flags) <= VIRTQ_AVAIL_F_NO_INTERRUPT, "avail.flags %u", avail->Flags);
    return load(&avail->Flags) == 0;
}

bool model_sleep(struct queue_model *model)
{
    if (model->event_idx) {
        store(avail_event(model), model->last_avail);
    } else {
        store(&model->ring->Used->Flags, 0);
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return load(&model->ring->Avail->Index) != model->last_avail;
}

void model_busy(struct queue_model *model)
{
    if (model->event_idx) {
        store(avail_event(model), (uint16_t)(model->last_avail - 1));
    } else {
        store(&model->ring->Used->Flags, VIRTQ_USED_F_NO_NOTIFY);
    }
}

bool model_wants_kick(const struct queue_model *model, uint16_t old_index, uint16_t new_index)
{
    if (!model->event_idx) {
        return old_index != new_index && load(&model->ring->Used->Flags) == 0;
    }
    /* "If the idx field in the available ring (which determined where that descriptor index was placed) was equal to
       avail_event, the driver MUST send a notification. Otherwise the driver SHOULD NOT." */
    for (uint16_t placed = old_index; placed != new_index; placed++) {
        if (placed == load(avail_event(model))) {
            return true;
        }
    }
    return false;
}
