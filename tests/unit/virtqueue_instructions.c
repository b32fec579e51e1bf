/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Counts the instructions of virtqueue.c that one request costs, exactly, by single-stepping this program over them:
 * the trap flag is set, and the signal handler counts the addresses that lie in virtqueue.c's code. Fails above a
 * budget, and when a request costs more in a full queue than in an empty one.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "virtqueue.h"

/* The ends of virtqueue_section.c's code. */
extern const char __start_vqtext[], __stop_vqtext[];

#define SIZE 256
#define CHAIN 4

static volatile uint64_t counted;
static VIRTQUEUE queue;
static VIRTQUEUE_RING ring;
static VIRTQ_DESC table[CHAIN];
static int cookie;

static void on_trap(int signal, siginfo_t *info, void *context)
{
    const ucontext_t *at = context;
#if defined(__x86_64__)
    uintptr_t ip = (uintptr_t)at->uc_mcontext.gregs[REG_RIP];
#else
    uintptr_t ip = (uintptr_t)at->uc_mcontext.gregs[REG_EIP];
#endif

    (void)signal;
    (void)info;
    /* The trap comes before the instruction at ip. */
    if (ip >= (uintptr_t)__start_vqtext && ip < (uintptr_t)__stop_vqtext) {
        counted++;
    }
}

#if defined(__x86_64__)
#define PUSHF "pushfq"
#define POPF "popfq"
#define FLAGS "(%%rsp)"
/* Keeps what the compiler may hold below the stack pointer. */
#define SKIP_RED_ZONE "lea -128(%%rsp), %%rsp\n\t"
#define UNDO_RED_ZONE "lea 128(%%rsp), %%rsp\n\t"
#else
#define PUSHF "pushfl"
#define POPF "popfl"
#define FLAGS "(%%esp)"
#define SKIP_RED_ZONE ""
#define UNDO_RED_ZONE ""
#endif

static inline void step_begin(void)
{
    __asm__ __volatile__(SKIP_RED_ZONE PUSHF "\n\torl $0x100, " FLAGS "\n\t" POPF "\n\t" UNDO_RED_ZONE
                         :
                         :
                         : "memory", "cc");
}

static inline void step_end(void)
{
    __asm__ __volatile__(SKIP_RED_ZONE PUSHF "\n\tandl $~0x100, " FLAGS "\n\t" POPF "\n\t" UNDO_RED_ZONE
                         :
                         :
                         : "memory", "cc");
}

static void create(bool event_idx)
{
    static void *memory, *state;
    VIRTQUEUE_OPTIONS options = {.Indirect = true, .EventIdx = event_idx};
    VIRTQUEUE_LAYOUT layout;

    free(memory);
    free(state);
    if (!VirtqueueLayoutModern(SIZE, &layout) || posix_memalign(&memory, layout.Alignment, layout.Length) != 0 ||
        (state = malloc(VirtqueueStateSize(SIZE))) == NULL) {
        abort();
    }
    VirtqueuePlace(&layout, memory, 0x100000, &ring);
    if (VirtqueueInit(&queue, &ring, &options, state, VirtqueueStateSize(SIZE)) != VirtqueueOk) {
        abort();
    }
}

/* The device completes everything published, in order. */
static void serve(void)
{
    while (ring.Used->Index != ring.Avail->Index) {
        ring.Used->Ring[ring.Used->Index % SIZE] = (VIRTQ_USED_ELEM){ring.Avail->Ring[ring.Used->Index % SIZE], 0};
        ring.Used->Index++;
    }
}

/* Instructions per request of a batch: add each, one kick decision, take each. */
static double measure(bool event_idx, unsigned batch, unsigned already)
{
    VIRTQUEUE_COMPLETION completion;
    unsigned done = 0, kicks;

    create(event_idx);
    for (unsigned i = 0; i < already; i++) {
        if (VirtqueueAdd(&queue, table, 0x5000, CHAIN, 64, &cookie, NULL) != VirtqueueOk) {
            abort();
        }
    }
    (void)VirtqueueKickNeeded(&queue);
    counted = 0;
    step_begin();
    for (unsigned i = 0; i < batch; i++) {
        uint32_t token;

        done += VirtqueueAdd(&queue, table, 0x5000, CHAIN, 64, &cookie, &token) == VirtqueueOk;
    }
    kicks = VirtqueueKickNeeded(&queue);
    step_end();
    serve();
    step_begin();
    for (unsigned i = 0; i < batch; i++) {
        done += VirtqueueGet(&queue, &completion) == VirtqueueCompleted;
    }
    step_end();
    if (done != 2 * batch || (already == 0 && kicks != 1)) {
        fprintf(stderr, "%u of %u operations done, %u kicks\n", done, 2 * batch, kicks);
        exit(1);
    }
    return (double)counted / batch;
}

int main(void)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    /* Out of the 300 that a whole block request may cost on amd64. x86 passes arguments in memory. */
    const double budget_alone = sizeof(void *) == 8 ? 115 : 155, budget_batch = sizeof(void *) == 8 ? 85 : 120;
    int failures = 0;

    action.sa_sigaction = on_trap;
    if (sigaction(SIGTRAP, &action, NULL) != 0) {
        perror("sigaction");
        return 1;
    }
    for (int event_idx = 0; event_idx < 2; event_idx++) {
        double alone = measure(event_idx != 0, 1, 0);
        double batch = measure(event_idx != 0, 32, 0);
        double deep = measure(event_idx != 0, 32, SIZE - 32);

        printf("%s: %.1f instructions for a request alone, %.1f in a batch of 32, %.1f when that fills the queue\n",
               event_idx ? "event-idx" : "flags", alone, batch, deep);
        if (alone < 20 || alone > budget_alone || batch > budget_batch || deep > batch) {
            fprintf(stderr, "over budget: at most %.0f alone, %.0f in a batch, no more in a full queue\n", budget_alone,
                    budget_batch);
            failures++;
        }
    }
    return failures != 0;
}
