/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Time and timers. The virtual clock starts at a second, so that no "time zero" special case hides in a driver.
 */
#include <time.h>

#include "cpu_internal.h"
#include "pci_bus.h"
#include "shared_data.h"
#include "verifier.h"

enum { START_US = 1000 * 1000, STALL_SLICE_US = 50, DISPATCH_LIMIT_US = 100 * 1000 };

static struct {
    bool real_time;
    uint64_t virtual_ns;
    uint64_t real_origin_us;
    timer *first; /* sorted by due time */
    uint64_t dispatch_limit_us;
    uint64_t tick_us;
} watch = {.virtual_ns = (uint64_t)START_US * 1000, .tick_us = TICK_US};

static uint64_t host_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void clock_start(bool real_time)
{
    watch.real_time = real_time;
    watch.real_origin_us = host_us() - START_US;
    /* On the host's clock another process can take the processor at any moment, so a limit would catch the innocent. */
    watch.dispatch_limit_us = real_time ? UINT64_MAX : DISPATCH_LIMIT_US;
}

uint64_t clock_us(void)
{
    return watch.real_time ? host_us() - watch.real_origin_us : watch.virtual_ns / 1000;
}

uint64_t clock_tick_us(void)
{
    return watch.tick_us;
}

void clock_set_tick_us(uint64_t us)
{
    watch.tick_us = us;
}

uint64_t clock_to_tick_us(uint64_t in_us)
{
    uint64_t now = clock_us();
    if (in_us == 0 || in_us > UINT64_MAX - now - watch.tick_us)
        return in_us;
    uint64_t due = now + in_us + watch.tick_us - 1;
    return due - due % watch.tick_us - now;
}

void clock_advance_ns(uint64_t ns)
{
    watch.virtual_ns += ns;
}

void clock_jump_us(uint64_t to_us)
{
    if (to_us * 1000 > watch.virtual_ns)
        watch.virtual_ns = to_us * 1000;
}

static void let_time_pass(uint64_t us)
{
    struct pci_bus *bus = cpu_bus();
    if (!watch.real_time) {
        watch.virtual_ns += us * 1000;
        if (bus != NULL)
            bus->ops->progress(bus, 0);
        return;
    }
    uint64_t now = clock_us(), until = now + us;
    do {
        bus->ops->progress(bus, until - now);
        now = clock_us();
    } while (now < until);
}

/* The processor is kept, but interrupts of a higher IRQL and the other processors go on. */
void clock_stall(uint64_t us)
{
    while (us > 0) {
        uint64_t slice = us < STALL_SLICE_US ? us : STALL_SLICE_US;
        let_time_pass(slice);
        us -= slice;
        yield_point();
    }
}

bool timer_cancel(timer *t)
{
    if (!t->set)
        return false;
    for (timer **link = &watch.first; *link != NULL; link = &(*link)->next) {
        if (*link == t) {
            *link = t->next;
            break;
        }
    }
    t->set = false;
    return true;
}

void timer_set(timer *t, uint64_t in_us)
{
    timer_cancel(t);
    t->due_us = clock_us() + in_us;
    timer **link = &watch.first;
    while (*link != NULL && (*link)->due_us <= t->due_us)
        link = &(*link)->next;
    t->next = *link;
    *link = t;
    t->set = true;
}

uint64_t timer_next_due_us(void)
{
    return watch.first != NULL ? watch.first->due_us : UINT64_MAX;
}

bool timer_run_one(void)
{
    timer *t = watch.first;
    uint8_t old = irql_get();
    if (t == NULL || t->due_us > clock_us())
        return false;
    watch.first = t->next;
    t->set = false;
    thread *here = thread_here();
    const char *api = here->api;
    uint64_t outer = flow_begin();
    processor_set_irql(DISPATCH_LEVEL);
    t->routine(t);
    if (irql_get() != DISPATCH_LEVEL)
        rule_broken("callback-irql", "a timer routine returned at IRQL %u", irql_get());
    if (spin_held_count() > 0)
        rule_broken("callback-lock", "a timer routine returned with %s held", processor_here()->held[0]->name);
    flow_end(outer);
    processor_set_irql(old);
    thread_here()->api = api;
    return true;
}

void dispatch_time_limit_us(uint64_t limit)
{
    watch.dispatch_limit_us = limit;
}

void dispatch_time_begin(struct processor *p)
{
    p->dispatch_since_us = clock_us();
}

void dispatch_time_check(const struct processor *p)
{
    if (p->irql < DISPATCH_LEVEL || watch.dispatch_limit_us == UINT64_MAX)
        return;
    uint64_t stay = clock_us() - p->dispatch_since_us;
    if (stay > watch.dispatch_limit_us)
        rule_broken("long-dispatch",
                    "processor %u has been at IRQL %u or above DISPATCH_LEVEL for %llu us; the limit is %llu",
                    p->number, p->irql, (unsigned long long)stay, (unsigned long long)watch.dispatch_limit_us);
}
