/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The model's block device: contract 1.6 "blk" and, by option, the rest of VIRTIO 1.x "Block Device" except zoned
 * storage.
 */
#include <stdlib.h>
#include <string.h>

#include "contract_ids.h"
#include "model_disk.h"
#include "model_internal.h"
#include "verifier.h"

enum blk_feature {
    BLK_F_SIZE_MAX = 1,
    BLK_F_SEG_MAX = 2,
    BLK_F_GEOMETRY = 4,
    BLK_F_RO = 5,
    BLK_F_BLK_SIZE = 6,
    BLK_F_FLUSH = 9,
    BLK_F_TOPOLOGY = 10,
    BLK_F_CONFIG_WCE = 11,
    BLK_F_MQ = 12,
    BLK_F_DISCARD = 13,
    BLK_F_WRITE_ZEROES = 14,
};
enum blk_type {
    BLK_T_IN = 0,
    BLK_T_OUT = 1,
    BLK_T_FLUSH = 4,
    BLK_T_GET_ID = 8,
    BLK_T_DISCARD = 11,
    BLK_T_WRITE_ZEROES = 13
};
enum blk_status { BLK_S_OK = 0, BLK_S_IOERR = 1, BLK_S_UNSUPP = 2, BLK_S_NONSENSE = 0x77 };

#define CONFIG_CAPACITY 0
#define CONFIG_WRITEBACK 32
#define HEADER_BYTES 16u
#define ID_BYTES 20u
#define SEGMENT_BYTES 16u
#define SEGMENTS_LIMIT 1024u
#define DEFAULT_SECTORS 131072u
#define BOUNCE_SECTORS 128u
#define DESC_WRITE 2u
#define MASK(feature) (1ull << (feature))

static const struct model_field blk_fields[] = {
    {0, 8, -1, false, false}, /* capacity */
    {8, 4, BLK_F_SIZE_MAX, false, false},
    {12, 4, BLK_F_SEG_MAX, false, false},
    {16, 2, BLK_F_GEOMETRY, false, false}, /* cylinders, heads, sectors */
    {18, 1, BLK_F_GEOMETRY, false, false},
    {19, 1, BLK_F_GEOMETRY, false, false},
    {20, 4, BLK_F_BLK_SIZE, false, false},
    {24, 1, BLK_F_TOPOLOGY, false, false}, /* physical_block_exp, alignment_offset, min_io_size, opt_io_size */
    {25, 1, BLK_F_TOPOLOGY, false, false},
    {26, 2, BLK_F_TOPOLOGY, false, false},
    {28, 4, BLK_F_TOPOLOGY, false, false},
    {CONFIG_WRITEBACK, 1, BLK_F_CONFIG_WCE, true, true},
    {34, 2, BLK_F_MQ, false, false},      /* num_queues */
    {36, 4, BLK_F_DISCARD, false, false}, /* max_discard_sectors, max_discard_seg, discard_sector_alignment */
    {40, 4, BLK_F_DISCARD, false, false},
    {44, 4, BLK_F_DISCARD, false, false},
    {48, 4, BLK_F_WRITE_ZEROES, false, false}, /* max_write_zeroes_sectors, max_write_zeroes_seg, may_unmap */
    {52, 4, BLK_F_WRITE_ZEROES, false, false},
    {56, 1, BLK_F_WRITE_ZEROES, false, false},
    {0, 0, -1, false, false},
};

static bool offered(const struct model *m, unsigned feature)
{
    return (m->offered >> feature & 1) != 0;
}

/* ---- configuration ---- */

static void put(struct model *m, unsigned offset, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++) {
        m->config[offset + i] = (uint8_t)(value >> 8 * i);
    }
}

/* Fields whose feature is not offered stay 0 (contract 1.6). */
static void put_if(struct model *m, unsigned feature, unsigned offset, unsigned width, uint64_t value)
{
    if (offered(m, feature)) {
        put(m, offset, width, value);
    }
}

static void fill_config(struct model *m)
{
    const struct model_options *o = &m->options;

    put(m, CONFIG_CAPACITY, 8, m->capacity);
    put_if(m, BLK_F_SIZE_MAX, 8, 4, o->size_max);
    put_if(m, BLK_F_SEG_MAX, 12, 4, o->seg_max);
    put_if(m, BLK_F_GEOMETRY, 16, 2, o->cylinders);
    put_if(m, BLK_F_GEOMETRY, 18, 1, o->heads);
    put_if(m, BLK_F_GEOMETRY, 19, 1, o->sectors);
    put_if(m, BLK_F_BLK_SIZE, 20, 4, o->blk_size);
    put_if(m, BLK_F_TOPOLOGY, 24, 1, o->physical_exp);
    put_if(m, BLK_F_TOPOLOGY, 25, 1, o->alignment_offset);
    put_if(m, BLK_F_TOPOLOGY, 26, 2, o->min_io);
    put_if(m, BLK_F_TOPOLOGY, 28, 4, o->opt_io);
    put_if(m, BLK_F_MQ, 34, 2, m->queues);
    put_if(m, BLK_F_DISCARD, 36, 4, o->discard_sectors);
    put_if(m, BLK_F_DISCARD, 40, 4, o->discard_segments);
    put_if(m, BLK_F_DISCARD, 44, 4, o->discard_alignment);
    put_if(m, BLK_F_WRITE_ZEROES, 48, 4, o->zeroes_sectors);
    put_if(m, BLK_F_WRITE_ZEROES, 52, 4, o->zeroes_segments);
    put_if(m, BLK_F_WRITE_ZEROES, 56, 1, o->zeroes_unmap);
}

static void blk_open(struct model *m)
{
    const struct model_options *o = &m->options;
    uint64_t contract =
        MASK(F_VERSION_1) | MASK(F_RING_INDIRECT) | MASK(BLK_F_SEG_MAX) | MASK(BLK_F_BLK_SIZE) | MASK(BLK_F_FLUSH);
    uint64_t image_sectors;

    m->offered = (contract | o->features_added) & ~o->features_removed;
    if (offered(m, BLK_F_CONFIG_WCE) && !offered(m, BLK_F_FLUSH)) {
        environment_failed("a device that offers config_wce must offer flush, too");
    }
    m->disk = model_disk_open(o->image, offered(m, BLK_F_RO), o->track != 0, &image_sectors);
    m->capacity = o->capacity != 0 ? o->capacity : o->image != NULL ? image_sectors : DEFAULT_SECTORS;
    m->queues = offered(m, BLK_F_MQ) ? (unsigned)o->queues : 1;
    for (unsigned i = 0; i < m->queues; i++) {
        m->queue[i].index = (uint16_t)i;
        m->queue[i].max_size = (uint16_t)o->queue_size;
    }
    fill_config(m);
}

static void blk_close(struct model *m)
{
    model_disk_close(m->disk);
}

static void blk_reset(struct model *m)
{
    m->largest_capacity = m->capacity;
    m->writeback = (uint8_t)m->options.writeback;
    put_if(m, BLK_F_CONFIG_WCE, CONFIG_WRITEBACK, 1, m->writeback);
}

static void blk_config_written(struct model *m, unsigned offset, uint32_t value)
{
    if (offset == CONFIG_WRITEBACK) {
        if (value > 1) {
            model_rule(m, RULE_CONFIG_READ_ONLY, "writeback was written as %u", value);
        }
        m->writeback = value & 1;
        put(m, CONFIG_WRITEBACK, 1, m->writeback);
    }
}

/* "Device Operation", conditions 1 and 2: stable as soon as it is complete. */
static bool writes_are_stable(const struct model *m)
{
    if (model_accepted(m, BLK_F_CONFIG_WCE)) {
        return m->writeback == 0;
    }
    return !model_accepted(m, BLK_F_FLUSH);
}

/* ---- the form of a request ---- */

/* False: so malformed that there is not even a header. */
static bool check_framing(struct model *m, const struct model_chain *chain)
{
    const struct model_desc *first = &chain->desc[0], *last = &chain->desc[chain->count - 1];

    if (chain->readable < HEADER_BYTES ||
        (!m->options.any_framing && ((first->flags & DESC_WRITE) != 0 || first->length != HEADER_BYTES))) {
        model_rule(m, RULE_BLK_HEADER, "head %u begins with a descriptor of %u bytes, flags 0x%x", chain->head,
                   first->length, first->flags);
    }
    if (chain->writable == 0 || (!m->options.any_framing && (last->length != 1 || chain->count < 2))) {
        model_rule(m, RULE_BLK_STATUS, "head %u ends with a descriptor of %u bytes, flags 0x%x", chain->head,
                   last->length, last->flags);
    }
    return chain->readable >= HEADER_BYTES && chain->writable != 0;
}

static void check_segments_form(struct model *m, const struct model_chain *chain)
{
    unsigned count = m->options.any_framing ? 0 : chain->count - 2;

    if (offered(m, BLK_F_SEG_MAX) && count > m->options.seg_max) {
        model_rule(m, RULE_BLK_SEG_MAX, "head %u has %u data descriptors, seg_max is %llu", chain->head, count,
                   (unsigned long long)m->options.seg_max);
    }
    for (unsigned i = 1; offered(m, BLK_F_SIZE_MAX) && i + 1 < chain->count; i++) {
        if (chain->desc[i].length > m->options.size_max) {
            model_rule(m, RULE_BLK_SIZE_MAX, "head %u has a data descriptor of %u bytes, size_max is %llu", chain->head,
                       chain->desc[i].length, (unsigned long long)m->options.size_max);
        }
    }
}

static bool in_range(struct model *m, const struct model_chain *chain, uint64_t sector, uint64_t sectors)
{
    if (sector <= m->capacity && sectors <= m->capacity - sector) {
        return true;
    }
    /* It may have been sent before the driver could know of a smaller capacity. */
    if (sector > m->largest_capacity || sectors > m->largest_capacity - sector) {
        model_rule(m, RULE_BLK_CAPACITY, "head %u: sector %llu and %llu more, capacity is %llu", chain->head,
                   (unsigned long long)sector, (unsigned long long)sectors, (unsigned long long)m->capacity);
    }
    return false;
}

static uint8_t check_transfer(struct model *m, struct model_chain *chain)
{
    bool in = chain->type == BLK_T_IN;
    uint64_t bytes = in ? chain->writable - 1 : chain->readable - HEADER_BYTES;
    uint64_t wrong = in ? chain->readable - HEADER_BYTES : chain->writable - 1;
    uint64_t block = offered(m, BLK_F_BLK_SIZE) ? m->options.blk_size : SECTOR_BYTES;
    unsigned long long bad_sector;

    if (wrong != 0) {
        model_rule(m, RULE_BLK_DIRECTION, "head %u: type %u has %llu bytes of data in the other direction", chain->head,
                   chain->type, (unsigned long long)wrong);
        return BLK_S_IOERR;
    }
    if (bytes == 0 || bytes % SECTOR_BYTES != 0) {
        model_rule(m, RULE_BLK_LENGTH, "head %u: type %u has %llu bytes of data", chain->head, chain->type,
                   (unsigned long long)bytes);
        return BLK_S_IOERR;
    }
    check_segments_form(m, chain);
    chain->sectors = bytes / SECTOR_BYTES;
    if (!in_range(m, chain, chain->sector, chain->sectors)) {
        return BLK_S_IOERR;
    }
    /* Blocks are not transferred in parts; sizes that make no sense do not count. */
    if (block > SECTOR_BYTES && (block & (block - 1)) == 0 &&
        (chain->sector % (block / SECTOR_BYTES) != 0 || bytes % block != 0)) {
        return BLK_S_IOERR;
    }
    if (model_fault_armed(m, FAULT_IOERR, &bad_sector) && bad_sector - chain->sector < chain->sectors) {
        return BLK_S_IOERR;
    }
    /* "MUST set the status byte to VIRTIO_BLK_S_IOERR for a write request if the VIRTIO_BLK_F_RO feature if offered" */
    return !in && offered(m, BLK_F_RO) ? BLK_S_IOERR : BLK_S_OK;
}

static uint8_t check_flush(struct model *m, struct model_chain *chain)
{
    m->stats.flushes++;
    if (!model_accepted(m, BLK_F_FLUSH)) {
        model_rule(m, RULE_BLK_UNNEGOTIATED, "head %u is a FLUSH, which was not negotiated", chain->head);
        return BLK_S_UNSUPP;
    }
    if (chain->readable != HEADER_BYTES || chain->writable != 1) {
        model_rule(m, RULE_BLK_FLUSH_DATA, "head %u is a FLUSH with data", chain->head);
    }
    chain->flush_point = m->completion_count;
    return BLK_S_OK;
}

static uint8_t check_get_id(struct model *m, const struct model_chain *chain)
{
    if (chain->readable != HEADER_BYTES || chain->writable != ID_BYTES + 1) {
        model_rule(m, RULE_BLK_ID_LENGTH, "head %u is a GET_ID of %llu bytes", chain->head,
                   (unsigned long long)chain->writable - 1);
        return BLK_S_IOERR;
    }
    return m->options.serial != NULL ? BLK_S_OK : BLK_S_UNSUPP;
}

struct segment {
    uint64_t sector;
    uint32_t sectors, flags;
};

static struct segment read_segment(const struct model_chain *chain, uint64_t index)
{
    struct segment segment;

    model_chain_read(chain, HEADER_BYTES + index * SEGMENT_BYTES, &segment, SEGMENT_BYTES);
    return segment;
}

static uint8_t check_one_segment(struct model *m, const struct model_chain *chain, const struct segment *segment)
{
    bool discard = chain->type == BLK_T_DISCARD;
    uint64_t limit = discard ? m->options.discard_sectors : m->options.zeroes_sectors;

    if ((segment->flags & (discard ? UINT32_MAX : ~1u)) != 0) {
        model_rule(m, RULE_BLK_SEGMENTS, "head %u: a segment of type %u has flags 0x%x", chain->head, chain->type,
                   segment->flags);
        return BLK_S_UNSUPP;
    }
    if (segment->sectors > limit) {
        model_rule(m, RULE_BLK_SEGMENTS, "head %u: a segment of type %u has %u sectors, the limit is %llu", chain->head,
                   chain->type, segment->sectors, (unsigned long long)limit);
        return BLK_S_IOERR;
    }
    return in_range(m, chain, segment->sector, segment->sectors) && !offered(m, BLK_F_RO) ? BLK_S_OK : BLK_S_IOERR;
}

static uint8_t check_ranges(struct model *m, const struct model_chain *chain)
{
    bool discard = chain->type == BLK_T_DISCARD;
    uint64_t bytes = chain->readable - HEADER_BYTES;
    uint64_t limit = discard ? m->options.discard_segments : m->options.zeroes_segments;
    uint8_t status = BLK_S_OK;

    if (!model_accepted(m, discard ? BLK_F_DISCARD : BLK_F_WRITE_ZEROES)) {
        model_rule(m, RULE_BLK_UNNEGOTIATED, "head %u is of type %u, which was not negotiated", chain->head,
                   chain->type);
        return BLK_S_UNSUPP;
    }
    if (bytes == 0 || bytes % SEGMENT_BYTES != 0 || bytes / SEGMENT_BYTES > limit || chain->writable != 1 ||
        bytes / SEGMENT_BYTES > SEGMENTS_LIMIT) {
        model_rule(m, RULE_BLK_SEGMENTS, "head %u: type %u has %llu bytes of segments, at most %llu are allowed",
                   chain->head, chain->type, (unsigned long long)bytes, (unsigned long long)limit);
        return BLK_S_IOERR;
    }
    for (uint64_t i = 0; i < bytes / SEGMENT_BYTES && status == BLK_S_OK; i++) {
        struct segment segment = read_segment(chain, i);
        status = check_one_segment(m, chain, &segment);
    }
    return status;
}

static void blk_fetched(struct model *m, struct model_chain *chain)
{
    uint32_t reserved;

    chain->write_id = ++m->write_count;
    if (!check_framing(m, chain)) {
        chain->type = UINT32_MAX;
        chain->status = BLK_S_IOERR;
        chain->no_status = chain->writable == 0;
        return;
    }
    model_chain_read(chain, 0, chain->header, HEADER_BYTES);
    memcpy(&chain->type, chain->header, 4);
    memcpy(&reserved, chain->header + 4, 4);
    memcpy(&chain->sector, chain->header + 8, 8);
    if (reserved != 0) {
        model_rule(m, RULE_BLK_RESERVED, "head %u has 0x%x in the second word of its header", chain->head, reserved);
    }
    if (chain->type != BLK_T_IN && chain->type != BLK_T_OUT && chain->sector != 0) {
        model_rule(m, RULE_BLK_SECTOR, "head %u: type %u has sector %llu", chain->head, chain->type,
                   (unsigned long long)chain->sector);
    }
    switch (chain->type) {
    case BLK_T_IN:
    case BLK_T_OUT:
        chain->status = check_transfer(m, chain);
        break;
    case BLK_T_FLUSH:
        chain->status = check_flush(m, chain);
        break;
    case BLK_T_GET_ID:
        chain->status = check_get_id(m, chain);
        break;
    case BLK_T_DISCARD:
    case BLK_T_WRITE_ZEROES:
        chain->status = check_ranges(m, chain);
        break;
    default:
        chain->status = BLK_S_UNSUPP; /* contract 1.6 */
        break;
    }
}

/* ---- doing it ---- */

static bool transfer(struct model *m, struct model_chain *chain)
{
    uint8_t bounce[BOUNCE_SECTORS * SECTOR_BYTES];

    for (uint64_t done = 0; done < chain->sectors; done += BOUNCE_SECTORS) {
        uint64_t left = chain->sectors - done, now = left < BOUNCE_SECTORS ? left : BOUNCE_SECTORS;
        size_t bytes = (size_t)now * SECTOR_BYTES;

        if (chain->type == BLK_T_IN) {
            if (!model_disk_get(m->disk, chain->sector + done, bounce, (size_t)now)) {
                return false;
            }
            model_chain_write(chain, done * SECTOR_BYTES, bounce, bytes);
        } else {
            model_chain_read(chain, HEADER_BYTES + done * SECTOR_BYTES, bounce, bytes);
            if (!model_disk_put(m->disk, chain->sector + done, bounce, (size_t)now, chain->write_id)) {
                return false;
            }
        }
    }
    return true;
}

static bool zero_ranges(struct model *m, struct model_chain *chain)
{
    static const uint8_t zeroes[BOUNCE_SECTORS * SECTOR_BYTES];
    uint64_t count = (chain->readable - HEADER_BYTES) / SEGMENT_BYTES;

    /* Discarded sectors may hold anything afterwards: what they held, or nothing. */
    if (chain->type == BLK_T_DISCARD && model_chance(m, 50)) {
        return true;
    }
    for (uint64_t i = 0; i < count; i++) {
        struct segment segment = read_segment(chain, i);
        for (uint64_t done = 0; done < segment.sectors; done += BOUNCE_SECTORS) {
            uint64_t left = segment.sectors - done, now = left < BOUNCE_SECTORS ? left : BOUNCE_SECTORS;
            if (!model_disk_put(m->disk, segment.sector + done, zeroes, (size_t)now, chain->write_id)) {
                return false;
            }
        }
    }
    return true;
}

static bool perform(struct model *m, struct model_chain *chain)
{
    char id[ID_BYTES] = {0};
    size_t length;

    switch (chain->type) {
    case BLK_T_IN:
    case BLK_T_OUT:
        return transfer(m, chain);
    case BLK_T_FLUSH:
        return model_disk_flush(m->disk, chain->flush_point);
    case BLK_T_GET_ID:
        length = strlen(m->options.serial);
        memcpy(id, m->options.serial, length < ID_BYTES ? length : ID_BYTES);
        model_chain_write(chain, 0, id, ID_BYTES);
        return true;
    default:
        return zero_ranges(m, chain);
    }
}

static void blk_execute(struct model *m, struct model_chain *chain)
{
    if (model_fault(m, FAULT_UNSUPPORTED)) {
        chain->status = BLK_S_UNSUPP;
    }
    if (model_fault(m, FAULT_FAILED)) {
        chain->status = BLK_S_IOERR;
    }
    if (chain->status == BLK_S_OK && !perform(m, chain)) {
        chain->status = BLK_S_IOERR;
    }
}

static void blk_finish(struct model *m, struct model_chain *chain)
{
    uint8_t status = model_fault(m, FAULT_BAD_STATUS_BYTE) ? BLK_S_NONSENSE : chain->status;

    if (!model_fault(m, FAULT_NO_STATUS_BYTE) && !chain->no_status) {
        model_chain_write(chain, chain->writable - 1, &status, 1);
    }
    /* Contract 1.6: used.len is 0; VIRTIO 1.x: the bytes written. */
    chain->used_len = 0;
    if (m->options.used_len_spec) {
        chain->used_len = chain->status == BLK_S_OK ? (uint32_t)chain->writable : 1;
    }
}

static void settle(struct model *m, const struct model_chain *chain, uint64_t sector, uint64_t sectors)
{
    model_disk_settle(m->disk, sector, sectors, chain->write_id, writes_are_stable(m) ? 0 : m->completion_count);
}

static void blk_completed(struct model *m, struct model_chain *chain)
{
    m->completion_count++;
    if (chain->status != BLK_S_OK) {
        return;
    }
    if (chain->type == BLK_T_OUT) {
        settle(m, chain, chain->sector, chain->sectors);
    } else if (chain->type == BLK_T_DISCARD || chain->type == BLK_T_WRITE_ZEROES) {
        for (uint64_t i = 0; i < (chain->readable - HEADER_BYTES) / SEGMENT_BYTES; i++) {
            struct segment segment = read_segment(chain, i);
            settle(m, chain, segment.sector, segment.sectors);
        }
    }
}

const struct model_class model_blk_class = {
    .name = "virtio-blk",
    .vendor = AERO_VIRTIO_BLK_VENDOR_ID,
    .device = AERO_VIRTIO_BLK_DEVICE_ID,
    .subsystem_vendor = AERO_VIRTIO_BLK_SUBSYSTEM_VENDOR_ID,
    .subsystem = AERO_VIRTIO_BLK_SUBSYSTEM_ID,
    .revision = AERO_VIRTIO_BLK_REVISION,
    .class_code = 0x010000,
    .fields = blk_fields,
    .open = blk_open,
    .close = blk_close,
    .reset = blk_reset,
    .config_written = blk_config_written,
    .fetched = blk_fetched,
    .execute = blk_execute,
    .finish = blk_finish,
    .completed = blk_completed,
};
