/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A virtio PCI device made of one structure, seen through the modern registers or the legacy ports, and the definitions
 * of virtio_io.h's functions that lead there. It can be told to misbehave. Every access is held against the
 * rules: exactly the field's width, selector fields only under the driver's lock, nothing written that is read-only,
 * queue fields complete before queue_enable; a broken rule is counted and described in `violation`.
 *
 * One device at a time: fake_device_use() names it. Without a device every access is a violation.
 */
#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "transport.h"

#define FAKE_QUEUES 4
#define FAKE_CONFIG_LENGTH 64
#define FAKE_PORT 0xC000
#define FAKE_BAR_LENGTH 0x4000

struct fake_queue {
    uint16_t size_max;
    uint16_t size;
    uint16_t vector;
    uint16_t enabled;
    uint16_t notify_off;
    uint64_t desc;
    uint64_t avail;
    uint64_t used;
    uint32_t pfn;
    unsigned rings;
};

struct fake_device {
    /* Set by the test before or during use. */
    uint64_t offered;
    struct fake_queue queue[FAKE_QUEUES];
    uint8_t config[FAKE_CONFIG_LENGTH];
    uint16_t vectors;     /* MSI-X vectors the device accepts: 0 to vectors - 1 */
    unsigned reset_reads; /* status reads that still show the old status after a reset */
    bool reset_never;
    bool gone;      /* every read is all ones, every write lost */
    int gone_after; /* becomes gone after this many accesses; < 0 never */
    bool refuse_features;
    bool size_fixed;
    bool enable_fails;
    bool demand_lock;   /* selector fields may be touched only under the lock */
    bool scramble;      /* another driver's user of the selectors comes in at every unlock */
    bool msix;          /* legacy: MSI-X is enabled, which moves the configuration */
    int config_changes; /* how many reads of a configuration register change the configuration under the reader */
    uint8_t isr;

    /* What happened. */
    uint8_t status;
    uint8_t generation;
    uint64_t accepted;
    uint16_t config_vector;
    uint32_t device_feature_select;
    uint32_t driver_feature_select;
    uint16_t queue_select;
    uint8_t status_writes[32];
    unsigned status_write_count;
    unsigned accesses;
    unsigned resets;
    uint64_t delayed;
    bool locked;
    unsigned locks;
    unsigned violations;
    char violation[128];

    /* The address range of the modern registers; never accessed, only pointed to. */
    _Alignas(64) uint8_t bar[FAKE_BAR_LENGTH];
};

/* A device with two queues of 128 and 64, VERSION_1, INDIRECT_DESC and EVENT_IDX offered, 4 vectors. */
void fake_device_init(struct fake_device *device);
void fake_device_use(struct fake_device *device);

/* What a driver's environment does: counts delays and locks of the device in use. */
VIRTIO_ENV fake_env(void);

/* Called at every VirtioFullBarrier, when set; plays whatever runs at the same time. */
extern void (*fake_at_full_barrier)(void *context);
extern void *fake_barrier_context;

#endif
