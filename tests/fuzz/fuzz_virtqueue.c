/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A device that writes whatever it likes wherever it can, at any time, barriers included. The driver's side keeps its
 * promises all the same: no access outside its memory, every cookie back exactly once, lengths within the chain,
 * counts that add up, and a broken queue stays broken.
 * Input: options, then operations with their operands.
 */
#include "fuzz.h"

#include "virtqueue.h"

#define MAX_SIZE 64
#define MAX_COOKIES 64

static struct fuzz_input input;
static VIRTQUEUE queue;
static VIRTQUEUE_RING ring;
static VIRTQUEUE_LAYOUT layout;
static VIRTQUEUE_OPTIONS options;
static uint8_t *ring_memory;
static VIRTQ_DESC table[MAX_SIZE + 1];

static struct cookie {
    bool outstanding;
    uint32_t token;
    uint32_t writable;
    uint16_t descriptors;
} cookies[MAX_COOKIES];
static uint32_t free_descriptors;
static uint32_t outstanding;

static void scribble(void)
{
    uint32_t at = fuzz_word(&input, 2) % layout.Length;

    ring_memory[at] = fuzz_byte(&input);
}

/* What an honest device would do next, so that the fuzzer gets past the first check. */
static void serve(void)
{
    uint16_t placed = ring.Used->Index;
    uint16_t head = ring.Avail->Ring[placed % ring.Size];

    ring.Used->Ring[placed % ring.Size] = (VIRTQ_USED_ELEM){.Id = head, .Length = fuzz_byte(&input)};
    ring.Used->Index++;
}

static void device_meanwhile(void)
{
    if (queue.Size == 0) {
        return;
    }
    switch (fuzz_byte(&input) & 7) {
    case 0:
        serve();
        break;
    case 1:
        scribble();
        break;
    default:
        break;
    }
}

void VirtioReadBarrier(void)
{
    device_meanwhile();
}

void VirtioWriteBarrier(void)
{
    device_meanwhile();
}

void VirtioFullBarrier(void)
{
    device_meanwhile();
}

static void add(uint8_t operand)
{
    uint16_t count = (uint16_t)(operand % (ring.Size + 2u));
    bool direct = (operand & 0x80) != 0;
    struct cookie *cookie = NULL;
    uint16_t needed = options.Indirect && count > 1 && !direct ? 1 : count;
    VIRTQUEUE_RESULT result;

    for (unsigned i = 0; i < MAX_COOKIES && cookie == NULL; i++) {
        cookie = cookies[i].outstanding ? NULL : &cookies[i];
    }
    for (uint16_t i = 0; i < count; i++) {
        table[i] = (VIRTQ_DESC){.Address = operand, .Length = 4, .Flags = VIRTQ_DESC_F_WRITE};
    }
    result = (direct ? VirtqueueAddDirect : VirtqueueAdd)(&queue, table, 0x1000, count, 4u * count, cookie,
                                                          cookie != NULL ? &cookie->token : NULL);
    if (count == 0 || cookie == NULL) {
        FUZZ_CHECK(result == VirtqueueBadArgument);
    } else if (queue.Broken) {
        FUZZ_CHECK(result == VirtqueueIsBroken);
    } else if (count > ring.Size) {
        FUZZ_CHECK(result == VirtqueueTooLong);
    } else if (needed > free_descriptors) {
        FUZZ_CHECK(result == VirtqueueFull);
    } else {
        FUZZ_CHECK(result == VirtqueueOk);
        cookie->outstanding = true;
        cookie->writable = 4u * count;
        cookie->descriptors = needed;
        free_descriptors -= needed;
        outstanding++;
        FUZZ_CHECK(VirtqueueCookie(&queue, cookie->token) == cookie);
    }
}

static void take_back(struct cookie *cookie)
{
    FUZZ_CHECK(cookie >= cookies && cookie < cookies + MAX_COOKIES);
    FUZZ_CHECK(cookie->outstanding);
    FUZZ_CHECK(VirtqueueCookie(&queue, cookie->token) == NULL);
    cookie->outstanding = false;
    free_descriptors += cookie->descriptors;
    outstanding--;
}

static void get(void)
{
    VIRTQUEUE_COMPLETION completion;
    bool was_broken = queue.Broken;
    VIRTQUEUE_GET got = VirtqueueGet(&queue, &completion);

    FUZZ_CHECK(!was_broken || got == VirtqueueCorrupt);
    FUZZ_CHECK((got == VirtqueueCorrupt) == queue.Broken);
    if (got == VirtqueueCompleted) {
        struct cookie *cookie = completion.Cookie;

        FUZZ_CHECK(completion.Token == cookie->token);
        FUZZ_CHECK(completion.Length <= cookie->writable);
        take_back(cookie);
    } else if (got == VirtqueueCorrupt && !was_broken) {
        FUZZ_CHECK(queue.Corruption != VirtqueueSound);
    }
}

static void reset(void)
{
    struct cookie *cookie;

    while ((cookie = VirtqueueDetach(&queue)) != NULL) {
        take_back(cookie);
    }
    FUZZ_CHECK(outstanding == 0);
    VirtqueueReset(&queue);
    free_descriptors = ring.Size;
    for (uint32_t i = 0; i < layout.Length; i++) {
        /* Padding between the parts is nobody's. */
        FUZZ_CHECK(ring_memory[i] == 0 || i >= layout.UsedOffset + 6u + 8u * ring.Size ||
                   (i >= layout.AvailOffset + 6u + 2u * ring.Size && i < layout.UsedOffset));
    }
}

static void step(uint8_t operation)
{
    switch (operation & 15) {
    case 0:
    case 1:
    case 2:
        add(fuzz_byte(&input));
        break;
    case 3:
    case 4:
        (void)VirtqueueKickNeeded(&queue);
        break;
    case 5:
        VirtqueuePublish(&queue);
        break;
    case 6:
    case 7:
        serve();
        break;
    case 8:
    case 9:
    case 10:
        get();
        break;
    case 11:
        VirtqueueSuppressInterrupts(&queue);
        break;
    case 12:
        (void)VirtqueueAllowInterrupts(&queue);
        break;
    case 13:
    case 14:
        scribble();
        break;
    default:
        if ((operation & 0xF0) == 0) {
            reset();
        }
        break;
    }
    if (!queue.Broken) {
        FUZZ_CHECK(VirtqueueFreeCount(&queue) == free_descriptors);
        FUZZ_CHECK(VirtqueueOutstandingCount(&queue) == outstanding);
    } else {
        FUZZ_CHECK(VirtqueueFreeCount(&queue) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint16_t entries;
    uint8_t choice;
    void *state;

    input = (struct fuzz_input){data, size};
    choice = fuzz_byte(&input);
    entries = (uint16_t)(2u << (choice & 7) % 6);
    options = (VIRTQUEUE_OPTIONS){
        .Indirect = (choice & 8) != 0, .EventIdx = (choice & 16) != 0, .ClampLength = (choice & 32) != 0};
    memset(&queue, 0, sizeof(queue));
    memset(cookies, 0, sizeof(cookies));
    outstanding = 0;
    free_descriptors = entries;
    FUZZ_CHECK(VirtqueueLayoutModern(entries, &layout));
    ring_memory = aligned_alloc(layout.Alignment, layout.Length);
    state = malloc(VirtqueueStateSize(entries));
    FUZZ_CHECK(ring_memory != NULL && state != NULL);
    VirtqueuePlace(&layout, ring_memory, 0x100000, &ring);
    memset(ring_memory, 0, layout.Length);
    FUZZ_CHECK(VirtqueueInit(&queue, &ring, &options, state, VirtqueueStateSize(entries)) == VirtqueueOk);
    while (input.left != 0) {
        step(fuzz_byte(&input));
    }
    memset(ring_memory, 0, layout.Length);
    reset();
    free(state);
    free(ring_memory);
    return 0;
}
