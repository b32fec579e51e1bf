/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Start and stop: all that is ever allocated is allocated here. PASSIVE_LEVEL.
 */
#include "device.h"

static VOID FreeMemory(INPUT_DEVICE *device)
{
    if (device->QueueState != NULL) {
        ExFreePoolWithTag(device->QueueState, INPUT_POOL_TAG);
        device->QueueState = NULL;
    }
    if (device->Dma.Memory != NULL) {
        device->Adapter->DmaOperations->FreeCommonBuffer(device->Adapter, device->Dma.Bytes, device->Dma.Physical,
                                                         device->Dma.Memory, TRUE);
        device->Dma.Memory = NULL;
    }
    if (device->Adapter != NULL) {
        device->Adapter->DmaOperations->PutDmaAdapter(device->Adapter);
        device->Adapter = NULL;
    }
}

static NTSTATUS GetAdapter(INPUT_DEVICE *device)
{
    DEVICE_DESCRIPTION description = {
        .Version = DEVICE_DESCRIPTION_VERSION,
        .Master = TRUE,
        .ScatterGather = TRUE,
        .Dma32BitAddresses = TRUE,
        .Dma64BitAddresses = TRUE,
        .InterfaceType = PCIBus,
        .MaximumLength = 0x10000,
    };
    ULONG registers = 0;

    device->Adapter = IoGetDmaAdapter(device->Pdo, &description, &registers);
    return device->Adapter != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* Rings of both queues, each on pages of its own, then their buffers. */
static NTSTATUS AllocateMemory(INPUT_DEVICE *device)
{
    SIZE_T stateBytes = VirtqueueStateSize(device->EventQueueSize) + VirtqueueStateSize(device->StatusQueueSize);
    INPUT_DMA *dma = &device->Dma;
    VIRTQUEUE_LAYOUT events;
    VIRTQUEUE_LAYOUT status;
    ULONG offset;

    if (!VirtqueueLayoutModern(device->EventQueueSize, &events) ||
        !VirtqueueLayoutModern(device->StatusQueueSize, &status)) {
        return InputRefuse(device, InputLogQueueSize);
    }
    offset = (ULONG)ALIGN_UP_BY(events.Length, PAGE_SIZE);
    dma->EventsOffset = offset + (ULONG)ALIGN_UP_BY(status.Length, PAGE_SIZE);
    dma->StatusOffset = dma->EventsOffset + INPUT_EVENT_BUFFERS * (ULONG)sizeof(VIRTIO_INPUT_EVENT);
    dma->Bytes = dma->StatusOffset + INPUT_STATUS_BUFFERS * (ULONG)sizeof(VIRTIO_INPUT_EVENT);
    if (!NT_SUCCESS(GetAdapter(device))) {
        return InputRefuse(device, InputLogMemory);
    }
    dma->Memory =
        (PUCHAR)device->Adapter->DmaOperations->AllocateCommonBuffer(device->Adapter, dma->Bytes, &dma->Physical, TRUE);
    if (dma->Memory == NULL) {
        return InputRefuse(device, InputLogMemory);
    }
    RtlZeroMemory(dma->Memory, dma->Bytes);
    device->QueueState = ExAllocatePoolWithTag(NonPagedPool, stateBytes, INPUT_POOL_TAG);
    return device->QueueState != NULL ? STATUS_SUCCESS : InputRefuse(device, InputLogMemory);
}

static VOID SetState(INPUT_DEVICE *device, INPUT_STATE state)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    device->State = state;
    KeReleaseSpinLock(&device->Lock, irql);
}

static NTSTATUS StartDevice(INPUT_DEVICE *device)
{
    NTSTATUS status = InputReadDevice(device);

    if (NT_SUCCESS(status)) {
        status = AllocateMemory(device);
    }
    if (NT_SUCCESS(status) && !InputQueuesInit(device)) {
        status = InputRefuse(device, InputLogQueueSize);
    }
    if (NT_SUCCESS(status)) {
        status = InputConnectInterrupt(device);
    }
    if (NT_SUCCESS(status)) {
        SetState(device, InputStarting);
        status = InputDeviceStart(device);
    }
    return status;
}

NTSTATUS InputStart(INPUT_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated)
{
    NTSTATUS status;

    InputReadDeviceParameters(device);
    status = InputOpenTransport(device, raw, translated);
    if (NT_SUCCESS(status)) {
        device->InD0 = TRUE;
        status = StartDevice(device);
    }
    if (!NT_SUCCESS(status)) {
        InputStop(device, InputStopped);
    }
    return status;
}

VOID InputStop(INPUT_DEVICE *device, INPUT_STATE state)
{
    KIRQL irql;

    KeAcquireSpinLock(&device->Lock, &irql);
    device->State = state;
    device->Failure = InputLogNothing;
    device->Resets = 0;
    InputReleaseAll(device);
    KeReleaseSpinLock(&device->Lock, irql);
    InputDeliver(device);
    InputWaitForWork(device);
    /* Whatever it was at: its DMA ends before its memory goes. One that is not there any more says so at once. */
    if (device->TransportOpen && device->InD0) {
        (void)InputDeviceRest(device);
    }
    device->InD0 = FALSE;
    InputDisconnectInterrupt(device);
    InputCloseTransport(device);
    FreeMemory(device);
}
