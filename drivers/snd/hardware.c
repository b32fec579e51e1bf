/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What the virtio device goes through: read, start, quiesce, reset, fail. A reset is real: status 0 is written and read
 * back before the queues' memory is used again. PASSIVE_LEVEL.
 */
#include "device.h"

/* A wait at PASSIVE_LEVEL lasts until the next tick of the clock, up to 16 ms: a shorter poll would only stretch the
 * timeout. A device that has reset by the time the write returns costs no wait. */
#define RESET_TIMEOUT_US 500000u
#define RESET_POLL_US 10000u

#define WANTED_FEATURES ((1ull << VIRTIO_F_INDIRECT_DESC) | (1ull << VIRTIO_F_EVENT_IDX))

/* More would only cost memory: a stream has SND_PCM_SLOTS_MAX messages. */
#define QUEUE_SIZE_MAX 256u

static VIRTIO_RESULT Negotiate(SND_DEVICE *device, UINT64 *features)
{
    VIRTIO_RESULT result = VirtioReset(device->Transport, RESET_TIMEOUT_US, RESET_POLL_US);

    if (result == VirtioOk) {
        result = VirtioNegotiate(device->Transport, 0, WANTED_FEATURES, features);
    }
    return result;
}

static SND_LOG Reason(VIRTIO_RESULT result)
{
    switch (result) {
    case VirtioErrorResetTimeout:
    case VirtioErrorGone:
        return SndLogNoReset;
    case VirtioErrorVectorRefused:
        return SndLogVectors;
    case VirtioErrorFeaturesRefused:
    case VirtioErrorMissingFeature:
        return SndLogFeatures;
    default:
        return SndLogQueueSetUp;
    }
}

NTSTATUS SndReadDevice(SND_DEVICE *device)
{
    VIRTIO_RESULT result = Negotiate(device, &device->Features);

    if (result != VirtioOk) {
        return SndRefuse(device, Reason(result));
    }
    for (USHORT queue = 0; queue < VIRTIO_SND_VQ_MAX; queue++) {
        UINT16 size = 0;

        if (VirtioGetQueueSize(device->Transport, queue, &size) != VirtioOk) {
            return SndRefuse(device, SndLogQueueSize);
        }
        /* A legacy device's queues have the size that they have. */
        device->QueueSizes[queue] = (USHORT)(size < QUEUE_SIZE_MAX || device->LegacyRings ? size : QUEUE_SIZE_MAX);
    }
    SndDialectChoose(&device->Dialect, device->DialectChoice, device->ContractLayout);
    device->MismatchLogged = FALSE;
    return STATUS_SUCCESS;
}

static VIRTIO_RESULT SetUpQueue(SND_DEVICE *device, UINT16 index)
{
    const VIRTQUEUE_RING *ring = &SndQueueOf(device, index)->Ring;
    VIRTIO_QUEUE_ADDRESSES addresses = {ring->DescPhysical, ring->AvailPhysical, ring->UsedPhysical};
    VIRTIO_RESULT result =
        VirtioSetUpQueue(device->Transport, index, ring->Size, &addresses, VirtioMsixQueueVector(device->Plan, index));

    return result == VirtioOk ? VirtioGetDoorbell(device->Transport, index, &device->Doorbells[index]) : result;
}

VOID SndDeviceLost(SND_DEVICE *device)
{
    if (device->QueuesReady) {
        SndControlCancelAll(device);
        SndEventsReset(&device->Events);
        SndWaveDeviceLost(device);
    }
}

static VOID LoseDevice(SND_DEVICE *device)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    SndDeviceLost(device);
    KeReleaseSpinLock(&device->Lock, irql);
}

/* One attempt with device->Plan. The rings are only touched once the device has let go of them. */
static VIRTIO_RESULT TryStart(SND_DEVICE *device, SND_LOG *why)
{
    UINT64 features = 0;
    VIRTIO_RESULT result = Negotiate(device, &features);

    *why = SndLogNothing;
    if (result == VirtioOk && features != device->Features) {
        *why = SndLogOtherFeatures; /* the queues were laid out for what it offered at first */
        return VirtioErrorFeaturesRefused;
    }
    if (result == VirtioOk) {
        LoseDevice(device);
        result = VirtioSetConfigVector(device->Transport, VirtioMsixConfigVector(device->Plan));
    }
    for (UINT16 queue = 0; result == VirtioOk && queue < VIRTIO_SND_VQ_MAX; queue++) {
        result = SetUpQueue(device, queue);
    }
    if (result == VirtioOk) {
        result = VirtioSetDriverOk(device->Transport);
    }
    *why = result == VirtioOk ? SndLogNothing : Reason(result);
    return result;
}

static SND_LOG StartWithSomePlan(SND_DEVICE *device)
{
    VIRTIO_RESULT result;
    SND_LOG why;

    device->Plan = VirtioChooseMsixPlan(device->Interrupt.MessageCount, VIRTIO_SND_VQ_MAX);
    for (;;) {
        result = TryStart(device, &why);
        if (result != VirtioErrorVectorRefused || device->Plan == VirtioIntx) {
            return why;
        }
        device->Plan = VirtioNextMsixPlan(device->Plan);
        /* VIRTIO 1.x "MSI-X Vector Configuration": a vector that does not read back has to be handled. INTx is no way
         * out once Windows has switched the function to messages; looking for oneself is, where that is allowed. */
        if (device->Plan == VirtioIntx) {
            if (!device->AllowPollingOnly) {
                return why;
            }
            device->Polling = TRUE;
            SndLog(device, SndLogPolling, STATUS_SUCCESS);
        }
    }
}

static VOID NotePlan(SND_DEVICE *device)
{
    SND_DIAGNOSTICS *diagnostics = &device->Diagnostics;

    diagnostics->IrqMode = device->Polling ? SND_IRQ_NONE : device->Interrupt.Messages ? SND_IRQ_MSIX : SND_IRQ_INTX;
    diagnostics->MessageCount = device->Interrupt.MessageCount;
    diagnostics->ConfigVector = VirtioMsixConfigVector(device->Plan);
    for (USHORT queue = 0; queue < VIRTIO_SND_VQ_MAX; queue++) {
        diagnostics->QueueVector[queue] = VirtioMsixQueueVector(device->Plan, queue);
    }
}

/* Under the lock. */
static VOID Run(SND_DEVICE *device)
{
    device->State = SndRunning;
    NotePlan(device);
    SndQueuesFill(device);
    /* An interrupt that came before the state did nothing: the DPC looks after it, at the status, too. */
    (void)__atomic_fetch_or(&device->Work, SND_WORK_CONFIG, __ATOMIC_SEQ_CST);
    (void)KeInsertQueueDpc(&device->Dpc, NULL, NULL);
}

BOOLEAN SndDeviceRest(SND_DEVICE *device)
{
    return VirtioReset(device->Transport, RESET_TIMEOUT_US, RESET_POLL_US) == VirtioOk;
}

/* VIRTIO 1.x "Device Reset": nothing is written to the status before it reads 0. */
static VOID GiveUp(SND_DEVICE *device)
{
    if (SndDeviceRest(device)) {
        VirtioSetFailed(device->Transport);
    }
    LoseDevice(device);
}

NTSTATUS SndDeviceStart(SND_DEVICE *device)
{
    SND_LOG why = StartWithSomePlan(device);
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    if (device->State == SndStarting) {
        if (why == SndLogNothing) {
            Run(device);
        } else {
            device->State = SndFailed;
        }
    }
    KeReleaseSpinLock(&device->Lock, irql);
    if (why == SndLogNothing) {
        return STATUS_SUCCESS;
    }
    GiveUp(device);
    return SndRefuse(device, why);
}

/* Resetting, Asleep: becomes Starting, so that nobody starts the device a second time. */
BOOLEAN SndDeviceClaim(SND_DEVICE *device, SND_STATE state)
{
    BOOLEAN claimed;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    claimed = device->State == state;
    if (claimed) {
        device->State = SndStarting;
    }
    KeReleaseSpinLock(&device->Lock, irql);
    return claimed;
}

VOID SndDeviceSleep(SND_DEVICE *device)
{
    BOOLEAN awake;
    KIRQL irql;

    SndWaveSleep(device);
    KeAcquireSpinLock(&device->Lock, &irql);
    awake = device->TransportOpen && device->State != SndStopped && device->State != SndAsleep &&
            device->State != SndRemoved;
    if (awake) {
        device->State = SndAsleep;
        device->Failure = SndLogNothing;
        device->Resets = 0;
    }
    KeReleaseSpinLock(&device->Lock, irql);
    if (awake) {
        SndWaitForWork(device);
        (void)SndDeviceRest(device);
        LoseDevice(device);
        device->InD0 = FALSE;
    }
}

VOID SndDeviceWake(SND_DEVICE *device)
{
    if (!SndDeviceClaim(device, SndAsleep)) {
        return;
    }
    device->InD0 = TRUE;
    if (NT_SUCCESS(SndDeviceStart(device))) {
        SndWaveDeviceBack(device);
    } else {
        IoInvalidateDeviceState(device->Pdo);
    }
}

VOID SndDeviceFail(SND_DEVICE *device, SND_LOG why)
{
    device->State = SndFailed;
    device->Failure = why;
    SndQueueWork(device);
}

VOID SndDeviceSilence(SND_DEVICE *device)
{
    SND_LOG why;
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    why = device->State == SndFailed ? device->Failure : SndLogNothing;
    device->Failure = SndLogNothing;
    KeReleaseSpinLock(&device->Lock, irql);
    if (why != SndLogNothing) {
        GiveUp(device);
        SndLog(device, why, STATUS_DEVICE_PROTOCOL_ERROR);
        IoInvalidateDeviceState(device->Pdo); /* Windows asks for the state and gives the device up */
    }
}
