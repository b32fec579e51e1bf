/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The capability parser: every result by name, both policies, and the two layouts that drivers meet. */
#include "unit.h"

#include "pci_caps.h"
#include "pci_config.h"

static struct pci_config config;
static VIRTIO_PCI_CAPS caps;

static VIRTIO_PCI_CAP_RESULT parse_length(VIRTIO_PCI_CAP_POLICY policy, size_t length)
{
    /* In a block of exactly this length, so that reading past it is seen. */
    uint8_t *copy = malloc(length);
    VIRTIO_PCI_CAP_RESULT result;

    assert_non_null(copy);
    memcpy(copy, config.bytes, length);
    memset(&caps, 0xEE, sizeof(caps));
    result = VirtioPciParseCaps(copy, length, config.bar, policy, &caps);
    free(copy);
    return result;
}

static VIRTIO_PCI_CAP_RESULT parse(VIRTIO_PCI_CAP_POLICY policy)
{
    return parse_length(policy, sizeof(config.bytes));
}

#define EXPECT(policy, name) assert_string_equal(VirtioPciCapResultToString(parse(VirtioPciCap##policy)), name)
#define EXPECT_BOTH(name)         \
    do {                          \
        EXPECT(Permissive, name); \
        EXPECT(Strict, name);     \
    } while (0)

static void expect_region(const VIRTIO_PCI_REGION *region, unsigned bar, unsigned type, unsigned cap_offset,
                          uint32_t offset, uint32_t length)
{
    assert_int_equal(region->Bar, bar);
    assert_int_equal(region->Id, 0xA0 + type);
    assert_int_equal(region->CapLength, type == 2 ? 20 : 16);
    assert_int_equal(region->CapOffset, cap_offset);
    assert_int_equal(region->Offset, offset);
    assert_int_equal(region->Length, length);
    assert_int_equal(region->Address, config.bar[bar] + offset);
}

static void ok_contract_layout(void **state)
{
    (void)state;
    for (VIRTIO_PCI_CAP_POLICY policy = VirtioPciCapPermissive; policy <= VirtioPciCapStrict; policy++) {
        pci_config_contract(&config);
        assert_int_equal(parse(policy), VirtioPciCapOk);
        expect_region(&caps.Common, 0, 1, 0x40, 0x0000, 0x100);
        expect_region(&caps.Notify, 0, 2, 0x50, 0x1000, 0x100);
        expect_region(&caps.Isr, 0, 3, 0x64, 0x2000, 0x20);
        expect_region(&caps.Device, 0, 4, 0x74, 0x3000, 0x100);
        assert_int_equal(caps.NotifyOffMultiplier, 4);
        assert_true(caps.HasDevice);
    }
}

static void ok_qemu_layout(void **state)
{
    (void)state;
    for (VIRTIO_PCI_CAP_POLICY policy = VirtioPciCapPermissive; policy <= VirtioPciCapStrict; policy++) {
        pci_config_qemu(&config);
        assert_int_equal(parse(policy), VirtioPciCapOk);
        expect_region(&caps.Common, 4, 1, 0x40, 0x0000, 0x1000);
        expect_region(&caps.Notify, 4, 2, 0x70, 0x3000, 0x1000);
        expect_region(&caps.Isr, 4, 3, 0x50, 0x1000, 0x1000);
        expect_region(&caps.Device, 4, 4, 0x60, 0x2000, 0x1000);
    }
}

static void result_bad_argument(void **state)
{
    (void)state;
    pci_config_contract(&config);
    assert_int_equal(VirtioPciParseCaps(NULL, 256, config.bar, VirtioPciCapStrict, &caps), VirtioPciCapBadArgument);
    assert_int_equal(VirtioPciParseCaps(config.bytes, 256, NULL, VirtioPciCapStrict, &caps), VirtioPciCapBadArgument);
    assert_int_equal(VirtioPciParseCaps(config.bytes, 256, config.bar, VirtioPciCapStrict, NULL),
                     VirtioPciCapBadArgument);
    assert_int_equal(VirtioPciParseCaps(config.bytes, 256, config.bar, (VIRTIO_PCI_CAP_POLICY)7, &caps),
                     VirtioPciCapBadArgument);
}

static void result_cfg_space_too_small(void **state)
{
    (void)state;
    pci_config_contract(&config);
    assert_int_equal(parse_length(VirtioPciCapPermissive, 0x3F), VirtioPciCapCfgSpaceTooSmall);
    assert_int_equal(parse_length(VirtioPciCapStrict, 1), VirtioPciCapCfgSpaceTooSmall);
    /* The output is cleared even so. */
    assert_int_equal(caps.Common.Length, 0);
    assert_false(caps.HasDevice);
}

static void result_no_cap_list(void **state)
{
    (void)state;
    pci_config_contract(&config);
    config.bytes[0x06] = 0;
    EXPECT_BOTH("NO_CAP_LIST");
    pci_config_contract(&config);
    config.bytes[0x34] = 0;
    EXPECT_BOTH("NO_CAP_LIST");
}

static void result_cap_ptr_unaligned(void **state)
{
    (void)state;
    pci_config_contract(&config);
    config.bytes[0x34] = 0x41;
    EXPECT(Strict, "CAP_PTR_UNALIGNED");
    /* The low two bits are reserved and must be masked. */
    EXPECT(Permissive, "OK");
    /* Alignment is tested before range. */
    config.bytes[0x34] = 0x02;
    EXPECT(Strict, "CAP_PTR_UNALIGNED");
    EXPECT(Permissive, "CAP_PTR_OUT_OF_RANGE");
}

static void result_cap_ptr_out_of_range(void **state)
{
    (void)state;
    pci_config_contract(&config);
    config.bytes[0x34] = 0x3C;
    EXPECT_BOTH("CAP_PTR_OUT_OF_RANGE");
    config.bytes[0x34] = 0x80;
    assert_int_equal(parse_length(VirtioPciCapStrict, 0x80), VirtioPciCapCapPtrOutOfRange);
    config.bytes[0x34] = 0x40;
    assert_int_equal(parse_length(VirtioPciCapPermissive, 0x40), VirtioPciCapCapPtrOutOfRange);
}

static void result_cap_list_loop(void **state)
{
    (void)state;
    pci_config_contract(&config);
    config.bytes[0x75] = 0x50;
    EXPECT_BOTH("CAP_LIST_LOOP");
    pci_config_contract(&config);
    config.bytes[0x41] = 0x40;
    EXPECT_BOTH("CAP_LIST_LOOP");
}

static void ok_longest_list(void **state)
{
    (void)state;
    /* A capability in every place there is: legal, ends, and holds no virtio structure. */
    memset(&config, 0, sizeof(config));
    put_identity(&config, 0x1040 + 2, 1, 2);
    config.bytes[0x34] = 0x40;
    for (unsigned at = 0x40; at < 0x100; at += 4) {
        config.bytes[at] = 0x01;
        config.bytes[at + 1] = (uint8_t)(at + 4);
    }
    EXPECT_BOTH("MISSING_COMMON");
}

static void result_cap_header_truncated(void **state)
{
    (void)state;
    pci_config_contract(&config);
    /* One byte left where a header of two should be. */
    assert_int_equal(parse_length(VirtioPciCapStrict, 0x41), VirtioPciCapCapHeaderTruncated);
    /* A vendor capability, whose cfg_type lies outside. */
    config.bytes[0x41] = 0;
    assert_int_equal(parse_length(VirtioPciCapStrict, 0x43), VirtioPciCapCapHeaderTruncated);
    assert_int_equal(parse_length(VirtioPciCapPermissive, 0x42), VirtioPciCapCapHeaderTruncated);
    /* Any other capability needs no more than its header. */
    config.bytes[0x40] = 0x05;
    assert_int_equal(parse_length(VirtioPciCapStrict, 0x42), VirtioPciCapMissingCommon);
}

static void result_cap_next_unaligned(void **state)
{
    (void)state;
    pci_config_contract(&config);
    config.bytes[0x41] = 0x53;
    EXPECT(Strict, "CAP_NEXT_UNALIGNED");
    EXPECT(Permissive, "OK");
    /* next is looked at before the body that it stands in. */
    config.bytes[0x42] = 3;
    EXPECT(Strict, "CAP_NEXT_UNALIGNED");
    EXPECT(Permissive, "CAP_LEN_TOO_SMALL");
}

static void result_cap_next_out_of_range(void **state)
{
    (void)state;
    pci_config_contract(&config);
    config.bytes[0x51] = 0x20;
    EXPECT_BOTH("CAP_NEXT_OUT_OF_RANGE");
    pci_config_contract(&config);
    assert_int_equal(parse_length(VirtioPciCapStrict, 0x74), VirtioPciCapCapNextOutOfRange);
    pci_config_contract(&config);
    config.bytes[0x75] = 0x03; /* masked, this is the end of the list */
    EXPECT(Permissive, "OK");
}

static void result_cap_len_too_small(void **state)
{
    (void)state;
    static const uint8_t places[] = {0x40, 0x50, 0x64, 0x74};

    for (unsigned i = 0; i < sizeof(places); i++) {
        pci_config_contract(&config);
        config.bytes[places[i] + 2] = 15;
        EXPECT_BOTH("CAP_LEN_TOO_SMALL");
        config.bytes[places[i] + 2] = 0;
        EXPECT_BOTH("CAP_LEN_TOO_SMALL");
    }
    /* Larger than specified must be accepted. */
    pci_config_contract(&config);
    config.bytes[0x74 + 2] = 64;
    EXPECT_BOTH("OK");
    assert_int_equal(caps.Device.CapLength, 64);
}

static void result_notify_cap_len_too_small(void **state)
{
    (void)state;
    pci_config_contract(&config);
    config.bytes[0x50 + 2] = 19;
    EXPECT_BOTH("NOTIFY_CAP_LEN_TOO_SMALL");
    config.bytes[0x50 + 2] = 16;
    EXPECT_BOTH("NOTIFY_CAP_LEN_TOO_SMALL");
}

static void result_cap_truncated(void **state)
{
    (void)state;
    pci_config_contract(&config);
    assert_int_equal(parse_length(VirtioPciCapStrict, 0x83), VirtioPciCapCapTruncated);
    assert_int_equal(parse_length(VirtioPciCapPermissive, 0x83), VirtioPciCapCapTruncated);
    assert_int_equal(parse_length(VirtioPciCapStrict, 0x84), VirtioPciCapOk);
    config.bytes[0x74 + 2] = 0xFF;
    EXPECT_BOTH("CAP_TRUNCATED");
}

static void result_duplicate_cfg_type(void **state)
{
    (void)state;
    for (unsigned type = 1; type <= 4; type++) {
        pci_config_contract(&config);
        config.bytes[0x75] = 0x84;
        put_cap(&config, 0x84, 0, type, 0, 0x3800, 0x400);
        EXPECT(Strict, "DUPLICATE_CFG_TYPE");
        /* The first instance wins, although the second is longer. */
        EXPECT(Permissive, "OK");
        assert_int_equal(caps.Common.CapOffset, 0x40);
        assert_int_equal(caps.Notify.CapOffset, 0x50);
        assert_int_equal(caps.Isr.CapOffset, 0x64);
        assert_int_equal(caps.Device.CapOffset, 0x74);
    }
    /* A repeated type is one also when the first instance was too short to be used. */
    pci_config_contract(&config);
    put32(config.bytes + 0x40 + 12, 55);
    config.bytes[0x75] = 0x84;
    put_cap(&config, 0x84, 0, 1, 0, 0, 56);
    EXPECT(Strict, "DUPLICATE_CFG_TYPE");
    EXPECT(Permissive, "OK");
    assert_int_equal(caps.Common.CapOffset, 0x84);
    /* Types that nobody uses may come as often as they like. */
    pci_config_contract(&config);
    config.bytes[0x75] = 0x84;
    put_cap(&config, 0x84, 0x94, 8, 0, 0, 0);
    put_cap(&config, 0x94, 0xA4, 8, 9, 0, 0);
    put_cap(&config, 0xA4, 0xB4, 5, 0, 0, 0);
    put_cap(&config, 0xB4, 0, 0, 0, 0, 0);
    EXPECT_BOTH("OK");
}

static void result_bar_index_out_of_range(void **state)
{
    (void)state;
    pci_config_contract(&config);
    config.bytes[0x40 + 4] = 6;
    EXPECT(Strict, "BAR_INDEX_OUT_OF_RANGE");
    /* Ignored like the capability never was there. */
    EXPECT(Permissive, "MISSING_COMMON");
    config.bytes[0x40 + 4] = 0xFF;
    EXPECT(Strict, "BAR_INDEX_OUT_OF_RANGE");
    config.bytes[0x75] = 0x84;
    put_cap(&config, 0x84, 0, 1, 0, 0x100, 56);
    EXPECT(Permissive, "OK");
    assert_int_equal(caps.Common.CapOffset, 0x84);
}

static void result_bar_address_missing(void **state)
{
    (void)state;
    pci_config_contract(&config);
    config.bytes[0x64 + 4] = 3;
    EXPECT_BOTH("BAR_ADDRESS_MISSING");
    pci_config_contract(&config);
    /* Device configuration that is there but out of reach is not "no device configuration". */
    config.bytes[0x74 + 4] = 2;
    EXPECT_BOTH("BAR_ADDRESS_MISSING");

    /* A doorbell in an I/O BAR first, one in memory second: the second is the first that can be used. */
    pci_config_contract(&config);
    put_cap(&config, 0x50, 0x64, 2, 2, 0, 4);
    config.bytes[0x75] = 0x84;
    put_cap(&config, 0x84, 0, 2, 0, 0x1000, 0x100);
    EXPECT(Strict, "BAR_ADDRESS_MISSING");
    EXPECT(Permissive, "OK");
    assert_int_equal(caps.Notify.CapOffset, 0x84);
    /* When no instance can be used, the first one's reason counts. */
    config.bar[3] = UINT64_MAX - 0xFFF;
    config.bytes[0x84 + 4] = 3;
    EXPECT_BOTH("BAR_ADDRESS_MISSING");
}

static void result_bar_address_overflow(void **state)
{
    (void)state;
    pci_config_contract(&config);
    config.bar[0] = UINT64_MAX - 0x2FFF;
    EXPECT_BOTH("BAR_ADDRESS_OVERFLOW"); /* base + offset wraps, at device */
    config.bar[0] = UINT64_MAX - 0x30FE;
    EXPECT_BOTH("BAR_ADDRESS_OVERFLOW"); /* base + offset + length wraps */
    config.bar[0] = UINT64_MAX - 0x3100;
    EXPECT_BOTH("OK");
    pci_config_contract(&config);
    config.bar[0] = UINT64_MAX - 0xFFFFFFFF;
    put32(config.bytes + 0x40 + 8, 0xFFFFFFFC); /* offset + length does not fit 32 bits, either */
    EXPECT_BOTH("BAR_ADDRESS_OVERFLOW");
    pci_config_contract(&config);
    put32(config.bytes + 0x40 + 8, 0xFFFFFFFC);
    put32(config.bytes + 0x40 + 12, 0xFFFFFFFF);
    EXPECT_BOTH("OK"); /* absurd, but no wrap: whoever maps it checks it against the BAR */
    assert_int_equal(caps.Common.Address, 0xE0000000ull + 0xFFFFFFFC);
}

static void result_missing(void **state)
{
    (void)state;
    static const struct {
        uint8_t place;
        uint32_t too_short;
        const char *name;
    } types[] = {{0x40, 55, "MISSING_COMMON"}, {0x50, 1, "MISSING_NOTIFY"}, {0x64, 0, "MISSING_ISR"}};

    for (unsigned i = 0; i < 3; i++) {
        pci_config_contract(&config);
        config.bytes[types[i].place + 3] = 5;
        EXPECT_BOTH(types[i].name);
        /* A region too short for its structure is no region. */
        pci_config_contract(&config);
        put32(config.bytes + types[i].place + 12, types[i].too_short);
        EXPECT_BOTH(types[i].name);
        put32(config.bytes + types[i].place + 12, types[i].too_short + 1);
        EXPECT_BOTH("OK");
    }
    pci_config_contract(&config);
    config.bytes[0x74 + 3] = 5;
    EXPECT(Strict, "MISSING_DEVICE");
    EXPECT(Permissive, "OK");
    assert_false(caps.HasDevice);
    assert_int_equal(caps.Device.Length, 0);
    /* In the order common, notify, ISR, device. */
    config.bytes[0x64 + 3] = 5;
    EXPECT_BOTH("MISSING_ISR");
    config.bytes[0x50 + 3] = 5;
    EXPECT_BOTH("MISSING_NOTIFY");
    config.bytes[0x40 + 3] = 5;
    EXPECT_BOTH("MISSING_COMMON");
}

static void names_are_unique(void **state)
{
    (void)state;
    for (int i = 0; i < VirtioPciCapResultCount; i++) {
        assert_non_null(VirtioPciCapResultToString((VIRTIO_PCI_CAP_RESULT)i));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(VirtioPciCapResultToString((VIRTIO_PCI_CAP_RESULT)i),
                                    VirtioPciCapResultToString((VIRTIO_PCI_CAP_RESULT)j));
        }
    }
    assert_string_equal(VirtioPciCapResultToString(VirtioPciCapResultCount), "UNKNOWN");
    assert_string_equal(VirtioPciCapResultToString((VIRTIO_PCI_CAP_RESULT)-1), "UNKNOWN");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ok_contract_layout),
    cmocka_unit_test(ok_qemu_layout),
    cmocka_unit_test(ok_longest_list),
    cmocka_unit_test(result_bad_argument),
    cmocka_unit_test(result_cfg_space_too_small),
    cmocka_unit_test(result_no_cap_list),
    cmocka_unit_test(result_cap_ptr_unaligned),
    cmocka_unit_test(result_cap_ptr_out_of_range),
    cmocka_unit_test(result_cap_list_loop),
    cmocka_unit_test(result_cap_header_truncated),
    cmocka_unit_test(result_cap_next_unaligned),
    cmocka_unit_test(result_cap_next_out_of_range),
    cmocka_unit_test(result_cap_len_too_small),
    cmocka_unit_test(result_notify_cap_len_too_small),
    cmocka_unit_test(result_cap_truncated),
    cmocka_unit_test(result_duplicate_cfg_type),
    cmocka_unit_test(result_bar_index_out_of_range),
    cmocka_unit_test(result_bar_address_missing),
    cmocka_unit_test(result_bar_address_overflow),
    cmocka_unit_test(result_missing),
    cmocka_unit_test(names_are_unique),
};

UNIT_MAIN(tests)
