/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Simulated processors, threads, IRQL, spin locks, interrupts, DPCs, timers and time.
 *
 * One host thread runs everything. A simulated thread is a coroutine with its own stack (256 KiB, guard page below).
 * `processors` of them can be "on a processor" at once; exactly one runs. yield_point() is called by every kernel
 * API, MMIO access and lock operation: under the seed it may deliver a pending interrupt or DPC on the current
 * processor (as a nested call on the current stack, if the IRQL allows), let the device make progress, or switch to
 * another processor. A thread at IRQL >= DISPATCH_LEVEL keeps its processor (others can run on other processors
 * only).
 *
 * Time: on a real-time bus (QEMU) the clock is the host's; on a model it is virtual: it advances a little with every
 * kernel call, by the argument of a stall, and jumps to the next timer or device event when nothing can run. When
 * nothing can run, nothing is pending and no timer is set: rule hang, with the state of every thread and lock.
 */
#ifndef NTHOST_CPU_H
#define NTHOST_CPU_H

#include <stdbool.h>
#include <stdint.h>

enum { PASSIVE_LEVEL = 0, APC_LEVEL = 1, DISPATCH_LEVEL = 2, DEVICE_LEVEL = 9 /* ours: DIRQL */, HIGH_LEVEL = 15 };

struct pci_bus;

void cpu_init(unsigned processors, uint64_t seed, struct pci_bus *bus);
unsigned cpu_count(void);
unsigned cpu_current(void);
/* Who runs: a thread, or the interrupt, DPC or timer callback on top of it. A number of its own for each of them, which
 * a thread keeps when it goes on on another processor. */
uint64_t cpu_flow(void);
uint64_t cpu_random(void); /* the scheduler's seeded generator */

/* IRQL of the current processor. irql_lower delivers what became deliverable. Raising to a lower level, or lowering
 * to a higher one, is rule irql-order. */
uint8_t irql_get(void);
uint8_t irql_raise(uint8_t to);
void irql_lower(uint8_t to);

/* At the head of every API a driver can call: the documented IRQL limits (page: `min` <= IRQL <= `max`), a yield point.
 * Violation: rule irql, naming the API. */
void api_enter(const char *api, uint8_t min, uint8_t max);
void yield_point(void);
void no_yield_begin(void); /* nests: while in force yield_point() does nothing (bursts submitted together) */
void no_yield_end(void);

/* Preemption between any two instructions of the driver, as interrupts and other processors really come: one callback in
 * `one_in` is stepped for a random number of instructions up to `within`, and then what waits is delivered and another
 * processor may go on. one_in = 0 (the start): only at yield points. */
void cpu_preempt(unsigned one_in, unsigned within);

/* Steps: kernel calls and device accesses of the driver, counted from 1 since cpu_init. When step `n` is reached
 * `action` runs once, before the call or access is carried out (surprise removal at every step). n = 0 takes the
 * order back. */
uint64_t cpu_steps(void);
void cpu_at_step(uint64_t n, void (*action)(void *context), void *context);

/* Threads of the host (test programs, later PsCreateSystemThread). Start at PASSIVE_LEVEL. */
typedef struct thread thread;
thread *thread_create(const char *name, void (*entry)(void *), void *argument);
bool thread_finished(const thread *t);
void thread_join(thread *t);
/* Blocks the current thread (IRQL must be < DISPATCH_LEVEL, no spin lock held: rule wait-at-dispatch) until
 * ready(argument) is true or timeout_us has passed (UINT64_MAX: never). Returns false at timeout. */
bool thread_wait(bool (*ready)(void *), void *argument, uint64_t timeout_us);

/* Spin locks. `rank` orders classes of locks (StorPort: DPC and StartIo 1, Interrupt 2): taking a lower rank while
 * holding a higher, or one already held here, is rule lock-order / lock-recursion; releasing one not held here, or
 * out of order where documented, is rule lock-owner. Ranks of 0 are not ordered. */
struct spin_lock {
    const char *name;
    int rank;
    int owner; /* processor, or -1 */
};
void spin_lock_init(struct spin_lock *lock, const char *name, int rank);
void spin_acquire(struct spin_lock *lock); /* IRQL as it is: the caller has raised it */
void spin_release(struct spin_lock *lock);
bool spin_held_here(const struct spin_lock *lock);
unsigned spin_held_count(void); /* by the current processor */

/* Interrupts. An ISR runs at `irql` on a processor whose IRQL is lower, holding `lock` when not NULL. Message
 * interrupts are latched (a message posted while pending is lost, as on hardware); line interrupts are delivered
 * while the line is asserted. An ISR that returns false for a line that stays asserted 1000 times: rule
 * interrupt-not-claimed. */
typedef bool interrupt_service(void *context, uint32_t message);
typedef struct interrupt interrupt;
interrupt *interrupt_connect_message(uint32_t message, interrupt_service *isr, void *context, uint8_t irql,
                                     struct spin_lock *lock);
interrupt *interrupt_connect_line(bool (*asserted)(void *line), void *line, interrupt_service *isr, void *context,
                                  uint8_t irql, struct spin_lock *lock);
void interrupt_disconnect(interrupt *i);
void interrupt_post(interrupt *i); /* message interrupts: by whoever sees the message arrive */
uint64_t interrupt_count(void);    /* ISR invocations so far */
/* Called at every yield point and while idle, to look for arrived messages (registered by pci.c). */
void interrupt_set_poll(void (*poll)(void *), void *context);

/* DPCs. Queued on the current processor, run at DISPATCH_LEVEL in order when IRQL drops below it there. A DPC already
 * queued is not queued again (KeInsertQueueDpc returns FALSE); it leaves the queue before its routine runs, so it may
 * then run on two processors at once. */
typedef struct dpc {
    void (*routine)(struct dpc *self, void *argument1, void *argument2);
    void *context, *argument1, *argument2;
    struct dpc *next;
    bool queued;
} dpc;
void dpc_init(dpc *d, void (*routine)(dpc *, void *, void *), void *context);
bool dpc_insert(dpc *d, void *argument1, void *argument2);
bool dpc_remove(dpc *d);

/* Timers call back at DISPATCH_LEVEL (as a timer DPC does). One shot; setting again moves it. */
typedef struct timer {
    void (*routine)(struct timer *self);
    void *context;
    uint64_t due_us;
    bool set;
    struct timer *next;
} timer;
void timer_set(timer *t, uint64_t in_us);
bool timer_cancel(timer *t);

/* How long a timer of a driver really takes that is set to `in_us`: it expires at a clock interrupt, of which there is
 * one every clock_tick_us(). */
uint64_t clock_to_tick_us(uint64_t in_us);
uint64_t clock_tick_us(void);
void clock_set_tick_us(uint64_t us);

uint64_t clock_us(void);
void clock_stall(uint64_t us); /* KeStallExecutionProcessor: time passes, the processor is kept */

/* Longest stay at or above DISPATCH_LEVEL in microseconds of clock_us(), stalls included; more than the limit
 * (default 100,000 us on a model) is rule long-dispatch. */
void dispatch_time_limit_us(uint64_t limit);

#endif
