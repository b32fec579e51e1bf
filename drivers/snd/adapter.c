/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The device as PortCls sees it: an object with IAdapterPowerManagement, and two subdevices with what connects them.
 * PASSIVE_LEVEL.
 */
#include "device.h"

#include "adapter.h"

/* "The string buffer must remain valid for the lifetime of the device object": PcRegisterSubdevice. */
static WCHAR waveName[] = L"Wave";
static WCHAR topologyName[] = L"Topology";

SND_DEVICE *SndDeviceOfAdapter(PUNKNOWN adapter)
{
    return CONTAINING_RECORD(adapter, SND_DEVICE, Power);
}

VOID SndDeviceReference(SND_DEVICE *device)
{
    (void)__atomic_add_fetch(&device->References, 1, __ATOMIC_RELAXED);
}

static ULONG Release(SND_DEVICE *device)
{
    LONG left = __atomic_sub_fetch(&device->References, 1, __ATOMIC_ACQ_REL);

    if (left == 0) {
        ExFreePoolWithTag(device, SND_POOL_TAG);
    }
    return (ULONG)left;
}

VOID SndDeviceRelease(SND_DEVICE *device)
{
    (void)Release(device);
}

static NTSTATUS NTAPI PowerQueryInterface(IAdapterPowerManagement *self, const GUID *interfaceId, PVOID *object)
{
    if (!SndIsGuid(interfaceId, &IID_IUnknown) && !SndIsGuid(interfaceId, &IID_IAdapterPowerManagement)) {
        *object = NULL;
        return STATUS_INVALID_PARAMETER;
    }
    SndDeviceReference(CONTAINING_RECORD(self, SND_DEVICE, Power));
    *object = self;
    return STATUS_SUCCESS;
}

static ULONG NTAPI PowerAddRef(IAdapterPowerManagement *self)
{
    SND_DEVICE *device = CONTAINING_RECORD(self, SND_DEVICE, Power);

    return (ULONG)__atomic_add_fetch(&device->References, 1, __ATOMIC_RELAXED);
}

static ULONG NTAPI PowerRelease(IAdapterPowerManagement *self)
{
    return Release(CONTAINING_RECORD(self, SND_DEVICE, Power));
}

/* "The miniport driver must perform the requested change before it returns." PortCls has paused the streams. */
static VOID NTAPI PowerChangeState(IAdapterPowerManagement *self, POWER_STATE state)
{
    SND_DEVICE *device = CONTAINING_RECORD(self, SND_DEVICE, Power);

    if (state.DeviceState == PowerDeviceD0) {
        SndDeviceWake(device);
    } else {
        SndDeviceSleep(device);
    }
}

static NTSTATUS NTAPI QueryPowerChangeState(IAdapterPowerManagement *self, POWER_STATE state)
{
    (void)self;
    (void)state;
    return STATUS_SUCCESS;
}

/* What the bus driver says stands. */
static NTSTATUS NTAPI QueryDeviceCapabilities(IAdapterPowerManagement *self, PDEVICE_CAPABILITIES capabilities)
{
    (void)self;
    (void)capabilities;
    return STATUS_SUCCESS;
}

static const IAdapterPowerManagementVtbl powerMethods = {
    PowerQueryInterface, PowerAddRef, PowerRelease, PowerChangeState, QueryPowerChangeState, QueryDeviceCapabilities,
};

SND_DEVICE *SndDeviceCreate(VOID)
{
    SND_DEVICE *device = (SND_DEVICE *)ExAllocatePoolWithTag(NonPagedPool, sizeof(*device), SND_POOL_TAG);
    LARGE_INTEGER frequency;

    if (device == NULL) {
        return NULL;
    }
    RtlZeroMemory(device, sizeof(*device));
    device->Power.lpVtbl = &powerMethods;
    device->References = 1;
    device->State = SndStopped;
    (void)KeQueryPerformanceCounter(&frequency);
    device->Frequency = (UINT64)frequency.QuadPart;
    KeInitializeSpinLock(&device->Lock);
    KeInitializeEvent(&device->WorkIdle, NotificationEvent, TRUE);
    SndDpcInit(device);
    SndJacksInit(&device->Jacks);
    for (ULONG direction = 0; direction < SND_DIRECTIONS; direction++) {
        SndVolumeInit(&device->Volume[direction]);
    }
    return device;
}

/* A port driver with its miniport, registered under `name`. *port stays the device's until SndAdapterStop. */
static NTSTATUS Install(SND_DEVICE *device, PIRP irp, PRESOURCELIST resources, PWSTR name, const GUID *portClass,
                        NTSTATUS (*create)(PUNKNOWN *miniport), PPORT *port)
{
    PUNKNOWN miniport;
    PPORT made;
    NTSTATUS status = PcNewPort(&made, portClass);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    status = create(&miniport);
    if (NT_SUCCESS(status)) {
        status = made->lpVtbl->Init(made, device->Fdo, irp, miniport, (PUNKNOWN)&device->Power, resources);
        (void)miniport->lpVtbl->Release(miniport); /* the port driver has its own reference */
    }
    if (NT_SUCCESS(status)) {
        status = PcRegisterSubdevice(device->Fdo, name, (PUNKNOWN)made);
    }
    if (!NT_SUCCESS(status)) {
        (void)made->lpVtbl->Release(made);
        return status;
    }
    *port = made;
    return STATUS_SUCCESS;
}

static const struct CONNECTION {
    ULONG Direction; /* of the stream that needs it */
    ULONG From;      /* index of the port */
    ULONG FromPin;
    ULONG To;
    ULONG ToPin;
} connections[SND_CONNECTIONS] = {
    {VIRTIO_SND_D_OUTPUT, SND_PORT_WAVE, SndWavePinRenderBridge, SND_PORT_TOPOLOGY, SndTopologyPinFromWave},
    {VIRTIO_SND_D_INPUT, SND_PORT_TOPOLOGY, SndTopologyPinToWave, SND_PORT_WAVE, SndWavePinCaptureBridge},
};

/* The wave filter of a device that cannot record has no capture pins (wave_pins.c). */
static BOOLEAN IsThere(const SND_DEVICE *device, const struct CONNECTION *one)
{
    return one->Direction == VIRTIO_SND_D_OUTPUT || device->Stream[one->Direction] != NULL || device->NullBackend;
}

static NTSTATUS Connect(SND_DEVICE *device)
{
    NTSTATUS status = STATUS_SUCCESS;

    for (ULONG i = 0; NT_SUCCESS(status) && i < SND_CONNECTIONS; i++) {
        const struct CONNECTION *one = &connections[i];

        if (!IsThere(device, one)) {
            continue;
        }
        status = PcRegisterPhysicalConnection(device->Fdo, (PUNKNOWN)device->Ports[one->From], one->FromPin,
                                              (PUNKNOWN)device->Ports[one->To], one->ToPin);
        if (NT_SUCCESS(status)) {
            device->Connected |= 1ul << i;
        }
    }
    return status;
}

NTSTATUS SndAdapterStart(SND_DEVICE *device, PIRP irp, PRESOURCELIST resources)
{
    NTSTATUS status = Install(device, irp, resources, topologyName, &CLSID_PortTopology, SndTopologyCreate,
                              &device->Ports[SND_PORT_TOPOLOGY]);

    if (NT_SUCCESS(status)) {
        status =
            Install(device, irp, resources, waveName, &CLSID_PortWaveRT, SndWaveCreate, &device->Ports[SND_PORT_WAVE]);
    }
    if (NT_SUCCESS(status)) {
        status = Connect(device);
    }
    if (NT_SUCCESS(status)) {
        status = PcRegisterAdapterPowerManagement((PUNKNOWN)&device->Power, device->Fdo);
        device->PowerRegistered = NT_SUCCESS(status);
    }
    if (!NT_SUCCESS(status)) {
        SndAdapterStop(device);
    }
    return status;
}

static VOID Disconnect(SND_DEVICE *device)
{
    PPORT port = device->Ports[SND_PORT_TOPOLOGY];
    PUNREGISTERPHYSICALCONNECTION unregister;

    if (device->Connected == 0 ||
        !NT_SUCCESS(port->lpVtbl->QueryInterface(port, &IID_IUnregisterPhysicalConnection, (PVOID *)&unregister))) {
        return;
    }
    for (ULONG i = 0; i < SND_CONNECTIONS; i++) {
        const struct CONNECTION *one = &connections[i];

        if ((device->Connected >> i & 1) == 0) {
            continue;
        }
        (void)unregister->lpVtbl->UnregisterPhysicalConnection(unregister, device->Fdo,
                                                               (PUNKNOWN)device->Ports[one->From], one->FromPin,
                                                               (PUNKNOWN)device->Ports[one->To], one->ToPin);
    }
    (void)unregister->lpVtbl->Release(unregister);
}

static VOID Unregister(SND_DEVICE *device, PPORT port)
{
    PUNREGISTERSUBDEVICE unregister;

    if (NT_SUCCESS(port->lpVtbl->QueryInterface(port, &IID_IUnregisterSubdevice, (PVOID *)&unregister))) {
        (void)unregister->lpVtbl->UnregisterSubdevice(unregister, device->Fdo, (PUNKNOWN)port);
        (void)unregister->lpVtbl->Release(unregister);
    }
}

VOID SndAdapterStop(SND_DEVICE *device)
{
    if (device->PowerRegistered) {
        (void)PcUnregisterAdapterPowerManagement(device->Fdo);
        device->PowerRegistered = FALSE;
    }
    Disconnect(device);
    for (ULONG i = 0; i < SND_PORTS; i++) {
        if (device->Ports[i] != NULL) {
            Unregister(device, device->Ports[i]);
        }
    }
    SndAdapterForget(device);
}

VOID SndAdapterForget(SND_DEVICE *device)
{
    SndTopologyForgetPort(device);
    for (ULONG i = 0; i < SND_PORTS; i++) {
        if (device->Ports[i] != NULL) {
            (void)device->Ports[i]->lpVtbl->Release(device->Ports[i]);
            device->Ports[i] = NULL;
        }
    }
    device->Connected = 0;
    device->PowerRegistered = FALSE;
}
