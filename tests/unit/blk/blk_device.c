/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See blk_device.h. Wire structures and constants are the kernel's. */
#include "blk_device.h"

#include <linux/virtio_blk.h>
#include <linux/virtio_ring.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 512u

const char *blk_device_context = "";

void blk_device_fail(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s", blk_device_context);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    abort();
}

void blk_device_start(struct blk_device *device)
{
    device->pending = calloc(device->size, sizeof(*device->pending));
    BLK_CHECK(device->pending != NULL);
    if (!device->dataless) {
        device->cache = calloc((size_t)device->sectors, SECTOR);
        device->stable = calloc((size_t)device->sectors, SECTOR);
        BLK_CHECK(device->cache != NULL && device->stable != NULL);
    }
    blk_device_reset(device);
}

void blk_device_stop(struct blk_device *device)
{
    free(device->pending);
    free(device->cache);
    free(device->stable);
    device->pending = NULL;
    device->cache = device->stable = NULL;
}

void blk_device_reset(struct blk_device *device)
{
    device->avail_seen = device->used_index = device->used_signalled = 0;
    device->pending_count = 0;
    device->awake = false;
    device->interrupt = false;
}

void blk_device_add_region(struct blk_device *device, uint64_t physical, void *host, uint64_t bytes)
{
    BLK_CHECK(device->regions < BLK_DEVICE_REGIONS);
    device->region[device->regions++] = (struct blk_region){.physical = physical, .bytes = bytes, .host = host};
}

uint8_t *blk_device_at(const struct blk_device *device, uint64_t address, uint64_t bytes)
{
    for (unsigned i = 0; i < device->regions; i++) {
        const struct blk_region *region = &device->region[i];

        if (address >= region->physical && address - region->physical <= region->bytes &&
            bytes <= region->bytes - (address - region->physical)) {
            return region->host + (address - region->physical);
        }
    }
    blk_device_fail("DMA to 0x%llx, 0x%llx bytes: no such memory", (unsigned long long)address,
                    (unsigned long long)bytes);
}

static struct vring_avail *avail_of(const struct blk_device *device)
{
    return (struct vring_avail *)(void *)blk_device_at(device, device->avail, 6u + 2u * device->size);
}

static struct vring_used *used_of(const struct blk_device *device)
{
    return (struct vring_used *)(void *)blk_device_at(device, device->used, 6u + 8u * device->size);
}

/* Behind the available ring: "used_event". */
static uint16_t used_event(const struct blk_device *device)
{
    return *(volatile uint16_t *)&avail_of(device)->ring[device->size];
}

/* Behind the used ring: "avail_event". */
static void set_avail_event(struct blk_device *device, uint16_t value)
{
    *(volatile uint16_t *)(void *)&used_of(device)->ring[device->size] = value;
}

/* The chain as a flat list, whether it lies in the ring or in an indirect table. */
static unsigned walk(struct blk_device *device, uint16_t head, struct vring_desc *list)
{
    const struct vring_desc *table =
        (const struct vring_desc *)(void *)blk_device_at(device, device->desc, 16u * device->size);
    unsigned limit = device->size, count = 0;
    uint32_t index = head;

    BLK_CHECK(head < device->size);
    if ((table[head].flags & VRING_DESC_F_INDIRECT) != 0) {
        BLK_CHECK(device->indirect);
        /* "MUST NOT set both INDIRECT and NEXT"; the device ignores WRITE there, the driver need not set it. */
        BLK_CHECK((table[head].flags & VRING_DESC_F_NEXT) == 0);
        BLK_CHECK(table[head].len != 0 && table[head].len % 16 == 0 && table[head].addr % 16 == 0);
        limit = table[head].len / 16;
        BLK_CHECK(limit <= device->size); /* "a driver MUST NOT create a descriptor chain longer than the Queue Size" */
        table = (const struct vring_desc *)(void *)blk_device_at(device, table[head].addr, table[head].len);
        index = 0;
    }
    for (;;) {
        BLK_CHECK(count < limit && index < limit);
        list[count] = table[index];
        BLK_CHECK((list[count].flags & VRING_DESC_F_INDIRECT) == 0);
        BLK_CHECK((list[count].flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE)) == 0);
        index = list[count].next;
        if ((list[count++].flags & VRING_DESC_F_NEXT) == 0) {
            break;
        }
    }
    if (table != (const struct vring_desc *)(void *)blk_device_at(device, device->desc, 16)) {
        BLK_CHECK(count == limit); /* the table is as long as the chain */
    }
    return count;
}

static void check_range(const struct blk_device *device, const struct blk_chain *chain)
{
    /* "The length of data MUST be a multiple of 512 bytes"; QEMU refuses what is not made of logical blocks, too. */
    BLK_CHECK(chain->bytes != 0 && chain->bytes % device->block_bytes == 0);
    BLK_CHECK(chain->sector % (device->block_bytes / SECTOR) == 0);
    /* "A driver MUST NOT submit a request which would cause a read or write beyond capacity." */
    BLK_CHECK(chain->sector < device->sectors && chain->bytes / SECTOR <= device->sectors - chain->sector);
    BLK_CHECK(chain->pieces <= device->seg_max);
}

static void check_discard(const struct blk_device *device, const struct blk_chain *chain)
{
    const struct virtio_blk_discard_write_zeroes *segment;
    unsigned count = chain->bytes / (unsigned)sizeof(*segment);

    BLK_CHECK(device->can_discard && !device->read_only);
    BLK_CHECK(chain->pieces == 1 && chain->bytes % sizeof(*segment) == 0);
    BLK_CHECK(count != 0 && count <= device->max_discard_seg);
    BLK_CHECK(chain->sector == 0);
    segment = (const void *)blk_device_at(device, chain->data[0].address, chain->bytes);
    for (; count != 0; count--, segment++) {
        BLK_CHECK(segment->flags == 0); /* "The unmap bit MUST be zero for discard commands", the others reserved */
        BLK_CHECK(segment->num_sectors != 0 && segment->num_sectors <= device->max_discard_sectors);
        BLK_CHECK(segment->sector < device->sectors && segment->num_sectors <= device->sectors - segment->sector);
    }
}

static void check_request(const struct blk_device *device, const struct blk_chain *chain, bool writable)
{
    switch (chain->type) {
    case VIRTIO_BLK_T_IN:
        BLK_CHECK(writable);
        check_range(device, chain);
        break;
    case VIRTIO_BLK_T_OUT:
        BLK_CHECK(!writable && !device->read_only);
        check_range(device, chain);
        break;
    case VIRTIO_BLK_T_FLUSH:
        BLK_CHECK(device->can_flush && chain->pieces == 0 && chain->sector == 0);
        break;
    case VIRTIO_BLK_T_GET_ID:
        BLK_CHECK(writable && chain->pieces == 1 && chain->bytes == VIRTIO_BLK_ID_BYTES);
        break;
    case VIRTIO_BLK_T_DISCARD:
        BLK_CHECK(!writable);
        check_discard(device, chain);
        break;
    default:
        blk_device_fail("request type %u", chain->type);
    }
}

/* Header, data of one direction, status: "Device Operation". */
static void parse(struct blk_device *device, uint16_t head, struct blk_chain *chain)
{
    struct vring_desc list[BLK_DEVICE_DATA_MAX + 2];
    const struct virtio_blk_outhdr *header;
    unsigned count;
    bool writable = false;

    BLK_CHECK(device->size <= BLK_DEVICE_DATA_MAX + 2);
    count = walk(device, head, list);
    memset(chain, 0, sizeof(*chain));
    chain->head = head;
    BLK_CHECK(count >= 2);
    BLK_CHECK(list[0].len == sizeof(*header) && (list[0].flags & VRING_DESC_F_WRITE) == 0);
    BLK_CHECK(list[count - 1].len == 1 && (list[count - 1].flags & VRING_DESC_F_WRITE) != 0);
    chain->header = list[0].addr;
    chain->status = list[count - 1].addr;
    header = (const void *)blk_device_at(device, chain->header, sizeof(*header));
    (void)blk_device_at(device, chain->status, 1);
    chain->type = header->type;
    chain->sector = header->sector;
    BLK_CHECK(header->ioprio == 0);
    for (unsigned i = 1; i + 1 < count; i++) {
        bool this_one = (list[i].flags & VRING_DESC_F_WRITE) != 0;

        BLK_CHECK(i == 1 || this_one == writable);
        writable = this_one;
        BLK_CHECK(list[i].len != 0 && (device->size_max == 0 || list[i].len <= device->size_max));
        (void)blk_device_at(device, list[i].addr, list[i].len);
        chain->data[chain->pieces++] = (struct blk_piece){.address = list[i].addr, .bytes = list[i].len};
        chain->bytes += list[i].len;
    }
    chain->writable = 1 + (writable ? chain->bytes : 0);
    check_request(device, chain, writable);
    for (unsigned i = 0; i < device->pending_count; i++) {
        BLK_CHECK(device->pending[i].head != head);
        BLK_CHECK(device->pending[i].header != chain->header && device->pending[i].status != chain->status);
    }
}

void blk_device_notify(struct blk_device *device)
{
    device->awake = true;
    if (device->event_idx) {
        set_avail_event(device, (uint16_t)(device->avail_seen - 1)); /* not again before it sleeps */
    } else {
        used_of(device)->flags = VRING_USED_F_NO_NOTIFY;
    }
}

unsigned blk_device_poll(struct blk_device *device)
{
    const struct vring_avail *avail = avail_of(device);
    uint16_t index = *(const volatile uint16_t *)&avail->idx;
    unsigned taken = 0;

    if (!device->awake) {
        return 0;
    }
    BLK_CHECK((uint16_t)(index - device->used_index) <= device->size);
    BLK_CHECK((avail->flags & ~VRING_AVAIL_F_NO_INTERRUPT) == 0 && (!device->event_idx || avail->flags == 0));
    while (device->avail_seen != index) {
        BLK_CHECK(device->pending_count < device->size);
        parse(device, avail->ring[device->avail_seen % device->size], &device->pending[device->pending_count]);
        device->pending_count++;
        device->avail_seen++;
        taken++;
    }
    return taken;
}

void blk_device_sleep(struct blk_device *device)
{
    if (!device->awake) {
        return;
    }
    if (device->event_idx) {
        set_avail_event(device, device->avail_seen);
    } else {
        used_of(device)->flags = 0;
    }
    if (blk_device_poll(device) == 0) {
        device->awake = false;
    } else {
        blk_device_notify(device);
    }
}

static void move(struct blk_device *device, const struct blk_chain *chain, uint32_t bytes)
{
    uint64_t at = chain->sector * SECTOR;

    for (unsigned i = 0; i < chain->pieces && bytes != 0; i++) {
        uint32_t length = chain->data[i].bytes < bytes ? chain->data[i].bytes : bytes;
        uint8_t *memory = blk_device_at(device, chain->data[i].address, length);

        if (chain->type == VIRTIO_BLK_T_IN) {
            memcpy(memory, device->cache + at, length);
        } else {
            memcpy(device->cache + at, memory, length);
            if (!device->write_cache) {
                memcpy(device->stable + at, memory, length);
            }
        }
        at += length;
        bytes -= length;
    }
}

static void discard(struct blk_device *device, const struct blk_chain *chain)
{
    const struct virtio_blk_discard_write_zeroes *segment =
        (const void *)blk_device_at(device, chain->data[0].address, chain->bytes);

    for (unsigned left = chain->bytes / (unsigned)sizeof(*segment); left != 0; left--, segment++) {
        memset(device->cache + segment->sector * SECTOR, 0, (size_t)segment->num_sectors * SECTOR);
        memset(device->stable + segment->sector * SECTOR, 0, (size_t)segment->num_sectors * SECTOR);
    }
}

static void execute(struct blk_device *device, const struct blk_chain *chain, bool good, uint32_t partial)
{
    switch (chain->type) {
    case VIRTIO_BLK_T_IN:
    case VIRTIO_BLK_T_OUT:
        /* A write that fails may have written whole sectors, a read any bytes. */
        if (!device->dataless) {
            move(device, chain, good ? chain->bytes : partial / SECTOR * SECTOR);
        }
        break;
    case VIRTIO_BLK_T_FLUSH:
        if (good) {
            device->flushes++;
            if (!device->dataless) {
                memcpy(device->stable, device->cache, (size_t)device->sectors * SECTOR);
            }
        }
        break;
    case VIRTIO_BLK_T_GET_ID:
        if (good) {
            memcpy(blk_device_at(device, chain->data[0].address, chain->bytes), device->id, VIRTIO_BLK_ID_BYTES);
        }
        break;
    case VIRTIO_BLK_T_DISCARD:
        if (good && !device->dataless) {
            discard(device, chain);
        }
        break;
    default:
        blk_device_fail("request type %u", chain->type);
    }
}

void blk_device_put_used(struct blk_device *device, uint32_t id, uint32_t bytes)
{
    struct vring_used *used = used_of(device);
    uint16_t before = device->used_index;

    used->ring[device->used_index % device->size].id = id;
    used->ring[device->used_index % device->size].len = bytes;
    device->used_index++;
    *(volatile uint16_t *)&used->idx = device->used_index;
    if (device->event_idx ? vring_need_event(used_event(device), device->used_index, before) != 0
                          : (avail_of(device)->flags & VRING_AVAIL_F_NO_INTERRUPT) == 0) {
        device->interrupt = true;
        device->interrupts++;
    }
}

void blk_device_complete(struct blk_device *device, unsigned index, uint8_t status, uint32_t partial)
{
    struct blk_chain chain;

    BLK_CHECK(index < device->pending_count);
    chain = device->pending[index];
    device->pending_count--;
    memmove(&device->pending[index], &device->pending[index + 1],
            (device->pending_count - index) * sizeof(*device->pending));
    execute(device, &chain, status == VIRTIO_BLK_S_OK, partial < chain.bytes ? partial : chain.bytes);
    *blk_device_at(device, chain.status, 1) = status;
    blk_device_put_used(device, chain.head, device->zero_length ? 0 : chain.writable);
}
