/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "blk_adapter.h"

#include "io_codes.h"
#include "little_endian.h"

#include "miniport_control.h"

#include <stdio.h>
#include <string.h>

/* SRB_IO_CONTROL: HeaderLength, Signature, Timeout, ControlCode, ReturnCode, Length. */
enum {
    SRB_SIGNATURE = 4,
    SRB_TIMEOUT = 12,
    SRB_CONTROL_CODE = 16,
    SRB_RETURN_CODE = 20,
    SRB_LENGTH = 24,
    SRB_HEADER_BYTES = 28,
};
#define CONTROL_SECONDS 10u
#define ANSWER_IS_SHORT 1u /* ERROR_INVALID_FUNCTION: what answered is no driver of ours */

static uint32_t control(const struct platform *platform, const struct blk_adapter *adapter, uint32_t code,
                        uint8_t *payload, uint32_t payload_bytes, uint32_t *filled)
{
    uint8_t buffer[SRB_HEADER_BYTES + sizeof(AEROVBLK_QUERY_INFO)] = {0};
    uint32_t bytes = SRB_HEADER_BYTES + payload_bytes;
    uint32_t returned = 0;
    uint32_t error;

    put32(buffer, 0, SRB_HEADER_BYTES);
    memcpy(buffer + SRB_SIGNATURE, AEROVBLK_SIGNATURE, 8);
    put32(buffer, SRB_TIMEOUT, CONTROL_SECONDS);
    put32(buffer, SRB_CONTROL_CODE, code);
    put32(buffer, SRB_LENGTH, payload_bytes);
    error = platform->io_control(platform->context, adapter->handle, CODE_SCSI_MINIPORT, buffer, bytes, buffer, bytes,
                                 &returned);
    if (error != 0) {
        return error;
    }
    if (returned < SRB_HEADER_BYTES || returned > bytes) {
        return ANSWER_IS_SHORT;
    }
    *filled = get32(buffer, SRB_LENGTH);
    if (*filled > returned - SRB_HEADER_BYTES) {
        *filled = returned - SRB_HEADER_BYTES;
    }
    if (payload_bytes != 0) {
        memcpy(payload, buffer + SRB_HEADER_BYTES, *filled);
    }
    return get32(buffer, SRB_RETURN_CODE);
}

static void decode(struct blk_info *info, const uint8_t *bytes, uint32_t filled)
{
    memset(info, 0, sizeof(*info));
    info->bytes = filled;
    info->features = get64(bytes, 0x00);
    info->queue_size = get16(bytes, 0x08);
    info->free = get16(bytes, 0x0A);
    info->avail_index = get16(bytes, 0x0C);
    info->used_index = get16(bytes, 0x0E);
    if (filled < sizeof(AEROVBLK_QUERY_INFO)) {
        return;
    }
    info->interrupt_mode = get32(bytes, 0x10);
    info->config_vector = get16(bytes, 0x14);
    info->queue_vector = get16(bytes, 0x16);
    info->messages = get32(bytes, 0x18);
    info->flags = get32(bytes, 0x1C);
    info->aborts = get32(bytes, 0x20);
    info->device_resets = get32(bytes, 0x24);
    info->bus_resets = get32(bytes, 0x28);
    info->pnp_requests = get32(bytes, 0x2C);
    info->ioctl_resets = get32(bytes, 0x30);
    info->capacity_changes = get32(bytes, 0x34);
    info->resets_detected = get32(bytes, 0x38);
    info->hw_bus_resets = get32(bytes, 0x3C);
}

uint32_t blk_adapter_query(const struct platform *platform, struct blk_adapter *adapter)
{
    uint8_t payload[sizeof(AEROVBLK_QUERY_INFO)] = {0};
    uint32_t filled = 0;
    uint32_t error = control(platform, adapter, AEROVBLK_IOCTL_QUERY_INFO, payload, sizeof(payload), &filled);

    if (error != 0) {
        return error;
    }
    if (filled < AEROVBLK_QUERY_INFO_V1_BYTES) {
        return ANSWER_IS_SHORT;
    }
    decode(&adapter->info, payload, filled);
    return 0;
}

uint32_t blk_adapter_reset(const struct platform *platform, struct blk_adapter *adapter)
{
    uint32_t filled = 0;

    return control(platform, adapter, AEROVBLK_IOCTL_FORCE_RESET, NULL, 0, &filled);
}

size_t blk_adapters_open(const struct platform *platform, struct blk_adapter *adapters, size_t capacity,
                         uint32_t *error)
{
    size_t count = 0;

    *error = ERROR_IS_FILE_NOT_FOUND;
    for (unsigned port = 0; port < MOST_SCSI_PORTS && count < capacity; port++) {
        struct blk_adapter *adapter = &adapters[count];
        char path[32];
        uint32_t failed;

        snprintf(path, sizeof(path), "\\\\.\\Scsi%u:", port);
        memset(adapter, 0, sizeof(*adapter));
        adapter->port = port;
        failed = platform->open(platform->context, path, OPEN_READ_WRITE, &adapter->handle);
        if (failed != 0) {
            *error = failed == ERROR_IS_ACCESS_DENIED ? failed : *error;
            continue;
        }
        /* Ports of other drivers refuse the signature. */
        if (blk_adapter_query(platform, adapter) != 0) {
            platform->close(platform->context, adapter->handle);
            continue;
        }
        count++;
    }
    *error = count != 0 ? 0 : *error;
    return count;
}

void blk_adapters_close(const struct platform *platform, struct blk_adapter *adapters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        platform->close(platform->context, adapters[i].handle);
    }
}
