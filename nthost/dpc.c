/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cpu_internal.h"
#include "verifier.h"

static unsigned running; /* on all processors */

void dpc_init(dpc *d, void (*routine)(dpc *, void *, void *), void *context)
{
    *d = (dpc){.routine = routine, .context = context};
}

bool dpc_insert(dpc *d, void *argument1, void *argument2)
{
    struct processor *p = processor_here();
    if (d->queued)
        return false;
    d->queued = true;
    d->argument1 = argument1;
    d->argument2 = argument2;
    d->next = NULL;
    if (p->dpc_last != NULL)
        p->dpc_last->next = d;
    else
        p->dpc_first = d;
    p->dpc_last = d;
    if (p->irql < DISPATCH_LEVEL)
        cpu_deliver();
    return true;
}

static bool remove_from(struct processor *p, const dpc *d)
{
    dpc *before = NULL;
    for (dpc *at = p->dpc_first; at != NULL; before = at, at = at->next) {
        if (at != d)
            continue;
        if (before != NULL)
            before->next = at->next;
        else
            p->dpc_first = at->next;
        if (p->dpc_last == at)
            p->dpc_last = before;
        return true;
    }
    return false;
}

bool dpc_remove(dpc *d)
{
    if (!d->queued)
        return false;
    for (unsigned i = 0; i < cpu_count(); i++) {
        if (remove_from(processor_at(i), d))
            break;
    }
    d->queued = false;
    return true;
}

bool dpc_none(void)
{
    for (unsigned i = 0; i < cpu_count(); i++) {
        if (processor_at(i)->dpc_first != NULL)
            return false;
    }
    return running == 0;
}

/* "The DPC object is removed from the queue before its routine is called" is what lets a routine queue itself again
 * (KeInsertQueueDpc): so the arguments are taken first. */
bool dpc_run_one(void)
{
    struct processor *p = processor_here();
    dpc *d = p->dpc_first;
    uint8_t old = p->irql;
    if (d == NULL)
        return false;
    void *argument1 = d->argument1, *argument2 = d->argument2;
    dpc_remove(d);
    thread *t = thread_here();
    const char *api = t->api;
    uint64_t outer = flow_begin();
    processor_set_irql(DISPATCH_LEVEL);
    running++;
    d->routine(d, argument1, argument2);
    running--;
    if (irql_get() != DISPATCH_LEVEL)
        rule_broken("callback-irql", "a DPC routine returned at IRQL %u", irql_get());
    if (spin_held_count() > 0)
        rule_broken("callback-lock", "a DPC routine returned with %s held", processor_here()->held[0]->name);
    flow_end(outer);
    processor_set_irql(old);
    thread_here()->api = api;
    return true;
}
