/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdarg.h>

#include "cpu_internal.h"
#include "step_internal.h"
#include "trap.h"
#include "trap_internal.h"
#include "verifier.h"

const char *driver_call_current(void)
{
    const struct call_frame *call = thread_here()->calls;
    return call != NULL ? call->what : NULL;
}

static void check_stack(const char *what, const struct thunk_state *state, unsigned count)
{
    uintptr_t popped = state->sp_after - state->sp_before;
    /* On x86 a callee that pops nothing is cdecl: DriverEntry and variadic callbacks of other compilers. */
    bool cdecl_pop = sizeof(void *) == 4 && popped == (uintptr_t)0 - (uintptr_t)count * sizeof(void *);
    if (popped != 0 && !cdecl_pop)
        rule_broken("callback-stack",
                    "%s returned with the stack pointer off by %td: another number of parameters or another calling "
                    "convention?",
                    what, (intptr_t)popped);
    if (state->flags_after & FLAG_DIR)
        rule_broken("callback-flags", "%s returned with the direction flag set", what);
}

static void check_level(const char *what, uint8_t irql, unsigned locks)
{
    if (irql_get() != irql)
        rule_broken("callback-irql", "%s was called at IRQL %u and returned at IRQL %u", what, irql, irql_get());
    if (spin_held_count() != locks)
        rule_broken("callback-lock", "%s was called with %u spin locks held and returned with %u", what, locks,
                    spin_held_count());
}

static uintptr_t call(const char *what, void *function, unsigned count, const uintptr_t *arguments,
                      struct thunk_state *state)
{
    thread *t = thread_here();
    const char *api = t->api;
    uint64_t outer_preemption = t->preempt_in;
    uintptr_t outer_ip = t->stepped_ip;
    struct call_frame call = {.what = what, .outer = t->calls, .frame = state};
    uintptr_t outer_block = block_save();
    t->preempt_in = cpu_draw_preemption();
    state->flags_set = step_wanted_flags();
    if (blocks_enabled())
        block_enter((uintptr_t)function);
    t->calls = &call;
    uintptr_t result = driver_thunk(function, count, arguments, state);
    t->calls = call.outer;
    t->api = api;
    t->preempt_in = outer_preemption;
    t->stepped_ip = outer_ip;
    block_restore(outer_block);
    return result;
}

uintptr_t driver_call(const char *what, void *function, unsigned count, ...)
{
    uintptr_t arguments[DRIVER_CALL_MAX_ARGUMENTS];
    struct thunk_state state = {0};
    va_list list;
    if (count > DRIVER_CALL_MAX_ARGUMENTS)
        verifier_own_fault("driver_call with too many arguments");
    va_start(list, count);
    for (unsigned i = 0; i < count; i++)
        arguments[i] = va_arg(list, uintptr_t);
    va_end(list);
    uint8_t irql = irql_get();
    unsigned locks = spin_held_count();
    uintptr_t result = call(what, function, count, arguments, &state);
    check_stack(what, &state, count);
    check_level(what, irql, locks);
    return result;
}

uintptr_t driver_call_releasing(const char *what, void *function, unsigned count, const uintptr_t *arguments)
{
    struct thunk_state state = {0};
    uintptr_t result = call(what, function, count, arguments, &state);
    check_stack(what, &state, count);
    return result;
}
