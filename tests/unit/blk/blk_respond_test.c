/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Answers from what is known of the disk, byte by byte. Sense and page codes are written as SPC-3 and SBC-3 print
   them. */
#include "unit.h"

#include "command.h"
#include "respond.h"

#define INVALID_FIELD 0x052400u
#define LUN_NOT_SUPPORTED 0x052500u
#define SAVING_NOT_SUPPORTED 0x053900u
#define MAX_TRANSFER (253u * 4096)

#define SERIAL "PCI-000000001F"

static BLK_DISK disk;
static BLK_RESPONSE response;

/* 1000 blocks of 512 bytes behind a write cache, discard of up to 14 * 64 blocks. */
static int setup(void **state)
{
    (void)state;
    memset(&disk, 0, sizeof(disk));
    disk.Sectors = 1000;
    disk.Blocks = 1000;
    disk.BlockBytes = 512;
    disk.BlockShift = 9;
    disk.WriteCache = true;
    disk.CanFlush = true;
    BlkDiskSetPlace(&disk, 0, 0x1F);
    return 0;
}

static void use_4096(void)
{
    disk.BlockBytes = 4096;
    disk.BlockShift = 12;
    disk.SectorShift = 3;
    disk.Sectors = disk.Blocks * 8;
}

static void use_discard(void)
{
    disk.CanUnmap = true;
    disk.UnmapSectorsMax = 64;
    disk.UnmapSegmentsMax = 14;
    disk.UnmapAlignmentSectors = 8;
}

static uint32_t ask_lun(const uint8_t *cdb, uint8_t lun)
{
    uint32_t sense;

    memset(&response, 0xEE, sizeof(response));
    sense = BlkRespond(&disk, cdb, lun, MAX_TRANSFER, &response);
    if (sense == 0) {
        assert_true(response.Length <= BLK_RESPONSE_BYTES);
        for (uint32_t i = response.Length; i < BLK_RESPONSE_BYTES; i++) {
            assert_true(response.Data[i] == 0xEE || response.Data[i] == 0); /* nothing of anybody's memory */
        }
    }
    return sense;
}

#define ASK(...) ask_lun((const uint8_t[16]){__VA_ARGS__}, 0)

static void expect_bytes(const void *bytes, uint32_t length)
{
    assert_int_equal(response.Length, length);
    assert_memory_equal(response.Data, bytes, length);
}

#define EXPECT(...) expect_bytes((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void inquiry_standard(void **state)
{
    static const uint8_t expected[36] = "\x00\x00\x05\x02\x1F\x00\x00\x02" "AERO    VIRTIO-BLK      0001";

    (void)state;
    assert_int_equal(ASK(0x12, 0, 0, 0, 36), 0);
    expect_bytes(expected, sizeof(expected));
}

/* SPC-3 6.4.1: a logical unit that is not there still answers, with qualifier 3 and type 1Fh. */
static void inquiry_other_lun(void **state)
{
    static const uint8_t expected[36] = "\x7F\x00\x05\x02\x1F\x00\x00\x02" "AERO    VIRTIO-BLK      0001";

    (void)state;
    for (unsigned lun = 1; lun < 256; lun++) {
        assert_int_equal(ask_lun((const uint8_t[16]){0x12, 0, 0, 0, 36}, (uint8_t)lun), 0);
        expect_bytes(expected, sizeof(expected));
        assert_int_equal(ask_lun((const uint8_t[16]){0x12, 1, 0x83, 0, 36}, (uint8_t)lun), LUN_NOT_SUPPORTED);
    }
}

static void inquiry_bad_fields(void **state)
{
    (void)state;
    for (unsigned page = 1; page < 256; page++) {
        assert_int_equal(ASK(0x12, 0, (uint8_t)page, 0, 36), INVALID_FIELD); /* page code without EVPD */
    }
    for (unsigned flags = 2; flags < 256; flags++) {
        assert_int_equal(ASK(0x12, (uint8_t)flags, 0, 0, 36), INVALID_FIELD); /* CMDDT and reserved bits */
    }
}

static void inquiry_page_list(void **state)
{
    (void)state;
    assert_int_equal(ASK(0x12, 1, 0x00, 0, 255), 0);
    EXPECT(0x00, 0x00, 0x00, 0x05, 0x00, 0x80, 0x83, 0xB0, 0xB1);
    use_discard();
    assert_int_equal(ASK(0x12, 1, 0x00, 0, 255), 0);
    EXPECT(0x00, 0x00, 0x00, 0x06, 0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2);
}

/* Pages that are listed are answered under their own code with their own length, all others refused. */
static void inquiry_every_page(void **state)
{
    (void)state;
    for (int discard = 0; discard < 2; discard++) {
        uint8_t listed[256] = {0};

        assert_int_equal(ASK(0x12, 1, 0x00, 0, 255), 0);
        for (uint32_t i = 4; i < response.Length; i++) {
            listed[response.Data[i]] = 1;
        }
        for (unsigned page = 0; page < 256; page++) {
            uint32_t sense = ASK(0x12, 1, (uint8_t)page, 0, 255);

            if (!listed[page]) {
                assert_int_equal(sense, INVALID_FIELD);
                continue;
            }
            assert_int_equal(sense, 0);
            assert_int_equal(response.Data[0], 0);
            assert_int_equal(response.Data[1], page);
            assert_int_equal(response.Data[2] << 8 | response.Data[3], response.Length - 4);
        }
        use_discard();
    }
}

static void inquiry_serial_number(void **state)
{
    static const uint8_t full[20] = "ABCDEFGHIJ0123456789";

    (void)state;
    assert_int_equal(ASK(0x12, 1, 0x80, 0, 255), 0);
    expect_bytes("\x00\x80\x00\x0E" SERIAL, 4 + 14);
    BlkDiskSetSerial(&disk, full);
    assert_int_equal(ASK(0x12, 1, 0x80, 0, 255), 0);
    expect_bytes("\x00\x80\x00\x14" "ABCDEFGHIJ0123456789", 24);
}

static void inquiry_identification(void **state)
{
    static const uint8_t full[20] = "ABCDEFGHIJ0123456789";

    (void)state;
    assert_int_equal(ASK(0x12, 1, 0x83, 0, 255), 0);
    expect_bytes("\x00\x83\x00\x2A\x02\x01\x00\x26" "AERO    VIRTIO-BLK      " SERIAL, 8 + 24 + 14);
    BlkDiskSetSerial(&disk, full);
    assert_int_equal(ASK(0x12, 1, 0x83, 0, 255), 0);
    expect_bytes("\x00\x83\x00\x30\x02\x01\x00\x2C" "AERO    VIRTIO-BLK      ABCDEFGHIJ0123456789", 8 + 24 + 20);
}

static void set_id(const char *id)
{
    uint8_t bytes[20] = {0};

    BlkDiskSetPlace(&disk, 0, 0x1F);
    memcpy(bytes, id, strnlen(id, sizeof(bytes)));
    BlkDiskSetSerial(&disk, bytes);
}

/* Two disks are told apart by page 83h when their serial numbers or, without one, their places differ. */
static void inquiry_identification_is_unique(void **state)
{
    static const char *const ids[] = {"A", "B", "AA", "A ", "", " ", "ABCDEFGHIJ0123456789", "ABCDEFGHIJ012345678"};
    BLK_RESPONSE first, second;

    (void)state;
    for (unsigned place = 0; place < 3; place++) {
        BlkDiskSetPlace(&disk, place & 1, place);
        BlkDiskSetSerial(&disk, NULL);
        assert_int_equal(ASK(0x12, 1, 0x83, 0, 255), 0);
        if (place != 0) {
            assert_true(first.Length != response.Length || memcmp(first.Data, response.Data, first.Length) != 0);
        }
        first = response;
    }
    set_id("A");
    assert_int_equal(ASK(0x12, 1, 0x83, 0, 255), 0);
    first = response;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        bool same;

        set_id(ids[i]);
        assert_int_equal(ASK(0x12, 1, 0x83, 0, 255), 0);
        second = response;
        same = first.Length == second.Length && memcmp(first.Data, second.Data, first.Length) == 0;
        assert_int_equal(same, i == 0 || i == 3); /* blanks around a serial number are padding */
        set_id(ids[i]); /* stable: the same number again gives the same page */
        assert_int_equal(ASK(0x12, 1, 0x83, 0, 255), 0);
        assert_memory_equal(second.Data, response.Data, second.Length);
    }
}

static uint32_t be32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void expect_limits(uint32_t transfer, uint32_t lbas, uint32_t descriptors, uint32_t granularity)
{
    uint8_t expected[64] = {0, 0xB0, 0, 60};

    assert_int_equal(ASK(0x12, 1, 0xB0, 0, 255), 0);
    assert_int_equal(response.Length, 64);
    assert_int_equal(be32(response.Data + 8), transfer);
    assert_int_equal(be32(response.Data + 20), lbas);
    assert_int_equal(be32(response.Data + 24), descriptors);
    assert_int_equal(be32(response.Data + 28), granularity);
    memcpy(expected + 8, response.Data + 8, 4);
    memcpy(expected + 20, response.Data + 20, 12);
    assert_memory_equal(response.Data, expected, sizeof(expected)); /* all the rest is zero */
}

static void inquiry_block_limits(void **state)
{
    (void)state;
    expect_limits(253 * 8, 0, 0, 0);
    use_discard();
    expect_limits(253 * 8, 64, 14, 8);
    use_4096();
    expect_limits(253, 8, 14, 1);
    disk.UnmapSectorsMax = 0xFFFFFFF8;
    expect_limits(253, 0x1FFFFFFF, 14, 1);
    disk.UnmapSegmentsMax = 1;
    expect_limits(253, 0x1FFFFFFF, 1, 1);
}

static void inquiry_block_characteristics(void **state)
{
    static const uint8_t expected[64] = {0, 0xB1, 0, 60};

    (void)state;
    assert_int_equal(ASK(0x12, 1, 0xB1, 0, 255), 0);
    expect_bytes(expected, sizeof(expected));
}

static void inquiry_provisioning(void **state)
{
    (void)state;
    assert_int_equal(ASK(0x12, 1, 0xB2, 0, 255), INVALID_FIELD);
    use_discard();
    assert_int_equal(ASK(0x12, 1, 0xB2, 0, 255), 0);
    EXPECT(0x00, 0xB2, 0x00, 0x04, 0x00, 0x80, 0x02, 0x00);
}

/* The answer is built whole and the allocation length passed on, for the caller to cut: SPC-3 4.3.4.6. */
static void allocation_lengths(void **state)
{
    static const uint8_t cdbs[][16] = {
        {0x12, 0}, {0x12, 1, 0x00}, {0x12, 1, 0x80}, {0x12, 1, 0x83}, {0x12, 1, 0xB0}, {0x1A, 0, 0x3F}, {0x03},
        {0x5A, 0, 0x08}, {0x9E, 0x10}, {0xA0},
    };
    static const uint8_t low_byte[] = {4, 4, 4, 4, 4, 4, 4, 8, 13, 9};

    (void)state;
    for (size_t i = 0; i < sizeof(cdbs) / sizeof(cdbs[0]); i++) {
        for (unsigned allocation = 0; allocation < 256; allocation++) {
            BLK_RESPONSE whole;
            uint8_t cdb[16];

            memcpy(cdb, cdbs[i], sizeof(cdb));
            cdb[low_byte[i]] = 255;
            assert_int_equal(ask_lun(cdb, 0), 0);
            whole = response;
            cdb[low_byte[i]] = (uint8_t)allocation;
            if (cdb[0] == 0xA0 && allocation < 16) {
                assert_int_equal(ask_lun(cdb, 0), INVALID_FIELD); /* SPC-3 6.21: "should be at least 16" */
                continue;
            }
            assert_int_equal(ask_lun(cdb, 0), 0);
            assert_int_equal(response.Allocation, allocation);
            assert_int_equal(response.Length, whole.Length);
            assert_memory_equal(response.Data, whole.Data, whole.Length);
        }
    }
}

static void allocation_lengths_of_more_bytes(void **state)
{
    (void)state;
    assert_int_equal(ASK(0x12, 0, 0, 0x12, 0x34), 0);
    assert_int_equal(response.Allocation, 0x1234);
    assert_int_equal(ASK(0x5A, 0, 0x3F, 0, 0, 0, 0, 0xAB, 0xCD), 0);
    assert_int_equal(response.Allocation, 0xABCD);
    assert_int_equal(ASK(0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0xFE, 0xDC, 0xBA, 0x98), 0);
    assert_int_equal(response.Allocation, 0xFEDCBA98);
    assert_int_equal(ASK(0xA0, 0, 0, 0, 0, 0, 0xFE, 0xDC, 0xBA, 0x98), 0);
    assert_int_equal(response.Allocation, 0xFEDCBA98);
    assert_int_equal(ASK(0x25), 0); /* READ CAPACITY(10) has none: eight bytes */
    assert_int_equal(response.Allocation, 8);
}

#define CACHING(flags) 0x08, 0x12, flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define DESCRIPTOR 0x00, 0x00, 0x03, 0xE8, 0x00, 0x00, 0x02, 0x00

static void mode_sense_6(void **state)
{
    (void)state;
    assert_int_equal(ASK(0x1A, 0, 0x08, 0, 255), 0);
    EXPECT(31, 0, 0x10, 8, DESCRIPTOR, CACHING(0x04));
    assert_int_equal(ASK(0x1A, 0, 0x3F, 0, 255), 0);
    EXPECT(31, 0, 0x10, 8, DESCRIPTOR, CACHING(0x04));
    assert_int_equal(ASK(0x1A, 0x08, 0x08, 0, 255), 0); /* DBD */
    EXPECT(23, 0, 0x10, 0, CACHING(0x04));
    assert_int_equal(ASK(0x1A, 0x08, 0x3F, 0xFF, 255), 0); /* all pages and subpages */
    EXPECT(23, 0, 0x10, 0, CACHING(0x04));
}

static void mode_sense_10(void **state)
{
    (void)state;
    assert_int_equal(ASK(0x5A, 0, 0x08, 0, 0, 0, 0, 0, 255), 0);
    EXPECT(0, 34, 0, 0x10, 0, 0, 0, 8, DESCRIPTOR, CACHING(0x04));
    assert_int_equal(ASK(0x5A, 0x08, 0x3F, 0, 0, 0, 0, 0, 255), 0);
    EXPECT(0, 26, 0, 0x10, 0, 0, 0, 0, CACHING(0x04));
    assert_int_equal(ASK(0x5A, 0x18, 0x3F, 0, 0, 0, 0, 0, 255), 0); /* LLBAA allows long descriptors, no more */
    EXPECT(0, 26, 0, 0x10, 0, 0, 0, 0, CACHING(0x04));
}

static void mode_sense_flags(void **state)
{
    (void)state;
    disk.ReadOnly = true;
    assert_int_equal(ASK(0x1A, 0x08, 0x08, 0, 255), 0);
    EXPECT(23, 0, 0x90, 0, CACHING(0x04)); /* WP, DPOFUA */
    disk.WriteCache = false;
    assert_int_equal(ASK(0x5A, 0x08, 0x08, 0, 0, 0, 0, 0, 255), 0);
    EXPECT(0, 26, 0, 0x90, 0, 0, 0, 0, CACHING(0x00));
    disk.ReadOnly = false;
    assert_int_equal(ASK(0x1A, 0x08, 0x08, 0, 255), 0);
    EXPECT(23, 0, 0x10, 0, CACHING(0x00));
}

static void mode_sense_page_control(void **state)
{
    (void)state;
    assert_int_equal(ASK(0x1A, 0x08, 0x40 | 0x08, 0, 255), 0); /* changeable: nothing is */
    EXPECT(23, 0, 0x10, 0, CACHING(0x00));
    assert_int_equal(ASK(0x1A, 0x08, 0x80 | 0x08, 0, 255), 0); /* default: as it is */
    EXPECT(23, 0, 0x10, 0, CACHING(0x04));
    assert_int_equal(ASK(0x1A, 0x08, 0xC0 | 0x08, 0, 255), SAVING_NOT_SUPPORTED);
    assert_int_equal(ASK(0x5A, 0x08, 0xC0 | 0x3F, 0, 0, 0, 0, 0, 255), SAVING_NOT_SUPPORTED);
}

static void mode_sense_other_pages(void **state)
{
    (void)state;
    for (unsigned page = 0; page < 64; page++) {
        for (unsigned subpage = 0; subpage < 256; subpage++) {
            bool good = (subpage == 0 && (page == 0x08 || page == 0x3F)) || (subpage == 0xFF && page == 0x3F);
            uint32_t expected = good ? 0 : INVALID_FIELD;

            assert_int_equal(ASK(0x1A, 0, (uint8_t)page, (uint8_t)subpage, 255), expected);
            assert_int_equal(ASK(0x5A, 0, (uint8_t)page, (uint8_t)subpage, 0, 0, 0, 0, 255), expected);
        }
    }
}

static void mode_sense_descriptor(void **state)
{
    (void)state;
    use_4096();
    disk.Blocks = 0x123456789; /* more than the field holds: all ones */
    assert_int_equal(ASK(0x1A, 0, 0x08, 0, 255), 0);
    EXPECT(31, 0, 0x10, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x10, 0x00, CACHING(0x04));
}

static void capacity_10(void **state)
{
    static const struct {
        uint64_t blocks;
        uint32_t last;
    } cases[] = {
        {1, 0}, {2, 1}, {0x12345678, 0x12345677}, {0xFFFFFFFF, 0xFFFFFFFE}, /* the largest that is no clamp */
        {0x100000000, 0xFFFFFFFF}, {0x100000001, 0xFFFFFFFF}, {1ull << 55, 0xFFFFFFFF},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        disk.Blocks = cases[i].blocks;
        assert_int_equal(ASK(0x25), 0);
        assert_int_equal(response.Length, 8);
        assert_int_equal(be32(response.Data), cases[i].last);
        assert_int_equal(be32(response.Data + 4), 512);
    }
    disk.Blocks = 1000;
    use_4096();
    assert_int_equal(ASK(0x25), 0);
    EXPECT(0, 0, 0x03, 0xE7, 0, 0, 0x10, 0);
    assert_int_equal(ASK(0x25, 0, 0, 0, 0, 1), INVALID_FIELD);          /* an address without PMI */
    assert_int_equal(ASK(0x25, 0, 0, 0, 0, 0, 0, 0, 1), INVALID_FIELD); /* PMI */
}

static void capacity_16(void **state)
{
    (void)state;
    assert_int_equal(ASK(0x9E, 0x10, [13] = 32), 0);
    EXPECT(0, 0, 0, 0, 0, 0, 0x03, 0xE7, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    disk.Blocks = 0x0012345678000001; /* past 2 TiB */
    disk.PhysicalExponent = 3;
    disk.AlignmentOffset = 7;
    assert_int_equal(ASK(0x9E, 0x10, [13] = 32), 0);
    EXPECT(0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 0, 2, 0, 0, 3, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    use_discard();
    disk.AlignmentOffset = 0xFF;
    use_4096();
    assert_int_equal(ASK(0x9E, 0x10, [13] = 32), 0); /* LBPME */
    EXPECT(0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 0, 0x10, 0, 0, 3, 0x80, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
           0, 0, 0);
}

static void capacity_16_bad_fields(void **state)
{
    (void)state;
    for (unsigned action = 0; action < 256; action++) {
        uint32_t expected = (action & 0x1F) == 0x10 ? 0 : INVALID_FIELD;

        assert_int_equal(ASK(0x9E, (uint8_t)action, [13] = 32), expected);
    }
    assert_int_equal(ASK(0x9E, 0x10, [9] = 1, [13] = 32), INVALID_FIELD);
    assert_int_equal(ASK(0x9E, 0x10, [2] = 0x80, [13] = 32), INVALID_FIELD);
    assert_int_equal(ASK(0x9E, 0x10, [13] = 32, 1), INVALID_FIELD); /* PMI */
}

static void report_luns(void **state)
{
    (void)state;
    assert_int_equal(ASK(0xA0, [9] = 16), 0);
    EXPECT(0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    assert_int_equal(ASK(0xA0, 0, 2, [9] = 16), 0); /* all logical units */
    EXPECT(0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    assert_int_equal(ASK(0xA0, 0, 1, [9] = 16), 0); /* well known ones: none */
    EXPECT(0, 0, 0, 0, 0, 0, 0, 0);
    for (unsigned select = 3; select < 256; select++) {
        assert_int_equal(ASK(0xA0, 0, (uint8_t)select, [9] = 16), INVALID_FIELD);
    }
    assert_int_equal(ASK(0xA0, [9] = 15), INVALID_FIELD);
    assert_int_equal(ASK(0xA0), INVALID_FIELD);
}

#define FIXED(key, asc, ascq) 0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq, 0, 0, 0, 0

static void sense_is_taken_once(void **state)
{
    (void)state;
    assert_int_equal(ASK(0x03, 0, 0, 0, 18), 0);
    EXPECT(FIXED(0, 0, 0));
    disk.LastSense = 0x052400;
    disk.PendingAttention = 0x062A09;
    assert_int_equal(ASK(0x03, 0, 0, 0, 18), 0); /* the older one first */
    EXPECT(FIXED(5, 0x24, 0x00));
    assert_int_equal(disk.PendingAttention, 0x062A09);
    assert_int_equal(ASK(0x03, 0, 0, 0, 18), 0);
    EXPECT(FIXED(6, 0x2A, 0x09));
    assert_int_equal(disk.PendingAttention, 0);
    assert_int_equal(ASK(0x03, 0, 0, 0, 18), 0);
    EXPECT(FIXED(0, 0, 0));
    disk.LastSense = 0x031100;
    assert_int_equal(ASK(0x03, 1, 0, 0, 18), INVALID_FIELD); /* descriptor format: nothing is taken */
    assert_int_equal(disk.LastSense, 0x031100);
}

static void sense_layout(void **state)
{
    static const uint8_t expected[18] = {FIXED(0x0B, 0xCD, 0xEF)};
    uint8_t at[32];

    (void)state;
    for (uint32_t room = 0; room <= sizeof(at); room++) {
        uint32_t count = room < 18 ? room : 18;

        memset(at, 0xEE, sizeof(at));
        assert_int_equal(BlkBuildSense(0x0BCDEF, at, room), count);
        assert_memory_equal(at, expected, count);
        for (uint32_t i = count; i < sizeof(at); i++) {
            assert_int_equal(at[i], 0xEE);
        }
    }
}

/* Nothing but REQUEST SENSE writes to the disk: answers may be repeated. */
static void answers_change_nothing(void **state)
{
    BLK_DISK before;

    (void)state;
    use_discard();
    disk.LastSense = 0x031100;
    disk.PendingAttention = 0x062A09;
    before = disk;
    for (unsigned code = 0; code < 256; code++) {
        for (unsigned flags = 0; flags < 256; flags++) {
            if (code != 0x03) {
                (void)ASK((uint8_t)code, (uint8_t)flags, 0x80, 0, 255);
            }
        }
    }
    assert_memory_equal(&before, &disk, sizeof(disk));
}

/* Other commands never get here; if one did, it would not be answered with rubbish. */
static void answers_only_its_own(void **state)
{
    static const uint8_t own[] = {0x12, 0x03, 0x1A, 0x5A, 0x25, 0x9E, 0xA0};

    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        BLK_COMMAND command;
        uint8_t cdb[16] = {(uint8_t)code};

        BlkCommandDecode(cdb, 16, 0, 9, &command);
        if (memchr(own, (int)code, sizeof(own)) == NULL) {
            assert_int_equal(ask_lun(cdb, 0), 0x052000);
            assert_int_not_equal(command.Operation, BlkOperationRespond);
        } else {
            assert_int_equal(command.Operation, BlkOperationRespond);
        }
    }
}

static void needs_serial(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        for (unsigned page = 0; page < 256; page++) {
            for (unsigned flags = 0; flags < 4; flags++) {
                bool expected = code == 0x12 && flags == 1 && (page == 0x80 || page == 0x83);
                uint8_t cdb[16] = {(uint8_t)code, (uint8_t)flags, (uint8_t)page};

                assert_int_equal(BlkRespondNeedsSerial(cdb), expected);
            }
        }
    }
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

static const struct CMUnitTest tests[] = {
    TEST(inquiry_standard), TEST(inquiry_other_lun), TEST(inquiry_bad_fields), TEST(inquiry_page_list),
    TEST(inquiry_every_page), TEST(inquiry_serial_number), TEST(inquiry_identification),
    TEST(inquiry_identification_is_unique), TEST(inquiry_block_limits), TEST(inquiry_block_characteristics),
    TEST(inquiry_provisioning), TEST(allocation_lengths), TEST(allocation_lengths_of_more_bytes), TEST(mode_sense_6),
    TEST(mode_sense_10), TEST(mode_sense_flags), TEST(mode_sense_page_control), TEST(mode_sense_other_pages),
    TEST(mode_sense_descriptor), TEST(capacity_10), TEST(capacity_16), TEST(capacity_16_bad_fields),
    TEST(report_luns), TEST(sense_is_taken_once), TEST(sense_layout), TEST(answers_change_nothing),
    TEST(answers_only_its_own), TEST(needs_serial),
};

UNIT_MAIN(tests)
