/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How a cyclic buffer is divided, for every format and many sizes, and what a client may rely on. */
#include "unit.h"

#include "buffer.h"
#include "pcm.h"

static SND_CHOICE choice_of(uint32_t rate, uint16_t channels, uint8_t bytes)
{
    return (SND_CHOICE){.Wave = {.Rate = rate, .Channels = channels}, .FrameBytes = (uint8_t)(channels * bytes)};
}

/* What holds of every plan, whatever was asked for. */
static void check(const SND_BUFFER_PLAN *plan, const SND_CHOICE *choice, uint32_t asked, uint32_t notifications)
{
    uint32_t periods = plan->Frames / plan->PeriodFrames;

    assert_true(plan->Bytes >= asked && plan->Bytes <= SND_CYCLIC_BYTES_MAX);
    assert_int_equal(plan->Bytes, plan->Frames * choice->FrameBytes);
    assert_int_equal(plan->PeriodBytes, plan->PeriodFrames * choice->FrameBytes);
    assert_int_equal(plan->Frames % plan->PeriodFrames, 0);
    assert_true(periods >= SND_PCM_PERIODS_MIN && periods <= SND_NOTIFICATIONS_MAX);
    assert_int_equal(plan->NotifyFrames, notifications == 0 ? plan->PeriodFrames : plan->Frames / notifications);
    assert_true(plan->LeadFrames >= plan->PeriodFrames && plan->LeadFrames < plan->Frames);
    assert_true(plan->MessagesMax >= 2 && plan->MessagesMax <= periods && plan->MessagesMax <= SND_PCM_LEAD);
    assert_int_equal(plan->WholeLead, plan->LeadFrames >= 2 * plan->PeriodFrames);
    if (plan->WholeLead) {
        assert_int_equal(plan->LeadFrames % plan->PeriodFrames, 0);
    }
    /* What was left at a notification is given to the device again no sooner than half a period later. */
    if (notifications >= 2) {
        uint32_t left = plan->Frames - plan->LeadFrames;

        assert_true(left >= plan->PeriodFrames / 2 && left > 0);
    }
}

static void buffer_two_periods_of_the_audio_engine(void **state)
{
    SND_CHOICE choice = choice_of(48000, 2, 2);
    SND_BUFFER_PLAN plan;

    (void)state;
    assert_true(SndBufferPlan(&choice, 3840, 2, &plan));
    assert_int_equal(plan.Bytes, 3840);
    assert_int_equal(plan.PeriodFrames, 480);
    assert_int_equal(plan.NotifyFrames, 480);
    assert_int_equal(plan.LeadFrames, 720);
    assert_false(plan.WholeLead);
    assert_int_equal(plan.MessagesMax, 2);
}

static void buffer_of_many_periods_keeps_three_queued(void **state)
{
    SND_CHOICE choice = choice_of(48000, 2, 2);
    SND_BUFFER_PLAN plan;

    (void)state;
    assert_true(SndBufferPlan(&choice, 7680, 4, &plan));
    assert_true(plan.WholeLead && plan.LeadFrames == 1440 && plan.MessagesMax == 3);
    assert_true(SndBufferPlan(&choice, 192000, 0, &plan));
    assert_true(plan.WholeLead && plan.PeriodFrames == 480 && plan.LeadFrames == 1440);
    assert_true(SndBufferPlan(&choice, 7680, 1, &plan));
    assert_true(plan.PeriodFrames == 480 && plan.NotifyFrames == 1920 && plan.LeadFrames == 1440);
}

static void buffer_every_rate_size_and_count(void **state)
{
    static const uint32_t counts[] = {0, 1, 2, 3, 4, 7, 16, 255, 256};
    SND_BUFFER_PLAN plan;

    (void)state;
    for (uint8_t rate = 0; rate < SND_RATE_COUNT; rate++) {
        for (uint16_t channels = 1; channels <= SND_CHANNELS_MAX; channels++) {
            SND_CHOICE choice = choice_of(SndRateHertz(rate), channels, channels == 3 ? 8 : 2);

            for (uint32_t bytes = 1; bytes < SND_CYCLIC_BYTES_MAX / 2; bytes = bytes * 3 + 5) {
                for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
                    if (SndBufferPlan(&choice, bytes, counts[i], &plan)) {
                        check(&plan, &choice, bytes, counts[i]);
                    } else { /* only because a period would be no millisecond */
                        assert_true(counts[i] * (SndRateHertz(rate) / 1000) * choice.FrameBytes > SND_CYCLIC_BYTES_MAX);
                    }
                }
            }
        }
    }
}

static void buffer_refuses(void **state)
{
    SND_CHOICE choice = choice_of(48000, 2, 2), none = choice_of(48000, 0, 2);
    SND_BUFFER_PLAN plan;

    (void)state;
    assert_false(SndBufferPlan(&choice, 0, 2, &plan));
    assert_false(SndBufferPlan(&choice, 3840, SND_NOTIFICATIONS_MAX + 1, &plan));
    assert_false(SndBufferPlan(&choice, SND_CYCLIC_BYTES_MAX + 1, 2, &plan));
    assert_false(SndBufferPlan(&choice, UINT32_MAX, 0, &plan));
    assert_false(SndBufferPlan(&choice, SND_CYCLIC_BYTES_MAX, 3, &plan)); /* rounded up it would be too large */
    assert_true(SndBufferPlan(&choice, SND_CYCLIC_BYTES_MAX, 2, &plan));
    assert_int_equal(plan.Bytes, SND_CYCLIC_BYTES_MAX);
    assert_false(SndBufferPlan(&none, 3840, 2, &plan));
}

static void buffer_for_another_format(void **state)
{
    SND_CHOICE stereo = choice_of(48000, 2, 2), surround = choice_of(44100, 6, 2), fast = choice_of(384000, 8, 4);
    SND_BUFFER_PLAN plan;

    (void)state;
    assert_true(SndBufferPlan(&stereo, 3840, 2, &plan));
    assert_true(SndBufferReplan(&surround, 2, &plan));
    assert_true(plan.Bytes == 3840 && plan.PeriodFrames == 160);
    assert_false(SndBufferReplan(&fast, 2, &plan)); /* 60 frames are no millisecond */
    assert_true(SndBufferPlan(&stereo, 3844, 0, &plan));
    assert_false(SndBufferReplan(&surround, 0, &plan)); /* no whole frames */
}

/* Recorded frames that are told a period late stay until then. */
static void buffer_that_is_told_late(void **state)
{
    SND_CHOICE choice = choice_of(48000, 1, 2);
    SND_BUFFER_PLAN plan;

    (void)state;
    for (uint32_t periods = 2; periods < 12; periods++) {
        assert_true(SndBufferPlan(&choice, 960 * periods, 0, &plan));
        assert_int_equal(plan.PeriodFrames, 480);
        SndBufferLagBehind(&plan);
        assert_true(plan.LeadFrames >= 480 && plan.MessagesMax >= 2);
        assert_true(periods <= 3 || plan.Frames - plan.LeadFrames >= 2 * 480);
        assert_true(periods < 5 || (plan.WholeLead && plan.LeadFrames == 3 * 480));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(buffer_two_periods_of_the_audio_engine),
    cmocka_unit_test(buffer_of_many_periods_keeps_three_queued),
    cmocka_unit_test(buffer_every_rate_size_and_count),
    cmocka_unit_test(buffer_refuses),
    cmocka_unit_test(buffer_for_another_format),
    cmocka_unit_test(buffer_that_is_told_late),
};

UNIT_MAIN(tests)
