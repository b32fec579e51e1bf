/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What the virtio device goes through: read, start, quiesce, reset, fail. A reset is real: status 0 is written and read
 * back before the queues' memory is used again.
 */
#include "device.h"

#include "contract_ids.h"

/* A wait at PASSIVE_LEVEL lasts until the next tick of the clock, up to 16 ms: a shorter poll would only stretch the
 * timeout. A device that has reset by the time the write returns costs no wait. */
#define RESET_TIMEOUT_US 500000u
#define RESET_POLL_US 10000u

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

static VIRTIO_RESULT Negotiate(INPUT_DEVICE *device, UINT64 *features)
{
    VIRTIO_TRANSPORT *transport = &device->Transport.Transport;
    VIRTIO_RESULT result = VirtioReset(transport, RESET_TIMEOUT_US, RESET_POLL_US);

    if (result == VirtioOk) {
        result = VirtioNegotiate(transport, 0, WANTED_FEATURES, features);
    }
    return result;
}

static INPUT_LOG Reason(VIRTIO_RESULT result)
{
    switch (result) {
    case VirtioErrorResetTimeout:
    case VirtioErrorGone:
        return InputLogNoReset;
    case VirtioErrorVectorRefused:
        return InputLogVectors;
    case VirtioErrorFeaturesRefused:
    case VirtioErrorMissingFeature:
        return InputLogFeatures;
    default:
        return InputLogQueueSetUp;
    }
}

/* What the engine knows of the user's hands outlives a stop: HIDCLASS's clients still hold those keys down. */
static VOID PrepareEngine(INPUT_DEVICE *device, const INPUT_CAPABILITIES *capabilities)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    if (device->DescriptorBytes == 0 || !InputSameCapabilities(&device->Engine->Capabilities, capabilities)) {
        InputEngineInit(device->Engine, capabilities, device->MoreKeys);
    }
    KeReleaseSpinLock(&device->Lock, irql);
}

NTSTATUS InputReadDevice(INPUT_DEVICE *device)
{
    VIRTIO_TRANSPORT *transport = &device->Transport.Transport;
    VIRTIO_RESULT result = Negotiate(device, &device->Features);
    INPUT_CAPABILITIES capabilities;
    UINT16 events = 0;
    UINT16 status = 0;

    if (result != VirtioOk) {
        return InputRefuse(device, Reason(result));
    }
    if (VirtioGetQueueSize(transport, VIRTIO_INPUT_EVENT_QUEUE, &events) != VirtioOk ||
        VirtioGetQueueSize(transport, VIRTIO_INPUT_STATUS_QUEUE, &status) != VirtioOk) {
        return InputRefuse(device, InputLogQueueSize);
    }
    InputReadCapabilities(ReadConfig, device, KindOfSubsystem(device->SubsystemId), &capabilities);
    PrepareEngine(device, &capabilities);
    device->DescriptorBytes = InputBuildReportDescriptor(&capabilities, device->MoreKeys, device->Descriptor);
    device->InputBytesMax = InputLongestReport(&capabilities, device->MoreKeys);
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

/* One attempt with device->Plan. The rings are only touched once the device has let go of them. */
static VIRTIO_RESULT TryStart(INPUT_DEVICE *device, INPUT_LOG *why)
{
    VIRTIO_TRANSPORT *transport = &device->Transport.Transport;
    UINT64 features = 0;
    VIRTIO_RESULT result = Negotiate(device, &features);

    *why = InputLogNothing;
    if (result == VirtioOk && features != device->Features) {
        *why = InputLogOtherFeatures; /* the queues were laid out for what it offered at first */
        return VirtioErrorFeaturesRefused;
    }
    if (result == VirtioOk) {
        VirtqueueReset(&device->EventQueue);
        VirtqueueReset(&device->StatusQueue);
        result = VirtioSetConfigVector(transport, VirtioMsixConfigVector(device->Plan));
    }
    if (result == VirtioOk) {
        result = SetUpQueue(device, VIRTIO_INPUT_EVENT_QUEUE, &device->EventQueue, &device->EventDoorbell);
    }
    if (result == VirtioOk) {
        result = SetUpQueue(device, VIRTIO_INPUT_STATUS_QUEUE, &device->StatusQueue, &device->StatusDoorbell);
    }
    if (result == VirtioOk) {
        result = VirtioSetDriverOk(transport);
    }
    *why = result == VirtioOk ? InputLogNothing : Reason(result);
    return result;
}

static INPUT_LOG StartWithSomePlan(INPUT_DEVICE *device)
{
    VIRTIO_RESULT result;
    INPUT_LOG why;

    device->Plan = VirtioChooseMsixPlan(device->Interrupt.MessageCount, 2);
    for (;;) {
        result = TryStart(device, &why);
        /* VIRTIO 1.x "MSI-X Vector Configuration": a vector that does not read back has to be handled. INTx is no way
         * out once Windows has switched the function to messages. */
        if (result != VirtioErrorVectorRefused || VirtioNextMsixPlan(device->Plan) == VirtioIntx) {
            return why;
        }
        device->Plan = VirtioNextMsixPlan(device->Plan);
    }
}

/* Under the lock. */
static VOID Run(INPUT_DEVICE *device)
{
    device->State = InputRunning;
    InputQueuesFill(device);
    if (device->LedsPending) {
        InputSendLeds(device, device->Leds);
    }
    /* An interrupt that came before the state did nothing: the DPC looks after it, at the status, too. */
    (void)__atomic_fetch_or(&device->Work, INPUT_WORK_CONFIG, __ATOMIC_SEQ_CST);
    (void)KeInsertQueueDpc(&device->Dpc, NULL, NULL);
}

BOOLEAN InputDeviceRest(INPUT_DEVICE *device)
{
    return VirtioReset(&device->Transport.Transport, RESET_TIMEOUT_US, RESET_POLL_US) == VirtioOk;
}

/* VIRTIO 1.x "Device Reset": nothing is written to the status before it reads 0. */
static VOID GiveUp(INPUT_DEVICE *device)
{
    if (InputDeviceRest(device)) {
        VirtioSetFailed(&device->Transport.Transport);
    }
}

NTSTATUS InputDeviceStart(INPUT_DEVICE *device)
{
    INPUT_LOG why = StartWithSomePlan(device);
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    if (device->State == InputStarting) {
        if (why == InputLogNothing) {
            Run(device);
        } else {
            device->State = InputFailed;
        }
    }
    KeReleaseSpinLock(&device->Lock, irql);
    if (why == InputLogNothing) {
        return STATUS_SUCCESS;
    }
    GiveUp(device);
    return InputRefuse(device, why);
}

VOID InputReleaseAll(INPUT_DEVICE *device)
{
    InputEngineReleaseAll(device->Engine);
    device->LedsPending = device->Leds != 0; /* a device that was reset has forgotten them */
}

VOID InputDeviceSleep(INPUT_DEVICE *device)
{
    BOOLEAN awake;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    awake = device->State != InputStopped && device->State != InputAsleep && device->State != InputRemoved;
    if (awake) {
        device->State = InputAsleep;
        device->Failure = InputLogNothing;
        device->Resets = 0;
        InputReleaseAll(device);
    }
    KeReleaseSpinLock(&device->Lock, irql);
    if (awake) {
        InputDeliver(device);
        (void)InputDeviceRest(device);
        device->InD0 = FALSE;
    }
}

VOID InputDeviceFail(INPUT_DEVICE *device, INPUT_LOG why)
{
    device->State = InputFailed;
    device->Failure = why;
    InputReleaseAll(device);
    InputQueueWork(device);
}

VOID InputDeviceSilence(INPUT_DEVICE *device)
{
    INPUT_LOG why;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    why = device->State == InputFailed ? device->Failure : InputLogNothing;
    device->Failure = InputLogNothing;
    KeReleaseSpinLock(&device->Lock, irql);
    if (why != InputLogNothing) {
        GiveUp(device);
        InputLog(device, why, STATUS_DEVICE_PROTOCOL_ERROR);
        IoInvalidateDeviceState(device->Pdo); /* Windows asks for the state and gives the device up */
    }
}
