/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Interlocked lists, contiguous memory and what is left of the kernel's exports.
 */
#include "core_test.h"

static void *zeros(size_t bytes)
{
    return memset(ram_alloc(bytes, 0, "a list"), 0, bytes);
}

TEST(lists_keep_their_order, EXIT_OK, NULL)
{
    start(1, 1);
    CHECK(CALL("FixSingleList", zeros(16), zeros(64)) == 0);
    CHECK(CALL("FixDoubleList", zeros(16), zeros(64), zeros(sizeof(uintptr_t))) == 0);
}

TEST(rule_list_alignment, EXIT_RULE, "rule broken: list-alignment")
{
    start(1, 1);
    CALL("FixSingleList", zeros(16), (uint8_t *)zeros(64) + 2);
}

TEST(rule_list_corrupt, EXIT_RULE, "rule broken: list-corrupt", "FixCorruptList")
{
    start(1, 1);
    CALL("FixCorruptList", zeros(16), zeros(64), zeros(sizeof(uintptr_t)));
}

TEST(rule_lock_recursion_of_an_interlocked_list, EXIT_RULE, "rule broken: lock-recursion",
     "ExInterlockedInsertTailList")
{
    start(1, 1);
    CALL("FixDoubleList", zeros(16), zeros(64), ram_alloc(sizeof(uintptr_t), 0, "a lock with poison in it"));
}

TEST(rule_string_overflow, EXIT_RULE, "rule broken: string-overflow", "into 4 bytes")
{
    start(1, 1);
    CALL("FixPrintTooMuch", zeros(16));
}

TEST(rule_pool_raise, EXIT_RULE, "rule broken: pool-raise")
{
    start(1, 1);
    fail_point_arm(1);
    CALL("FixRaise");
}

TEST(contiguous_memory_is_contiguous_and_low, EXIT_OK, NULL)
{
    start(1, 1);
    uint8_t *memory = (uint8_t *)CALL("FixContiguous", 5 * PAGE_BYTES, 0);
    for (unsigned i = 1; i < 5; i++)
        CHECK(ram_physical(memory + i * PAGE_BYTES) == ram_physical(memory) + i * PAGE_BYTES);
    CHECK(ram_physical(memory) < HIGH_RAM_BASE);
    CALL("FixFreeContiguous", memory);
    ram_check_leaks();
}

TEST(rule_not_provided, EXIT_RULE, "rule broken: not-provided", "boundary")
{
    start(1, 1);
    CALL("FixContiguous", PAGE_BYTES, 65536);
}
