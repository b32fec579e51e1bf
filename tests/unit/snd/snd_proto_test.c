/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Requests, replies, statuses and events as bytes, in both dialects. */
#include "unit.h"

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

static void control_proto_loads_and_stores_at_every_alignment(void **state)
{
    uint8_t bytes[20];

    (void)state;
    for (uint32_t at = 0; at < 8; at++) {
        memset(bytes, 0xEE, sizeof(bytes));
        SndStore32(bytes + at, 0x12345678);
        SndStore32(bytes + at + 4, 0x9ABCDEF0);
        assert_true(bytes[at] == 0x78 && bytes[at + 3] == 0x12 && bytes[at + 8] == 0xEE);
        assert_int_equal(SndLoad32(bytes + at), 0x12345678);
        assert_true(SndLoad64(bytes + at) == 0x9ABCDEF012345678ull);
    }
}

static void control_proto_unaligned_jack_info(void **state)
{
    uint8_t item[25] = {0};
    SND_JACK_INFO info;

    (void)state;
    SndStore32(item + 1 + 8, 0x01014010);
    SndStore32(item + 1 + 12, 0x3C);
    item[1 + 16] = 1;
    SndDecodeJack(item + 1, &info);
    assert_true(info.DefaultConfiguration == 0x01014010 && info.Capabilities == 0x3C && info.Connected);
    item[1 + 16] = 0;
    SndDecodeJack(item + 1, &info);
    assert_false(info.Connected);
}

static void control_proto_impossible_streams_are_zeroed(void **state)
{
    static const struct {
        uint8_t at, value;
    } wrong[] = {{8, 0}, {16, 0}, {24, 2}, {24, 255}, {26, 0}, {25, 3}};
    SND_DIALECT standard = dialect_of(1, false);
    SND_STREAM_INFO info, zero;

    (void)state;
    memset(&zero, 0, sizeof(zero));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t item[32] = {[8] = 0x20, [16] = 0x80, [25] = 1, [26] = 2};

        assert_true(SndDecodeStream(&standard, item, 4, &info));
        item[wrong[i].at] = wrong[i].value;
        assert_false(SndDecodeStream(&standard, item, 4, &info));
        assert_true(info.Id == zero.Id && info.Formats == 0 && info.Rates == 0 && info.ChannelsMax == 0);
    }
}

/* Streams 2, chmaps 0, jacks 0 or 2: what may be asked of a device that says so. */
static void contract_config_values(void **state)
{
    static const uint8_t config[2][12] = {{0, 0, 0, 0, 2}, {2, 0, 0, 0, 2}};
    uint8_t request[SND_REQUEST_BYTES_MAX];

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        uint32_t jacks = SndLoad32(config[i] + offsetof(VIRTIO_SND_CONFIG, Jacks));
        uint32_t streams = SndLoad32(config[i] + offsetof(VIRTIO_SND_CONFIG, Streams));

        assert_true(jacks == 2 * i && streams == 2);
        assert_int_equal(SndLoad32(config[i] + offsetof(VIRTIO_SND_CONFIG, Chmaps)), 0);
        assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_PCM_INFO, 0, 2, streams), 16);
        assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_PCM_INFO, 0, 3, streams), 0);
        assert_int_equal(SndEncodeQuery(request, VIRTIO_SND_R_JACK_INFO, 0, 2, jacks), i == 1 ? 16 : 0);
    }
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

static void event_proto_packs_eight_little_endian_bytes(void **state)
{
    static const uint8_t xrun[8] = {0x01, 0x11, 0, 0, 0x78, 0x56, 0x34, 0x12};
    SND_EVENT event;

    (void)state;
    SndDecodeEvent(xrun, sizeof(xrun), &event);
    assert_true(event.Kind == SndEventXrun && event.Code == 0x1101 && event.Data == 0x12345678);
}

static void event_proto_no_byte_behind_the_event_is_read(void **state)
{
    uint8_t *exact = malloc(8); /* the sanitizer guards what is behind */
    SND_EVENT event;

    (void)state;
    assert_non_null(exact);
    SndStore32(exact, 0x1200);
    SndStore32(exact + 4, 9);
    SndDecodeEvent(exact, 64, &event);
    assert_true(event.Kind == SndEventControl && event.Data == 9);
    SndDecodeEvent(exact, UINT32_MAX, &event);
    assert_int_equal(event.Kind, SndEventControl);
    free(exact);
}

static void event_proto_short_reads_nothing(void **state)
{
    (void)state;
    for (uint32_t length = 0; length < 8; length++) {
        uint8_t *exact = malloc(length + 1);
        SND_EVENT event = {.Kind = SndEventXrun, .Code = 1, .Data = 2};

        assert_non_null(exact);
        memset(exact, 0x11, length + 1);
        SndDecodeEvent(exact, length, &event);
        assert_true(event.Kind == SndEventNone && event.Code == 0 && event.Data == 0);
        free(exact);
    }
}

static void event_proto_trailing_bytes_change_nothing(void **state)
{
    uint8_t buffer[64];
    SND_EVENT event;

    (void)state;
    for (uint32_t length = 8; length <= 64; length++) {
        memset(buffer, (int)length, sizeof(buffer));
        SndStore32(buffer, 0x1100);
        SndStore32(buffer + 4, 1);
        SndDecodeEvent(buffer, length, &event);
        assert_true(event.Kind == SndEventPeriodElapsed && event.Data == 1);
    }
}

static void event_proto_unknown_neighbours_of_every_code(void **state)
{
    static const uint32_t codes[] = {0xFFF, 0x1002, 0x10FF, 0x1102, 0x11FF, 0x1201, 0x10001000, 0x00100000};
    uint8_t buffer[8];
    SND_EVENT event;

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        SndStore32(buffer, codes[i]);
        SndStore32(buffer + 4, 1);
        SndDecodeEvent(buffer, 8, &event);
        assert_true(event.Kind == SndEventUnknown && event.Code == codes[i]);
    }
}

static void event_proto_at_every_alignment(void **state)
{
    uint8_t buffer[16];
    SND_EVENT event;

    (void)state;
    for (uint32_t at = 0; at < 8; at++) {
        memset(buffer, 0xEE, sizeof(buffer));
        SndStore32(buffer + at, 0x1001);
        SndStore32(buffer + at + 4, at);
        SndDecodeEvent(buffer + at, 8, &event);
        assert_true(event.Kind == SndEventJackDisconnected && event.Data == at);
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
    cmocka_unit_test(proto_set_params_packs_24_bytes),
    cmocka_unit_test(proto_set_params_says_only_what_the_stream_offers),
    cmocka_unit_test(control_proto_unaligned_stream_info),
    cmocka_unit_test(control_proto_reply_items_are_whole),
    cmocka_unit_test(control_proto_loads_and_stores_at_every_alignment),
    cmocka_unit_test(control_proto_unaligned_jack_info),
    cmocka_unit_test(control_proto_impossible_streams_are_zeroed),
    cmocka_unit_test(contract_config_values),
    cmocka_unit_test(event_proto_every_kind),
    cmocka_unit_test(event_proto_short_and_trailing),
    cmocka_unit_test(event_proto_packs_eight_little_endian_bytes),
    cmocka_unit_test(event_proto_no_byte_behind_the_event_is_read),
    cmocka_unit_test(event_proto_short_reads_nothing),
    cmocka_unit_test(event_proto_trailing_bytes_change_nothing),
    cmocka_unit_test(event_proto_unknown_neighbours_of_every_code),
    cmocka_unit_test(event_proto_at_every_alignment),
};

UNIT_MAIN(tests)
