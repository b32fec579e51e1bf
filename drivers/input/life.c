/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the virtio device goes through: read, start, quiesce, reset, fail. A reset is real: status 0 is written and read
 * back before the queues' memory is used again.
 */
#include "device.h"

#include "contract_ids.h"

#define RESET_TIMEOUT_US 80000u /* may be waited for at DISPATCH_LEVEL */
#define RESET_POLL_US 100u
#define LAST_RESET_TIMEOUT_US 10000u

#define WANTED_FEATURES (1ull << VIRTIO_F_EVENT_IDX)

static uint8_t ReadConfig(void *context, uint8_t select, uint8_t subsel, uint8_t payload[INPUT_TEXT_LENGTH])
{
    VIRTIO_TRANSPORT *transport = &((INPUT_DEVICE *)context)->Transport.Transport;
    uint8_t size = 0;

    if (VirtioWriteConfig8(transport, offsetof(VIRTIO_INPUT_CONFIG, Select), select) != VirtioOk ||
        VirtioWriteConfig8(transport, offsetof(VIRTIO_INPUT_CONFIG, Subsel), subsel) != VirtioOk ||
        VirtioReadConfig(transport, offsetof(VIRTIO_INPUT_CONFIG, Size), &size, 1) != VirtioOk ||
        size > INPUT_TEXT_LENGTH) {
        return 0;
    }
    if (size != 0 &&
        VirtioReadConfigBytes(transport, offsetof(VIRTIO_INPUT_CONFIG, Payload), payload, size) != VirtioOk) {
        return 0;
    }
    return size;
}

static INPUT_KIND KindOfSubsystem(ULONG subsystem)
{
    static const UINT16 ids[] = {AERO_VIRTIO_INPUT_SUBSYSTEM_ID_1, AERO_VIRTIO_INPUT_SUBSYSTEM_ID_2,
                                 AERO_VIRTIO_INPUT_TABLET_SUBSYSTEM_ID};

    for (ULONG i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        if ((subsystem & 0xFFFF) == ids[i]) {
            return (INPUT_KIND)(InputKindKeyboard + i);
        }
    }
    return InputKindUnknown;
}

static ULONG LongestInput(const INPUT_CAPABILITIES *capabilities)
{
    if ((capabilities->Collections & INPUT_HAS_TOUCH) != 0) {
        return sizeof(INPUT_TOUCH_REPORT);
    }
    if ((capabilities->Collections & INPUT_HAS_KEYBOARD) != 0) {
        return sizeof(INPUT_MORE_KEYS_REPORT);
    }
    return sizeof(INPUT_POINTER_REPORT);
}

static VIRTIO_RESULT Negotiate(INPUT_DEVICE *device, UINT64 *features)
{
    VIRTIO_TRANSPORT *transport = &device->Transport.Transport;
    VIRTIO_RESULT result = VirtioReset(transport, RESET_TIMEOUT_US, RESET_POLL_US);

    if (result == VirtioOk) {
        result = VirtioNegotiate(transport, 0, WANTED_FEATURES, features);
    }
    return result;
}

NTSTATUS InputReadDevice(INPUT_DEVICE *device)
{
    VIRTIO_TRANSPORT *transport = &device->Transport.Transport;
    INPUT_CAPABILITIES capabilities;
    UINT16 events = 0;
    UINT16 status = 0;
    KIRQL irql;

    if (Negotiate(device, &device->Features) != VirtioOk ||
        VirtioGetQueueSize(transport, VIRTIO_INPUT_EVENT_QUEUE, &events) != VirtioOk ||
        VirtioGetQueueSize(transport, VIRTIO_INPUT_STATUS_QUEUE, &status) != VirtioOk) {
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    InputReadCapabilities(ReadConfig, device, KindOfSubsystem(device->SubsystemId), &capabilities);
    KeAcquireSpinLock(&device->Lock, &irql);
    InputEngineInit(device->Engine, &capabilities, device->MoreKeys);
    KeReleaseSpinLock(&device->Lock, irql);
    device->DescriptorBytes = InputBuildReportDescriptor(&capabilities, device->MoreKeys, device->Descriptor);
    device->InputBytesMax = LongestInput(&capabilities);
    device->EventQueueSize = events;
    device->StatusQueueSize = status;
    device->EventBuffers = (USHORT)(events < INPUT_EVENT_BUFFERS ? events : INPUT_EVENT_BUFFERS);
    device->StatusBuffers = (USHORT)(status < INPUT_STATUS_BUFFERS ? status : INPUT_STATUS_BUFFERS);
    return STATUS_SUCCESS;
}

static VIRTIO_RESULT SetUpQueue(INPUT_DEVICE *device, UINT16 index, VIRTQUEUE *queue, VIRTIO_DOORBELL *doorbell)
{
    VIRTIO_TRANSPORT *transport = &device->Transport.Transport;
    const VIRTQUEUE_RING *ring = &queue->Ring;
    VIRTIO_QUEUE_ADDRESSES addresses = {ring->DescPhysical, ring->AvailPhysical, ring->UsedPhysical};
    VIRTIO_RESULT result =
        VirtioSetUpQueue(transport, index, ring->Size, &addresses, VirtioMsixQueueVector(device->Plan, index));

    return result == VirtioOk ? VirtioGetDoorbell(transport, index, doorbell) : result;
}

/* One attempt with device->Plan. */
static VIRTIO_RESULT TryStart(INPUT_DEVICE *device)
{
    VIRTIO_TRANSPORT *transport = &device->Transport.Transport;
    VIRTIO_RESULT result;
    UINT64 features = 0;

    result = Negotiate(device, &features);
    if (result == VirtioOk && features != device->Features) {
        return VirtioErrorFeaturesRefused; /* the queues were laid out for what it offered at first */
    }
    if (result == VirtioOk) {
        result = VirtioSetConfigVector(transport, VirtioMsixConfigVector(device->Plan));
    }
    if (result == VirtioOk) {
        result = SetUpQueue(device, VIRTIO_INPUT_EVENT_QUEUE, &device->EventQueue, &device->EventDoorbell);
    }
    if (result == VirtioOk) {
        result = SetUpQueue(device, VIRTIO_INPUT_STATUS_QUEUE, &device->StatusQueue, &device->StatusDoorbell);
    }
    return result == VirtioOk ? VirtioSetDriverOk(transport) : result;
}

static VOID GiveUp(INPUT_DEVICE *device)
{
    if (VirtioReset(&device->Transport.Transport, LAST_RESET_TIMEOUT_US, RESET_POLL_US) == VirtioOk) {
        VirtioSetFailed(&device->Transport.Transport);
    }
    device->State = InputFailed;
}

NTSTATUS InputDeviceStart(INPUT_DEVICE *device)
{
    VIRTIO_RESULT result;
    KIRQL irql;

    VirtqueueReset(&device->EventQueue);
    VirtqueueReset(&device->StatusQueue);
    device->Plan = VirtioChooseMsixPlan(device->MessageCount, 2);
    for (;;) {
        result = TryStart(device);
        /* VIRTIO 1.x "MSI-X Vector Configuration": a vector that does not read back has to be handled. INTx is no way
         * out once Windows has switched the function to messages. */
        if (result != VirtioErrorVectorRefused || VirtioNextMsixPlan(device->Plan) == VirtioIntx) {
            break;
        }
        device->Plan = VirtioNextMsixPlan(device->Plan);
    }
    KeAcquireSpinLock(&device->Lock, &irql);
    if (result == VirtioOk) {
        device->State = InputRunning;
        InputQueuesFill(device);
        if (device->LedsPending) {
            InputSendLeds(device, device->Leds);
        }
    }
    KeReleaseSpinLock(&device->Lock, irql);
    if (result != VirtioOk) {
        GiveUp(device);
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    return STATUS_SUCCESS;
}

VOID InputDeviceQuiesce(INPUT_DEVICE *device, INPUT_STATE state)
{
    BOOLEAN running;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    running = device->State == InputRunning || device->State == InputResetting;
    if (running || device->State == InputAsleep) {
        device->State = state;
    }
    InputEngineReleaseAll(device->Engine);
    device->LedsPending = device->Leds != 0; /* the device forgets them */
    KeReleaseSpinLock(&device->Lock, irql);
    InputDeliver(device);
    if (running && state != InputRemoved) {
        (void)VirtioReset(&device->Transport.Transport, RESET_TIMEOUT_US, RESET_POLL_US);
    }
}

VOID InputDeviceFail(INPUT_DEVICE *device)
{
    InputEngineReleaseAll(device->Engine);
    GiveUp(device);
}

VOID InputDeviceReset(INPUT_DEVICE *device)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    InputEngineReleaseAll(device->Engine);
    device->LedsPending = device->Leds != 0;
    KeReleaseSpinLock(&device->Lock, irql);
    InputDeliver(device);
    (void)InputDeviceStart(device);
}
