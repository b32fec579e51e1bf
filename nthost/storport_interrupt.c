/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Interrupts, DPCs and the miniport's timer.
 *
 * Messages are granted when the miniport named HwMSInterruptRoutine and a synchronization mode, the device has MSI-X
 * and the run asks for it; their number is the smaller of the INF's MessageNumberLimit and the device's vectors.
 * Otherwise INTx (page HW_MESSAGE_SIGNALED_INTERRUPT_ROUTINE).
 */
#include "storport_internal.h"

#include <stdlib.h>

#define DPC_MAGIC 0x44504331u

static bool line_asserted(void *context)
{
    adapter *a = context;

    return a->device->bus->ops->intx_asserted(a->device->bus, a->device->bus->bdf);
}

static bool line_service(void *context, uint32_t message)
{
    adapter *a = context;
    bool claimed;

    (void)message;
    a->active++;
    claimed = (UCHAR)callback_call(CALLBACK_INTERRUPT, a->init.HwInterrupt, 1, (uintptr_t)a->extension) != FALSE;
    callback_over(a);
    return claimed;
}

static bool message_service(void *context, uint32_t message)
{
    adapter *a = context;
    bool claimed;

    a->active++;
    claimed = (UCHAR)callback_call(CALLBACK_MESSAGE_INTERRUPT, a->agreed.HwMSInterruptRoutine, 2,
                                   (uintptr_t)a->extension, (uintptr_t)message) != FALSE;
    callback_over(a);
    return claimed;
}

static void message_arrived(void *context, uint32_t message)
{
    adapter *a = context;

    if (message < a->messages && a->message[message] != NULL)
        interrupt_post(a->message[message]);
}

static unsigned messages_to_grant(const adapter *a)
{
    unsigned count = a->options.messages < a->device->msix_vectors ? a->options.messages : a->device->msix_vectors;

    if (!a->options.msix || a->device->msix_cap == 0 || a->agreed.HwMSInterruptRoutine == NULL ||
        a->agreed.InterruptSynchronizationMode == InterruptSupportNone)
        return 0;
    return count < PORT_MAX_MESSAGES ? count : PORT_MAX_MESSAGES;
}

/* A function that has been pulled reads as all ones; connecting its interrupts succeeds all the same. */
static bool is_present(const adapter *a)
{
    pci_bus *bus = a->device->bus;

    return bus->ops->config_read(bus, bus->bdf, 0, 2) != 0xFFFF;
}

void interrupts_connect(adapter *a)
{
    bool per_message = a->agreed.InterruptSynchronizationMode == InterruptSynchronizePerMessage;

    a->messages = messages_to_grant(a);
    for (unsigned i = 0; i < a->messages; i++)
        a->message[i] = interrupt_connect_message(i, message_service, a, DEVICE_LEVEL,
                                                  per_message ? &a->message_lock[i] : &a->interrupt_lock);
    if (a->messages != 0 && is_present(a))
        pci_msix_enable(a->device, a->messages, message_arrived, a);
    else
        a->line = interrupt_connect_line(line_asserted, a, line_service, a, DEVICE_LEVEL, &a->interrupt_lock);
    a->connected = true;
}

void interrupts_disconnect(adapter *a)
{
    if (!a->connected)
        return;
    a->connected = false;
    if (a->device->messages != 0)
        pci_msix_disable(a->device);
    for (unsigned i = 0; i < a->messages; i++) {
        interrupt_disconnect(a->message[i]);
        a->message[i] = NULL;
    }
    if (a->line != NULL)
        interrupt_disconnect(a->line);
    a->line = NULL;
}

/* ---- DPCs ---- */

struct port_dpc *port_find_dpc(const adapter *a, const void *address)
{
    for (struct port_dpc *d = a->dpcs; d != NULL; d = d->next) {
        if (d->address == address)
            return d;
    }
    return NULL;
}

static void run_dpc(dpc *entry, void *argument1, void *argument2)
{
    struct port_dpc *d = entry->context;

    adapter *a = d->owner;

    a->counts.dpcs++;
    a->active++;
    callback_call(CALLBACK_DPC, d->routine, 4, (uintptr_t)d->address, (uintptr_t)a->extension, (uintptr_t)argument1,
                  (uintptr_t)argument2);
    callback_over(a);
}

void port_initialize_dpc(adapter *a, STOR_DPC *address, PHW_DPC_ROUTINE routine)
{
    struct port_dpc *d = port_find_dpc(a, address);

    if (a->dump)
        rule_broken("dump-dpc", "StorPortInitializeDpc in dump mode, where there are no DPCs (\"Restrictions on "
                                "Miniport Drivers that Manage "
                                "the Boot Drive\")");
    if (d != NULL && d->queue_entry.queued)
        rule_broken("dpc", "StorPortInitializeDpc of a DPC that is queued");
    if (d == NULL) {
        d = calloc(1, sizeof(*d));
        if (d == NULL)
            environment_failed("out of memory");
        d->next = a->dpcs;
        a->dpcs = d;
    }
    d->address = address;
    d->owner = a;
    d->routine = routine;
    spin_lock_init(&d->lock, "Dpc", 1);
    dpc_init(&d->queue_entry, run_dpc, d);
    address->Dpc[0] = DPC_MAGIC; /* opaque to the miniport, written so that a bench sees it being overwritten */
    address->Lock = 0;
}

bool port_issue_dpc(adapter *a, STOR_DPC *address, void *argument1, void *argument2)
{
    struct port_dpc *d = port_find_dpc(a, address);

    if (d == NULL)
        rule_broken("dpc", "StorPortIssueDpc of %p, which StorPortInitializeDpc has not initialized", (void *)address);
    if (address->Dpc[0] != DPC_MAGIC)
        rule_broken("dpc", "the STOR_DPC at %p has been overwritten", (void *)address);
    return dpc_insert(&d->queue_entry, argument1, argument2);
}

/* Before the device extension goes: a DPC still queued would run in freed memory. Those that run have been waited for.
 */
void port_dpcs_check_idle(adapter *a)
{
    for (struct port_dpc *d = a->dpcs, *next; d != NULL; d = next) {
        next = d->next;
        if (d->queue_entry.queued)
            dpc_remove(&d->queue_entry);
        free(d);
    }
    a->dpcs = NULL;
}

/* ---- HwStorTimer ---- */

static void run_timer(timer *t)
{
    adapter *a = t->context;
    PHW_TIMER routine = a->miniport_timer_routine;
    uint8_t old;

    if (routine == NULL || a->removed)
        return;
    a->counts.timer_calls++;
    a->active++;
    old = port_lock_start_io(a);
    callback_call(CALLBACK_TIMER, routine, 1, (uintptr_t)a->extension);
    port_unlock_start_io(a, old);
    callback_over(a);
}

void port_request_timer(adapter *a, PHW_TIMER routine, uint32_t microseconds)
{
    if (a->dump)
        rule_broken("dump-timer", "RequestTimerCall in dump mode, where no timer runs");
    a->miniport_timer.routine = run_timer;
    a->miniport_timer.context = a;
    timer_cancel(&a->miniport_timer);
    /* "A value of 0 will cancel the timer." */
    a->miniport_timer_routine = microseconds != 0 ? routine : NULL;
    if (microseconds != 0)
        timer_set(&a->miniport_timer, microseconds);
}
