/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Two ways to follow a driver's execution. With the trap flag (step.c) every instruction costs a debug exception, which
 * a hypervisor may intercept; it can also stop between any two instructions. By blocks (step_block.c) a breakpoint
 * stands at the end of each run of instructions without a transfer of control; the transfer is carried out by us, so
 * that a run costs one breakpoint. That is for counting only.
 */
#ifndef NTHOST_STEP_INTERNAL_H
#define NTHOST_STEP_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "emulate.h"

struct thread;

/* step_block.c */
bool blocks_enabled(void);
void blocks_enable(void);
void blocks_disable(void);      /* takes every breakpoint out */
void block_enter(uintptr_t ip); /* the current thread goes on at ip, by a call or a return from the kernel */
uintptr_t block_save(void);     /* around nested callbacks */
void block_restore(uintptr_t saved);
uint64_t block_instructions(void);

/* A breakpoint trap at `c->ip`. False when the breakpoint is the driver's own. Sets the registers to where to go on;
 * *single_step when one instruction must be stepped in place, after which block_stepped() is called. */
bool block_trap(struct context *c, bool *single_step);
bool block_stepped(uintptr_t ip, uintptr_t sp, bool *again); /* false: no step was under way */

/* step.c: execution has left the images, by a kernel call or by returning from a callback. */
void leave_driver(uintptr_t ip, uintptr_t sp);

#endif
