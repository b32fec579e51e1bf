/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Cases of model_rules_test: doorbells, rings and descriptors.
 */
#include "model_rules_cases.h"

/* ---- doorbells ---- */

static void rings_with_a_double_word(void)
{
    prepared();
    tiny_publish(&d, 0);
    mmio(d.regions.notify, 4, 0);
}

static void rings_with_a_wrong_value(void)
{
    prepared();
    tiny_publish(&d, 0);
    mmio(d.regions.notify, 2, 1);
}

static void rings_at_a_wrong_address(void)
{
    prepared();
    tiny_publish(&d, 0);
    mmio(d.regions.notify + 4, 2, 1);
}

static void rings_between_two_addresses(void)
{
    prepared();
    tiny_publish(&d, 0);
    mmio(d.regions.notify + 2, 2, 0);
}

static void rings_before_driver_ok(void)
{
    negotiated();
    tiny_queue(&d);
    tiny_ring(&d);
}

static void rings_after_a_reset(void)
{
    prepared();
    tiny_reset(&d);
    tiny_ring(&d);
}

static void rings_for_a_queue_that_is_off(void)
{
    negotiated();
    tiny_driver_ok(&d);
    tiny_ring(&d);
}

static void rings_for_nothing(void)
{
    prepared();
    send_head(0);
    tiny_ring(&d);
}

/* ---- rings ---- */

static void sets_strange_avail_flags(void)
{
    prepared();
    d.avail[0] = 2;
    send_head(0);
}

static void sets_no_interrupt_with_event_idx(void)
{
    START(&d, false, "features=event_idx");
    tiny_build(&d, REQUEST_IN, 0, 512);
    d.avail[0] = 1;
    send_head(0);
}

static void moves_avail_idx_too_far(void)
{
    prepared();
    d.avail[1] = (uint16_t)(d.avail[1] + d.size);
    send_head(0);
}

static void moves_avail_idx_back(void)
{
    prepared();
    send_head(0);
    d.avail[1]--;
    tiny_ring(&d);
}

static void publishes_a_head_that_is_not_there(void)
{
    prepared();
    send_head(d.size);
}

static void links_to_a_descriptor_that_is_not_there(void)
{
    prepared();
    d.desc[0].next = d.size;
    send_head(0);
}

static void links_in_a_circle(void)
{
    prepared();
    d.desc[1].next = 0;
    send_head(0);
}

static void sends_more_than_4_gib(void)
{
    prepared();
    for (uint16_t i = 1; i < 10; i++) {
        d.desc[i] = (struct tiny_desc){d.data_physical, UINT32_MAX, DESC_NEXT | DESC_WRITE, (uint16_t)(i + 1)};
    }
    send_head(0);
}

static void reads_after_it_writes(void)
{
    prepared();
    d.desc[2].flags = 0;
    send_head(0);
}

static void sets_an_unknown_flag(void)
{
    prepared();
    d.desc[2].flags |= 8;
    send_head(0);
}

static void sends_no_bytes(void)
{
    prepared();
    d.desc[1].length = 0;
    send_head(0);
}

/* Until the device has taken everything that was made available; it completes nothing so soon. */
static void let_fetch(uint64_t buffers)
{
    while (model_stats(d.bus)->fetched < buffers) {
        CHECK(d.bus->ops->progress(d.bus, 0));
    }
}

static void prepared_slowly(void)
{
    START(&d, false, "delay-us=1000000", "suppress=0");
    tiny_build(&d, REQUEST_IN, 0, 512);
}

static void publishes_a_head_twice(void)
{
    prepared_slowly();
    tiny_publish(&d, 0);
    tiny_ring(&d);
    let_fetch(1);
    send_head(0);
}

static void shares_a_descriptor(void)
{
    prepared_slowly();
    tiny_publish(&d, 0);
    tiny_ring(&d);
    let_fetch(1);
    d.desc[3] = d.desc[0];
    d.desc[3].next = 2;
    send_head(3);
}

static void changes_a_descriptor(void)
{
    prepared_slowly();
    tiny_publish(&d, 0);
    tiny_ring(&d);
    let_fetch(1);
    d.desc[1].address += 512;
    run_dry(d.bus);
}

static void aims_at_memory_it_does_not_own(void)
{
    prepared();
    stub_forbid(d.data + 511, 1);
    send_head(0);
}

/* ---- indirect tables ---- */

static struct tiny_desc *table(uint16_t entries)
{
    struct tiny_desc *first;
    uint64_t physical;

    prepared();
    first = stub_alloc(16u * entries, 16, true, &physical);
    memcpy(first, d.desc, 3 * sizeof *first);
    d.desc[5] = (struct tiny_desc){physical, 16u * entries, DESC_INDIRECT, 0};
    return first;
}

static void sends_an_indirect_table_unnegotiated(void)
{
    uint64_t physical;

    START(&d, false, "without=indirect");
    tiny_build(&d, REQUEST_IN, 0, 512);
    memcpy(stub_alloc(48, 16, true, &physical), d.desc, 48);
    d.desc[5] = (struct tiny_desc){physical, 48, DESC_INDIRECT, 0};
    send_head(5);
}

static void nests_tables(void)
{
    table(3)[1].flags = DESC_INDIRECT;
    send_head(5);
}

static void links_behind_a_table(void)
{
    table(3);
    d.desc[5].flags |= DESC_NEXT;
    send_head(5);
}

static void sends_a_crooked_table(void)
{
    table(3);
    d.desc[5].length = 47;
    send_head(5);
}

static void sends_an_empty_table(void)
{
    table(3);
    d.desc[5].length = 0;
    send_head(5);
}

static void links_out_of_a_table(void)
{
    table(3)[0].next = 3;
    send_head(5);
}

static void links_a_table_in_a_circle(void)
{
    table(3)[1].next = 1;
    send_head(5);
}

static void sends_a_chain_longer_than_the_queue(void)
{
    struct tiny_desc *first = table(200);

    for (uint16_t i = 1; i < 199; i++) {
        first[i] = (struct tiny_desc){d.data_physical, 512, DESC_NEXT | DESC_WRITE, (uint16_t)(i + 1)};
    }
    first[199] = d.desc[2];
    send_head(5);
}

const struct broken rules_ring[] = {
    {RULE_DOORBELL_WIDTH, rings_with_a_double_word},
    {RULE_DOORBELL_VALUE, rings_with_a_wrong_value},
    {RULE_DOORBELL_ADDRESS, rings_at_a_wrong_address},
    {RULE_DOORBELL_ADDRESS, rings_between_two_addresses},
    {RULE_DOORBELL_TOO_EARLY, rings_before_driver_ok},
    {RULE_DOORBELL_TOO_EARLY, rings_after_a_reset},
    {RULE_DOORBELL_QUEUE, rings_for_a_queue_that_is_off},
    {RULE_DOORBELL_EMPTY, rings_for_nothing},
    {RULE_AVAIL_FLAGS, sets_strange_avail_flags},
    {RULE_AVAIL_FLAGS, sets_no_interrupt_with_event_idx},
    {RULE_AVAIL_INDEX, moves_avail_idx_too_far},
    {RULE_AVAIL_INDEX, moves_avail_idx_back},
    {RULE_DESC_INDEX, publishes_a_head_that_is_not_there},
    {RULE_DESC_INDEX, links_to_a_descriptor_that_is_not_there},
    {RULE_DESC_INDEX, links_out_of_a_table},
    {RULE_DESC_LOOP, links_in_a_circle},
    {RULE_DESC_LOOP, links_a_table_in_a_circle},
    {RULE_CHAIN_BYTES, sends_more_than_4_gib},
    {RULE_CHAIN_LENGTH, sends_a_chain_longer_than_the_queue},
    {RULE_DESC_ORDER, reads_after_it_writes},
    {RULE_DESC_FLAGS, sets_an_unknown_flag},
    {RULE_DESC_EMPTY, sends_no_bytes},
    {RULE_DESC_SHARED, publishes_a_head_twice},
    {RULE_DESC_SHARED, shares_a_descriptor},
    {RULE_DESC_CHANGED, changes_a_descriptor},
    {"dma-stray", aims_at_memory_it_does_not_own},
    {RULE_INDIRECT_UNNEGOTIATED, sends_an_indirect_table_unnegotiated},
    {RULE_INDIRECT_NESTED, nests_tables},
    {RULE_INDIRECT_NEXT, links_behind_a_table},
    {RULE_INDIRECT_LENGTH, sends_a_crooked_table},
    {RULE_INDIRECT_LENGTH, sends_an_empty_table},
    {NULL, NULL},
};
