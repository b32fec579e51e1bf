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
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    offset = (ULONG)ALIGN_UP_BY(events.Length, PAGE_SIZE);
    dma->EventsOffset = offset + (ULONG)ALIGN_UP_BY(status.Length, PAGE_SIZE);
    dma->StatusOffset = dma->EventsOffset + INPUT_EVENT_BUFFERS * (ULONG)sizeof(VIRTIO_INPUT_EVENT);
    dma->Bytes = dma->StatusOffset + INPUT_STATUS_BUFFERS * (ULONG)sizeof(VIRTIO_INPUT_EVENT);
    if (!NT_SUCCESS(GetAdapter(device))) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    dma->Memory =
        (PUCHAR)device->Adapter->DmaOperations->AllocateCommonBuffer(device->Adapter, dma->Bytes, &dma->Physical, TRUE);
    if (dma->Memory == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(dma->Memory, dma->Bytes);
    device->QueueState = ExAllocatePoolWithTag(NonPagedPool, stateBytes, INPUT_POOL_TAG);
    return device->QueueState != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

NTSTATUS InputStart(INPUT_DEVICE *device, const CM_RESOURCE_LIST *raw, const CM_RESOURCE_LIST *translated)
{
    NTSTATUS status;

    InputReadDeviceParameters(device);
    status = InputOpenTransport(device, raw, translated);
    if (NT_SUCCESS(status)) {
        status = InputReadDevice(device);
    }
    if (NT_SUCCESS(status)) {
        status = AllocateMemory(device);
    }
    if (NT_SUCCESS(status) && !InputQueuesInit(device)) {
        status = STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    if (NT_SUCCESS(status)) {
        status = InputConnectInterrupt(device);
    }
    if (NT_SUCCESS(status)) {
        device->InD0 = TRUE;
        status = InputDeviceStart(device);
    }
    if (!NT_SUCCESS(status)) {
        InputStop(device);
    }
    return status;
}

VOID InputStop(INPUT_DEVICE *device)
{
    KIRQL irql;

    InputDeviceQuiesce(device, InputStopped);
    InputDisconnectInterrupt(device);
    InputWaitForWork(device);
    InputCloseTransport(device);
    FreeMemory(device);

    KeAcquireSpinLock(&device->Lock, &irql);
    if (device->State != InputRemoved) {
        device->State = InputStopped;
    }
    device->InD0 = FALSE;
    KeReleaseSpinLock(&device->Lock, irql);
}
