/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The control queue: replies, deadlines and late replies, cancelling. */
#include "unit.h"

#include "control.h"
#include "formats.h"
#include "snd_device.h"
#include "stream.h"

struct control_bench {
    SND_CONTROL control;
    SND_DIALECT dialect;
    struct snd_device device;
    void *dma, *state;
};

static struct control_bench *control_open(uint64_t features)
{
    struct control_bench *bench = calloc(1, sizeof(*bench));
    SND_CONTROL_LAYOUT layout;

    assert_non_null(bench);
    assert_true(SndControlLayout(64, &layout));
    bench->dma = device_pages(layout.DmaBytes);
    bench->state = malloc(layout.StateBytes);
    SndDialectChoose(&bench->dialect, SndDialectAuto, false);
    assert_true(SndControlInit(&bench->control, &layout, bench->dma, (uintptr_t)bench->dma, bench->state, features,
                               &bench->dialect));
    device_init(&bench->device, &bench->control.Queue);
    assert_int_equal(SndControlFreeSlots(&bench->control), SND_CONTROL_SLOTS);
    return bench;
}

static void control_close(struct control_bench *bench)
{
    free(bench->state);
    free(bench->dma);
    free(bench);
}

static struct device_chain chain_of(struct control_bench *bench)
{
    struct device_chain chain;

    (void)VirtqueueKickNeeded(&bench->control.Queue);
    assert_true(device_take(&bench->device, &chain));
    return chain;
}

static void answer(struct control_bench *bench, const struct device_chain *chain, uint32_t status)
{
    device_write(chain, 0, &status, 4);
    device_complete(&bench->device, chain, 4);
}

static SND_CONTROL_SLOT *start(struct control_bench *bench, uint64_t deadline)
{
    SND_CONTROL_SLOT *slot;

    assert_int_equal(SndControlSimple(&bench->control, VIRTIO_SND_R_PCM_START, 7, deadline, bench, &slot), SndOk);
    return slot;
}

static void control_engine_success_in_both_ring_forms(void **state)
{
    (void)state;
    for (int indirect = 0; indirect < 2; indirect++) {
        struct control_bench *bench = control_open(indirect ? VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) : 0);
        SND_CONTROL_SLOT *slot = start(bench, 100);
        struct device_chain chain = chain_of(bench);
        uint8_t request[8];
        bool broken;

        assert_int_equal(chain.readable, 8);
        assert_int_equal(chain.writable, 4);
        device_read(&chain, request, 8);
        assert_int_equal(SndLoad32(request), VIRTIO_SND_R_PCM_START);
        assert_int_equal(SndLoad32(request + 4), 7);
        assert_null(SndControlReap(&bench->control, &broken));
        answer(bench, &chain, VIRTIO_SND_S_OK);
        assert_ptr_equal(SndControlReap(&bench->control, &broken), slot);
        assert_int_equal(slot->Result, SndOk);
        assert_ptr_equal(slot->Context, bench);
        assert_null(SndControlExpire(&bench->control, 1000));
        SndControlRelease(&bench->control, slot);
        assert_int_equal(SndControlFreeSlots(&bench->control), SND_CONTROL_SLOTS);
        control_close(bench);
    }
}

static void control_engine_every_status(void **state)
{
    static const SND_RESULT results[] = {SndOk, SndBadMessage, SndNotSupported, SndIoError, SndMalformed};
    struct control_bench *bench = control_open(0);
    bool broken;

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        SND_CONTROL_SLOT *slot = start(bench, 100);
        struct device_chain chain = chain_of(bench);

        answer(bench, &chain, VIRTIO_SND_S_OK + i);
        assert_ptr_equal(SndControlReap(&bench->control, &broken), slot);
        assert_int_equal(slot->Result, results[i]);
        SndControlRelease(&bench->control, slot);
    }
    control_close(bench);
}

static void control_engine_timeout(void **state)
{
    struct control_bench *bench = control_open(0);
    SND_CONTROL_SLOT *first = start(bench, 100), *second = start(bench, 50);

    (void)state;
    assert_null(SndControlExpire(&bench->control, 49));
    assert_ptr_equal(SndControlExpire(&bench->control, 50), second);
    assert_null(SndControlExpire(&bench->control, 99));
    assert_ptr_equal(SndControlExpire(&bench->control, UINT64_MAX), first);
    assert_int_equal(first->Result, SndTimeout);
    assert_int_equal(bench->control.Timeouts, 2);
    SndControlRelease(&bench->control, first);
    SndControlRelease(&bench->control, second);
    assert_int_equal(SndControlFreeSlots(&bench->control), SND_CONTROL_SLOTS - 2); /* the device has them */
    control_close(bench);
}

static void control_engine_late_completion_frees_the_slot(void **state)
{
    struct control_bench *bench = control_open(0);
    SND_CONTROL_SLOT *slot = start(bench, 10), *other = start(bench, 10);
    struct device_chain chain = chain_of(bench), next = chain_of(bench);
    bool broken;

    (void)state;
    assert_ptr_equal(SndControlExpire(&bench->control, 20), slot);
    assert_ptr_equal(SndControlExpire(&bench->control, 20), other);
    SndControlRelease(&bench->control, slot);
    /* One reply after its caller has gone, the other while the caller still looks at the timeout. */
    answer(bench, &chain, VIRTIO_SND_S_OK);
    answer(bench, &next, VIRTIO_SND_S_OK);
    assert_null(SndControlReap(&bench->control, &broken));
    assert_false(broken);
    assert_int_equal(bench->control.LateReplies, 2);
    assert_int_equal(other->Result, SndTimeout);
    assert_int_equal(SndControlItems(other), 0);
    assert_int_equal(SndControlFreeSlots(&bench->control), SND_CONTROL_SLOTS - 1);
    SndControlRelease(&bench->control, other);
    assert_int_equal(SndControlFreeSlots(&bench->control), SND_CONTROL_SLOTS);
    control_close(bench);
}

static void control_engine_a_late_reply_answers_nobody_else(void **state)
{
    struct control_bench *bench = control_open(0);
    SND_CONTROL_SLOT *slot = start(bench, 10), *fresh;
    struct device_chain chain = chain_of(bench), next;
    bool broken;

    (void)state;
    assert_ptr_equal(SndControlExpire(&bench->control, 20), slot);
    SndControlRelease(&bench->control, slot);
    fresh = start(bench, 100);
    assert_ptr_not_equal(fresh, slot);
    next = chain_of(bench);
    answer(bench, &chain, VIRTIO_SND_S_IO_ERR);
    assert_null(SndControlReap(&bench->control, &broken));
    assert_int_equal(fresh->State, SndControlSent);
    answer(bench, &next, VIRTIO_SND_S_OK);
    assert_ptr_equal(SndControlReap(&bench->control, &broken), fresh);
    assert_int_equal(fresh->Result, SndOk);
    control_close(bench);
}

static void control_engine_cancel_all_in_order(void **state)
{
    struct control_bench *bench = control_open(VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC));
    SND_CONTROL_SLOT *slots[5], *late;
    struct device_chain chain;

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        slots[i] = start(bench, i == 2 ? 5 : 100);
    }
    chain = chain_of(bench);
    (void)chain;
    late = SndControlExpire(&bench->control, 5);
    assert_ptr_equal(late, slots[2]);
    SndControlRelease(&bench->control, slots[4]); /* nobody waits for it any more */
    assert_ptr_equal(SndControlCancel(&bench->control), slots[0]);
    assert_int_equal(slots[0]->Result, SndCancelled);
    assert_ptr_equal(SndControlCancel(&bench->control), slots[1]);
    assert_ptr_equal(SndControlCancel(&bench->control), slots[3]);
    assert_null(SndControlCancel(&bench->control));
    assert_int_equal(late->Result, SndTimeout);
    for (unsigned i = 0; i < 4; i++) {
        SndControlRelease(&bench->control, slots[i]);
    }
    assert_int_equal(SndControlFreeSlots(&bench->control), SND_CONTROL_SLOTS);
    device_init(&bench->device, &bench->control.Queue);
    assert_non_null(start(bench, 100)); /* works again */
    (void)chain_of(bench);
    control_close(bench);
}

static void control_engine_slots_run_out(void **state)
{
    struct control_bench *bench = control_open(VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC));
    SND_CONTROL_SLOT *slot;

    (void)state;
    for (unsigned i = 0; i < SND_CONTROL_SLOTS; i++) {
        (void)start(bench, 100);
    }
    assert_int_equal(SndControlSimple(&bench->control, VIRTIO_SND_R_PCM_STOP, 0, 1, NULL, &slot), SndBusy);
    assert_null(slot);
    control_close(bench);
    bench = control_open(0);
    assert_int_equal(SndControlSimple(&bench->control, 0x999, 0, 1, NULL, &slot), SndInvalid);
    assert_int_equal(SndControlQuery(&bench->control, VIRTIO_SND_R_PCM_INFO, 0, 3, 2, 1, NULL, &slot), SndInvalid);
    assert_int_equal(SndControlFreeSlots(&bench->control), SND_CONTROL_SLOTS);
    control_close(bench);
}

static void control_engine_pcm_info_caps(void **state)
{
    struct control_bench *bench = control_open(VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC));
    uint8_t reply[4 + 64] = {0x00, 0x80};
    SND_STREAM_INFO streams[2];
    SND_CONTROL_SLOT *slot;
    struct device_chain chain;
    bool broken;

    (void)state;
    assert_int_equal(SndControlQuery(&bench->control, VIRTIO_SND_R_PCM_INFO, 0, 2, 2, 9, NULL, &slot), SndOk);
    chain = chain_of(bench);
    assert_int_equal(chain.readable, 16);
    assert_int_equal(chain.writable, 68);
    for (unsigned i = 0; i < 2; i++) {
        SndStore32(reply + 4 + 32 * i + 8, i == 0 ? 1u << 5 : 1u << 17);
        SndStore32(reply + 4 + 32 * i + 16, 1u << 7);
        reply[4 + 32 * i + 24] = (uint8_t)i;
        reply[4 + 32 * i + 25] = 1;
        reply[4 + 32 * i + 26] = 2;
    }
    device_write(&chain, 0, reply, sizeof(reply));
    device_complete(&bench->device, &chain, sizeof(reply));
    assert_ptr_equal(SndControlReap(&bench->control, &broken), slot);
    assert_int_equal(SndControlItems(slot), 2);
    memset(bench->dma, 0xFF, 4096); /* a device that thinks better of it afterwards */
    for (uint32_t i = 0; i < 2; i++) {
        assert_true(SndDecodeStream(&bench->dialect, SndControlItem(slot, i), i, &streams[i]));
    }
    assert_true(SndHasBaseline(&streams[0]));
    assert_false(SndHasBaseline(&streams[1])); /* S32 only: missing baseline, still something to offer */
    assert_int_equal(SndFindStream(streams, 2, VIRTIO_SND_D_INPUT)->Id, 1);
    control_close(bench);
}

static void control_engine_short_and_missing_replies(void **state)
{
    struct control_bench *bench = control_open(0);
    bool broken;

    (void)state;
    for (uint32_t length = 0; length < 4; length++) {
        SND_CONTROL_SLOT *slot = start(bench, 100);
        struct device_chain chain = chain_of(bench);
        uint32_t status = VIRTIO_SND_S_OK;

        device_write(&chain, 0, &status, 4);
        device_complete(&bench->device, &chain, length);
        assert_ptr_equal(SndControlReap(&bench->control, &broken), slot);
        assert_int_equal(slot->Result, SndMalformed);
        SndControlRelease(&bench->control, slot);
    }
    {
        SND_CONTROL_SLOT *slot = start(bench, 100);
        struct device_chain chain = chain_of(bench);

        device_complete(&bench->device, &chain, 4); /* nothing written */
        assert_ptr_equal(SndControlReap(&bench->control, &broken), slot);
        assert_int_equal(slot->Result, SndMalformed);
    }
    assert_int_equal(bench->control.Malformed, 5);
    control_close(bench);
}

static void control_engine_corrupt_queue_is_reported(void **state)
{
    struct control_bench *bench = control_open(0);
    SND_CONTROL_SLOT *slot = start(bench, 100), *refused;
    struct device_chain chain = chain_of(bench);
    bool broken;

    (void)state;
    device_complete(&bench->device, &chain, 5); /* more than there is room for */
    assert_null(SndControlReap(&bench->control, &broken));
    assert_true(broken);
    assert_int_equal(SndControlSimple(&bench->control, VIRTIO_SND_R_PCM_STOP, 0, 1, NULL, &refused), SndBroken);
    assert_ptr_equal(SndControlCancel(&bench->control), slot);
    assert_null(SndControlCancel(&bench->control));
    control_close(bench);
}

/* The reply that comes too late frees its request and says nothing about the stream any more. */
static void proto_timeout_then_late_completion(void **state)
{
    struct control_bench *bench = control_open(0);
    SND_CONTROL_SLOT *slot;
    struct device_chain chain;
    SND_STREAM stream;
    bool broken;

    (void)state;
    SndStreamInit(&stream);
    SndStreamSetGoal(&stream, SndGoalPause);
    assert_int_equal(SndStreamSent(&stream, SndRequestSet), SndTransitionLegal);
    SndStreamDone(&stream, SndOk);
    assert_int_equal(SndStreamSent(&stream, SndRequestPrepare), SndTransitionLegal);
    assert_int_equal(SndControlSimple(&bench->control, SndRequestCode(stream.Out), 7, 10, bench, &slot), SndOk);
    chain = chain_of(bench);
    assert_ptr_equal(SndControlExpire(&bench->control, 10), slot);
    SndStreamDone(&stream, slot->Result);
    SndControlRelease(&bench->control, slot);
    assert_int_equal(stream.State, SndStreamUnknown);
    assert_int_equal(SndControlFreeSlots(&bench->control), SND_CONTROL_SLOTS - 1);
    answer(bench, &chain, VIRTIO_SND_S_OK);
    assert_null(SndControlReap(&bench->control, &broken));
    assert_false(broken);
    assert_int_equal(SndControlFreeSlots(&bench->control), SND_CONTROL_SLOTS);
    assert_int_equal(stream.State, SndStreamUnknown);
    SndStreamSetGoal(&stream, SndGoalPause);
    assert_int_equal(SndStreamNext(&stream), SndRequestRelease);
    control_close(bench);
}

static void proto_cancel_frees_every_request(void **state)
{
    struct control_bench *bench = control_open(0);
    SND_CONTROL_SLOT *slots[SND_CONTROL_SLOTS];
    SND_STREAM stream;

    (void)state;
    SndStreamInit(&stream);
    SndStreamSetGoal(&stream, SndGoalRun);
    assert_int_equal(SndStreamSent(&stream, SndRequestSet), SndTransitionLegal);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < SND_CONTROL_SLOTS; i++) {
            slots[i] = start(bench, 100);
        }
        assert_int_equal(SndControlFreeSlots(&bench->control), 0);
        for (unsigned i = 0; i < SND_CONTROL_SLOTS; i++) {
            assert_ptr_equal(SndControlCancel(&bench->control), slots[i]);
            assert_int_equal(slots[i]->Result, SndCancelled);
            SndControlRelease(&bench->control, slots[i]);
        }
        assert_null(SndControlCancel(&bench->control));
        assert_int_equal(SndControlFreeSlots(&bench->control), SND_CONTROL_SLOTS);
        assert_int_equal(VirtqueueFreeCount(&bench->control.Queue), 64);
    }
    SndStreamDeviceReset(&stream);
    SndStreamDone(&stream, SndCancelled); /* of the request that the reset has ended */
    assert_true(stream.State == SndStreamReleased && stream.Failure == SndOk);
    assert_int_equal(SndStreamNext(&stream), SndRequestSet);
    control_close(bench);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(control_engine_success_in_both_ring_forms),
    cmocka_unit_test(control_engine_every_status),
    cmocka_unit_test(control_engine_timeout),
    cmocka_unit_test(control_engine_late_completion_frees_the_slot),
    cmocka_unit_test(control_engine_a_late_reply_answers_nobody_else),
    cmocka_unit_test(control_engine_cancel_all_in_order),
    cmocka_unit_test(control_engine_slots_run_out),
    cmocka_unit_test(control_engine_pcm_info_caps),
    cmocka_unit_test(control_engine_short_and_missing_replies),
    cmocka_unit_test(control_engine_corrupt_queue_is_reported),
    cmocka_unit_test(proto_timeout_then_late_completion),
    cmocka_unit_test(proto_cancel_frees_every_request),
};

UNIT_MAIN(tests)
