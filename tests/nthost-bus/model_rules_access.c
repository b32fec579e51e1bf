/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Cases of model_rules_test: registers, queue set-up, vectors and device configuration.
 */
#include "model_rules_cases.h"

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

const struct broken rules_access[] = {
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
    {NULL, NULL},
};
