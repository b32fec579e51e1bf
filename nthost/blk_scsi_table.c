/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Sources: SPC-3 (INQUIRY, MODE SENSE, REPORT LUNS, REQUEST SENSE, TEST UNIT READY), SBC-3 (the rest), SAM-4 (control
 * byte).
 */
#include "blk_scsi.h"

#include <string.h>

#define SENSE(key, asc, ascq) ((uint32_t)(key) << 16 | (uint32_t)(asc) << 8 | (uint32_t)(ascq))
#define INVALID_FIELD SENSE(5, 0x24, 0)
#define INVALID_OPCODE SENSE(5, 0x20, 0)
#define OUT_OF_RANGE SENSE(5, 0x21, 0)
#define LUN_NOT_SUPPORTED SENSE(5, 0x25, 0)
#define SAVING_NOT_SUPPORTED SENSE(5, 0x39, 0)
#define WRITE_PROTECTED SENSE(7, 0x27, 0)
#define LIST_LENGTH SENSE(5, 0x1A, 0)

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is_inquiry(const struct disk *d, const uint8_t *p, uint32_t n)
{
    (void)d;
    return n >= 36 && p[0] == 0 && p[2] >= 5 && (p[3] & 0xF) == 2 && p[4] >= 31 && (p[7] & 2) != 0;
}

static bool is_absent_unit(const struct disk *d, const uint8_t *p, uint32_t n)
{
    (void)d;
    return n >= 36 && p[0] == 0x7F;
}

static bool is_page_list(const struct disk *d, const uint8_t *p, uint32_t n)
{
    (void)d;
    for (uint32_t i = 5; i < n; i++) {
        if (p[i] <= p[i - 1])
            return false; /* ascending order */
    }
    return n >= 7 && p[1] == 0 && p[3] == n - 4 && memchr(p + 4, 0x80, n - 4) != NULL &&
           memchr(p + 4, 0x83, n - 4) != NULL;
}

static bool is_serial(const struct disk *d, const uint8_t *p, uint32_t n)
{
    (void)d;
    for (uint32_t i = 4; i < n; i++) {
        if (p[i] < 0x20 || p[i] > 0x7E)
            return false;
    }
    return n >= 4 && p[1] == 0x80 && p[3] == n - 4;
}

/* At least one designator of the logical unit itself, and all of them within the page. */
static bool is_identification(const struct disk *d, const uint8_t *p, uint32_t n)
{
    bool found = false;
    uint32_t at = 4;

    (void)d;
    while (at + 4 <= n) {
        found |= (p[at + 1] & 0x30) == 0 && p[at + 3] != 0;
        at += 4u + p[at + 3];
    }
    return found && at == n && p[1] == 0x83 && p[3] == n - 4;
}

static bool is_block_limits(const struct disk *d, const uint8_t *p, uint32_t n)
{
    uint32_t maximum = n == 64 ? get32(p + 8) : 0;

    return n == 64 && p[1] == 0xB0 && p[3] == 0x3C && maximum != 0 &&
           (uint64_t)maximum * d->block_bytes >= d->transfer_limit;
}

static bool is_characteristics(const struct disk *d, const uint8_t *p, uint32_t n)
{
    (void)d;
    return n == 64 && p[1] == 0xB1 && p[3] == 0x3C;
}

static bool is_provisioning(const struct disk *d, const uint8_t *p, uint32_t n)
{
    (void)d;
    return n >= 8 && p[1] == 0xB2 && (p[5] & 0x80) != 0;
}

static bool is_no_sense(const struct disk *d, const uint8_t *p, uint32_t n)
{
    (void)d;
    return n == 18 && (p[0] & 0x7F) == 0x70 && (p[2] & 0xF) == 0 && p[7] == 10;
}

static bool is_lun_list(const struct disk *d, const uint8_t *p, uint32_t n)
{
    (void)d;
    return n == 16 && get32(p) == 8 && get32(p + 8) == 0 && get32(p + 12) == 0;
}

static bool is_empty_lun_list(const struct disk *d, const uint8_t *p, uint32_t n)
{
    (void)d;
    return n == 8 && get32(p) == 0;
}

static bool is_capacity_10(const struct disk *d, const uint8_t *p, uint32_t n)
{
    uint64_t last = d->blocks - 1;

    return n == 8 && get32(p) == (last < 0xFFFFFFFF ? (uint32_t)last : 0xFFFFFFFF) && get32(p + 4) == d->block_bytes;
}

static bool is_capacity_16(const struct disk *d, const uint8_t *p, uint32_t n)
{
    return n == 32 && ((uint64_t)get32(p) << 32 | get32(p + 4)) == d->blocks - 1 && get32(p + 8) == d->block_bytes &&
           (p[12] & 1) == 0;
}

static bool caching_page_at(const struct disk *d, const uint8_t *page, bool changeable)
{
    return page[0] == 0x08 && page[1] == 18 && ((page[2] & 4) != 0) == (!changeable && d->write_cache);
}

static bool is_mode_6(const struct disk *d, const uint8_t *p, uint32_t n)
{
    return n == 4 + 8 + 20 && p[0] == n - 1 && p[3] == 8 && ((p[2] & 0x80) != 0) == d->read_only &&
           get32(p + 8) == d->block_bytes && caching_page_at(d, p + 12, false);
}

static bool is_mode_6_dbd(const struct disk *d, const uint8_t *p, uint32_t n)
{
    return n == 4 + 20 && p[0] == n - 1 && p[3] == 0 && caching_page_at(d, p + 4, false);
}

static bool is_mode_6_changeable(const struct disk *d, const uint8_t *p, uint32_t n)
{
    return n == 4 + 8 + 20 && caching_page_at(d, p + 12, true);
}

static bool is_mode_10(const struct disk *d, const uint8_t *p, uint32_t n)
{
    return n == 8 + 8 + 20 && p[0] == 0 && p[1] == n - 2 && p[7] == 8 && ((p[3] & 0x80) != 0) == d->read_only &&
           caching_page_at(d, p + 16, false);
}

static const uint8_t unmap_list[24] = {0, 22, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 8};
static const uint8_t unmap_beyond[24] = {0, 22, 0, 16, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8};
static const uint8_t unmap_odd[24] = {0, 22, 0, 15, 0};

#define IN(n) .direction = DATA_IN, .bytes = (n)
#define IN_BLOCKS(n) .direction = DATA_IN, .blocks = (n), .length = LENGTH_BLOCKS
#define OUT_BLOCKS(n) .direction = DATA_OUT, .blocks = (n), .length = LENGTH_BLOCKS
#define OUT(n) .direction = DATA_OUT, .bytes = (n)
#define CDB(...) .cdb = {__VA_ARGS__}

const struct scsi_case scsi_cases[] = {
    {"TEST UNIT READY", CDB(0x00), 6},
    {"TEST UNIT READY, NACA", CDB(0x00, 0, 0, 0, 0, 4), 6, .sense = INVALID_FIELD},

    {"INQUIRY", CDB(0x12, 0, 0, 0, 36), 6, IN(36), .length = 36, .check = is_inquiry},
    {"INQUIRY, longer allocation", CDB(0x12, 0, 0, 0, 255), 6, IN(255), .length = 36, .check = is_inquiry},
    {"INQUIRY, 16-bit allocation", CDB(0x12, 0, 0, 2, 0), 6, IN(512), .length = 36, .check = is_inquiry},
    {"INQUIRY, 5 bytes", CDB(0x12, 0, 0, 0, 5), 6, IN(5), .length = 5},
    {"INQUIRY, nothing", CDB(0x12, 0, 0, 0, 0), 6},
    {"INQUIRY, page without EVPD", CDB(0x12, 0, 0x80, 0, 36), 6, IN(36), .sense = INVALID_FIELD},
    {"INQUIRY, reserved bit", CDB(0x12, 0x10, 0, 0, 36), 6, IN(36), .sense = INVALID_FIELD},
    {"INQUIRY, CMDDT", CDB(0x12, 2, 0, 0, 36), 6, IN(36), .sense = INVALID_FIELD},
    {"INQUIRY, NACA", CDB(0x12, 0, 0, 0, 36, 4), 6, IN(36), .sense = INVALID_FIELD},
    {"INQUIRY of LUN 1", CDB(0x12, 0, 0, 0, 36), 6, IN(36), .lun = 1, .length = 36, .check = is_absent_unit},
    {"INQUIRY VPD 00", CDB(0x12, 1, 0x00, 0, 255), 6, IN(255), .length = LENGTH_ANY, .check = is_page_list},
    {"INQUIRY VPD 80", CDB(0x12, 1, 0x80, 0, 255), 6, IN(255), .length = LENGTH_ANY, .check = is_serial},
    {"INQUIRY VPD 83", CDB(0x12, 1, 0x83, 0, 255), 6, IN(255), .length = LENGTH_ANY, .check = is_identification},
    {"INQUIRY VPD 83, 4 bytes", CDB(0x12, 1, 0x83, 0, 4), 6, IN(4), .length = 4},
    {"INQUIRY VPD B0", CDB(0x12, 1, 0xB0, 0, 255), 6, IN(255), .length = 64, .check = is_block_limits},
    {"INQUIRY VPD B1", CDB(0x12, 1, 0xB1, 0, 255), 6, IN(255), .length = 64, .check = is_characteristics},
    {"INQUIRY VPD B2", CDB(0x12, 1, 0xB2, 0, 255), 6, IN(255), .length = 8, .check = is_provisioning,
     .needs = NEEDS_UNMAP},
    {"INQUIRY VPD B2 without UNMAP", CDB(0x12, 1, 0xB2, 0, 255), 6, IN(255), .sense = INVALID_FIELD,
     .needs = NEEDS_NO_UNMAP},
    {"INQUIRY VPD C0", CDB(0x12, 1, 0xC0, 0, 255), 6, IN(255), .sense = INVALID_FIELD},
    {"INQUIRY VPD 80 of LUN 1", CDB(0x12, 1, 0x80, 0, 255), 6, IN(255), .lun = 1, .sense = LUN_NOT_SUPPORTED},

    {"REQUEST SENSE", CDB(0x03, 0, 0, 0, 18), 6, IN(18), .length = 18, .check = is_no_sense},
    {"REQUEST SENSE, 252 bytes", CDB(0x03, 0, 0, 0, 252), 6, IN(252), .length = 18, .check = is_no_sense},
    {"REQUEST SENSE, descriptor format", CDB(0x03, 1, 0, 0, 18), 6, IN(18), .sense = INVALID_FIELD},

    {"REPORT LUNS", CDB(0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 16), 12, IN(16), .length = 16, .check = is_lun_list},
    {"REPORT LUNS, longer allocation", CDB(0xA0, 0, 0, 0, 0, 0, 0, 0, 4, 0), 12, IN(1024), .length = 16,
     .check = is_lun_list},
    {"REPORT LUNS, all", CDB(0xA0, 0, 2, 0, 0, 0, 0, 0, 0, 16), 12, IN(16), .length = 16, .check = is_lun_list},
    {"REPORT LUNS, well known", CDB(0xA0, 0, 1, 0, 0, 0, 0, 0, 0, 16), 12, IN(16), .length = 8,
     .check = is_empty_lun_list},
    {"REPORT LUNS, unknown selection", CDB(0xA0, 0, 0x20, 0, 0, 0, 0, 0, 0, 16), 12, IN(16), .sense = INVALID_FIELD},

    {"READ CAPACITY(10)", CDB(0x25), 10, IN(8), .length = 8, .check = is_capacity_10},
    {"READ CAPACITY(10), LBA without PMI", CDB(0x25, 0, 0, 0, 0, 1), 10, IN(8), .sense = INVALID_FIELD},
    {"READ CAPACITY(16)", CDB(0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32), 16, IN(32), .length = 32,
     .check = is_capacity_16},
    {"READ CAPACITY(16), 12 bytes", CDB(0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12), 16, IN(12), .length = 12},
    {"READ CAPACITY(16), LBA without PMI", CDB(0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 32), 16, IN(32),
     .sense = INVALID_FIELD},
    {"SERVICE ACTION IN(16), unknown", CDB(0x9E, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32), 16, IN(32),
     .sense = INVALID_FIELD},

    {"MODE SENSE(6), caching", CDB(0x1A, 0, 0x08, 0, 192), 6, IN(192), .length = 32, .check = is_mode_6},
    {"MODE SENSE(6), all", CDB(0x1A, 0, 0x3F, 0, 192), 6, IN(192), .length = 32, .check = is_mode_6},
    {"MODE SENSE(6), all with subpages", CDB(0x1A, 0, 0x3F, 0xFF, 192), 6, IN(192), .length = 32, .check = is_mode_6},
    {"MODE SENSE(6), DBD", CDB(0x1A, 8, 0x08, 0, 192), 6, IN(192), .length = 24, .check = is_mode_6_dbd},
    {"MODE SENSE(6), 4 bytes", CDB(0x1A, 0, 0x3F, 0, 4), 6, IN(4), .length = 4},
    {"MODE SENSE(6), changeable", CDB(0x1A, 0, 0x48, 0, 192), 6, IN(192), .length = 32, .check = is_mode_6_changeable},
    {"MODE SENSE(6), default", CDB(0x1A, 0, 0x88, 0, 192), 6, IN(192), .length = 32},
    {"MODE SENSE(6), saved", CDB(0x1A, 0, 0xC8, 0, 192), 6, IN(192), .sense = SAVING_NOT_SUPPORTED},
    {"MODE SENSE(6), unknown page", CDB(0x1A, 0, 0x05, 0, 192), 6, IN(192), .sense = INVALID_FIELD},
    {"MODE SENSE(6), unknown subpage", CDB(0x1A, 0, 0x08, 0x01, 192), 6, IN(192), .sense = INVALID_FIELD},
    {"MODE SENSE(10), caching", CDB(0x5A, 0, 0x08, 0, 0, 0, 0, 1, 0), 10, IN(256), .length = 36, .check = is_mode_10},
    {"MODE SENSE(10), unknown page", CDB(0x5A, 0, 0x05, 0, 0, 0, 0, 1, 0), 10, IN(256), .sense = INVALID_FIELD},

    {"READ(6)", CDB(0x08, 0, 0, 1, 1), 6, IN_BLOCKS(1)},
    {"READ(6), 0 means 256 blocks", CDB(0x08, 0, 0, 0, 0), 6, IN_BLOCKS(256), .needs = NEEDS_SMALL},
    {"READ(10)", CDB(0x28, 0, 0, 0, 0, 1, 0, 0, 8), 10, IN_BLOCKS(8)},
    {"READ(10), FUA", CDB(0x28, 8, 0, 0, 0, 0, 0, 0, 1), 10, IN_BLOCKS(1)},
    {"READ(10), DPO", CDB(0x28, 0x10, 0, 0, 0, 0, 0, 0, 1), 10, IN_BLOCKS(1)},
    {"READ(10), nothing", CDB(0x28), 10},
    {"READ(10), RDPROTECT", CDB(0x28, 0x20, 0, 0, 0, 0, 0, 0, 1), 10, IN_BLOCKS(1), .sense = INVALID_FIELD},
    {"READ(10), buffer too short", CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 2), 10, IN_BLOCKS(1), .sense = INVALID_FIELD},
    {"READ(10), buffer too long", CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 1), 10, IN_BLOCKS(2), .sense = INVALID_FIELD},
    {"READ(10), buffer of half a block", CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 1), 10, IN(256), .sense = INVALID_FIELD},
    {"READ(10), last block", CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 1), 10, IN_BLOCKS(1), .lba = LBA_LAST,
     .needs = NEEDS_SMALL},
    {"READ(10), past the end", CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 1), 10, IN_BLOCKS(1), .lba = LBA_END,
     .sense = OUT_OF_RANGE, .needs = NEEDS_SMALL},
    {"READ(10), over the end", CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 2), 10, IN_BLOCKS(2), .lba = LBA_LAST,
     .sense = OUT_OF_RANGE, .needs = NEEDS_SMALL},
    {"READ(10) of LUN 1", CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 1), 10, IN_BLOCKS(1), .lun = 1, .sense = LUN_NOT_SUPPORTED},
    {"READ(12)", CDB(0xA8, 0, 0, 0, 0, 1, 0, 0, 0, 8), 12, IN_BLOCKS(8)},
    {"READ(12), past the end", CDB(0xA8, 0, 0, 0, 0, 0, 0, 0, 0, 1), 12, IN_BLOCKS(1), .lba = LBA_END,
     .sense = OUT_OF_RANGE, .needs = NEEDS_SMALL},
    {"READ(16)", CDB(0x88, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 8), 16, IN_BLOCKS(8)},
    {"READ(16), last block", CDB(0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 16, IN_BLOCKS(1), .lba = LBA_LAST},
    {"READ(16), past the end", CDB(0x88, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 16, IN_BLOCKS(1), .lba = LBA_END,
     .sense = OUT_OF_RANGE},
    {"READ(16), LBA of all ones", CDB(0x88, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 1), 16, IN_BLOCKS(1),
     .sense = OUT_OF_RANGE},
    {"READ(16), LBA plus length wraps", CDB(0x88, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 2), 16,
     IN_BLOCKS(2), .sense = OUT_OF_RANGE},
    {"READ(16), nothing past the end", CDB(0x88, 0, 255, 255, 255, 255, 255, 255, 255, 255), 16, .sense = OUT_OF_RANGE},

    {"WRITE(6)", CDB(0x0A, 0, 0, 1, 1), 6, OUT_BLOCKS(1), .needs = NEEDS_WRITABLE},
    {"WRITE(10)", CDB(0x2A, 0, 0, 0, 0, 1, 0, 0, 8), 10, OUT_BLOCKS(8), .needs = NEEDS_WRITABLE},
    {"WRITE(10), FUA", CDB(0x2A, 8, 0, 0, 0, 0, 0, 0, 1), 10, OUT_BLOCKS(1), .needs = NEEDS_WRITABLE},
    {"WRITE(10), WRPROTECT", CDB(0x2A, 0x20, 0, 0, 0, 0, 0, 0, 1), 10, OUT_BLOCKS(1), .sense = INVALID_FIELD,
     .needs = NEEDS_WRITABLE},
    {"WRITE(10), buffer too short", CDB(0x2A, 0, 0, 0, 0, 0, 0, 0, 2), 10, OUT_BLOCKS(1), .sense = INVALID_FIELD,
     .needs = NEEDS_WRITABLE},
    {"WRITE(10), past the end", CDB(0x2A, 0, 0, 0, 0, 0, 0, 0, 1), 10, OUT_BLOCKS(1), .lba = LBA_END,
     .sense = OUT_OF_RANGE, .needs = NEEDS_WRITABLE | NEEDS_SMALL},
    {"WRITE(12)", CDB(0xAA, 0, 0, 0, 0, 1, 0, 0, 0, 8), 12, OUT_BLOCKS(8), .needs = NEEDS_WRITABLE},
    {"WRITE(16)", CDB(0x8A, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 8), 16, OUT_BLOCKS(8), .needs = NEEDS_WRITABLE},
    {"WRITE(16), last block", CDB(0x8A, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 16, OUT_BLOCKS(1), .lba = LBA_LAST,
     .needs = NEEDS_WRITABLE},
    {"WRITE(16), past the end", CDB(0x8A, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 16, OUT_BLOCKS(1), .lba = LBA_END,
     .sense = OUT_OF_RANGE, .needs = NEEDS_WRITABLE},
    {"WRITE(10) of a protected disk", CDB(0x2A, 0, 0, 0, 0, 0, 0, 0, 1), 10, OUT_BLOCKS(1), .sense = WRITE_PROTECTED,
     .needs = NEEDS_READ_ONLY},

    {"VERIFY(10)", CDB(0x2F, 0, 0, 0, 0, 0, 0, 0, 64), 10},
    {"VERIFY(10), nothing", CDB(0x2F), 10},
    {"VERIFY(10), past the end", CDB(0x2F, 0, 0, 0, 0, 0, 0, 0, 1), 10, .lba = LBA_END, .sense = OUT_OF_RANGE,
     .needs = NEEDS_SMALL},
    {"VERIFY(10), over the end", CDB(0x2F, 0, 0, 0, 0, 0, 0, 0, 2), 10, .lba = LBA_LAST, .sense = OUT_OF_RANGE,
     .needs = NEEDS_SMALL},
    {"VERIFY(10), BYTCHK", CDB(0x2F, 2, 0, 0, 0, 0, 0, 0, 1), 10, OUT_BLOCKS(1), .sense = INVALID_FIELD},
    {"VERIFY(16)", CDB(0x8F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0), 16},
    {"VERIFY(16), past the end", CDB(0x8F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 16, .lba = LBA_END,
     .sense = OUT_OF_RANGE},

    {"SYNCHRONIZE CACHE(10)", CDB(0x35), 10},
    {"SYNCHRONIZE CACHE(10), range", CDB(0x35, 0, 0, 0, 0, 1, 0, 0, 8), 10},
    {"SYNCHRONIZE CACHE(10), IMMED", CDB(0x35, 2), 10},
    {"SYNCHRONIZE CACHE(10), past the end", CDB(0x35, 0, 0, 0, 0, 0, 0, 0, 2), 10, .lba = LBA_LAST,
     .sense = OUT_OF_RANGE, .needs = NEEDS_SMALL},
    {"SYNCHRONIZE CACHE(16)", CDB(0x91), 16},
    {"SYNCHRONIZE CACHE(16), past the end", CDB(0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), 16, .lba = LBA_END,
     .sense = OUT_OF_RANGE},

    {"START STOP UNIT, stop", CDB(0x1B, 0, 0, 0, 0), 6},
    {"START STOP UNIT, start", CDB(0x1B, 0, 0, 0, 1), 6},
    {"START STOP UNIT, eject", CDB(0x1B, 0, 0, 0, 2), 6, .sense = INVALID_FIELD},
    {"START STOP UNIT, power condition", CDB(0x1B, 0, 0, 0, 0x30), 6, .sense = INVALID_FIELD},

    {"UNMAP", CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), 10, OUT(24), .length = 24, .list = unmap_list,
     .needs = NEEDS_UNMAP | NEEDS_WRITABLE},
    {"UNMAP, empty list", CDB(0x42), 10, .needs = NEEDS_UNMAP | NEEDS_WRITABLE},
    {"UNMAP, past the end", CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), 10, OUT(24), .list = unmap_beyond,
     .sense = OUT_OF_RANGE, .needs = NEEDS_UNMAP | NEEDS_WRITABLE},
    /* SBC-3 5.28.2: an incomplete last descriptor is ignored. */
    {"UNMAP, descriptors of odd length", CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), 10, OUT(24), .length = 24,
     .list = unmap_odd, .needs = NEEDS_UNMAP | NEEDS_WRITABLE},
    {"UNMAP, list longer than the data", CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), 10, OUT(16), .list = unmap_list,
     .sense = LIST_LENGTH, .needs = NEEDS_UNMAP | NEEDS_WRITABLE},
    {"UNMAP, 4 bytes", CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 4), 10, OUT(4), .list = unmap_list, .sense = LIST_LENGTH,
     .needs = NEEDS_UNMAP | NEEDS_WRITABLE},
    {"UNMAP, ANCHOR", CDB(0x42, 1, 0, 0, 0, 0, 0, 0, 24), 10, OUT(24), .list = unmap_list, .sense = INVALID_FIELD,
     .needs = NEEDS_UNMAP | NEEDS_WRITABLE},
    {"UNMAP without discard", CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24), 10, OUT(24), .list = unmap_list,
     .sense = INVALID_OPCODE, .needs = NEEDS_NO_UNMAP},
};
const unsigned scsi_case_count = sizeof(scsi_cases) / sizeof(scsi_cases[0]);
