/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The device's side of a split virtqueue, written from VIRTIO 1.x "Split Virtqueues" in the plainest way: one entry at
 * a time, every question answered by the sentence of the text and not by arithmetic. It also checks what the driver
 * wrote. Physical addresses of indirect tables are plain pointers; buffers are never touched.
 *
 * A broken rule prints what was broken and aborts: a model in an unknown state proves nothing any more.
 */
#ifndef QUEUE_MODEL_H
#define QUEUE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "virtqueue.h"

/* A chain as the device saw it. */
struct model_chain {
    uint16_t head;
    uint16_t count;
    uint64_t writable;
    uint64_t sum; /* of all descriptors, in order; see model_sum */
    bool indirect;
};

struct queue_model {
    const VIRTQUEUE_RING *ring;
    bool event_idx;
    bool indirect;
    uint16_t last_avail; /* next entry of the available ring to look at */
    uint16_t used_idx;
    uint64_t fetched;
    uint64_t completed;
};

void model_init(struct queue_model *model, const VIRTQUEUE_RING *ring, const VIRTQUEUE_OPTIONS *options);

/* Folds one descriptor into a sum of a chain; start with 0. */
uint64_t model_sum(uint64_t sum, uint64_t address, uint32_t length, bool writable);

/* Takes the next available chain; false when there is none. */
bool model_fetch(struct queue_model *model, struct model_chain *chain);

/* Puts a chain into the used ring. True when the device must interrupt for it. */
bool model_complete(struct queue_model *model, const struct model_chain *chain, uint32_t length);

/* Asks to be told when something becomes available. True when something is there already. */
bool model_sleep(struct queue_model *model);

/* Asks not to be told. */
void model_busy(struct queue_model *model);

/* Whether a driver that published the entries [old, new) must notify, entry by entry. */
bool model_wants_kick(const struct queue_model *model, uint16_t old_index, uint16_t new_index);

#define MODEL_CHECK(condition, ...)                                  \
    do {                                                             \
        if (!(condition)) {                                          \
            model_fail(__FILE__, __LINE__, #condition, __VA_ARGS__); \
        }                                                            \
    } while (0)

/* What to print before aborting, besides the message: how to run this again. */
extern char model_repeat[256];

__attribute__((noreturn, format(printf, 4, 5))) void model_fail(const char *file, int line, const char *condition,
                                                                const char *format, ...);

#endif
