/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The legacy transport behind the same interface, against a device that checks every port access. */
#include "unit.h"

#include "fake_device.h"
#include "transport_legacy.h"
#include "virtqueue.h"

static struct fake_device device;
static VIRTIO_LEGACY legacy;
static VIRTIO_TRANSPORT *transport;

static void init(bool msix)
{
    VIRTIO_ENV env;

    fake_device_init(&device);
    device.offered = 0xFFFFFFFFull;
    device.demand_lock = true;
    device.scramble = true;
    device.msix = msix;
    env = fake_env();
    assert_int_equal(VirtioLegacyInit(&legacy, FAKE_PORT, (msix ? 24 : 20) + FAKE_CONFIG_LENGTH, msix, &env), VirtioOk);
    transport = &legacy.Transport;
}

static int setup(void **state)
{
    (void)state;
    init(false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (device.violations != 0) {
        fail_msg("%u rules broken, last: %s", device.violations, device.violation);
    }
    assert_false(device.locked);
    return 0;
}

#define EXPECT(call, name) assert_string_equal(VirtioResultToString(call), name)

static VIRTIO_QUEUE_ADDRESSES legacy_addresses(uint16_t size, uint64_t desc)
{
    VIRTQUEUE_LAYOUT layout;

    assert_true(VirtqueueLayoutLegacy(size, &layout));
    return (VIRTIO_QUEUE_ADDRESSES){desc, desc + layout.AvailOffset, desc + layout.UsedOffset};
}

static void init_checks_the_ports(void **state)
{
    (void)state;
    VIRTIO_ENV env = fake_env();

    EXPECT(VirtioLegacyInit(NULL, FAKE_PORT, 64, false, &env), "BAD_ARGUMENT");
    EXPECT(VirtioLegacyInit(&legacy, FAKE_PORT, 64, false, NULL), "BAD_ARGUMENT");
    EXPECT(VirtioLegacyInit(&legacy, FAKE_PORT, 19, false, &env), "BAD_REGION");
    EXPECT(VirtioLegacyInit(&legacy, FAKE_PORT, 23, true, &env), "BAD_REGION");
    EXPECT(VirtioLegacyInit(&legacy, 0, 64, false, &env), "BAD_REGION");
    EXPECT(VirtioLegacyInit(&legacy, 0xFFF0, 64, false, &env), "BAD_REGION");
    EXPECT(VirtioLegacyInit(&legacy, FAKE_PORT, 20, false, &env), "OK");
    assert_int_equal(legacy.Transport.ConfigLength, 0);
}

static void negotiate_32_bits_without_features_ok(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0, 1, 3, 7};
    uint64_t accepted;

    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    EXPECT(VirtioNegotiate(transport, VIRTIO_FEATURE(VIRTIO_F_VERSION_1), 0, NULL), "MISSING_FEATURE");
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    device.status_write_count = 0;
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    EXPECT(VirtioNegotiate(transport, VIRTIO_FEATURE(28), UINT64_MAX, &accepted), "OK");
    assert_int_equal(accepted, 0xFFFFFFFF);
    assert_int_equal(device.accepted, 0xFFFFFFFF);
    EXPECT(VirtioSetDriverOk(transport), "OK");
    assert_int_equal(device.status_write_count, sizeof(expected));
    assert_memory_equal(device.status_writes, expected, sizeof(expected));
}

static void queue_by_page_number(void **state)
{
    (void)state;
    VIRTIO_QUEUE_ADDRESSES at = legacy_addresses(128, 0x12345678000);
    uint16_t size;

    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    EXPECT(VirtioGetQueueSize(transport, 0, &size), "OK");
    assert_int_equal(size, 128);
    EXPECT(VirtioGetQueueSize(transport, 2, &size), "NO_QUEUE");
    EXPECT(VirtioSetUpQueue(transport, 0, 64, &at, VIRTIO_MSI_NO_VECTOR), "QUEUE_SIZE_FIXED");
    EXPECT(VirtioSetUpQueue(transport, 0, 256, &at, VIRTIO_MSI_NO_VECTOR), "BAD_QUEUE_SIZE");
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &at, VIRTIO_MSI_NO_VECTOR), "OK");
    assert_int_equal(device.queue[0].pfn, 0x12345678);
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &at, VIRTIO_MSI_NO_VECTOR), "QUEUE_BUSY");
    device.enable_fails = true;
    at = legacy_addresses(64, 0x5000);
    EXPECT(VirtioSetUpQueue(transport, 1, 64, &at, VIRTIO_MSI_NO_VECTOR), "QUEUE_NOT_ENABLED");
}

static void queue_memory_must_be_in_legacy_layout(void **state)
{
    (void)state;
    VIRTIO_QUEUE_ADDRESSES at;

    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    at = legacy_addresses(128, 0x10800); /* not a page */
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &at, VIRTIO_MSI_NO_VECTOR), "BAD_ARGUMENT");
    at = legacy_addresses(128, (1ull << 44) + 0x10000); /* page number does not fit 32 bits */
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &at, VIRTIO_MSI_NO_VECTOR), "BAD_ARGUMENT");
    at = legacy_addresses(128, (1ull << 44) - 4096);
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &at, VIRTIO_MSI_NO_VECTOR), "OK");
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    at = legacy_addresses(128, 0x10000);
    at.Used += 4;
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &at, VIRTIO_MSI_NO_VECTOR), "BAD_ARGUMENT");
    at = legacy_addresses(128, 0); /* page 0 means no queue */
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &at, VIRTIO_MSI_NO_VECTOR), "BAD_ARGUMENT");
}

static void msix_moves_the_configuration(void **state)
{
    (void)state;
    VIRTIO_QUEUE_ADDRESSES at = legacy_addresses(128, 0x10000);
    uint8_t bytes[FAKE_CONFIG_LENGTH];

    EXPECT(VirtioReadConfigBytes(transport, 0, bytes, sizeof(bytes)), "OK");
    assert_memory_equal(bytes, device.config, sizeof(bytes));
    /* Without MSI-X there are no vector registers to write. */
    EXPECT(VirtioSetConfigVector(transport, 0), "VECTOR_REFUSED");
    EXPECT(VirtioSetConfigVector(transport, VIRTIO_MSI_NO_VECTOR), "OK");
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &at, 1), "VECTOR_REFUSED");
    assert_memory_equal(bytes, device.config, sizeof(bytes));

    init(true);
    memset(bytes, 0, sizeof(bytes));
    EXPECT(VirtioReadConfigBytes(transport, 0, bytes, sizeof(bytes)), "OK");
    assert_memory_equal(bytes, device.config, sizeof(bytes));
    EXPECT(VirtioSetConfigVector(transport, 0), "OK");
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &at, 9), "VECTOR_REFUSED");
    assert_int_equal(device.queue[0].pfn, 0);
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &at, 1), "OK");
    assert_int_equal(device.queue[0].vector, 1);
    EXPECT(VirtioWriteConfig8(transport, 3, 0x99), "OK");
    assert_int_equal(device.config[3], 0x99);
}

static void config_without_a_generation_is_read_until_it_agrees(void **state)
{
    (void)state;
    static const VIRTIO_CONFIG_FIELD fields[] = {{0, 8}, {8, 4}, {12, 2}};
    uint8_t buffer[14];

    assert_int_equal(VirtioGetConfigGeneration(transport), 0);
    device.config_changes = 6;
    EXPECT(VirtioReadConfigFields(transport, fields, 3, buffer), "OK");
    assert_memory_equal(buffer, device.config, 14);
    device.config_changes = 1000000;
    EXPECT(VirtioReadConfigFields(transport, fields, 3, buffer), "CONFIG_UNSTABLE");
    device.config_changes = 0;
    device.gone = true;
    EXPECT(VirtioReadConfigFields(transport, fields, 3, buffer), "GONE");
}

static void doorbell_isr_and_absence(void **state)
{
    (void)state;
    VIRTIO_DOORBELL doorbell;
    uint16_t size;

    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "OK");
    assert_null(doorbell.Mmio);
    VirtioRing(transport, &doorbell);
    assert_int_equal(device.queue[1].rings, 1);
    device.isr = 2;
    assert_int_equal(VirtioReadIsr(transport), 2);
    assert_int_equal(VirtioReadIsr(transport), 0);
    device.gone = true;
    EXPECT(VirtioReset(transport, 1000, 10), "GONE");
    EXPECT(VirtioGetQueueSize(transport, 0, &size), "GONE");
    EXPECT(VirtioNegotiate(transport, 0, 0, NULL), "GONE");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
    TEST(init_checks_the_ports),        TEST(negotiate_32_bits_without_features_ok),
    TEST(queue_by_page_number),         TEST(queue_memory_must_be_in_legacy_layout),
    TEST(msix_moves_the_configuration), TEST(config_without_a_generation_is_read_until_it_agrees),
    TEST(doorbell_isr_and_absence),
};

UNIT_MAIN(tests)
