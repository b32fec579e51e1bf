/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IRP_MJ_INTERNAL_DEVICE_CONTROL: what HIDCLASS asks a minidriver ("HID minidriver IOCTLs", Windows driver
 * documentation). Up to DISPATCH_LEVEL. Every request but a read is answered at once.
 */
#include "device.h"

#include "contract_ids.h"
#include "hidport.h"

#define HID_VERSION 0x0111
#define INDEX_MANUFACTURER 1
#define INDEX_PRODUCT 2
#define INDEX_SERIAL 3

/* Up to `available` bytes of the answer; "the maximum number of bytes to transfer" is the caller's. */
static NTSTATUS Answer(PIRP irp, ULONG available, const VOID *answer, ULONG bytes)
{
    if (irp->UserBuffer == NULL || available == 0) {
        return InputComplete(irp, STATUS_INVALID_BUFFER_SIZE, 0);
    }
    if (bytes > available) {
        bytes = available;
    }
    RtlCopyMemory(irp->UserBuffer, answer, bytes);
    return InputComplete(irp, STATUS_SUCCESS, bytes);
}

static NTSTATUS GetDeviceDescriptor(INPUT_DEVICE *device, PIRP irp, ULONG length)
{
    HID_DESCRIPTOR descriptor = {
        .bLength = sizeof(descriptor),
        .bDescriptorType = HID_HID_DESCRIPTOR_TYPE,
        .bcdHID = HID_VERSION,
        .bNumDescriptors = 1,
        .DescriptorList = {{HID_REPORT_DESCRIPTOR_TYPE, device->DescriptorBytes}},
    };

    InputCount(&device->Counters.GetDeviceDescriptor);
    return Answer(irp, length, &descriptor, sizeof(descriptor));
}

static NTSTATUS GetAttributes(INPUT_DEVICE *device, PIRP irp, ULONG length)
{
    HID_DEVICE_ATTRIBUTES attributes = {
        .Size = sizeof(attributes), .VendorID = AERO_VIRTIO_INPUT_VENDOR_ID, .VersionNumber = 1};

    InputCount(&device->Counters.GetDeviceAttributes);
    if (length < sizeof(attributes)) {
        return InputComplete(irp, STATUS_INVALID_BUFFER_SIZE, 0);
    }
    attributes.ProductID = (USHORT)device->Engine->Capabilities.Kind;
    return Answer(irp, length, &attributes, sizeof(attributes));
}

/* Names are ASCII in practice; other bytes become '?', because nothing says what they mean. Returns bytes. */
static ULONG Widen(const UCHAR *text, ULONG length, WCHAR *out)
{
    for (ULONG i = 0; i < length; i++) {
        out[i] = text[i] >= 0x20 && text[i] < 0x7F ? text[i] : L'?';
    }
    out[length] = 0;
    return (length + 1) * (ULONG)sizeof(WCHAR);
}

/* "If the output buffer is not large enough to hold the entire NULL-terminated embedded string, the request returns
 * nothing." */
static NTSTATUS GetString(INPUT_DEVICE *device, PIRP irp, ULONG index, VOID *buffer, ULONG length)
{
    static const UCHAR manufacturer[] = {'A', 'e', 'r', 'o'};
    static const UCHAR serial[] = {'0', '0', '0', '0', '0', '0', '0', '1'};
    const INPUT_CAPABILITIES *capabilities = &device->Engine->Capabilities;
    WCHAR text[INPUT_TEXT_LENGTH + 1];
    ULONG bytes;

    if (index == INDEX_MANUFACTURER) {
        bytes = Widen(manufacturer, sizeof(manufacturer), text);
    } else if (index == INDEX_PRODUCT) {
        bytes = Widen(capabilities->Name, capabilities->NameLength, text);
    } else if (index == INDEX_SERIAL && capabilities->SerialLength != 0) {
        bytes = Widen(capabilities->Serial, capabilities->SerialLength, text);
    } else if (index == INDEX_SERIAL) {
        bytes = Widen(serial, sizeof(serial), text);
    } else {
        return InputComplete(irp, STATUS_INVALID_PARAMETER, 0);
    }
    if (buffer == NULL || length < bytes) {
        return InputComplete(irp, STATUS_INVALID_BUFFER_SIZE, 0);
    }
    RtlCopyMemory(buffer, text, bytes);
    return InputComplete(irp, STATUS_SUCCESS, bytes);
}

/* The string's name arrives by value in the low half, its language in the high one. */
static NTSTATUS GetNamedString(INPUT_DEVICE *device, PIRP irp, PIO_STACK_LOCATION stack)
{
    ULONG name = (ULONG)(ULONG_PTR)stack->Parameters.DeviceIoControl.Type3InputBuffer & 0xFFFF;
    ULONG index = 0;

    InputCount(&device->Counters.GetString);
    if (name >= HID_STRING_ID_IMANUFACTURER && name <= HID_STRING_ID_ISERIALNUMBER) {
        index = name - HID_STRING_ID_IMANUFACTURER + INDEX_MANUFACTURER;
    }
    return GetString(device, irp, index, irp->UserBuffer, stack->Parameters.DeviceIoControl.OutputBufferLength);
}

static NTSTATUS GetIndexedString(INPUT_DEVICE *device, PIRP irp, PIO_STACK_LOCATION stack)
{
    ULONG index = (ULONG)(ULONG_PTR)stack->Parameters.DeviceIoControl.Type3InputBuffer & 0xFFFF;
    PVOID buffer = NULL;

    InputCount(&device->Counters.GetIndexedString);
    if (irp->MdlAddress != NULL) {
        buffer = MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
    }
    return GetString(device, irp, index, buffer, stack->Parameters.DeviceIoControl.OutputBufferLength);
}

static const HID_XFER_PACKET *Packet(PIRP irp)
{
    const HID_XFER_PACKET *packet = (const HID_XFER_PACKET *)irp->UserBuffer;

    return packet != NULL && packet->reportBuffer != NULL && packet->reportBufferLen != 0 ? packet : NULL;
}

static NTSTATUS WriteOutput(INPUT_DEVICE *device, PIRP irp)
{
    const HID_XFER_PACKET *packet = Packet(irp);
    UCHAR leds;
    KIRQL irql;

    if (packet == NULL || packet->reportId != INPUT_REPORT_KEYBOARD || device->Engine->Capabilities.Leds == 0 ||
        !InputLedsParse(packet->reportBuffer, packet->reportBufferLen, &leds)) {
        return InputComplete(irp, STATUS_INVALID_PARAMETER, 0);
    }
    KeAcquireSpinLock(&device->Lock, &irql);
    InputSendLeds(device, leds);
    KeReleaseSpinLock(&device->Lock, irql);
    return InputComplete(irp, STATUS_SUCCESS, packet->reportBufferLen);
}

static ULONG QueryCodeOf(UCHAR reportId)
{
    switch (reportId) {
    case INPUT_REPORT_COUNTERS:
        return INPUT_IOCTL_QUERY_COUNTERS;
    case INPUT_REPORT_STATE:
        return INPUT_IOCTL_QUERY_STATE;
    case INPUT_REPORT_INTERRUPTS:
        return INPUT_IOCTL_QUERY_INTERRUPT_INFO;
    default:
        return 0;
    }
}

static NTSTATUS GetFeature(INPUT_DEVICE *device, PIRP irp)
{
    const HID_XFER_PACKET *packet = Packet(irp);
    UCHAR report[INPUT_REPORT_BYTES_MAX];
    ULONG bytes;
    ULONG code;
    KIRQL irql;

    InputCount(&device->Counters.GetFeature);
    if (packet == NULL) {
        return InputComplete(irp, STATUS_INVALID_PARAMETER, 0);
    }
    code = QueryCodeOf(packet->reportId);
    if (code != 0) {
        packet->reportBuffer[0] = packet->reportId;
        bytes = InputQuery(device, code, packet->reportBuffer + 1, packet->reportBufferLen - 1);
        return InputComplete(irp, bytes != 0 ? STATUS_SUCCESS : STATUS_INVALID_BUFFER_SIZE, bytes != 0 ? bytes + 1 : 0);
    }
    KeAcquireSpinLock(&device->Lock, &irql);
    bytes = InputEngineGetFeature(device->Engine, packet->reportId, report);
    KeReleaseSpinLock(&device->Lock, irql);
    if (bytes == 0 || packet->reportBufferLen < bytes) {
        return InputComplete(irp, bytes == 0 ? STATUS_INVALID_PARAMETER : STATUS_INVALID_BUFFER_SIZE, 0);
    }
    RtlCopyMemory(packet->reportBuffer, report, bytes);
    return InputComplete(irp, STATUS_SUCCESS, bytes);
}

static NTSTATUS SetFeature(INPUT_DEVICE *device, PIRP irp)
{
    const HID_XFER_PACKET *packet = Packet(irp);
    BOOLEAN done;
    KIRQL irql;

    InputCount(&device->Counters.SetFeature);
    if (packet == NULL || packet->reportBuffer[0] != packet->reportId) {
        return InputComplete(irp, STATUS_INVALID_PARAMETER, 0);
    }
    if (packet->reportId == INPUT_REPORT_RESET_COUNTERS) {
        InputResetCounters(device);
        return InputComplete(irp, STATUS_SUCCESS, packet->reportBufferLen);
    }
    KeAcquireSpinLock(&device->Lock, &irql);
    done = InputEngineSetFeature(device->Engine, packet->reportBuffer, packet->reportBufferLen);
    KeReleaseSpinLock(&device->Lock, irql);
    return InputComplete(irp, done ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER, done ? packet->reportBufferLen : 0);
}

static NTSTATUS GetInputReport(INPUT_DEVICE *device, PIRP irp)
{
    const HID_XFER_PACKET *packet = Packet(irp);
    UCHAR report[INPUT_REPORT_BYTES_MAX];
    ULONG bytes;
    KIRQL irql;

    InputCount(&device->Counters.GetInputReport);
    if (packet == NULL) {
        return InputComplete(irp, STATUS_INVALID_PARAMETER, 0);
    }
    KeAcquireSpinLock(&device->Lock, &irql);
    bytes = InputEngineGetInput(device->Engine, packet->reportId, report);
    KeReleaseSpinLock(&device->Lock, irql);
    if (bytes == 0 || packet->reportBufferLen < bytes) {
        return InputComplete(irp, bytes == 0 ? STATUS_INVALID_PARAMETER : STATUS_INVALID_BUFFER_SIZE, 0);
    }
    RtlCopyMemory(packet->reportBuffer, report, bytes);
    return InputComplete(irp, STATUS_SUCCESS, bytes);
}

static NTSTATUS Activate(INPUT_DEVICE *device, PIRP irp, BOOLEAN active)
{
    device->Activated = active;
    return InputComplete(irp, STATUS_SUCCESS, 0);
}

/* METHOD_BUFFERED, from drivers above. */
static NTSTATUS PrivateQuery(INPUT_DEVICE *device, PIRP irp, ULONG code, ULONG length)
{
    PVOID buffer = irp->AssociatedIrp.SystemBuffer;
    ULONG bytes = buffer != NULL ? InputQuery(device, code, buffer, length) : 0;

    return InputComplete(irp, bytes != 0 ? STATUS_SUCCESS : STATUS_BUFFER_TOO_SMALL, bytes);
}

/* Requests of the private interface and unknown ones. "STATUS_NOT_SUPPORTED" for what a driver does not handle. */
static NTSTATUS Other(INPUT_DEVICE *device, PIRP irp, ULONG code, ULONG length)
{
    switch (code) {
    case INPUT_IOCTL_QUERY_COUNTERS:
    case INPUT_IOCTL_QUERY_STATE:
    case INPUT_IOCTL_QUERY_INTERRUPT_INFO:
        return PrivateQuery(device, irp, code, length);
    case INPUT_IOCTL_RESET_COUNTERS:
        InputResetCounters(device);
        return InputComplete(irp, STATUS_SUCCESS, 0);
    case IOCTL_HID_SEND_IDLE_NOTIFICATION_REQUEST:
        /* There is no idle state worth entering: HIDCLASS then leaves the device in D0. */
        return InputComplete(irp, STATUS_NOT_SUPPORTED, 0);
    default:
        InputCount(&device->Counters.IoctlUnknown);
        return InputComplete(irp, STATUS_NOT_SUPPORTED, 0);
    }
}

static NTSTATUS Dispatch(INPUT_DEVICE *device, PIRP irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    ULONG length = stack->Parameters.DeviceIoControl.OutputBufferLength;

    InputCount(&device->Counters.IoctlTotal);
    if (device->DescriptorBytes == 0) { /* never started */
        return InputComplete(irp, STATUS_DEVICE_NOT_CONNECTED, 0);
    }
    switch (code) {
    case IOCTL_HID_READ_REPORT:
        InputCount(&device->Counters.ReadReport);
        return InputRead(device, irp);
    case IOCTL_HID_GET_DEVICE_DESCRIPTOR:
        return GetDeviceDescriptor(device, irp, length);
    case IOCTL_HID_GET_REPORT_DESCRIPTOR:
        InputCount(&device->Counters.GetReportDescriptor);
        return Answer(irp, length, device->Descriptor, device->DescriptorBytes);
    case IOCTL_HID_GET_DEVICE_ATTRIBUTES:
        return GetAttributes(device, irp, length);
    case IOCTL_HID_GET_STRING:
        return GetNamedString(device, irp, stack);
    case IOCTL_HID_GET_INDEXED_STRING:
        return GetIndexedString(device, irp, stack);
    case IOCTL_HID_WRITE_REPORT:
        InputCount(&device->Counters.WriteReport);
        return WriteOutput(device, irp);
    case IOCTL_HID_SET_OUTPUT_REPORT:
        InputCount(&device->Counters.SetOutputReport);
        return WriteOutput(device, irp);
    case IOCTL_HID_GET_FEATURE:
        return GetFeature(device, irp);
    case IOCTL_HID_SET_FEATURE:
        return SetFeature(device, irp);
    case IOCTL_HID_GET_INPUT_REPORT:
        return GetInputReport(device, irp);
    case IOCTL_HID_ACTIVATE_DEVICE:
        return Activate(device, irp, TRUE);
    case IOCTL_HID_DEACTIVATE_DEVICE:
        return Activate(device, irp, FALSE);
    default:
        return Other(device, irp, code, length);
    }
}

NTSTATUS NTAPI InputInternalControl(PDEVICE_OBJECT fdo, PIRP irp)
{
    INPUT_DEVICE *device = InputDeviceOf(fdo);
    NTSTATUS status = IoAcquireRemoveLock(&device->RemoveLock, irp);

    if (!NT_SUCCESS(status)) {
        return InputComplete(irp, status, 0);
    }
    status = Dispatch(device, irp);
    IoReleaseRemoveLock(&device->RemoveLock, irp);
    return status;
}
