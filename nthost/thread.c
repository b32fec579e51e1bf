/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Threads: coroutines with a stack of their own, and waiting. A waiting thread's condition is looked at by the
 * scheduler, so whoever makes it true needs to tell nobody.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu_internal.h"
#include "guest_ram.h"
#include "verifier.h"

static thread *threads; /* all that are not finished, newest first; finished ones until joined */

static void thread_begin(void)
{
    thread *t = thread_here();
    t->entry(t->argument);
    t->state = THREAD_FINISHED;
    /* Nobody comes back here. The stack is in use until the switch, so thread_join() frees it. */
    thread_replace(processor_here()->idle);
    verifier_own_fault("a finished thread was scheduled");
}

static void *new_stack(size_t bytes)
{
    uint8_t *at = mmap(NULL, bytes + PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED || mprotect(at + PAGE_BYTES, bytes, PROT_READ | PROT_WRITE) != 0)
        environment_failed("no memory for a thread's stack");
    return at + PAGE_BYTES; /* the page below stays inaccessible */
}

static thread *new_thread(const char *name)
{
    thread *t = calloc(1, sizeof(*t));
    if (t == NULL)
        environment_failed("no memory for a thread");
    t->name = name;
    t->flow = flow_new();
    /* Windows' KTHREAD is opaque to drivers: they may compare and pass the pointer, and have no business inside. */
    t->kthread = mmap(NULL, PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (t->kthread == MAP_FAILED)
        environment_failed("no memory for a thread");
    t->next = threads;
    threads = t;
    return t;
}

static void give_stack(thread *t, void (*entry)(void *), void *argument)
{
    t->stack_bytes = STACK_BYTES;
    t->stack = new_stack(t->stack_bytes);
    t->entry = entry;
    t->argument = argument;
    t->sp = coroutine_prepare(t->stack + t->stack_bytes, thread_begin);
}

/* The process's own stack grows as far as its limit; beyond that the kernel would kill us without a word. */
static void take_process_stack(thread *t)
{
    pthread_attr_t attributes;
    void *low;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0 ||
        pthread_attr_getstack(&attributes, &low, &t->stack_bytes) != 0)
        environment_failed("the bounds of the process's stack are not known");
    pthread_attr_destroy(&attributes);
    t->stack = low;
}

void thread_start_machine(unsigned processors)
{
    static char idle_names[MAX_PROCESSORS][12];
    for (unsigned i = 0; i < processors; i++) {
        struct processor *p = processor_at(i);
        snprintf(idle_names[i], sizeof(idle_names[i]), "idle%u", i);
        p->idle = new_thread(idle_names[i]);
        p->idle->idle = true;
        p->idle->state = THREAD_ON_PROCESSOR;
        give_stack(p->idle, cpu_idle_loop, NULL);
        p->current = p->idle;
    }
    thread *first = new_thread("main");
    take_process_stack(first);
    first->state = THREAD_ON_PROCESSOR;
    processor_at(0)->current = first;
}

thread *thread_create(const char *name, void (*entry)(void *), void *argument)
{
    thread *t = new_thread(name);
    give_stack(t, entry, argument);
    t->state = THREAD_READY;
    return t;
}

bool thread_finished(const thread *t)
{
    return t->state == THREAD_FINISHED;
}

static bool finished(void *t)
{
    return thread_finished(t);
}

void thread_join(thread *t)
{
    thread_wait(finished, t, UINT64_MAX);
    for (thread **link = &threads; *link != NULL; link = &(*link)->next) {
        if (*link == t) {
            *link = t->next;
            break;
        }
    }
    munmap(t->stack - PAGE_BYTES, t->stack_bytes + PAGE_BYTES);
    munmap(t->kthread, PAGE_BYTES);
    free(t);
}

thread *thread_first(void)
{
    return threads;
}

bool thread_any_ready(void)
{
    for (const thread *t = threads; t != NULL; t = t->next) {
        if (t->state == THREAD_READY)
            return true;
    }
    return false;
}

thread *thread_take_ready(void)
{
    unsigned ready = 0;
    for (const thread *t = threads; t != NULL; t = t->next)
        ready += t->state == THREAD_READY;
    if (ready == 0)
        return NULL;
    unsigned chosen = (unsigned)(cpu_random() % ready);
    for (thread *t = threads; t != NULL; t = t->next) {
        if (t->state == THREAD_READY && chosen-- == 0)
            return t;
    }
    return NULL;
}

void thread_make_ready(thread *t)
{
    t->state = THREAD_READY;
}

bool thread_wake_waiters(void)
{
    bool woke = false;
    for (thread *t = threads; t != NULL; t = t->next) {
        if (t->state != THREAD_WAITING)
            continue;
        bool holds = t->ready(t->ready_argument);
        if (!holds && clock_us() < t->deadline_us)
            continue;
        t->timed_out = !holds;
        t->state = THREAD_READY;
        woke = true;
    }
    return woke;
}

uint64_t thread_next_deadline_us(void)
{
    uint64_t next = UINT64_MAX;
    for (const thread *t = threads; t != NULL; t = t->next) {
        if (t->state == THREAD_WAITING && t->deadline_us < next)
            next = t->deadline_us;
    }
    return next;
}

bool thread_wait(bool (*ready)(void *), void *argument, uint64_t timeout_us)
{
    thread *t = thread_here();
    if (irql_get() >= DISPATCH_LEVEL)
        rule_broken("wait-at-dispatch", "a wait at IRQL %u", irql_get());
    if (spin_held_count() > 0)
        rule_broken("wait-at-dispatch", "a wait while a spin lock is held");
    if (ready(argument))
        return true;
    if (timeout_us == 0)
        return false;
    if (!cpu_yields())
        verifier_own_fault("a wait inside no_yield");
    uint64_t now = clock_us();
    t->ready = ready;
    t->ready_argument = argument;
    t->deadline_us = timeout_us > UINT64_MAX - now ? UINT64_MAX : now + timeout_us;
    t->timed_out = false;
    t->state = THREAD_WAITING;
    thread_replace(processor_here()->idle);
    return !t->timed_out;
}

void thread_print(const thread *t)
{
    static const char *const states[] = {"is ready", "is on a processor", "waits", "has finished"};
    if (t->idle)
        return;
    fprintf(stderr, "  thread %s %s", t->name, states[t->state]);
    for (const struct call_frame *call = t->calls; call != NULL; call = call->outer)
        fprintf(stderr, "%s %s", call == t->calls ? ", in" : " in", call->what);
    fputc('\n', stderr);
}
