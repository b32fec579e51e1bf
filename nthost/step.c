/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Counting a driver's instructions with the trap flag, and preempting it between two of them. A trap comes before each
 * instruction of an image; when execution leaves the images for nthost, stepping stops, and the return address on the
 * stack is replaced by step_resume, which sets the flag again. So nthost runs at full speed, and what it calls back
 * (an ISR inside a kernel call) is counted like everything else.
 */
#include "cpu_internal.h"
#include "module_internal.h"
#include "step_internal.h"
#include "trap.h"
#include "trap_internal.h"
#include "verifier.h"

uintptr_t step_flags;
static uint64_t count;
static bool single_steps;

void instruction_count_by_single_steps(void)
{
    single_steps = true;
}

void instruction_count_enable(bool on)
{
    step_flags = 0;
    if (blocks_enabled())
        blocks_disable();
    if (on && (single_steps || cpu_preempts()))
        step_flags = FLAG_TRAP;
    else if (on)
        blocks_enable();
}

uintptr_t step_wanted_flags(void)
{
    return step_flags | (thread_here()->preempt_in != 0 ? FLAG_TRAP : 0);
}

uint64_t instruction_count(void)
{
    return count + block_instructions();
}

/* The trap flag also traps between the iterations of a repeated string instruction, which is one instruction. */
static bool repeats(uintptr_t ip)
{
    struct insn i;
    return insn_decode((const uint8_t *)ip, INSN_MAX_BYTES, sizeof(void *) == 8, &i) && i.rep;
}

void leave_driver(uintptr_t ip, uintptr_t sp)
{
    uintptr_t *slot = (uintptr_t *)sp;
    thread *t = thread_here();
    t->stepped_ip = 0;
    /* A jump at the end of a callback leads to the kernel with the thunk's own return address. */
    if (ip == (uintptr_t)driver_returned || !address_in_driver((void *)*slot))
        return;
    if (t->hook_count == MAX_STEP_HOOKS)
        verifier_own_fault("more nested kernel calls than instruction counting can follow");
    t->hooks[t->hook_count++] = (struct step_hook){sp, *slot};
    *slot = (uintptr_t)step_resume;
}

enum step_result step_trap(uintptr_t ip, uintptr_t sp)
{
    static const module *recent;
    thread *t = thread_here();
    bool again;
    if (block_stepped(ip, sp, &again))
        return again ? STEP_ON : STEP_STOP;
    if (recent == NULL || !module_contains(recent, (void *)ip))
        recent = module_at((void *)ip);
    if (recent == NULL) {
        leave_driver(ip, sp);
        return STEP_STOP;
    }
    if (t->preempt_in != 0 && --t->preempt_in == 0)
        return STEP_PREEMPT; /* when it goes on, the trap comes here again if it is to be counted */
    if (step_flags != 0 && !recent->support && !(ip == t->stepped_ip && repeats(ip)))
        count++;
    t->stepped_ip = ip;
    return step_wanted_flags() != 0 ? STEP_ON : STEP_STOP;
}

uintptr_t step_unhook(uintptr_t sp)
{
    thread *t = thread_here();
    if (t->hook_count == 0 || t->hooks[t->hook_count - 1].slot >= sp)
        verifier_own_fault("a kernel call returned that instruction counting does not know");
    uintptr_t address = t->hooks[--t->hook_count].address;
    if (blocks_enabled())
        block_enter(address);
    return address;
}

uintptr_t step_real_address(uintptr_t slot, uintptr_t address)
{
    const thread *t = thread_here();
    if (address != (uintptr_t)step_resume)
        return address;
    for (unsigned i = 0; i < t->hook_count; i++) {
        if (t->hooks[i].slot == slot)
            return t->hooks[i].address;
    }
    return 0;
}
