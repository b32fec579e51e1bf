/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Power: PortCls is the power policy owner. Pages IAdapterPowerManagement, IPowerNotify, "Implementing IPowerNotify":
 * powering down it pauses the active streams, then PowerChangeNotify, then PowerChangeState; powering up the other way
 * round. All of it at PASSIVE_LEVEL. Its idle timers, with which a sound device sleeps when nobody plays, are not here;
 * PcRequestNewPowerState is.
 */
#include <stdlib.h>

#include "pc_internal.h"
#include "wdm_internal.h"

enum { SLOT_CHANGE_STATE = SLOT_FIRST, SLOT_QUERY_CHANGE };

static void pause_streams(struct pc_device *d, bool down)
{
    for (struct pc_file *f = d->files; f != NULL; f = f->next) {
        struct pc_stream *s = f->stream;
        if (s == NULL)
            continue;
        if (down && s->state == KSSTATE_RUN) {
            pc_stream_step(s, KSSTATE_PAUSE);
            s->paused_for_power = true;
        } else if (!down && s->paused_for_power) {
            s->paused_for_power = false;
            pc_stream_step(s, KSSTATE_RUN);
        }
    }
}

static void notify(struct pc_device *d, PVOID object, LONG state)
{
    if (object == NULL)
        return;
    d->counts.power_changes++;
    com_call(object, SLOT_FIRST, "IPowerNotify::PowerChangeNotify", 1, (uintptr_t)(ULONG)state);
}

static void notify_all(struct pc_device *d, LONG state)
{
    for (struct pc_subdevice *s = d->subdevices; s != NULL; s = s->next)
        notify(d, s->port->power_notify, state);
    for (struct pc_file *f = d->files; f != NULL; f = f->next) {
        if (f->stream != NULL)
            notify(d, f->stream->power_notify, state);
    }
}

static void change(struct pc_device *d, LONG state)
{
    bool down = state != DEVICE_D0;
    if (state == d->power)
        return;
    pc_lock(d);
    if (down) {
        pause_streams(d, true);
        notify_all(d, state);
    }
    if (d->power_management != NULL) {
        d->counts.power_changes++;
        com_call(d->power_management, SLOT_CHANGE_STATE, "IAdapterPowerManagement::PowerChangeState", 1,
                 (uintptr_t)(ULONG)state);
    }
    d->power = state;
    if (!down) {
        notify_all(d, state);
        pause_streams(d, false);
    }
    pc_unlock(d);
}

static NTSTATUS set_device_state(struct pc_device *d, IRP *irp)
{
    LONG state = irp_current(irp)->Parameters.Power.State.DeviceState;
    if (state != DEVICE_D0 && d->started)
        change(d, state);
    NTSTATUS status = pc_forward_and_wait(d, irp);
    if (NT_SUCCESS(status) && state == DEVICE_D0 && d->started)
        change(d, state);
    return pc_finish(irp, status, 0);
}

static void NTAPI device_state_done(DEVICE_OBJECT *device, UCHAR minor, POWER_STATE state, PVOID context,
                                    IO_STATUS_BLOCK *result)
{
    (void)device;
    (void)minor;
    (void)state;
    (void)result;
    pc_finish(context, STATUS_SUCCESS, 0); /* a system state must not fail */
}

static NTSTATUS NTAPI system_state_done(DEVICE_OBJECT *device, IRP *irp, PVOID context)
{
    struct pc_device *d = context;
    LONG system = irp_current(irp)->Parameters.Power.State.SystemState;
    (void)device;
    if (!NT_SUCCESS(irp->IoStatus.Status)) {
        irp_mark_pending(irp);
        return STATUS_SUCCESS;
    }
    power_request_device_state(d->pdo, system == SYSTEM_WORKING ? DEVICE_D0 : DEVICE_D3,
                               HOST_DISPATCH(device_state_done), irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS set_system_state(struct pc_device *d, IRP *irp)
{
    memcpy(irp_next(irp), irp_current(irp), offsetof(IO_STACK_LOCATION, CompletionRoutine));
    irp_mark_pending(irp);
    irp_set_completion(irp, HOST_DISPATCH(system_state_done), d);
    irp_call(d->lower, irp);
    return STATUS_PENDING;
}

static NTSTATUS query(struct pc_device *d, IRP *irp)
{
    const IO_STACK_LOCATION *at = irp_current(irp);
    LONG state = at->Parameters.Power.State.DeviceState;
    NTSTATUS status = STATUS_SUCCESS;
    if (at->Parameters.Power.Type == DEVICE_POWER_STATE_TYPE && d->power_management != NULL)
        status = (NTSTATUS)com_call(d->power_management, SLOT_QUERY_CHANGE,
                                    "IAdapterPowerManagement::QueryPowerChangeState", 1, (uintptr_t)(ULONG)state);
    if (!NT_SUCCESS(status))
        return pc_finish(irp, status, 0);
    status = pc_forward_and_wait(d, irp);
    return pc_finish(irp, status, 0);
}

NTSTATUS pc_power(struct pc_device *d, IRP *irp)
{
    const IO_STACK_LOCATION *at = irp_current(irp);
    if (at->MinorFunction == IRP_MN_SET_POWER)
        return at->Parameters.Power.Type == SYSTEM_POWER_STATE_TYPE ? set_system_state(d, irp)
                                                                    : set_device_state(d, irp);
    if (at->MinorFunction == IRP_MN_QUERY_POWER)
        return query(d, irp);
    NTSTATUS status = pc_forward_and_wait(d, irp);
    return pc_finish(irp, status, irp->IoStatus.Information);
}

/* ---- exports ---- */

static NTSTATUS NTAPI register_adapter_power_management(PVOID unknown, DEVICE_OBJECT *device)
{
    api_enter("PcRegisterAdapterPowerManagement", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_device *d = pc_device_must_be(device, "PcRegisterAdapterPowerManagement");
    if (d->power_management != NULL)
        rule_broken("pc-power", "PcRegisterAdapterPowerManagement a second time for the same device");
    if (fail_point("power-management"))
        return STATUS_INSUFFICIENT_RESOURCES;
    d->power_management = driver_object_query(unknown, &IID_IAdapterPowerManagement,
                                              "QueryInterface for IAdapterPowerManagement", SLOT_FIRST + 3);
    return d->power_management != NULL ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

void pc_power_unregister(struct pc_device *d)
{
    if (d->power_management != NULL)
        driver_object_release(d->power_management, "IAdapterPowerManagement::Release");
    d->power_management = NULL;
}

static NTSTATUS NTAPI unregister_adapter_power_management(DEVICE_OBJECT *device)
{
    api_enter("PcUnregisterAdapterPowerManagement", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_device *d = pc_device_must_be(device, "PcUnregisterAdapterPowerManagement");
    if (d->power_management == NULL)
        rule_broken("pc-power", "PcUnregisterAdapterPowerManagement without a registration: \"must only be called if "
                                "the interface was previously registered\"");
    pc_power_unregister(d);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI request_new_power_state(DEVICE_OBJECT *device, LONG state)
{
    api_enter("PcRequestNewPowerState", PASSIVE_LEVEL, PASSIVE_LEVEL);
    struct pc_device *d = pc_device_must_be(device, "PcRequestNewPowerState");
    if (state < DEVICE_D0 || state > DEVICE_D3)
        return STATUS_INVALID_PARAMETER;
    power_request_device_state(d->pdo, state, NULL, NULL);
    return STATUS_SUCCESS;
}

static const struct export_entry entries[] = {
    EXPORT("PcRegisterAdapterPowerManagement", register_adapter_power_management),
    EXPORT("PcUnregisterAdapterPowerManagement", unregister_adapter_power_management),
    EXPORT("PcRequestNewPowerState", request_new_power_state),
    EXPORT_END,
};
const struct export_table pc_power_exports = {"portcls.sys", entries};
