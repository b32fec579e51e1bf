/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The plug and play manager: device nodes, AddDevice, and PnP requests in the order in which Windows sends them ("State
 * Transitions for PnP Devices"). After each request it checks what must be true then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm_internal.h"

static devnode *nodes; /* all of them */

devnode *devnode_of_pdo(const DEVICE_OBJECT *pdo)
{
    const struct device_record *r = device_record(pdo);
    return r != NULL ? r->node : NULL;
}

static devnode *new_node(devnode *parent)
{
    devnode *n = calloc(1, sizeof(*n));
    if (n == NULL)
        environment_failed("no memory for a device node");
    n->device_power = n->announced_power = DEVICE_D0;
    n->parent = parent;
    n->every = nodes;
    nodes = n;
    return n;
}

static bool map_allowed(uint64_t physical, size_t bytes)
{
    for (const devnode *n = nodes; n != NULL; n = n->every) {
        for (unsigned i = 0; i < 6 && n->pci != NULL && n->has_resources; i++) {
            const struct pci_bar *bar = &n->pci->bar[i];
            if (bar->memory && physical >= bar->physical && bytes <= bar->bytes &&
                physical - bar->physical <= bar->bytes - bytes)
                return true;
        }
    }
    return false;
}

devnode *devnode_create(struct pci_device *pci, const struct devnode_options *options)
{
    devnode *n = new_node(NULL);
    mm_map_allowed = map_allowed;
    n->pci = pci;
    n->options = *options;
    snprintf(n->id, sizeof(n->id), "ROOT\\NTHOST");
    if (pci != NULL) {
        pci_bus *bus = pci->bus;
        uint32_t ids = bus->ops->config_read(bus, bus->bdf, 0, 4), sub = bus->ops->config_read(bus, bus->bdf, 0x2c, 4);
        snprintf(n->id, sizeof(n->id), "PCI\\VEN_%04X&DEV_%04X&SUBSYS_%08X&REV_%02X", ids & 0xffff, ids >> 16, sub,
                 bus->ops->config_read(bus, bus->bdf, 8, 1));
    }
    n->pdo = pdo_create(n);
    return n;
}

bool devnode_present(const devnode *n)
{
    return n->pci->bus->ops->config_read(n->pci->bus, n->pci->bus->bdf, 0, 2) != 0xffff;
}

DEVICE_OBJECT *devnode_top(const devnode *n)
{
    return device_top(n->pdo);
}

NTSTATUS devnode_add(devnode *n, wdm_driver *d)
{
    uintptr_t arguments[] = {(uintptr_t)d->object, (uintptr_t)n->pdo};
    NTSTATUS status = (NTSTATUS)nt_call("AddDevice", d->extension->AddDevice, 2, arguments);
    if (!NT_SUCCESS(status)) {
        if (n->pdo->AttachedDevice != NULL)
            rule_broken("device-attached", "AddDevice failed with %#x and left its device object attached",
                        (unsigned)status);
        return status;
    }
    if (n->pdo->AttachedDevice == NULL)
        rule_broken("add-device", "AddDevice succeeded without having attached a device object to the stack");
    for (DEVICE_OBJECT *o = n->pdo->AttachedDevice; o != NULL; o = o->AttachedDevice) {
        if (o->Flags & DO_DEVICE_INITIALIZING)
            rule_broken("add-device", "AddDevice succeeded without having cleared DO_DEVICE_INITIALIZING of its device "
                                      "object");
    }
    n->driver = d;
    d->devices++;
    n->state = NODE_ADDED;
    return status;
}

NTSTATUS devnode_pnp(devnode *n, UCHAR minor, IO_STACK_LOCATION *parameters, ULONG_PTR *information)
{
    struct host_request r = {0};
    DEVICE_OBJECT *top = devnode_top(n);
    device_reference(top);
    host_request_prepare(&r, top, IRP_MJ_PNP, minor);
    if (parameters != NULL)
        irp_next(r.irp)->Parameters = parameters->Parameters;
    if (information != NULL)
        r.irp->IoStatus.Information = *information;
    host_request_run(&r, top);
    device_dereference(top);
    if (information != NULL)
        *information = r.result.Information;
    return r.result.Status;
}

/* ---- children ---- */

static devnode *child_of(devnode *n, const DEVICE_OBJECT *pdo)
{
    devnode *c = n->children;
    while (c != NULL && c->pdo != pdo)
        c = c->next;
    return c;
}

/* A child is a raw device: its bus driver is its only driver (IRP_MN_QUERY_CAPABILITIES, RawDeviceOK). */
static void start_child(devnode *n, DEVICE_OBJECT *pdo)
{
    devnode *c = new_node(n);
    c->pdo = pdo;
    c->next = n->children;
    n->children = c;
    device_must_be(pdo, "IRP_MN_QUERY_DEVICE_RELATIONS")->node = c;
    pdo->Flags |= DO_BUS_ENUMERATED_DEVICE;
    IO_STACK_LOCATION capabilities = {0};
    DEVICE_CAPABILITIES *c_memory = ram_alloc(sizeof(*c_memory), 0, "DEVICE_CAPABILITIES");
    *c_memory = (DEVICE_CAPABILITIES){.Size = sizeof(*c_memory), .Version = 1, .Address = ~0u, .UINumber = ~0u};
    capabilities.Parameters.DeviceCapabilities.Capabilities = c_memory;
    devnode_pnp(c, IRP_MN_QUERY_CAPABILITIES, &capabilities, NULL);
    ram_free(c_memory);
    if (NT_SUCCESS(devnode_pnp(c, IRP_MN_START_DEVICE, NULL, NULL)))
        c->state = NODE_STARTED;
}

void devnode_update_children(devnode *n)
{
    IO_STACK_LOCATION parameters = {0};
    ULONG_PTR information = 0;
    n->relations_dirty = false;
    if (!NT_SUCCESS(devnode_pnp(n, IRP_MN_QUERY_DEVICE_RELATIONS, &parameters, &information)) || information == 0)
        return;
    DEVICE_RELATIONS *relations = (DEVICE_RELATIONS *)information;
    for (ULONG i = 0; i < relations->Count; i++) {
        DEVICE_OBJECT *pdo = ((DEVICE_OBJECT **)(uintptr_t)relations->Objects)[i];
        if (child_of(n, pdo) == NULL)
            start_child(n, pdo);
        device_dereference(pdo); /* "the PnP manager dereferences the objects when it has finished with them" */
    }
    ram_free(relations);
}

static void remove_children(devnode *n, bool surprise)
{
    while (n->children != NULL) {
        devnode *c = n->children;
        n->children = c->next;
        if (surprise)
            devnode_pnp(c, IRP_MN_SURPRISE_REMOVAL, NULL, NULL);
        devnode_pnp(c, IRP_MN_REMOVE_DEVICE, NULL, NULL);
        c->state = NODE_REMOVED;
        devnode_free(c);
    }
}

/* ---- start ---- */

static unsigned messages_to_grant(const devnode *n)
{
    if (n->pci == NULL || !n->options.msix || n->pci->msix_cap == 0)
        return 0;
    unsigned limit = n->options.messages != 0 ? n->options.messages : 1;
    return limit < n->pci->msix_vectors ? limit : n->pci->msix_vectors;
}

NTSTATUS devnode_start(devnode *n)
{
    IO_STACK_LOCATION parameters = {0};
    unsigned reached = n->pdo_starts;
    n->messages = messages_to_grant(n);
    CM_RESOURCE_LIST *raw = resources_make(n, false), *translated = resources_make(n, true);
    parameters.Parameters.StartDevice.AllocatedResources = raw;
    parameters.Parameters.StartDevice.AllocatedResourcesTranslated = translated;
    n->has_resources = true;
    NTSTATUS status = devnode_pnp(n, IRP_MN_START_DEVICE, &parameters, NULL);
    n->has_resources = NT_SUCCESS(status);
    if (raw != NULL) { /* "must not keep pointers to the lists": they are gone when the request is over */
        ram_free(raw);
        ram_free(translated);
    }
    if (n->pdo_starts == reached && NT_SUCCESS(status))
        rule_broken("pnp-forward", "IRP_MN_START_DEVICE succeeded without having reached the bus driver");
    if (!NT_SUCCESS(status)) {
        interrupts_check_released(n, "after IRP_MN_START_DEVICE failed");
        return status;
    }
    n->state = NODE_STARTED;
    n->started_once = true;
    while (n->relations_dirty)
        devnode_update_children(n);
    return status;
}

/* ---- stop ---- */

static void check_reached(unsigned before, unsigned after, const char *what)
{
    if (before == after)
        rule_broken("pnp-forward", "%s did not reach the bus driver: function drivers pass it down", what);
}

/* "drivers must succeed" IRP_MN_STOP_DEVICE, IRP_MN_REMOVE_DEVICE, IRP_MN_SURPRISE_REMOVAL and the cancel requests. */
static void must_succeed(devnode *n, UCHAR minor, unsigned *counter, const char *what)
{
    unsigned before = *counter;
    NTSTATUS status = devnode_pnp(n, minor, NULL, NULL);
    if (!NT_SUCCESS(status))
        rule_broken("pnp-must-succeed", "%s failed with %#x; drivers must not fail it", what, (unsigned)status);
    if (counter != &n->pdo_removes || n->pdo->AttachedDevice == NULL)
        check_reached(before, *counter, what);
}

NTSTATUS devnode_query_stop(devnode *n)
{
    NTSTATUS status = devnode_pnp(n, IRP_MN_QUERY_STOP_DEVICE, NULL, NULL);
    if (NT_SUCCESS(status))
        n->state = NODE_STOP_PENDING;
    return status;
}

void devnode_cancel_stop(devnode *n)
{
    must_succeed(n, IRP_MN_CANCEL_STOP_DEVICE, &n->pdo_queries, "IRP_MN_CANCEL_STOP_DEVICE");
    n->state = NODE_STARTED;
}

void devnode_stop(devnode *n)
{
    must_succeed(n, IRP_MN_STOP_DEVICE, &n->pdo_stops, "IRP_MN_STOP_DEVICE");
    n->has_resources = false;
    interrupts_check_released(n, "after IRP_MN_STOP_DEVICE");
    mappings_check_released("after IRP_MN_STOP_DEVICE");
    n->state = NODE_STOPPED;
}

/* ---- removal ---- */

NTSTATUS devnode_query_remove(devnode *n)
{
    NTSTATUS status = devnode_pnp(n, IRP_MN_QUERY_REMOVE_DEVICE, NULL, NULL);
    if (NT_SUCCESS(status))
        n->state = NODE_REMOVE_PENDING;
    return status;
}

void devnode_cancel_remove(devnode *n)
{
    must_succeed(n, IRP_MN_CANCEL_REMOVE_DEVICE, &n->pdo_queries, "IRP_MN_CANCEL_REMOVE_DEVICE");
    n->state = NODE_STARTED;
}

void devnode_surprise(devnode *n)
{
    n->gone = true;
    for (devnode *c = n->children; c != NULL; c = c->next)
        devnode_pnp(c, IRP_MN_SURPRISE_REMOVAL, NULL, NULL);
    must_succeed(n, IRP_MN_SURPRISE_REMOVAL, &n->pdo_surprises, "IRP_MN_SURPRISE_REMOVAL");
    n->has_resources = false;
    interrupts_check_released(n, "after IRP_MN_SURPRISE_REMOVAL");
    mappings_check_released("after IRP_MN_SURPRISE_REMOVAL");
    n->state = NODE_SURPRISED;
}

void devnode_remove(devnode *n)
{
    unsigned before = n->pdo_removes;
    remove_children(n, false);
    must_succeed(n, IRP_MN_REMOVE_DEVICE, &n->pdo_removes, "IRP_MN_REMOVE_DEVICE");
    check_reached(before, n->pdo_removes, "IRP_MN_REMOVE_DEVICE");
    n->has_resources = false;
    interrupts_check_released(n, "after IRP_MN_REMOVE_DEVICE");
    mappings_check_released("after IRP_MN_REMOVE_DEVICE");
    if (n->pdo->AttachedDevice != NULL)
        rule_broken("device-attached", "IRP_MN_REMOVE_DEVICE left a device object attached to the stack");
    if (n->bus_interfaces != 0)
        rule_broken("bus-interface", "the device is removed while %u references to its bus interface are held",
                    n->bus_interfaces);
    n->state = NODE_REMOVED;
    if (n->driver != NULL)
        n->driver->devices--;
    n->driver = NULL;
}

void devnode_free(devnode *n)
{
    for (devnode **link = &nodes; *link != NULL; link = &(*link)->every) {
        if (*link == n) {
            *link = n->every;
            break;
        }
    }
    if (n->parent == NULL)
        device_delete(n->pdo);
    else if (device_record(n->pdo) != NULL)
        device_record(n->pdo)->node = NULL;
    free(n);
}
