/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Timeouts and resets. A request that outlives its TimeOutValue is answered as "Multi-Tier Reset in Storport"
 * describes: the logical unit is reset, then the target, then the bus through HwStorResetBus (page HW_RESET_BUS). A
 * reset that is reported as done leaves none of the requests that the miniport had before it: rule reset-left-requests.
 */
#include "storport_internal.h"

#include <string.h>

#define TICK_US 1000000u
#define RESET_SECONDS 10u

void reset_mark(adapter *a)
{
    if (a->check_due != NULL)
        return; /* the check of an earlier reset comes first */
    for (struct request_slot *slot = a->outstanding; slot != NULL; slot = slot->next)
        slot->before_reset = slot->state == SLOT_STARTED && slot->request != &a->reset_request;
}

static void check_now(adapter *a, const char *what)
{
    a->check_due = NULL;
    for (struct request_slot *slot = a->outstanding; slot != NULL; slot = slot->next) {
        if (slot->before_reset)
            port_rule(a, "reset-left-requests",
                      "%s succeeded, but SRB %p (function %02x, CDB %02x), which the miniport had before it, is still "
                      "outstanding",
                      what, (void *)slot->srb, slot->given.Function, slot->given.Cdb[0]);
    }
}

void reset_check(adapter *a, const char *what)
{
    a->check_due = what;
    if (callbacks_quiet(a))
        check_now(a, what);
}

void callback_over(adapter *a)
{
    a->active--;
    if (a->check_due != NULL && callbacks_quiet(a))
        check_now(a, a->check_due);
}

bool adapter_reset_bus(adapter *a)
{
    bool was_held = a->held, done;
    uint8_t old;

    /* "The port driver pauses all device IO queues for the adapter and then calls the HwStorResetBus routine at IRQL
     * DISPATCH_LEVEL after acquiring the StartIo spin lock." */
    if (a->state != ADAPTER_RUNNING || a->removed)
        return false;
    a->held = true;
    a->active++;
    a->counts.bus_resets++;
    old = port_lock_start_io(a);
    reset_mark(a);
    done =
        (UCHAR)callback_call(CALLBACK_RESET_BUS, a->init.HwResetBus, 2, (uintptr_t)a->extension, (uintptr_t)0) != FALSE;
    if (done)
        reset_check(a, "HwStorResetBus");
    port_unlock_start_io(a, old);
    if (a->options.reset_hold_ms != 0)
        a->paused_until = clock_us() + (uint64_t)a->options.reset_hold_ms * 1000u;
    callback_over(a);
    a->held = was_held;
    if (!was_held)
        adapter_release(a);
    return done;
}

uint8_t adapter_reset_by_srb(adapter *a, uint8_t function)
{
    struct request r = {.function = function, .bypass = true};

    a->held = true;
    reset_mark(a);
    if (request_execute(a, &r) == SRB_STATUS_SUCCESS)
        reset_check(a, "a reset SRB");
    adapter_release(a);
    return r.srb_status;
}

static bool any_timed_out(const adapter *a)
{
    for (const struct request_slot *slot = a->outstanding; slot != NULL; slot = slot->next) {
        if (slot->request->timed_out && slot->request != &a->reset_request)
            return true;
    }
    return false;
}

static void start_reset(adapter *a, uint8_t function);

/* At DISPATCH_LEVEL. */
static void reset_done(struct request *r)
{
    adapter *a = r->owner;
    bool worked = r->srb_status == SRB_STATUS_SUCCESS;
    bool unit = a->reset_level == RESET_UNIT;

    if (worked)
        reset_check(a, unit ? "SRB_FUNCTION_RESET_LOGICAL_UNIT" : "SRB_FUNCTION_RESET_DEVICE");
    a->reset_level = RESET_NONE;
    if (worked && !any_timed_out(a)) {
        adapter_release(a);
        return;
    }
    if (unit)
        start_reset(a, SRB_FUNCTION_RESET_DEVICE);
    else {
        adapter_reset_bus(a);
        adapter_release(a);
    }
}

static void start_reset(adapter *a, uint8_t function)
{
    struct request *r = &a->reset_request;

    a->reset_level = function == SRB_FUNCTION_RESET_LOGICAL_UNIT ? RESET_UNIT : RESET_TARGET;
    if (a->reset_level == RESET_UNIT)
        a->counts.unit_resets++;
    else
        a->counts.target_resets++;
    memset(r, 0, sizeof(*r));
    r->function = function;
    r->bypass = true;
    r->timeout_seconds = RESET_SECONDS;
    r->done = reset_done;
    a->held = true;
    reset_mark(a);
    request_submit(a, r);
}

/* The reset SRB itself has timed out: the next tier is the bus. */
static void reset_timed_out(adapter *a)
{
    a->reset_request.done = NULL;
    a->reset_level = RESET_NONE;
    adapter_reset_bus(a);
    adapter_release(a);
}

static void tick(timer *self)
{
    adapter *a = self->context;
    uint64_t now = clock_us();
    bool reset_late = false, late = false;

    for (struct request_slot *slot = a->outstanding; slot != NULL; slot = slot->next) {
        struct request *r = slot->request;

        if (now < r->due_us)
            continue;
        if (!r->timed_out)
            a->counts.timeouts++;
        r->timed_out = true;
        r->due_us = now + RESET_SECONDS * 1000000u; /* the next tier, should this one not help */
        if (r == &a->reset_request && a->reset_level != RESET_NONE)
            reset_late = true;
        else
            late = true;
    }
    port_tick_arm(a);
    if (a->removed || a->state != ADAPTER_RUNNING)
        return;
    if (reset_late)
        reset_timed_out(a);
    else if (late && a->reset_level == RESET_NONE) {
        if (a->options.reset_bus_only)
            adapter_reset_bus(a);
        else
            start_reset(a, SRB_FUNCTION_RESET_LOGICAL_UNIT);
    }
}

void port_tick_arm(adapter *a)
{
    if (a->tick.set || a->dump)
        return;
    a->tick.routine = tick;
    a->tick.context = a;
    if (a->outstanding_count != 0)
        timer_set(&a->tick, TICK_US);
}
