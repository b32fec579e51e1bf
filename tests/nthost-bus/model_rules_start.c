/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Cases of model_rules_test: initialization: reset, status, features.
 */
#include "model_rules_cases.h"

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

const struct broken rules_start[] = {
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
    {NULL, NULL},
};
