/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Cases of model_rules_test: block requests.
 */
#include "model_rules_cases.h"

/* ---- requests ---- */

static void sends_a_short_header(void)
{
    prepared();
    d.desc[0].length = 15;
    send_head(0);
}

static void joins_header_and_data(void)
{
    running();
    tiny_build(&d, REQUEST_OUT, 0, 512);
    d.desc[0].length = 64;
    d.desc[1].length = 464;
    send_head(0);
}

static void sends_no_status_byte(void)
{
    running();
    tiny_build(&d, REQUEST_OUT, 0, 512);
    d.desc[1].flags = 0;
    send_head(0);
}

static void joins_data_and_status(void)
{
    prepared();
    d.desc[1] = (struct tiny_desc){d.data_physical, 513, DESC_WRITE, 0};
    send_head(0);
}

static void fills_the_reserved_word(void)
{
    prepared();
    d.header[5] = 1;
    send_head(0);
}

static void flushes_a_sector(void)
{
    running();
    tiny_build(&d, REQUEST_FLUSH, 1, 0);
    send_head(0);
}

static void reads_from_the_driver(void)
{
    prepared();
    d.desc[1].flags &= (uint16_t)~DESC_WRITE;
    send_head(0);
}

static void writes_to_the_driver(void)
{
    running();
    tiny_build(&d, REQUEST_OUT, 0, 512);
    d.desc[1].flags |= DESC_WRITE;
    send_head(0);
}

static void reads_part_of_a_sector(void)
{
    prepared();
    d.desc[1].length = 511;
    send_head(0);
}

static void reads_nothing(void)
{
    running();
    tiny_build(&d, REQUEST_IN, 0, 0);
    send_head(0);
}

static void sends_too_many_segments(void)
{
    START(&d, false, "seg-max=1");
    tiny_build(&d, REQUEST_IN, 0, 512);
    d.desc[1].length = 256;
    d.desc[1].next = 3;
    d.desc[3] = (struct tiny_desc){d.data_physical + 256, 256, DESC_NEXT | DESC_WRITE, 2};
    send_head(0);
}

static void sends_too_long_a_segment(void)
{
    START(&d, false, "features=size_max", "size-max=4096");
    tiny_build(&d, REQUEST_IN, 0, 8192);
    send_head(0);
}

static void reads_beyond_the_end(void)
{
    running();
    tiny_build(&d, REQUEST_IN, 131071, 1024);
    send_head(0);
}

static void reads_where_a_sum_wraps(void)
{
    running();
    tiny_build(&d, REQUEST_IN, UINT64_MAX, 1024);
    send_head(0);
}

static void flushes_with_data(void)
{
    running();
    tiny_build(&d, REQUEST_FLUSH, 0, 512);
    send_head(0);
}

static void flushes_unnegotiated(void)
{
    START(&d, false, "without=flush");
    tiny_build(&d, REQUEST_FLUSH, 0, 0);
    send_head(0);
}

static void asks_for_a_long_id(void)
{
    running();
    tiny_build(&d, REQUEST_GET_ID, 0, 32);
    send_head(0);
}

static void discards(const char *setting, uint32_t bytes, uint64_t sector, uint32_t sectors, uint32_t flags)
{
    START(&d, false, "features=discard", setting);
    tiny_build(&d, REQUEST_DISCARD, 0, bytes);
    memcpy(d.data, &sector, 8);
    memcpy(d.data + 8, &sectors, 4);
    memcpy(d.data + 12, &flags, 4);
    send_head(0);
}

static void discards_with_unmap(void)
{
    discards("seed=0", 16, 0, 8, 1);
}

static void discards_too_many_sectors(void)
{
    discards("discard-sectors=7", 16, 0, 8, 0);
}

static void discards_too_many_segments(void)
{
    discards("discard-segments=1", 32, 0, 8, 0);
}

static void discards_a_crooked_list(void)
{
    discards("seed=0", 24, 0, 8, 0);
}

static void discards_beyond_the_end(void)
{
    discards("seed=0", 16, 131071, 8, 0);
}

static void writes_zeroes_unnegotiated(void)
{
    running();
    tiny_build(&d, REQUEST_ZEROES, 0, 16);
    send_head(0);
}

const struct broken rules_request[] = {
    {RULE_BLK_HEADER, sends_a_short_header},        {RULE_BLK_HEADER, joins_header_and_data},
    {RULE_BLK_STATUS, sends_no_status_byte},        {RULE_BLK_STATUS, joins_data_and_status},
    {RULE_BLK_RESERVED, fills_the_reserved_word},   {RULE_BLK_SECTOR, flushes_a_sector},
    {RULE_BLK_DIRECTION, reads_from_the_driver},    {RULE_BLK_DIRECTION, writes_to_the_driver},
    {RULE_BLK_LENGTH, reads_part_of_a_sector},      {RULE_BLK_LENGTH, reads_nothing},
    {RULE_BLK_SEG_MAX, sends_too_many_segments},    {RULE_BLK_SIZE_MAX, sends_too_long_a_segment},
    {RULE_BLK_CAPACITY, reads_beyond_the_end},      {RULE_BLK_CAPACITY, reads_where_a_sum_wraps},
    {RULE_BLK_CAPACITY, discards_beyond_the_end},   {RULE_BLK_FLUSH_DATA, flushes_with_data},
    {RULE_BLK_UNNEGOTIATED, flushes_unnegotiated},  {RULE_BLK_UNNEGOTIATED, writes_zeroes_unnegotiated},
    {RULE_BLK_ID_LENGTH, asks_for_a_long_id},       {RULE_BLK_SEGMENTS, discards_with_unmap},
    {RULE_BLK_SEGMENTS, discards_too_many_sectors}, {RULE_BLK_SEGMENTS, discards_too_many_segments},
    {RULE_BLK_SEGMENTS, discards_a_crooked_list},   {NULL, NULL},
};
