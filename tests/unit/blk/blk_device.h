/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The device's side of a virtio disk, for tests of the driver's engine: takes chains from a split virtqueue in
 * simulated guest memory, holds every one of them against the rules of VIRTIO 1.2 ("Split Virtqueues", "Block Device:
 * Device Operation"), and executes it against a disk in memory with a volatile cache. Written from the specification
 * with the kernel's wire structures; it shares nothing with the driver but this header.
 *
 * A broken rule ends the program with `blk_device_context` in the message: a device cannot go on from there.
 * One thread; the test decides when the device looks, what it completes, and with which status.
 */
#ifndef BLK_DEVICE_H
#define BLK_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#define BLK_DEVICE_DATA_MAX 256
#define BLK_DEVICE_REGIONS 520

/* A piece of guest-physical memory. */
struct blk_region {
    uint64_t physical;
    uint64_t bytes;
    uint8_t *host;
};

struct blk_piece {
    uint64_t address;
    uint32_t bytes;
};

struct blk_chain {
    uint16_t head;
    uint32_t type; /* VIRTIO_BLK_T_... */
    uint64_t sector;
    uint64_t header; /* guest-physical */
    uint64_t status;
    struct blk_piece data[BLK_DEVICE_DATA_MAX];
    unsigned pieces;
    uint32_t bytes; /* of data */
    uint32_t writable; /* bytes, with the status */
};

struct blk_device {
    /* Set by the test. */
    uint16_t size; /* of the queue */
    bool indirect, event_idx; /* negotiated */
    uint32_t size_max; /* 0: no limit */
    uint32_t seg_max;
    uint32_t block_bytes; /* blk_size */
    uint64_t sectors;
    bool read_only, can_flush, can_discard, write_cache;
    uint32_t max_discard_sectors, max_discard_seg;
    uint8_t id[20];
    bool dataless; /* moves no data: disks too large to have any */
    bool zero_length; /* used.len is 0: the Aero dialect */
    uint64_t desc, avail, used; /* guest-physical */

    struct blk_region region[BLK_DEVICE_REGIONS];
    unsigned regions;
    uint8_t *cache; /* what a read sees */
    uint8_t *stable; /* what a loss of power leaves */

    /* State. */
    uint16_t avail_seen, used_index;
    uint16_t used_signalled;
    bool awake;
    bool interrupt; /* raised and not taken */
    unsigned interrupts; /* raised */
    unsigned flushes;
    struct blk_chain *pending;
    unsigned pending_count;
};

/* Printed in front of the message about a broken rule: how to repeat it. */
extern const char *blk_device_context;

/* cache and stable are allocated (all zero) unless dataless. */
void blk_device_start(struct blk_device *device);
void blk_device_stop(struct blk_device *device);

/* As a reset through the registers: forgets all chains; the disk stays. The caller clears the ring. */
void blk_device_reset(struct blk_device *device);

void blk_device_add_region(struct blk_device *device, uint64_t physical, void *host, uint64_t bytes);

/* The doorbell. */
void blk_device_notify(struct blk_device *device);

/* Takes what is available into `pending`, in the order of the available ring; returns how many it took. Only an awake
   device looks: a doorbell wakes it. */
unsigned blk_device_poll(struct blk_device *device);

/* Asks for a doorbell, looks once more, and sleeps when there is nothing new. */
void blk_device_sleep(struct blk_device *device);

/* Executes a pending chain and returns it with `status`; unless that is OK, `partial` bytes are moved at most. Raises
   the interrupt when the driver wants one. The chain leaves `pending`. */
void blk_device_complete(struct blk_device *device, unsigned index, uint8_t status, uint32_t partial);

/* Puts an element into the used ring, whatever it is: a device that misbehaves. */
void blk_device_put_used(struct blk_device *device, uint32_t id, uint32_t bytes);

/* Guest-physical to host; ends the program for what is not all in one region. */
uint8_t *blk_device_at(const struct blk_device *device, uint64_t address, uint64_t bytes);

_Noreturn void blk_device_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define BLK_CHECK(condition)                                                                                           \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            blk_device_fail("%s:%d: not true: %s", __FILE__, __LINE__, #condition);                                    \
        }                                                                                                              \
    } while (0)

#endif
