/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The modern transport, what both transports share, and the MSI-X plans, against a device that checks every access. */
#include "unit.h"

#include "fake_device.h"
#include "msix_plan.h"
#include "pci_config.h"
#include "transport_modern.h"

#define REQUIRED VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC)
#define WANTED VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX)

static struct fake_device device;
static VIRTIO_MODERN modern;
static VIRTIO_TRANSPORT *transport;
static VIRTIO_PCI_CAPS caps;
static VIRTIO_MODERN_BAR bars[VIRTIO_PCI_BAR_COUNT];
static const VIRTIO_QUEUE_ADDRESSES addresses = {0x1122334455667000, 0x2233445566778000, 0x3344556677889000};

static int setup(void **state)
{
    struct pci_config config;
    VIRTIO_ENV env;

    (void)state;
    fake_device_init(&device);
    device.demand_lock = true;
    device.scramble = true;
    env = fake_env();
    pci_config_contract(&config);
    assert_int_equal(VirtioPciParseCaps(config.bytes, 256, config.bar, VirtioPciCapStrict, &caps), VirtioPciCapOk);
    caps.Device.Length = FAKE_CONFIG_LENGTH;
    memset(bars, 0, sizeof(bars));
    bars[0] = (VIRTIO_MODERN_BAR){.Base = device.bar, .Length = FAKE_BAR_LENGTH};
    assert_int_equal(VirtioModernInit(&modern, &caps, bars, &env), VirtioOk);
    assert_int_equal(device.accesses, 0);
    transport = &modern.Transport;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (device.violations != 0) {
        fail_msg("%u rules broken, last: %s", device.violations, device.violation);
    }
    if (device.locked) {
        fail_msg("the lock is still held");
    }
    return 0;
}

#define EXPECT(call, name) assert_string_equal(VirtioResultToString(call), name)

static void start(void)
{
    uint64_t accepted;

    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    EXPECT(VirtioNegotiate(transport, REQUIRED, WANTED, &accepted), "OK");
}

static void init_regions(void **state)
{
    (void)state;
    VIRTIO_ENV env = fake_env();
    VIRTIO_PCI_CAPS bad;

    EXPECT(VirtioModernInit(NULL, &caps, bars, &env), "BAD_ARGUMENT");
    EXPECT(VirtioModernInit(&modern, &caps, bars, NULL), "BAD_ARGUMENT");
    env.Unlock = NULL;
    EXPECT(VirtioModernInit(&modern, &caps, bars, &env), "BAD_ARGUMENT");
    env.Lock = NULL;
    EXPECT(VirtioModernInit(&modern, &caps, bars, &env), "OK");
    env.DelayMicroseconds = NULL;
    EXPECT(VirtioModernInit(&modern, &caps, bars, &env), "BAD_ARGUMENT");
    env = fake_env();

    bad = caps;
    bad.Device.Offset = 0x3FFC;
    EXPECT(VirtioModernInit(&modern, &bad, bars, &env), "BAD_REGION");
    bad.HasDevice = false;
    EXPECT(VirtioModernInit(&modern, &bad, bars, &env), "OK");
    assert_int_equal(modern.Transport.ConfigLength, 0);
    bad = caps;
    bad.Common.Offset = 2; /* "offset MUST be 4-byte aligned" */
    EXPECT(VirtioModernInit(&modern, &bad, bars, &env), "BAD_REGION");
    bad = caps;
    bad.Notify.Offset = 0x1001; /* "The cap.offset MUST be 2-byte aligned" */
    EXPECT(VirtioModernInit(&modern, &bad, bars, &env), "BAD_REGION");
    bad = caps;
    bad.Isr.Offset = 0x2001; /* no alignment requirement */
    EXPECT(VirtioModernInit(&modern, &bad, bars, &env), "OK");
    bad.Isr.Bar = 1; /* not mapped */
    EXPECT(VirtioModernInit(&modern, &bad, bars, &env), "BAD_REGION");
    bad.Isr.Bar = 6;
    EXPECT(VirtioModernInit(&modern, &bad, bars, &env), "BAD_REGION");
    bad = caps;
    bad.Notify.Offset = 0xFFFFF000; /* offset + length wraps 32 bits, to what would fit */
    bad.Notify.Length = 0x2000;
    EXPECT(VirtioModernInit(&modern, &bad, bars, &env), "BAD_REGION");
    bad = caps;
    bad.Common.Length = 55;
    EXPECT(VirtioModernInit(&modern, &bad, bars, &env), "BAD_REGION");
}

static void reset_waits_for_zero(void **state)
{
    (void)state;
    device.status = 0x0F;
    device.reset_reads = 5;
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    assert_int_equal(device.status, 0);
    assert_int_equal(device.delayed, 40); /* four polls showed the old status */
    /* Already there at the first read: no delay at all. */
    device.delayed = 0;
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    assert_int_equal(device.delayed, 0);
    assert_int_equal(device.resets, 2);
}

static void reset_is_bounded(void **state)
{
    (void)state;
    device.status = 0x0F;
    device.reset_never = true;
    EXPECT(VirtioReset(transport, 1000, 30), "RESET_TIMEOUT");
    assert_int_equal(device.delayed, 1000);
    device.delayed = 0;
    EXPECT(VirtioReset(transport, 0, 30), "RESET_TIMEOUT");
    assert_int_equal(device.delayed, 0);
    EXPECT(VirtioReset(transport, 7, 0), "RESET_TIMEOUT");
    assert_int_equal(device.delayed, 7);
}

static void reset_notices_that_the_device_is_gone(void **state)
{
    (void)state;
    device.gone = true;
    EXPECT(VirtioReset(transport, 1000000, 10), "GONE");
    assert_int_equal(device.delayed, 0);
}

static void reset_forgets_the_accepted_features(void **state)
{
    (void)state;
    start();
    assert_true(transport->AcceptedFeatures != 0);
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    assert_int_equal(transport->AcceptedFeatures, 0);
}

static void negotiate_in_order(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0, 1, 1 | 2, 1 | 2 | 8};
    uint64_t accepted = 0;

    device.offered |= VIRTIO_FEATURE(40) | VIRTIO_FEATURE(5);
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    EXPECT(VirtioNegotiate(transport, REQUIRED, WANTED | VIRTIO_FEATURE(9), &accepted), "OK");
    assert_int_equal(device.status_write_count, sizeof(expected));
    assert_memory_equal(device.status_writes, expected, sizeof(expected));
    /* Required and wanted that are offered, VERSION_1 without being asked for it; not 9, which is not offered, and not
       5 and 40, which nobody wants. */
    assert_int_equal(accepted, REQUIRED | WANTED | VIRTIO_FEATURE(VIRTIO_F_VERSION_1));
    assert_int_equal(device.accepted, accepted);
    assert_int_equal(transport->AcceptedFeatures, accepted);
    assert_int_equal(transport->OfferedFeatures, device.offered);
}

static void negotiate_missing_feature(void **state)
{
    (void)state;
    uint64_t accepted = 77;

    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    EXPECT(VirtioNegotiate(transport, REQUIRED | VIRTIO_FEATURE(9), WANTED, &accepted), "MISSING_FEATURE");
    assert_int_equal(accepted, 77);
    assert_int_equal(device.accepted, 0);
    assert_int_equal(device.status & VIRTIO_STATUS_FEATURES_OK, 0);
    assert_int_equal(transport->OfferedFeatures, device.offered);

    /* VERSION_1 is required of every modern device. */
    device.offered &= ~VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    EXPECT(VirtioNegotiate(transport, 0, WANTED, NULL), "MISSING_FEATURE");
}

static void negotiate_features_refused(void **state)
{
    (void)state;
    device.refuse_features = true;
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    EXPECT(VirtioNegotiate(transport, REQUIRED, WANTED, NULL), "FEATURES_REFUSED");
    assert_int_equal(transport->AcceptedFeatures, 0);
}

static void negotiate_uses_all_64_bits(void **state)
{
    (void)state;
    device.offered = UINT64_MAX;
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    EXPECT(VirtioNegotiate(transport, VIRTIO_FEATURE(63) | VIRTIO_FEATURE(0), 0, NULL), "OK");
    assert_int_equal(device.accepted, VIRTIO_FEATURE(63) | VIRTIO_FEATURE(0) | VIRTIO_FEATURE(VIRTIO_F_VERSION_1));
}

static void queue_size(void **state)
{
    (void)state;
    uint16_t size = 0;

    start();
    EXPECT(VirtioGetQueueSize(transport, 0, &size), "OK");
    assert_int_equal(size, 128);
    EXPECT(VirtioGetQueueSize(transport, 1, &size), "OK");
    assert_int_equal(size, 64);
    EXPECT(VirtioGetQueueSize(transport, 2, &size), "NO_QUEUE");
    EXPECT(VirtioGetQueueSize(transport, 999, &size), "NO_QUEUE");
    device.queue[0].size = 100;
    EXPECT(VirtioGetQueueSize(transport, 0, &size), "BAD_QUEUE_SIZE");
    device.queue[0].size = 1;
    EXPECT(VirtioGetQueueSize(transport, 0, &size), "BAD_QUEUE_SIZE");
    device.queue[0].size = 32768;
    EXPECT(VirtioGetQueueSize(transport, 0, &size), "OK");
    device.queue[0].size = 0xFFFF;
    EXPECT(VirtioGetQueueSize(transport, 0, &size), "BAD_QUEUE_SIZE");
    device.gone = true;
    EXPECT(VirtioGetQueueSize(transport, 0, &size), "GONE");
}

static void queue_set_up(void **state)
{
    (void)state;
    start();
    EXPECT(VirtioSetUpQueue(transport, 1, 64, &addresses, 2), "OK");
    assert_int_equal(device.queue[1].desc, addresses.Desc);
    assert_int_equal(device.queue[1].avail, addresses.Avail);
    assert_int_equal(device.queue[1].used, addresses.Used);
    assert_int_equal(device.queue[1].vector, 2);
    assert_int_equal(device.queue[1].enabled, 1);
    assert_int_equal(device.queue[0].enabled, 0);
    EXPECT(VirtioSetUpQueue(transport, 1, 64, &addresses, 2), "QUEUE_BUSY");
    EXPECT(VirtioSetUpQueue(transport, 2, 64, &addresses, 2), "NO_QUEUE");
    device.enable_fails = true;
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &addresses, VIRTIO_MSI_NO_VECTOR), "QUEUE_NOT_ENABLED");
}

static void queue_set_up_refuses_bad_arguments(void **state)
{
    (void)state;
    static const uint16_t sizes[] = {0, 1, 3, 100, 32769, 65535};
    VIRTIO_QUEUE_ADDRESSES bad;

    start();
    device.accesses = 0;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        EXPECT(VirtioSetUpQueue(transport, 0, sizes[i], &addresses, 0), "BAD_ARGUMENT");
    }
    EXPECT(VirtioSetUpQueue(transport, 0, 128, NULL, 0), "BAD_ARGUMENT");
    bad = addresses;
    bad.Desc += 8;
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &bad, 0), "BAD_ARGUMENT");
    bad = addresses;
    bad.Avail += 1;
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &bad, 0), "BAD_ARGUMENT");
    bad = addresses;
    bad.Used += 2;
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &bad, 0), "BAD_ARGUMENT");
    assert_int_equal(device.accesses, 0);
}

static void queue_size_is_the_drivers_choice(void **state)
{
    (void)state;
    start();
    EXPECT(VirtioSetUpQueue(transport, 0, 32, &addresses, 0), "OK");
    assert_int_equal(device.queue[0].size, 32);
    EXPECT(VirtioSetUpQueue(transport, 1, 128, &addresses, 0), "BAD_QUEUE_SIZE");
    assert_int_equal(device.queue[1].enabled, 0);
}

static void queue_size_read_only(void **state)
{
    (void)state;
    start();
    device.size_fixed = true;
    EXPECT(VirtioSetUpQueue(transport, 0, 32, &addresses, 0), "QUEUE_SIZE_FIXED");
    assert_int_equal(device.queue[0].enabled, 0);
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &addresses, 0), "OK");
    assert_int_equal(device.queue[0].enabled, 1);
}

static void vector_refused_falls_back_plan_by_plan(void **state)
{
    (void)state;
    /* A system that granted 3 messages for 2 queues, and devices that take 3, 2, 1 and 0 vectors. */
    static const VIRTIO_MSIX_PLAN reached[] = {VirtioIntx, VirtioMsixSharedAll, VirtioMsixSharedQueues,
                                               VirtioMsixPerQueue};

    for (uint16_t vectors = 0; vectors <= 3; vectors++) {
        VIRTIO_MSIX_PLAN plan = VirtioChooseMsixPlan(3, 2);
        VIRTIO_RESULT result;
        unsigned tries = 0;

        device.vectors = vectors;
        for (;; plan = VirtioNextMsixPlan(plan)) {
            assert_true(++tries <= 4);
            start();
            result = VirtioSetConfigVector(transport, VirtioMsixConfigVector(plan));
            for (uint16_t q = 0; q < 2 && result == VirtioOk; q++) {
                result = VirtioSetUpQueue(transport, q, 64, &addresses, VirtioMsixQueueVector(plan, q));
            }
            if (result == VirtioOk) {
                break;
            }
            EXPECT(result, "VECTOR_REFUSED");
        }
        assert_int_equal(plan, reached[vectors]);
        assert_int_equal(device.config_vector, VirtioMsixConfigVector(plan));
        assert_int_equal(device.queue[0].vector, VirtioMsixQueueVector(plan, 0));
        assert_int_equal(device.queue[1].vector, VirtioMsixQueueVector(plan, 1));
    }
}

static void vector_refused_leaves_the_queue_disabled(void **state)
{
    (void)state;
    start();
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &addresses, 4), "VECTOR_REFUSED");
    assert_int_equal(device.queue[0].enabled, 0);
    EXPECT(VirtioSetConfigVector(transport, 4), "VECTOR_REFUSED");
    EXPECT(VirtioSetConfigVector(transport, 3), "OK");
    EXPECT(VirtioSetConfigVector(transport, VIRTIO_MSI_NO_VECTOR), "OK");
    assert_int_equal(device.config_vector, VIRTIO_MSI_NO_VECTOR);
}

static void msix_plans(void **state)
{
    (void)state;
    assert_int_equal(VirtioChooseMsixPlan(0, 1), VirtioIntx);
    assert_int_equal(VirtioChooseMsixPlan(1, 1), VirtioMsixSharedAll);
    assert_int_equal(VirtioChooseMsixPlan(2, 1), VirtioMsixPerQueue);
    assert_int_equal(VirtioChooseMsixPlan(2, 4), VirtioMsixSharedQueues);
    assert_int_equal(VirtioChooseMsixPlan(4, 4), VirtioMsixSharedQueues);
    assert_int_equal(VirtioChooseMsixPlan(5, 4), VirtioMsixPerQueue);
    assert_int_equal(VirtioChooseMsixPlan(2048, 0xFFFF), VirtioMsixSharedQueues);
    assert_int_equal(VirtioMsixConfigVector(VirtioMsixPerQueue), 0);
    assert_int_equal(VirtioMsixQueueVector(VirtioMsixPerQueue, 3), 4);
    assert_int_equal(VirtioMsixConfigVector(VirtioMsixSharedQueues), 0);
    assert_int_equal(VirtioMsixQueueVector(VirtioMsixSharedQueues, 3), 1);
    assert_int_equal(VirtioMsixConfigVector(VirtioMsixSharedAll), 0);
    assert_int_equal(VirtioMsixQueueVector(VirtioMsixSharedAll, 3), 0);
    assert_int_equal(VirtioMsixConfigVector(VirtioIntx), VIRTIO_MSI_NO_VECTOR);
    assert_int_equal(VirtioMsixQueueVector(VirtioIntx, 3), VIRTIO_MSI_NO_VECTOR);
    assert_int_equal(VirtioMsixMessageCount(VirtioMsixPerQueue, 4), 5);
    assert_int_equal(VirtioMsixMessageCount(VirtioMsixSharedQueues, 4), 2);
    assert_int_equal(VirtioMsixMessageCount(VirtioMsixSharedAll, 4), 1);
    assert_int_equal(VirtioMsixMessageCount(VirtioIntx, 4), 0);
    assert_int_equal(VirtioNextMsixPlan(VirtioMsixPerQueue), VirtioMsixSharedQueues);
    assert_int_equal(VirtioNextMsixPlan(VirtioMsixSharedQueues), VirtioMsixSharedAll);
    assert_int_equal(VirtioNextMsixPlan(VirtioMsixSharedAll), VirtioIntx);
    assert_int_equal(VirtioNextMsixPlan(VirtioIntx), VirtioIntx);
    for (int i = 0; i <= VirtioIntx; i++) {
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(VirtioMsixPlanToString((VIRTIO_MSIX_PLAN)i),
                                    VirtioMsixPlanToString((VIRTIO_MSIX_PLAN)j));
        }
    }
}

static void doorbell_place_and_range(void **state)
{
    (void)state;
    VIRTIO_DOORBELL doorbell;

    start();
    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "OK");
    assert_ptr_equal(doorbell.Mmio, device.bar + 0x1000 + 4);
    assert_int_equal(doorbell.Value, 1);
    device.accesses = 0;
    VirtioRing(transport, &doorbell);
    VirtioModernRing(&doorbell);
    assert_int_equal(device.queue[1].rings, 2);
    assert_int_equal(device.accesses, 2);

    /* The notify region is 0x100 long: offset 0xFC is the last dword, at 0x100 there is nothing. */
    device.queue[1].notify_off = 0x3F;
    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "OK");
    device.queue[1].notify_off = 0x40;
    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "DOORBELL_RANGE");
    modern.NotifyOffMultiplier = 0xFFFFFFFE;
    device.queue[1].notify_off = 0xFFFF;
    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "DOORBELL_RANGE");
    modern.NotifyOffMultiplier = 0x80000000;
    device.queue[1].notify_off = 2; /* the product wraps 32 bits to 0 */
    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "DOORBELL_RANGE");
    modern.NotifyOffMultiplier = 1;
    device.queue[1].notify_off = 3; /* odd address */
    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "DOORBELL_RANGE");
    modern.NotifyOffMultiplier = 0; /* one doorbell for all */
    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "OK");
    assert_ptr_equal(doorbell.Mmio, device.bar + 0x1000);
    modern.NotifyLength = 2;
    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "OK");
    modern.NotifyOffMultiplier = 2;
    device.queue[1].notify_off = 1;
    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "DOORBELL_RANGE");
    device.gone = true;
    EXPECT(VirtioGetDoorbell(transport, 1, &doorbell), "GONE");
}

static void status_driver_ok_and_failed(void **state)
{
    (void)state;
    start();
    EXPECT(VirtioSetDriverOk(transport), "OK");
    assert_int_equal(VirtioGetStatus(transport), 1 | 2 | 4 | 8);
    device.status |= VIRTIO_STATUS_NEEDS_RESET;
    assert_int_equal(VirtioGetStatus(transport), 1 | 2 | 4 | 8 | 0x40);
    VirtioSetFailed(transport);
    assert_int_equal(device.status, 1 | 2 | 4 | 8 | 0x40 | 0x80);
    EXPECT(VirtioSetDriverOk(transport), "NEEDS_RESET");
    EXPECT(VirtioReset(transport, 1000, 10), "OK");
    /* A device that was reset behind the driver's back must not be told that all is well. */
    EXPECT(VirtioSetDriverOk(transport), "NEEDS_RESET");
    device.gone = true;
    EXPECT(VirtioSetDriverOk(transport), "GONE");
    device.status_write_count = 0;
    VirtioSetFailed(transport);
    assert_int_equal(device.status_write_count, 0);
    assert_int_equal(VirtioGetStatus(transport), VIRTIO_STATUS_GONE);
}

static void isr_is_one_byte_read(void **state)
{
    (void)state;
    start();
    device.isr = 3;
    device.accesses = 0;
    assert_int_equal(VirtioReadIsr(transport), VIRTIO_ISR_QUEUE | VIRTIO_ISR_CONFIG);
    assert_int_equal(VirtioModernReadIsr(&modern), 0);
    assert_int_equal(device.accesses, 2);
}

static void config_fields_at_their_width(void **state)
{
    (void)state;
    struct {
        uint64_t eight;
        uint32_t four;
        uint16_t two;
        uint8_t one;
        uint8_t other;
    } wire = {.other = 0x77};
    static const VIRTIO_CONFIG_FIELD fields[] = {{0, 8}, {8, 4}, {12, 2}, {14, 1}};
    uint8_t bytes[6];
    uint64_t value64;
    uint16_t value16;

    start();
    device.accesses = 0;
    EXPECT(VirtioReadConfigFields(transport, fields, 4, &wire), "OK");
    /* Two halves, one each of the others, generation before and after. */
    assert_int_equal(device.accesses, 2 + 1 + 1 + 1 + 2);
    assert_memory_equal(&wire, device.config, 15);
    assert_int_equal(wire.other, 0x77);

    EXPECT(VirtioReadConfig(transport, 4, &value64, 8), "OK"); /* 4-byte aligned is enough for 64 bits */
    assert_memory_equal(&value64, device.config + 4, 8);
    EXPECT(VirtioReadConfig(transport, 62, &value16, 2), "OK");
    assert_memory_equal(&value16, device.config + 62, 2);
    EXPECT(VirtioReadConfigBytes(transport, 1, bytes, 6), "OK");
    assert_memory_equal(bytes, device.config + 1, 6);
    EXPECT(VirtioReadConfigBytes(transport, 64, bytes, 0), "OK");
}

static void config_out_of_range(void **state)
{
    (void)state;
    static const VIRTIO_CONFIG_FIELD last_is_out[] = {{0, 4}, {64, 1}};
    uint8_t buffer[80];

    start();
    device.accesses = 0;
    EXPECT(VirtioReadConfig(transport, 64, buffer, 1), "CONFIG_RANGE");
    EXPECT(VirtioReadConfig(transport, 60, buffer, 8), "CONFIG_RANGE");
    EXPECT(VirtioReadConfig(transport, 0xFFFFFFFC, buffer, 8), "CONFIG_RANGE");
    EXPECT(VirtioReadConfig(transport, 2, buffer, 4), "BAD_ARGUMENT");
    EXPECT(VirtioReadConfig(transport, 1, buffer, 2), "BAD_ARGUMENT");
    EXPECT(VirtioReadConfig(transport, 0, buffer, 3), "BAD_ARGUMENT");
    EXPECT(VirtioReadConfig(transport, 0, buffer, 0), "BAD_ARGUMENT");
    EXPECT(VirtioReadConfig(transport, 0, NULL, 4), "BAD_ARGUMENT");
    EXPECT(VirtioReadConfigFields(transport, last_is_out, 2, buffer), "CONFIG_RANGE");
    EXPECT(VirtioReadConfigFields(transport, NULL, 1, buffer), "BAD_ARGUMENT");
    EXPECT(VirtioReadConfigBytes(transport, 60, buffer, 5), "CONFIG_RANGE");
    EXPECT(VirtioReadConfigBytes(transport, 65, buffer, 0), "CONFIG_RANGE");
    EXPECT(VirtioReadConfigBytes(transport, 0, NULL, 1), "BAD_ARGUMENT");
    EXPECT(VirtioWriteConfig8(transport, 64, 1), "CONFIG_RANGE");
    assert_int_equal(device.accesses, 0);
    EXPECT(VirtioWriteConfig8(transport, 63, 0x5A), "OK");
    assert_int_equal(device.config[63], 0x5A);
}

static void config_generation_retry(void **state)
{
    (void)state;
    static const VIRTIO_CONFIG_FIELD fields[] = {{0, 8}, {8, 4}};
    uint8_t buffer[12];

    start();
    device.config_changes = 7; /* the first attempts are torn */
    EXPECT(VirtioReadConfigFields(transport, fields, 2, buffer), "OK");
    assert_memory_equal(buffer, device.config, 12);
    assert_int_equal(device.config_changes, 0);
    assert_int_equal(VirtioGetConfigGeneration(transport), device.generation);

    device.config_changes = 1000000;
    EXPECT(VirtioReadConfigFields(transport, fields, 2, buffer), "CONFIG_UNSTABLE");
    device.config_changes = 0;
    device.generation = 0xFF; /* a legal generation, not a sign of absence */
    EXPECT(VirtioReadConfigFields(transport, fields, 2, buffer), "OK");
    device.gone = true;
    EXPECT(VirtioReadConfigFields(transport, fields, 2, buffer), "GONE");
}

/* Pulled out after each single access of a whole start: the driver gets an error or all ones, never a hang, and the
   status shows it at the end. */
static void gone_at_every_step(void **state)
{
    (void)state;
    int step = 0;
    bool finished = false;

    while (!finished) {
        uint64_t accepted;
        uint16_t size = 0;
        VIRTIO_DOORBELL doorbell;
        VIRTIO_RESULT result;

        assert_true(step < 200);
        setup(NULL);
        device.gone_after = step++;
        if ((result = VirtioReset(transport, 1000, 10)) == VirtioOk &&
            (result = VirtioNegotiate(transport, REQUIRED, WANTED, &accepted)) == VirtioOk &&
            (result = VirtioGetQueueSize(transport, 0, &size)) == VirtioOk &&
            (result = VirtioSetConfigVector(transport, 0)) == VirtioOk &&
            (result = VirtioSetUpQueue(transport, 0, 64, &addresses, 1)) == VirtioOk &&
            (result = VirtioGetDoorbell(transport, 0, &doorbell)) == VirtioOk &&
            (result = VirtioSetDriverOk(transport)) == VirtioOk) {
            finished = device.status == (1 | 2 | 4 | 8) && !device.gone;
        } else {
            EXPECT(result, "GONE");
        }
        if (device.gone) {
            assert_int_equal(VirtioGetStatus(transport), VIRTIO_STATUS_GONE);
        }
        teardown(NULL);
    }
    assert_true(step > 20);
}

static void works_without_a_lock(void **state)
{
    (void)state;
    VIRTIO_ENV env = fake_env();
    uint16_t size;

    env.Lock = NULL;
    env.Unlock = NULL;
    device.demand_lock = false;
    assert_int_equal(VirtioModernInit(&modern, &caps, bars, &env), VirtioOk);
    start();
    EXPECT(VirtioGetQueueSize(transport, 0, &size), "OK");
    EXPECT(VirtioSetUpQueue(transport, 0, 128, &addresses, 0), "OK");
    assert_int_equal(device.locks, 0);
}

static void names_are_unique(void **state)
{
    (void)state;
    for (int i = 0; i < VirtioResultCount; i++) {
        assert_non_null(VirtioResultToString((VIRTIO_RESULT)i));
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(VirtioResultToString((VIRTIO_RESULT)i), VirtioResultToString((VIRTIO_RESULT)j));
        }
    }
    assert_string_equal(VirtioResultToString(VirtioResultCount), "UNKNOWN");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
    TEST(init_regions),
    TEST(reset_waits_for_zero),
    TEST(reset_is_bounded),
    TEST(reset_notices_that_the_device_is_gone),
    TEST(reset_forgets_the_accepted_features),
    TEST(negotiate_in_order),
    TEST(negotiate_missing_feature),
    TEST(negotiate_features_refused),
    TEST(negotiate_uses_all_64_bits),
    TEST(queue_size),
    TEST(queue_set_up),
    TEST(queue_set_up_refuses_bad_arguments),
    TEST(queue_size_is_the_drivers_choice),
    TEST(queue_size_read_only),
    TEST(vector_refused_falls_back_plan_by_plan),
    TEST(vector_refused_leaves_the_queue_disabled),
    TEST(msix_plans),
    TEST(doorbell_place_and_range),
    TEST(status_driver_ok_and_failed),
    TEST(isr_is_one_byte_read),
    TEST(config_fields_at_their_width),
    TEST(config_out_of_range),
    TEST(config_generation_retry),
    TEST(gone_at_every_step),
    TEST(works_without_a_lock),
    TEST(names_are_unique),
};

UNIT_MAIN(tests)
