/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The virtqueue, one requirement at a time: layouts, what Add refuses, kick counts, interrupt suppression, what a
   hostile device can and cannot do, reset. Random sequences are virtqueue_property.c's. */
#include "unit.h"

#include "fake_device.h"
#include "queue_model.h"

#define SIZE 8

static VIRTQUEUE queue;
static VIRTQUEUE_RING ring;
static struct queue_model model;
static void *ring_memory;
static void *state_memory;
static int cookies[70000];
static VIRTQ_DESC table[64];

static void create_sized(uint16_t size, VIRTQUEUE_OPTIONS options)
{
    VIRTQUEUE_LAYOUT layout;

    free(ring_memory);
    free(state_memory);
    assert_true(VirtqueueLayoutModern(size, &layout));
    assert_int_equal(posix_memalign(&ring_memory, layout.Alignment, layout.Length), 0);
    state_memory = malloc(VirtqueueStateSize(size));
    assert_non_null(state_memory);
    VirtqueuePlace(&layout, ring_memory, (uintptr_t)ring_memory, &ring);
    memset(ring_memory, 0xA5, layout.Length);
    assert_int_equal(VirtqueueInit(&queue, &ring, &options, state_memory, VirtqueueStateSize(size)), VirtqueueOk);
    model_init(&model, &ring, &options);
}

static void create(bool indirect, bool event_idx)
{
    create_sized(SIZE, (VIRTQUEUE_OPTIONS){.Indirect = indirect, .EventIdx = event_idx});
}

static int setup(void **state)
{
    (void)state;
    fake_at_full_barrier = NULL;
    for (unsigned i = 0; i < 64; i++) {
        table[i] = (VIRTQ_DESC){.Address = 0x1000 * i, .Length = 16, .Flags = VIRTQ_DESC_F_WRITE};
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(ring_memory);
    free(state_memory);
    ring_memory = state_memory = NULL;
    return 0;
}

/* Links count descriptors of 16 writable bytes each. */
static const VIRTQ_DESC *chain_of(uint16_t count)
{
    for (uint16_t i = 0; i < count; i++) {
        table[i].Flags = (uint16_t)(VIRTQ_DESC_F_WRITE | (i + 1 < count ? VIRTQ_DESC_F_NEXT : 0));
        table[i].Next = (uint16_t)(i + 1 < count ? i + 1 : 0);
    }
    return table;
}

static VIRTQUEUE_RESULT add(uint16_t count, int cookie, uint32_t *token)
{
    return VirtqueueAdd(&queue, chain_of(count), (uintptr_t)table, count, 16u * count, &cookies[cookie], token);
}

/* The device takes and completes one chain. */
static void serve(uint32_t length)
{
    struct model_chain chain;

    assert_true(model_fetch(&model, &chain));
    (void)model_complete(&model, &chain, length);
}

static void layout_of_every_size(void **state)
{
    (void)state;
    VIRTQUEUE_LAYOUT layout = {.Length = 77};

    for (uint32_t size = 0; size <= 65535; size++) {
        bool legal = size >= 2 && size <= 32768 && (size & (size - 1)) == 0;

        assert_int_equal(VirtqueueLayoutModern((uint16_t)size, &layout), legal);
        if (!legal) {
            assert_int_equal(VirtqueueStateSize((uint16_t)size), 0);
            continue;
        }
        /* Every part within the block, apart, aligned, event words included. */
        assert_true(layout.AvailOffset >= 16 * size && layout.AvailOffset % VIRTQ_AVAIL_ALIGN == 0);
        assert_true(layout.UsedOffset >= layout.AvailOffset + 6 + 2 * size);
        assert_true(layout.UsedOffset % VIRTQ_USED_ALIGN == 0);
        assert_true(layout.Length >= layout.UsedOffset + 6 + 8 * size);
        assert_int_equal(layout.Size, size);

        /* The legacy formula: descriptors and available ring, then the used ring on the next page. */
        assert_true(VirtqueueLayoutLegacy((uint16_t)size, &layout));
        assert_int_equal(layout.AvailOffset, 16 * size);
        assert_int_equal(layout.UsedOffset, (16 * size + 2 * (3 + size) + 4095) / 4096 * 4096);
        assert_int_equal(layout.Length, layout.UsedOffset + (2 * 3 + 8 * size + 4095) / 4096 * 4096);
        assert_int_equal(layout.Alignment, 4096);
    }
}

static void layout_bad_arguments_touch_nothing(void **state)
{
    (void)state;
    VIRTQUEUE_OPTIONS options = {.Indirect = true};
    VIRTQUEUE_RING good, bad;
    size_t length = VirtqueueStateSize(SIZE);

    create(true, false);
    good = ring;
    memset(&queue, 0x5A, sizeof(queue));
    assert_int_equal(VirtqueueInit(NULL, &good, &options, state_memory, length), VirtqueueBadArgument);
    assert_int_equal(VirtqueueInit(&queue, NULL, &options, state_memory, length), VirtqueueBadArgument);
    assert_int_equal(VirtqueueInit(&queue, &good, NULL, state_memory, length), VirtqueueBadArgument);
    assert_int_equal(VirtqueueInit(&queue, &good, &options, NULL, length), VirtqueueBadArgument);
    assert_int_equal(VirtqueueInit(&queue, &good, &options, state_memory, length - 1), VirtqueueBadArgument);
    assert_int_equal(VirtqueueInit(&queue, &good, &options, (uint8_t *)state_memory + 1, length), VirtqueueBadArgument);
    bad = good;
    bad.Size = 6;
    assert_int_equal(VirtqueueInit(&queue, &bad, &options, state_memory, length), VirtqueueBadArgument);
    bad = good;
    bad.DescPhysical += 8;
    assert_int_equal(VirtqueueInit(&queue, &bad, &options, state_memory, length), VirtqueueBadArgument);
    bad = good;
    bad.Avail = (VIRTQ_AVAIL *)(void *)((uint8_t *)bad.Avail + 1);
    assert_int_equal(VirtqueueInit(&queue, &bad, &options, state_memory, length), VirtqueueBadArgument);
    bad = good;
    bad.UsedPhysical += 2;
    assert_int_equal(VirtqueueInit(&queue, &bad, &options, state_memory, length), VirtqueueBadArgument);
    bad = good;
    bad.Used = NULL;
    assert_int_equal(VirtqueueInit(&queue, &bad, &options, state_memory, length), VirtqueueBadArgument);
    for (size_t i = 0; i < sizeof(queue); i++) {
        assert_int_equal(((uint8_t *)&queue)[i], 0x5A);
    }
}

static void add_full_changes_nothing(void **state)
{
    (void)state;
    uint32_t token = 0x77777777;
    VIRTQUEUE before;

    create(false, false);
    assert_int_equal(add(5, 0, NULL), VirtqueueOk);
    before = queue;
    assert_int_equal(add(4, 1, &token), VirtqueueFull);
    assert_memory_equal(&before, &queue, sizeof(queue));
    assert_int_equal(token, 0x77777777);
    assert_int_equal(add(3, 1, &token), VirtqueueOk);
    assert_int_equal(VirtqueueFreeCount(&queue), 0);
    assert_int_equal(VirtqueueOutstandingCount(&queue), 2);
    assert_int_equal(add(1, 2, NULL), VirtqueueFull);
}

static void add_never_longer_than_the_queue(void **state)
{
    (void)state;
    create(false, false);
    assert_int_equal(add(SIZE + 1, 0, NULL), VirtqueueTooLong);
    assert_int_equal(add(SIZE, 0, NULL), VirtqueueOk);
    /* Indirect descriptors do not lift the limit. */
    create(true, false);
    assert_int_equal(add(SIZE + 1, 0, NULL), VirtqueueTooLong);
    assert_int_equal(add(SIZE, 0, NULL), VirtqueueOk);
    assert_int_equal(VirtqueueFreeCount(&queue), SIZE - 1);
}

static void add_bad_arguments(void **state)
{
    (void)state;
    for (int indirect = 0; indirect < 2; indirect++) {
        create(indirect != 0, false);
        assert_int_equal(VirtqueueAdd(&queue, table, 0, 0, 0, &cookies[0], NULL), VirtqueueBadArgument);
        assert_int_equal(VirtqueueAdd(&queue, chain_of(1), 0, 1, 0, NULL, NULL), VirtqueueBadArgument);
        assert_int_equal(VirtqueueAdd(&queue, chain_of(3), 0, 3, 0, NULL, NULL), VirtqueueBadArgument);
        assert_int_equal(VirtqueueAvailIndex(&queue), 0);
    }
}

static void add_indirect_costs_one_descriptor(void **state)
{
    (void)state;
    struct model_chain chain;

    create(true, false);
    for (int i = 0; i < SIZE; i++) {
        assert_int_equal(add(SIZE, i, NULL), VirtqueueOk);
    }
    assert_int_equal(add(2, SIZE, NULL), VirtqueueFull);
    (void)chain_of(SIZE); /* all of them share the one table */
    VirtqueuePublish(&queue);
    for (int i = 0; i < SIZE; i++) {
        assert_true(model_fetch(&model, &chain));
        assert_true(chain.indirect);
        assert_int_equal(chain.count, SIZE);
    }
    /* A single descriptor has nothing to gain from a table. */
    create(true, false);
    assert_int_equal(add(1, 0, NULL), VirtqueueOk);
    VirtqueuePublish(&queue);
    assert_true(model_fetch(&model, &chain));
    assert_false(chain.indirect);
}

static void add_is_invisible_until_published(void **state)
{
    (void)state;
    struct model_chain chain;

    create(true, false);
    assert_int_equal(add(2, 0, NULL), VirtqueueOk);
    assert_int_equal(add(2, 1, NULL), VirtqueueOk);
    assert_false(model_fetch(&model, &chain));
    VirtqueuePublish(&queue);
    assert_true(model_fetch(&model, &chain));
    assert_true(model_fetch(&model, &chain));
    assert_false(model_fetch(&model, &chain));
}

static void kick_once_per_batch(void **state)
{
    (void)state;
    for (int event_idx = 0; event_idx < 2; event_idx++) {
        unsigned kicks = 0;

        create(true, event_idx != 0);
        assert_false(VirtqueueKickNeeded(&queue)); /* nothing added: no doorbell */
        for (int batch = 0; batch < 1000; batch++) {
            VIRTQUEUE_COMPLETION completion;

            assert_false(model_sleep(&model));
            for (int i = 0; i < SIZE; i++) {
                assert_int_equal(add(3, i, NULL), VirtqueueOk);
            }
            for (int again = 0; again < 3; again++) {
                kicks += VirtqueueKickNeeded(&queue);
            }
            for (int i = 0; i < SIZE; i++) {
                serve(0);
                assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
            }
        }
        assert_int_equal(kicks, 1000);
    }
}

static void kick_not_while_the_device_is_busy(void **state)
{
    (void)state;
    for (int event_idx = 0; event_idx < 2; event_idx++) {
        create(true, event_idx != 0);
        assert_int_equal(add(2, 0, NULL), VirtqueueOk);
        assert_true(VirtqueueKickNeeded(&queue)); /* a fresh device waits at entry 0 */
        serve(0);
        model_busy(&model);
        for (int i = 1; i < 5; i++) {
            assert_int_equal(add(2, i, NULL), VirtqueueOk);
            assert_false(VirtqueueKickNeeded(&queue));
        }
        /* It sees that there is something before it sleeps. */
        assert_true(model_sleep(&model));
        for (int i = 1; i < 5; i++) {
            serve(0);
        }
        assert_false(model_sleep(&model));
        assert_int_equal(add(2, 5, NULL), VirtqueueOk);
        assert_true(VirtqueueKickNeeded(&queue));
    }
}

/* The device falls asleep between publishing and the look at its wish: the driver must still see it. */
static void sleep_now(void *context)
{
    (void)context;
    assert_true(model_sleep(&model)); /* it sees the new entry, because it was published before the barrier */
    fake_at_full_barrier = NULL;
}

static void kick_sees_a_device_that_falls_asleep(void **state)
{
    (void)state;
    for (int event_idx = 0; event_idx < 2; event_idx++) {
        create(true, event_idx != 0);
        model_busy(&model);
        assert_int_equal(add(2, 0, NULL), VirtqueueOk);
        fake_at_full_barrier = sleep_now;
        assert_true(VirtqueueKickNeeded(&queue));
        assert_null(fake_at_full_barrier);
    }
}

static void kick_flag_of_the_other_scheme_is_ignored(void **state)
{
    (void)state;
    /* "The driver MUST ignore the lower bit of flags" under EVENT_IDX, and avail_event without it. */
    create(true, true);
    ring.Used->Flags = VIRTQ_USED_F_NO_NOTIFY;
    assert_int_equal(add(2, 0, NULL), VirtqueueOk);
    assert_true(VirtqueueKickNeeded(&queue));
    create(true, false);
    *(uint16_t *)(void *)&ring.Used->Ring[SIZE] = 0x8000;
    assert_int_equal(add(2, 0, NULL), VirtqueueOk);
    assert_true(VirtqueueKickNeeded(&queue));
}

static void interrupts_suppressed_and_allowed(void **state)
{
    (void)state;
    for (int event_idx = 0; event_idx < 2; event_idx++) {
        struct model_chain chain;
        VIRTQUEUE_COMPLETION completion;

        create(true, event_idx != 0);
        for (int i = 0; i < 6; i++) {
            assert_int_equal(add(2, i, NULL), VirtqueueOk);
        }
        VirtqueuePublish(&queue);
        assert_true(model_fetch(&model, &chain));
        assert_true(model_complete(&model, &chain, 0)); /* allowed from the start */
        VirtqueueSuppressInterrupts(&queue);
        for (int i = 0; i < 2; i++) {
            assert_true(model_fetch(&model, &chain));
            assert_false(model_complete(&model, &chain, 0));
        }
        assert_true(VirtqueueAllowInterrupts(&queue)); /* three are there: go on */
        for (int i = 0; i < 3; i++) {
            assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
        }
        assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueEmpty);
        assert_false(VirtqueueAllowInterrupts(&queue));
        assert_true(model_fetch(&model, &chain));
        assert_true(model_complete(&model, &chain, 0));
        assert_true(VirtqueueHasCompletions(&queue));
    }
}

static void interrupts_suppressed_before_the_first(void **state)
{
    (void)state;
    for (int event_idx = 0; event_idx < 2; event_idx++) {
        struct model_chain chain;

        /* Nothing has passed the event index yet. */
        create(true, event_idx != 0);
        assert_int_equal(add(2, 0, NULL), VirtqueueOk);
        VirtqueuePublish(&queue);
        VirtqueueSuppressInterrupts(&queue);
        assert_true(model_fetch(&model, &chain));
        assert_false(model_complete(&model, &chain, 0));
    }
}

static void complete_now(void *context)
{
    struct model_chain chain;

    (void)context;
    fake_at_full_barrier = NULL;
    assert_true(model_fetch(&model, &chain));
    (void)model_complete(&model, &chain, 0);
}

static void interrupts_allowed_sees_a_late_completion(void **state)
{
    (void)state;
    for (int event_idx = 0; event_idx < 2; event_idx++) {
        create(true, event_idx != 0);
        assert_int_equal(add(2, 0, NULL), VirtqueueOk);
        VirtqueuePublish(&queue);
        VirtqueueSuppressInterrupts(&queue);
        fake_at_full_barrier = complete_now;
        assert_true(VirtqueueAllowInterrupts(&queue));
    }
}

static void get_in_any_order_with_the_right_cookie(void **state)
{
    (void)state;
    struct model_chain chain[4];
    uint32_t token[4];
    VIRTQUEUE_COMPLETION completion;
    static const int order[] = {2, 0, 3, 1};

    create(false, false);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(add(2, i, &token[i]), VirtqueueOk);
    }
    VirtqueuePublish(&queue);
    for (int i = 0; i < 4; i++) {
        assert_true(model_fetch(&model, &chain[i]));
    }
    for (int i = 0; i < 4; i++) {
        (void)model_complete(&model, &chain[order[i]], (uint32_t)(10 + i));
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
        assert_ptr_equal(completion.Cookie, &cookies[order[i]]);
        assert_int_equal(completion.Token, token[order[i]]);
        assert_int_equal(completion.Length, 10 + i);
    }
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueEmpty);
    assert_int_equal(VirtqueueFreeCount(&queue), SIZE);
}

static void get_writes_nothing_when_there_is_nothing(void **state)
{
    (void)state;
    VIRTQUEUE_COMPLETION completion, before;

    create(true, false);
    memset(&completion, 0x3C, sizeof(completion));
    before = completion;
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueEmpty);
    assert_int_equal(add(2, 0, NULL), VirtqueueOk);
    VirtqueuePublish(&queue);
    ring.Used->Index = 9;
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCorrupt);
    assert_memory_equal(&completion, &before, sizeof(before));
}

static void token_dies_with_its_chain(void **state)
{
    (void)state;
    uint32_t first, second;
    VIRTQUEUE_COMPLETION completion;

    create(true, false);
    assert_int_equal(add(2, 0, &first), VirtqueueOk);
    assert_ptr_equal(VirtqueueCookie(&queue, first), &cookies[0]);
    VirtqueuePublish(&queue);
    serve(0);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
    assert_null(VirtqueueCookie(&queue, first));
    /* The same slot again: the old token must not name the new chain. */
    assert_int_equal(add(2, 1, &second), VirtqueueOk);
    assert_int_equal(first & 0xFFFF, second & 0xFFFF);
    assert_int_not_equal(first, second);
    assert_null(VirtqueueCookie(&queue, first));
    assert_ptr_equal(VirtqueueCookie(&queue, second), &cookies[1]);
    /* Nor after a reset. */
    assert_ptr_equal(VirtqueueDetach(&queue), &cookies[1]);
    VirtqueueReset(&queue);
    assert_int_equal(add(2, 2, &first), VirtqueueOk);
    assert_null(VirtqueueCookie(&queue, second));
    assert_null(VirtqueueCookie(&queue, SIZE));
    assert_null(VirtqueueCookie(&queue, 0xFFFFFFFF));
}

/* What a broken queue may still do: nothing. */
static void expect_broken(VIRTQUEUE_CORRUPTION why)
{
    VIRTQUEUE_COMPLETION completion;

    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCorrupt);
    assert_string_equal(VirtqueueCorruptionToString(queue.Corruption), VirtqueueCorruptionToString(why));
    /* Sticky, even if the device mends its ring. */
    memset(ring.Used, 0, 6 + 8 * SIZE);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCorrupt);
    assert_true(queue.Broken);
    assert_int_equal(add(1, 9, NULL), VirtqueueIsBroken);
    assert_int_equal(add(2, 9, NULL), VirtqueueIsBroken);
    assert_false(VirtqueueKickNeeded(&queue));
    assert_false(VirtqueueAllowInterrupts(&queue));
    assert_true(VirtqueueHasCompletions(&queue));
    assert_int_equal(VirtqueueFreeCount(&queue), 0);
}

static void put_used(uint16_t index, uint32_t id, uint32_t length)
{
    ring.Used->Ring[index % SIZE] = (VIRTQ_USED_ELEM){.Id = id, .Length = length};
    ring.Used->Index = (uint16_t)(index + 1);
}

static void hostile_used_index(void **state)
{
    (void)state;
    VIRTQUEUE_COMPLETION completion;

    for (int published = 0; published < 2; published++) {
        create(true, false);
        assert_int_equal(add(2, 0, NULL), VirtqueueOk);
        if (published) {
            VirtqueuePublish(&queue);
        }
        put_used(0, 0, 0);
        /* Two completions for one chain, and one for a chain that the device was never shown. */
        ring.Used->Index = published ? 2 : 1;
        expect_broken(VirtqueueBadUsedIndex);
        assert_ptr_equal(VirtqueueDetach(&queue), &cookies[0]);
        assert_null(VirtqueueDetach(&queue));
    }
    /* Backwards. */
    create(true, false);
    assert_int_equal(add(2, 0, NULL), VirtqueueOk);
    VirtqueuePublish(&queue);
    serve(0);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
    ring.Used->Index = 0;
    expect_broken(VirtqueueBadUsedIndex);
}

static void hostile_used_id(void **state)
{
    (void)state;
    static const uint32_t ids[] = {SIZE, 0x10000, 0x80000000, 0xFFFFFFFF};

    for (unsigned i = 0; i < 4; i++) {
        create(true, false);
        assert_int_equal(add(2, 0, NULL), VirtqueueOk);
        VirtqueuePublish(&queue);
        put_used(0, ids[i], 0);
        expect_broken(VirtqueueBadUsedId);
    }
}

static void hostile_id_that_is_not_outstanding(void **state)
{
    (void)state;
    VIRTQUEUE_COMPLETION completion;

    /* A free descriptor. */
    create(true, false);
    assert_int_equal(add(2, 0, NULL), VirtqueueOk);
    VirtqueuePublish(&queue);
    put_used(0, 5, 0);
    expect_broken(VirtqueueNotOutstanding);

    /* The middle of a chain. */
    create(false, false);
    assert_int_equal(add(3, 0, NULL), VirtqueueOk);
    VirtqueuePublish(&queue);
    put_used(0, 1, 0);
    expect_broken(VirtqueueNotOutstanding);

    /* The same one twice, while another is outstanding. */
    create(true, false);
    assert_int_equal(add(2, 0, NULL), VirtqueueOk);
    assert_int_equal(add(2, 1, NULL), VirtqueueOk);
    VirtqueuePublish(&queue);
    put_used(0, 0, 0);
    put_used(1, 0, 0);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
    expect_broken(VirtqueueNotOutstanding);
    assert_ptr_equal(VirtqueueDetach(&queue), &cookies[1]);
    assert_null(VirtqueueDetach(&queue));
}

static void hostile_length(void **state)
{
    (void)state;
    VIRTQUEUE_COMPLETION completion;

    create(true, false);
    assert_int_equal(add(2, 0, NULL), VirtqueueOk);
    VirtqueuePublish(&queue);
    put_used(0, 0, 33);
    expect_broken(VirtqueueBadUsedLength);

    /* All of it is fine; and so is none of it, which contract v1 devices report for reads. */
    create(true, false);
    assert_int_equal(add(2, 0, NULL), VirtqueueOk);
    assert_int_equal(add(2, 1, NULL), VirtqueueOk);
    VirtqueuePublish(&queue);
    put_used(0, 0, 32);
    put_used(1, 1, 0);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
    assert_int_equal(completion.Length, 32);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
    assert_int_equal(completion.Length, 0);

    /* A legacy device is not believed, but forgiven. */
    create_sized(SIZE, (VIRTQUEUE_OPTIONS){.Indirect = true, .ClampLength = true});
    assert_int_equal(add(2, 0, NULL), VirtqueueOk);
    VirtqueuePublish(&queue);
    put_used(0, 0, 0xFFFFFFFF);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
    assert_int_equal(completion.Length, 32);
}

static void hostile_scribbling_over_descriptors(void **state)
{
    (void)state;
    VIRTQUEUE_COMPLETION completion;

    /* The descriptor table and the available ring belong to the driver, but a device can write there. */
    create(false, false);
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 2; i++) {
            assert_int_equal(add(4, i, NULL), VirtqueueOk);
        }
        VirtqueuePublish(&queue);
        put_used((uint16_t)(2 * round), ring.Avail->Ring[(2 * round + 1) % SIZE], 0);
        put_used((uint16_t)(2 * round + 1), ring.Avail->Ring[(2 * round) % SIZE], 0);
        memset(ring.Desc, 0xFF, SIZE * sizeof(VIRTQ_DESC));
        memset(ring.Avail, 0xFF, 6 + 2 * SIZE);
        assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
        assert_ptr_equal(completion.Cookie, &cookies[1]);
        assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
        assert_ptr_equal(completion.Cookie, &cookies[0]);
        assert_int_equal(VirtqueueFreeCount(&queue), SIZE);
    }
}

static void reset_returns_every_cookie_once(void **state)
{
    (void)state;
    VIRTQUEUE_COMPLETION completion;
    bool seen[5] = {false};
    int *cookie;
    unsigned count = 0;

    create(false, true);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(add((uint16_t)(1 + i % 2), i, NULL), VirtqueueOk);
    }
    assert_true(VirtqueueKickNeeded(&queue));
    serve(0);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
    serve(0); /* completed by the device, not taken: still the driver's to give back */
    while ((cookie = VirtqueueDetach(&queue)) != NULL) {
        assert_false(seen[cookie - cookies]);
        seen[cookie - cookies] = true;
        count++;
    }
    assert_int_equal(count, 4);
    assert_false(seen[0]);
    assert_null(VirtqueueDetach(&queue));
    assert_int_equal(add(1, 0, NULL), VirtqueueIsBroken);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCorrupt);
    assert_int_equal(queue.Corruption, VirtqueueSound);

    VirtqueueReset(&queue);
    assert_int_equal(VirtqueueFreeCount(&queue), SIZE);
    assert_int_equal(VirtqueueOutstandingCount(&queue), 0);
    assert_int_equal(ring.Avail->Index, 0);
    assert_int_equal(ring.Avail->Flags, 0);
    assert_int_equal(ring.Used->Index, 0);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueEmpty);
    model_init(&model, &ring, &(VIRTQUEUE_OPTIONS){.EventIdx = true});
    assert_int_equal(add(3, 0, NULL), VirtqueueOk);
    assert_true(VirtqueueKickNeeded(&queue));
    serve(0);
    assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
}

/* All 32768 slots of the largest queue at once, several times around the 16-bit indices. */
static void wrap_of_the_largest_queue(void **state)
{
    (void)state;
    for (int event_idx = 0; event_idx < 2; event_idx++) {
        uint16_t size = 32768;
        uint64_t taken = 0;

        create_sized(size, (VIRTQUEUE_OPTIONS){.Indirect = true, .EventIdx = event_idx != 0});
        for (int round = 0; round < 5; round++) {
            VIRTQUEUE_COMPLETION completion;

            assert_false(model_sleep(&model));
            for (int i = 0; i < size; i++) {
                assert_int_equal(add(2, i, NULL), VirtqueueOk);
            }
            assert_int_equal(add(2, size, NULL), VirtqueueFull);
            assert_int_equal(VirtqueueOutstandingCount(&queue), size);
            assert_true(VirtqueueKickNeeded(&queue));
            for (int i = 0; i < size; i++) {
                serve(0);
            }
            for (int i = 0; i < size; i++, taken++) {
                assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueCompleted);
                assert_ptr_equal(completion.Cookie, &cookies[i]);
            }
            assert_int_equal(VirtqueueGet(&queue, &completion), VirtqueueEmpty);
            assert_int_equal(VirtqueueFreeCount(&queue), size);
        }
        assert_int_equal(taken, 5 * 32768);
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(VirtqueueResultToString(VirtqueueTooLong), "TOO_LONG");
    assert_string_equal(VirtqueueResultToString((VIRTQUEUE_RESULT)99), "UNKNOWN");
    assert_string_equal(VirtqueueCorruptionToString(VirtqueueNotOutstanding), "NOT_OUTSTANDING");
    assert_string_equal(VirtqueueCorruptionToString((VIRTQUEUE_CORRUPTION)99), "UNKNOWN");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
    TEST(layout_of_every_size),
    TEST(layout_bad_arguments_touch_nothing),
    TEST(add_full_changes_nothing),
    TEST(add_never_longer_than_the_queue),
    TEST(add_bad_arguments),
    TEST(add_indirect_costs_one_descriptor),
    TEST(add_is_invisible_until_published),
    TEST(kick_once_per_batch),
    TEST(kick_not_while_the_device_is_busy),
    TEST(kick_sees_a_device_that_falls_asleep),
    TEST(kick_flag_of_the_other_scheme_is_ignored),
    TEST(interrupts_suppressed_and_allowed),
    TEST(interrupts_suppressed_before_the_first),
    TEST(interrupts_allowed_sees_a_late_completion),
    TEST(get_in_any_order_with_the_right_cookie),
    TEST(get_writes_nothing_when_there_is_nothing),
    TEST(token_dies_with_its_chain),
    TEST(hostile_used_index),
    TEST(hostile_used_id),
    TEST(hostile_id_that_is_not_outstanding),
    TEST(hostile_length),
    TEST(hostile_scribbling_over_descriptors),
    TEST(reset_returns_every_cookie_once),
    TEST(wrap_of_the_largest_queue),
    TEST(names),
};

UNIT_MAIN(tests)
