/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See fake_device.h. */
#include "fake_device.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fake_device *device;

void (*fake_at_full_barrier)(void *context);
void *fake_barrier_context;

__attribute__((format(printf, 1, 2))) static void violate(const char *format, ...)
{
    va_list arguments;

    if (device == NULL) {
        fprintf(stderr, "an access without a device\n");
        abort();
    }
    device->violations++;
    va_start(arguments, format);
    vsnprintf(device->violation, sizeof(device->violation), format, arguments);
    va_end(arguments);
}

static void reset_state(void)
{
    device->status = 0;
    device->accepted = 0;
    device->config_vector = VIRTIO_MSI_NO_VECTOR;
    device->isr = 0;
    for (int i = 0; i < FAKE_QUEUES; i++) {
        struct fake_queue *queue = &device->queue[i];

        queue->size = queue->size_max;
        queue->vector = VIRTIO_MSI_NO_VECTOR;
        queue->enabled = 0;
        queue->desc = queue->avail = queue->used = 0;
        queue->pfn = 0;
    }
}

void fake_device_init(struct fake_device *fresh)
{
    memset(fresh, 0, sizeof(*fresh));
    fresh->offered = VIRTIO_FEATURE(VIRTIO_F_VERSION_1) | VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC) |
                     VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX);
    fresh->queue[0].size_max = 128;
    fresh->queue[1].size_max = 64;
    for (int i = 0; i < FAKE_QUEUES; i++) {
        fresh->queue[i].notify_off = (uint16_t)i;
    }
    for (int i = 0; i < FAKE_CONFIG_LENGTH; i++) {
        fresh->config[i] = (uint8_t)(0x10 + i);
    }
    fresh->vectors = 4;
    fresh->gone_after = -1;
    device = fresh;
    reset_state();
}

void fake_device_use(struct fake_device *used)
{
    device = used;
}

static void env_delay(void *context, uint32_t microseconds)
{
    struct fake_device *of = context;

    of->delayed += microseconds;
    if (of->locked) {
        violate("delay with the lock held");
    }
}

static void env_lock(void *context)
{
    struct fake_device *of = context;

    if (of->locked) {
        violate("lock taken twice");
    }
    of->locked = true;
    of->locks++;
}

static void env_unlock(void *context)
{
    struct fake_device *of = context;

    if (!of->locked) {
        violate("unlock without lock");
    }
    of->locked = false;
    if (of->scramble) {
        of->queue_select = 3;
        of->device_feature_select = 7;
        of->driver_feature_select = 9;
    }
}

VIRTIO_ENV fake_env(void)
{
    return (VIRTIO_ENV){.Context = device, .DelayMicroseconds = env_delay, .Lock = env_lock, .Unlock = env_unlock};
}

/* Counts the access. True when there is still a device to answer it. */
static bool alive(void)
{
    if (device == NULL) {
        violate("no device");
    }
    device->accesses++;
    if (device->gone_after >= 0 && device->accesses > (unsigned)device->gone_after) {
        device->gone = true;
    }
    return !device->gone;
}

static void demand_lock(const char *field)
{
    if (device->demand_lock && !device->locked) {
        violate("%s without the lock", field);
    }
}

static struct fake_queue *selected(void)
{
    static struct fake_queue none;

    if (device->queue_select < FAKE_QUEUES) {
        return &device->queue[device->queue_select];
    }
    memset(&none, 0, sizeof(none));
    return &none;
}

static uint8_t read_status(void)
{
    if (device->status != 0 && device->resets != 0 && device->reset_reads != 0) {
        device->reset_reads--;
        if (device->reset_reads == 0) {
            reset_state();
            return 0;
        }
    }
    return device->status;
}

static void write_status(uint8_t value)
{
    if (device->status_write_count < sizeof(device->status_writes)) {
        device->status_writes[device->status_write_count++] = value;
    }
    if (value == 0) {
        device->resets++;
        if (!device->reset_never && device->reset_reads == 0) {
            reset_state();
        }
        return;
    }
    if ((device->status & ~value & ~VIRTIO_STATUS_NEEDS_RESET) != 0) {
        violate("status %#x written over %#x clears a bit", value, device->status);
    }
    if ((value & VIRTIO_STATUS_FEATURES_OK) != 0 &&
        (device->refuse_features || (device->accepted & ~device->offered) != 0)) {
        value &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
    }
    device->status = value;
}

static uint8_t read_isr(void)
{
    uint8_t isr = device->isr;

    device->isr = 0;
    return isr;
}

static uint16_t accept_vector(uint16_t vector)
{
    return vector < device->vectors ? vector : VIRTIO_MSI_NO_VECTOR;
}

static uint32_t read_config(uint32_t offset, unsigned width)
{
    uint32_t value = 0;

    if (offset + width > FAKE_CONFIG_LENGTH || offset % width != 0) {
        violate("configuration read of %u bytes at %#x", width, offset);
        return 0;
    }
    memcpy(&value, device->config + offset, width);
    if (device->config_changes > 0) {
        device->config_changes--;
        device->generation++;
        for (int i = 0; i < FAKE_CONFIG_LENGTH; i++) {
            device->config[i]++;
        }
    }
    return value;
}

/* ---- the modern registers ---- */

#define REGION_COMMON 0x0000
#define REGION_NOTIFY 0x1000
#define REGION_ISR 0x2000
#define REGION_DEVICE 0x3000

#define FIELD(name) offsetof(VIRTIO_PCI_COMMON_CFG, name)

static unsigned field_width(uint32_t offset)
{
    switch (offset) {
    case FIELD(DeviceStatus):
    case FIELD(ConfigGeneration):
        return 1;
    case FIELD(ConfigMsixVector):
    case FIELD(NumQueues):
    case FIELD(QueueSelect):
    case FIELD(QueueSize):
    case FIELD(QueueMsixVector):
    case FIELD(QueueEnable):
    case FIELD(QueueNotifyOff):
        return 2;
    default:
        return 4;
    }
}

static uint32_t common_read(uint32_t offset)
{
    const struct fake_queue *queue = selected();

    if (offset < FIELD(ConfigMsixVector) || offset >= FIELD(QueueSelect)) {
        demand_lock("selected register read");
    }
    switch (offset) {
    case FIELD(DeviceFeature):
        if (device->device_feature_select > 1) {
            return 0;
        }
        return (uint32_t)(device->offered >> (32 * device->device_feature_select));
    case FIELD(DriverFeature):
        if (device->driver_feature_select > 1) {
            return 0;
        }
        return (uint32_t)(device->accepted >> (32 * device->driver_feature_select));
    case FIELD(ConfigMsixVector):
        return device->config_vector;
    case FIELD(NumQueues):
        return FAKE_QUEUES;
    case FIELD(DeviceStatus):
        return read_status();
    case FIELD(ConfigGeneration):
        return device->generation;
    case FIELD(QueueSelect):
        return device->queue_select;
    case FIELD(QueueSize):
        return queue->size;
    case FIELD(QueueMsixVector):
        return queue->vector;
    case FIELD(QueueEnable):
        return queue->enabled;
    case FIELD(QueueNotifyOff):
        return queue->notify_off;
    default:
        violate("read of common configuration at %#x", offset);
        return 0;
    }
}

static void write_features(uint32_t value)
{
    unsigned shift = 32 * device->driver_feature_select;

    if (device->driver_feature_select > 1) {
        return;
    }
    device->accepted = (device->accepted & ~(0xFFFFFFFFull << shift)) | (uint64_t)value << shift;
}

static void write_half(uint64_t *field, uint32_t value, bool high)
{
    *field = high ? (*field & 0xFFFFFFFFull) | (uint64_t)value << 32 : (*field & ~0xFFFFFFFFull) | value;
}

static void write_queue(uint32_t offset, uint32_t value)
{
    struct fake_queue *queue = selected();

    if (queue->enabled != 0) {
        violate("queue field %#x written while the queue is enabled", offset);
    }
    switch (offset) {
    case FIELD(QueueSize):
        if (value == 0 || (value & (value - 1)) != 0) {
            violate("queue size %u", value);
        }
        if (!device->size_fixed && value <= queue->size_max) {
            queue->size = (uint16_t)value;
        }
        break;
    case FIELD(QueueMsixVector):
        queue->vector = accept_vector((uint16_t)value);
        break;
    case FIELD(QueueEnable):
        if (value != 1) {
            violate("%u written to queue_enable", value);
        }
        if (queue->desc == 0 || queue->avail == 0 || queue->used == 0) {
            violate("queue enabled before it was configured");
        }
        queue->enabled = device->enable_fails ? 0 : 1;
        break;
    case FIELD(QueueDescLow):
    case FIELD(QueueDescHigh):
        write_half(&queue->desc, value, offset == FIELD(QueueDescHigh));
        break;
    case FIELD(QueueAvailLow):
    case FIELD(QueueAvailHigh):
        write_half(&queue->avail, value, offset == FIELD(QueueAvailHigh));
        break;
    case FIELD(QueueUsedLow):
    case FIELD(QueueUsedHigh):
        write_half(&queue->used, value, offset == FIELD(QueueUsedHigh));
        break;
    default:
        violate("write to common configuration at %#x", offset);
    }
}

static void common_write(uint32_t offset, uint32_t value)
{
    if (offset < FIELD(ConfigMsixVector) || offset >= FIELD(QueueSelect)) {
        demand_lock("selected register write");
    }
    switch (offset) {
    case FIELD(DeviceFeatureSelect):
        device->device_feature_select = value;
        break;
    case FIELD(DriverFeatureSelect):
        device->driver_feature_select = value;
        break;
    case FIELD(DriverFeature):
        write_features(value);
        break;
    case FIELD(ConfigMsixVector):
        device->config_vector = accept_vector((uint16_t)value);
        break;
    case FIELD(DeviceStatus):
        write_status((uint8_t)value);
        break;
    case FIELD(QueueSelect):
        device->queue_select = (uint16_t)value;
        break;
    default:
        write_queue(offset, value);
    }
}

static uint32_t mmio_read(const volatile void *address, unsigned width)
{
    uint32_t offset;

    if (!alive()) {
        return 0xFFFFFFFF;
    }
    offset = (uint32_t)((uintptr_t)address - (uintptr_t)device->bar);
    if ((uintptr_t)address < (uintptr_t)device->bar || offset >= FAKE_BAR_LENGTH) {
        violate("read outside the BAR");
        return 0;
    }
    if (offset < sizeof(VIRTIO_PCI_COMMON_CFG)) {
        if (width != field_width(offset)) {
            violate("%u-byte read of common configuration at %#x", width, offset);
        }
        return common_read(offset);
    }
    if (offset == REGION_ISR && width == 1) {
        return read_isr();
    }
    if (offset >= REGION_DEVICE) {
        return read_config(offset - REGION_DEVICE, width);
    }
    violate("%u-byte read at %#x", width, offset);
    return 0;
}

static void mmio_write(volatile void *address, unsigned width, uint32_t value)
{
    uint32_t offset;

    if (!alive()) {
        return;
    }
    offset = (uint32_t)((uintptr_t)address - (uintptr_t)device->bar);
    if ((uintptr_t)address < (uintptr_t)device->bar || offset >= FAKE_BAR_LENGTH) {
        violate("write outside the BAR");
    } else if (offset < sizeof(VIRTIO_PCI_COMMON_CFG)) {
        if (width != field_width(offset)) {
            violate("%u-byte write to common configuration at %#x", width, offset);
        }
        common_write(offset, value);
    } else if (offset >= REGION_NOTIFY && offset < REGION_ISR && width == 2 && value < FAKE_QUEUES) {
        device->queue[value].rings++;
    } else if (offset >= REGION_DEVICE && offset < REGION_DEVICE + FAKE_CONFIG_LENGTH && width == 1) {
        device->config[offset - REGION_DEVICE] = (uint8_t)value;
    } else {
        violate("%u-byte write at %#x", width, offset);
    }
}

uint8_t VirtioRead8(const volatile uint8_t *address)
{
    return (uint8_t)mmio_read(address, 1);
}

uint16_t VirtioRead16(const volatile uint16_t *address)
{
    return (uint16_t)mmio_read(address, 2);
}

uint32_t VirtioRead32(const volatile uint32_t *address)
{
    return mmio_read(address, 4);
}

void VirtioWrite8(volatile uint8_t *address, uint8_t value)
{
    mmio_write(address, 1, value);
}

void VirtioWrite16(volatile uint16_t *address, uint16_t value)
{
    mmio_write(address, 2, value);
}

void VirtioWrite32(volatile uint32_t *address, uint32_t value)
{
    mmio_write(address, 4, value);
}

/* ---- the legacy ports ---- */

static uint32_t legacy_config_start(void)
{
    return device->msix ? 24 : 20;
}

static uint32_t port_read(uint16_t port, unsigned width)
{
    uint32_t offset = (uint32_t)port - FAKE_PORT;

    if (!alive()) {
        return 0xFFFFFFFF;
    }
    if (offset >= legacy_config_start()) {
        return read_config(offset - legacy_config_start(), width);
    }
    switch (offset << 4 | width) {
    case 0 << 4 | 4:
        return (uint32_t)device->offered;
    case 8 << 4 | 4:
        demand_lock("queue page");
        return selected()->pfn;
    case 12 << 4 | 2:
        demand_lock("queue size");
        return selected()->size;
    case 18 << 4 | 1:
        return read_status();
    case 19 << 4 | 1:
        return read_isr();
    case 20 << 4 | 2:
        return device->config_vector;
    case 22 << 4 | 2:
        demand_lock("queue vector");
        return selected()->vector;
    default:
        violate("%u-byte read of port offset %u", width, offset);
        return 0;
    }
}

static void port_write(uint16_t port, unsigned width, uint32_t value)
{
    uint32_t offset = (uint32_t)port - FAKE_PORT;

    if (!alive()) {
        return;
    }
    if (offset >= legacy_config_start()) {
        if (offset >= legacy_config_start() + FAKE_CONFIG_LENGTH || width != 1) {
            violate("%u-byte write to port offset %u, in the configuration", width, offset);
            return;
        }
        device->config[offset - legacy_config_start()] = (uint8_t)value;
        return;
    }
    switch (offset << 4 | width) {
    case 4 << 4 | 4:
        device->accepted = value;
        break;
    case 8 << 4 | 4:
        demand_lock("queue page");
        selected()->pfn = device->enable_fails ? 0 : value;
        break;
    case 14 << 4 | 2:
        demand_lock("queue select");
        device->queue_select = (uint16_t)value;
        break;
    case 16 << 4 | 2:
        if (value < FAKE_QUEUES) {
            device->queue[value].rings++;
        }
        break;
    case 18 << 4 | 1:
        write_status((uint8_t)value);
        break;
    case 20 << 4 | 2:
        device->config_vector = accept_vector((uint16_t)value);
        break;
    case 22 << 4 | 2:
        demand_lock("queue vector");
        selected()->vector = accept_vector((uint16_t)value);
        break;
    default:
        violate("%u-byte write to port offset %u", width, offset);
    }
}

uint8_t VirtioPortRead8(uint16_t port)
{
    return (uint8_t)port_read(port, 1);
}

uint16_t VirtioPortRead16(uint16_t port)
{
    return (uint16_t)port_read(port, 2);
}

uint32_t VirtioPortRead32(uint16_t port)
{
    return port_read(port, 4);
}

void VirtioPortWrite8(uint16_t port, uint8_t value)
{
    port_write(port, 1, value);
}

void VirtioPortWrite16(uint16_t port, uint16_t value)
{
    port_write(port, 2, value);
}

void VirtioPortWrite32(uint16_t port, uint32_t value)
{
    port_write(port, 4, value);
}

/* ---- memory order ---- */

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
    if (fake_at_full_barrier != NULL) {
        fake_at_full_barrier(fake_barrier_context);
    }
}
