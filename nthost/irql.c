/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cpu_internal.h"
#include "verifier.h"

uint8_t irql_get(void)
{
    return processor_here()->irql;
}

void processor_set_irql(uint8_t irql)
{
    struct processor *p = processor_here();
    if (p->irql < DISPATCH_LEVEL && irql >= DISPATCH_LEVEL)
        dispatch_time_begin(p);
    else if (p->irql >= DISPATCH_LEVEL && irql < DISPATCH_LEVEL)
        dispatch_time_check(p);
    p->irql = irql;
    pcr_set_irql(p);
}

/* "If the new IRQL is less than the current IRQL, a bug check occurs" (KeRaiseIrql, Windows driver documentation). */
uint8_t irql_raise(uint8_t to)
{
    uint8_t old = irql_get();
    if (to < old || to > HIGH_LEVEL)
        rule_broken("irql-order", "IRQL raised from %u to %u", old, to);
    processor_set_irql(to);
    return old;
}

/* KeLowerIrql restores "the IRQL on the current processor to its original value", which is never a higher one. */
void irql_lower(uint8_t to)
{
    if (to > irql_get())
        rule_broken("irql-order", "IRQL lowered from %u to %u", irql_get(), to);
    if (to < DISPATCH_LEVEL && spin_held_count() > 0)
        rule_broken("lock-irql", "IRQL lowered to %u while %s is held", to,
                    processor_here()->held[processor_here()->held_count - 1]->name);
    processor_set_irql(to);
    if (cpu_yields()) {
        interrupt_poll();
        cpu_deliver();
    }
}

/* "The size of the kernel-mode stack is limited to approximately three pages" (Using the Kernel Stack); amd64 has twice
 * that. A third is left to those who call the driver. */
enum { STACK_LIMIT = sizeof(void *) == 8 ? 16 * 1024 : 8 * 1024 };

void cpu_check_stack_use(uintptr_t sp)
{
    struct call_frame *call = thread_here()->calls;
    uintptr_t total = 0;
    if (call == NULL)
        return;
    call->used = *(const uintptr_t *)call->frame - sp;
    for (; call != NULL; call = call->outer)
        total += call->used;
    if (total > STACK_LIMIT)
        rule_broken("stack-use", "the driver uses %zu bytes of kernel stack; %d are its share", (size_t)total,
                    STACK_LIMIT);
}

void api_enter(const char *api, uint8_t min, uint8_t max)
{
    thread_here()->api = api;
    uint8_t now = irql_get();
    if (now < min || now > max)
        rule_broken("irql", "%s called at IRQL %u; its documentation allows %u to %u", api, now, min, max);
    cpu_check_stack_use((uintptr_t)__builtin_frame_address(0));
    cpu_step();
    yield_point();
}
