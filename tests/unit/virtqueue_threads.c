/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Driver and device as two threads on two processors, each asleep until the other wakes it. Whoever loses a wake-up
 * stays asleep, so a missing barrier ends in a deadlock, which the watchdog reports. The inline barriers of driver
 * builds are used here, not the tests' own.
 *
 *   virtqueue_threads [--chains N]
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "queue_model.h"

#define SIZE 16
#define WATCHDOG_SECONDS 10

/* A wake-up line: a doorbell, or an interrupt. Sleeping is spinning, because a real sleep costs so much more than the
   few instructions in which a wake-up can be lost that the two sides would never meet there. */
struct line {
    bool raised;
    uint64_t count;
};

static struct line doorbell, interrupt;
static struct queue_model model;
static uint64_t chains = 1000000;

static void line_raise(struct line *line)
{
    line->count++;
    __atomic_store_n(&line->raised, true, __ATOMIC_RELEASE);
}

static void line_wait(struct line *line, const char *who)
{
    time_t start = time(NULL);

    for (unsigned spins = 1; !__atomic_load_n(&line->raised, __ATOMIC_ACQUIRE); spins++) {
        if (spins % 1024 == 0) {
            sched_yield();
            MODEL_CHECK(
                time(NULL) - start < WATCHDOG_SECONDS, "%s was never woken: fetched %llu, completed %llu of %llu", who,
                (unsigned long long)model.fetched, (unsigned long long)model.completed, (unsigned long long)chains);
        }
    }
    __atomic_store_n(&line->raised, false, __ATOMIC_RELAXED);
}

static void *device_main(void *context)
{
    struct model_chain chain;

    (void)context;
    while (model.completed < chains) {
        if (!model_fetch(&model, &chain)) {
            if (!model_sleep(&model)) {
                line_wait(&doorbell, "the device");
            }
            model_busy(&model);
            continue;
        }
        if (model_complete(&model, &chain, (uint32_t)(chain.sum % 17))) {
            line_raise(&interrupt);
        }
    }
    return NULL;
}

static uint64_t run_driver(VIRTQUEUE *queue)
{
    VIRTQ_DESC table[2] = {{.Length = 16, .Flags = VIRTQ_DESC_F_NEXT, .Next = 1},
                           {.Length = 16, .Flags = VIRTQ_DESC_F_WRITE}};
    static int cookie;
    VIRTQUEUE_COMPLETION completion;
    uint64_t added = 0, taken = 0, sum;

    while (taken < chains) {
        while (added < chains) {
            table[0].Address = added;
            if (VirtqueueAddDirect(queue, table, 0, 2, 16, &cookie, NULL) != VirtqueueOk) {
                break;
            }
            added++;
            /* Batches of one most of the time: the device has nothing else to do and goes to sleep at once. */
            if (added % 8 != 0) {
                break;
            }
        }
        if (VirtqueueKickNeeded(queue)) {
            line_raise(&doorbell);
        }
        VirtqueueSuppressInterrupts(queue);
        do {
            VIRTQUEUE_GET got;

            while ((got = VirtqueueGet(queue, &completion)) == VirtqueueCompleted) {
                /* This device completes in order: what comes back must say so. */
                sum = model_sum(model_sum(0, taken, 16, false), 0, 16, true);
                MODEL_CHECK(completion.Length == sum % 17, "completion %llu has length %u", (unsigned long long)taken,
                            completion.Length);
                taken++;
            }
            MODEL_CHECK(got == VirtqueueEmpty, "%s", VirtqueueCorruptionToString(queue->Corruption));
        } while (VirtqueueAllowInterrupts(queue));
        if (taken < added) {
            line_wait(&interrupt, "the driver");
        }
    }
    return taken;
}

static void run(bool event_idx)
{
    VIRTQUEUE_OPTIONS options = {.EventIdx = event_idx};
    VIRTQUEUE_LAYOUT layout;
    VIRTQUEUE_RING ring;
    VIRTQUEUE queue;
    pthread_t device;
    void *memory = NULL, *state;
    uint64_t taken;

    MODEL_CHECK(VirtqueueLayoutModern(SIZE, &layout), "layout");
    MODEL_CHECK(posix_memalign(&memory, layout.Alignment, layout.Length) == 0, "no memory");
    state = malloc(VirtqueueStateSize(SIZE));
    MODEL_CHECK(state != NULL, "no memory");
    VirtqueuePlace(&layout, memory, 0x100000, &ring);
    MODEL_CHECK(VirtqueueInit(&queue, &ring, &options, state, VirtqueueStateSize(SIZE)) == VirtqueueOk, "init");
    model_init(&model, &ring, &options);
    doorbell.raised = interrupt.raised = false;
    doorbell.count = interrupt.count = 0;

    MODEL_CHECK(pthread_create(&device, NULL, device_main, NULL) == 0, "no thread");
    taken = run_driver(&queue);
    pthread_join(device, NULL);
    printf("%s: %llu chains, %llu doorbells, %llu interrupts\n", event_idx ? "event-idx" : "flags",
           (unsigned long long)taken, (unsigned long long)doorbell.count, (unsigned long long)interrupt.count);
    free(state);
    free(memory);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--chains") == 0) {
        chains = strtoull(argv[2], NULL, 0);
    } else if (argc != 1) {
        fprintf(stderr, "usage: %s [--chains N]\n", argv[0]);
        return 2;
    }
    run(false);
    run(true);
    return 0;
}
