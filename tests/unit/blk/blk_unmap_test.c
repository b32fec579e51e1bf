/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* UNMAP parameter lists (SBC-3 5.28) to discard segments. */
#include "unit.h"

#include "respond.h"
#include "unmap.h"

#define INVALID_OPCODE 0x052000u
#define OUT_OF_RANGE 0x052100u
#define INVALID_FIELD 0x052400u
#define INVALID_LIST 0x052600u
#define LIST_LENGTH 0x051A00u
#define WRITE_PROTECTED 0x072700u

#define SEGMENTS 14

static BLK_DISK disk;
static uint8_t cdb[16];
static uint8_t list[8 + 64 * 16];
static VIRTIO_BLK_SEGMENT segments[SEGMENTS];
static uint32_t count;

/* 1000 blocks of 512 bytes, at most 14 segments of 64 sectors. */
static int setup(void **state)
{
    (void)state;
    disk = (BLK_DISK){.Sectors = 1000,
                      .Blocks = 1000,
                      .BlockBytes = 512,
                      .BlockShift = 9,
                      .CanUnmap = true,
                      .UnmapSectorsMax = 64,
                      .UnmapSegmentsMax = SEGMENTS};
    memset(cdb, 0, sizeof(cdb));
    cdb[0] = 0x42;
    memset(list, 0, sizeof(list));
    return 0;
}

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
    while (bytes != 0) {
        at[--bytes] = (uint8_t)value;
        value >>= 8;
    }
}

static void set_descriptor(unsigned index, uint64_t lba, uint32_t blocks)
{
    put(list + 8 + index * 16, lba, 8);
    put(list + 8 + index * 16 + 8, blocks, 4);
}

static void set_lengths(unsigned descriptors)
{
    put(list, 6 + descriptors * 16, 2);
    put(list + 2, descriptors * 16, 2);
    put(cdb + 7, 8 + descriptors * 16, 2);
}

/* The list lies at the end of an allocation of exactly `bytes`, so that reading past it is seen. */
static uint32_t parse(uint32_t bytes)
{
    uint8_t *exact = malloc(bytes != 0 ? bytes : 1);
    uint32_t sense;

    assert_non_null(exact);
    memcpy(exact, list, bytes);
    memset(segments, 0xEE, sizeof(segments));
    count = 0xEEEEEEEE;
    sense = BlkParseUnmap(&disk, cdb, exact, bytes, segments, &count);
    free(exact);
    assert_true(count <= disk.UnmapSegmentsMax || !disk.CanUnmap);
    for (uint32_t i = count; i < SEGMENTS; i++) {
        assert_int_equal(segments[i].Flags, 0xEEEEEEEE);
    }
    return sense;
}

static void expect_segment(unsigned index, uint64_t sector, uint32_t sectors)
{
    assert_true(index < count);
    assert_int_equal(segments[index].Sector, sector);
    assert_int_equal(segments[index].NumSectors, sectors);
    assert_int_equal(segments[index].Flags, 0); /* VIRTIO 1.x: the unmap flag is for WRITE ZEROES alone */
}

static void good_list(void **state)
{
    (void)state;
    set_descriptor(0, 10, 5);
    set_descriptor(1, 999, 1);
    set_descriptor(2, 0, 64);
    set_lengths(3);
    assert_int_equal(parse(8 + 48), 0);
    assert_int_equal(count, 3);
    expect_segment(0, 10, 5);
    expect_segment(1, 999, 1);
    expect_segment(2, 0, 64);
}

/* The buffer may be longer than the list, and the list longer than its descriptors. */
static void good_list_with_slack(void **state)
{
    (void)state;
    set_descriptor(0, 1, 1);
    set_descriptor(1, 5000, 1);
    set_lengths(2);
    put(list + 2, 16, 2);
    assert_int_equal(parse(200), 0);
    assert_int_equal(count, 1);
    expect_segment(0, 1, 1);
}

static void good_empty(void **state)
{
    (void)state;
    assert_int_equal(parse(0), 0); /* PARAMETER LIST LENGTH 0 "is not an error" */
    assert_int_equal(count, 0);
    set_lengths(0);
    assert_int_equal(parse(8), 0);
    assert_int_equal(count, 0);
    set_descriptor(0, 7, 0); /* a descriptor of no blocks */
    set_descriptor(1, 1000, 0);
    set_lengths(2);
    assert_int_equal(parse(8 + 32), 0);
    assert_int_equal(count, 0);
}

static void bad_lengths(void **state)
{
    (void)state;
    set_descriptor(0, 1, 1);
    set_lengths(1);
    for (unsigned length = 1; length < 8; length++) {
        put(cdb + 7, length, 2);
        assert_int_equal(parse(24), LIST_LENGTH);
    }
    put(cdb + 7, 24, 2);
    for (uint32_t bytes = 0; bytes < 24; bytes++) {
        assert_int_equal(parse(bytes), LIST_LENGTH); /* the buffer holds less than the CDB says */
    }
    put(cdb + 7, 0xFFFF, 2);
    assert_int_equal(parse(24), LIST_LENGTH);
    for (unsigned length = 8; length < 24; length++) {
        put(cdb + 7, length, 2);
        assert_int_equal(parse(24), INVALID_LIST); /* the list is cut within its descriptors */
        assert_int_equal(count, 0);
    }
    put(cdb + 7, 24, 2);
    for (unsigned length = 17; length < 0x10000; length += 7) {
        put(list + 2, length, 2);
        assert_int_equal(parse(24), INVALID_LIST);
    }
}

/* A bug once: "the last UNMAP block descriptor is incomplete and shall be ignored", not refused. */
static void incomplete_descriptor_is_ignored(void **state)
{
    (void)state;
    set_descriptor(0, 1, 1);
    set_descriptor(1, 5000, 1);
    set_lengths(2);
    for (unsigned length = 0; length < 32; length++) {
        put(list + 2, length, 2);
        assert_int_equal(parse(8 + 32), 0);
        assert_int_equal(count, length / 16);
    }
    put(list + 2, 31, 2);
    for (uint32_t bytes = 8 + 31; bytes < 8 + 48; bytes++) {
        put(cdb + 7, bytes, 2);
        assert_int_equal(parse(bytes), 0);
        assert_int_equal(count, 1);
    }
}

static void refused(void **state)
{
    (void)state;
    set_descriptor(0, 1, 1);
    set_lengths(1);
    cdb[1] = 0x01; /* ANCHOR */
    assert_int_equal(parse(24), INVALID_FIELD);
    cdb[1] = 0;
    disk.ReadOnly = true;
    assert_int_equal(parse(24), WRITE_PROTECTED);
    disk.CanUnmap = false; /* what is not offered is not there, whatever else is wrong */
    cdb[1] = 0x01;
    assert_int_equal(parse(24), INVALID_OPCODE);
}

static void refused_range(void **state)
{
    static const struct {
        uint64_t lba;
        uint32_t blocks;
    } cases[] = {{1000, 1}, {999, 2}, {0, 1001}, {1001, 0}, {UINT64_MAX, 0}, {UINT64_MAX, 1}, {UINT64_MAX, 2},
                 {1ull << 55, 1}, {1ull << 61, 1}, {0, 0xFFFFFFFF}, {UINT64_MAX - 5, 7}};

    (void)state;
    set_lengths(3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (unsigned at = 0; at < 3; at++) {
            for (unsigned other = 0; other < 3; other++) {
                set_descriptor(other, 1, 1);
            }
            set_descriptor(at, cases[i].lba, cases[i].blocks);
            assert_int_equal(parse(8 + 48), OUT_OF_RANGE);
        }
    }
}

static void split(void **state)
{
    (void)state;
    set_descriptor(0, 100, 64 * 2 + 1);
    set_lengths(1);
    assert_int_equal(parse(24), 0);
    assert_int_equal(count, 3);
    expect_segment(0, 100, 64);
    expect_segment(1, 164, 64);
    expect_segment(2, 228, 1);
    set_descriptor(0, 0, 64 * 14);
    assert_int_equal(parse(24), 0);
    assert_int_equal(count, 14);
    expect_segment(13, 64 * 13, 64);
    set_descriptor(0, 0, 64 * 14 + 1);
    assert_int_equal(parse(24), INVALID_LIST);
}

static void split_in_blocks_of_4096(void **state)
{
    (void)state;
    disk.BlockBytes = 4096;
    disk.BlockShift = 12;
    disk.SectorShift = 3;
    disk.Sectors = 8000;
    set_descriptor(0, 990, 10);
    set_lengths(1);
    assert_int_equal(parse(24), 0);
    assert_int_equal(count, 2);
    expect_segment(0, 990 * 8, 64);
    expect_segment(1, 998 * 8, 16);
}

static void split_of_the_largest_segment(void **state)
{
    (void)state;
    disk.Blocks = disk.Sectors = 1ull << 40;
    disk.UnmapSectorsMax = 0xFFFFFFFF;
    set_descriptor(0, 5, 0xFFFFFFFF);
    set_lengths(1);
    assert_int_equal(parse(24), 0);
    assert_int_equal(count, 1);
    expect_segment(0, 5, 0xFFFFFFFF);
}

static void too_many(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 15; i++) {
        set_descriptor(i, i, 1);
    }
    set_lengths(14);
    assert_int_equal(parse(sizeof(list)), 0);
    assert_int_equal(count, 14);
    set_lengths(15);
    assert_int_equal(parse(sizeof(list)), INVALID_LIST);
    disk.UnmapSegmentsMax = 1;
    set_lengths(2);
    assert_int_equal(parse(sizeof(list)), INVALID_LIST);
    set_lengths(1);
    assert_int_equal(parse(sizeof(list)), 0);
}

/* A bug once: descriptors of no blocks were not counted. */
static void too_many_empty_descriptors(void **state)
{
    (void)state;
    set_lengths(14);
    assert_int_equal(parse(sizeof(list)), 0);
    assert_int_equal(count, 0);
    set_lengths(15);
    assert_int_equal(parse(sizeof(list)), INVALID_LIST);
    assert_int_equal(count, 0);
}

/* SBC-3 6.5.3: an initiator that keeps to the block limits page must not be refused for its limits, however it cuts
   its ranges. */
static void limits_of_the_page_are_kept(void **state)
{
    BLK_RESPONSE page;
    static const uint8_t inquiry[16] = {0x12, 1, 0xB0, 0, 64};
    uint32_t most, descriptors, seed = 1;

    (void)state;
    for (uint32_t per_segment = 1; per_segment <= 64; per_segment *= 2) {
        for (uint32_t limit = 1; limit <= SEGMENTS; limit++) {
            disk.UnmapSectorsMax = per_segment;
            disk.UnmapSegmentsMax = limit;
            assert_int_equal(BlkRespond(&disk, inquiry, 0, 4096, &page), 0);
            most = (uint32_t)page.Data[20] << 24 | (uint32_t)page.Data[21] << 16 | (uint32_t)page.Data[22] << 8 |
                   page.Data[23];
            descriptors = (uint32_t)page.Data[26] << 8 | page.Data[27];
            assert_true(most != 0 && descriptors != 0 && descriptors <= SEGMENTS);
            for (int attempt = 0; attempt < 20; attempt++) {
                uint32_t left = most < 900 ? most : 900, used = 0, total = 0;

                while (used < descriptors && left != 0) {
                    uint32_t blocks;

                    seed = seed * 1103515245 + 12345;
                    blocks = 1 + (seed >> 16) % left;
                    set_descriptor(used++, 0, blocks);
                    left -= blocks;
                    total += blocks;
                }
                set_lengths(used);
                assert_int_equal(parse(sizeof(list)), 0);
                for (uint32_t i = 0; i < count; i++) {
                    assert_true(segments[i].NumSectors != 0 && segments[i].NumSectors <= per_segment);
                    total -= segments[i].NumSectors;
                }
                assert_int_equal(total, 0);
            }
        }
    }
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

static const struct CMUnitTest tests[] = {
    TEST(good_list), TEST(good_list_with_slack), TEST(good_empty), TEST(bad_lengths), TEST(refused),
    TEST(refused_range), TEST(split), TEST(split_in_blocks_of_4096), TEST(split_of_the_largest_segment),
    TEST(too_many), TEST(too_many_empty_descriptors),
    TEST(incomplete_descriptor_is_ignored), TEST(limits_of_the_page_are_kept),
};

UNIT_MAIN(tests)
