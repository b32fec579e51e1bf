/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the parts of the simulated machine share and nobody else sees: threads, processors, the scheduler's steps.
 * A pointer to a processor must not be kept across anything that yields: the thread may come back on another one.
 */
#ifndef NTHOST_CPU_INTERNAL_H
#define NTHOST_CPU_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

enum {
    MAX_PROCESSORS = 64, /* a Windows processor group */
    MAX_HELD_LOCKS = 16,
    MAX_STEP_HOOKS = 64,
    STACK_BYTES = 256 * 1024,  /* the driver's share is small; the rest is for nthost's own reports */
    STACK_RESERVE = 32 * 1024, /* what must be left when a trap is taken */
};

enum thread_state { THREAD_READY, THREAD_ON_PROCESSOR, THREAD_WAITING, THREAD_FINISHED };

/* One driver_call() in progress. `frame` is its struct thunk_state, which holds the frame pointer where a stack walk
 * leaves the driver. */
struct call_frame {
    const char *what;
    struct call_frame *outer;
    void *frame;
    uintptr_t used; /* of the stack, by the driver, in this call; seen at its kernel calls */
};

/* A return address of the driver's that counting has replaced: see step.c. */
struct step_hook {
    uintptr_t slot, address;
};

struct thread {
    const char *name;
    void *sp;       /* saved by coroutine_switch() while not running */
    uint8_t *stack; /* lowest usable byte; NULL before the machine is started */
    size_t stack_bytes;
    void (*entry)(void *);
    void *argument;
    enum thread_state state;
    bool idle;
    uint8_t irql; /* while not on a processor */
    bool (*ready)(void *);
    void *ready_argument;
    uint64_t deadline_us;
    bool timed_out;
    struct call_frame *calls;
    unsigned no_yield; /* the thread's own: who holds a lock that it spins on must be able to go on */
    const char *api;   /* the kernel call that was entered last */
    struct step_hook hooks[MAX_STEP_HOOKS];
    unsigned hook_count;
    uintptr_t stepped_ip;              /* the instruction that was counted last */
    uintptr_t block, block_generation; /* where the run of instructions began that is followed: step_block.c */
    uintptr_t native_step;             /* the instruction that is stepped in place, or 0 */
    bool native_at_end;                /* it ends the run */
    uint64_t preempt_in;               /* instructions until the driver is preempted; 0: not at all */
    void *kthread;                     /* what the driver sees as its current thread */
    uint64_t flow;                     /* cpu_flow(): the thread's own, or its callback's */
    struct thread *next;
};

struct processor {
    unsigned number;
    uint8_t irql;
    thread *current, *idle;
    dpc *dpc_first, *dpc_last;
    struct spin_lock *held[MAX_HELD_LOCKS];
    unsigned held_count;
    struct spin_lock *wanted; /* spinning on it */
    uint64_t dispatch_since_us;
    void *pcr;
};

/* The machine (cpu.c). */
struct processor *processor_at(unsigned number);
struct processor *processor_here(void);
thread *thread_here(void); /* never NULL: before cpu_init() a stand-in for the process's own stack */
bool cpu_started(void);
struct pci_bus *cpu_bus(void);
void processor_switch(unsigned to);    /* run what is current on that processor */
void thread_replace(thread *next);     /* put `next` on this processor instead of the current thread */
void processor_set_irql(uint8_t irql); /* without delivering anything */
void cpu_deliver(void);                /* everything that this processor's IRQL lets in */
void cpu_step(void);                   /* one kernel call or device access: see cpu_at_step() */
bool cpu_preempts(void);
uint64_t cpu_draw_preemption(void); /* for thread->preempt_in, at the start of a callback */
void cpu_preempted(void);
uint64_t flow_new(void);   /* a number for cpu_flow() */
uint64_t flow_begin(void); /* a callback's; returns what flow_end() puts back */
void flow_end(uint64_t outer);
bool cpu_yields(void); /* false while no_yield is in force */
void cpu_idle_loop(void *unused);
void cpu_check_stack_use(uintptr_t sp); /* at a kernel call or device access of the driver's */
void cpu_print_state(void);             /* every thread, lock and queue, for reports */

/* thread.c */
void thread_start_machine(unsigned processors);
thread *thread_take_ready(void); /* NULL when none */
bool thread_any_ready(void);
void thread_make_ready(thread *t);
bool thread_wake_waiters(void); /* those whose condition holds or whose time is over; true when some woke */
uint64_t thread_next_deadline_us(void);
thread *thread_first(void);
void thread_print(const thread *t);

/* coroutine.S */
void coroutine_switch(void **save, void *load);
void *coroutine_prepare(void *stack_top, void (*entry)(void));

/* interrupt.c, dpc.c, timer.c: each delivers one if the processor's IRQL allows and says whether it did. */
bool interrupt_deliver_one(void);
bool interrupt_deliverable(uint8_t irql);
void interrupt_poll(void);
bool dpc_run_one(void);
bool dpc_none(void); /* none is queued or runs, on any processor */
bool timer_run_one(void);
uint64_t timer_next_due_us(void);

/* timer.c: the clock */
void clock_start(bool real_time);
void clock_advance_ns(uint64_t ns); /* no effect on a real-time bus */
void clock_jump_us(uint64_t to_us);
void dispatch_time_begin(struct processor *p);
void dispatch_time_check(const struct processor *p);

/* pcr.c */
void pcr_create(struct processor *p);
void pcr_load(const struct processor *p);
void pcr_set_thread(struct processor *p, const thread *t);
void pcr_set_irql(struct processor *p);

#endif
