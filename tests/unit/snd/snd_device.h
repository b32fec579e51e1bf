/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The device's side of one queue of the sound device, plainly. Physical addresses are pointers, so that chains are
 * followed as a device follows them. A chain that breaks a rule of VIRTIO 1.x ends the program.
 */
#ifndef SND_DEVICE_H
#define SND_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtqueue.h"

#define DEVICE_CHAIN_MAX 32

#define DEVICE_RULE(condition)                                                                \
    do {                                                                                      \
        if (!(condition)) {                                                                   \
            fprintf(stderr, "%s:%d: the driver broke: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                          \
        }                                                                                     \
    } while (0)

struct device_chain {
    uint16_t head;
    uint32_t count, readable_count;
    uint32_t readable, writable; /* bytes */
    VIRTQ_DESC desc[DEVICE_CHAIN_MAX];
};

struct snd_device {
    const VIRTQUEUE_RING *ring;
    uint16_t taken;
};

/* Memory as a driver gets it for DMA: whole pages, with what was there before. */
static inline void *device_pages(size_t bytes)
{
    void *memory = NULL;

    DEVICE_RULE(posix_memalign(&memory, 4096, bytes) == 0);
    memset(memory, 0xB5, bytes);
    return memory;
}

static inline void device_init(struct snd_device *device, const VIRTQUEUE *queue)
{
    device->ring = &queue->Ring;
    device->taken = 0;
}

static inline void device_add(struct device_chain *chain, const VIRTQ_DESC *desc)
{
    bool writable = (desc->Flags & VIRTQ_DESC_F_WRITE) != 0;

    DEVICE_RULE(chain->count < DEVICE_CHAIN_MAX);
    DEVICE_RULE(desc->Length != 0);
    DEVICE_RULE(writable || chain->writable == 0); /* readable ones first */
    chain->desc[chain->count++] = *desc;
    if (writable) {
        chain->writable += desc->Length;
    } else {
        chain->readable_count++;
        chain->readable += desc->Length;
    }
}

static inline bool device_take(struct snd_device *device, struct device_chain *chain)
{
    const VIRTQUEUE_RING *ring = device->ring;
    const VIRTQ_DESC *desc;

    memset(chain, 0, sizeof(*chain));
    if (device->taken == ring->Avail->Index) {
        return false;
    }
    chain->head = ring->Avail->Ring[device->taken++ & (ring->Size - 1)];
    DEVICE_RULE(chain->head < ring->Size);
    desc = &ring->Desc[chain->head];
    if ((desc->Flags & VIRTQ_DESC_F_INDIRECT) != 0) {
        const VIRTQ_DESC *table = (const VIRTQ_DESC *)(uintptr_t)desc->Address;
        uint32_t entries = desc->Length / (uint32_t)sizeof(*table), i = 0;

        DEVICE_RULE(desc->Address % 16 == 0 && desc->Length % sizeof(*table) == 0);
        for (;; i = table[i].Next) {
            DEVICE_RULE(i < entries);
            device_add(chain, &table[i]);
            if ((table[i].Flags & VIRTQ_DESC_F_NEXT) == 0) {
                return true;
            }
        }
    }
    for (;; desc = &ring->Desc[desc->Next]) {
        device_add(chain, desc);
        if ((desc->Flags & VIRTQ_DESC_F_NEXT) == 0) {
            return true;
        }
        DEVICE_RULE(desc->Next < ring->Size);
    }
}

/* The readable part, cut at `length`. Returns how many bytes that were. */
static inline uint32_t device_read(const struct device_chain *chain, void *to, uint32_t length)
{
    uint32_t done = 0;

    for (uint32_t i = 0; i < chain->readable_count && done < length; i++) {
        uint32_t piece = chain->desc[i].Length < length - done ? chain->desc[i].Length : length - done;

        memcpy((uint8_t *)to + done, (const void *)(uintptr_t)chain->desc[i].Address, piece);
        done += piece;
    }
    return done;
}

/* Into the writable part, `offset` bytes behind its start. */
static inline void device_write(const struct device_chain *chain, uint32_t offset, const void *from, uint32_t length)
{
    for (uint32_t i = chain->readable_count; i < chain->count && length != 0; i++) {
        uint32_t room = chain->desc[i].Length, piece;

        if (offset >= room) {
            offset -= room;
            continue;
        }
        piece = room - offset < length ? room - offset : length;
        memcpy((uint8_t *)(uintptr_t)chain->desc[i].Address + offset, from, piece);
        from = (const uint8_t *)from + piece;
        length -= piece;
        offset = 0;
    }
    DEVICE_RULE(length == 0);
}

static inline void device_complete(struct snd_device *device, const struct device_chain *chain, uint32_t length)
{
    VIRTQ_USED *used = device->ring->Used;

    used->Ring[used->Index & (device->ring->Size - 1)] = (VIRTQ_USED_ELEM){.Id = chain->head, .Length = length};
    used->Index++;
}

#endif
