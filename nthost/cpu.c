/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Processors and the scheduler. Each processor always has a current thread, its idle thread when there is nothing
 * else; moving between processors is a coroutine switch to the current thread of the other one. Every choice is drawn
 * from one seeded generator, in an order that depends on the driver's behaviour only, so on a model bus a seed
 * repeats a run.
 */
#include "cpu_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "pci_bus.h"
#include "verifier.h"

/* How often a yield point does what, as one in so many. Small enough to meet races in a few thousand requests, large
 * enough that a driver also runs undisturbed through whole callbacks. */
enum { ONE_IN_POLL = 8, ONE_IN_PROGRESS = 8, ONE_IN_SWITCH = 16, ONE_IN_PREEMPT = 32 };

/* What a kernel call costs on the virtual clock. */
enum { STEP_NS = 200 };

/* Real-time buses: how long to listen for the device at once, and for how long nothing at all may happen. */
enum { LISTEN_US = 20 * 1000, SILENCE_LIMIT_US = 30 * 1000 * 1000 };

static struct {
    bool started;
    unsigned count, current;
    struct processor processors[MAX_PROCESSORS];
    struct pci_bus *bus;
    uint64_t random_state;
    uint64_t steps, action_at;
    void (*action)(void *);
    void *action_context;
    uint64_t silent_since_us;
    unsigned preempt_one_in, preempt_within;
} cpu;

/* SplitMix64: any seed is a good one, zero too. */
uint64_t cpu_random(void)
{
    uint64_t z = cpu.random_state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static bool one_in(unsigned n)
{
    return cpu_random() % n == 0;
}

void cpu_init(unsigned processors, uint64_t seed, struct pci_bus *bus)
{
    if (cpu.started)
        environment_failed("cpu_init: the machine runs already");
    if (processors == 0 || processors > MAX_PROCESSORS)
        environment_failed("%u processors: 1 to %u are possible", processors, (unsigned)MAX_PROCESSORS);
    cpu.count = processors;
    cpu.random_state = seed;
    cpu.bus = bus;
    for (unsigned i = 0; i < processors; i++) {
        cpu.processors[i].number = i;
        pcr_create(&cpu.processors[i]);
    }
    clock_start(bus != NULL && bus->real_time);
    thread_start_machine(processors);
    for (unsigned i = 0; i < processors; i++)
        pcr_set_thread(&cpu.processors[i], cpu.processors[i].current);
    pcr_load(&cpu.processors[0]);
    cpu.started = true;
}

bool cpu_started(void)
{
    return cpu.started;
}

unsigned cpu_count(void)
{
    return cpu.count;
}

unsigned cpu_current(void)
{
    return cpu.current;
}

struct pci_bus *cpu_bus(void)
{
    return cpu.bus;
}

struct processor *processor_at(unsigned number)
{
    return &cpu.processors[number];
}

struct processor *processor_here(void)
{
    return &cpu.processors[cpu.current];
}

thread *thread_here(void)
{
    static thread outside = {.name = "main"};
    thread *t = cpu.processors[cpu.current].current;
    return t != NULL ? t : &outside;
}

uint64_t cpu_flow(void)
{
    return thread_here()->flow;
}

uint64_t flow_new(void)
{
    static uint64_t flows;
    return ++flows;
}

uint64_t flow_begin(void)
{
    thread *t = thread_here();
    uint64_t outer = t->flow;
    t->flow = flow_new();
    return outer;
}

void flow_end(uint64_t outer)
{
    thread_here()->flow = outer;
}

void processor_switch(unsigned to)
{
    thread *from = cpu.processors[cpu.current].current;
    thread *next = cpu.processors[to].current;
    if (to == cpu.current)
        return;
    cpu.current = to;
    pcr_load(&cpu.processors[to]);
    coroutine_switch(&from->sp, next->sp);
}

void thread_replace(thread *next)
{
    struct processor *p = processor_here();
    thread *from = p->current;
    if (next == from)
        return;
    from->irql = p->irql;
    p->current = next;
    next->state = THREAD_ON_PROCESSOR;
    processor_set_irql(next->irql);
    pcr_set_thread(p, next);
    coroutine_switch(&from->sp, next->sp);
}

uint64_t cpu_steps(void)
{
    return cpu.steps;
}

void cpu_at_step(uint64_t n, void (*action)(void *), void *context)
{
    cpu.action_at = n;
    cpu.action = action;
    cpu.action_context = context;
}

void cpu_step(void)
{
    clock_advance_ns(STEP_NS);
    if (++cpu.steps == cpu.action_at && cpu.action != NULL) {
        void (*action)(void *) = cpu.action;
        cpu.action = NULL;
        action(cpu.action_context);
    }
}

void cpu_preempt(unsigned one_in, unsigned within)
{
    cpu.preempt_one_in = one_in;
    cpu.preempt_within = within;
}

bool cpu_preempts(void)
{
    return cpu.preempt_one_in != 0;
}

uint64_t cpu_draw_preemption(void)
{
    if (cpu.preempt_one_in == 0 || !cpu_yields() || cpu_random() % cpu.preempt_one_in != 0)
        return 0;
    return 1 + cpu_random() % cpu.preempt_within;
}

void no_yield_begin(void)
{
    thread_here()->no_yield++;
}

void no_yield_end(void)
{
    thread_here()->no_yield--;
}

bool cpu_yields(void)
{
    return cpu.started && thread_here()->no_yield == 0;
}

void cpu_deliver(void)
{
    if (!cpu_yields())
        return;
    for (;;) {
        if (interrupt_deliver_one())
            continue;
        if (irql_get() >= DISPATCH_LEVEL)
            return;
        if (!dpc_run_one() && !timer_run_one())
            return;
    }
}

static bool let_device_work(uint64_t max_wait_us)
{
    return cpu.bus != NULL && cpu.bus->ops->progress(cpu.bus, max_wait_us);
}

static unsigned other_processor(void)
{
    unsigned other = (unsigned)(cpu_random() % (cpu.count - 1));
    return other < cpu.current ? other : other + 1;
}

void yield_point(void)
{
    if (!cpu_yields())
        return;
    dispatch_time_check(processor_here());
    if (one_in(ONE_IN_PROGRESS))
        let_device_work(0);
    if (one_in(ONE_IN_POLL)) {
        interrupt_poll();
        thread_wake_waiters();
        cpu_deliver();
    }
    if (cpu.count > 1 && one_in(ONE_IN_SWITCH))
        processor_switch(other_processor());
    if (irql_get() < DISPATCH_LEVEL && thread_any_ready() && one_in(ONE_IN_PREEMPT)) {
        thread *t = thread_here();
        thread *next = thread_take_ready();
        if (!t->idle)
            thread_make_ready(t);
        thread_replace(next);
    }
}

/* Between two instructions of the driver. */
void cpu_preempted(void)
{
    if (!cpu_yields())
        return;
    let_device_work(0);
    interrupt_poll();
    cpu_deliver();
    if (cpu.count > 1 && one_in(2))
        processor_switch(other_processor());
}

/* A processor that has something to do, drawn by lot; the caller's own when there is none. */
static unsigned busy_processor(void)
{
    unsigned start = (unsigned)(cpu_random() % cpu.count);
    for (unsigned i = 0; i < cpu.count; i++) {
        unsigned p = (start + i) % cpu.count;
        const struct processor *candidate = &cpu.processors[p];
        /* An idle thread at a raised IRQL is in the middle of an ISR or DPC. */
        if (!candidate->current->idle || candidate->irql > PASSIVE_LEVEL || candidate->dpc_first != NULL)
            return p;
    }
    return cpu.current;
}

static uint64_t next_time_us(void)
{
    uint64_t due = timer_next_due_us();
    uint64_t deadline = thread_next_deadline_us();
    return deadline < due ? deadline : due;
}

static void fail_hang(const char *why)
{
    cpu_print_state();
    rule_broken("hang", "%s", why);
}

static void wait_in_real_time(void)
{
    uint64_t now = clock_us(), until = next_time_us();
    uint64_t wait = until <= now ? 0 : until - now;
    if (let_device_work(wait < LISTEN_US ? wait : LISTEN_US) || until != UINT64_MAX) {
        cpu.silent_since_us = clock_us();
        return;
    }
    if (cpu.silent_since_us == 0)
        cpu.silent_since_us = now;
    if (clock_us() - cpu.silent_since_us > SILENCE_LIMIT_US)
        fail_hang("every thread waits, no timer is set, and the device has been silent for 30 s");
}

static void wait_in_virtual_time(void)
{
    if (let_device_work(0))
        return;
    uint64_t until = next_time_us();
    uint64_t event = cpu.bus != NULL ? cpu.bus->ops->next_event_us(cpu.bus) : UINT64_MAX;
    if (event < until)
        until = event;
    if (until == UINT64_MAX)
        fail_hang("every thread waits, nothing is pending and no timer is set");
    clock_jump_us(until);
}

/* Nothing can run anywhere: the device works, or time passes. */
static void wait_for_news(void)
{
    if (cpu.bus != NULL && cpu.bus->real_time)
        wait_in_real_time();
    else
        wait_in_virtual_time();
}

void cpu_idle_loop(void *unused)
{
    (void)unused;
    for (;;) {
        interrupt_poll();
        cpu_deliver();
        thread_wake_waiters();
        if (thread_any_ready()) {
            /* Any idle processor may be the one that a thread wakes up on. */
            if (cpu.count > 1 && one_in(2))
                processor_switch(other_processor());
            else
                thread_replace(thread_take_ready());
            continue;
        }
        unsigned busy = busy_processor();
        if (busy != cpu.current)
            processor_switch(busy);
        else
            wait_for_news();
    }
}

static void print_dpcs(const struct processor *p)
{
    for (const dpc *d = p->dpc_first; d != NULL; d = d->next)
        fprintf(stderr, "    a DPC is queued (context %p)\n", d->context);
}

void cpu_print_state(void)
{
    for (unsigned i = 0; i < cpu.count; i++) {
        const struct processor *p = &cpu.processors[i];
        fprintf(stderr, "  processor %u: IRQL %u, runs %s%s%s\n", i, p->irql, p->current->name,
                p->wanted != NULL ? ", spins on " : "", p->wanted != NULL ? p->wanted->name : "");
        for (unsigned k = 0; k < p->held_count; k++)
            fprintf(stderr, "    holds %s\n", p->held[k]->name);
        print_dpcs(p);
    }
    for (const thread *t = thread_first(); t != NULL; t = t->next)
        thread_print(t);
}
