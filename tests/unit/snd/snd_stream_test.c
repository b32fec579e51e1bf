/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* PCM streams as a state machine, and the way to a goal. */
#include "unit.h"

#include "stream.h"

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
    cmocka_unit_test(stream_every_transition_is_legal_or_named),
    cmocka_unit_test(stream_goals_in_any_order),
    cmocka_unit_test(stream_recovers_from_xrun_and_reset),
    cmocka_unit_test(stream_refusals_stop_and_timeouts_release),
    cmocka_unit_test(stream_random_walks_end_at_the_goal),
};

UNIT_MAIN(tests)
