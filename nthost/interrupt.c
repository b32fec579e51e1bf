/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdlib.h>

#include "cpu_internal.h"
#include "pci_bus.h"
#include "verifier.h"

enum { UNCLAIMED_LIMIT = 1000 };

struct interrupt {
    interrupt_service *isr;
    void *context;
    uint32_t message;
    uint8_t irql;
    struct spin_lock *lock;
    bool (*asserted)(void *); /* NULL for message interrupts */
    void *line;
    bool pending;
    unsigned in_service; /* on so many processors: a message may come again while the last still waits for the lock */
    unsigned unclaimed;
    struct interrupt *next;
};

static interrupt *interrupts;
static uint64_t count;
static void (*poll_messages)(void *);
static void *poll_context;

static interrupt *connect(interrupt i)
{
    interrupt *connected = malloc(sizeof(*connected));
    if (connected == NULL)
        environment_failed("no memory for an interrupt");
    *connected = i;
    connected->next = interrupts;
    interrupts = connected;
    return connected;
}

interrupt *interrupt_connect_message(uint32_t message, interrupt_service *isr, void *context, uint8_t irql,
                                     struct spin_lock *lock)
{
    return connect((interrupt){.isr = isr, .context = context, .message = message, .irql = irql, .lock = lock});
}

interrupt *interrupt_connect_line(bool (*asserted)(void *), void *line, interrupt_service *isr, void *context,
                                  uint8_t irql, struct spin_lock *lock)
{
    return connect(
        (interrupt){.isr = isr, .context = context, .irql = irql, .lock = lock, .asserted = asserted, .line = line});
}

static bool not_in_service(void *i)
{
    return ((interrupt *)i)->in_service == 0;
}

/* IoDisconnectInterrupt returns when the ISR no longer runs anywhere. */
void interrupt_disconnect(interrupt *i)
{
    for (interrupt **link = &interrupts; *link != NULL; link = &(*link)->next) {
        if (*link == i) {
            *link = i->next;
            break;
        }
    }
    if (i->in_service != 0)
        thread_wait(not_in_service, i, UINT64_MAX);
    free(i);
}

void interrupt_post(interrupt *i)
{
    i->pending = true;
}

uint64_t interrupt_count(void)
{
    return count;
}

void interrupt_set_poll(void (*poll)(void *), void *context)
{
    poll_messages = poll;
    poll_context = context;
}

void interrupt_poll(void)
{
    if (poll_messages != NULL)
        poll_messages(poll_context);
    /* The interrupt controller latches a level until the end of its ISR, so one that runs is not looked at. */
    for (interrupt *i = interrupts; i != NULL; i = i->next) {
        if (i->asserted != NULL && i->in_service == 0)
            i->pending = i->asserted(i->line);
    }
}

static interrupt *highest_pending(uint8_t above)
{
    interrupt *highest = NULL;
    for (interrupt *i = interrupts; i != NULL; i = i->next) {
        if (i->pending && i->irql > above && (highest == NULL || i->irql > highest->irql) &&
            (i->asserted == NULL || i->in_service == 0))
            highest = i;
    }
    return highest;
}

bool interrupt_deliverable(uint8_t irql)
{
    return highest_pending(irql) != NULL;
}

static void check_claimed(interrupt *i, bool claimed)
{
    if (claimed || i->asserted == NULL || !i->asserted(i->line)) {
        i->unclaimed = 0;
        return;
    }
    if (++i->unclaimed == UNCLAIMED_LIMIT)
        rule_broken("interrupt-not-claimed", "the ISR has disowned its asserted line %u times", i->unclaimed);
}

bool interrupt_deliver_one(void)
{
    uint8_t old = irql_get();
    interrupt *i = highest_pending(old);
    if (i == NULL)
        return false;
    i->pending = false;
    i->in_service++;
    count++;
    thread *t = thread_here();
    const char *api = t->api;
    uint64_t outer = flow_begin();
    processor_set_irql(i->irql);
    if (i->lock != NULL)
        spin_acquire(i->lock);
    bool claimed = i->isr(i->context, i->message);
    if (i->lock != NULL)
        spin_release(i->lock);
    if (irql_get() != i->irql)
        rule_broken("callback-irql", "an ISR entered at IRQL %u returned at %u", i->irql, irql_get());
    i->in_service--;
    flow_end(outer);
    processor_set_irql(old);
    thread_here()->api = api;
    check_claimed(i, claimed);
    return true;
}
