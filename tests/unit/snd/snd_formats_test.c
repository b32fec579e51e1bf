/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What is offered for what a stream can do, and how samples of every format are scaled. */
#include "unit.h"

#include <math.h>

#include "formats.h"
#include "volume.h"

#define BIT(n) (1ull << (n))

static const uint8_t known[] = {VIRTIO_SND_PCM_FMT_S16,   VIRTIO_SND_PCM_FMT_S24,     VIRTIO_SND_PCM_FMT_S32,
                                VIRTIO_SND_PCM_FMT_FLOAT, VIRTIO_SND_PCM_FMT_FLOAT64, VIRTIO_SND_PCM_FMT_U8,
                                VIRTIO_SND_PCM_FMT_S24_3};

static SND_STREAM_INFO stream_of(uint64_t formats, uint64_t rates, uint8_t least, uint8_t most, uint8_t direction)
{
    return (SND_STREAM_INFO){
        .Formats = formats, .Rates = rates, .ChannelsMin = least, .ChannelsMax = most, .Direction = direction};
}

static void pcm_selection_baseline_is_offered_first(void **state)
{
    SND_STREAM_INFO out = stream_of(~0ull, ~0ull, 1, 8, VIRTIO_SND_D_OUTPUT);
    SND_STREAM_INFO in = stream_of(~0ull, ~0ull, 1, 8, VIRTIO_SND_D_INPUT);
    SND_CHOICE choice;

    (void)state;
    assert_true(SndOfferAt(&out, 0, &choice));
    assert_true(choice.Format == VIRTIO_SND_PCM_FMT_S16 && choice.Wave.Rate == 48000 && choice.Wave.Channels == 2);
    assert_true(choice.Wave.BlockAlign == 4 && choice.Wave.BytesPerSecond == 192000 && choice.FrameBytes == 4);
    assert_true(SndOfferAt(&in, 0, &choice));
    assert_true(choice.Format == VIRTIO_SND_PCM_FMT_S16 && choice.Wave.Rate == 48000 && choice.Wave.Channels == 1);
    assert_true(SndHasBaseline(&out) && SndHasBaseline(&in));
}

static void pcm_selection_contract_device_has_one_offer(void **state)
{
    SND_STREAM_INFO out =
        stream_of(BIT(VIRTIO_SND_PCM_FMT_S16), BIT(VIRTIO_SND_PCM_RATE_48000), 2, 2, VIRTIO_SND_D_OUTPUT);
    SND_CHOICE choice;

    (void)state;
    assert_int_equal(SndOfferCount(&out), 1);
    assert_true(SndOfferAt(&out, 0, &choice));
    assert_int_equal(choice.Wave.Channels, 2);
    assert_false(SndOfferAt(&out, 1, &choice));
    assert_false(SndOfferAt(&out, UINT32_MAX, &choice));
}

static void pcm_selection_float_only_rate_only_mono_only(void **state)
{
    SND_STREAM_INFO only_float =
        stream_of(BIT(VIRTIO_SND_PCM_FMT_FLOAT), BIT(VIRTIO_SND_PCM_RATE_48000), 1, 2, VIRTIO_SND_D_OUTPUT);
    SND_STREAM_INFO only_rate =
        stream_of(BIT(VIRTIO_SND_PCM_FMT_S16), BIT(VIRTIO_SND_PCM_RATE_22050), 1, 2, VIRTIO_SND_D_OUTPUT);
    SND_STREAM_INFO mono =
        stream_of(BIT(VIRTIO_SND_PCM_FMT_S16), BIT(VIRTIO_SND_PCM_RATE_48000), 1, 1, VIRTIO_SND_D_OUTPUT);
    SND_STREAM_INFO surround =
        stream_of(BIT(VIRTIO_SND_PCM_FMT_S16), BIT(VIRTIO_SND_PCM_RATE_48000), 4, 18, VIRTIO_SND_D_OUTPUT);
    SND_CHOICE choice;

    (void)state;
    assert_true(SndOfferAt(&only_float, 0, &choice));
    assert_true(choice.Wave.Float && choice.Wave.ContainerBits == 32 && !SndHasBaseline(&only_float));
    assert_true(SndOfferAt(&only_rate, 0, &choice));
    assert_true(choice.Wave.Rate == 22050 && !SndHasBaseline(&only_rate));
    assert_true(SndOfferAt(&mono, 0, &choice));
    assert_true(choice.Wave.Channels == 1 && !SndHasBaseline(&mono));
    assert_true(SndOfferAt(&surround, 0, &choice));
    assert_int_equal(choice.Wave.Channels, 4);
    assert_int_equal(SndOfferCount(&surround), 5); /* 4 to 8 */
}

static void pcm_selection_priorities(void **state)
{
    static const uint32_t rates[] = {48000, 44100, 96000, 88200, 192000, 176400, 384000,
                                     64000, 32000, 22050, 16000, 11025,  8000,   5512};
    static const uint8_t formats[] = {VIRTIO_SND_PCM_FMT_S16,   VIRTIO_SND_PCM_FMT_S24,     VIRTIO_SND_PCM_FMT_S32,
                                      VIRTIO_SND_PCM_FMT_FLOAT, VIRTIO_SND_PCM_FMT_FLOAT64, VIRTIO_SND_PCM_FMT_U8};
    SND_STREAM_INFO all = stream_of(BIT(VIRTIO_SND_PCM_FMT_S16), ~0ull, 2, 2, VIRTIO_SND_D_OUTPUT);
    SND_CHOICE choice;

    (void)state;
    assert_int_equal(SndOfferCount(&all), 14);
    for (uint32_t i = 0; i < 14; i++) {
        assert_true(SndOfferAt(&all, i, &choice));
        assert_int_equal(choice.Wave.Rate, rates[i]);
        assert_int_equal(SndRateHertz(choice.Rate), rates[i]);
    }
    for (uint32_t i = 0; i + 1 < sizeof(formats); i++) {
        all = stream_of(BIT(formats[i]) | BIT(formats[i + 1]), BIT(7), 2, 2, VIRTIO_SND_D_OUTPUT);
        assert_true(SndOfferAt(&all, 0, &choice));
        /* 24 valid bits come before 32, but go to a device with both as S32: see formats.h. */
        if (formats[i] == VIRTIO_SND_PCM_FMT_S24) {
            assert_true(choice.Format == VIRTIO_SND_PCM_FMT_S32 && choice.Wave.ValidBits == 24 && !choice.Convert);
        } else {
            assert_int_equal(choice.Format, formats[i]);
        }
    }
}

static void pcm_selection_unsupported_is_refused(void **state)
{
    SND_STREAM_INFO none = stream_of(BIT(0) | BIT(21), ~0ull, 1, 2, VIRTIO_SND_D_OUTPUT);
    SND_STREAM_INFO no_rate = stream_of(~0ull, BIT(14) | BIT(63), 1, 2, VIRTIO_SND_D_OUTPUT);
    SND_STREAM_INFO wide = stream_of(~0ull, ~0ull, 9, 18, VIRTIO_SND_D_OUTPUT);
    SND_STREAM_INFO list[3];
    SND_CHOICE choice;

    (void)state;
    assert_false(SndOfferAt(&none, 0, &choice));
    assert_false(SndOfferAt(&no_rate, 0, &choice));
    assert_false(SndOfferAt(&wide, 0, &choice));
    list[0] = none;
    list[1] = stream_of(BIT(5), BIT(7), 1, 1, VIRTIO_SND_D_INPUT);
    list[2] = stream_of(BIT(5), BIT(7), 2, 2, VIRTIO_SND_D_OUTPUT);
    assert_ptr_equal(SndFindStream(list, 3, VIRTIO_SND_D_OUTPUT), &list[2]);
    assert_ptr_equal(SndFindStream(list, 3, VIRTIO_SND_D_INPUT), &list[1]);
    assert_null(SndFindStream(list, 2, VIRTIO_SND_D_OUTPUT));
    assert_null(SndFindStream(list, 0, VIRTIO_SND_D_INPUT));
}

static bool same_wave(const SND_WAVE *one, const SND_WAVE *other)
{
    return one->Rate == other->Rate && one->BytesPerSecond == other->BytesPerSecond &&
           one->Channels == other->Channels && one->BlockAlign == other->BlockAlign &&
           one->ContainerBits == other->ContainerBits && one->ValidBits == other->ValidBits &&
           one->Float == other->Float;
}

/* Every subset of the formats, every rate, every range of channels: each offer is different, matches back to itself,
   is within what the stream said, and there are exactly as many as combinations. */
static void pcm_selection_every_combination(void **state)
{
    (void)state;
    for (uint32_t mask = 0; mask < 128; mask++) {
        uint64_t formats = 0;

        for (uint32_t i = 0; i < 7; i++) {
            formats |= (mask >> i & 1) != 0 ? BIT(known[i]) : 0;
        }
        for (uint32_t range = 0; range < 64; range++) {
            uint8_t least = (uint8_t)(range % 8 + 1), most = (uint8_t)(range / 8 + 1);
            uint64_t rates = BIT(range % 14) | BIT((range * 5) % 14);
            SND_STREAM_INFO stream = stream_of(formats, rates, least, most, range & 1);
            uint32_t shapes = 0, rate_count = (uint32_t)__builtin_popcountll(rates), count = SndOfferCount(&stream);
            SND_CHOICE choice, again;
            uint8_t seen[14][8][16] = {0};

            shapes += (formats & BIT(VIRTIO_SND_PCM_FMT_S16)) != 0;
            shapes += (formats & (BIT(VIRTIO_SND_PCM_FMT_S24) | BIT(VIRTIO_SND_PCM_FMT_S32))) != 0;
            shapes += (formats & BIT(VIRTIO_SND_PCM_FMT_S32)) != 0;
            shapes += (formats & BIT(VIRTIO_SND_PCM_FMT_FLOAT)) != 0;
            shapes += (formats & BIT(VIRTIO_SND_PCM_FMT_FLOAT64)) != 0;
            shapes += (formats & BIT(VIRTIO_SND_PCM_FMT_U8)) != 0;
            shapes += (formats & BIT(VIRTIO_SND_PCM_FMT_S24_3)) != 0;
            assert_int_equal(count, least <= most ? shapes * rate_count * (uint32_t)(most - least + 1) : 0);
            for (uint32_t i = 0; i < count; i++) {
                uint8_t *mark;

                assert_true(SndOfferAt(&stream, i, &choice));
                mark = &seen[choice.Rate][choice.Wave.Channels - 1]
                            [choice.Wave.ContainerBits / 8 + (choice.Wave.ValidBits == 24 ? 8 : 0) +
                             (choice.Wave.Float && choice.Wave.ContainerBits == 32 ? 1 : 0)];
                assert_int_equal(*mark, 0);
                *mark = 1;
                assert_true((formats >> choice.Format & 1) != 0 && (rates >> choice.Rate & 1) != 0);
                assert_true(choice.Wave.Channels >= least && choice.Wave.Channels <= most);
                assert_int_equal(choice.FrameBytes, SndFormatBytes(choice.Format) * choice.Wave.Channels);
                assert_true(SndMatch(&stream, &choice.Wave, &again));
                assert_true(same_wave(&again.Wave, &choice.Wave));
                assert_true(again.Format == choice.Format && again.Rate == choice.Rate);
            }
        }
    }
}

static void pcm_selection_match_refuses_contradictions(void **state)
{
    SND_STREAM_INFO stream = stream_of(BIT(VIRTIO_SND_PCM_FMT_S16) | BIT(VIRTIO_SND_PCM_FMT_S32),
                                       BIT(VIRTIO_SND_PCM_RATE_48000), 1, 2, VIRTIO_SND_D_OUTPUT);
    SND_WAVE good = {48000, 192000, 2, 4, 16, 16, false}, bad[8];
    SND_CHOICE choice;

    (void)state;
    assert_true(SndMatch(&stream, &good, &choice));
    for (unsigned i = 0; i < 8; i++) {
        bad[i] = good;
    }
    bad[0].Rate = 48001;
    bad[1].Rate = 44100;
    bad[2].Channels = 3;
    bad[3].Channels = 0;
    bad[4].BlockAlign = 2;
    bad[5].BytesPerSecond = 192001;
    bad[6].ValidBits = 12;
    bad[7].Float = true;
    for (unsigned i = 0; i < 8; i++) {
        assert_false(SndMatch(&stream, &bad[i], &choice));
    }
}

static void pcm_selection_exact_default(void **state)
{
    SND_STREAM_INFO in =
        stream_of(BIT(VIRTIO_SND_PCM_FMT_S16), BIT(VIRTIO_SND_PCM_RATE_48000), 1, 1, VIRTIO_SND_D_INPUT);
    SND_CHOICE choice;

    (void)state;
    assert_true(SndHasBaseline(&in));
    assert_int_equal(SndOfferCount(&in), 1);
    assert_true(SndOfferAt(&in, 0, &choice));
    assert_true(choice.Format == VIRTIO_SND_PCM_FMT_S16 && choice.Rate == VIRTIO_SND_PCM_RATE_48000);
    assert_true(choice.Wave.Rate == 48000 && choice.Wave.Channels == 1 && choice.Wave.BlockAlign == 2);
    assert_true(choice.Wave.ContainerBits == 16 && choice.Wave.ValidBits == 16 && !choice.Wave.Float);
    assert_true(choice.Wave.BytesPerSecond == 96000 && choice.FrameBytes == 2 && !choice.Convert);
}

static void pcm_selection_mono_fallback_of_both_directions(void **state)
{
    static const struct {
        uint8_t direction, least, most, expected;
    } cases[] = {{VIRTIO_SND_D_OUTPUT, 1, 1, 1}, {VIRTIO_SND_D_OUTPUT, 1, 8, 2}, {VIRTIO_SND_D_OUTPUT, 3, 8, 3},
                 {VIRTIO_SND_D_INPUT, 1, 8, 1},  {VIRTIO_SND_D_INPUT, 2, 2, 2},  {VIRTIO_SND_D_INPUT, 4, 6, 4}};
    SND_CHOICE choice;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SND_STREAM_INFO stream = stream_of(BIT(VIRTIO_SND_PCM_FMT_S16), BIT(VIRTIO_SND_PCM_RATE_48000), cases[i].least,
                                           cases[i].most, cases[i].direction);

        assert_true(SndOfferAt(&stream, 0, &choice));
        assert_int_equal(choice.Wave.Channels, cases[i].expected);
    }
}

static void pcm_selection_float_at_another_rate_in_mono(void **state)
{
    SND_STREAM_INFO stream =
        stream_of(BIT(VIRTIO_SND_PCM_FMT_FLOAT), BIT(VIRTIO_SND_PCM_RATE_44100), 1, 1, VIRTIO_SND_D_OUTPUT);
    SND_WAVE baseline = {48000, 192000, 2, 4, 16, 16, false};
    SND_CHOICE choice;

    (void)state;
    assert_int_equal(SndOfferCount(&stream), 1);
    assert_true(SndOfferAt(&stream, 0, &choice));
    assert_true(choice.Wave.Float && choice.Wave.Rate == 44100 && choice.Wave.Channels == 1);
    assert_true(choice.Wave.BlockAlign == 4 && choice.Wave.BytesPerSecond == 176400);
    assert_false(SndMatch(&stream, &baseline, &choice));
}

/* Which stream is taken: every direction asked for against every kind of stream in either place. */
static void control_proto_selection_matrix(void **state)
{
    (void)state;
    for (uint32_t kinds = 0; kinds < 16; kinds++) {
        SND_STREAM_INFO list[2];
        bool sound[2];

        for (uint32_t i = 0; i < 2; i++) {
            uint32_t kind = kinds >> (2 * i) & 3;

            sound[i] = (kind & 2) != 0;
            list[i] = stream_of(sound[i] ? BIT(VIRTIO_SND_PCM_FMT_S16) : BIT(0), BIT(VIRTIO_SND_PCM_RATE_48000), 1, 2,
                                (uint8_t)(kind & 1));
            list[i].Id = i;
        }
        for (uint8_t direction = 0; direction < 2; direction++) {
            const SND_STREAM_INFO *expected = sound[0] && list[0].Direction == direction   ? &list[0]
                                              : sound[1] && list[1].Direction == direction ? &list[1]
                                                                                           : NULL;

            assert_ptr_equal(SndFindStream(list, 2, direction), expected);
        }
    }
}

static void proto_bytes_and_bits_of_every_format(void **state)
{
    static const uint8_t bytes[] = {2, 4, 4, 4, 8, 1, 3}, bits[] = {16, 24, 32, 32, 64, 8, 24};

    (void)state;
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(SndFormatBytes(known[i]), bytes[i]);
        assert_int_equal(SndFormatValidBits(known[i]), bits[i]);
    }
    assert_int_equal(SndFormatBytes(0), 0);
    assert_int_equal(SndFormatBytes(255), 0);
    assert_int_equal(SndRateHertz(14), 0);
    assert_int_equal(SndRateHertz(255), 0);
}

static void volume_gain_follows_decibels(void **state)
{
    (void)state;
    for (int32_t level = SND_VOLUME_MINIMUM + SND_VOLUME_STEP; level <= 0; level += SND_VOLUME_STEP) {
        double expected = pow(10, level / 65536.0 / 20) * SND_GAIN_UNITY, error;

        error = fabs(20 * log10(SndGainOfLevel(level) / expected));
        assert_true(error < 0.03);
    }
    assert_int_equal(SndGainOfLevel(0), SND_GAIN_UNITY);
    assert_int_equal(SndGainOfLevel(SND_VOLUME_MINIMUM), 0);
    assert_int_equal(SndGainOfLevel(INT32_MIN), 0);
    assert_int_equal(SndGainOfLevel(INT32_MAX), SND_GAIN_UNITY);
}

static void volume_levels_are_clamped_and_stepped(void **state)
{
    SND_VOLUME volume;

    (void)state;
    SndVolumeInit(&volume);
    assert_true(SndVolumeIsUnity(&volume, 8));
    assert_true(SndVolumeSetLevel(&volume, 1, -SND_DECIBEL * 6 - 3));
    assert_int_equal(volume.Level[1], -SND_DECIBEL * 6);
    assert_true(SndVolumeIsUnity(&volume, 1));
    assert_false(SndVolumeIsUnity(&volume, 2));
    assert_true(SndVolumeSetLevel(&volume, SND_CHANNELS_MAX, INT32_MAX));
    assert_int_equal(volume.Level[1], 0);
    assert_true(SndVolumeSetLevel(&volume, 0, INT32_MIN));
    assert_int_equal(volume.Level[0], SND_VOLUME_MINIMUM);
    assert_false(SndVolumeSetLevel(&volume, 9, 0));
    assert_false(SndVolumeSetMute(&volume, 9, true));
    assert_true(SndVolumeSetLevel(&volume, SND_CHANNELS_MAX, 0));
    assert_true(SndVolumeSetMute(&volume, SND_CHANNELS_MAX, true));
    SndVolumeSettle(&volume);
    assert_int_equal(volume.Current[7], 0);
    assert_true(SndVolumeSetMute(&volume, SND_CHANNELS_MAX, false));
    SndVolumeSettle(&volume);
    assert_true(SndVolumeIsUnity(&volume, 8));
}

static double value_of(const SND_CHOICE *choice, bool device, const uint8_t *at)
{
    int32_t word;
    double number;
    float single;

    switch (choice->Sample) {
    case SndSampleU8:
        return (at[0] - 128) / 128.0;
    case SndSampleS16:
        return (int16_t)(at[0] | at[1] << 8) / 32768.0;
    case SndSampleS24Packed:
        return (int32_t)((uint32_t)at[0] << 8 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 24) / 2147483648.0;
    case SndSampleFloat:
        memcpy(&single, at, 4);
        return (double)single;
    case SndSampleDouble:
        memcpy(&number, at, 8);
        return number;
    default:
        memcpy(&word, at, 4);
        return word / (choice->Sample == SndSampleS24 && device ? 8388608.0 : 2147483648.0);
    }
}

static void make_sample(const SND_CHOICE *choice, bool device, double value, uint8_t *at)
{
    double scale = choice->Sample == SndSampleS24 && device ? 8388607.0 : 2147483647.0;
    float single = (float)value;
    int32_t word = (int32_t)(value * scale);

    switch (choice->Sample) {
    case SndSampleU8:
        at[0] = (uint8_t)(128 + (int)(value * 127));
        break;
    case SndSampleS16:
        memcpy(at, (uint8_t *)&word + 2, 2);
        break;
    case SndSampleS24Packed:
        memcpy(at, (uint8_t *)&word + 1, 3);
        break;
    case SndSampleFloat:
        memcpy(at, &single, 4);
        break;
    case SndSampleDouble:
        memcpy(at, &value, 8);
        break;
    default:
        if (choice->Sample == SndSampleS24 && !device) {
            word &= ~0xFF;
        }
        memcpy(at, &word, 4);
        break;
    }
}

/* Against floating-point arithmetic, which the driver has not. */
static void volume_every_format_in_both_directions(void **state)
{
    static const double precision[] = {1.0 / 128,     1.0 / 32768, 1.0 / 8388608, 1.0 / 2147483648.0,
                                       1.0 / 8388608, 1e-6,        1e-7};

    (void)state;
    for (uint32_t f = 0; f < 7; f++) {
        SND_STREAM_INFO stream = stream_of(BIT(known[f]), BIT(7), 2, 2, VIRTIO_SND_D_OUTPUT);
        SND_CHOICE choice;

        assert_true(SndOfferAt(&stream, 0, &choice));
        for (uint32_t i = 0; i < 4000; i++) {
            uint8_t source[16] = {0}, target[16] = {0};
            double left = sin(i * 0.7), right = sin(i * 0.31) * pow(10, -(double)(i % 9) / 2);
            int32_t gain = (int32_t)(i * 4133u % (SND_GAIN_UNITY + 1));
            bool capture = (i & 1) != 0;
            SND_VOLUME volume;

            SndVolumeInit(&volume);
            volume.Current[0] = volume.Target[0] = gain;
            volume.Current[1] = volume.Target[1] = SND_GAIN_UNITY / 2;
            make_sample(&choice, capture, left, source);
            make_sample(&choice, capture, right, source + choice.FrameBytes / 2);
            left = value_of(&choice, capture, source) * gain / SND_GAIN_UNITY;
            right = value_of(&choice, capture, source + choice.FrameBytes / 2) / 2;
            SndVolumeApply(&volume, &choice, capture, source, target, 1);
            assert_true(fabs(value_of(&choice, !capture, target) - left) <= precision[choice.Sample]);
            assert_true(fabs(value_of(&choice, !capture, target + choice.FrameBytes / 2) - right) <=
                        precision[choice.Sample]);
            SndVolumeSettle(&volume);
            SndVolumeApply(&volume, &choice, capture, source, source, 1); /* in place */
            assert_memory_equal(source, target, choice.FrameBytes);
        }
    }
}

static void volume_saturates(void **state)
{
    SND_STREAM_INFO stream = stream_of(BIT(VIRTIO_SND_PCM_FMT_S16), BIT(7), 2, 2, VIRTIO_SND_D_OUTPUT);
    SND_STREAM_INFO floats = stream_of(BIT(VIRTIO_SND_PCM_FMT_FLOAT), BIT(7), 2, 2, VIRTIO_SND_D_OUTPUT);
    int16_t samples[2] = {INT16_MIN, 20000};
    uint32_t numbers[2] = {0x7F7FFFFF, 0xFF800000}; /* the largest, and minus infinity */
    SND_VOLUME volume;
    SND_CHOICE choice;

    (void)state;
    SndVolumeInit(&volume);
    volume.Current[0] = volume.Target[0] = volume.Current[1] = volume.Target[1] = SND_GAIN_MAX;
    assert_true(SndOfferAt(&stream, 0, &choice));
    SndVolumeApply(&volume, &choice, false, (uint8_t *)samples, (uint8_t *)samples, 1);
    assert_true(samples[0] == INT16_MIN && samples[1] == INT16_MAX);
    assert_true(SndOfferAt(&floats, 0, &choice));
    SndVolumeApply(&volume, &choice, false, (uint8_t *)numbers, (uint8_t *)numbers, 1);
    assert_true(numbers[0] == 0x7F7FFFFF && numbers[1] == 0xFF800000);
}

static void volume_changes_are_ramps(void **state)
{
    SND_STREAM_INFO stream = stream_of(BIT(VIRTIO_SND_PCM_FMT_S16), BIT(7), 1, 1, VIRTIO_SND_D_INPUT);
    int16_t samples[480];
    SND_VOLUME volume;
    SND_CHOICE choice;

    (void)state;
    for (int i = 0; i < 480; i++) {
        samples[i] = 30000;
    }
    SndVolumeInit(&volume);
    assert_true(SndVolumeSetMute(&volume, SND_CHANNELS_MAX, true));
    assert_true(SndOfferAt(&stream, 0, &choice));
    SndVolumeApply(&volume, &choice, false, (uint8_t *)samples, (uint8_t *)samples, 480);
    for (int i = 1; i < 480; i++) {
        assert_true(samples[i] <= samples[i - 1] && samples[i - 1] - samples[i] <= 64);
    }
    assert_int_equal(samples[479], 0);
    assert_int_equal(volume.Current[0], 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pcm_selection_baseline_is_offered_first),
    cmocka_unit_test(pcm_selection_contract_device_has_one_offer),
    cmocka_unit_test(pcm_selection_float_only_rate_only_mono_only),
    cmocka_unit_test(pcm_selection_priorities),
    cmocka_unit_test(pcm_selection_unsupported_is_refused),
    cmocka_unit_test(pcm_selection_every_combination),
    cmocka_unit_test(pcm_selection_match_refuses_contradictions),
    cmocka_unit_test(pcm_selection_exact_default),
    cmocka_unit_test(pcm_selection_mono_fallback_of_both_directions),
    cmocka_unit_test(pcm_selection_float_at_another_rate_in_mono),
    cmocka_unit_test(control_proto_selection_matrix),
    cmocka_unit_test(proto_bytes_and_bits_of_every_format),
    cmocka_unit_test(volume_gain_follows_decibels),
    cmocka_unit_test(volume_levels_are_clamped_and_stepped),
    cmocka_unit_test(volume_every_format_in_both_directions),
    cmocka_unit_test(volume_saturates),
    cmocka_unit_test(volume_changes_are_ramps),
};

UNIT_MAIN(tests)
