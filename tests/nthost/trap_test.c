/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Device memory, ports, privileged instructions, faults, and the counting of instructions.
 */
#include "core_test.h"

TEST(mmio_reads_and_writes_of_every_width, EXIT_OK, NULL)
{
    start(1, 1);
    uint8_t *w = window;
    CALL("FixWrite32", w + 8, 0x12345678);
    CHECK(bus.last_width == 4 && memcmp(bus.registers + 8, "\x78\x56\x34\x12", 4) == 0);
    CALL("FixWrite16", w + 10, 0xffffabcd);
    CHECK(bus.last_width == 2 && memcmp(bus.registers + 8, "\x78\x56\xcd\xab", 4) == 0);
    CALL("FixWrite8", w + 8, 0xff);
    CHECK(bus.last_width == 1 && bus.writes == 3 && bus.reads == 0);
    CHECK(CALL("FixRead32", w + 8) == 0xabcd56ff && bus.last_width == 4);
    CHECK(CALL("FixRead16", w + 10) == 0xabcd && bus.last_width == 2);
    CHECK(CALL("FixRead8", w + 8) == 0xff && bus.last_width == 1);
    CHECK(bus.reads == 3 && bus.writes == 3);
}

TEST(mmio_read_modify_write_test_and_push, EXIT_OK, NULL)
{
    start(1, 1);
    memcpy(bus.registers, "\x04\x00\x00\x00\x05\x00\x00\x00\x00\x5a", 10);
    CHECK(CALL("FixTest", window) == 1);
    CHECK(CALL("FixTest", (uint8_t *)window + 8) == 2);
    CALL("FixOr32", window, 0xf0);
    CHECK(bus.registers[0] == 0xf4 && bus.writes == 1);
    CHECK(CALL("FixPushed", window) == 0xf4 + 8 * 5);
}

TEST(mmio_repeated_string_copy, EXIT_OK, NULL)
{
    uint32_t words[8];
    start(1, 1);
    for (unsigned i = 0; i < 8; i++)
        words[i] = i + 100;
    CALL("FixCopyString", window, words, 8);
    CHECK(bus.writes == 8 && memcmp(bus.registers, words, sizeof(words)) == 0);
    memset(words, 0, sizeof(words));
    CALL("FixCopyString", words, window, 8);
    CHECK(bus.reads == 8 && words[7] == 107);
}

static void clobber_vectors(void)
{
    __asm__ volatile("pxor %%xmm7, %%xmm7" : : : "xmm7");
}

TEST(mmio_keeps_vector_registers, EXIT_OK, NULL)
{
    start(1, 1);
    bus.on_access = clobber_vectors;
    CHECK(CALL("FixKeepsVector", window) == 1);
}

TEST(mmio_counters_tell_ranges_apart, EXIT_OK, NULL)
{
    struct access_counter notify = {.name = "notify", .physical = TEST_REGISTERS + 0x100, .bytes = 16};
    start(1, 1);
    access_counter_add(&notify);
    CALL("FixWrite16", (uint8_t *)window + 0x10e, 1);
    CALL("FixRead32", (uint8_t *)window + 0x100);
    CALL("FixRead32", (uint8_t *)window + 0x110);
    CHECK(notify.writes == 1 && notify.reads == 1 && access_other_count() == 1);
    access_counters_reset();
    CHECK(notify.writes == 0 && access_other_count() == 0);
}

TEST(rule_mmio_access_past_the_end, EXIT_RULE, "rule broken: mmio-access", "offset 4096", "FixRead32")
{
    start(1, 1);
    CALL("FixRead32", (uint8_t *)window + 4096);
}

TEST(rule_mmio_access_misaligned, EXIT_RULE, "rule broken: mmio-access", "misaligned", "FixMisaligned")
{
    start(1, 1);
    CALL("FixMisaligned", window);
}

TEST(rule_mmio_instruction, EXIT_RULE, "rule broken: mmio-instruction", "0f 10", "FixVectorRegister")
{
    start(1, 1);
    CALL("FixVectorRegister", window);
}

TEST(rule_mmio_unmapped, EXIT_RULE, "rule broken: mmio-unmapped", "0xe0000000", "FixRead32")
{
    start(1, 1);
    mmio_unmap(window);
    CALL("FixRead32", window);
}

TEST(rule_mmio_access_by_memory_routine, EXIT_RULE, "rule broken: mmio-access", "RtlCopyMemory")
{
    char to[16];
    start(1, 1);
    CALL("FixCopyFromPointer", to, window);
}

TEST(ports_by_in_and_out, EXIT_OK, NULL)
{
    start(1, 1);
    bus.port_value = 0x11223344;
    CHECK(CALL("FixPortIn", 0xc010) == 0x11223344 && bus.last_port == 0xc010);
    CALL("FixPortOut", 0xc012, 0xabcd);
    CHECK(bus.port_value == 0xabcd && bus.last_port == 0xc012);
}

TEST(irql_and_processor_block_read_inline, EXIT_OK, NULL)
{
    start(1, 1);
    CHECK(CALL("FixGetIrql") == 0);
    irql_raise(DISPATCH_LEVEL);
    CHECK(CALL("FixGetIrql") == 2);
    irql_lower(PASSIVE_LEVEL);
    CHECK((CALL("FixProcessor") & 0xff) == 0);
    CHECK(*(uintptr_t *)(CALL("FixSelf") + (sizeof(void *) == 8 ? 0x18 : 0x1c)) == CALL("FixSelf"));
}

TEST(tick_count_read_inline_follows_the_clock, EXIT_OK, NULL)
{
    start(1, 1);
    uintptr_t before = CALL("FixTicks");
    CHECK(before > 0);
    dispatch_time_limit_us(UINT64_MAX);
    CALL("FixStall", 15625 * 10);
    CHECK(CALL("FixTicks") - before == 10);
}

TEST(rule_callback_irql, EXIT_RULE, "rule broken: callback-irql",
     "FixSetIrql was called at IRQL 0 and returned at IRQL 2")
{
    start(1, 1);
    CALL("FixSetIrql", 2);
}

TEST(rule_irql_order, EXIT_RULE, "rule broken: irql-order")
{
    start(1, 1);
    irql_raise(DISPATCH_LEVEL);
    irql_raise(PASSIVE_LEVEL);
}

TEST(rule_callback_flags, EXIT_RULE, "rule broken: callback-flags", "direction flag")
{
    start(1, 1);
    CALL("FixDirectionFlag");
}

#if defined(__i386__)
TEST(rule_callback_stack, EXIT_RULE, "rule broken: callback-stack", "FixAddEight")
{
    start(1, 1);
    CALL("FixAddEight", 1, 2); /* pops eight */
}

TEST(kernel_calls_on_a_stack_aligned_to_4_bytes, EXIT_OK, "misaligned 42")
{
    setenv("NTHOST_DEBUG", "1", 1);
    start(2, 1);
    for (unsigned i = 0; i < 400; i++)
        CALL("FixPrintMisaligned", i % 4 * 4);
}

TEST(arithmetic_routines_agree_with_the_host, EXIT_OK, NULL)
{
    start(1, 1);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t in[3] = {cpu_random() >> (cpu_random() % 64), cpu_random() >> (cpu_random() % 64), cpu_random() % 80},
                 out[10];
        int64_t a = (int64_t)in[0], b = (int64_t)in[1];
        if (in[1] == 0 || (a == INT64_MIN && b == -1))
            continue;
        CALL("FixArithmetic", in, out);
        CHECK(out[0] == in[0] * in[1] && out[1] == (uint64_t)(a / b) && out[2] == (uint64_t)(a % b));
        CHECK(out[3] == in[0] / in[1] && out[4] == in[0] % in[1]);
        CHECK(out[5] == (in[2] < 64 ? in[0] << in[2] : 0));
        CHECK(out[6] == (uint64_t)(a >> (in[2] < 64 ? in[2] : 63)));
        CHECK(out[7] == (in[2] < 64 ? in[0] >> in[2] : 0));
        CHECK(out[8] == in[0] / in[1] && out[9] == in[0] % in[1]);
    }
}
#else
TEST(rule_access_violation_non_canonical, EXIT_RULE, "rule broken: access-violation", "non-canonical",
     "FixNonCanonical")
{
    start(1, 1);
    CALL("FixNonCanonical");
}
#endif

TEST(rule_access_violation_null, EXIT_RULE, "rule broken: access-violation", "the null page", "FixNull")
{
    start(1, 1);
    CALL("FixNull");
}

TEST(rule_access_violation_read_only_section, EXIT_RULE, "rule broken: access-violation", "section .rdata",
     "FixWriteConstant")
{
    start(1, 1);
    CALL("FixWriteConstant");
}

TEST(rule_driver_assertion_int3, EXIT_RULE, "rule broken: driver-assertion", "int3", "FixAssert")
{
    start(1, 1);
    CALL("FixAssert");
}

TEST(rule_driver_assertion_ud2, EXIT_RULE, "rule broken: driver-assertion", "ud2", "FixTrap")
{
    start(1, 1);
    CALL("FixTrap");
}

TEST(rule_driver_assertion_int2c, EXIT_RULE, "rule broken: driver-assertion", "0x2c", "FixInt2c")
{
    start(1, 1);
    CALL("FixInt2c");
}

TEST(rule_driver_assertion_rtl, EXIT_RULE, "rule broken: driver-assertion", "1 == 2", "fixture.c:7")
{
    start(1, 1);
    CALL("FixRtlAssert");
}

TEST(rule_privileged_instruction_cli, EXIT_RULE, "rule broken: privileged-instruction", "FixCli")
{
    start(1, 1);
    CALL("FixCli");
}

TEST(rule_privileged_instruction_rdmsr, EXIT_RULE, "rule broken: privileged-instruction", "0f 32", "FixReadMsr")
{
    start(1, 1);
    CALL("FixReadMsr");
}

TEST(rule_endless_loop, EXIT_RULE, "rule broken: endless-loop", "FixLoop")
{
    start(1, 1);
    CALL("FixLoop");
}

TEST(rule_stack_overflow_of_the_main_thread, EXIT_RULE, "rule broken: stack-overflow", "thread main", "Descend at")
{
    start(1, 1);
    CALL("FixDescend", 100000);
}

TEST(rule_illegal_instruction, EXIT_RULE, "rule broken: illegal-instruction", "FixUndefined")
{
    start(1, 1);
    CALL("FixUndefined");
}

static void lose_stack(void *elsewhere)
{
    CALL("FixStackPointer", elsewhere);
}

TEST(rule_stack_pointer, EXIT_RULE, "rule broken: stack-pointer", "outside its thread's stack")
{
    start(1, 1);
    void *elsewhere = (uint8_t *)ram_alloc(4 * PAGE_BYTES, 0, "elsewhere") + 2 * PAGE_BYTES;
    thread_join(thread_create("lost", lose_stack, elsewhere));
}

TEST(rule_memory_overlap, EXIT_RULE, "rule broken: memory-overlap", "FixCopyOverlapping")
{
    start(1, 1);
    CALL("FixCopyOverlapping", ram_alloc(64, 0, "memory"));
}

TEST(rule_divide_error, EXIT_RULE, "rule broken: divide-error", "FixDivide")
{
    start(1, 1);
    CALL("FixDivide", 1, 0);
}

TEST(rule_bugcheck, EXIT_RULE, "rule broken: bugcheck", "code 0xd1, parameters 0x1 0x2 0x3 0x4", "FixBugCheck")
{
    start(1, 1);
    CALL("FixBugCheck");
}

TEST(rule_missing_import, EXIT_RULE, "rule broken: missing-import", "ntoskrnl.exe!ThereIsNoSuchExport",
     "FixMissingImport")
{
    start(1, 1);
    CALL("FixMissingImport");
}

TEST(rule_execute_non_code, EXIT_RULE, "rule broken: execute-non-code", "'pool Pate", "FixCallPointer")
{
    start(1, 1);
    uintptr_t pool = CALL("FixAllocate", 64);
    CALL("FixCallPointer", pool);
}

TEST(rule_execute_null, EXIT_RULE, "rule broken: execute-non-code", "the null page", "FixCallPointer")
{
    start(1, 1);
    CALL("FixCallPointer", 0);
}

static void descend(void *unused)
{
    (void)unused;
    CALL("FixDescend", 1000);
}

TEST(rule_stack_overflow, EXIT_RULE, "rule broken: stack-overflow", "thread deep", "Descend at ")
{
    start(1, 1);
    thread_join(thread_create("deep", descend, NULL));
}

TEST(deep_stack_is_walked_through_dynamic_frames, EXIT_RULE, "rule broken: access-violation", "Innermost", "Middle",
     "FixDeepFault", "fixture.c")
{
    start(1, 1);
    CALL("FixDeepFault", 8, 1000);
}

TEST(stack_of_nested_callbacks_is_walked, EXIT_RULE, "NestedDpc", "a DPC routine", "FixFaultInDpc", "Innermost")
{
    char *dpc;
    start(1, 1);
    dpc = ram_alloc(64, 0, "a KDPC");
    CALL("FixFaultInDpc", dpc);
}

TEST(own_fault_is_reported_as_such, EXIT_ENVIRONMENT, "a fault of nthost itself", "signal 11", "own_fault_is_reported")
{
    start(1, 1);
    *(volatile int *)(uintptr_t)(4096 + (cpu_count() & 0)) = 1;
}

static uint64_t count_call(const char *name, unsigned arguments)
{
    uint64_t before = instruction_count();
    instruction_count_enable(true);
    driver_call(name, fixture_function(name), arguments, (uintptr_t)window);
    instruction_count_enable(false);
    return instruction_count() - before;
}

static void count_everything(uint64_t *counts)
{
    static const char *const plain[] = {"FixHundredLoops", "FixTwoCalls", "FixSelf", "FixProcessor", "FixGetIrql"};
    static const char *const with_window[] = {"FixRead32", "FixRead8",       "FixRepeated", "FixTest",
                                              "FixPushed", "FixKeepsVector", "FixTicks"};
    char text[128];
    uint16_t wide[] = {'w', 0};
    uint32_t *total = ram_alloc(4, 0, "a counter");
    void *kdpc = ram_alloc(64, 0, "a KDPC");
    unsigned n = 0;
    instruction_count_enable(true);
    for (unsigned i = 0; i < sizeof(plain) / sizeof(plain[0]); i++, counts[n++] = instruction_count())
        driver_call(plain[i], fixture_function(plain[i]), 0);
    for (unsigned i = 0; i < sizeof(with_window) / sizeof(with_window[0]); i++, counts[n++] = instruction_count()) {
        if (strcmp(with_window[i], "FixTicks") == 0)
            CALL("FixTicks");
        else
            driver_call(with_window[i], fixture_function(with_window[i]), 1, (uintptr_t)window);
    }
    CALL("FixAddEight", 1, 2, 3, 4, 5, 6, 7, 8);
    counts[n++] = instruction_count();
    CALL("FixPlainCount", total, 1000);
    counts[n++] = instruction_count();
    CALL("FixFormat", text, sizeof(text), wide);
    counts[n++] = instruction_count();
    CALL("FixDpc", kdpc, total); /* the DPC runs within the call */
    counts[n++] = instruction_count();
    CALL("FixDescend", 3);
    counts[n++] = instruction_count();
    instruction_count_enable(false);
    CHECK(n == 17);
}

TEST(instructions_counted_by_blocks_and_by_single_steps_are_the_same, EXIT_OK, NULL)
{
    uint64_t blocks[17], steps[17];
    start(1, 1);
    count_everything(blocks);
    instruction_count_by_single_steps();
    count_everything(steps);
    for (unsigned i = 0; i < 17; i++) {
        CHECK(steps[i] - blocks[16] == blocks[i]);
        CHECK(i == 0 || blocks[i] > blocks[i - 1]);
    }
}

TEST(instruction_counting_leaves_no_breakpoint_behind, EXIT_OK, NULL)
{
    start(1, 1);
    module *m = fixture;
    static uint8_t before[1 << 16], after[1 << 16];
    size_t bytes = 0xa00; /* within .text, which begins at the first page */
    memcpy(before, (uint8_t *)module_base(m) + PAGE_BYTES, bytes);
    CHECK(count_call("FixTwoCalls", 0) > 0 && count_call("FixHundredLoops", 0) > 0);
    memcpy(after, (uint8_t *)module_base(m) + PAGE_BYTES, bytes);
    CHECK(memcmp(before, after, bytes) == 0);
    CALL("FixTwoCalls");
}

TEST(rule_driver_assertion_while_counting, EXIT_RULE, "rule broken: driver-assertion", "int3", "FixAssert")
{
    start(1, 1);
    count_call("FixAssert", 0);
}

TEST(stack_is_walked_while_counting, EXIT_RULE, "rule broken: access-violation", "Innermost", "Middle", "FixDeepFault")
{
    start(1, 1);
    instruction_count_enable(true);
    CALL("FixDeepFault", 8, 1000);
}

TEST(instructions_are_counted_exactly, EXIT_OK, NULL)
{
    start(1, 1);
    CHECK(count_call("FixHundredLoops", 0) == 1 + 100 * 2 + 1);
    CHECK(count_call("FixHundredLoops", 0) == 1 + 100 * 2 + 1);
}

TEST(instructions_repeated_strings_count_once, EXIT_OK, NULL)
{
    start(1, 1);
    CHECK(count_call("FixRepeated", 1) == 6);
}

TEST(instructions_with_device_access_and_kernel_calls, EXIT_OK, NULL)
{
    start(1, 1);
    uint64_t once = count_call("FixRead32", 1), calls = count_call("FixTwoCalls", 0);
    CHECK(once >= 2 && once <= 12);
    CHECK(calls >= 4 && calls <= 14);
    for (unsigned i = 0; i < 100; i++) {
        CHECK(count_call("FixRead32", 1) == once);
        CHECK(count_call("FixTwoCalls", 0) == calls);
    }
    CHECK(CALL("FixRead32", window) == 0 && instruction_count() == 101 * (once + calls));
}
