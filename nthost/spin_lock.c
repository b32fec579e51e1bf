/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cpu_internal.h"
#include "verifier.h"

/* Enough turns for any owner to finish: each is a switch to it. */
enum { SPIN_LIMIT = 10 * 1000 * 1000 };

void spin_lock_init(struct spin_lock *lock, const char *name, int rank)
{
    *lock = (struct spin_lock){.name = name, .rank = rank, .owner = -1};
}

bool spin_held_here(const struct spin_lock *lock)
{
    return lock->owner == (int)cpu_current();
}

unsigned spin_held_count(void)
{
    return processor_here()->held_count;
}

static void check_order(const struct spin_lock *lock)
{
    const struct processor *p = processor_here();
    if (p->irql < DISPATCH_LEVEL)
        rule_broken("lock-irql", "%s taken at IRQL %u", lock->name, p->irql);
    if (spin_held_here(lock))
        rule_broken("lock-recursion", "%s taken on processor %u, which holds it", lock->name, p->number);
    for (unsigned i = 0; i < p->held_count; i++) {
        if (lock->rank > 0 && p->held[i]->rank > lock->rank)
            rule_broken("lock-order", "%s taken while %s is held", lock->name, p->held[i]->name);
    }
    if (p->held_count == MAX_HELD_LOCKS)
        rule_broken("lock-order", "%s taken while %u other locks are held", lock->name, p->held_count);
}

/* A circle of processors, each spinning on a lock of the next, never opens again. */
static void check_deadlock(const struct spin_lock *lock)
{
    const struct spin_lock *wanted = lock;
    for (unsigned i = 0; i < cpu_count() && wanted != NULL && wanted->owner >= 0; i++) {
        if (wanted->owner == (int)cpu_current()) {
            cpu_print_state();
            rule_broken("deadlock", "processor %u spins on %s, whose owner in turn waits for this processor",
                        cpu_current(), lock->name);
        }
        wanted = processor_at((unsigned)wanted->owner)->wanted;
    }
}

void spin_acquire(struct spin_lock *lock)
{
    yield_point();
    check_order(lock);
    for (unsigned turn = 0; lock->owner >= 0; turn++) {
        processor_here()->wanted = lock;
        check_deadlock(lock);
        if (turn == SPIN_LIMIT) {
            cpu_print_state();
            rule_broken("hang", "processor %u spins on %s for ever", cpu_current(), lock->name);
        }
        processor_switch((unsigned)lock->owner);
    }
    struct processor *p = processor_here();
    p->wanted = NULL;
    lock->owner = (int)p->number;
    p->held[p->held_count++] = lock;
}

void spin_release(struct spin_lock *lock)
{
    struct processor *p = processor_here();
    if (lock->owner != (int)p->number)
        rule_broken("lock-owner", "%s released on processor %u, which does not hold it", lock->name, p->number);
    unsigned i = p->held_count;
    while (i > 0 && p->held[i - 1] != lock)
        i--;
    for (; i < p->held_count; i++)
        p->held[i - 1] = p->held[i];
    p->held_count--;
    lock->owner = -1;
    yield_point();
}
