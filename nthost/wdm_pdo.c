/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The bus driver at the bottom of a device's stack: physical device object, resources, PnP and power requests, the
 * standard bus interface. Pages IRP_MN_START_DEVICE, IRP_MN_QUERY_CAPABILITIES, IRP_MN_READ_CONFIG,
 * BUS_INTERFACE_STANDARD, CM_PARTIAL_RESOURCE_DESCRIPTOR.
 *
 * A device without a PCI function is one of a root bus: it has no resources.
 */
#include <stdio.h>
#include <string.h>

#include "wdm_dma.h"
#include "wdm_internal.h"

enum { PCI_BUS_INTERFACE = 5, PCI_WHICHSPACE_CONFIG = 0, PCI_CONFIG_BYTES = 256, MAX_DESCRIPTORS = 8 };
enum { MEMORY_READ_WRITE = 0, PORT_IO = 1, PORT_POSITIVE = 0x10, SHARE_DEVICE = 1, SHARE_SHARED = 3 };

static DRIVER_OBJECT *bus_driver;

typedef struct _BUS_INTERFACE_STANDARD {
    USHORT Size, Version;
    PVOID Context, InterfaceReference, InterfaceDereference, TranslateBusAddress, GetDmaAdapter, SetBusData, GetBusData;
} BUS_INTERFACE_STANDARD;

static const GUID bus_interface_standard = {
    0x496b8280, 0x6f25, 0x11d0, {0xbe, 0xaf, 0x08, 0x00, 0x2b, 0xe2, 0x09, 0x2f}};

/* ---- resources ---- */

static void add_bar(CM_RESOURCE_LIST *list, const struct pci_bar *bar)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR *p = &list->Partial[list->PartialCount++];
    *p = (CM_PARTIAL_RESOURCE_DESCRIPTOR){.Type = bar->memory ? RESOURCE_MEMORY : RESOURCE_PORT,
                                          .ShareDisposition = SHARE_DEVICE,
                                          .Flags = bar->memory ? MEMORY_READ_WRITE : PORT_IO | PORT_POSITIVE};
    p->u.Memory.Start = bar->physical;
    p->u.Memory.Length = (ULONG)bar->bytes;
}

static KAFFINITY all_processors(void)
{
    return cpu_count() >= sizeof(KAFFINITY) * 8 ? ~(KAFFINITY)0 : ((KAFFINITY)1 << cpu_count()) - 1;
}

/* "Using Interrupt Resource Descriptors": raw, one descriptor for all messages with their number; translated, one for
 * each message. */
static void add_messages(CM_RESOURCE_LIST *list, unsigned count, bool translated)
{
    for (unsigned i = 0; i < (translated ? count : 1); i++) {
        CM_PARTIAL_RESOURCE_DESCRIPTOR *p = &list->Partial[list->PartialCount++];
        *p = (CM_PARTIAL_RESOURCE_DESCRIPTOR){.Type = RESOURCE_INTERRUPT,
                                              .ShareDisposition = SHARE_DEVICE,
                                              .Flags = INTERRUPT_LATCHED | INTERRUPT_MESSAGE};
        if (translated) {
            p->u.Interrupt.Level = DEVICE_LEVEL;
            p->u.Interrupt.Vector = FIRST_MESSAGE_VECTOR + i;
            p->u.Interrupt.Affinity = all_processors();
        } else {
            p->u.MessageRaw.MessageCount = (USHORT)count;
            p->u.MessageRaw.Vector = FIRST_MESSAGE_VECTOR;
            p->u.MessageRaw.Affinity = all_processors();
        }
    }
}

static void add_line(CM_RESOURCE_LIST *list, bool translated)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR *p = &list->Partial[list->PartialCount++];
    *p = (CM_PARTIAL_RESOURCE_DESCRIPTOR){.Type = RESOURCE_INTERRUPT, .ShareDisposition = SHARE_SHARED};
    p->u.Interrupt.Level = translated ? DEVICE_LEVEL : LINE_LEVEL;
    p->u.Interrupt.Vector = translated ? LINE_VECTOR : LINE_LEVEL;
    p->u.Interrupt.Affinity = all_processors();
}

CM_RESOURCE_LIST *resources_make(devnode *n, bool translated)
{
    size_t most = sizeof(CM_RESOURCE_LIST) + (MAX_DESCRIPTORS + n->messages) * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    CM_RESOURCE_LIST *list, *whole;
    if (n->pci == NULL)
        return NULL;
    whole = ram_alloc(most, 0, "resource list");
    memset(whole, 0, most);
    *whole = (CM_RESOURCE_LIST){.Count = 1,
                                .InterfaceType = PCI_BUS_INTERFACE,
                                .BusNumber = n->pci->bus->bdf >> 8,
                                .Version = 1,
                                .Revision = 1};
    for (unsigned i = 0; i < 6; i++) {
        if (n->pci->bar[i].bytes != 0)
            add_bar(whole, &n->pci->bar[i]);
    }
    if (n->messages != 0)
        add_messages(whole, n->messages, translated);
    else
        add_line(whole, translated);
    /* Exactly as long as it says, so that reading past its end faults. */
    size_t bytes = sizeof(*whole) + whole->PartialCount * sizeof(CM_PARTIAL_RESOURCE_DESCRIPTOR);
    list = ram_alloc(bytes, 0, translated ? "translated resources" : "raw resources");
    memcpy(list, whole, bytes);
    ram_free(whole);
    return list;
}

/* ---- configuration space ---- */

static ULONG config_access(devnode *n, bool write, ULONG space, uint8_t *buffer, ULONG offset, ULONG length)
{
    ULONG done = 0;
    if (n->pci == NULL || space != PCI_WHICHSPACE_CONFIG || offset >= PCI_CONFIG_BYTES)
        return 0;
    pci_bus *bus = n->pci->bus;
    for (; done < length && offset + done < PCI_CONFIG_BYTES; done++) {
        if (write)
            bus->ops->config_write(bus, bus->bdf, offset + done, 1, buffer[done]);
        else
            buffer[done] = (uint8_t)bus->ops->config_read(bus, bus->bdf, offset + done, 1);
    }
    return done;
}

static ULONG NTAPI get_bus_data(PVOID context, ULONG space, PVOID buffer, ULONG offset, ULONG length)
{
    api_enter("GetBusData", PASSIVE_LEVEL, DISPATCH_LEVEL);
    return config_access(context, false, space, buffer, offset, length);
}

static ULONG NTAPI set_bus_data(PVOID context, ULONG space, PVOID buffer, ULONG offset, ULONG length)
{
    api_enter("SetBusData", PASSIVE_LEVEL, DISPATCH_LEVEL);
    return config_access(context, true, space, buffer, offset, length);
}

static void NTAPI interface_reference(PVOID context)
{
    ((devnode *)context)->bus_interfaces++;
}

static void NTAPI interface_dereference(PVOID context)
{
    devnode *n = context;
    if (n->bus_interfaces == 0)
        rule_broken("bus-interface", "InterfaceDereference more often than the interface was obtained or referenced");
    n->bus_interfaces--;
}

static PVOID NTAPI interface_dma_adapter(PVOID context, PVOID description, PULONG map_registers)
{
    return dma_adapter_get(((devnode *)context)->pdo, description, map_registers);
}

static NTSTATUS query_interface(devnode *n, const IO_STACK_LOCATION *at)
{
    BUS_INTERFACE_STANDARD *i = (BUS_INTERFACE_STANDARD *)at->Parameters.QueryInterface.Interface;
    if (n->pci == NULL || memcmp(at->Parameters.QueryInterface.InterfaceType, &bus_interface_standard, 16) != 0)
        return STATUS_NOT_SUPPORTED;
    if (at->Parameters.QueryInterface.Size < sizeof(*i) || at->Parameters.QueryInterface.Version != 1)
        return STATUS_INVALID_PARAMETER;
    *i = (BUS_INTERFACE_STANDARD){.Size = sizeof(*i),
                                  .Version = 1,
                                  .Context = n,
                                  .InterfaceReference = HOST_DISPATCH(interface_reference),
                                  .InterfaceDereference = HOST_DISPATCH(interface_dereference),
                                  .GetDmaAdapter = HOST_DISPATCH(interface_dma_adapter),
                                  .SetBusData = HOST_DISPATCH(set_bus_data),
                                  .GetBusData = HOST_DISPATCH(get_bus_data)};
    n->bus_interfaces++;
    return STATUS_SUCCESS;
}

/* ---- requests ---- */

static NTSTATUS query_capabilities(DEVICE_CAPABILITIES *c)
{
    c->Flags |= CAPABILITY_SURPRISE_REMOVAL_OK;
    c->DeviceState[SYSTEM_WORKING] = DEVICE_D0;
    for (unsigned i = SYSTEM_SLEEPING_1; i <= SYSTEM_SHUTDOWN; i++)
        c->DeviceState[i] = DEVICE_D3;
    return STATUS_SUCCESS;
}

static PVOID pool_text(const char *text, unsigned ends)
{
    unsigned length = (unsigned)strlen(text);
    WCHAR *wide = ram_alloc((length + ends) * sizeof(WCHAR), 0, "pool of an IRP_MN_QUERY_ID");
    for (unsigned i = 0; i < length + ends; i++)
        wide[i] = i < length ? (UCHAR)text[i] : 0;
    return wide;
}

static NTSTATUS query_id(const devnode *n, unsigned type, ULONG_PTR *information)
{
    enum { DEVICE_ID, HARDWARE_IDS, COMPATIBLE_IDS, INSTANCE_ID };
    if (type > INSTANCE_ID || type == COMPATIBLE_IDS)
        return STATUS_NOT_SUPPORTED;
    *information = (ULONG_PTR)pool_text(type == INSTANCE_ID ? "3&11583659&0&20" : n->id, type == HARDWARE_IDS ? 2 : 1);
    return STATUS_SUCCESS;
}

static NTSTATUS pnp(devnode *n, IRP *irp, IO_STACK_LOCATION *at)
{
    switch (at->MinorFunction) {
    case IRP_MN_START_DEVICE:
        n->pdo_starts++;
        return STATUS_SUCCESS;
    case IRP_MN_STOP_DEVICE:
        n->pdo_stops++;
        return STATUS_SUCCESS;
    case IRP_MN_SURPRISE_REMOVAL:
        n->pdo_surprises++;
        return STATUS_SUCCESS;
    case IRP_MN_REMOVE_DEVICE:
        n->pdo_removes++;
        return STATUS_SUCCESS;
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        n->pdo_queries++;
        return STATUS_SUCCESS;
    case IRP_MN_QUERY_CAPABILITIES:
        return query_capabilities(at->Parameters.DeviceCapabilities.Capabilities);
    case IRP_MN_QUERY_INTERFACE:
        return query_interface(n, at);
    case IRP_MN_QUERY_ID:
        return query_id(n, at->Parameters.QueryId.IdType, &irp->IoStatus.Information);
    case IRP_MN_READ_CONFIG:
    case IRP_MN_WRITE_CONFIG:
        if (n->pci == NULL)
            return irp->IoStatus.Status;
        irp->IoStatus.Information =
            config_access(n, at->MinorFunction == IRP_MN_WRITE_CONFIG, at->Parameters.ReadWriteConfig.WhichSpace,
                          at->Parameters.ReadWriteConfig.Buffer, at->Parameters.ReadWriteConfig.Offset,
                          at->Parameters.ReadWriteConfig.Length);
        return irp->IoStatus.Information != 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    default:
        return irp->IoStatus.Status;
    }
}

static NTSTATUS NTAPI dispatch_pnp(DEVICE_OBJECT *device, IRP *irp)
{
    NTSTATUS status = pnp(device_record(device)->node, irp, irp_current(irp));
    irp->IoStatus.Status = status;
    irp_complete(irp);
    return status;
}

/* What the PCI bus driver does with a device power state; the device's registers are lost in D3. */
static NTSTATUS NTAPI dispatch_power(DEVICE_OBJECT *device, IRP *irp)
{
    devnode *n = device_record(device)->node;
    const IO_STACK_LOCATION *at = irp_current(irp);
    NTSTATUS status = at->MinorFunction == IRP_MN_WAIT_WAKE ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
    if (at->MinorFunction == IRP_MN_SET_POWER && at->Parameters.Power.Type == DEVICE_POWER_STATE_TYPE) {
        n->pdo_powers++;
        if (n->pci != NULL && devnode_present(n) && n->device_power != at->Parameters.Power.State.DeviceState) {
            if (at->Parameters.Power.State.DeviceState == DEVICE_D0)
                pci_device_restore(n->pci);
            else
                pci_device_disable(n->pci);
        }
        n->device_power = at->Parameters.Power.State.DeviceState;
    }
    irp->IoStatus.Status = status;
    irp_complete(irp);
    return status;
}

static NTSTATUS NTAPI dispatch_system_control(DEVICE_OBJECT *device, IRP *irp)
{
    NTSTATUS status = irp->IoStatus.Status;
    (void)device;
    irp_complete(irp);
    return status;
}

DEVICE_OBJECT *pdo_create(devnode *n)
{
    DEVICE_OBJECT *pdo;
    if (bus_driver == NULL) {
        bus_driver = wdm_host_driver("pci");
        bus_driver->MajorFunction[IRP_MJ_PNP] = HOST_DISPATCH(dispatch_pnp);
        bus_driver->MajorFunction[IRP_MJ_POWER] = HOST_DISPATCH(dispatch_power);
        bus_driver->MajorFunction[IRP_MJ_SYSTEM_CONTROL] = HOST_DISPATCH(dispatch_system_control);
    }
    device_create(bus_driver, 0, 0x22, 0, false, &pdo);
    pdo->Flags = DO_BUS_ENUMERATED_DEVICE;
    device_record(pdo)->node = n;
    return pdo;
}
