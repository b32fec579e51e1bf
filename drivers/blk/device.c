/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The device's life: open, start, reset, fail, gone. A reset is real: status 0 is written and read back before any
 * request that the device had is answered, so it cannot write into a buffer that is no longer the request's.
 */
#include "adapter.h"

/* At DISPATCH_LEVEL or above the wait must be short; a device that needs longer is failed. */
#define RESET_TIMEOUT_US 80000u
#define RESET_POLL_US 100u
#define LAST_RESET_TIMEOUT_US 10000u /* of a device that is stopped or given up, perhaps because it did not reset */

#define NO_MESSAGE 0xFFFFFFFFu

VOID BlkLog(BLK_ADAPTER *adapter, BLK_EVENT event)
{
    ULONG code = event < BlkEventMapping ? SP_BAD_FW_ERROR : SP_INTERNAL_ADAPTER_ERROR;

    if (event == BlkEventQueueDepth)
        code = SP_BAD_FW_WARNING;
    StorPortLogError(adapter, NULL, 0, 0, 0, code, event);
}

static BLK_EVENT EventOf(VIRTIO_RESULT result)
{
    switch (result) {
    case VirtioErrorMissingFeature:
    case VirtioErrorFeaturesRefused:
        return BlkEventFeatures;
    case VirtioErrorConfigRange:
    case VirtioErrorConfigUnstable:
        return BlkEventDiskConfig;
    case VirtioErrorVectorRefused:
        return BlkEventVectors;
    case VirtioErrorGone:
    case VirtioErrorResetTimeout:
        return BlkEventReset;
    default:
        return BlkEventQueue;
    }
}

/* Reads the configuration into Disk. */
static VIRTIO_RESULT ReadDisk(BLK_ADAPTER *adapter, uint64_t features)
{
    VIRTIO_BLK_CONFIG config;
    VIRTIO_RESULT result;

    adapter->ConfigGeneration = VirtioGetConfigGeneration(&adapter->Device.Transport);
    result = BlkDiskReadConfig(&adapter->Device.Transport, features, &config);
    if (result == VirtioOk && BlkDiskUpdate(&adapter->Disk, features, &config) != BlkDiskOk)
        result = VirtioErrorConfigRange;
    return result;
}

BOOLEAN BlkDeviceOpen(BLK_ADAPTER *adapter, uint32_t timeoutMicroseconds, uint32_t pollMicroseconds)
{
    VIRTIO_TRANSPORT *transport = &adapter->Device.Transport;
    VIRTIO_RESULT result;
    uint64_t features;

    result = VirtioReset(transport, timeoutMicroseconds, pollMicroseconds);
    if (result == VirtioOk)
        result = VirtioNegotiate(transport, 0, BLK_WANTED_FEATURES, &features);
    if (result == VirtioOk)
        result = ReadDisk(adapter, features);
    if (result != VirtioOk) {
        BlkLog(adapter, EventOf(result));
        return FALSE;
    }
    /* Memory and SCSI answers follow from the features: a device that comes back with others is another device. */
    if (adapter->Features != 0 && adapter->Features != features) {
        BlkLog(adapter, BlkEventFeaturesChanged);
        return FALSE;
    }
    adapter->Features = features;
    return TRUE;
}

static VIRTIO_RESULT SetUpQueue(BLK_ADAPTER *adapter)
{
    VIRTIO_TRANSPORT *transport = &adapter->Device.Transport;
    const VIRTQUEUE_RING *ring = &adapter->Engine.Queue.Ring;
    VIRTIO_QUEUE_ADDRESSES addresses = {ring->DescPhysical, ring->AvailPhysical, ring->UsedPhysical};
    VIRTIO_RESULT result;

    result = VirtioSetConfigVector(transport, VirtioMsixConfigVector(adapter->Plan));
    if (result == VirtioOk)
        result = VirtioSetUpQueue(transport, 0, ring->Size, &addresses, VirtioMsixQueueVector(adapter->Plan, 0));
    if (result == VirtioOk)
        result = VirtioGetDoorbell(transport, 0, &adapter->Doorbell);
    adapter->QueueMessage = adapter->Plan < VirtioMsixSharedAll ? VirtioMsixQueueVector(adapter->Plan, 0) : NO_MESSAGE;
    if (result == VirtioOk)
        result = VirtioSetDriverOk(transport);
    return result;
}

/* Stops the device's DMA, if anything does, and tells it. VIRTIO 1.x: nothing is written to a device that was reset
 * before it reads back 0. */
static VOID GiveUp(BLK_ADAPTER *adapter)
{
    if (VirtioReset(&adapter->Device.Transport, LAST_RESET_TIMEOUT_US, RESET_POLL_US) == VirtioOk)
        VirtioSetFailed(&adapter->Device.Transport);
    adapter->State = BlkFailed;
}

BOOLEAN BlkDeviceStart(BLK_ADAPTER *adapter)
{
    VIRTIO_RESULT result;

    adapter->State = BlkStarting;
    adapter->KickOwed = FALSE;
    adapter->Plan = VirtioChooseMsixPlan(adapter->MessageCount, 1);
    do {
        if (!BlkDeviceOpen(adapter, RESET_TIMEOUT_US, RESET_POLL_US))
            goto Failed;
        result = SetUpQueue(adapter);
        if (result == VirtioOk) {
            adapter->State = BlkRunning;
            return TRUE;
        }
        /* VIRTIO 1.x "MSI-X Vector Configuration": the driver MUST handle a vector that does not read back. The next
         * plan asks for fewer; INTx is no way out once Windows has switched the function to messages. */
        adapter->Plan = VirtioNextMsixPlan(adapter->Plan);
    } while (result == VirtioErrorVectorRefused && adapter->Plan != VirtioIntx);
    BlkLog(adapter, EventOf(result));

Failed:
    GiveUp(adapter);
    return FALSE;
}

VOID BlkDeviceFail(BLK_ADAPTER *adapter, BLK_EVENT event, BLK_REQUEST_LIST *finished)
{
    BlkLog(adapter, event);
    GiveUp(adapter);
    BlkEngineDetachAll(&adapter->Engine, BlkResultGone, finished);
}

BOOLEAN BlkDeviceReset(BLK_ADAPTER *adapter, BLK_REQUEST_LIST *finished)
{
    if (adapter->State != BlkRunning)
        return FALSE;
    adapter->State = BlkResetting;
    if (VirtioReset(&adapter->Device.Transport, RESET_TIMEOUT_US, RESET_POLL_US) != VirtioOk) {
        BlkDeviceFail(adapter, BlkEventReset, finished);
        return FALSE;
    }
    BlkEngineDetachAll(&adapter->Engine, BlkResultReset, finished);
    return BlkDeviceStart(adapter);
}

VOID BlkDeviceStop(BLK_ADAPTER *adapter)
{
    adapter->State = BlkStopped;
    (void)VirtioReset(&adapter->Device.Transport, LAST_RESET_TIMEOUT_US, RESET_POLL_US);
}

VOID BlkDeviceGone(BLK_ADAPTER *adapter, BLK_REQUEST_LIST *finished)
{
    adapter->State = BlkRemoved;
    BlkEngineDetachAll(&adapter->Engine, BlkResultGone, finished);
}

BOOLEAN BlkDeviceConfigChanged(BLK_ADAPTER *adapter, BLK_REQUEST_LIST *finished)
{
    uint64_t before = adapter->Disk.Sectors;
    uint8_t status = VirtioGetStatus(&adapter->Device.Transport);

    if (status == VIRTIO_STATUS_GONE) {
        BlkDeviceGone(adapter, finished);
        return TRUE;
    }
    if ((status & VIRTIO_STATUS_NEEDS_RESET) != 0) {
        BlkLog(adapter, BlkEventNeedsReset);
        adapter->Counters.ResetDetected++;
        return !BlkDeviceReset(adapter, finished);
    }
    if (ReadDisk(adapter, adapter->Features) != VirtioOk) {
        BlkDeviceFail(adapter, BlkEventDiskConfig, finished);
        return TRUE;
    }
    if (adapter->Disk.Sectors == before)
        return FALSE;
    adapter->Counters.CapacityChange++;
    return TRUE;
}
