/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * scsi-compliance: the table, every operation code that is not in it, wrong addresses, sense without a sense buffer,
 * SRB functions that do not exist.
 */
#include "blk_scsi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blk_scenario.h"

#define INVALID_OPCODE 0x052000u
#define LUN_NOT_SUPPORTED 0x052500u

static unsigned cases_run;

static uint32_t sense_of(const struct request *r)
{
    return (uint32_t)(r->sense[2] & 0xF) << 16 | (uint32_t)r->sense[12] << 8 | r->sense[13];
}

static void put_lba(uint8_t *cdb, unsigned cdb_length, uint64_t lba)
{
    unsigned bytes = cdb_length == 16 ? 8 : 4;

    for (unsigned i = 0; i < bytes; i++)
        cdb[2 + i] = (uint8_t)(lba >> (8 * (bytes - 1 - i)));
}

static bool applies(const struct bench *b, const struct scsi_case *c)
{
    const struct disk *d = &b->disk;
    uint64_t bytes = (uint64_t)c->blocks * d->block_bytes;

    return !((c->needs & NEEDS_WRITABLE && d->read_only) || (c->needs & NEEDS_READ_ONLY && !d->read_only) ||
             (c->needs & NEEDS_UNMAP && !d->page_b2) || (c->needs & NEEDS_NO_UNMAP && d->page_b2) ||
             (c->needs & NEEDS_SMALL && d->blocks >= 0xFFFFFFF0ull) || bytes > d->transfer_limit);
}

static void expect_error(struct bench *b, const char *name, const struct request *r, uint32_t sense)
{
    if (r->srb_status != SRB_STATUS_ERROR || r->scsi_status != 2)
        bench_fail(b, "%s: SRB status %02x, SCSI status %02x; expected CHECK CONDITION", name, r->srb_status,
                   r->scsi_status);
    else if (!r->sense_valid || sense_of(r) != sense)
        bench_fail(b, "%s: sense %06x (valid %u); expected %06x", name, (unsigned)sense_of(r), r->sense_valid,
                   (unsigned)sense);
    else if (r->transferred != 0)
        bench_fail(b, "%s: an error that says %u bytes were transferred", name, (unsigned)r->transferred);
}

static void expect_data(struct bench *b, const struct scsi_case *c, const struct request *r, const uint8_t *data)
{
    uint32_t wanted = c->length == LENGTH_BLOCKS ? c->blocks * b->disk.block_bytes : (uint32_t)c->length;

    /* Less than there is room for may be reported as an underrun: SRB_STATUS_DATA_OVERRUN with the length. */
    if (r->srb_status != SRB_STATUS_SUCCESS &&
        !(r->srb_status == SRB_STATUS_DATA_OVERRUN && r->transferred < r->transfer)) {
        bench_fail(b, "%s: SRB status %02x, SCSI status %02x, sense %06x; expected success", c->name, r->srb_status,
                   r->scsi_status, (unsigned)sense_of(r));
        return;
    }
    if (c->length != LENGTH_ANY && r->transferred != wanted)
        bench_fail(b, "%s: %u bytes transferred, expected %u", c->name, (unsigned)r->transferred, (unsigned)wanted);
    else if (c->check != NULL && !c->check(&b->disk, data, r->transferred))
        bench_fail(b, "%s: the %u bytes returned are not as they should be", c->name, (unsigned)r->transferred);
}

static void run_case(struct bench *b, const struct scsi_case *c)
{
    uint32_t bytes = c->blocks != 0 ? c->blocks * b->disk.block_bytes : c->bytes;
    uint8_t *data = calloc(1, bytes + 1);
    struct command command = {.cdb_length = c->cdb_length,
                              .lun = c->lun,
                              .target = c->target,
                              .in = c->direction == DATA_IN,
                              .out = c->direction == DATA_OUT,
                              .transfer = bytes,
                              .data = data};
    static const uint64_t no_lba = UINT64_MAX;
    uint64_t lba = c->lba == LBA_LAST          ? b->disk.blocks - 1
                   : c->lba == LBA_END         ? b->disk.blocks
                   : c->lba == LBA_BEFORE_LAST ? b->disk.blocks - 2
                                               : no_lba;

    if (data == NULL)
        environment_failed("out of memory");
    memcpy(command.cdb, c->cdb, sizeof(command.cdb));
    if (lba != no_lba)
        put_lba(command.cdb, c->cdb_length, lba);
    if (c->list != NULL)
        memcpy(data, c->list, bytes);
    disk_command(b, &command);
    cases_run++;
    if (c->sense != 0)
        expect_error(b, c->name, &command.result, c->sense);
    else
        expect_data(b, c, &command.result, data);
    free(data);
}

static bool in_table(uint8_t opcode)
{
    for (unsigned i = 0; i < scsi_case_count; i++) {
        if (scsi_cases[i].cdb[0] == opcode)
            return true;
    }
    return false;
}

/* "Everything else: invalid opcode with sense." */
static void every_other_opcode(struct bench *b)
{
    static const uint8_t lengths[8] = {6, 10, 10, 16, 16, 12, 10, 10};

    for (unsigned opcode = 0; opcode < 256; opcode++) {
        struct command c = {.cdb = {(uint8_t)opcode}, .cdb_length = lengths[opcode >> 5], .in = true, .transfer = 64};
        char name[32];

        if (in_table((uint8_t)opcode))
            continue;
        snprintf(name, sizeof(name), "operation code %02xh", opcode);
        disk_command(b, &c);
        cases_run++;
        expect_error(b, name, &c.result, INVALID_OPCODE);
    }
}

static void wrong_addresses(struct bench *b)
{
    static const struct {
        uint8_t path, target, lun;
    } places[] = {{0, 1, 0}, {1, 0, 0}, {0, 127, 0}, {0, 0, 1}, {0, 0, 7}};

    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct command c = {.cdb = {0x28, 0, 0, 0, 0, 0, 0, 0, 1},
                            .cdb_length = 10,
                            .in = true,
                            .transfer = b->disk.block_bytes,
                            .path = places[i].path,
                            .target = places[i].target,
                            .lun = places[i].lun};

        disk_command(b, &c);
        cases_run++;
        if (c.result.srb_status == SRB_STATUS_SUCCESS)
            bench_fail(b, "READ(10) of %u:%u:%u, which does not exist, succeeded", places[i].path, places[i].target,
                       places[i].lun);
        if (places[i].lun != 0)
            expect_error(b, "READ(10) of a LUN that does not exist", &c.result, LUN_NOT_SUPPORTED);
    }
}

/* Sense that could not be delivered with the request is there for the next REQUEST SENSE. */
static void sense_without_buffer(struct bench *b)
{
    for (unsigned variant = 0; variant < 2; variant++) {
        uint8_t sense[18] = {0};
        struct command failing = {
            .cdb = {0xFF}, .cdb_length = 10, .no_sense = variant == 0, .disable_autosense = variant == 1};
        struct command request = {
            .cdb = {0x03, 0, 0, 0, 18}, .cdb_length = 6, .in = true, .transfer = 18, .data = sense};

        disk_command(b, &failing);
        cases_run++;
        if (failing.result.srb_status != SRB_STATUS_ERROR || failing.result.sense_valid)
            bench_fail(b, "a failing command without autosense: SRB status %02x, sense valid %u",
                       failing.result.srb_status, failing.result.sense_valid);
        disk_command(b, &request);
        if (request.result.srb_status != SRB_STATUS_SUCCESS || (sense[2] & 0xF) != 5 || sense[12] != 0x20)
            bench_fail(b, "REQUEST SENSE after a failing command without autosense: status %02x, key %x, code %02x",
                       request.result.srb_status, sense[2] & 0xF, sense[12]);
    }
}

/* A sense buffer shorter than the sense data gets as much as it holds. */
static void short_sense_buffer(struct bench *b)
{
    struct request r = {.cdb = {0xFF}, .cdb_length = 10, .sense_capacity = 8};

    request_execute(b->adapter, &r);
    cases_run++;
    if (r.srb_status != SRB_STATUS_ERROR || !r.sense_valid || (r.sense[2] & 0xF) != 5)
        bench_fail(b, "8 bytes of sense: SRB status %02x, valid %u, key %x", r.srb_status, r.sense_valid,
                   r.sense[2] & 0xF);
}

static void unknown_functions(struct bench *b)
{
    static const uint8_t functions[] = {
        0x03, 0x11, SRB_FUNCTION_TERMINATE_IO, SRB_FUNCTION_WMI, SRB_FUNCTION_DUMP_POINTERS, 0x7F, 0xFE};

    for (unsigned i = 0; i < sizeof(functions); i++) {
        struct command c = {.function = functions[i], .no_retry = true, .no_sense = true};

        disk_command(b, &c);
        cases_run++;
        if (c.result.srb_status == SRB_STATUS_SUCCESS)
            bench_fail(b, "SRB function %02x, which the miniport cannot know, succeeded", functions[i]);
    }
}

static void short_cdb(struct bench *b)
{
    struct command c = {
        .cdb = {0x28, 0, 0, 0, 0, 0, 0, 0, 1}, .cdb_length = 6, .in = true, .transfer = b->disk.block_bytes};

    disk_command(b, &c);
    cases_run++;
    if (c.result.srb_status == SRB_STATUS_SUCCESS)
        bench_fail(b, "READ(10) in a CDB of 6 bytes succeeded");
}

void scenario_scsi_compliance(struct bench *b)
{
    unsigned skipped = 0;

    cases_run = 0;
    if (bench_must_start(b)) {
        for (unsigned i = 0; i < scsi_case_count; i++) {
            if (applies(b, &scsi_cases[i]))
                run_case(b, &scsi_cases[i]);
            else
                skipped++;
        }
        every_other_opcode(b);
        wrong_addresses(b);
        sense_without_buffer(b);
        short_sense_buffer(b);
        unknown_functions(b);
        short_cdb(b);
        bench_note(b, "%u commands, %u do not apply to this disk (%llu blocks of %u bytes%s%s)", cases_run, skipped,
                   (unsigned long long)b->disk.blocks, b->disk.block_bytes, b->disk.read_only ? ", read-only" : "",
                   b->disk.page_b2 ? ", UNMAP" : "");
    }
    bench_unload(b);
}
