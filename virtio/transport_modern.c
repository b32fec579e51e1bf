/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See transport_modern.h. Every access goes through a pointer of the field's own type, so no width can be wrong. */
#include "transport_modern.h"

#include "transport_internal.h"

static VIRTIO_MODERN *Modern(VIRTIO_TRANSPORT *transport)
{
    return (VIRTIO_MODERN *)transport;
}

static uint8_t ModernReadStatus(VIRTIO_TRANSPORT *transport)
{
    return VirtioRead8(&Modern(transport)->Common->DeviceStatus);
}

static void ModernWriteStatus(VIRTIO_TRANSPORT *transport, uint8_t status)
{
    VirtioWrite8(&Modern(transport)->Common->DeviceStatus, status);
}

static uint64_t ModernReadFeatures(VIRTIO_TRANSPORT *transport)
{
    volatile VIRTIO_PCI_COMMON_CFG *common = Modern(transport)->Common;
    uint32_t low, high;

    Lock(transport);
    VirtioWrite32(&common->DeviceFeatureSelect, 0);
    low = VirtioRead32(&common->DeviceFeature);
    VirtioWrite32(&common->DeviceFeatureSelect, 1);
    high = VirtioRead32(&common->DeviceFeature);
    Unlock(transport);
    return (uint64_t)high << 32 | low;
}

static void ModernWriteFeatures(VIRTIO_TRANSPORT *transport, uint64_t features)
{
    volatile VIRTIO_PCI_COMMON_CFG *common = Modern(transport)->Common;

    Lock(transport);
    VirtioWrite32(&common->DriverFeatureSelect, 0);
    VirtioWrite32(&common->DriverFeature, (uint32_t)features);
    VirtioWrite32(&common->DriverFeatureSelect, 1);
    VirtioWrite32(&common->DriverFeature, (uint32_t)(features >> 32));
    Unlock(transport);
}

/* With the lock held: selects the queue and checks its size. */
static VIRTIO_RESULT SelectQueue(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t *size)
{
    volatile VIRTIO_PCI_COMMON_CFG *common = Modern(transport)->Common;
    uint16_t offered;

    VirtioWrite16(&common->QueueSelect, queue);
    offered = VirtioRead16(&common->QueueSize);
    return CheckQueueSize(transport, offered, size);
}

static VIRTIO_RESULT ModernGetQueueSize(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t *size)
{
    VIRTIO_RESULT result;

    Lock(transport);
    result = SelectQueue(transport, queue, size);
    Unlock(transport);
    return result;
}

/* With the lock held and the queue selected: chooses a size smaller than the device's. */
static VIRTIO_RESULT ShrinkQueue(VIRTIO_TRANSPORT *transport, uint16_t size)
{
    volatile VIRTIO_PCI_COMMON_CFG *common = Modern(transport)->Common;

    VirtioWrite16(&common->QueueSize, size);
    if (VirtioRead16(&common->QueueSize) != size) {
        return Failure(transport, VirtioErrorQueueSizeFixed);
    }
    return VirtioOk;
}

/* With the lock held and the queue selected. */
static VIRTIO_RESULT SetQueueVector(VIRTIO_TRANSPORT *transport, uint16_t vector)
{
    volatile VIRTIO_PCI_COMMON_CFG *common = Modern(transport)->Common;

    VirtioWrite16(&common->QueueMsixVector, vector);
    /* "MSI-X Vector Configuration": after mapping, the driver MUST verify success by reading the vector back. A device
       without MSI-X may read anything for "none". */
    if (vector != VIRTIO_MSI_NO_VECTOR && VirtioRead16(&common->QueueMsixVector) != vector) {
        return Failure(transport, VirtioErrorVectorRefused);
    }
    return VirtioOk;
}

static VIRTIO_RESULT ModernSetUpQueue(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t size,
                                      const VIRTIO_QUEUE_ADDRESSES *addresses, uint16_t vector)
{
    volatile VIRTIO_PCI_COMMON_CFG *common = Modern(transport)->Common;
    VIRTIO_RESULT result;
    uint16_t offered;

    Lock(transport);
    result = SelectQueue(transport, queue, &offered);
    if (result != VirtioOk) {
        goto done;
    }
    if (VirtioRead16(&common->QueueEnable) != 0) {
        result = Failure(transport, VirtioErrorQueueBusy);
        goto done;
    }
    if (size > offered) {
        result = VirtioErrorBadQueueSize;
        goto done;
    }
    if (size != offered) {
        result = ShrinkQueue(transport, size);
        if (result != VirtioOk) {
            goto done;
        }
    }
    result = SetQueueVector(transport, vector);
    if (result != VirtioOk) {
        goto done;
    }

    /* "The driver MUST configure the other virtqueue fields before enabling the virtqueue with queue_enable." */
    VirtioWrite32(&common->QueueDescLow, (uint32_t)addresses->Desc);
    VirtioWrite32(&common->QueueDescHigh, (uint32_t)(addresses->Desc >> 32));
    VirtioWrite32(&common->QueueAvailLow, (uint32_t)addresses->Avail);
    VirtioWrite32(&common->QueueAvailHigh, (uint32_t)(addresses->Avail >> 32));
    VirtioWrite32(&common->QueueUsedLow, (uint32_t)addresses->Used);
    VirtioWrite32(&common->QueueUsedHigh, (uint32_t)(addresses->Used >> 32));
    VirtioWrite16(&common->QueueEnable, 1);
    if (VirtioRead16(&common->QueueEnable) != 1) {
        result = Failure(transport, VirtioErrorQueueNotEnabled);
    }
done:
    Unlock(transport);
    return result;
}

static VIRTIO_RESULT ModernGetDoorbell(VIRTIO_TRANSPORT *transport, uint16_t queue, VIRTIO_DOORBELL *doorbell)
{
    VIRTIO_MODERN *modern = Modern(transport);
    uint16_t notifyOff;
    uint64_t offset;

    Lock(transport);
    VirtioWrite16(&modern->Common->QueueSelect, queue);
    notifyOff = VirtioRead16(&modern->Common->QueueNotifyOff);
    Unlock(transport);

    /* "cap.length >= queue_notify_off * notify_off_multiplier + 2", which a driver cannot take on trust. */
    offset = (uint64_t)notifyOff * modern->NotifyOffMultiplier;
    if (offset + sizeof(uint16_t) > modern->NotifyLength || (offset & 1) != 0) {
        return Failure(transport, VirtioErrorDoorbellRange);
    }
    doorbell->Mmio = (volatile uint16_t *)(volatile void *)(modern->Notify + (size_t)offset);
    doorbell->Port = 0;
    doorbell->Value = queue;
    return VirtioOk;
}

static VIRTIO_RESULT ModernSetConfigVector(VIRTIO_TRANSPORT *transport, uint16_t vector)
{
    volatile VIRTIO_PCI_COMMON_CFG *common = Modern(transport)->Common;

    VirtioWrite16(&common->ConfigMsixVector, vector);
    if (vector != VIRTIO_MSI_NO_VECTOR && VirtioRead16(&common->ConfigMsixVector) != vector) {
        return Failure(transport, VirtioErrorVectorRefused);
    }
    return VirtioOk;
}

static uint8_t ModernReadIsr(VIRTIO_TRANSPORT *transport)
{
    return VirtioModernReadIsr(Modern(transport));
}

static uint32_t ModernReadConfigRegister(VIRTIO_TRANSPORT *transport, uint32_t offset, uint32_t width)
{
    volatile uint8_t *field = Modern(transport)->Device + offset;

    switch (width) {
    case 1:
        return VirtioRead8(field);
    case 2:
        return VirtioRead16((volatile uint16_t *)(volatile void *)field);
    default:
        return VirtioRead32((volatile uint32_t *)(volatile void *)field);
    }
}

static void ModernWriteConfigRegister8(VIRTIO_TRANSPORT *transport, uint32_t offset, uint8_t value)
{
    VirtioWrite8(Modern(transport)->Device + offset, value);
}

static uint8_t ModernReadConfigGeneration(VIRTIO_TRANSPORT *transport)
{
    return VirtioRead8(&Modern(transport)->Common->ConfigGeneration);
}

static const VIRTIO_TRANSPORT_OPS ModernOps = {
    .ReadStatus = ModernReadStatus,
    .WriteStatus = ModernWriteStatus,
    .ReadFeatures = ModernReadFeatures,
    .WriteFeatures = ModernWriteFeatures,
    .GetQueueSize = ModernGetQueueSize,
    .SetUpQueue = ModernSetUpQueue,
    .GetDoorbell = ModernGetDoorbell,
    .SetConfigVector = ModernSetConfigVector,
    .ReadIsr = ModernReadIsr,
    .ReadConfigRegister = ModernReadConfigRegister,
    .WriteConfigRegister8 = ModernWriteConfigRegister8,
    .ReadConfigGeneration = ModernReadConfigGeneration,
    .Ring = VirtioModernRing,
    .Modern = true,
};

/* The mapped address of a region of at least lengthMin bytes, or NULL when it is not wholly mapped or not aligned. */
static volatile uint8_t *MapRegion(const VIRTIO_PCI_REGION *region, const VIRTIO_MODERN_BAR *bars, uint32_t lengthMin,
                                   uintptr_t alignment)
{
    const VIRTIO_MODERN_BAR *bar;
    volatile uint8_t *address;

    if (region->Bar >= VIRTIO_PCI_BAR_COUNT || region->Length < lengthMin) {
        return NULL;
    }
    bar = &bars[region->Bar];
    if (bar->Base == NULL || (uint64_t)region->Offset + region->Length > bar->Length) {
        return NULL;
    }
    address = (volatile uint8_t *)bar->Base + region->Offset;
    return ((uintptr_t)address & (alignment - 1)) == 0 ? address : NULL;
}

VIRTIO_RESULT VirtioModernInit(VIRTIO_MODERN *modern, const VIRTIO_PCI_CAPS *caps,
                               const VIRTIO_MODERN_BAR bars[VIRTIO_PCI_BAR_COUNT], const VIRTIO_ENV *env)
{
    if (modern == NULL || caps == NULL || bars == NULL || env == NULL || env->DelayMicroseconds == NULL ||
        (env->Lock == NULL) != (env->Unlock == NULL)) {
        return VirtioErrorBadArgument;
    }
    VirtioZero(modern, sizeof(*modern));
    modern->Transport.Ops = &ModernOps;
    modern->Transport.Env = *env;
    modern->Common = (volatile VIRTIO_PCI_COMMON_CFG *)(volatile void *)MapRegion(&caps->Common, bars,
                                                                                  VIRTIO_PCI_COMMON_LENGTH_MIN, 4);
    modern->Notify = MapRegion(&caps->Notify, bars, VIRTIO_PCI_NOTIFY_LENGTH_MIN, 2);
    modern->NotifyLength = caps->Notify.Length;
    modern->NotifyOffMultiplier = caps->NotifyOffMultiplier;
    modern->Isr = MapRegion(&caps->Isr, bars, VIRTIO_PCI_ISR_LENGTH_MIN, 1);
    if (modern->Common == NULL || modern->Notify == NULL || modern->Isr == NULL) {
        return VirtioErrorBadRegion;
    }
    if (caps->HasDevice) {
        modern->Device = MapRegion(&caps->Device, bars, VIRTIO_PCI_DEVICE_LENGTH_MIN, 4);
        if (modern->Device == NULL) {
            return VirtioErrorBadRegion;
        }
        modern->Transport.ConfigLength = caps->Device.Length;
    }
    return VirtioOk;
}
