/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Random sequences of operations on a virtqueue, both sides at once, compared step by step with a model that does
 * everything the plain way. A plain program without a test library, so that it runs in the 32-bit build as well.
 *
 *   virtqueue_property [--seed N] [--size N] [--indirect 0|1] [--event-idx 0|1]
 *
 * Without options: every power of two from 2 to 32768, direct and indirect, EVENT_IDX off and on, until the ring
 * indices have wrapped at 65536. Prints the seed; a failure prints the command that repeats it.
 *
 * Held at every step: chains arrive at the device whole and in order; completions come back in the device's order,
 * with the right cookie, token and length, once; free and outstanding counts; Full exactly when it does not fit; a kick
 * exactly when the text demands one, once per batch; no wake-up lost on either side.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fake_device.h"
#include "queue_model.h"

#define CHAIN_MAX 40

struct request {
    struct request *next_free;
    VIRTQ_DESC *table; /* CHAIN_MAX descriptors: "DMA memory" */
    uint64_t sum;
    uint32_t writable;
    uint32_t token;
    uint32_t reported;
    uint16_t count;
    uint16_t descriptors; /* that it takes in the ring */
    bool outstanding;
};

struct run {
    VIRTQUEUE queue;
    VIRTQUEUE_RING ring;
    VIRTQUEUE_OPTIONS options;
    struct queue_model model;
    void *ring_memory;
    void *state;

    struct request *requests;
    VIRTQ_DESC *tables;
    struct request *free_requests;

    /* The order in which things were added, held by the device, and completed: rings of request indices. */
    uint32_t *added; /* not fetched yet */
    uint64_t added_in, added_out;
    struct model_chain *held; /* fetched, not completed */
    uint32_t *held_request;
    uint32_t held_count;
    uint32_t *done; /* completed, not taken */
    uint64_t done_in, done_out;

    uint32_t free_descriptors;
    uint16_t kicked;   /* avail index at the last kick decision */
    bool asleep;       /* the device waits for a kick */
    bool kick_pending; /* a kick is on its way */
    bool listening;    /* the driver waits for an interrupt */
    bool interrupt_pending;
    unsigned barriers;
    uint64_t taken, kicks, interrupts, refused_full;
};

static uint64_t random_state;

/* xorshift64*: the same on every machine. */
static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545F4914F6CDD1Dull) >> 33) % limit;
}

static void *allocate(size_t alignment, size_t length)
{
    /* Rounded up only as aligned_alloc asks for; the sanitizer still sees accesses behind most sizes. */
    void *memory = NULL;

    MODEL_CHECK(posix_memalign(&memory, alignment, length) == 0, "no memory");
    memset(memory, 0xA5, length);
    return memory;
}

static void run_create(struct run *run, uint16_t size, const VIRTQUEUE_OPTIONS *options)
{
    VIRTQUEUE_LAYOUT layout;
    size_t state_length = VirtqueueStateSize(size);

    memset(run, 0, sizeof(*run));
    run->options = *options;
    MODEL_CHECK(VirtqueueLayoutModern(size, &layout), "size %u", size);
    run->ring_memory = allocate(layout.Alignment, layout.Length);
    run->state = allocate(sizeof(void *), state_length);
    VirtqueuePlace(&layout, run->ring_memory, (uintptr_t)run->ring_memory, &run->ring);
    MODEL_CHECK(VirtqueueInit(&run->queue, &run->ring, options, run->state, state_length) == VirtqueueOk, "init");
    model_init(&run->model, &run->ring, options);

    run->requests = calloc(size, sizeof(*run->requests));
    run->tables = allocate(16, (size_t)size * CHAIN_MAX * sizeof(VIRTQ_DESC));
    run->added = calloc(size, sizeof(*run->added));
    run->held = calloc(size, sizeof(*run->held));
    run->held_request = calloc(size, sizeof(*run->held_request));
    run->done = calloc(size, sizeof(*run->done));
    MODEL_CHECK(run->requests && run->added && run->held && run->held_request && run->done, "no memory");
    for (uint32_t i = 0; i < size; i++) {
        run->requests[i].table = run->tables + (size_t)i * CHAIN_MAX;
        run->requests[i].next_free = i + 1u < size ? &run->requests[i + 1] : NULL;
    }
    run->free_requests = run->requests;
    run->free_descriptors = size;
    run->listening = true;
    run->asleep = true;
}

static void run_destroy(struct run *run)
{
    free(run->ring_memory);
    free(run->state);
    free(run->requests);
    free(run->tables);
    free(run->added);
    free(run->held);
    free(run->held_request);
    free(run->done);
}

static uint32_t outstanding(const struct run *run)
{
    return (uint32_t)(run->added_in - run->added_out) + run->held_count + (uint32_t)(run->done_in - run->done_out);
}

/* Chooses a chain of count descriptors, of which the last ones are writable. */
static void compose(struct request *request, uint16_t count)
{
    uint16_t readable = (uint16_t)random_below(count + 1u);

    request->sum = 0;
    request->writable = 0;
    request->count = count;
    for (uint16_t i = 0; i < count; i++) {
        VIRTQ_DESC *desc = &request->table[i];

        desc->Address = (uint64_t)random_below(UINT32_MAX) << 20 | random_below(0x1000);
        desc->Length = 1 + random_below(65536);
        desc->Flags = (uint16_t)((i < readable ? 0 : VIRTQ_DESC_F_WRITE) | (i + 1 < count ? VIRTQ_DESC_F_NEXT : 0));
        desc->Next = (uint16_t)(i + 1 < count ? i + 1 : 0);
        request->sum = model_sum(request->sum, desc->Address, desc->Length, i >= readable);
        request->writable += i < readable ? 0 : desc->Length;
    }
}

static bool add_one(struct run *run)
{
    struct request *request = run->free_requests;
    uint16_t limit = run->queue.Size < CHAIN_MAX ? run->queue.Size : CHAIN_MAX;
    uint16_t count = (uint16_t)(1 + random_below(random_below(4) == 0 ? limit : (limit < 4 ? limit : 4)));
    bool direct = random_below(8) == 0;
    uint16_t needed = run->options.Indirect && count > 1 && !direct ? 1 : count;
    VIRTQUEUE_RESULT result;

    if (request == NULL) {
        return false;
    }
    compose(request, count);
    result = (direct ? VirtqueueAddDirect : VirtqueueAdd)(&run->queue, request->table, (uintptr_t)request->table, count,
                                                          request->writable, request, &request->token);
    if (needed > run->free_descriptors) {
        MODEL_CHECK(result == VirtqueueFull, "%s with %u descriptors free for %u", VirtqueueResultToString(result),
                    run->free_descriptors, needed);
        run->refused_full++;
        return false;
    }
    MODEL_CHECK(result == VirtqueueOk, "%s with %u descriptors free for %u", VirtqueueResultToString(result),
                run->free_descriptors, needed);
    MODEL_CHECK(VirtqueueCookie(&run->queue, request->token) == request, "token %#x", request->token);
    if (needed == count) {
        /* Copied: the table is the caller's again. */
        memset(request->table, 0xDD, count * sizeof(VIRTQ_DESC));
    }
    run->free_requests = request->next_free;
    request->outstanding = true;
    request->descriptors = needed;
    run->free_descriptors -= needed;
    run->added[run->added_in++ % run->queue.Size] = (uint32_t)(request - run->requests);
    return true;
}

/* The device takes a chain, if it sees one. */
static bool device_fetch(struct run *run)
{
    struct model_chain chain;
    struct request *request;

    if (!model_fetch(&run->model, &chain)) {
        return false;
    }
    MODEL_CHECK(run->added_out < run->added_in, "a chain nobody added");
    request = &run->requests[run->added[run->added_out++ % run->queue.Size]];
    MODEL_CHECK(chain.sum == request->sum && chain.count == request->count && chain.writable == request->writable,
                "chain of %u descriptors arrived as %u", request->count, chain.count);
    MODEL_CHECK(chain.indirect == (request->descriptors != request->count), "indirect %d", chain.indirect);
    run->held[run->held_count] = chain;
    run->held_request[run->held_count++] = (uint32_t)(request - run->requests);
    return true;
}

/* The device completes any one of the chains it holds. */
static bool device_complete(struct run *run)
{
    uint32_t pick, request_index;
    struct model_chain chain;
    struct request *request;

    if (run->held_count == 0) {
        return false;
    }
    pick = random_below(run->held_count);
    chain = run->held[pick];
    request_index = run->held_request[pick];
    run->held_count--;
    run->held[pick] = run->held[run->held_count];
    run->held_request[pick] = run->held_request[run->held_count];

    request = &run->requests[request_index];
    request->reported = random_below(3) == 0 ? request->writable : random_below(request->writable + 1);
    run->done[run->done_in++ % run->queue.Size] = request_index;
    if (model_complete(&run->model, &chain, request->reported)) {
        run->interrupt_pending = true;
        run->interrupts++;
    }
    return true;
}

static void device_poll(struct run *run)
{
    run->asleep = false;
    run->kick_pending = false;
    if (random_below(2) != 0) {
        model_busy(&run->model);
    }
    for (uint32_t n = random_below(run->queue.Size + 1u); n != 0 && device_fetch(run); n--) {
    }
}

static void device_try_to_sleep(struct run *run)
{
    if (!model_sleep(&run->model)) {
        run->asleep = true;
    }
}

/* What the device does while the driver is at a full barrier. */
static void device_meanwhile(void *context)
{
    struct run *run = context;

    run->barriers++;
    switch (random_below(8)) {
    case 0:
        device_poll(run);
        break;
    case 1:
        if (!run->kick_pending) {
            device_try_to_sleep(run);
        }
        break;
    case 2:
        (void)device_complete(run);
        break;
    default:
        break;
    }
}

static void driver_kick(struct run *run)
{
    uint16_t old = run->kicked;
    uint16_t now = (uint16_t)run->added_in;
    unsigned barriers = run->barriers;
    bool asked = VirtqueueKickNeeded(&run->queue);

    MODEL_CHECK(run->ring.Avail->Index == now, "avail.idx %u, added %u", run->ring.Avail->Index, now);
    MODEL_CHECK(asked == model_wants_kick(&run->model, old, now), "kick %d for entries %u to %u", asked, old, now);
    MODEL_CHECK(old == now || fake_at_full_barrier == NULL || run->barriers == barriers + 1,
                "no full barrier between publishing and looking");
    run->kicked = now;
    if (asked) {
        run->kicks++;
        run->kick_pending = true;
    }
    MODEL_CHECK(!VirtqueueKickNeeded(&run->queue), "two kicks for one batch");
}

static bool driver_get(struct run *run)
{
    VIRTQUEUE_COMPLETION completion;
    struct request *request;
    VIRTQUEUE_GET got = VirtqueueGet(&run->queue, &completion);

    if (run->done_in == run->done_out) {
        MODEL_CHECK(got == VirtqueueEmpty, "got %d from an empty queue", got);
        return false;
    }
    MODEL_CHECK(got == VirtqueueCompleted, "got %d: %s", got, VirtqueueCorruptionToString(run->queue.Corruption));
    request = &run->requests[run->done[run->done_out++ % run->queue.Size]];
    MODEL_CHECK(completion.Cookie == request, "the wrong request");
    MODEL_CHECK(request->outstanding, "completed twice");
    MODEL_CHECK(completion.Token == request->token, "token %#x, was %#x", completion.Token, request->token);
    MODEL_CHECK(completion.Length == request->reported, "length %u, was %u", completion.Length, request->reported);
    MODEL_CHECK(VirtqueueCookie(&run->queue, request->token) == NULL, "a token outlived its chain");
    request->outstanding = false;
    run->free_descriptors += request->descriptors;
    request->next_free = run->free_requests;
    run->free_requests = request;
    run->taken++;
    return true;
}

static void driver_drain(struct run *run, bool until_empty)
{
    run->listening = false;
    run->interrupt_pending = false;
    if (random_below(4) != 0) {
        VirtqueueSuppressInterrupts(&run->queue);
    }
    for (uint32_t n = until_empty ? UINT32_MAX : random_below(run->queue.Size) + 1; n != 0 && driver_get(run); n--) {
    }
}

static void driver_listen(struct run *run)
{
    bool there;

    run->interrupt_pending = false;
    there = VirtqueueAllowInterrupts(&run->queue);
    /* What came during the barrier may have interrupted as well; what is there must be reported or have interrupted. */
    MODEL_CHECK(there == (run->done_in != run->done_out), "allow says %d, %u there", there,
                (unsigned)(run->done_in - run->done_out));
    run->listening = !there;
}

static void check_counts(const struct run *run)
{
    MODEL_CHECK(VirtqueueFreeCount(&run->queue) == run->free_descriptors, "free %u, should be %u",
                VirtqueueFreeCount(&run->queue), run->free_descriptors);
    MODEL_CHECK(VirtqueueOutstandingCount(&run->queue) == outstanding(run), "outstanding %u, should be %u",
                VirtqueueOutstandingCount(&run->queue), outstanding(run));
    MODEL_CHECK(VirtqueueHasCompletions(&run->queue) == (run->done_in != run->done_out), "has completions");
    MODEL_CHECK(VirtqueueAvailIndex(&run->queue) == (uint16_t)run->added_in, "avail index");
    MODEL_CHECK(VirtqueueUsedIndex(&run->queue) == (uint16_t)run->done_out, "used index");
    /* Nobody sleeps for ever: a device asleep with published work has a kick coming, a driver that listens with
       completions there has an interrupt coming. */
    if (run->asleep && run->kicked == (uint16_t)run->added_in && run->model.last_avail != run->ring.Avail->Index) {
        MODEL_CHECK(run->kick_pending, "the device sleeps over %u published chains",
                    (uint16_t)(run->ring.Avail->Index - run->model.last_avail));
    }
    if (run->listening && run->done_in != run->done_out) {
        MODEL_CHECK(run->interrupt_pending, "the driver waits over %u completions",
                    (unsigned)(run->done_in - run->done_out));
    }
}

/* A device reset in the middle of everything: each outstanding chain comes back once, and the queue is as new. */
static void driver_reset(struct run *run)
{
    uint32_t expected = outstanding(run);
    struct request *request;

    while ((request = VirtqueueDetach(&run->queue)) != NULL) {
        MODEL_CHECK(request->outstanding, "detached twice, or never added");
        MODEL_CHECK(VirtqueueCookie(&run->queue, request->token) == NULL, "a token outlived its chain");
        request->outstanding = false;
        request->next_free = run->free_requests;
        run->free_requests = request;
        MODEL_CHECK(expected-- != 0, "more detached than outstanding");
    }
    MODEL_CHECK(expected == 0, "%u never detached", expected);
    MODEL_CHECK(VirtqueueAdd(&run->queue, run->tables, 0, 1, 0, run, NULL) == VirtqueueIsBroken, "add while detached");
    MODEL_CHECK(!VirtqueueKickNeeded(&run->queue), "kick while detached");
    VirtqueueReset(&run->queue);
    model_init(&run->model, &run->ring, &run->options);
    run->added_in = run->added_out = run->done_in = run->done_out = 0;
    run->held_count = 0;
    run->free_descriptors = run->queue.Size;
    run->kicked = 0;
    run->asleep = true;
    run->kick_pending = false;
    run->listening = true;
    run->interrupt_pending = false;
    check_counts(run);
}

static void step(struct run *run)
{
    uint32_t burst = 1 + random_below(random_below(8) == 0 ? run->queue.Size : 8);

    switch (random_below(9)) {
    case 0:
    case 1:
        while (burst-- != 0 && add_one(run)) {
        }
        break;
    case 2:
        driver_kick(run);
        break;
    case 3:
        VirtqueuePublish(&run->queue);
        break;
    case 4:
        if (run->kick_pending || !run->asleep) {
            device_poll(run);
        }
        break;
    case 5:
        while (burst-- != 0 && device_complete(run)) {
        }
        break;
    case 6:
        driver_drain(run, random_below(2) == 0);
        break;
    case 7:
        driver_listen(run);
        break;
    default:
        if (!run->kick_pending) {
            device_try_to_sleep(run);
        }
        break;
    }
    check_counts(run);
}

static void finish(struct run *run)
{
    fake_at_full_barrier = NULL;
    driver_kick(run);
    while (outstanding(run) != 0) {
        while (device_fetch(run)) {
        }
        while (device_complete(run)) {
        }
        driver_drain(run, true);
    }
    check_counts(run);
    MODEL_CHECK(run->free_descriptors == run->queue.Size, "%u descriptors leaked",
                run->queue.Size - run->free_descriptors);
}

static void run_one(uint64_t seed, uint16_t size, bool indirect, bool event_idx)
{
    VIRTQUEUE_OPTIONS options = {.Indirect = indirect, .EventIdx = event_idx};
    struct run run;
    uint64_t steps = 0;

    snprintf(model_repeat, sizeof(model_repeat),
             "virtqueue_property --seed %llu --size %u --indirect %d --event-idx %d", (unsigned long long)seed, size,
             indirect, event_idx);
    random_state = (seed + 1) * 0x9E3779B97F4A7C15ull;
    run_create(&run, size, &options);
    fake_at_full_barrier = device_meanwhile;
    fake_barrier_context = &run;
    for (unsigned i = 0; i < 300; i++, steps++) {
        step(&run);
        if (random_below(60) == 0) {
            driver_reset(&run);
        }
    }
    /* No more resets, so that the indices run through 65536. */
    driver_reset(&run);
    while (run.done_out < 66000) {
        step(&run);
        steps++;
    }
    finish(&run);
    printf("size %5u %s %s: %llu steps, %llu chains, %llu kicks, %llu interrupts, %llu times full\n", size,
           indirect ? "indirect" : "direct  ", event_idx ? "event-idx" : "flags    ", (unsigned long long)steps,
           (unsigned long long)run.taken, (unsigned long long)run.kicks, (unsigned long long)run.interrupts,
           (unsigned long long)run.refused_full);
    run_destroy(&run);
}

int main(int argc, char **argv)
{
    uint64_t seed = (uint64_t)time(NULL);
    long size = 0, indirect = -1, event_idx = -1;

    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) {
            seed = strtoull(argv[i + 1], NULL, 0);
        } else if (i + 1 < argc && strcmp(argv[i], "--size") == 0) {
            size = strtol(argv[i + 1], NULL, 0);
        } else if (i + 1 < argc && strcmp(argv[i], "--indirect") == 0) {
            indirect = strtol(argv[i + 1], NULL, 0);
        } else if (i + 1 < argc && strcmp(argv[i], "--event-idx") == 0) {
            event_idx = strtol(argv[i + 1], NULL, 0);
        } else {
            fprintf(stderr, "usage: %s [--seed N] [--size N] [--indirect 0|1] [--event-idx 0|1]\n", argv[0]);
            return 2;
        }
    }
    printf("seed %llu\n", (unsigned long long)seed);
    for (uint32_t s = VIRTQ_SIZE_MIN; s <= VIRTQ_SIZE_MAX; s *= 2) {
        for (int options = 0; options < 4; options++) {
            if ((size == 0 || size == (long)s) && (indirect < 0 || indirect == (options & 1)) &&
                (event_idx < 0 || event_idx == options >> 1)) {
                run_one(seed, (uint16_t)s, (options & 1) != 0, (options & 2) != 0);
            }
        }
    }
    return 0;
}
