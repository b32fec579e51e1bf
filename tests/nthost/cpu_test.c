/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Processors, threads, locks, interrupts, DPCs, timers, time.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "core_test.h"
#include "cpu_internal.h"

struct counting {
    uintptr_t *lock;
    uint32_t *total;
    unsigned times;
};

static void count_up(void *argument)
{
    struct counting *c = argument;
    CALL("FixCount", c->lock, c->total, c->times);
}

static uint32_t count_on(unsigned processors, uint64_t seed, bool locked)
{
    enum { THREADS = 4, TIMES = 200 };
    thread *threads[THREADS];
    start(processors, seed);
    struct counting c = {locked ? ram_alloc(sizeof(uintptr_t), 0, "a spin lock") : NULL, ram_alloc(4, 0, "a counter"),
                         TIMES};
    if (locked)
        *c.lock = 0;
    *c.total = 0;
    for (unsigned i = 0; i < THREADS; i++)
        threads[i] = thread_create("counting", count_up, &c);
    for (unsigned i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    CHECK(spin_held_count() == 0 && irql_get() == PASSIVE_LEVEL);
    return *c.total;
}

TEST(spin_lock_protects_on_four_processors, EXIT_OK, NULL)
{
    CHECK(count_on(4, 7, true) == 800);
}

TEST(without_a_lock_a_race_is_found, EXIT_OK, NULL)
{
    CHECK(count_on(4, 7, false) < 800);
}

static void count_plainly(void *argument)
{
    for (unsigned i = 0; i < 300; i++)
        CALL("FixPlainCount", argument, 5);
}

static uint32_t count_plainly_on_two(unsigned preempt)
{
    start(2, 11);
    cpu_preempt(preempt, 30);
    uint32_t *total = ram_alloc(4, 0, "a counter");
    *total = 0;
    thread *first = thread_create("first", count_plainly, total),
           *second = thread_create("second", count_plainly, total);
    thread_join(first);
    thread_join(second);
    return *total;
}

TEST(preemption_between_instructions_finds_a_race, EXIT_OK, NULL)
{
    CHECK(count_plainly_on_two(2) < 3000);
}

TEST(without_preemption_driver_code_is_not_interrupted, EXIT_OK, NULL)
{
    CHECK(count_plainly_on_two(0) == 3000);
}

TEST(preemption_does_not_spoil_the_count_of_instructions, EXIT_OK, NULL)
{
    start(2, 11);
    uint32_t *total = ram_alloc(4, 0, "a counter");
    uint64_t plain;
    instruction_count_enable(true);
    CALL("FixPlainCount", total, 100);
    plain = instruction_count();
    cpu_preempt(1, 100);
    for (unsigned i = 0; i < 50; i++)
        CALL("FixPlainCount", total, 100);
    instruction_count_enable(false);
    CHECK(plain > 300 && instruction_count() == 51 * plain);
}

TEST(spin_lock_protects_under_preemption, EXIT_OK, NULL)
{
    start(3, 21);
    cpu_preempt(1, 200);
    struct counting c = {ram_alloc(sizeof(uintptr_t), 0, "a spin lock"), ram_alloc(4, 0, "a counter"), 3};
    *c.lock = *c.total = 0;
    for (unsigned i = 0; i < 50; i++) {
        thread *first = thread_create("first", count_up, &c), *second = thread_create("second", count_up, &c);
        thread_join(first);
        thread_join(second);
    }
    CHECK(*c.total == 300);
}

struct outcome {
    uint64_t clock, steps, random;
    uint32_t total;
};

static struct outcome outcome_of(uint64_t seed)
{
    struct outcome o;
    int ends[2], status;
    CHECK(pipe(ends) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        o = (struct outcome){.total = count_on(4, seed, false)};
        o.clock = clock_us();
        o.steps = cpu_steps();
        o.random = cpu_random();
        _exit(write(ends[1], &o, sizeof(o)) == sizeof(o) ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(read(ends[0], &o, sizeof(o)) == sizeof(o));
    return o;
}

TEST(same_seed_same_run_other_seed_other_run, EXIT_OK, NULL)
{
    struct outcome first = outcome_of(99), again = outcome_of(99), other = outcome_of(100);
    CHECK(first.total == again.total && first.clock == again.clock && first.steps == again.steps);
    CHECK(first.random == again.random);
    CHECK(first.random != other.random && first.total != other.total);
}

TEST(rule_lock_uninitialised, EXIT_RULE, "rule broken: lock-uninitialised", "FixLock")
{
    start(1, 1);
    CALL("FixLock", ram_alloc(sizeof(uintptr_t), 0, "a spin lock"));
}

static uintptr_t *new_lock(void)
{
    uintptr_t *lock = ram_alloc(sizeof(uintptr_t), 0, "a spin lock");
    *lock = 0;
    return lock;
}

TEST(rule_lock_recursion, EXIT_RULE, "rule broken: lock-recursion", "FixLockTwice")
{
    start(2, 1);
    CALL("FixLockTwice", new_lock());
}

TEST(rule_lock_owner, EXIT_RULE, "rule broken: lock-owner", "FixUnlock")
{
    start(1, 1);
    irql_raise(DISPATCH_LEVEL);
    CALL("FixUnlock", new_lock());
}

TEST(rule_callback_lock, EXIT_RULE, "rule broken: callback-lock", "FixLockAtDpc")
{
    start(1, 1);
    irql_raise(DISPATCH_LEVEL);
    CALL("FixLockAtDpc", new_lock());
}

TEST(rule_lock_irql, EXIT_RULE, "rule broken: lock-irql", "IRQL lowered to 0 while the spin lock",
     "FixLowerHoldingLock")
{
    start(1, 1);
    CALL("FixLowerHoldingLock", new_lock());
}

TEST(rule_lock_uninitialised_overwritten, EXIT_RULE, "rule broken: lock-uninitialised", "overwritten while it was held")
{
    start(1, 1);
    CALL("FixBreakLock", new_lock());
}

TEST(rule_stack_use, EXIT_RULE, "rule broken: stack-use", "FixUseStack")
{
    start(1, 1);
    CALL("FixUseStack", 4096);
    CALL("FixUseStack", 17000);
}

TEST(rule_dpc_queued, EXIT_RULE, "rule broken: dpc-queued", "FixDpcAgain")
{
    start(1, 1);
    irql_raise(DISPATCH_LEVEL);
    CALL("FixDpcAgain", ram_alloc(64, 0, "a KDPC"));
}

TEST(rule_timer_set, EXIT_RULE, "rule broken: timer-set", "FixTimer")
{
    start(1, 1);
    void *ktimer = ram_alloc(64, 0, "a KTIMER"), *kdpc = ram_alloc(64, 0, "a KDPC");
    uint32_t *total = ram_alloc(4, 0, "a counter");
    for (unsigned i = 0; i < 2; i++)
        driver_call("FixTimer", fixture_function("FixTimer"), 4, (uintptr_t)ktimer, (uintptr_t)kdpc, (uintptr_t)total,
                    (uintptr_t)5000);
}

TEST(rule_irql_spin_lock_at_dpc_level_from_passive, EXIT_RULE, "rule broken: irql",
     "KeAcquireSpinLockAtDpcLevel called at IRQL 0")
{
    start(1, 1);
    CALL("FixLockAtDpc", new_lock());
}

TEST(rule_lock_order, EXIT_RULE, "rule broken: lock-order", "StartIo lock taken while the interrupt lock is held")
{
    struct spin_lock low, high;
    start(1, 1);
    spin_lock_init(&low, "the StartIo lock", 1);
    spin_lock_init(&high, "the interrupt lock", 2);
    irql_raise(DISPATCH_LEVEL);
    spin_acquire(&high);
    spin_acquire(&low);
}

static void two_locks(void *argument)
{
    uintptr_t **locks = argument;
    CALL("FixTwoLocks", locks[0], locks[1], 1000);
}

TEST(rule_deadlock, EXIT_RULE, "rule broken: deadlock", "holds the spin lock")
{
    start(2, 3);
    uintptr_t *a = new_lock(), *b = new_lock();
    uintptr_t *one[2] = {a, b}, *other[2] = {b, a};
    thread *first = thread_create("first", two_locks, one), *second = thread_create("second", two_locks, other);
    thread_join(first);
    thread_join(second);
}

static bool never(void *unused)
{
    (void)unused;
    return false;
}

TEST(rule_hang, EXIT_RULE, "rule broken: hang", "thread main waits")
{
    start(2, 1);
    thread_wait(never, NULL, UINT64_MAX);
}

TEST(rule_wait_at_dispatch, EXIT_RULE, "rule broken: wait-at-dispatch")
{
    start(1, 1);
    irql_raise(DISPATCH_LEVEL);
    thread_wait(never, NULL, 5);
}

TEST(wait_times_out_in_virtual_time, EXIT_OK, NULL)
{
    start(1, 1);
    uint64_t before = clock_us();
    CHECK(!thread_wait(never, NULL, 3600ull * 1000 * 1000));
    CHECK(clock_us() - before >= 3600ull * 1000 * 1000);
}

TEST(events_wake_threads, EXIT_OK, NULL)
{
    start(2, 1);
    void *event = ram_alloc(32, 0, "a KEVENT");
    int64_t *timeout = ram_alloc(8, 0, "a timeout");
    *timeout = -10000;
    CALL("FixEvent", event, 0);
    CHECK(CALL("FixWait", event, timeout) == 0x102);
    CALL("FixSet", event);
    CHECK(CALL("FixWait", event, timeout) == 0);
    CHECK(CALL("FixWait", event, timeout) == 0x102); /* a synchronization event lets one through */
}

TEST(rule_object_type, EXIT_RULE, "rule broken: object-type")
{
    start(1, 1);
    CALL("FixWait", ram_alloc(64, 0, "no object"), 0);
}

TEST(dpc_runs_when_irql_drops, EXIT_OK, NULL)
{
    start(1, 1);
    void *kdpc = ram_alloc(64, 0, "a KDPC");
    uint32_t *total = ram_alloc(4, 0, "a counter");
    *total = 0;
    irql_raise(DISPATCH_LEVEL);
    CHECK((CALL("FixDpc", kdpc, total) & 0xff) == 1);
    CHECK(*total == 0);
    irql_lower(PASSIVE_LEVEL);
    CHECK(*total == 0x107);
    CHECK((CALL("FixDpc", kdpc, total) & 0xff) == 1);
    CHECK(*total == 0x20e); /* at PASSIVE_LEVEL it runs at once */
}

TEST(timer_dpc_comes_at_the_clock_interrupt_after_its_time, EXIT_OK, NULL)
{
    static const uint64_t ticks[] = {15625, 1000};
    start(2, 1);
    void *ktimer = ram_alloc(64, 0, "a KTIMER"), *kdpc = ram_alloc(64, 0, "a KDPC");
    uint32_t *total = ram_alloc(4, 0, "a counter");
    CHECK(clock_tick_us() == ticks[0]);
    for (unsigned i = 0; i < 2; i++) {
        clock_set_tick_us(ticks[i]);
        *total = 0;
        uint64_t due = (clock_us() + 5000 + ticks[i] - 1) / ticks[i] * ticks[i];
        driver_call("FixTimer", fixture_function("FixTimer"), 4, (uintptr_t)ktimer, (uintptr_t)kdpc, (uintptr_t)total,
                    (uintptr_t)5000);
        thread_wait(never, NULL, due - clock_us() - 100);
        CHECK(*total == 0);
        thread_wait(never, NULL, 200);
        CHECK(clock_us() >= due);
        CHECK(*total == 0x100); /* the arguments of a timer's DPC are NULL; the fixture counts the call itself */
    }
}

static unsigned isr_calls, isr_level;
static bool isr(void *context, uint32_t message)
{
    struct spin_lock *lock = context;
    isr_calls++;
    isr_level = irql_get();
    CHECK(lock == NULL || spin_held_here(lock));
    CHECK(message == 3 || message == 0);
    bus.line = false;
    return true;
}

TEST(message_interrupt_waits_for_irql, EXIT_OK, NULL)
{
    struct spin_lock lock;
    start(1, 1);
    spin_lock_init(&lock, "the interrupt lock", 2);
    interrupt *i = interrupt_connect_message(3, isr, &lock, DEVICE_LEVEL, &lock);
    uint8_t old = irql_raise(HIGH_LEVEL);
    interrupt_post(i);
    for (unsigned k = 0; k < 1000; k++)
        yield_point();
    CHECK(isr_calls == 0);
    irql_lower(old);
    CHECK(isr_calls == 1 && isr_level == DEVICE_LEVEL && interrupt_count() == 1);
    interrupt_disconnect(i);
}

static bool line_asserted(void *line)
{
    return *(bool *)line;
}

TEST(line_interrupt_follows_its_level, EXIT_OK, NULL)
{
    start(2, 1);
    interrupt *i = interrupt_connect_line(line_asserted, &bus.line, isr, NULL, DEVICE_LEVEL, NULL);
    for (unsigned k = 0; k < 1000; k++)
        yield_point();
    CHECK(isr_calls == 0);
    bus.line = true;
    for (unsigned k = 0; k < 1000; k++)
        yield_point();
    CHECK(isr_calls == 1);
    interrupt_disconnect(i);
}

static bool disown(void *context, uint32_t message)
{
    (void)context;
    (void)message;
    return false;
}

struct connected_isr {
    struct spin_lock lock;
    interrupt *connected; /* NULL: IoDisconnectInterrupt has returned */
    unsigned calls, nested;
};

static bool connected_isr(void *context, uint32_t message)
{
    struct connected_isr *c = context;
    (void)message;
    CHECK(c->connected != NULL && c->nested++ == 0);
    c->calls++;
    for (unsigned i = 0; i < 20; i++) {
        interrupt_post(c->connected); /* the next one comes on another processor and waits for the lock */
        yield_point();
    }
    c->nested--;
    return true;
}

TEST(disconnecting_waits_for_the_isr_on_every_processor, EXIT_OK, NULL)
{
    unsigned calls = 0;
    start(4, 3);
    for (unsigned i = 0; i < 300; i++) {
        struct connected_isr *c = calloc(1, sizeof(*c));
        spin_lock_init(&c->lock, "an interrupt's", 0);
        c->connected = interrupt_connect_message(1, connected_isr, c, DEVICE_LEVEL, &c->lock);
        interrupt_post(c->connected);
        for (unsigned k = 0; k < i % 40; k++)
            yield_point();
        interrupt_disconnect(c->connected);
        c->connected = NULL;
        calls += c->calls;
        CHECK(c->nested == 0);
        for (unsigned k = 0; k < 50; k++)
            yield_point();
    }
    CHECK(calls > 300);
}

static bool slow_dpc_runs;

static void slow_dpc(dpc *self, void *a, void *b)
{
    (void)self, (void)a, (void)b;
    slow_dpc_runs = true;
    for (unsigned i = 0; i < 200; i++)
        yield_point();
    slow_dpc_runs = false;
}

static void queue_slow_dpcs(void *d)
{
    for (unsigned i = 0; i < 200; i++) {
        dpc_insert(d, NULL, NULL);
        thread_wait(never, NULL, 10);
    }
}

/* KeFlushQueuedDpcs waits for dpc_none(). */
TEST(a_dpc_that_runs_is_not_done, EXIT_OK, NULL)
{
    unsigned met = 0;
    dpc d;
    start(2, 9);
    dpc_init(&d, slow_dpc, NULL);
    thread *t = thread_create("queues", queue_slow_dpcs, &d);
    while (!thread_finished(t)) {
        met += slow_dpc_runs;
        CHECK(!slow_dpc_runs || !dpc_none());
        thread_wait(never, NULL, 1);
    }
    thread_join(t);
    CHECK(met > 10 && dpc_none());
}

TEST(rule_interrupt_not_claimed, EXIT_RULE, "rule broken: interrupt-not-claimed", "1000 times")
{
    start(1, 1);
    interrupt_connect_line(line_asserted, &bus.line, disown, NULL, DEVICE_LEVEL, NULL);
    bus.line = true;
    for (unsigned k = 0; k < 100000; k++)
        yield_point();
}

TEST(rule_long_dispatch, EXIT_RULE, "rule broken: long-dispatch", "FixStall")
{
    start(1, 1);
    irql_raise(DISPATCH_LEVEL);
    CALL("FixStall", 200000);
}

TEST(processor_number_is_that_of_the_processor, EXIT_OK, NULL)
{
    bool seen[4] = {false};
    start(4, 5);
    for (unsigned i = 0; i < 2000; i++) {
        thread_wait(never, NULL, 1);
        unsigned number = CALL("FixProcessor") & 0xff;
        CHECK(number == cpu_current() && number < 4);
        seen[number] = true;
    }
    CHECK(seen[0] && seen[1] && seen[2] && seen[3]);
}

static uint64_t flow_of_dpc;

static void note_flow(dpc *self, void *a, void *b)
{
    (void)self, (void)a, (void)b;
    flow_of_dpc = cpu_flow();
}

TEST(a_flow_is_a_thread_or_a_callback_not_a_processor, EXIT_OK, NULL)
{
    bool seen[2] = {false};
    uint64_t before = 0;
    dpc d;
    start(2, 5);
    uint64_t own = cpu_flow();
    dpc_init(&d, note_flow, NULL);
    for (unsigned i = 0; i < 200; i++) {
        thread_wait(never, NULL, 1);
        seen[cpu_current()] = true;
        CHECK(cpu_flow() == own);
        dpc_insert(&d, NULL, NULL);
        CHECK(cpu_flow() == own && flow_of_dpc != own && flow_of_dpc != before);
        before = flow_of_dpc;
    }
    CHECK(seen[0] && seen[1]);
}

static void removed(void *flag)
{
    *(bool *)flag = true;
}

TEST(an_action_runs_at_its_step, EXIT_OK, NULL)
{
    bool flag = false;
    start(1, 1);
    cpu_at_step(cpu_steps() + 2, removed, &flag);
    CALL("FixRead32", window);
    CHECK(!flag);
    CALL("FixRead32", window);
    CHECK(flag);
}

TEST(no_yield_holds_everything_back, EXIT_OK, NULL)
{
    start(2, 1);
    interrupt *i = interrupt_connect_message(3, isr, NULL, DEVICE_LEVEL, NULL);
    no_yield_begin();
    interrupt_post(i);
    for (unsigned k = 0; k < 1000; k++)
        yield_point();
    CHECK(isr_calls == 0 && cpu_current() == 0);
    no_yield_end();
    for (unsigned k = 0; k < 1000; k++)
        yield_point();
    CHECK(isr_calls == 1);
}
