/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Scatter/gather: ranges of the cyclic buffer as physical segments. */
#include "unit.h"

#include "sg.h"

static const uintptr_t scattered[4] = {100, 7, 8, 3};
static uint8_t nowhere[16384];

static SND_CYCLIC cyclic_of(const uintptr_t *pfns, uint32_t pages, uint32_t offset, uint32_t bytes)
{
    return (SND_CYCLIC){pfns, nowhere, pages, offset, bytes};
}

static void expect(const VIRTQ_DESC *desc, uint64_t address, uint32_t length)
{
    assert_true(desc->Address == address);
    assert_int_equal(desc->Length, length);
}

static void sg_splits_at_pages_and_merges_neighbours(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384);
    VIRTQ_DESC table[4];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 0, 16384, 0, table, 4, &count));
    assert_int_equal(count, 3);
    expect(&table[0], 100 << 12, 4096);
    expect(&table[1], 7 << 12, 8192);
    expect(&table[2], 3 << 12, 4096);
}

static void sg_first_page_offset(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0x800, 0x3000);
    VIRTQ_DESC table[4];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 0x100, 0x1000, 0, table, 4, &count));
    assert_int_equal(count, 2);
    expect(&table[0], (100 << 12) + 0x900, 0x700);
    expect(&table[1], 7 << 12, 0x900);
}

static void sg_wraps_into_two_ranges(void **state)
{
    static const uintptr_t around[2] = {6, 5}; /* the start of the buffer follows its end in memory */
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384);
    VIRTQ_DESC table[4];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 16000, 1000, 0, table, 4, &count));
    assert_int_equal(count, 2);
    expect(&table[0], (3 << 12) + 16000 - 12288, 384);
    expect(&table[1], 100 << 12, 616);
    cyclic = cyclic_of(around, 2, 0, 8192);
    assert_true(SndSgBuild(&cyclic, 8000, 1000, 0, table, 4, &count));
    assert_int_equal(count, 1);
    expect(&table[0], (5 << 12) + 8000 - 4096, 1000);
}

static void sg_addresses_beyond_four_gigabytes(void **state)
{
    static const uintptr_t high[2] = {0xFFFFF, 0x100000};
    SND_CYCLIC cyclic = cyclic_of(high, 2, 0, 8192);
    VIRTQ_DESC table[2];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 4095, 4097, 0, table, 2, &count));
    assert_int_equal(count, 1);
    expect(&table[0], 0xFFFFFFFFull, 4097);
}

static void sg_invalid_parameters(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384), bad;
    VIRTQ_DESC table[4];
    uint32_t count = 9;

    (void)state;
    assert_false(SndSgBuild(&cyclic, 0, 0, 0, table, 4, &count));
    assert_false(SndSgBuild(&cyclic, 0, 16385, 0, table, 4, &count));
    assert_false(SndSgBuild(&cyclic, 16384, 1, 0, table, 4, &count));
    assert_false(SndSgBuild(&cyclic, UINT32_MAX, 2, 0, table, 4, &count));
    assert_int_equal(count, 0);
    assert_true(SndCyclicCheck(&cyclic));
    bad = cyclic_of(scattered, 3, 0, 16384);
    assert_false(SndCyclicCheck(&bad));
    bad = cyclic_of(scattered, 4, 1, 16384);
    assert_false(SndCyclicCheck(&bad));
    bad = cyclic_of(scattered, 4, 4096, 4096);
    assert_false(SndCyclicCheck(&bad));
    bad = cyclic_of(scattered, UINT32_MAX, 0, SND_CYCLIC_BYTES_MAX + 1);
    assert_false(SndCyclicCheck(&bad));
    bad = cyclic_of(NULL, 4, 0, 4096);
    assert_false(SndCyclicCheck(&bad));
    bad = cyclic_of(scattered, 4, 0, 0);
    assert_false(SndCyclicCheck(&bad));
}

static void sg_maximum_of_segments(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384);
    VIRTQ_DESC table[3];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 0, 16384, 0, table, 3, &count));
    assert_false(SndSgBuild(&cyclic, 0, 16384, 0, table, 2, &count));
    assert_int_equal(count, 0);
}

static void sg_direction(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384);
    VIRTQ_DESC table[4];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 0, 9000, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, table, 4, &count));
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(table[i].Flags, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT);
    }
}

static void sg_contiguous_pages_are_one_segment(void **state)
{
    static const uintptr_t row[4] = {20, 21, 22, 23};
    SND_CYCLIC cyclic = cyclic_of(row, 4, 0, 16384);
    VIRTQ_DESC table[1];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 0, 16384, 0, table, 1, &count));
    assert_int_equal(count, 1);
    expect(&table[0], 20 << 12, 16384);
}

static void sg_whole_buffer_from_its_middle_on(void **state)
{
    SND_CYCLIC cyclic = cyclic_of(scattered, 4, 0, 16384);
    VIRTQ_DESC table[4];
    uint32_t count;

    (void)state;
    assert_true(SndSgBuild(&cyclic, 8192, 16384, 0, table, 4, &count));
    assert_int_equal(count, 4);
    expect(&table[0], 8 << 12, 4096);
    expect(&table[1], 3 << 12, 4096);
    expect(&table[2], 100 << 12, 4096);
    expect(&table[3], 7 << 12, 4096);
    assert_false(SndSgBuild(&cyclic, 8192, 16384, 0, table, 3, &count));
    assert_int_equal(count, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(sg_splits_at_pages_and_merges_neighbours),
    cmocka_unit_test(sg_first_page_offset),
    cmocka_unit_test(sg_wraps_into_two_ranges),
    cmocka_unit_test(sg_addresses_beyond_four_gigabytes),
    cmocka_unit_test(sg_invalid_parameters),
    cmocka_unit_test(sg_maximum_of_segments),
    cmocka_unit_test(sg_direction),
    cmocka_unit_test(sg_contiguous_pages_are_one_segment),
    cmocka_unit_test(sg_whole_buffer_from_its_middle_on),
};

UNIT_MAIN(tests)
