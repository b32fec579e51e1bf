/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Every rule of model_rules.h, broken on purpose: the tiny driver leaves a step out or does it wrong, and the run must end
 * with that rule's name. Each case starts from what works, so that it is the one change that is found.
 */
#include "../../nthost/guest_ram.h"
#include "../../nthost/model_rules.h"
#include "model_frame.h"

struct broken {
    const char *rule;
    void (*body)(void);
};

static struct tiny_driver d;

static void mmio(uint64_t physical, unsigned width, uint64_t value)
{
    d.bus->ops->mmio_write(d.bus, physical, width, value);
}

static void found(void)
{
    tiny_find(&d, OPEN());
}

static void acknowledged(void)
{
    found();
    tiny_reset(&d);
    tiny_acknowledge(&d);
}

static void negotiated(void)
{
    acknowledged();
    tiny_negotiate(&d, ALL_FEATURES);
}

static void running(void)
{
    START(&d, false);
}

/* A read of one sector, ready to be changed and sent. */
static void prepared(void)
{
    running();
    tiny_build(&d, REQUEST_IN, 0, 512);
}

static void send_head(uint16_t head)
{
    tiny_publish(&d, head);
    tiny_ring(&d);
    run_dry(d.bus);
}

/* ---- reset, status, features ---- */

static void starts_without_reset(void)
{
    found();
    tiny_acknowledge(&d);
}

static void does_not_wait_for_reset(void)
{
    found();
    tiny_write(&d, 0x14, 1, 0);
    tiny_write(&d, 0x14, 1, 1);
}

static void writes_registers_while_resetting(void)
{
    START(&d, false, "reset-us=1000");
    tiny_write(&d, 0x14, 1, 0);
    CHECK(tiny_read(&d, 0x14, 1) != 0);
    tiny_write(&d, 0x00, 4, 0);
}

static void skips_acknowledge(void)
{
    found();
    tiny_reset(&d);
    tiny_write(&d, 0x14, 1, 2);
}

static void skips_driver(void)
{
    found();
    tiny_reset(&d);
    tiny_write(&d, 0x14, 1, 1);
    tiny_write(&d, 0x14, 1, 9);
}

static void skips_features_ok(void)
{
    acknowledged();
    tiny_write(&d, 0x14, 1, 7);
}

static void sets_a_reserved_status_bit(void)
{
    acknowledged();
    tiny_write(&d, 0x14, 1, 0x13);
}

static void asks_itself_for_a_reset(void)
{
    acknowledged();
    tiny_write(&d, 0x14, 1, 0x43);
}

static void accepts_before_it_is_the_driver(void)
{
    found();
    tiny_reset(&d);
    tiny_write(&d, 0x0c, 4, 0);
}

static void clears_a_status_bit(void)
{
    running();
    tiny_write(&d, 0x14, 1, 11);
}

static void does_not_reread_features_ok(void)
{
    acknowledged();
    tiny_write(&d, 0x08, 4, 1);
    tiny_write(&d, 0x0c, 4, 1);
    tiny_write(&d, 0x14, 1, 11);
    tiny_write(&d, 0x14, 1, 15);
}

static void accepts_event_idx_unoffered(void)
{
    acknowledged();
    tiny_write(&d, 0x08, 4, 1);
    tiny_write(&d, 0x0c, 4, 1);
    tiny_write(&d, 0x08, 4, 0);
    tiny_write(&d, 0x0c, 4, (uint32_t)BIT(FEATURE_EVENT_IDX));
    tiny_write(&d, 0x14, 1, 11);
}

static void accepts_features_past_63(void)
{
    acknowledged();
    tiny_write(&d, 0x08, 4, 2);
    tiny_write(&d, 0x0c, 4, 1);
}

static void refuses_version_1(void)
{
    acknowledged();
    tiny_negotiate(&d, BIT(FEATURE_FLUSH));
}

static void changes_its_mind_after_features_ok(void)
{
    negotiated();
    tiny_write(&d, 0x0c, 4, 1);
}

static void goes_on_after_failed(void)
{
    running();
    tiny_write(&d, 0x14, 1, 0x8f);
    tiny_ring(&d);
}

static void sets_registers_after_failed(void)
{
    negotiated();
    tiny_write(&d, 0x14, 1, 0x8b);
    tiny_write(&d, 0x16, 2, 0);
}

static void continues_initialization_after_failed(void)
{
    negotiated();
    tiny_write(&d, 0x14, 1, 0x8b);
    tiny_write(&d, 0x14, 1, 0x8f);
}

/* ---- accesses ---- */

static void reads_status_as_a_word(void)
{
    found();
    tiny_read(&d, 0x14, 4);
}

static void reads_half_a_feature_word(void)
{
    found();
    tiny_read(&d, 0x04, 2);
}

static void writes_an_address_in_one_piece(void)
{
    negotiated();
    mmio(d.regions.common + 0x20, 8, 0x100000);
}

static void reads_capacity_in_one_piece(void)
{
    running();
    d.bus->ops->mmio_read(d.bus, d.regions.device, 8);
}

static void reads_capacity_by_bytes(void)
{
    running();
    tiny_config(&d, 0, 1);
}

static void reads_isr_as_a_word(void)
{
    running();
    d.bus->ops->mmio_read(d.bus, d.regions.isr, 4);
}

static void reads_behind_the_common_configuration(void)
{
    found();
    tiny_read(&d, 0x38, 4);
}

static void reads_between_regions(void)
{
    found();
    d.bus->ops->mmio_read(d.bus, d.regions.common + 0x800, 4);
}

static void writes_between_regions(void)
{
    found();
    mmio(d.regions.common + 0x800, 4, 0);
}

static void reads_the_doorbell(void)
{
    running();
    d.bus->ops->mmio_read(d.bus, d.regions.notify, 2);
}

static void reads_behind_isr(void)
{
    running();
    d.bus->ops->mmio_read(d.bus, d.regions.isr + 1, 1);
}

static void reads_behind_the_device_configuration(void)
{
    running();
    tiny_config(&d, 0x60, 4);
}

static void writes_device_feature(void)
{
    acknowledged();
    tiny_write(&d, 0x04, 4, 1);
}

static void writes_notify_off(void)
{
    negotiated();
    tiny_write(&d, 0x1e, 2, 0);
}

static void writes_isr(void)
{
    running();
    mmio(d.regions.isr, 1, 0);
}

static void races_for_the_feature_select(void)
{
    acknowledged();
    stub_processor = 0;
    tiny_write(&d, 0x00, 4, 0);
    stub_processor = 1;
    tiny_write(&d, 0x00, 4, 1);
    tiny_read(&d, 0x04, 4);
    stub_processor = 0;
    tiny_read(&d, 0x04, 4);
}

static void races_for_the_queue_select(void)
{
    tiny_find(&d, OPEN("features=mq", "queues=2"));
    tiny_reset(&d);
    tiny_write(&d, 0x16, 2, 1);
    stub_processor = 1;
    tiny_write(&d, 0x16, 2, 0);
    stub_processor = 0;
    tiny_read(&d, 0x18, 2);
}

static void writes_a_capability(void)
{
    found();
    d.bus->ops->config_write(d.bus, d.bus->bdf, 0x44, 4, 0);
}

/* ---- queues ---- */

static void sets_up_a_queue_before_features_ok(void)
{
    acknowledged();
    tiny_write(&d, 0x16, 2, 0);
    tiny_write(&d, 0x18, 2, 64);
}

static void sets_up_a_queue_after_driver_ok(void)
{
    negotiated();
    tiny_driver_ok(&d);
    tiny_queue(&d);
}

static void sets_up_a_queue_that_is_not_there(void)
{
    negotiated();
    tiny_write(&d, 0x16, 2, 1);
    tiny_write(&d, 0x18, 2, 64);
}

static void disables_a_queue(void)
{
    negotiated();
    tiny_queue(&d);
    tiny_write(&d, 0x1c, 2, 0);
}

static void enables_a_queue_twice(void)
{
    negotiated();
    tiny_queue(&d);
    tiny_write(&d, 0x1c, 2, 1);
}

static void changes_an_enabled_queue(void)
{
    negotiated();
    tiny_queue(&d);
    tiny_write(&d, 0x20, 4, 0);
}

static void writes_queue_size(uint16_t size)
{
    negotiated();
    tiny_write(&d, 0x16, 2, 0);
    tiny_write(&d, 0x18, 2, size);
}

static void sets_an_odd_queue_size(void)
{
    writes_queue_size(100);
}

static void sets_no_queue_size(void)
{
    writes_queue_size(0);
}

static void enlarges_a_queue(void)
{
    writes_queue_size(256);
}

static void misaligns_the_descriptor_table(void)
{
    negotiated();
    tiny_allocate(&d, 128);
    d.desc_physical += 8;
    tiny_queue(&d);
}

static void misaligns_the_used_ring(void)
{
    negotiated();
    tiny_allocate(&d, 128);
    d.used_physical += 2;
    tiny_queue(&d);
}

static void forgets_an_address(void)
{
    negotiated();
    tiny_allocate(&d, 128);
    d.avail_physical = 0;
    tiny_queue(&d);
}

static void allocates_too_little(void)
{
    negotiated();
    tiny_allocate(&d, 128);
    stub_forbid((uint8_t *)(uintptr_t)d.used + 4 + 8 * 128 - 1, 1);
    tiny_queue(&d);
}

static void forgets_the_event_word(void)
{
    tiny_find(&d, OPEN("features=event_idx"));
    tiny_reset(&d);
    tiny_acknowledge(&d);
    tiny_negotiate(&d, ALL_FEATURES);
    tiny_allocate(&d, 128);
    stub_forbid((uint8_t *)(uintptr_t)d.avail + 4 + 2 * 128, 2);
    tiny_queue(&d);
}

static void leaves_used_flags(void)
{
    negotiated();
    tiny_allocate(&d, 128);
    d.used[0] = 1;
    tiny_queue(&d);
}

static void leaves_used_idx(void)
{
    negotiated();
    tiny_allocate(&d, 128);
    d.used[1] = 0xfade;
    tiny_queue(&d);
}

/* ---- vectors ---- */

static void maps_a_vector_outside_the_table(void)
{
    negotiated();
    tiny_write(&d, 0x10, 2, 4);
}

static void does_not_read_the_config_vector_back(void)
{
    negotiated();
    tiny_write(&d, 0x10, 2, 0);
    tiny_queue(&d);
    tiny_driver_ok(&d);
}

static void does_not_read_the_queue_vector_back(void)
{
    negotiated();
    tiny_write(&d, 0x16, 2, 0);
    tiny_write(&d, 0x1a, 2, 1);
    tiny_queue(&d);
    tiny_driver_ok(&d);
}

/* ---- device configuration ---- */

static void writes_configuration_too_early(void)
{
    tiny_find(&d, OPEN("features=config_wce"));
    tiny_reset(&d);
    tiny_acknowledge(&d);
    mmio(d.regions.device + 32, 1, 0);
}

static void reads_writeback_too_early(void)
{
    tiny_find(&d, OPEN("features=config_wce"));
    tiny_reset(&d);
    tiny_config(&d, 32, 1);
}

static void reads_a_field_that_is_not_offered(void)
{
    running();
    tiny_config(&d, 8, 4);
}

static void writes_capacity(void)
{
    running();
    mmio(d.regions.device, 4, 0);
}

static void writes_writeback_unnegotiated(void)
{
    tiny_start(&d, OPEN("features=config_wce"), BIT(FEATURE_VERSION_1) | BIT(FEATURE_FLUSH), false);
    mmio(d.regions.device + 32, 1, 0);
}

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

static const struct broken cases[] = {
    {RULE_NOT_RESET, starts_without_reset},
    {RULE_RESET_NOT_READ_BACK, does_not_wait_for_reset},
    {RULE_RESET_NOT_READ_BACK, writes_registers_while_resetting},
    {RULE_STATUS_SEQUENCE, skips_acknowledge},
    {RULE_STATUS_SEQUENCE, skips_driver},
    {RULE_STATUS_SEQUENCE, skips_features_ok},
    {RULE_STATUS_SEQUENCE, sets_a_reserved_status_bit},
    {RULE_STATUS_SEQUENCE, asks_itself_for_a_reset},
    {RULE_STATUS_SEQUENCE, accepts_before_it_is_the_driver},
    {RULE_STATUS_BIT_CLEARED, clears_a_status_bit},
    {RULE_FEATURES_OK_NOT_REREAD, does_not_reread_features_ok},
    {RULE_FEATURE_NOT_OFFERED, accepts_event_idx_unoffered},
    {RULE_FEATURE_NOT_OFFERED, accepts_features_past_63},
    {RULE_VERSION_1_REFUSED, refuses_version_1},
    {RULE_FEATURES_TOO_LATE, changes_its_mind_after_features_ok},
    {RULE_ACCESS_AFTER_FAILED, goes_on_after_failed},
    {RULE_ACCESS_AFTER_FAILED, sets_registers_after_failed},
    {RULE_ACCESS_AFTER_FAILED, continues_initialization_after_failed},
    {RULE_ACCESS_WIDTH, reads_status_as_a_word},
    {RULE_ACCESS_WIDTH, reads_half_a_feature_word},
    {RULE_ACCESS_WIDTH, writes_an_address_in_one_piece},
    {RULE_ACCESS_WIDTH, reads_capacity_in_one_piece},
    {RULE_ACCESS_WIDTH, reads_capacity_by_bytes},
    {RULE_ACCESS_WIDTH, reads_isr_as_a_word},
    {RULE_ACCESS_UNDEFINED, reads_behind_the_common_configuration},
    {RULE_ACCESS_UNDEFINED, reads_between_regions},
    {RULE_ACCESS_UNDEFINED, writes_between_regions},
    {RULE_ACCESS_UNDEFINED, reads_the_doorbell},
    {RULE_ACCESS_UNDEFINED, reads_behind_isr},
    {RULE_ACCESS_UNDEFINED, reads_behind_the_device_configuration},
    {RULE_READ_ONLY_REGISTER, writes_device_feature},
    {RULE_READ_ONLY_REGISTER, writes_notify_off},
    {RULE_READ_ONLY_REGISTER, writes_isr},
    {RULE_SELECTOR_RACE, races_for_the_feature_select},
    {RULE_SELECTOR_RACE, races_for_the_queue_select},
    {RULE_CAPABILITY_WRITTEN, writes_a_capability},
    {RULE_QUEUE_TOO_EARLY, sets_up_a_queue_before_features_ok},
    {RULE_QUEUE_TOO_LATE, sets_up_a_queue_after_driver_ok},
    {RULE_QUEUE_ABSENT, sets_up_a_queue_that_is_not_there},
    {RULE_QUEUE_DISABLED, disables_a_queue},
    {RULE_QUEUE_ENABLED_TWICE, enables_a_queue_twice},
    {RULE_QUEUE_CHANGED, changes_an_enabled_queue},
    {RULE_QUEUE_SIZE, sets_an_odd_queue_size},
    {RULE_QUEUE_SIZE, sets_no_queue_size},
    {RULE_QUEUE_SIZE, enlarges_a_queue},
    {RULE_QUEUE_ALIGNMENT, misaligns_the_descriptor_table},
    {RULE_QUEUE_ALIGNMENT, misaligns_the_used_ring},
    {RULE_QUEUE_ALIGNMENT, forgets_an_address},
    {RULE_QUEUE_MEMORY, allocates_too_little},
    {RULE_QUEUE_MEMORY, forgets_the_event_word},
    {RULE_USED_NOT_CLEARED, leaves_used_flags},
    {RULE_USED_NOT_CLEARED, leaves_used_idx},
    {RULE_VECTOR_RANGE, maps_a_vector_outside_the_table},
    {RULE_VECTOR_NOT_READ_BACK, does_not_read_the_config_vector_back},
    {RULE_VECTOR_NOT_READ_BACK, does_not_read_the_queue_vector_back},
    {RULE_CONFIG_TOO_EARLY, writes_configuration_too_early},
    {RULE_CONFIG_TOO_EARLY, reads_writeback_too_early},
    {RULE_CONFIG_NOT_OFFERED, reads_a_field_that_is_not_offered},
    {RULE_CONFIG_READ_ONLY, writes_capacity},
    {RULE_CONFIG_READ_ONLY, writes_writeback_unnegotiated},
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
    {RULE_BLK_HEADER, sends_a_short_header},
    {RULE_BLK_HEADER, joins_header_and_data},
    {RULE_BLK_STATUS, sends_no_status_byte},
    {RULE_BLK_STATUS, joins_data_and_status},
    {RULE_BLK_RESERVED, fills_the_reserved_word},
    {RULE_BLK_SECTOR, flushes_a_sector},
    {RULE_BLK_DIRECTION, reads_from_the_driver},
    {RULE_BLK_DIRECTION, writes_to_the_driver},
    {RULE_BLK_LENGTH, reads_part_of_a_sector},
    {RULE_BLK_LENGTH, reads_nothing},
    {RULE_BLK_SEG_MAX, sends_too_many_segments},
    {RULE_BLK_SIZE_MAX, sends_too_long_a_segment},
    {RULE_BLK_CAPACITY, reads_beyond_the_end},
    {RULE_BLK_CAPACITY, reads_where_a_sum_wraps},
    {RULE_BLK_CAPACITY, discards_beyond_the_end},
    {RULE_BLK_FLUSH_DATA, flushes_with_data},
    {RULE_BLK_UNNEGOTIATED, flushes_unnegotiated},
    {RULE_BLK_UNNEGOTIATED, writes_zeroes_unnegotiated},
    {RULE_BLK_ID_LENGTH, asks_for_a_long_id},
    {RULE_BLK_SEGMENTS, discards_with_unmap},
    {RULE_BLK_SEGMENTS, discards_too_many_sectors},
    {RULE_BLK_SEGMENTS, discards_too_many_segments},
    {RULE_BLK_SEGMENTS, discards_a_crooked_list},
};
#define CASES (sizeof cases / sizeof cases[0])

static void run_case(const void *argument)
{
    const struct broken *broken = argument;

    broken->body();
}

static void each_rule_is_enforced(void)
{
    char expected[96];

    for (unsigned i = 0; i < CASES; i++) {
        snprintf(expected, sizeof expected, "rule broken: %s:", cases[i].rule);
        expect_exit(run_case, &cases[i], 3, expected);
    }
}

/* Every name that model_rules.h defines is among the cases. */
static void each_rule_has_a_case(void)
{
    FILE *header = fopen(MODEL_RULES_H, "r");
    char line[256], name[64];
    unsigned rules = 0;

    CHECK(header != NULL);
    while (fgets(line, sizeof line, header) != NULL) {
        if (sscanf(line, "#define RULE_%*s \"%63[^\"]\"", name) != 1) {
            continue;
        }
        unsigned i = 0;
        while (i < CASES && strcmp(cases[i].rule, name) != 0) {
            i++;
        }
        if (i == CASES) {
            fprintf(stderr, "no case breaks %s\n", name);
            exit(1);
        }
        rules++;
    }
    fclose(header);
    CHECK(rules > 50);
}

/* The same cases against a device that tolerates: it must survive them, and count. */
static void tolerated(const void *argument)
{
    const struct broken *broken = argument;

    model_frame_tolerant = true;
    broken->body();
    exit(model_stats(d.bus)->rules_broken != 0 ? 7 : 8);
}

static void a_tolerant_device_survives_each(void)
{
    for (unsigned i = 0; i < CASES; i++) {
        if (strcmp(cases[i].rule, "dma-stray") != 0) { /* not the device's to tolerate */
            char expected[96];
            snprintf(expected, sizeof expected, "tolerated: %s:", cases[i].rule);
            expect_exit(tolerated, &cases[i], 7, expected);
        }
    }
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"each-rule-is-enforced", each_rule_is_enforced},
        {"each-rule-has-a-case", each_rule_has_a_case},
        {"a-tolerant-device-survives-each", a_tolerant_device_survives_each},
    };

    return run_tests(tests, sizeof tests / sizeof tests[0], argc, argv);
}
