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

void api_enter(const char *api, uint8_t min, uint8_t max)
{
    thread_here()->api = api;
    uint8_t now = irql_get();
    if (now < min || now > max)
        rule_broken("irql", "%s called at IRQL %u; its documentation allows %u to %u", api, now, min, max);
    cpu_step();
    yield_point();
}
