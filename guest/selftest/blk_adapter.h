/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The block driver's private interface, reached as every miniport's: \\.\ScsiN: and IOCTL_SCSI_MINIPORT. */
#ifndef SELFTEST_BLK_ADAPTER_H
#define SELFTEST_BLK_ADAPTER_H

#include "platform.h"

#define MOST_SCSI_PORTS 32u

struct blk_info {
    uint32_t bytes; /* how much of it the driver filled: 0x10 of old drivers, 0x40 */
    uint64_t features;
    uint16_t queue_size;
    uint16_t free;
    uint16_t avail_index;
    uint16_t used_index;
    uint32_t interrupt_mode;
    uint16_t config_vector;
    uint16_t queue_vector;
    uint32_t messages;
    uint32_t flags;
    uint32_t aborts;
    uint32_t device_resets;
    uint32_t bus_resets;
    uint32_t pnp_requests;
    uint32_t ioctl_resets;
    uint32_t capacity_changes;
    uint32_t resets_detected;
    uint32_t hw_bus_resets;
};

struct blk_adapter {
    unsigned port;
    void *handle;
    struct blk_info info;
};

/*
 * Asks every port. `error` is ERROR_IS_FILE_NOT_FOUND when no port answers, ERROR_IS_ACCESS_DENIED when some could not
 * be asked. The adapters are to be closed.
 */
size_t blk_adapters_open(const struct platform *platform, struct blk_adapter *adapters, size_t capacity,
                         uint32_t *error);
void blk_adapters_close(const struct platform *platform, struct blk_adapter *adapters, size_t count);

/* 0, a Windows error, or the driver's own status (0xC...). */
uint32_t blk_adapter_query(const struct platform *platform, struct blk_adapter *adapter);
uint32_t blk_adapter_reset(const struct platform *platform, struct blk_adapter *adapter);

#endif
