/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Identity and contract layout: every result by name, in the order in which they are looked for. */
#include "unit.h"

#include "pci_config.h"
#include "pci_identity.h"

static struct pci_config config;
static VIRTIO_PCI_IDENTITY identity;

static const char *check(size_t length, uint8_t revision, const uint16_t *ids, size_t count)
{
    uint8_t *copy = malloc(length != 0 ? length : 1);
    VIRTIO_PCI_IDENTITY_RESULT result;

    assert_non_null(copy);
    memcpy(copy, config.bytes, length);
    result = VirtioPciCheckIdentity(copy, length, revision, ids, count, &identity);
    free(copy);
    return VirtioPciIdentityResultToString(result);
}

static void identity_results_by_name(void **state)
{
    (void)state;
    static const uint16_t allowed[] = {0x1040 + 1, 0x1040 + 2};
    static const uint16_t others[] = {0x1040 + 1, 0x1040 + 25};

    pci_config_contract(&config);
    assert_int_equal(VirtioPciCheckIdentity(NULL, 256, 1, NULL, 0, NULL), VirtioPciIdentityBadArgument);
    assert_int_equal(VirtioPciCheckIdentity(config.bytes, 256, 1, NULL, 2, NULL), VirtioPciIdentityBadArgument);
    assert_string_equal(VirtioPciIdentityResultToString(VirtioPciIdentityBadArgument), "BAD_ARGUMENT");
    assert_string_equal(check(8, 1, NULL, 0), "CFG_SPACE_TOO_SMALL");
    assert_string_equal(check(9, 1, NULL, 0), "OK");
    assert_string_equal(check(256, 1, allowed, 2), "OK");
    assert_string_equal(check(256, 1, others, 2), "NOT_ALLOWED");

    /* Broken one after the other, each earlier check hides the later ones. */
    put16(config.bytes + 2, 0x1000);
    assert_string_equal(check(256, 1, others, 2), "DEVICE_ID_NOT_MODERN");
    config.bytes[8] = 2;
    assert_string_equal(check(256, 1, others, 2), "REVISION_MISMATCH");
    put16(config.bytes, 0x1AF5);
    assert_string_equal(check(256, 1, others, 2), "VENDOR_MISMATCH");
    assert_string_equal(VirtioPciIdentityResultToString(VirtioPciIdentityResultCount), "UNKNOWN");
}

static void identity_modern_range(void **state)
{
    (void)state;
    pci_config_contract(&config);
    put16(config.bytes + 2, 0x103F);
    assert_string_equal(check(256, 1, NULL, 0), "DEVICE_ID_NOT_MODERN");
    put16(config.bytes + 2, 0x1040);
    assert_string_equal(check(256, 1, NULL, 0), "OK");
    put16(config.bytes + 2, 0x107F);
    assert_string_equal(check(256, 1, NULL, 0), "OK");
    put16(config.bytes + 2, 0x1080);
    assert_string_equal(check(256, 1, NULL, 0), "DEVICE_ID_NOT_MODERN");
}

static void identity_is_reported(void **state)
{
    (void)state;
    pci_config_contract(&config);
    assert_string_equal(check(256, 7, NULL, 0), "REVISION_MISMATCH");
    assert_int_equal(identity.VendorId, 0x1AF4);
    assert_int_equal(identity.DeviceId, 0x1040 + 2);
    assert_int_equal(identity.RevisionId, 1);
    assert_int_equal(identity.SubsystemVendorId, 0x1AF4);
    assert_int_equal(identity.SubsystemId, 2);
    assert_int_equal(identity.VirtioType, 2);
    /* Too short for the subsystem IDs: zero, not garbage. */
    assert_string_equal(check(0x2F, 1, NULL, 0), "OK");
    assert_int_equal(identity.SubsystemVendorId, 0);
    assert_int_equal(identity.SubsystemId, 0);
}

static VIRTIO_PCI_CAPS caps;
static VIRTIO_PCI_BAR bar0;

static void contract_layout(void)
{
    pci_config_contract(&config);
    assert_int_equal(VirtioPciParseCaps(config.bytes, 256, config.bar, VirtioPciCapStrict, &caps), VirtioPciCapOk);
    bar0 = (VIRTIO_PCI_BAR){.Length = 0x4000, .IsMemory = true};
}

static const char *layout(void)
{
    VIRTIO_PCI_LAYOUT_RESULT result = VirtioPciCheckContractLayout(&caps, &bar0);

    assert_int_equal(VirtioPciIsContractLayout(&caps, &bar0), result == VirtioPciLayoutOk);
    return VirtioPciLayoutResultToString(result);
}

static void layout_results_by_name(void **state)
{
    (void)state;
    contract_layout();
    assert_string_equal(layout(), "OK");
    assert_int_equal(VirtioPciCheckContractLayout(NULL, &bar0), VirtioPciLayoutBadArgument);
    assert_int_equal(VirtioPciCheckContractLayout(&caps, NULL), VirtioPciLayoutBadArgument);

    /* Broken one after the other, from the last check to the first. */
    caps.NotifyOffMultiplier = 2;
    assert_string_equal(layout(), "MULTIPLIER");
    caps.Device.Offset = 0x3004;
    assert_string_equal(layout(), "DEVICE");
    caps.Isr.Length = 0x1F;
    assert_string_equal(layout(), "ISR");
    caps.Notify.Bar = 1;
    assert_string_equal(layout(), "NOTIFY");
    caps.Common.Length = 0xFF;
    assert_string_equal(layout(), "COMMON");
    bar0.Length = 0x3FFF;
    assert_string_equal(layout(), "BAR0");
    assert_string_equal(VirtioPciLayoutResultToString(VirtioPciLayoutResultCount), "UNKNOWN");
}

static void layout_edges(void **state)
{
    (void)state;
    contract_layout();
    bar0.IsMemory = false;
    assert_string_equal(layout(), "BAR0");
    contract_layout();
    caps.HasDevice = false;
    assert_string_equal(layout(), "DEVICE");
    /* Longer than the contract says is allowed, past the BAR is not. */
    contract_layout();
    caps.Device.Length = 0x1000;
    assert_string_equal(layout(), "OK");
    caps.Device.Length = 0x1001;
    assert_string_equal(layout(), "DEVICE");
    contract_layout();
    caps.Common.Length = 0xFFFFFFFF;
    assert_string_equal(layout(), "COMMON");
}

static void layout_of_qemu_is_standard(void **state)
{
    (void)state;
    pci_config_qemu(&config);
    assert_int_equal(VirtioPciParseCaps(config.bytes, 256, config.bar, VirtioPciCapPermissive, &caps), VirtioPciCapOk);
    bar0 = (VIRTIO_PCI_BAR){.Length = 0, .IsMemory = false};
    assert_string_equal(layout(), "BAR0");
    bar0 = (VIRTIO_PCI_BAR){.Length = 0x4000, .IsMemory = true};
    assert_string_equal(layout(), "COMMON");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(identity_results_by_name),
    cmocka_unit_test(identity_modern_range),
    cmocka_unit_test(identity_is_reported),
    cmocka_unit_test(layout_results_by_name),
    cmocka_unit_test(layout_edges),
    cmocka_unit_test(layout_of_qemu_is_standard),
};

UNIT_MAIN(tests)
