/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Power: HIDCLASS is the power policy owner of a HID device ("Power Management" for HID minidrivers). A system state
 * goes through the minidriver and down; then HIDCLASS asks for the device state that belongs to it, stops its reads
 * before the device sleeps, and sends them again when it is awake.
 */
#include <stdlib.h>
#include <string.h>

#include "hidclass_internal.h"
#include "wdm_internal.h"

static void copy_down(IRP *irp)
{
    memcpy(irp_next(irp), irp_current(irp), offsetof(IO_STACK_LOCATION, CompletionRoutine));
}

static void NTAPI device_state_done(DEVICE_OBJECT *device, UCHAR minor, POWER_STATE state, PVOID context,
                                    IO_STATUS_BLOCK *result)
{
    (void)device;
    (void)minor;
    (void)state;
    (void)result;
    hidclass_finish(context, STATUS_SUCCESS, 0); /* a system state must not fail */
}

static NTSTATUS NTAPI system_state_done(DEVICE_OBJECT *device, IRP *irp, PVOID context)
{
    struct hidclass_device *d = context;
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

static NTSTATUS NTAPI device_on_done(DEVICE_OBJECT *device, IRP *irp, PVOID context)
{
    struct hidclass_device *d = context;
    (void)device;
    if (irp->PendingReturned)
        irp_mark_pending(irp);
    if (NT_SUCCESS(irp->IoStatus.Status) && d->described)
        hidclass_pump_start(d);
    return STATUS_SUCCESS;
}

NTSTATUS hidclass_fdo_power(struct hidclass_device *d, IRP *irp)
{
    const IO_STACK_LOCATION *at = irp_current(irp);
    bool set = at->MinorFunction == IRP_MN_SET_POWER;
    copy_down(irp);
    if (set && at->Parameters.Power.Type == SYSTEM_POWER_STATE_TYPE) {
        irp_mark_pending(irp);
        irp_set_completion(irp, HOST_DISPATCH(system_state_done), d);
        hidclass_call(d, irp);
        return STATUS_PENDING;
    }
    if (set && at->Parameters.Power.State.DeviceState != DEVICE_D0)
        hidclass_pump_stop(d, "IRP_MN_SET_POWER to a sleeping device state");
    if (set && at->Parameters.Power.State.DeviceState == DEVICE_D0)
        irp_set_completion(irp, HOST_DISPATCH(device_on_done), d);
    return hidclass_call(d, irp);
}
