/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* See transport_legacy.h. Registers and rules: VIRTIO 1.x "Legacy Interfaces: A Note on PCI Device Layout" and "Legacy
   Interface: A Note on Virtqueue Configuration". */
#include "transport_legacy.h"

#include "transport_internal.h"

#include "virtqueue.h"

static VIRTIO_LEGACY *Legacy(VIRTIO_TRANSPORT *transport)
{
    return (VIRTIO_LEGACY *)transport;
}

static uint16_t Register(VIRTIO_TRANSPORT *transport, unsigned offset)
{
    return (uint16_t)(Legacy(transport)->Port + offset);
}

static uint8_t LegacyReadStatus(VIRTIO_TRANSPORT *transport)
{
    return VirtioPortRead8(Register(transport, VIRTIO_LEGACY_DEVICE_STATUS));
}

static void LegacyWriteStatus(VIRTIO_TRANSPORT *transport, uint8_t status)
{
    VirtioPortWrite8(Register(transport, VIRTIO_LEGACY_DEVICE_STATUS), status);
}

static uint64_t LegacyReadFeatures(VIRTIO_TRANSPORT *transport)
{
    return VirtioPortRead32(Register(transport, VIRTIO_LEGACY_DEVICE_FEATURES));
}

static void LegacyWriteFeatures(VIRTIO_TRANSPORT *transport, uint64_t features)
{
    VirtioPortWrite32(Register(transport, VIRTIO_LEGACY_DRIVER_FEATURES), (uint32_t)features);
}

/* With the lock held: selects the queue and checks its size. */
static VIRTIO_RESULT SelectQueue(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t *size)
{
    uint16_t offered;

    VirtioPortWrite16(Register(transport, VIRTIO_LEGACY_QUEUE_SELECT), queue);
    offered = VirtioPortRead16(Register(transport, VIRTIO_LEGACY_QUEUE_SIZE));
    return CheckQueueSize(transport, offered, size);
}

static VIRTIO_RESULT LegacyGetQueueSize(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t *size)
{
    VIRTIO_RESULT result;

    Lock(transport);
    result = SelectQueue(transport, queue, size);
    Unlock(transport);
    return result;
}

/* Whether the parts lie where a device that is told only the page number will look for them. */
static bool IsLegacyPlacement(uint16_t size, const VIRTIO_QUEUE_ADDRESSES *addresses)
{
    VIRTQUEUE_LAYOUT layout;

    return VirtqueueLayoutLegacy(size, &layout) && (addresses->Desc & (VIRTQ_LEGACY_ALIGN - 1)) == 0 &&
           addresses->Desc >> (32 + VIRTIO_LEGACY_PAGE_SHIFT) == 0 &&
           addresses->Avail == addresses->Desc + layout.AvailOffset &&
           addresses->Used == addresses->Desc + layout.UsedOffset;
}

static VIRTIO_RESULT SetVector(VIRTIO_TRANSPORT *transport, unsigned offset, uint16_t vector)
{
    if (!Legacy(transport)->Msix) {
        /* The registers are not there: their place belongs to the device configuration. */
        return vector == VIRTIO_MSI_NO_VECTOR ? VirtioOk : VirtioErrorVectorRefused;
    }
    VirtioPortWrite16(Register(transport, offset), vector);
    if (vector != VIRTIO_MSI_NO_VECTOR && VirtioPortRead16(Register(transport, offset)) != vector) {
        return Failure(transport, VirtioErrorVectorRefused);
    }
    return VirtioOk;
}

static VIRTIO_RESULT LegacySetUpQueue(VIRTIO_TRANSPORT *transport, uint16_t queue, uint16_t size,
                                      const VIRTIO_QUEUE_ADDRESSES *addresses, uint16_t vector)
{
    uint32_t page = (uint32_t)(addresses->Desc >> VIRTIO_LEGACY_PAGE_SHIFT);
    VIRTIO_RESULT result;
    uint16_t offered;

    Lock(transport);
    result = SelectQueue(transport, queue, &offered);
    if (result != VirtioOk) {
        goto done;
    }
    if (size != offered) {
        result = size > offered ? VirtioErrorBadQueueSize : VirtioErrorQueueSizeFixed;
        goto done;
    }
    if (!IsLegacyPlacement(size, addresses) || page == 0) {
        result = VirtioErrorBadArgument;
        goto done;
    }
    if (VirtioPortRead32(Register(transport, VIRTIO_LEGACY_QUEUE_PFN)) != 0) {
        result = Failure(transport, VirtioErrorQueueBusy);
        goto done;
    }
    result = SetVector(transport, VIRTIO_LEGACY_QUEUE_VECTOR, vector);
    if (result != VirtioOk) {
        goto done;
    }
    VirtioPortWrite32(Register(transport, VIRTIO_LEGACY_QUEUE_PFN), page);
    if (VirtioPortRead32(Register(transport, VIRTIO_LEGACY_QUEUE_PFN)) != page) {
        result = Failure(transport, VirtioErrorQueueNotEnabled);
    }
done:
    Unlock(transport);
    return result;
}

static VIRTIO_RESULT LegacyGetDoorbell(VIRTIO_TRANSPORT *transport, uint16_t queue, VIRTIO_DOORBELL *doorbell)
{
    doorbell->Mmio = NULL;
    doorbell->Port = Register(transport, VIRTIO_LEGACY_QUEUE_NOTIFY);
    doorbell->Value = queue;
    return VirtioOk;
}

static void LegacyRing(const VIRTIO_DOORBELL *doorbell)
{
    VirtioPortWrite16(doorbell->Port, doorbell->Value);
}

static VIRTIO_RESULT LegacySetConfigVector(VIRTIO_TRANSPORT *transport, uint16_t vector)
{
    return SetVector(transport, VIRTIO_LEGACY_CONFIG_VECTOR, vector);
}

static uint8_t LegacyReadIsr(VIRTIO_TRANSPORT *transport)
{
    return VirtioPortRead8(Register(transport, VIRTIO_LEGACY_ISR));
}

static uint32_t LegacyReadConfigRegister(VIRTIO_TRANSPORT *transport, uint32_t offset, uint32_t width)
{
    uint16_t port = (uint16_t)(Legacy(transport)->ConfigPort + offset);

    switch (width) {
    case 1:
        return VirtioPortRead8(port);
    case 2:
        return VirtioPortRead16(port);
    default:
        return VirtioPortRead32(port);
    }
}

static void LegacyWriteConfigRegister8(VIRTIO_TRANSPORT *transport, uint32_t offset, uint8_t value)
{
    VirtioPortWrite8((uint16_t)(Legacy(transport)->ConfigPort + offset), value);
}

static const VIRTIO_TRANSPORT_OPS LegacyOps = {
    .ReadStatus = LegacyReadStatus,
    .WriteStatus = LegacyWriteStatus,
    .ReadFeatures = LegacyReadFeatures,
    .WriteFeatures = LegacyWriteFeatures,
    .GetQueueSize = LegacyGetQueueSize,
    .SetUpQueue = LegacySetUpQueue,
    .GetDoorbell = LegacyGetDoorbell,
    .SetConfigVector = LegacySetConfigVector,
    .ReadIsr = LegacyReadIsr,
    .ReadConfigRegister = LegacyReadConfigRegister,
    .WriteConfigRegister8 = LegacyWriteConfigRegister8,
    .ReadConfigGeneration = NULL,
    .Ring = LegacyRing,
    .Modern = false,
};

VIRTIO_RESULT VirtioLegacyInit(VIRTIO_LEGACY *legacy, uint16_t port, uint32_t length, bool msixEnabled,
                               const VIRTIO_ENV *env)
{
    uint32_t config = msixEnabled ? VIRTIO_LEGACY_CONFIG_WITH_MSIX : VIRTIO_LEGACY_CONFIG_WITHOUT_MSIX;

    if (legacy == NULL || env == NULL || env->DelayMicroseconds == NULL ||
        (env->Lock == NULL) != (env->Unlock == NULL)) {
        return VirtioErrorBadArgument;
    }
    VirtioZero(legacy, sizeof(*legacy));
    if (port == 0 || length < config || (uint32_t)port + length > 0x10000) {
        return VirtioErrorBadRegion;
    }
    legacy->Transport.Ops = &LegacyOps;
    legacy->Transport.Env = *env;
    legacy->Transport.ConfigLength = length - config;
    legacy->Port = port;
    legacy->ConfigPort = (uint16_t)(port + config);
    legacy->Msix = msixEnabled;
    return VirtioOk;
}
