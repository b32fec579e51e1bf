/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What StorPort's enumerator, disk.sys and classpnp.sys of Windows 7 send: REPORT LUNS and INQUIRY, the vital product
 * data pages, capacity, mode pages; and the retries of a class driver.
 */
#include "blk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRIES 8u /* MAXIMUM_RETRIES of classpnp */
#define STANDARD_INQUIRY_BYTES 36u
#define VPD_BYTES 255u
#define MODE_DATA_BYTES 192u
#define READ_CAPACITY_16_BYTES 32u

enum { SENSE_KEY_NOT_READY = 2, SENSE_KEY_UNIT_ATTENTION = 6, SENSE_KEY_ABORTED_COMMAND = 0xB };

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t get64(const uint8_t *p)
{
    return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static void put32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

bool disk_retries(const struct request *r)
{
    switch (r->srb_status) {
    case SRB_STATUS_BUS_RESET:
    case SRB_STATUS_ABORTED:
    case SRB_STATUS_TIMEOUT:
    case SRB_STATUS_COMMAND_TIMEOUT:
    case SRB_STATUS_BUSY:
    case SRB_STATUS_REQUEST_FLUSHED:
        return true;
    case SRB_STATUS_ERROR:
        return r->sense_valid &&
               ((r->sense[2] & 0xF) == SENSE_KEY_UNIT_ATTENTION || (r->sense[2] & 0xF) == SENSE_KEY_ABORTED_COMMAND ||
                ((r->sense[2] & 0xF) == SENSE_KEY_NOT_READY && r->sense[12] == 0x04 && r->sense[13] == 0x01));
    default:
        return false;
    }
}

uint8_t disk_command(struct bench *b, struct command *c)
{
    struct request *r = &c->result;
    struct io_buffer *buffer = NULL;

    if (c->transfer != 0)
        buffer = io_buffer_create(b->adapter, c->transfer, (uint32_t)(cpu_random() % 64) & ~3u);
    for (unsigned tries = 0; tries < RETRIES; tries++) {
        *r = (struct request){.function = c->function,
                              .path = c->path,
                              .target = c->target,
                              .lun = c->lun,
                              .cdb_length = c->cdb_length,
                              .transfer = c->transfer,
                              .buffer = buffer,
                              .timeout_seconds = c->timeout_seconds,
                              .sense_capacity = c->no_sense ? 0 : PORT_SENSE_BYTES};
        memcpy(r->cdb, c->cdb, sizeof(r->cdb));
        r->flags = (c->in ? SRB_FLAGS_DATA_IN : 0u) | (c->out ? SRB_FLAGS_DATA_OUT : 0u) |
                   (c->disable_autosense ? SRB_FLAGS_DISABLE_AUTOSENSE : 0u);
        if (buffer != NULL) {
            if (c->out && c->data != NULL)
                memcpy(buffer->bytes, c->data, c->transfer);
            else
                memset(buffer->bytes, 0xDB, c->transfer);
        }
        request_execute(b->adapter, r);
        if (c->no_retry || !disk_retries(r))
            break;
    }
    if (buffer != NULL) {
        if (c->in && c->data != NULL)
            memcpy(c->data, buffer->bytes, c->transfer);
        request_check_buffer(r);
        io_buffer_destroy(buffer);
        r->buffer = NULL;
    }
    return r->srb_status;
}

/* Data-in commands: SRB_STATUS_DATA_OVERRUN is how a miniport reports that less came than there was room for. */
static bool inquire(struct bench *b, uint8_t target, uint8_t lun, int page, uint8_t *data, uint32_t bytes)
{
    struct command c = {.cdb = {0x12, page >= 0, (uint8_t)(page >= 0 ? page : 0), 0, (uint8_t)bytes},
                        .cdb_length = 6,
                        .in = true,
                        .transfer = bytes,
                        .data = data,
                        .target = target,
                        .lun = lun};
    uint8_t status;

    memset(data, 0, bytes);
    status = disk_command(b, &c);
    return status == SRB_STATUS_SUCCESS || status == SRB_STATUS_DATA_OVERRUN;
}

static void read_vpd_pages(struct bench *b)
{
    uint8_t pages[VPD_BYTES], data[VPD_BYTES];

    b->disk.page_b0 = b->disk.page_b1 = b->disk.page_b2 = false;
    b->disk.serial[0] = '\0';
    if (!inquire(b, 0, 0, 0x00, pages, sizeof(pages)))
        return;
    for (unsigned i = 0; i < pages[3] && i + 4 < sizeof(pages); i++) {
        uint8_t page = pages[4 + i];

        if (!inquire(b, 0, 0, page, data, sizeof(data))) {
            if (!b->gone)
                bench_fail(b, "VPD page %02xh is listed in page 00h but refused (SRB status %02x)", page, 0);
            continue;
        }
        if (data[1] != page)
            bench_fail(b, "VPD page %02xh calls itself %02xh", page, data[1]);
        if (page == 0x80)
            snprintf(b->disk.serial, sizeof(b->disk.serial), "%.*s",
                     data[3] < sizeof(b->disk.serial) ? data[3] : (int)sizeof(b->disk.serial) - 1,
                     (const char *)data + 4);
        b->disk.page_b0 |= page == 0xB0;
        b->disk.page_b1 |= page == 0xB1;
        b->disk.page_b2 |= page == 0xB2;
    }
}

bool disk_read_capacity(struct bench *b)
{
    uint8_t short_data[8] = {0}, long_data[READ_CAPACITY_16_BYTES] = {0};
    struct command ten = {
        .cdb = {0x25}, .cdb_length = 10, .in = true, .transfer = sizeof(short_data), .data = short_data};
    struct command sixteen = {
        .cdb = {0x9E, 0x10}, .cdb_length = 16, .in = true, .transfer = sizeof(long_data), .data = long_data};

    put32(sixteen.cdb + 10, sizeof(long_data));
    if (disk_command(b, &ten) != SRB_STATUS_SUCCESS)
        return false;
    b->disk.blocks = (uint64_t)get32(short_data) + 1;
    b->disk.block_bytes = get32(short_data + 4);
    if (get32(short_data) != 0xFFFFFFFFu)
        return true;
    disk_command(b, &sixteen);
    if (sixteen.result.srb_status != SRB_STATUS_SUCCESS && sixteen.result.srb_status != SRB_STATUS_DATA_OVERRUN)
        return false;
    b->disk.blocks = get64(long_data) + 1;
    b->disk.block_bytes = get32(long_data + 8);
    return true;
}

static void read_mode_pages(struct bench *b)
{
    uint8_t data[MODE_DATA_BYTES] = {0};
    struct command c = {.cdb = {0x1A, 0x00, 0x3F, 0, MODE_DATA_BYTES},
                        .cdb_length = 6,
                        .in = true,
                        .transfer = sizeof(data),
                        .data = data};
    const uint8_t *page;

    disk_command(b, &c);
    if (c.result.srb_status != SRB_STATUS_SUCCESS && c.result.srb_status != SRB_STATUS_DATA_OVERRUN)
        return; /* a disk need not have mode pages */
    b->disk.read_only = (data[2] & 0x80) != 0;
    b->disk.fua = (data[2] & 0x10) != 0;
    for (page = data + 4 + data[3]; page + 2 < data + 1 + data[0] && page + 2 < data + sizeof(data);
         page += 2 + page[1]) {
        if ((page[0] & 0x3F) == 0x08)
            b->disk.write_cache = (page[2] & 0x04) != 0;
    }
}

static bool enumerate_target(struct bench *b, uint8_t target)
{
    uint8_t data[STANDARD_INQUIRY_BYTES], luns[16 + 8 * 8] = {0};
    struct command report = {
        .cdb = {0xA0}, .cdb_length = 12, .in = true, .transfer = sizeof(luns), .data = luns, .target = target};

    if (!inquire(b, target, 0, -1, data, sizeof(data)) || (data[0] >> 5) != 0)
        return false;
    if (target == 0)
        memcpy(b->disk.inquiry, data, sizeof(data));
    put32(report.cdb + 6, sizeof(luns));
    disk_command(b, &report);
    if (report.result.srb_status != SRB_STATUS_SUCCESS && report.result.srb_status != SRB_STATUS_DATA_OVERRUN) {
        b->disk.units++; /* a SCSI-2 device: LUN 0 it is */
        return true;
    }
    for (uint32_t i = 0; i < get32(luns) / 8 && 8 + 8 * i + 8 <= sizeof(luns); i++)
        b->disk.units++;
    return true;
}

bool disk_enumerate(struct bench *b)
{
    const PORT_CONFIGURATION_INFORMATION *config = adapter_config(b->adapter);
    struct command ready = {.cdb = {0x00}, .cdb_length = 6};

    memset(&b->disk, 0, sizeof(b->disk));
    for (unsigned target = 0; target < config->MaximumNumberOfTargets && !b->gone; target++)
        enumerate_target(b, (uint8_t)target);
    if (b->disk.units == 0)
        return false;
    read_vpd_pages(b);
    disk_command(b, &ready);
    if (!disk_read_capacity(b))
        return false;
    if (b->disk.block_bytes < SECTOR_BYTES || b->disk.block_bytes % SECTOR_BYTES != 0) {
        bench_fail(b, "READ CAPACITY reports blocks of %u bytes", b->disk.block_bytes);
        return false;
    }
    read_mode_pages(b);
    b->disk.transfer_limit = adapter_transfer_limit(b->adapter);
    return !b->gone;
}

void disk_cdb_transfer(struct bench *b, struct request *r, bool write, uint64_t lba, uint32_t blocks, bool fua)
{
    memset(r->cdb, 0, sizeof(r->cdb));
    if (lba + blocks > 0xFFFFFFFFull || blocks > 0xFFFF || b->disk.blocks > 0xFFFFFFFFull) {
        r->cdb_length = 16;
        r->cdb[0] = write ? 0x8A : 0x88;
        put32(r->cdb + 2, (uint32_t)(lba >> 32));
        put32(r->cdb + 6, (uint32_t)lba);
        put32(r->cdb + 10, blocks);
    } else {
        r->cdb_length = 10;
        r->cdb[0] = write ? 0x2A : 0x28;
        put32(r->cdb + 2, (uint32_t)lba);
        r->cdb[7] = (uint8_t)(blocks >> 8);
        r->cdb[8] = (uint8_t)blocks;
    }
    if (fua)
        r->cdb[1] |= 0x08;
    r->flags = write ? SRB_FLAGS_DATA_OUT : SRB_FLAGS_DATA_IN;
    r->transfer = blocks * b->disk.block_bytes;
    r->sense_capacity = PORT_SENSE_BYTES;
}

bool disk_transfer(struct bench *b, bool write, uint64_t lba, uint32_t blocks, uint8_t *data)
{
    struct request r;
    struct command c = {.in = !write, .out = write, .data = data};

    disk_cdb_transfer(b, &r, write, lba, blocks, false);
    memcpy(c.cdb, r.cdb, sizeof(c.cdb));
    c.cdb_length = r.cdb_length;
    c.transfer = r.transfer;
    return disk_command(b, &c) == SRB_STATUS_SUCCESS && c.result.transferred == r.transfer;
}

uint8_t disk_flush(struct bench *b)
{
    struct command c = {.cdb = {0x35}, .cdb_length = 10};

    return disk_command(b, &c);
}
