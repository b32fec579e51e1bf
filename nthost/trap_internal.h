/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the assembly of trap_entry.S and the C around it agree on.
 */
#ifndef NTHOST_TRAP_INTERNAL_H
#define NTHOST_TRAP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulate.h"

enum { FLAG_TRAP = 0x100, FLAG_DIR = 0x400 };

/* A signal, moved from the signal stack to the stack of the thread that it interrupted. */
struct trap_frame {
    int signal, code; /* signal 0: the driver is preempted here */
    uintptr_t address;
    struct context c;
};

/* The offsets are used in trap_entry.S. */
struct thunk_state {
    uintptr_t frame;       /* 0: frame pointer of the thunk */
    uintptr_t sp_before;   /* 1: stack pointer before the arguments (x86) or at the call (amd64) */
    uintptr_t flags_set;   /* 2: set in the flags for the driver: the trap flag when counting */
    uintptr_t sp_after;    /* 3 */
    uintptr_t flags_after; /* 4 */
};

/* trap_entry.S */
void trap_entry(void);
extern char trap_dispatched[]; /* where trap_dispatch() returns to; the frame pointer there is the struct trap_frame */
uintptr_t driver_thunk(void *function, uintptr_t count, const uintptr_t *arguments, struct thunk_state *state);
extern char driver_returned[]; /* where driver code returns to */
void step_resume(void);

struct context *trap_dispatch(struct trap_frame *frame);

/* stack_walk.c: where the walk starts when the report is made on the signal stack. */
extern const struct context *stack_walk_start;

/* mmio.c */
bool mmio_window_at(uintptr_t address); /* mapped or unmapped */
uint64_t mmio_access_read(uintptr_t address, unsigned width);
void mmio_access_write(uintptr_t address, unsigned width, uint64_t value);

/* fault.c: reports. */
_Noreturn void fault_in_driver(const struct trap_frame *frame);
_Noreturn void fault_in_nthost(const struct trap_frame *frame);
_Noreturn void fault_of_execution(const struct trap_frame *frame);

/* privileged.c: carries out or reports what needs ring 0. */
void privileged_instruction(struct context *c);

/* shared_data.c: KUSER_SHARED_DATA at its fixed address. */
bool shared_data_at(uintptr_t address);
uint64_t shared_data_read(uintptr_t address, unsigned width);

/* step.c */
extern uintptr_t step_flags; /* FLAG_TRAP while counting */
uintptr_t step_wanted_flags(void);
enum step_result { STEP_ON, STEP_STOP, STEP_PREEMPT };
enum step_result step_trap(uintptr_t ip, uintptr_t sp); /* before the instruction at `ip` */
uintptr_t step_unhook(uintptr_t sp);        /* called by step_resume */
uintptr_t step_real_address(uintptr_t slot, uintptr_t address); /* what a hooked return address stands for */

#endif
