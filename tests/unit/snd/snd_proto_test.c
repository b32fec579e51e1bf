/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Requests, replies, statuses and events as bytes, in both dialects; streams as a state machine. */
#include "unit.h"

#include "stream.h"
#include "wire.h"

extern const unsigned long long snd_theirs[];

static const struct {
    const char *name;
    unsigned long long value;
} ours[] = {
#define SAME(name) {#name, name},
#define PAIR(mine, theirs) {#mine, mine},
#include "snd_constants.h"
};

static SND_DIALECT dialect_of(uint32_t registry, bool contract)
{
    SND_DIALECT dialect;

    SndDialectChoose(&dialect, registry, contract);
    return dialect;
}

static void constants_match_the_kernel(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (ours[i].value != snd_theirs[i]) {
            print_error("%s: ours %llu, the kernel's %llu\n", ours[i].name, ours[i].value, snd_theirs[i]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void dialect_follows_layout_and_registry(void **state)
{
    (void)state;
    assert_int_equal(dialect_of(0, false).Shape, SndShapeStandard);
    assert_int_equal(dialect_of(0, true).Shape, SndShapeAero);
    assert_int_equal(dialect_of(1, true).Shape, SndShapeStandard);
    assert_int_equal(dialect_of(2, false).Shape, SndShapeAero);
    assert_int_equal(dialect_of(77, true).Shape, SndShapeAero); /* no such value: automatic */
    assert_false(dialect_of(77, true).Insisted);
}

static void dialect_is_confirmed_by_the_first_reply(void **state)
{
    SND_DIALECT dialect = dialect_of(0, false);

    (void)state;
    SndDialectConfirm(&dialect, 0xDEAD);
    assert_false(dialect.Confirmed);
    SndDialectConfirm(&dialect, VIRTIO_SND_S_NOT_SUPP);
    assert_true(dialect.Confirmed && !dialect.Mismatch);
    SndDialectConfirm(&dialect, 0);
    assert_int_equal(dialect.Shape, SndShapeStandard);
    assert_int_equal(SndStatusDecode(&dialect, 0), SndMalformed);

    dialect = dialect_of(0, false);
    SndDialectConfirm(&dialect, 3);
    assert_true(dialect.Mismatch);
    assert_int_equal(dialect.Shape, SndShapeAero);
    assert_int_equal(SndXferBytes(&dialect), 8);

    dialect = dialect_of(1, false); /* who insists on a shape keeps it, and is understood all the same */
    SndDialectConfirm(&dialect, 0);
    assert_true(dialect.Mismatch);
    assert_int_equal(dialect.Shape, SndShapeStandard);
    assert_int_equal(SndXferBytes(&dialect), 4);
    assert_int_equal(SndStatusDecode(&dialect, 1), SndBadMessage);
}

static void status_every_word_of_both_sets(void **state)
{
    static const SND_RESULT results[] = {SndOk, SndBadMessage, SndNotSupported, SndIoError};
    SND_DIALECT standard = dialect_of(1, false), aero = dialect_of(2, false);

    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(SndStatusDecode(&standard, VIRTIO_SND_S_OK + i), results[i]);
        assert_int_equal(SndStatusDecode(&aero, i), results[i]);
        assert_int_equal(SndStatusDecode(&standard, i), SndMalformed);
        assert_int_equal(SndStatusDecode(&aero, VIRTIO_SND_S_OK + i), SndMalformed);
    }
    assert_int_equal(SndStatusDecode(&standard, 0x8004), SndMalformed);
    assert_int_equal(SndStatusDecode(&standard, 0x7FFF), SndMalformed);
    assert_int_equal(SndStatusDecode(&aero, 4), SndMalformed);
    assert_int_equal(SndStatusDecode(&aero, SND_STATUS_UNWRITTEN), SndMalformed);
    assert_false(SndResultIsFatal(SndOk));
    assert_false(SndResultIsFatal(SndIoError));
    assert_true(SndResultIsFatal(SndBadMessage) && SndResultIsFatal(SndNotSupported) && SndResultIsFatal(SndMalformed));
    for (int i = 0; i < SndResultCount; i++) {
        assert_string_not_equal(SndResultToString((SND_RESULT)i), "UNKNOWN");
    }
    assert_string_equal(SndResultToString(SndResultCount), "UNKNOWN");
}

static void control_proto_query_packs_16_bytes(void **state)
{
    static const uint8_t expected[16] = {0, 1, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 32, 0, 0, 0};
    uint8_t request[SND_REQUEST_BYTES_MAX];

    (void)state;
    assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_PCM_INFO, 2, 3, 5), 16);
    assert_memory_equal(request, expected, 16);
    assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_JACK_INFO, 0, 2, 2), 16);
    assert_int_equal(request[0], 1);
    assert_int_equal(request[12], 24);
}

static void control_proto_query_stays_inside_the_total(void **state)
{
    uint8_t request[SND_REQUEST_BYTES_MAX];

    (void)state;
    assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_PCM_INFO, 0, 0, 2), 0);
    assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_PCM_INFO, 0, 3, 2), 0);
    assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_PCM_INFO, 2, 1, 2), 0);
    assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_PCM_INFO, 0xFFFFFFFF, 2, 0xFFFFFFFF), 0);
    assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_PCM_INFO, 0, SND_QUERY_ITEMS_MAX + 1, 100), 0);
    assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_PCM_START, 0, 1, 2), 0);
}

static void control_proto_simple_requests(void **state)
{
    static const uint8_t expected[8] = {4, 1, 0, 0, 0x78, 0x56, 0x34, 0x12};
    uint8_t request[SND_REQUEST_BYTES_MAX];

    (void)state;
    assert_int_equal(SndEncodeSimple(request, VIRTIO_SND_R_PCM_START, 0x12345678), 8);
    assert_memory_equal(request, expected, 8);
    assert_int_equal(SndEncodeSimple(request, VIRTIO_SND_R_PCM_PREPARE, 0), 8);
    assert_int_equal(SndEncodeSimple(request, VIRTIO_SND_R_PCM_RELEASE, 0), 8);
    assert_int_equal(SndEncodeSimple(request, VIRTIO_SND_R_PCM_STOP, 0), 8);
    assert_int_equal(SndEncodeSimple(request, VIRTIO_SND_R_PCM_SET_PARAMS, 0), 0);
    assert_int_equal(SndEncodeSimple(request, VIRTIO_SND_R_PCM_STOP + 1, 0), 0);
}

static const SND_STREAM_INFO stream_info = {.Id = 1,
                                            .Features = 1u << VIRTIO_SND_PCM_F_EVT_XRUNS,
                                            .Formats = 1ull << VIRTIO_SND_PCM_FMT_S16,
                                            .Rates = 1ull << VIRTIO_SND_PCM_RATE_48000,
                                            .ChannelsMin = 1,
                                            .ChannelsMax = 2};
static const SND_PARAMS params = {.StreamId = 1,
                                  .BufferBytes = 7680,
                                  .PeriodBytes = 1920,
                                  .Channels = 2,
                                  .Format = VIRTIO_SND_PCM_FMT_S16,
                                  .Rate = VIRTIO_SND_PCM_RATE_48000};

static void proto_set_params_packs_24_bytes(void **state)
{
    static const uint8_t expected[24] = {1, 1, 0, 0, 1, 0, 0, 0, 0, 0x1E, 0, 0, 0x80, 7, 0, 0, 0, 0, 0, 0, 2, 5, 7, 0};
    uint8_t request[SND_REQUEST_BYTES_MAX];

    (void)state;
    memset(request, 0xEE, sizeof(request));
    assert_int_equal(SndEncodeSetParams(request, &params, &stream_info), 24);
    assert_memory_equal(request, expected, 24);
}

static void proto_set_params_says_only_what_the_stream_offers(void **state)
{
    uint8_t request[SND_REQUEST_BYTES_MAX];
    SND_PARAMS bad[10];

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        bad[i] = params;
    }
    bad[0].PeriodBytes = 1921; /* no divider */
    bad[1].PeriodBytes = 0;
    bad[2].BufferBytes = 0;
    bad[3].Features = 1;
    bad[4].Channels = 3;
    bad[5].Channels = 0;
    bad[6].Format = VIRTIO_SND_PCM_FMT_S32;
    bad[7].Rate = VIRTIO_SND_PCM_RATE_44100;
    bad[8].Format = 200;
    bad[9].StreamId = 2;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(SndEncodeSetParams(request, &bad[i], &stream_info), 0);
    }
}

static void control_proto_unaligned_stream_info(void **state)
{
    uint8_t item[33] = {0};
    SND_DIALECT standard = dialect_of(1, false), aero = dialect_of(2, false);
    SND_STREAM_INFO info;

    (void)state;
    SndStore32(item + 1, 9);
    SndStore32(item + 5, 0x10);
    SndStore32(item + 9, 0x20);
    SndStore32(item + 13, 1);
    SndStore32(item + 17, 0x80);
    item[25] = VIRTIO_SND_D_INPUT;
    item[26] = 1;
    item[27] = 4;
    assert_true(SndDecodeStream(&standard, item + 1, 3, &info));
    assert_int_equal(info.Id, 3); /* the first word is the HDA node there */
    assert_true(info.Formats == 0x100000020ull && info.Rates == 0x80 && info.Features == 0x10);
    assert_true(info.Direction == 1 && info.ChannelsMin == 1 && info.ChannelsMax == 4);
    assert_true(SndDecodeStream(&aero, item + 1, 3, &info));
    assert_int_equal(info.Id, 9);
    item[25] = 2;
    assert_false(SndDecodeStream(&aero, item + 1, 3, &info));
    item[25] = 0;
    item[26] = 5; /* more at least than at most */
    assert_false(SndDecodeStream(&aero, item + 1, 3, &info));
    assert_int_equal(info.Formats, 0);
    item[26] = item[27] = 0;
    assert_false(SndDecodeStream(&aero, item + 1, 3, &info));
}

static void control_proto_reply_items_are_whole(void **state)
{
    (void)state;
    assert_int_equal(SndReplyItems(VIRTIO_SND_R_PCM_INFO, 4 + 64, 2), 2);
    assert_int_equal(SndReplyItems(VIRTIO_SND_R_PCM_INFO, 4 + 63, 2), 1);
    assert_int_equal(SndReplyItems(VIRTIO_SND_R_PCM_INFO, 4 + 320, 2), 2);
    assert_int_equal(SndReplyItems(VIRTIO_SND_R_PCM_INFO, 4, 2), 0);
    assert_int_equal(SndReplyItems(VIRTIO_SND_R_PCM_INFO, 3, 2), 0);
    assert_int_equal(SndReplyItems(VIRTIO_SND_R_PCM_INFO, 0, 2), 0);
    assert_int_equal(SndReplyItems(VIRTIO_SND_R_JACK_INFO, 4 + 24, 2), 1);
    assert_int_equal(SndReplyItems(VIRTIO_SND_R_PCM_STOP, 400, 2), 0);
}

static void event_proto_every_kind(void **state)
{
    static const struct {
        uint32_t code;
        SND_EVENT_KIND kind;
    } events[] = {{0x1000, SndEventJackConnected},
                  {0x1001, SndEventJackDisconnected},
                  {0x1100, SndEventPeriodElapsed},
                  {0x1101, SndEventXrun},
                  {0x1200, SndEventControl},
                  {0x1002, SndEventUnknown},
                  {0, SndEventUnknown},
                  {0xFFFFFFFF, SndEventUnknown}};
    uint8_t buffer[64] = {0};
    SND_EVENT event;

    (void)state;
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        SndStore32(buffer + 1, events[i].code);
        SndStore32(buffer + 5, 0xA1B2C3D4);
        SndDecodeEvent(buffer + 1, 8, &event);
        assert_int_equal(event.Kind, events[i].kind);
        assert_int_equal(event.Data, 0xA1B2C3D4);
        assert_int_equal(event.Code, events[i].code);
    }
}

static void event_proto_short_and_trailing(void **state)
{
    uint8_t buffer[64] = {0, 0x10};
    SND_EVENT event;

    (void)state;
    for (uint32_t length = 0; length < 8; length++) {
        SndDecodeEvent(buffer, length, &event);
        assert_int_equal(event.Kind, SndEventNone);
    }
    SndDecodeEvent(buffer, 64, &event);
    assert_int_equal(event.Kind, SndEventJackConnected);
}

/* The lifecycle written down once more, as the specification lists it. */
static void stream_every_transition_is_legal_or_named(void **state)
{
    static const char *const legal[SndStreamStateCount] = {
        [SndStreamReleased] = "S", [SndStreamSet] = "SP",     [SndStreamPrepared] = "SPTR",
        [SndStreamRunning] = "O",  [SndStreamStopped] = "TR", [SndStreamUnknown] = "R"};
    static const char letters[SndRequestCount] = {' ', 'S', 'P', 'T', 'O', 'R'};

    (void)state;
    for (uint32_t s = 0; s < SndStreamStateCount; s++) {
        for (uint32_t r = 1; r < SndRequestCount; r++) {
            SND_STREAM stream = {.State = (SND_STREAM_STATE)s};
            bool good = strchr(legal[s], letters[r]) != NULL;
            SND_TRANSITION transition = SndStreamCheck(&stream, (SND_STREAM_REQUEST)r);

            assert_int_equal(transition == SndTransitionLegal, good);
            assert_string_not_equal(SndTransitionToString(transition), "?");
            stream.Out = SndRequestStart;
            assert_int_equal(SndStreamCheck(&stream, (SND_STREAM_REQUEST)r), SndTransitionBusy);
        }
        assert_string_not_equal(SndStreamStateToString((SND_STREAM_STATE)s), "?");
    }
}

/* One request towards the goal; the device says `result`. */
static SND_STREAM_REQUEST one_step(SND_STREAM *stream, SND_RESULT result)
{
    SND_STREAM_REQUEST request = SndStreamNext(stream);

    if (request != SndRequestNone) {
        assert_int_equal(SndStreamSent(stream, request), SndTransitionLegal);
        assert_int_equal(SndStreamNext(stream), SndRequestNone);
        SndStreamDone(stream, result);
    }
    return request;
}

static void walk(SND_STREAM *stream, const char *expected)
{
    static const char letters[SndRequestCount] = {' ', 'S', 'P', 'T', 'O', 'R'};
    char way[32] = "";
    SND_STREAM_REQUEST request;
    size_t n = 0;

    while ((request = one_step(stream, SndOk)) != SndRequestNone && n + 1 < sizeof(way)) {
        way[n++] = letters[request];
    }
    way[n] = 0;
    assert_string_equal(way, expected);
    assert_true(SndStreamAtGoal(stream));
}

static void stream_goals_in_any_order(void **state)
{
    SND_STREAM stream;

    (void)state;
    SndStreamInit(&stream);
    walk(&stream, "");
    SndStreamSetGoal(&stream, SndGoalPause);
    walk(&stream, "SP");
    SndStreamSetGoal(&stream, SndGoalRun);
    walk(&stream, "T");
    SndStreamSetGoal(&stream, SndGoalPause);
    walk(&stream, "O");
    SndStreamSetGoal(&stream, SndGoalRun);
    walk(&stream, "T");
    SndStreamSetGoal(&stream, SndGoalStop);
    walk(&stream, "OR");
    SndStreamSetGoal(&stream, SndGoalRun);
    walk(&stream, "SPT");
    SndStreamParamsChanged(&stream);
    walk(&stream, "ORSPT");
    SndStreamSetGoal(&stream, SndGoalPause);
    walk(&stream, "O");
    SndStreamSetGoal(&stream, SndGoalStop);
    walk(&stream, "R");
}

static void stream_recovers_from_xrun_and_reset(void **state)
{
    SND_STREAM stream;

    (void)state;
    SndStreamInit(&stream);
    SndStreamXrun(&stream); /* nothing runs */
    SndStreamSetGoal(&stream, SndGoalRun);
    walk(&stream, "SPT");
    SndStreamXrun(&stream);
    SndStreamXrun(&stream);
    assert_false(SndStreamAtGoal(&stream));
    walk(&stream, "OT");
    assert_int_equal(stream.Restarts, 1);
    SndStreamDeviceReset(&stream);
    walk(&stream, "SPT");
    assert_int_equal(SndStreamSent(&stream, SndRequestStop), SndTransitionLegal);
    SndStreamDeviceReset(&stream); /* with a request out */
    SndStreamDone(&stream, SndOk); /* whose completion means nothing any more */
    walk(&stream, "SPT");
}

static void stream_refusals_stop_and_timeouts_release(void **state)
{
    SND_STREAM stream;

    (void)state;
    SndStreamInit(&stream);
    SndStreamSetGoal(&stream, SndGoalRun);
    assert_int_equal(one_step(&stream, SndNotSupported), SndRequestSet);
    assert_int_equal(SndStreamNext(&stream), SndRequestNone);
    assert_int_equal(stream.Failure, SndNotSupported);
    assert_false(SndStreamAtGoal(&stream));
    SndStreamSetGoal(&stream, SndGoalRun);
    assert_int_equal(one_step(&stream, SndOk), SndRequestSet);
    assert_int_equal(one_step(&stream, SndTimeout), SndRequestPrepare);
    assert_int_equal(stream.State, SndStreamUnknown);
    assert_int_equal(SndStreamNext(&stream), SndRequestNone);
    SndStreamSetGoal(&stream, SndGoalRun);
    walk(&stream, "RSPT");
    assert_int_equal(SndRequestCode(SndRequestStop), VIRTIO_SND_R_PCM_STOP);
    assert_int_equal(SndRequestCode(SndRequestNone), 0);
}

/* Whatever happens, no illegal request is proposed, and with a device that answers the goal is reached in five steps
   at most. */
static void stream_random_walks_end_at_the_goal(void **state)
{
    static const SND_RESULT results[] = {SndOk, SndOk, SndOk, SndIoError, SndTimeout, SndMalformed, SndNotSupported};
    SND_STREAM stream;
    uint32_t seed = 1;

    (void)state;
    SndStreamInit(&stream);
    for (unsigned i = 0; i < 200000; i++) {
        seed = seed * 1664525 + 1013904223;
        switch (seed >> 28) {
        case 0:
            SndStreamSetGoal(&stream, (SND_GOAL)((seed >> 8) % 3));
            break;
        case 1:
            SndStreamXrun(&stream);
            break;
        case 2:
            SndStreamDeviceReset(&stream);
            break;
        case 3:
            SndStreamParamsChanged(&stream);
            break;
        case 4: {
            unsigned steps = 0;

            SndStreamSetGoal(&stream, stream.Goal);
            while (one_step(&stream, SndOk) != SndRequestNone) {
                assert_true(++steps <= 5);
            }
            assert_true(SndStreamAtGoal(&stream));
            break;
        }
        default:
            (void)one_step(&stream, results[(seed >> 8) % 7]);
            break;
        }
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(constants_match_the_kernel),
    cmocka_unit_test(dialect_follows_layout_and_registry),
    cmocka_unit_test(dialect_is_confirmed_by_the_first_reply),
    cmocka_unit_test(status_every_word_of_both_sets),
    cmocka_unit_test(control_proto_query_packs_16_bytes),
    cmocka_unit_test(control_proto_query_stays_inside_the_total),
    cmocka_unit_test(control_proto_simple_requests),
    cmocka_unit_test(control_proto_unaligned_stream_info),
    cmocka_unit_test(control_proto_reply_items_are_whole),
    cmocka_unit_test(proto_set_params_packs_24_bytes),
    cmocka_unit_test(proto_set_params_says_only_what_the_stream_offers),
    cmocka_unit_test(event_proto_every_kind),
    cmocka_unit_test(event_proto_short_and_trailing),
    cmocka_unit_test(stream_every_transition_is_legal_or_named),
    cmocka_unit_test(stream_goals_in_any_order),
    cmocka_unit_test(stream_recovers_from_xrun_and_reset),
    cmocka_unit_test(stream_refusals_stop_and_timeouts_release),
    cmocka_unit_test(stream_random_walks_end_at_the_goal),
};

UNIT_MAIN(tests)
