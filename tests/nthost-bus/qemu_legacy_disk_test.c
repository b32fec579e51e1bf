/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * virtio/transport_legacy.c and virtqueue.c against stock QEMU's legacy disk (virtio-blk-pci,disable-modern=on): a sector is written
 * through them, found in the image by the host, and read back.
 */
#include <fcntl.h>
#include <unistd.h>

#include "../../nthost/pci_bus.h"
#include "../../nthost/qemu_bus.h"
#include "check.h"
#include "stub_core.h"
#include "transport_legacy.h"
#include "virtio_blk.h"
#include "virtqueue.h"

#define IMAGE_BYTES (1u << 20)
#define SECTOR 5u
#define WAIT_STEPS 20000u
#define STEP_US 100u

static pci_bus *bus;
static char image[] = "virtio-legacy-test-XXXXXX";

/* ---- virtio_io.h, over the bus; memory is ordered as the processor orders it ---- */

uint8_t VirtioPortRead8(uint16_t port)
{
    return (uint8_t)bus->ops->port_read(bus, port, 1);
}

uint16_t VirtioPortRead16(uint16_t port)
{
    return (uint16_t)bus->ops->port_read(bus, port, 2);
}

uint32_t VirtioPortRead32(uint16_t port)
{
    return bus->ops->port_read(bus, port, 4);
}

void VirtioPortWrite8(uint16_t port, uint8_t value)
{
    bus->ops->port_write(bus, port, 1, value);
}

void VirtioPortWrite16(uint16_t port, uint16_t value)
{
    bus->ops->port_write(bus, port, 2, value);
}

void VirtioPortWrite32(uint16_t port, uint32_t value)
{
    bus->ops->port_write(bus, port, 4, value);
}

void VirtioReadBarrier(void)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

void VirtioWriteBarrier(void)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

void VirtioFullBarrier(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void delay(void *context, uint32_t microseconds)
{
    (void)context;
    usleep(microseconds);
}

static void remove_image(void)
{
    unlink(image);
}

static int open_device(struct pci_device *device)
{
    static struct qemu_options options;
    int file = mkstemp(image);

    CHECK(file >= 0 && ftruncate(file, IMAGE_BYTES) == 0);
    atexit(remove_image);
    stub_init(64u << 20, 0);
    CHECK(qemu_option(&options, "device=virtio-blk-pci,disable-modern=on,disable-legacy=off"));
    options.image = image;
    bus = qemu_bus_open(&options);
    pci_device_setup(device, bus);
    CHECK(device->bar[0].bytes != 0 && !device->bar[0].memory);
    return file;
}

struct disk {
    VIRTIO_LEGACY legacy;
    VIRTQUEUE queue;
    VIRTIO_DOORBELL doorbell;
};

static void start(struct disk *disk, const struct pci_device *device)
{
    VIRTIO_TRANSPORT *transport = &disk->legacy.Transport;
    VIRTIO_ENV env = {.DelayMicroseconds = delay};
    VIRTQUEUE_OPTIONS options = {.ClampLength = true};
    VIRTQUEUE_LAYOUT layout;
    VIRTQUEUE_RING ring;
    uint64_t accepted, physical;
    uint16_t size;
    uint64_t capacity = 0;

    CHECK_EQUAL(VirtioLegacyInit(&disk->legacy, (uint16_t)device->bar[0].physical, (uint32_t)device->bar[0].bytes, false, &env),
                VirtioOk);
    CHECK_EQUAL(VirtioReset(transport, 1000000, 100), VirtioOk);
    CHECK_EQUAL(VirtioNegotiate(transport, 0, VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) | VIRTIO_FEATURE(VIRTIO_BLK_F_FLUSH), &accepted),
                VirtioOk);
    CHECK((accepted & VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC)) != 0);
    CHECK_EQUAL(VirtioReadConfig(transport, 0, &capacity, sizeof capacity), VirtioOk);
    CHECK_EQUAL(capacity, IMAGE_BYTES / 512);

    CHECK_EQUAL(VirtioGetQueueSize(transport, 0, &size), VirtioOk);
    CHECK(VirtqueueLayoutLegacy(size, &layout));
    void *memory = stub_alloc(layout.Length, 4096, false, &physical);
    void *state = calloc(1, VirtqueueStateSize(size));
    VirtqueuePlace(&layout, memory, physical, &ring);
    options.Indirect = true;
    CHECK_EQUAL(VirtqueueInit(&disk->queue, &ring, &options, state, VirtqueueStateSize(size)), VirtqueueOk);

    VIRTIO_QUEUE_ADDRESSES addresses = {ring.DescPhysical, ring.AvailPhysical, ring.UsedPhysical};
    CHECK_EQUAL(VirtioSetUpQueue(transport, 0, size, &addresses, VIRTIO_MSI_NO_VECTOR), VirtioOk);
    CHECK_EQUAL(VirtioGetDoorbell(transport, 0, &disk->doorbell), VirtioOk);
    CHECK(disk->doorbell.Mmio == NULL);
    CHECK_EQUAL(VirtioSetDriverOk(transport), VirtioOk);
}

/* One request; waits for the interrupt as a driver would, by INTx and the ISR byte. */
static void request(struct disk *disk, uint32_t type, void *data, uint64_t data_physical)
{
    struct {
        VIRTQ_DESC table[3];
        VIRTIO_BLK_HEADER header;
        uint8_t status;
    } *chain;
    VIRTQUEUE_COMPLETION completion;
    uint64_t at;
    uint8_t isr = 0;

    chain = stub_alloc(sizeof *chain, 16, false, &at);
    chain->header = (VIRTIO_BLK_HEADER){.Type = type, .Sector = SECTOR};
    chain->status = 0xFF;
    chain->table[0] = (VIRTQ_DESC){at + sizeof chain->table, sizeof chain->header, VIRTQ_DESC_F_NEXT, 1};
    chain->table[1] = (VIRTQ_DESC){data_physical, 512,
                                   (uint16_t)(VIRTQ_DESC_F_NEXT | (type == VIRTIO_BLK_T_IN ? VIRTQ_DESC_F_WRITE : 0)), 2};
    chain->table[2] = (VIRTQ_DESC){at + sizeof chain->table + sizeof chain->header, 1, VIRTQ_DESC_F_WRITE, 0};
    CHECK_EQUAL(VirtqueueAdd(&disk->queue, chain->table, at, 3, type == VIRTIO_BLK_T_IN ? 513 : 1, data, NULL), VirtqueueOk);
    /* QEMU asks for no doorbell while it is still looking at the queue. */
    if (VirtqueueKickNeeded(&disk->queue))
        VirtioRing(&disk->legacy.Transport, &disk->doorbell);
    for (unsigned i = 0; i < WAIT_STEPS && isr == 0; i++) {
        bus->ops->progress(bus, STEP_US);
        if (bus->ops->intx_asserted(bus, bus->bdf))
            isr = VirtioReadIsr(&disk->legacy.Transport);
    }
    CHECK((isr & VIRTIO_ISR_QUEUE) != 0);
    CHECK(!bus->ops->intx_asserted(bus, bus->bdf));
    CHECK_EQUAL(VirtqueueGet(&disk->queue, &completion), VirtqueueCompleted);
    CHECK(completion.Cookie == data);
    CHECK_EQUAL(chain->status, VIRTIO_BLK_S_OK);
}

static void sector_there_and_back(void)
{
    struct pci_device device;
    struct disk disk;
    uint8_t stored[512];
    uint64_t physical;
    int file = open_device(&device);

    start(&disk, &device);
    uint8_t *data = stub_alloc(512, 512, false, &physical);
    for (unsigned i = 0; i < 512; i++)
        data[i] = (uint8_t)(i * 7 + 3);
    request(&disk, VIRTIO_BLK_T_OUT, data, physical);
    CHECK_EQUAL(pread(file, stored, sizeof stored, 512 * SECTOR), 512);
    CHECK(memcmp(stored, data, 512) == 0);
    memset(data, 0, 512);
    request(&disk, VIRTIO_BLK_T_IN, data, physical);
    CHECK(memcmp(stored, data, 512) == 0);
    CHECK_EQUAL(VirtioReset(&disk.legacy.Transport, 1000000, 100), VirtioOk);
    bus->ops->close(bus);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {{"sector-there-and-back", sector_there_and_back}};

    return run_tests(tests, 1, argc, argv);
}
