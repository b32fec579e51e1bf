/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Port objects: IPortWaveRT and IPortTopology with IPort's methods, IPortEvents, IPortClsVersion and the two interfaces
 * that take registrations back. Pages IPort::Init, PcNewPort, IPortClsVersion, "Dynamic Audio Subdevices".
 */
#include <stdlib.h>

#include "pc_internal.h"

enum { VERSION_XP_UAA_QFE = 12 }; /* kVersionWinXP_UAAQFE; newer ones have no number of their own on the page */

struct pc_port *pc_port_of(const void *pointer, const char *api)
{
    struct com_object *o = com_find(pointer, &pc_port_wave_interface);
    if (o == NULL)
        o = com_find(pointer, &pc_port_topology_interface);
    if (o == NULL)
        rule_broken("com-interface", "%s with %p, which is no port object", api, pointer);
    return (struct pc_port *)o;
}

static NTSTATUS init_miniport(struct pc_port *p, PVOID adapter, PVOID resources)
{
    PVOID *description = ram_alloc(sizeof(*description), 0, "the result of GetDescription");
    *description = NULL;
    NTSTATUS status =
        (NTSTATUS)com_call(p->miniport, SLOT_FIRST + 2, p->wave ? "IMiniportWaveRT::Init" : "IMiniportTopology::Init",
                           3, (uintptr_t)adapter, (uintptr_t)resources, (uintptr_t)com_pointer(&p->com, 0));
    if (NT_SUCCESS(status))
        status = (NTSTATUS)com_call(p->miniport, SLOT_FIRST, "IMiniport::GetDescription", 1, (uintptr_t)description);
    p->filter = *description;
    ram_free(description);
    if (!NT_SUCCESS(status))
        return status;
    if (p->filter == NULL)
        rule_broken("pc-descriptor", "IMiniport::GetDescription succeeded and gave NULL");
    pc_check_descriptor(p->filter);
    p->pin_instances = calloc(p->filter->PinCount + 1, sizeof(*p->pin_instances));
    if (p->pin_instances == NULL)
        environment_failed("no memory for a filter's pins");
    p->power_notify = driver_object_query(p->unknown_miniport, &IID_IPowerNotify,
                                          "the miniport's QueryInterface for IPowerNotify", SLOT_FIRST + 1);
    return STATUS_SUCCESS;
}

static void forget_miniport(struct pc_port *p)
{
    PVOID *held[] = {&p->power_notify, &p->miniport, &p->unknown_miniport};
    for (unsigned i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
        if (*held[i] != NULL)
            driver_object_release(*held[i], "the miniport's Release");
        *held[i] = NULL;
    }
    free(p->pin_instances);
    p->pin_instances = NULL;
    p->filter = NULL;
}

static NTSTATUS NTAPI init(PVOID self, DEVICE_OBJECT *device, IRP *irp, PVOID miniport, PVOID adapter, PVOID resources)
{
    (void)irp;
    api_enter("IPort::Init", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_port *p = pc_port_of(self, "IPort::Init");
    if (p->device != NULL)
        rule_broken("pc-subdevice", "IPort::Init a second time for the same port");
    struct pc_device *d = pc_device_must_be(device, "IPort::Init");
    com_of(resources, "IPort::Init");
    if (fail_point("port-init"))
        return STATUS_INSUFFICIENT_RESOURCES;
    p->miniport = driver_object_query(miniport, p->wave ? &IID_IMiniportWaveRT : &IID_IMiniportTopology,
                                      "the miniport's QueryInterface for its miniport interface",
                                      p->wave ? SLOT_FIRST + 5 : SLOT_FIRST + 3);
    if (p->miniport == NULL) {
        pc_fail("the miniport has no %s", p->wave ? "IMiniportWaveRT" : "IMiniportTopology");
        return STATUS_INVALID_PARAMETER;
    }
    p->unknown_miniport = miniport;
    driver_object_reference(miniport, "the miniport's AddRef");
    p->device = d;
    NTSTATUS status = init_miniport(p, adapter, resources);
    if (!NT_SUCCESS(status)) {
        pc_fail("the miniport's Init or GetDescription failed with %#x", (unsigned)status);
        forget_miniport(p);
        p->device = NULL;
    }
    return status;
}

static NTSTATUS NTAPI get_device_property(PVOID self, ULONG property, ULONG length, PVOID buffer, PULONG result_length)
{
    api_enter("IPort::GetDeviceProperty", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_port *p = pc_port_of(self, "IPort::GetDeviceProperty");
    if (p->device == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    return pc_device_property(p->device, property, length, buffer, result_length);
}

static NTSTATUS NTAPI new_registry_key(PVOID self, PVOID *key, PVOID outer, ULONG type, ULONG access, PVOID attributes,
                                       ULONG options, PULONG disposition)
{
    (void)outer;
    (void)access;
    (void)options;
    api_enter("IPort::NewRegistryKey", PASSIVE_LEVEL, PASSIVE_LEVEL);
    pc_port_of(self, "IPort::NewRegistryKey");
    return pc_new_registry_key("IPort::NewRegistryKey", key, type, attributes, disposition);
}

static ULONG NTAPI get_version(PVOID self)
{
    (void)self;
    api_enter("IPortClsVersion::GetVersion", PASSIVE_LEVEL, PASSIVE_LEVEL);
    return VERSION_XP_UAA_QFE;
}

static const void *const port_methods[] = {COM_UNKNOWN, COM_METHOD(init), COM_METHOD(get_device_property),
                                           COM_METHOD(new_registry_key)};
static const void *const version_methods[] = {COM_UNKNOWN, COM_METHOD(get_version)};
static const void *const unregister_methods[] = {COM_UNKNOWN, COM_METHOD(pc_unregister_subdevice)};
const struct com_interface pc_port_wave_interface = {&IID_IPortWaveRT, &IID_IPort, port_methods};
const struct com_interface pc_port_topology_interface = {&IID_IPortTopology, &IID_IPort, port_methods};
static const struct com_interface events = {&IID_IPortEvents, NULL, pc_events_methods},
                                  version = {&IID_IPortClsVersion, NULL, version_methods},
                                  unregister = {&IID_IUnregisterSubdevice, NULL, unregister_methods},
                                  connection = {&IID_IUnregisterPhysicalConnection, NULL,
                                                pc_unregister_connection_methods};
static const struct com_interface *const wave[] = {
    &pc_port_wave_interface, &events, &version, &unregister, &connection, NULL};
static const struct com_interface *const topology[] = {
    &pc_port_topology_interface, &events, &version, &unregister, &connection, NULL};

static void destroy(struct com_object *o)
{
    struct pc_port *p = (struct pc_port *)o;
    forget_miniport(p);
    free(p);
}

struct pc_port *pc_port_create(bool is_wave)
{
    struct pc_port *p = calloc(1, sizeof(*p));
    if (p == NULL)
        environment_failed("no memory for a port");
    p->wave = is_wave;
    com_create(&p->com, is_wave ? "IPortWaveRT" : "IPortTopology", is_wave ? wave : topology, destroy);
    return p;
}
