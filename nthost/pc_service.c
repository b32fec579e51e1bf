/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IServiceGroup, PcRegisterIoTimeout and PcNewInterruptSync. Pages of these; service is given at DISPATCH_LEVEL by a
 * DPC, I/O time-outs once a second while the device is there.
 */
#include <stdlib.h>

#include "cpu_internal.h"
#include "pc_internal.h"

enum { MEMBERS = 8, TIMEOUT_US = 1000000 };

struct service_group {
    struct com_object com;
    PVOID member[MEMBERS]; /* IServiceSink, referenced */
    dpc dpc;
    timer timer;
    bool delayed;
};

static const struct com_interface group_interface;

static struct service_group *group_of(PVOID self, const char *api)
{
    struct com_object *o = com_find(self, &group_interface);
    if (o == NULL)
        rule_broken("com-interface", "%s with %p, which is no IServiceGroup", api, self);
    return (struct service_group *)o;
}

static void serve(struct service_group *g)
{
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (g->member[i] != NULL)
            com_call(g->member[i], SLOT_FIRST, "IServiceSink::RequestService", 0);
    }
}

static void serve_dpc(dpc *d, void *argument1, void *argument2)
{
    (void)argument1;
    (void)argument2;
    serve(d->context);
}

static void serve_timer(timer *t)
{
    serve(t->context);
}

static void NTAPI request_service(PVOID self)
{
    api_enter("IServiceGroup::RequestService", PASSIVE_LEVEL, HIGH_LEVEL);
    dpc_insert(&group_of(self, "RequestService")->dpc, NULL, NULL);
}

static NTSTATUS NTAPI add_member(PVOID self, PVOID sink)
{
    api_enter("IServiceGroup::AddMember", PASSIVE_LEVEL, DISPATCH_LEVEL);
    struct service_group *g = group_of(self, "AddMember");
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (g->member[i] != NULL)
            continue;
        driver_object_reference(sink, "IServiceSink::AddRef");
        g->member[i] = sink;
        return STATUS_SUCCESS;
    }
    return STATUS_INSUFFICIENT_RESOURCES;
}

static void NTAPI remove_member(PVOID self, PVOID sink)
{
    api_enter("IServiceGroup::RemoveMember", PASSIVE_LEVEL, DISPATCH_LEVEL);
    struct service_group *g = group_of(self, "RemoveMember");
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (g->member[i] != sink)
            continue;
        g->member[i] = NULL;
        driver_object_release(sink, "IServiceSink::Release");
        return;
    }
}

static void NTAPI support_delayed_service(PVOID self)
{
    api_enter("IServiceGroup::SupportDelayedService", PASSIVE_LEVEL, DISPATCH_LEVEL);
    group_of(self, "SupportDelayedService")->delayed = true;
}

static void NTAPI request_delayed_service(PVOID self, uint64_t delay)
{
    api_enter("IServiceGroup::RequestDelayedService", PASSIVE_LEVEL, DISPATCH_LEVEL);
    struct service_group *g = group_of(self, "RequestDelayedService");
    if (g->delayed)
        timer_set(&g->timer, delay / 10);
}

static void NTAPI cancel_delayed_service(PVOID self)
{
    api_enter("IServiceGroup::CancelDelayedService", PASSIVE_LEVEL, DISPATCH_LEVEL);
    timer_cancel(&group_of(self, "CancelDelayedService")->timer);
}

static const void *const methods[] = {COM_UNKNOWN,
                                      COM_METHOD(request_service),
                                      COM_METHOD(add_member),
                                      COM_METHOD(remove_member),
                                      COM_METHOD(support_delayed_service),
                                      COM_METHOD(request_delayed_service),
                                      COM_METHOD(cancel_delayed_service)};
static const struct com_interface group_interface = {&IID_IServiceGroup, &IID_IServiceSink, methods};
static const struct com_interface *const interfaces[] = {&group_interface, NULL};

static void destroy(struct com_object *o)
{
    struct service_group *g = (struct service_group *)o;
    timer_cancel(&g->timer);
    dpc_remove(&g->dpc);
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (g->member[i] != NULL)
            driver_object_release(g->member[i], "IServiceSink::Release");
    }
    free(g);
}

static NTSTATUS NTAPI new_service_group(PVOID *result, PVOID outer)
{
    (void)outer;
    api_enter("PcNewServiceGroup", PASSIVE_LEVEL, PASSIVE_LEVEL);
    *result = NULL;
    if (fail_point("service-group"))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct service_group *g = calloc(1, sizeof(*g));
    if (g == NULL)
        environment_failed("no memory for a service group");
    dpc_init(&g->dpc, serve_dpc, g);
    g->timer.routine = serve_timer;
    g->timer.context = g;
    com_create(&g->com, "IServiceGroup", interfaces, destroy);
    com_give(&g->com);
    *result = com_pointer(&g->com, 0);
    com_release(&g->com);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI new_interrupt_sync(PVOID *result)
{
    (void)result;
    rule_broken("not-provided", "PcNewInterruptSync: drivers here use IoConnectInterruptEx");
}

/* ---- I/O time-outs ---- */

struct pc_timeout {
    timer timer;
    struct pc_device *device;
    PVOID routine, context;
    struct pc_timeout *next;
};

static void timeout_due(timer *t)
{
    struct pc_timeout *o = t->context;
    timer_set(t, TIMEOUT_US);
    driver_call("an I/O time-out routine", o->routine, 2, (uintptr_t)o->device->fdo, (uintptr_t)o->context);
}

static struct pc_timeout **timeout_find(struct pc_device *d, PVOID routine, PVOID context)
{
    struct pc_timeout **link = &d->timeouts;
    while (*link != NULL && ((*link)->routine != routine || (*link)->context != context))
        link = &(*link)->next;
    return link;
}

static NTSTATUS NTAPI register_io_timeout(DEVICE_OBJECT *device, PVOID routine, PVOID context)
{
    api_enter("PcRegisterIoTimeout", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_device *d = pc_device_must_be(device, "PcRegisterIoTimeout");
    struct pc_timeout **link = timeout_find(d, routine, context);
    if (*link != NULL)
        return STATUS_UNSUCCESSFUL;
    if (fail_point("io-timeout"))
        return STATUS_INSUFFICIENT_RESOURCES;
    struct pc_timeout *o = calloc(1, sizeof(*o));
    if (o == NULL)
        environment_failed("no memory for an I/O time-out");
    *o = (struct pc_timeout){.device = d, .routine = routine, .context = context};
    o->timer.routine = timeout_due;
    o->timer.context = o;
    *link = o;
    timer_set(&o->timer, TIMEOUT_US);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI unregister_io_timeout(DEVICE_OBJECT *device, PVOID routine, PVOID context)
{
    api_enter("PcUnregisterIoTimeout", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_timeout **link = timeout_find(pc_device_must_be(device, "PcUnregisterIoTimeout"), routine, context);
    struct pc_timeout *o = *link;
    if (o == NULL)
        return STATUS_NOT_FOUND;
    *link = o->next;
    timer_cancel(&o->timer);
    free(o);
    return STATUS_SUCCESS;
}

void pc_timeouts_check(const struct pc_device *d)
{
    if (d->timeouts != NULL)
        rule_broken("pc-adapter", "the device is removed while a routine of PcRegisterIoTimeout is registered");
}

static const struct export_entry entries[] = {
    EXPORT("PcNewServiceGroup", new_service_group),
    EXPORT("PcNewInterruptSync", new_interrupt_sync),
    EXPORT("PcRegisterIoTimeout", register_io_timeout),
    EXPORT("PcUnregisterIoTimeout", unregister_io_timeout),
    EXPORT_END,
};
const struct export_table pc_service_exports = {"portcls.sys", entries};
