/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Guest RAM, pool and DMA rights.
 */
#include "core_test.h"

TEST(ram_pages_are_shuffled_and_half_are_high, EXIT_OK, NULL)
{
    start(1, 1);
    unsigned high = 0, adjacent = 0, pages = 0;
    for (unsigned i = 0; i < 64; i++) {
        uint8_t *p = ram_alloc(16 * PAGE_BYTES, 0, "shuffled");
        for (unsigned k = 0; k < 16; k++, pages++) {
            uint64_t physical = ram_physical(p + k * PAGE_BYTES);
            CHECK(physical != NO_PHYSICAL && physical % PAGE_BYTES == 0 && physical >= 0x100000);
            CHECK(ram_virtual(physical + 5) == p + k * PAGE_BYTES + 5);
            high += physical >= HIGH_RAM_BASE;
            adjacent += k > 0 && physical == ram_physical(p + (k - 1) * PAGE_BYTES) + PAGE_BYTES;
        }
    }
    CHECK(high > pages / 4 && high < pages * 3 / 4);
    CHECK(adjacent > 0 && adjacent < pages * 9 / 10);
}

TEST(ram_contiguous_below_4g_is_both, EXIT_OK, NULL)
{
    start(1, 1);
    for (unsigned i = 0; i < 32; i++) {
        uint8_t *p = ram_alloc(37 * PAGE_BYTES, RAM_CONTIGUOUS | RAM_BELOW_4G, "contiguous");
        CHECK((uintptr_t)p % PAGE_BYTES == 0);
        for (unsigned k = 1; k < 37; k++)
            CHECK(ram_physical(p + k * PAGE_BYTES) == ram_physical(p) + k * PAGE_BYTES);
        CHECK(ram_physical(p) < HIGH_RAM_BASE);
    }
}

TEST(ram_same_memory_seen_by_driver_host_and_device, EXIT_OK, NULL)
{
    start(1, 1);
    uint8_t *p = ram_alloc(3 * PAGE_BYTES, 0, "shared"), byte;
    p[PAGE_BYTES + 7] = 0x42;
    uint64_t physical = ram_physical(p + PAGE_BYTES + 7);
    CHECK(*(uint8_t *)ram_map_physical(physical, 1) == 0x42);
    dma_grant(p, physical, 1, DMA_DEVICE_READS | DMA_DEVICE_WRITES, "the byte");
    dma_read(physical, &byte, 1);
    CHECK(byte == 0x42);
    byte = 0x43;
    dma_write(physical, &byte, 1);
    CHECK(p[PAGE_BYTES + 7] == 0x43);
    CHECK(!dma_try_read(physical - 1, &byte, 1) && !dma_try_write(physical + 1, &byte, 1));
}

TEST(ram_recycles_for_a_long_time, EXIT_OK, NULL)
{
    start(1, 1);
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t *p = ram_alloc(i % 9000 + 1, 0, "many");
        p[0] = p[i % 9000] = 1;
        ram_free(p);
    }
}

static uint64_t granted(unsigned rights)
{
    start(1, 1);
    void *p = ram_alloc(PAGE_BYTES, 0, "a data buffer");
    dma_grant(p, ram_physical(p), 100, rights, "data of request 7");
    if (rights == 0)
        dma_revoke(p);
    return ram_physical(p);
}

TEST(rule_dma_stray, EXIT_RULE, "rule broken: dma-stray", "a data buffer")
{
    char bytes[8] = {0};
    dma_write(granted(DMA_DEVICE_WRITES) + 96, bytes, 8);
}

TEST(rule_dma_stray_outside_ram, EXIT_RULE, "rule broken: dma-stray", "not guest RAM")
{
    char byte;
    start(1, 1);
    dma_read(0xfee00000, &byte, 1);
}

TEST(rule_dma_direction, EXIT_RULE, "rule broken: dma-direction", "data of request 7")
{
    char byte = 0;
    dma_write(granted(DMA_DEVICE_READS), &byte, 1);
}

TEST(rule_dma_after_completion, EXIT_RULE, "rule broken: dma-after-completion", "data of request 7")
{
    char byte;
    dma_read(granted(0), &byte, 1);
}

TEST(dma_several_grants_cover_one_access, EXIT_OK, NULL)
{
    char bytes[200];
    start(1, 1);
    uint8_t *p = ram_alloc(2 * PAGE_BYTES, RAM_CONTIGUOUS, "two");
    uint64_t physical = ram_physical(p) + PAGE_BYTES - 100;
    dma_grant(p, physical, 60, DMA_DEVICE_READS, "one");
    dma_grant(p, physical + 50, 150, DMA_DEVICE_READS, "other");
    dma_read(physical, bytes, 200);
    CHECK(!dma_try_read(physical, bytes, 200 + 1));
    dma_revoke(p);
    CHECK(!dma_try_read(physical, bytes, 1) && !dma_try_read(physical + 60, bytes, 1));
}

TEST(rule_dma_after_free, EXIT_RULE, "rule broken: dma-after-free", "a buffer long gone")
{
    start(1, 1);
    void *p = ram_alloc(PAGE_BYTES, 0, "a buffer long gone");
    uint8_t *view = ram_map_physical(ram_physical(p), 1);
    ram_free(p);
    *view = 1; /* as a device would, which nthost cannot watch on QEMU */
    ram_check_leaks();
}

TEST(rule_leak, EXIT_RULE, "rule broken: leak", "1 allocation", "Leak", "100 bytes")
{
    start(1, 1);
    CALL("FixLeak");
    ram_check_leaks();
}

TEST(no_leak_when_freed, EXIT_OK, NULL)
{
    start(1, 1);
    void *p = (void *)CALL("FixAllocate", 100);
    CHECK(p != NULL && ram_driver_allocations() == 1);
    CALL("FixFree", p);
    ram_check_leaks();
}

TEST(rule_use_after_free, EXIT_RULE, "rule broken: use-after-free", "4 bytes into 'pool UFre", "which was freed",
     "FixUseAfterFree", "fixture.c")
{
    start(1, 1);
    CALL("FixUseAfterFree");
}

TEST(rule_double_free, EXIT_RULE, "rule broken: double-free", "Dble", "FixDoubleFree")
{
    start(1, 1);
    CALL("FixDoubleFree");
}

TEST(rule_free_of_unknown_address, EXIT_RULE, "rule broken: free-of-unknown-address", "FixFreeElsewhere")
{
    start(1, 1);
    CALL("FixFreeElsewhere");
}

TEST(rule_pool_tag, EXIT_RULE, "rule broken: pool-tag", "1One", "2Two")
{
    start(1, 1);
    CALL("FixWrongTag");
}

TEST(rule_pool_size_zero, EXIT_RULE, "rule broken: pool-size-zero")
{
    start(1, 1);
    CALL("FixZeroPool");
}

TEST(rule_pool_overrun_is_caught_at_once, EXIT_RULE, "rule broken: access-violation", "past the end of 'pool Over",
     "write to", "FixOverrunFar")
{
    start(1, 1);
    CALL("FixOverrunFar", 4000);
}

TEST(rule_pool_overrun_within_the_slack_is_caught_at_free, EXIT_RULE, "rule broken: pool-overrun",
     "1 bytes past the end of 'pool Over")
{
    start(1, 1);
    CALL("FixOverrunNear", 4001);
}

TEST(rule_irql_paged_pool_at_dispatch, EXIT_RULE, "rule broken: irql", "ExAllocatePoolWithTag called at IRQL 2",
     "FixPagedAtDispatch")
{
    start(1, 1);
    irql_raise(DISPATCH_LEVEL);
    CALL("FixPagedAtDispatch");
}

TEST(rule_use_after_completion, EXIT_RULE, "rule broken: use-after-completion", "an SRB", "completed a moment ago",
     "FixWrite32")
{
    start(1, 1);
    void *p = ram_alloc(64, 0, "an SRB");
    ram_hide(p, "completed a moment ago");
    CALL("FixWrite32", p, 1);
}

TEST(ram_show_gives_it_back, EXIT_OK, NULL)
{
    start(1, 1);
    uint32_t *p = ram_alloc(64, 0, "an SRB");
    *p = 7;
    ram_hide(p, "completed");
    ram_show(p);
    CHECK(CALL("FixRead32", p) == 7);
    ram_hide(p, "completed");
    ram_free(p);
}

TEST(rule_use_after_completion_in_a_kernel_call, EXIT_RULE, "rule broken: use-after-completion",
     "RtlCopyMemory follows a pointer")
{
    char to[16];
    start(1, 1);
    void *p = ram_alloc(64, 0, "an SRB");
    ram_hide(p, "completed");
    CALL("FixCopyFromPointer", to, p);
}

TEST(rule_physical_address_of_what_has_none, EXIT_RULE, "rule broken: physical-address")
{
    int local;
    start(1, 1);
    CALL("FixPhysical", &local);
}

TEST(physical_address_of_pool, EXIT_OK, NULL)
{
    start(1, 1);
    void *p = (void *)CALL("FixAllocate", 100);
    CHECK(CALL("FixPhysical", p) == (uintptr_t)ram_physical(p));
}

TEST(failure_injection_fails_the_nth_allocation, EXIT_OK, "injected failure 2: pool")
{
    start(1, 1);
    fail_point_arm(2);
    CHECK(CALL("FixAllocate", 10) != 0 && CALL("FixAllocate", 10) == 0 && CALL("FixAllocate", 10) != 0);
    CHECK(fail_point_count() == 3);
}

TEST(rule_freed_in_use, EXIT_RULE, "rule broken: freed-in-use", "the timer at")
{
    start(1, 1);
    CALL("FixTimerInPool");
}
