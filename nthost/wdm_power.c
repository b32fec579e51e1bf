/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Power requests. Pages PoRequestPowerIrp, PoCallDriver, PoStartNextPowerIrp, PoSetPowerState, IRP_MN_SET_POWER.
 *
 * Since Windows Vista the power manager does not serialise through PoStartNextPowerIrp, and IoCallDriver may send a
 * power IRP ("Calling IoCallDriver vs. Calling PoCallDriver"). The device's power policy owner answers a system state
 * with PoRequestPowerIrp for the device state; such requests are sent from a worker thread or at once, as the seed has
 * it.
 */
#include <stdlib.h>

#include "wdm_internal.h"

struct device_request {
    struct host_request host;
    DEVICE_OBJECT *device, *top;
    UCHAR minor;
    POWER_STATE state;
    PVOID completion, context;
};

/* The completion function runs as a completion routine does, at any level up to DISPATCH_LEVEL. */
static void device_request_finished(struct host_request *h)
{
    struct device_request *r = h->context;
    /* Opaque to the driver but for IoStatus. */
    uintptr_t arguments[] = {(uintptr_t)r->device, r->minor, (uintptr_t)(ULONG)r->state.DeviceState,
                             (uintptr_t)r->context, (uintptr_t)&r->host.irp->IoStatus};
    if (r->completion != NULL)
        nt_call("a PowerCompletion routine", r->completion, 5, arguments);
    device_dereference(r->top);
    r->device = NULL;
}

static void send(void *context)
{
    struct device_request *r = context;
    host_request_send(&r->host, r->top);
}

static bool all_over(void *context)
{
    return ((struct device_request *)context)->host.done;
}

static void send_and_reap(void *context)
{
    send(context);
    thread_wait(all_over, context, UINT64_MAX);
    free(context);
}

static void request(DEVICE_OBJECT *device, UCHAR minor, POWER_STATE state, PVOID completion, PVOID context)
{
    struct device_request *r = calloc(1, sizeof(*r));
    if (r == NULL)
        environment_failed("no memory for a power request");
    *r = (struct device_request){.device = device,
                                 .minor = minor,
                                 .state = state,
                                 .completion = completion,
                                 .context = context,
                                 .top = device_top(device)};
    device_reference(r->top);
    host_request_prepare(&r->host, r->top, IRP_MJ_POWER, minor);
    r->host.finished = device_request_finished;
    r->host.context = r;
    irp_next(r->host.irp)->Parameters.Power.Type = DEVICE_POWER_STATE_TYPE;
    irp_next(r->host.irp)->Parameters.Power.State = state;
    system_work_queue(send_and_reap, r);
}

void power_request_device_state(DEVICE_OBJECT *device, LONG state, PVOID completion, PVOID context)
{
    request(device, IRP_MN_SET_POWER, (POWER_STATE){.DeviceState = state}, completion, context);
}

static NTSTATUS NTAPI po_request_power_irp(PDEVICE_OBJECT device, UCHAR minor, POWER_STATE state, PVOID completion,
                                           PVOID context, PIRP *irp)
{
    api_enter("PoRequestPowerIrp", PASSIVE_LEVEL, DISPATCH_LEVEL);
    struct device_record *d = device_must_be(device, "PoRequestPowerIrp");
    if (minor != IRP_MN_SET_POWER && minor != IRP_MN_QUERY_POWER && minor != IRP_MN_WAIT_WAKE)
        return STATUS_INVALID_PARAMETER_1 + 1; /* STATUS_INVALID_PARAMETER_2 */
    if (irp != NULL && minor != IRP_MN_WAIT_WAKE)
        rule_broken("power-request", "PoRequestPowerIrp with Irp not NULL: the IRP may be over before it returns");
    if (minor != IRP_MN_WAIT_WAKE && (state.DeviceState < DEVICE_D0 || state.DeviceState > DEVICE_D3))
        rule_broken("power-request", "PoRequestPowerIrp for device power state %d: it must be PowerDeviceD0 to D3",
                    (int)state.DeviceState);
    if (minor == IRP_MN_WAIT_WAKE || fail_point("power-irp"))
        return STATUS_INSUFFICIENT_RESOURCES;
    request(d->object, minor, state, completion, context);
    return STATUS_PENDING;
}

static NTSTATUS NTAPI po_call_driver(PDEVICE_OBJECT device, PIRP irp)
{
    api_enter("PoCallDriver", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (irp->CurrentLocation > 1 && irp_next(irp)->MajorFunction != IRP_MJ_POWER)
        rule_broken("power-request", "PoCallDriver with an IRP that is no power IRP (major function %#x)",
                    irp_next(irp)->MajorFunction);
    return irp_call(device, irp);
}

static void NTAPI po_start_next_power_irp(PIRP irp)
{
    (void)irp;
    api_enter("PoStartNextPowerIrp", PASSIVE_LEVEL, DISPATCH_LEVEL);
}

/* POWER_STATE, a union of 4 bytes, comes back in EAX: an integer, not a structure of the host's ABI. */
static LONG NTAPI po_set_power_state(PDEVICE_OBJECT device, ULONG type, POWER_STATE state)
{
    LONG old = DEVICE_D0;
    api_enter("PoSetPowerState", PASSIVE_LEVEL, DISPATCH_LEVEL);
    device_must_be(device, "PoSetPowerState");
    devnode *n = devnode_of_stack(device);
    if (type == DEVICE_POWER_STATE_TYPE && n != NULL) {
        old = n->announced_power;
        n->announced_power = state.DeviceState;
    }
    return old;
}

NTSTATUS devnode_system_power(devnode *n, LONG state)
{
    struct host_request r = {0};
    DEVICE_OBJECT *top = devnode_top(n);
    host_request_prepare(&r, top, IRP_MJ_POWER, IRP_MN_SET_POWER);
    irp_next(r.irp)->Parameters.Power.Type = SYSTEM_POWER_STATE_TYPE;
    irp_next(r.irp)->Parameters.Power.State.SystemState = state;
    NTSTATUS status = host_request_run(&r, top);
    if (!NT_SUCCESS(status))
        rule_broken("pnp-must-succeed", "IRP_MN_SET_POWER to system state %d failed with %#x; drivers must not fail it",
                    (int)state, (unsigned)status);
    return status;
}

static const struct export_entry entries[] = {
    EXPORT("PoRequestPowerIrp", po_request_power_irp),
    EXPORT("PoCallDriver", po_call_driver),
    EXPORT("PoStartNextPowerIrp", po_start_next_power_irp),
    EXPORT("PoSetPowerState", po_set_power_state),
    EXPORT_END,
};
const struct export_table wdm_power_exports = {"ntoskrnl.exe", entries};
