/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Signals become traps. The handler runs on a stack of its own, so that it can also look at a thread that has used up
 * its stack; what it finds it moves to the stack of the interrupted thread and continues there, outside any signal
 * handler (trap_entry.S). So a device access is an ordinary function call from then on: interrupts may be delivered
 * in it and threads may be switched.
 */
#include "trap.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "cpu_internal.h"
#include "module_internal.h"
#include "shared_data.h"
#include "step_internal.h"
#include "trap_internal.h"
#include "verifier.h"

enum { LOOP_SECONDS = 10, SIGNAL_STACK_BYTES = 256 * 1024, GAP_BYTES = 256 /* more than a struct context */ };

#if defined(__x86_64__)
static const int greg_of[REGISTERS] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                       REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
enum { GREG_IP = REG_RIP, GREG_SP = REG_RSP, GREG_FLAGS = REG_EFL };
#else
static const int greg_of[REGISTERS] = {REG_EAX, REG_ECX, REG_EDX, REG_EBX, REG_ESP, REG_EBP, REG_ESI, REG_EDI};
enum { GREG_IP = REG_EIP, GREG_SP = REG_ESP, GREG_FLAGS = REG_EFL };
#endif

static void get_context(const ucontext_t *u, struct context *c)
{
    for (unsigned i = 0; i < REGISTERS; i++)
        c->r[i] = (uintptr_t)u->uc_mcontext.gregs[greg_of[i]];
    c->ip = (uintptr_t)u->uc_mcontext.gregs[GREG_IP];
    c->flags = (uintptr_t)u->uc_mcontext.gregs[GREG_FLAGS];
}

static void set_greg(ucontext_t *u, int reg, uintptr_t value)
{
    u->uc_mcontext.gregs[reg] = (greg_t)value;
}

/* Still on the signal stack: the thread has no stack on which to go on. */
static void check_stack(const ucontext_t *u, uintptr_t sp, uintptr_t ip)
{
    static struct context c;
    const thread *t = thread_here();
    uintptr_t low = (uintptr_t)t->stack;
    if (t->stack == NULL)
        return;
    if (sp - low < t->stack_bytes && sp - low >= STACK_RESERVE)
        return;
    const char *where = address_in_driver((void *)ip) ? "driver" : "nthost's";
    get_context(u, &c);
    stack_walk_start = &c;
    if (sp - low >= t->stack_bytes && low - sp > STACK_RESERVE)
        rule_broken("stack-pointer", "%s code at %p runs with the stack pointer %p, outside its thread's stack", where,
                    (void *)ip, (void *)sp);
    rule_broken("stack-overflow", "%s code at %p has used %llu bytes of the stack of thread %s", where, (void *)ip,
                (unsigned long long)(low + t->stack_bytes - sp), t->name);
}

/* One of our breakpoints: the exception comes after the one byte of its instruction. */
static bool breakpoint(ucontext_t *u)
{
    struct context c;
    bool single_step;
    get_context(u, &c);
    c.ip--;
    if (!block_trap(&c, &single_step))
        return false;
    set_greg(u, GREG_IP, c.ip);
    set_greg(u, GREG_SP, c.r[REG_SP]);
    set_greg(u, greg_of[REG_CX], c.r[REG_CX]);
    if (single_step)
        set_greg(u, GREG_FLAGS, c.flags | FLAG_TRAP);
    return true;
}

/* Once a second of our own computing time: driver code that makes no kernel call and no device access for long. */
static bool endless_loop(uintptr_t ip)
{
    static uint64_t steps;
    static unsigned seconds;
    bool stands_still = cpu_steps() == steps && address_in_driver((void *)ip);
    steps = cpu_steps();
    seconds = stands_still ? seconds + 1 : 0;
    return seconds == LOOP_SECONDS;
}

/* The SSE and x87 registers as they were when the signal came, in FXSAVE's layout. On x86 FSAVE's comes before it. */
static const void *saved_fpu(const ucontext_t *u)
{
    enum { FSAVE_BYTES = 112 };
    return (const char *)u->uc_mcontext.fpregs + (sizeof(void *) == 8 ? 0 : FSAVE_BYTES);
}

/*
 * Goes on at trap_entry without sigreturn, whose system call is what a device access would cost most by: nothing is
 * blocked in the handler (SA_NODEFER, empty mask), the kernel tells from the stack pointer that the signal stack is
 * free again, and the flags that it cleared for the handler are those that trap_entry wants cleared.
 */
static _Noreturn void enter_trap(const ucontext_t *u, uintptr_t sp)
{
#if defined(__x86_64__)
    __asm__ volatile("fxrstor64 (%0)\n\tmovq %1, %%rsp\n\tjmp trap_entry" : : "r"(saved_fpu(u)), "r"(sp) : "memory");
#else
    __asm__ volatile("fxrstor (%0)\n\tmovl %1, %%esp\n\tjmp trap_entry" : : "r"(saved_fpu(u)), "r"(sp) : "memory");
#endif
    __builtin_unreachable();
}

static void on_signal(int signal, siginfo_t *info, void *user)
{
    ucontext_t *u = user;
    uintptr_t ip = (uintptr_t)u->uc_mcontext.gregs[GREG_IP];
    uintptr_t sp = (uintptr_t)u->uc_mcontext.gregs[GREG_SP];
    uintptr_t flags = (uintptr_t)u->uc_mcontext.gregs[GREG_FLAGS];
    if (signal == SIGTRAP && info->si_code == TRAP_TRACE && (flags & FLAG_TRAP) != 0) {
        enum step_result next = step_trap(ip, sp);
        if (next == STEP_STOP)
            set_greg(u, GREG_FLAGS, flags & ~(uintptr_t)FLAG_TRAP);
        if (next != STEP_PREEMPT)
            return;
        signal = 0; /* a trap of our own making */
        if (step_flags == 0)
            set_greg(u, GREG_FLAGS, flags & ~(uintptr_t)FLAG_TRAP);
    }
    if (signal == SIGTRAP && info->si_code != TRAP_TRACE && breakpoint(u))
        return;
    if (signal == SIGVTALRM && !endless_loop(ip))
        return;
    check_stack(u, sp, ip);
    uintptr_t at = (sp - GAP_BYTES - sizeof(struct trap_frame)) & ~(uintptr_t)15;
    struct trap_frame *frame = (struct trap_frame *)at;
    frame->signal = signal;
    frame->code = info->si_code;
    frame->address = (uintptr_t)info->si_addr;
    get_context(u, &frame->c);
    enter_trap(u, at);
}

static uint64_t memory_read(uintptr_t address, unsigned width, void *user)
{
    (void)user;
    if (mmio_window_at(address))
        return mmio_access_read(address, width);
    if (shared_data_at(address))
        return shared_data_read(address, width);
    uint64_t value = 0;
    memcpy(&value, (const void *)address, width);
    return value;
}

static void memory_write(uintptr_t address, unsigned width, uint64_t value, void *user)
{
    (void)user;
    if (mmio_window_at(address))
        mmio_access_write(address, width, value);
    else if (shared_data_at(address))
        rule_broken("access-violation", "a write to KUSER_SHARED_DATA, which is read-only");
    else
        memcpy((void *)address, &value, width);
}

static void print_bytes(char *text, size_t size, const uint8_t *code)
{
    const module *m = module_at(code);
    const uint8_t *end = m->pe.image + m->pe.image_bytes;
    for (unsigned i = 0; i < INSN_MAX_BYTES && code + i < end && size > 3; i++) {
        snprintf(text, size, "%02x ", code[i]);
        text += 3;
        size -= 3;
    }
}

static void access_device(struct context *c)
{
    static const struct emulator_memory memory = {memory_read, memory_write, NULL};
    struct insn i;
    char bytes[64];
    if (insn_decode((const uint8_t *)c->ip, INSN_MAX_BYTES, sizeof(void *) == 8, &i) && emulate(c, &i, &memory))
        return;
    print_bytes(bytes, sizeof(bytes), (const uint8_t *)c->ip);
    rule_broken("mmio-instruction", "device memory is accessed by an instruction that is not for it: %s", bytes);
}

/* The context is worked on as a copy, for a PUSH writes where the original may be. */
static struct context *resume(const struct context *c)
{
    struct context *place = (struct context *)c->r[REG_SP] - 1;
    *place = *c;
    return place;
}

struct context *trap_dispatch(struct trap_frame *frame)
{
    struct context c = frame->c;
    if (frame->signal == 0) {
        cpu_preempted();
        return resume(&c);
    }
    cpu_check_stack_use(c.r[REG_SP]);
    if (frame->signal == SIGVTALRM)
        rule_broken("endless-loop", "driver code has run for %d s without a kernel call or device access",
                    LOOP_SECONDS);
    bool memory = (frame->signal == SIGSEGV || frame->signal == SIGBUS) && frame->code != SI_KERNEL;
    if (memory && frame->address == c.ip)
        fault_of_execution(frame);
    if (!address_in_driver((void *)c.ip))
        fault_in_nthost(frame);
    if (frame->signal == SIGSEGV && frame->code == SI_KERNEL)
        privileged_instruction(&c);
    else if (memory && (mmio_window_at(frame->address) || shared_data_at(frame->address)))
        access_device(&c);
    else
        fault_in_driver(frame);
    return resume(&c);
}

void trap_init(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGVTALRM};
    stack_t stack = {.ss_size = SIGNAL_STACK_BYTES};
    shared_data_init();
    stack.ss_sp = mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) != 0)
        environment_failed("no stack for signals");
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (sigaction(signals[i], &action, NULL) != 0)
            environment_failed("signal %d cannot be handled", signals[i]);
    }
    /* Counts computing time only, so no system call is interrupted by it. */
    struct itimerval every_second = {{1, 0}, {1, 0}};
    setitimer(ITIMER_VIRTUAL, &every_second, NULL);
}
