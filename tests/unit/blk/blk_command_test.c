/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The CDB decoder and the checks against the disk. Operation codes and sense codes are written as SPC-3 and SBC-3
   print them, not taken from the driver's headers. */
#include "unit.h"

#include "command.h"

#define INVALID_OPCODE 0x052000u
#define OUT_OF_RANGE 0x052100u
#define INVALID_FIELD 0x052400u
#define WRITE_PROTECTED 0x072700u

static BLK_COMMAND decode(const uint8_t *cdb, uint8_t length, uint32_t bytes, uint8_t shift)
{
    BLK_COMMAND command;

    memset(&command, 0xEE, sizeof(command));
    BlkCommandDecode(cdb, length, bytes, shift, &command);
    /* Plain commands are put on the queue without a second look at anything but the disk's capacity and mode. */
    assert_int_equal(command.Plain, (command.Operation == BlkOperationRead || command.Operation == BlkOperationWrite) &&
                                        command.Blocks != 0 && !command.Fua);
    return command;
}

static void expect_refused(const BLK_COMMAND *command, uint32_t sense, const char *what)
{
    if (command->Operation != BlkOperationRefuse || command->Sense != sense) {
        fail_msg("%s: operation %u, sense %06x, expected a refusal with %06x", what, command->Operation, command->Sense,
                 sense);
    }
}

struct row {
    const char *what;
    uint8_t cdb[16];
    uint8_t length;
    uint8_t shift;
    uint8_t operation;
    bool fua;
    uint32_t bytes;
    uint64_t lba;
    uint32_t blocks;
};

#define READ BlkOperationRead
#define WRITE BlkOperationWrite
#define VERIFY BlkOperationVerify
#define FLUSH BlkOperationFlush
#define UNMAP BlkOperationUnmap
#define RESPOND BlkOperationRespond
#define NOTHING BlkOperationNothing

/* Everything here is accepted; the tests below break each row in every way there is. */
static const struct row rows[] = {
    {"READ(6)", {0x08, 0x12, 0x34, 0x56, 0x07}, 6, 9, READ, false, 7 * 512, 0x123456, 7},
    {"READ(6), count 0 means 256", {0x08, 0x1F, 0xFF, 0xFF, 0x00}, 6, 9, READ, false, 256 * 512, 0x1FFFFF, 256},
    {"READ(6), the old LUN bits", {0x08, 0xE0, 0x00, 0x01, 0x01}, 6, 9, READ, false, 512, 1, 1},
    {"READ(6), 4096", {0x08, 0x00, 0x00, 0x02, 0x00}, 6, 12, READ, false, 256 * 4096, 2, 256},
    {"WRITE(6)", {0x0A, 0x01, 0x02, 0x03, 0xFF}, 6, 9, WRITE, false, 255 * 512, 0x010203, 255},
    {"WRITE(6), count 0 means 256", {0x0A, 0x00, 0x00, 0x00, 0x00}, 6, 9, WRITE, false, 256 * 512, 0, 256},
    {"READ(10)", {0x28, 0, 0x89, 0xAB, 0xCD, 0xEF, 0, 0x12, 0x34, 0}, 10, 9, READ, false, 0x1234 * 512, 0x89ABCDEF,
     0x1234},
    {"READ(10), 4096", {0x28, 0, 0, 0, 0, 5, 0, 0, 3, 0}, 10, 12, READ, false, 3 * 4096, 5, 3},
    {"READ(10), 2048", {0x28, 0, 0, 0, 0, 5, 0, 0, 3, 0}, 10, 11, READ, false, 3 * 2048, 5, 3},
    {"READ(10), FUA", {0x28, 0x08, 0, 0, 0, 1, 0, 0, 1, 0}, 10, 9, READ, true, 512, 1, 1},
    {"READ(10), DPO", {0x28, 0x10, 0, 0, 0, 1, 0, 0, 1, 0}, 10, 9, READ, false, 512, 1, 1},
    {"READ(10), FUA_NV without NV_SUP", {0x28, 0x02, 0, 0, 0, 1, 0, 0, 1, 0}, 10, 9, READ, false, 512, 1, 1},
    {"READ(10), empty", {0x28, 0, 0, 0, 0, 1, 0, 0, 0, 0}, 10, 9, READ, false, 0, 1, 0},
    {"READ(10), largest", {0x28, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0xFF, 0xFF, 0}, 10, 12, READ, false, 0xFFFFu * 4096,
     0xFFFFFFFF, 0xFFFF},
    {"WRITE(10)", {0x2A, 0, 0x01, 0x02, 0x03, 0x04, 0, 0, 0x80, 0}, 10, 9, WRITE, false, 0x80 * 512, 0x01020304, 0x80},
    {"WRITE(10), FUA and DPO", {0x2A, 0x18, 0, 0, 0, 9, 0, 0, 2, 0}, 10, 9, WRITE, true, 1024, 9, 2},
    {"READ(12)", {0xA8, 0, 0x01, 0x02, 0x03, 0x04, 0x00, 0x01, 0x00, 0x02, 0, 0}, 12, 9, READ, false, 0x10002u * 512,
     0x01020304, 0x10002},
    {"READ(12), FUA", {0xA8, 0x08, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0}, 12, 9, READ, true, 512, 1, 1},
    {"WRITE(12)", {0xAA, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 4, 0, 0}, 12, 12, WRITE, false, 4 * 4096, 0xFFFFFFFF, 4},
    {"WRITE(12), FUA", {0xAA, 0x08, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0}, 12, 9, WRITE, true, 512, 1, 1},
    {"READ(16)",
     {0x88, 0, 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x00, 0x00, 0x10, 0x01, 0, 0},
     16, 9, READ, false, 0x1001 * 512, 0x0123456789ABCDEF, 0x1001},
    {"READ(16), FUA", {0x88, 0x08, [9] = 1, [13] = 1}, 16, 9, READ, true, 512, 1, 1},
    {"READ(16), 0x7FFFFF blocks of 512", {0x88, [11] = 0x7F, 0xFF, 0xFF}, 16, 9, READ, false, 0xFFFFFE00, 0, 0x7FFFFF},
    {"WRITE(16)",
     {0x8A, 0, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32, 0x10, 0, 0, 0, 1, 0, 0},
     16, 12, WRITE, false, 4096, 0xFEDCBA9876543210, 1},
    {"WRITE(16), FUA", {0x8A, 0x08, [9] = 1, [13] = 1}, 16, 9, WRITE, true, 512, 1, 1},
    {"VERIFY(10)", {0x2F, 0, 0x10, 0x20, 0x30, 0x40, 0, 0xFF, 0xFE, 0}, 10, 9, VERIFY, false, 0, 0x10203040, 0xFFFE},
    {"VERIFY(10), DPO", {0x2F, 0x10, 0, 0, 0, 1, 0, 0, 1, 0}, 10, 9, VERIFY, false, 0, 1, 1},
    {"VERIFY(16)",
     {0x8F, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0},
     16, 9, VERIFY, false, 0, 0x100000002, 0xFFFFFFFF},
    {"SYNCHRONIZE CACHE(10)", {0x35, 0, 0, 0, 1, 0, 0, 0, 8, 0}, 10, 9, FLUSH, false, 0, 0x100, 8},
    {"SYNCHRONIZE CACHE(10), IMMED, whole disk", {0x35, 0x02}, 10, 9, FLUSH, false, 0, 0, 0},
    {"SYNCHRONIZE CACHE(16)",
     {0x91, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0},
     16, 9, FLUSH, false, 0, 0x100000000, 0x10000},
    {"UNMAP", {0x42, [7] = 0, 24}, 10, 9, UNMAP, false, 24, 0, 0},
    {"START STOP UNIT, start", {0x1B, 0, 0, 0, 0x01}, 6, 9, NOTHING, false, 0, 0, 0},
    {"START STOP UNIT, stop flushes", {0x1B, 0, 0, 0, 0x00}, 6, 9, FLUSH, false, 0, 0, 0},
    {"START STOP UNIT, IMMED stop", {0x1B, 0x01, 0, 0, 0x00}, 6, 9, FLUSH, false, 0, 0, 0},
    {"TEST UNIT READY", {0x00}, 6, 9, NOTHING, false, 0, 0, 0},
    {"INQUIRY", {0x12, 0, 0, 0, 36}, 6, 9, RESPOND, false, 36, 0, 0},
    {"REQUEST SENSE", {0x03, 0, 0, 0, 18}, 6, 9, RESPOND, false, 18, 0, 0},
    {"MODE SENSE(6)", {0x1A, 0, 0x3F, 0, 0xFF}, 6, 9, RESPOND, false, 0xFF, 0, 0},
    {"MODE SENSE(10)", {0x5A, 0, 0x3F, [8] = 0xFF}, 10, 9, RESPOND, false, 0xFF, 0, 0},
    {"READ CAPACITY(10)", {0x25}, 10, 9, RESPOND, false, 8, 0, 0},
    {"SERVICE ACTION IN(16)", {0x9E, 0x10, [13] = 32}, 16, 9, RESPOND, false, 32, 0, 0},
    {"REPORT LUNS", {0xA0, [9] = 16}, 12, 9, RESPOND, false, 16, 0, 0},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool is_transfer(const struct row *row)
{
    return row->operation == READ || row->operation == WRITE;
}

static void decode_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        BLK_COMMAND command = decode(row->cdb, row->length, row->bytes, row->shift);

        if (command.Operation != row->operation || command.Lba != row->lba || command.Blocks != row->blocks ||
            command.Fua != row->fua) {
            fail_msg("%s: operation %u, lba %llx, blocks %x, fua %d (sense %06x if refused)", row->what,
                     command.Operation, (unsigned long long)command.Lba, command.Blocks, command.Fua, command.Sense);
        }
    }
}

/* Windows hands 16-byte CDB buffers to everything: a length beyond the command's own is no error, one below is. */
static void decode_cdb_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];

        for (uint8_t length = 0; length <= 16; length++) {
            BLK_COMMAND command = decode(row->cdb, length, row->bytes, row->shift);

            if (length < row->length) {
                expect_refused(&command, INVALID_FIELD, row->what);
            } else {
                assert_int_equal(command.Operation, row->operation);
            }
        }
    }
}

/* SAM-4 5.2: a target without NACA refuses it; the rest of the control byte is not looked at. */
static void decode_control_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];

        for (unsigned control = 0; control < 256; control++) {
            uint8_t cdb[16];
            BLK_COMMAND command;

            memcpy(cdb, row->cdb, sizeof(cdb));
            cdb[row->length - 1] = (uint8_t)control;
            command = decode(cdb, row->length, row->bytes, row->shift);
            if ((control & 0x04) != 0) {
                expect_refused(&command, INVALID_FIELD, row->what);
            } else {
                assert_int_equal(command.Operation, row->operation);
            }
        }
    }
}

/* Byte 1 of READ, WRITE and VERIFY, all 256 values: protection information, the obsolete relative address bit and the
   comparison with data are refused; DPO and FUA_NV are hints. */
static void decode_flags(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];

        if (row->length == 6 || (!is_transfer(row) && row->operation != VERIFY)) {
            continue;
        }
        for (unsigned flags = 0; flags < 256; flags++) {
            bool verify = row->operation == VERIFY;
            bool refused = (flags & 0xE1) != 0 || (verify && (flags & 0x06) != 0);
            uint8_t cdb[16];
            BLK_COMMAND command;

            memcpy(cdb, row->cdb, sizeof(cdb));
            cdb[1] = (uint8_t)flags;
            command = decode(cdb, row->length, row->bytes, row->shift);
            if (refused) {
                expect_refused(&command, INVALID_FIELD, row->what);
                continue;
            }
            assert_int_equal(command.Operation, row->operation);
            assert_int_equal(command.Fua, !verify && (flags & 0x08) != 0);
        }
    }
}

/* A transfer's buffer holds exactly the blocks that the CDB asks for. */
static void decode_length_mismatch(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        uint32_t block = 1u << row->shift;
        uint32_t wrong[] = {row->bytes - 1, row->bytes + 1, row->bytes - block, row->bytes + block,
                            row->bytes / 2 + 1, row->bytes ^ 512u, 0xFFFFFFFF, 1};

        for (size_t j = 0; j < sizeof(wrong) / sizeof(wrong[0]); j++) {
            BLK_COMMAND command = decode(row->cdb, row->length, wrong[j], row->shift);

            if (is_transfer(row) && wrong[j] != row->bytes) {
                expect_refused(&command, INVALID_FIELD, row->what);
            } else {
                assert_int_equal(command.Operation, row->operation);
            }
        }
        if (is_transfer(row) && row->blocks != 0) {
            BLK_COMMAND command = decode(row->cdb, row->length, 0, row->shift);

            expect_refused(&command, INVALID_FIELD, row->what);
        }
    }
}

/* blocks * block size wraps at 2^32: 2^23 blocks of 512 bytes are not an empty buffer. */
static void decode_length_wraps(void **state)
{
    static const struct {
        uint8_t operation;
        uint8_t shift;
        uint32_t blocks;
        uint32_t bytes;
    } cases[] = {
        {0x88, 9, 0x00800000, 0},          {0x8A, 9, 0x00800001, 512},        {0xA8, 12, 0x00100000, 0},
        {0xAA, 12, 0x00100003, 3 * 4096},  {0x88, 9, 0xFFFFFFFF, 0xFFFFFE00}, {0x8A, 12, 0xFFFFFFFF, 0xFFFFF000},
        {0x88, 12, 0x80000001, 4096},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool twelve = cases[i].operation >= 0xA0;
        uint8_t cdb[16] = {cases[i].operation};
        uint8_t *count = cdb + (twelve ? 6 : 10);
        BLK_COMMAND command;

        for (unsigned byte = 0; byte < 4; byte++) {
            count[byte] = (uint8_t)(cases[i].blocks >> (24 - 8 * byte));
        }
        command = decode(cdb, twelve ? 12 : 16, cases[i].bytes, cases[i].shift);
        expect_refused(&command, INVALID_FIELD, "a count whose bytes wrap");
    }
}

static void decode_start_stop(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t cdb[16] = {0x1B, 0, 0, 0, (uint8_t)byte};
        BLK_COMMAND command = decode(cdb, 6, 0, 9);

        if ((byte & 0xF0) != 0) {
            expect_refused(&command, INVALID_FIELD, "power condition");
        } else if ((byte & 0x02) != 0) {
            expect_refused(&command, INVALID_FIELD, "LOEJ");
        } else {
            assert_int_equal(command.Operation, (byte & 0x01) != 0 ? NOTHING : FLUSH);
        }
    }
}

static bool is_known(unsigned code)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].cdb[0] == code) {
            return true;
        }
    }
    return false;
}

static void unknown_opcodes(void **state)
{
    unsigned known = 0;

    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        static const uint8_t fills[] = {0x00, 0xFF, 0x5A};

        if (is_known(code)) {
            known++;
            continue;
        }
        for (uint8_t length = 0; length <= 16; length++) {
            for (size_t fill = 0; fill < sizeof(fills); fill++) {
                uint8_t cdb[16];
                BLK_COMMAND command;

                memset(cdb, fills[fill], sizeof(cdb));
                cdb[0] = (uint8_t)code;
                command = decode(cdb, length, 512, 9);
                expect_refused(&command, INVALID_OPCODE, "unknown operation code");
                assert_false(command.Fua);
            }
        }
    }
    /* The list in the driver's README: 22 operation codes. */
    assert_int_equal(known, 22);
}

static const BLK_DISK plain = {
    .Sectors = 1000, .Blocks = 1000, .BlockBytes = 512, .BlockShift = 9, .WriteCache = true, .CanFlush = true};

static BLK_COMMAND checked(const BLK_DISK *disk, uint8_t operation, uint64_t lba, uint32_t blocks)
{
    BLK_COMMAND command = {.Lba = lba, .Blocks = blocks, .Operation = operation};

    BlkCommandCheck(disk, &command);
    return command;
}

static void check_range(void **state)
{
    static const uint8_t operations[] = {READ, WRITE, VERIFY, FLUSH};
    static const struct {
        uint64_t lba;
        uint32_t blocks;
        bool good;
    } cases[] = {
        {0, 1, true},
        {0, 1000, true},
        {999, 1, true},      /* the last block */
        {1000, 0, true},     /* an empty range right behind it: LBA plus length does not exceed the capacity */
        {0, 1001, false},
        {999, 2, false},     /* one past */
        {1000, 1, false},
        {1001, 0, false},    /* an empty range past the end */
        {0, 0xFFFFFFFF, false},
        {UINT64_MAX, 0, false},
        {UINT64_MAX, 1, false},          /* LBA + blocks wraps at 2^64 to 0 */
        {UINT64_MAX - 10, 12, false},    /* and to 1 */
        {UINT64_MAX - 998, 999, false},
        {1ull << 32, 1, false},          /* LBA 0 in 32 bits */
        {1ull << 55, 1, false},          /* LBA 0 once shifted to bytes */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t j = 0; j < sizeof(operations); j++) {
            BLK_COMMAND command = checked(&plain, operations[j], cases[i].lba, cases[i].blocks);

            if (!cases[i].good) {
                expect_refused(&command, OUT_OF_RANGE, "range");
            } else if (cases[i].blocks == 0 && operations[j] != FLUSH) {
                assert_int_equal(command.Operation, NOTHING);
            } else {
                assert_int_equal(command.Operation, operations[j]);
                assert_true(command.Lba == cases[i].lba && command.Blocks == cases[i].blocks);
            }
        }
    }
}

static void check_range_of_large_disks(void **state)
{
    BLK_DISK disk = plain;
    BLK_COMMAND command;

    (void)state;
    disk.Blocks = (1ull << 55) - 1; /* the most that BlkDiskUpdate takes */
    command = checked(&disk, READ, disk.Blocks - 0xFFFFFFFF, 0xFFFFFFFF);
    assert_int_equal(command.Operation, READ);
    command = checked(&disk, READ, disk.Blocks - 0xFFFFFFFE, 0xFFFFFFFF);
    expect_refused(&command, OUT_OF_RANGE, "one past the end of 2^55 blocks");
    disk.Blocks = 0x100000000; /* 2 TiB: the last block is the last one that READ(10) reaches */
    command = checked(&disk, READ, 0xFFFFFFFF, 1);
    assert_int_equal(command.Operation, READ);
    command = checked(&disk, READ, 0xFFFFFFFF, 2);
    expect_refused(&command, OUT_OF_RANGE, "one past 2 TiB");
}

static void check_empty_disk(void **state)
{
    BLK_DISK disk = plain;
    BLK_COMMAND command;

    (void)state;
    disk.Blocks = 0;
    command = checked(&disk, READ, 0, 1);
    expect_refused(&command, OUT_OF_RANGE, "a block of an empty disk");
}

static void check_read_only(void **state)
{
    BLK_DISK disk = plain;
    BLK_COMMAND command;

    (void)state;
    disk.ReadOnly = true;
    command = checked(&disk, WRITE, 0, 1);
    expect_refused(&command, WRITE_PROTECTED, "write");
    command = checked(&disk, WRITE, 0, 0);
    expect_refused(&command, WRITE_PROTECTED, "empty write");
    command = checked(&disk, WRITE, 1000, 1);
    expect_refused(&command, OUT_OF_RANGE, "write past the end");
    assert_int_equal(checked(&disk, READ, 0, 1).Operation, READ);
    assert_int_equal(checked(&disk, VERIFY, 0, 1).Operation, VERIFY);
    assert_int_equal(checked(&disk, FLUSH, 0, 0).Operation, FLUSH);
}

static void check_no_flush(void **state)
{
    BLK_DISK disk = plain;
    BLK_COMMAND command;

    (void)state;
    disk.CanFlush = false;
    disk.WriteCache = false;
    assert_int_equal(checked(&disk, FLUSH, 0, 0).Operation, NOTHING);
    assert_int_equal(checked(&disk, FLUSH, 10, 20).Operation, NOTHING);
    command = checked(&disk, FLUSH, 1001, 0);
    expect_refused(&command, OUT_OF_RANGE, "synchronize past the end");
    assert_int_equal(checked(&disk, WRITE, 0, 1).Operation, WRITE);
}

/* What has no range is left alone, whatever Lba and Blocks hold. */
static void check_leaves_the_rest(void **state)
{
    static const uint8_t operations[] = {UNMAP, BlkOperationGetId, RESPOND, NOTHING, BlkOperationRefuse};
    BLK_DISK disk = plain;

    (void)state;
    disk.ReadOnly = true;
    for (size_t i = 0; i < sizeof(operations); i++) {
        BLK_COMMAND command = {.Lba = UINT64_MAX, .Blocks = 5, .Operation = operations[i], .Sense = 0x012345};

        BlkCommandCheck(&disk, &command);
        assert_int_equal(command.Operation, operations[i]);
        assert_int_equal(command.Sense, 0x012345);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(decode_table),
    cmocka_unit_test(decode_cdb_length),
    cmocka_unit_test(decode_control_byte),
    cmocka_unit_test(decode_flags),
    cmocka_unit_test(decode_length_mismatch),
    cmocka_unit_test(decode_length_wraps),
    cmocka_unit_test(decode_start_stop),
    cmocka_unit_test(unknown_opcodes),
    cmocka_unit_test(check_range),
    cmocka_unit_test(check_range_of_large_disks),
    cmocka_unit_test(check_empty_disk),
    cmocka_unit_test(check_read_only),
    cmocka_unit_test(check_no_flush),
    cmocka_unit_test(check_leaves_the_rest),
};

UNIT_MAIN(tests)
