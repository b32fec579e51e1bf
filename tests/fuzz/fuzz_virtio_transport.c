/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A device whose every register reads as the next bytes of the input, on both transports, through a whole start. The
 * driver ends in bounded time, touches no register outside what it was given, accepts no feature that was not offered,
 * never rings outside the notify region, and leaves the lock free.
 * Input: choices, then what the registers read.
 */
#include "fuzz.h"

#include "transport_legacy.h"
#include "transport_modern.h"
#include "virtqueue.h"

#define BAR_LENGTH 0x4000
#define PORT 0xC000
#define PORT_LENGTH 0x60
#define CONFIG_LENGTH 0x40
#define ACCESSES_MAX 100000

static struct fuzz_input input;
static uint8_t bar[BAR_LENGTH];
static bool locked;
static unsigned accesses;
static uint64_t delayed;
static uint8_t after_the_end; /* what registers read when the input has ended */

static uint32_t next_value(unsigned width)
{
    FUZZ_CHECK(++accesses < ACCESSES_MAX);
    if (input.left == 0) {
        return after_the_end * 0x01010101u;
    }
    return fuzz_word(&input, width);
}

static void check_mmio(uintptr_t address, unsigned width)
{
    uintptr_t offset = address - (uintptr_t)bar;

    FUZZ_CHECK(address >= (uintptr_t)bar && offset % width == 0);
    FUZZ_CHECK(offset + width <= 56 || (offset >= 0x1000 && offset + width <= 0x1100) ||
               (offset == 0x2000 && width == 1) || (offset >= 0x3000 && offset + width <= 0x3000 + CONFIG_LENGTH));
}

static void check_port(uint16_t port, unsigned width)
{
    FUZZ_CHECK(port >= PORT && port + width <= PORT + PORT_LENGTH && port % width == 0);
}

#define MMIO(width, type)                                       \
    type VirtioRead##width(const volatile type *address)        \
    {                                                           \
        check_mmio((uintptr_t)address, width / 8);              \
        return (type)next_value(width / 8);                     \
    }                                                           \
    void VirtioWrite##width(volatile type *address, type value) \
    {                                                           \
        (void)value;                                            \
        FUZZ_CHECK(++accesses < ACCESSES_MAX);                  \
        check_mmio((uintptr_t)address, width / 8);              \
    }                                                           \
    type VirtioPortRead##width(uint16_t port)                   \
    {                                                           \
        check_port(port, width / 8);                            \
        return (type)next_value(width / 8);                     \
    }                                                           \
    void VirtioPortWrite##width(uint16_t port, type value)      \
    {                                                           \
        (void)value;                                            \
        FUZZ_CHECK(++accesses < ACCESSES_MAX);                  \
        check_port(port, width / 8);                            \
    }

MMIO(8, uint8_t)
MMIO(16, uint16_t)
MMIO(32, uint32_t)

void VirtioReadBarrier(void)
{
}

void VirtioWriteBarrier(void)
{
}

void VirtioFullBarrier(void)
{
}

static void env_delay(void *context, uint32_t microseconds)
{
    (void)context;
    FUZZ_CHECK(!locked);
    FUZZ_CHECK(microseconds != 0);
    delayed += microseconds;
}

static void env_lock(void *context)
{
    (void)context;
    FUZZ_CHECK(!locked);
    locked = true;
}

static void env_unlock(void *context)
{
    (void)context;
    FUZZ_CHECK(locked);
    locked = false;
}

static const VIRTIO_ENV env = {.DelayMicroseconds = env_delay, .Lock = env_lock, .Unlock = env_unlock};

static void read_config(VIRTIO_TRANSPORT *transport)
{
    VIRTIO_CONFIG_FIELD fields[4];
    uint8_t wire[8 + PORT_LENGTH];

    /* Fields anywhere, in bounds or not. */
    for (unsigned i = 0; i < 4; i++) {
        fields[i].Offset = (uint16_t)fuzz_byte(&input);
        fields[i].Width = (uint16_t)(fuzz_byte(&input) % 10);
    }
    (void)VirtioReadConfigFields(transport, fields, 4, wire);
    (void)VirtioReadConfigBytes(transport, fuzz_byte(&input), wire, fuzz_byte(&input) % sizeof(wire));
    (void)VirtioReadConfig(transport, fuzz_byte(&input), wire, fuzz_byte(&input) % 9);
    (void)VirtioWriteConfig8(transport, fuzz_byte(&input), 1);
}

static void start(VIRTIO_TRANSPORT *transport)
{
    uint64_t required = (uint64_t)fuzz_byte(&input) << 28, wanted = fuzz_word(&input, 4), accepted = 0;
    uint16_t queue = fuzz_byte(&input) % 3, vector = (uint16_t)fuzz_word(&input, 2), size = 0;
    VIRTQUEUE_LAYOUT layout;
    VIRTIO_DOORBELL doorbell;

    delayed = 0;
    if (VirtioReset(transport, 1000, fuzz_byte(&input)) == VirtioOk &&
        VirtioNegotiate(transport, required, wanted, &accepted) == VirtioOk) {
        FUZZ_CHECK((accepted & ~transport->OfferedFeatures) == 0);
        FUZZ_CHECK((required & ~accepted) == 0);
        FUZZ_CHECK(!transport->Ops->Modern || (accepted & VIRTIO_FEATURE(VIRTIO_F_VERSION_1)) != 0);
    }
    FUZZ_CHECK(delayed <= 1000);
    read_config(transport);
    if (VirtioGetQueueSize(transport, queue, &size) == VirtioOk) {
        VIRTIO_QUEUE_ADDRESSES addresses;

        FUZZ_CHECK(VirtqueueLayoutLegacy(size, &layout)); /* legal by the queue's own judgement */
        addresses = (VIRTIO_QUEUE_ADDRESSES){0x10000, 0x10000 + layout.AvailOffset, 0x10000 + layout.UsedOffset};
        (void)VirtioSetConfigVector(transport, vector);
        (void)VirtioSetUpQueue(transport, queue, size, &addresses, vector);
        (void)VirtioSetUpQueue(transport, queue, size / 2, &addresses, vector);
    }
    if (VirtioGetDoorbell(transport, queue, &doorbell) == VirtioOk) {
        VirtioRing(transport, &doorbell);
    }
    (void)VirtioSetDriverOk(transport);
    (void)VirtioReadIsr(transport);
    (void)VirtioGetStatus(transport);
    (void)VirtioGetConfigGeneration(transport);
    VirtioSetFailed(transport);
    FUZZ_CHECK(!locked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VIRTIO_PCI_CAPS caps = {
        .Common = {.Offset = 0, .Length = 0x100},
        .Notify = {.Offset = 0x1000, .Length = 0x100},
        .Isr = {.Offset = 0x2000, .Length = 0x20},
        .Device = {.Offset = 0x3000, .Length = CONFIG_LENGTH},
        .HasDevice = true,
    };
    VIRTIO_MODERN_BAR bars[VIRTIO_PCI_BAR_COUNT] = {{.Base = bar, .Length = BAR_LENGTH}};
    VIRTIO_MODERN modern;
    VIRTIO_LEGACY legacy;
    uint8_t choice;

    input = (struct fuzz_input){data, size};
    accesses = 0;
    locked = false;
    choice = fuzz_byte(&input);
    after_the_end = (choice & 2) != 0 ? 0xFF : 0;
    caps.NotifyOffMultiplier = (choice & 4) != 0 ? 4 : fuzz_word(&input, 4);
    if ((choice & 1) != 0) {
        FUZZ_CHECK(VirtioLegacyInit(&legacy, PORT, PORT_LENGTH, (choice & 8) != 0, &env) == VirtioOk);
        start(&legacy.Transport);
    } else {
        FUZZ_CHECK(VirtioModernInit(&modern, &caps, bars, &env) == VirtioOk);
        start(&modern.Transport);
    }
    return 0;
}
