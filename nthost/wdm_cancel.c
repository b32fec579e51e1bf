/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Cancelling IRPs, and the exports that send and complete them. Pages IoCancelIrp, DRIVER_CANCEL,
 * IoAcquireCancelSpinLock, IoReleaseCancelSpinLock, IoAllocateIrp, IoFreeIrp, IoReuseIrp.
 */
#include "wdm_internal.h"
#include "wdm_irp_record.h"

static struct spin_lock cancel_lock = {.name = "the cancel spin lock", .owner = -1};

static uint8_t cancel_lock_acquire(void)
{
    uint8_t old = irql_raise(DISPATCH_LEVEL);
    spin_acquire(&cancel_lock);
    return old;
}

/* "The cancel routine must release the cancel spin lock, with Irp->CancelIrql, before it returns" (DRIVER_CANCEL). */
static void call_cancel_routine(IRP *irp, PVOID routine, uint8_t old)
{
    DEVICE_OBJECT *device = irp->CurrentLocation <= irp->StackCount ? irp_current(irp)->DeviceObject : NULL;
    uintptr_t arguments[] = {(uintptr_t)device, (uintptr_t)irp};
    if (address_in_driver(routine))
        driver_call_releasing("a cancel routine", routine, 2, arguments);
    else
        nt_call("a cancel routine", routine, 2, arguments);
    if (spin_held_here(&cancel_lock))
        rule_broken("cancel-lock", "a cancel routine returned without having released the cancel spin lock");
    if (irql_get() != old)
        rule_broken("cancel-lock",
                    "a cancel routine returned at IRQL %u; the IRP's CancelIrql, for IoReleaseCancelSpinLock, was %u",
                    irql_get(), old);
}

static bool cancel(IRP *irp, bool by_driver)
{
    uint8_t old = cancel_lock_acquire();
    bool known = irp_record(irp) != NULL;
    if (!known && by_driver)
        rule_broken("irp-unknown", "IoCancelIrp of %p, which is no IRP, or one that was completed and freed",
                    (void *)irp);
    if (!known) {
        spin_release(&cancel_lock);
        irql_lower(old);
        return false;
    }
    irp->Cancel = TRUE;
    PVOID routine = irp->CancelRoutine;
    irp->CancelRoutine = NULL;
    if (routine == NULL) {
        spin_release(&cancel_lock);
        irql_lower(old);
        return false;
    }
    irp->CancelIrql = old;
    call_cancel_routine(irp, routine, old);
    return true;
}

/* The host's own, which the driver may complete, and the host free, while the lock is waited for. */
bool irp_cancel(IRP *irp)
{
    return cancel(irp, false);
}

static BOOLEAN NTAPI io_cancel_irp(PIRP irp)
{
    api_enter("IoCancelIrp", PASSIVE_LEVEL, DISPATCH_LEVEL);
    return cancel(irp, true);
}

static void NTAPI io_acquire_cancel_spin_lock(PKIRQL old)
{
    api_enter("IoAcquireCancelSpinLock", PASSIVE_LEVEL, DISPATCH_LEVEL);
    *old = cancel_lock_acquire();
}

void cancel_lock_release(uint8_t old)
{
    if (!spin_held_here(&cancel_lock))
        rule_broken("cancel-lock", "IoReleaseCancelSpinLock, but this processor does not hold the cancel spin lock");
    spin_release(&cancel_lock);
    irql_lower(old);
}

void irp_cancel_unlock(IRP *irp)
{
    cancel_lock_release(irp->CancelIrql);
}

static void NTAPI io_release_cancel_spin_lock(KIRQL old)
{
    api_enter("IoReleaseCancelSpinLock", DISPATCH_LEVEL, DISPATCH_LEVEL);
    cancel_lock_release(old);
}

static PIRP NTAPI io_allocate_irp(CHAR stack_size, BOOLEAN charge_quota)
{
    (void)charge_quota;
    api_enter("IoAllocateIrp", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (fail_point("irp"))
        return NULL;
    return irp_allocate(stack_size, true);
}

static void NTAPI io_free_irp(PIRP irp)
{
    api_enter("IoFreeIrp", PASSIVE_LEVEL, DISPATCH_LEVEL);
    irp_free(irp);
}

static void NTAPI io_reuse_irp(PIRP irp, NTSTATUS status)
{
    api_enter("IoReuseIrp", PASSIVE_LEVEL, DISPATCH_LEVEL);
    irp_reuse(irp);
    irp->IoStatus.Status = status;
}

static NTSTATUS NTFASTCALL iof_call_driver(PDEVICE_OBJECT device, PIRP irp)
{
    api_enter("IoCallDriver", PASSIVE_LEVEL, DISPATCH_LEVEL);
    return irp_call(device, irp);
}

static NTSTATUS NTAPI io_call_driver(PDEVICE_OBJECT device, PIRP irp)
{
    return iof_call_driver(device, irp);
}

static void NTFASTCALL iof_complete_request(PIRP irp, CHAR boost)
{
    (void)boost;
    api_enter("IoCompleteRequest", PASSIVE_LEVEL, DISPATCH_LEVEL);
    irp_complete(irp);
}

static void NTAPI io_complete_request(PIRP irp, CHAR boost)
{
    iof_complete_request(irp, boost);
}

static NTSTATUS NTAPI io_invalid_device_request(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Information = 0;
    irp_complete(irp);
    return STATUS_INVALID_DEVICE_REQUEST;
}
PVOID const irp_invalid_device_request = HOST_DISPATCH(io_invalid_device_request);

static const struct export_entry entries[] = {
    EXPORT("IoAllocateIrp", io_allocate_irp),
    EXPORT("IoFreeIrp", io_free_irp),
    EXPORT("IoReuseIrp", io_reuse_irp),
    EXPORT("IoCancelIrp", io_cancel_irp),
    EXPORT("IoAcquireCancelSpinLock", io_acquire_cancel_spin_lock),
    EXPORT("IoReleaseCancelSpinLock", io_release_cancel_spin_lock),
    EXPORT("IofCallDriver", iof_call_driver),
    EXPORT("IoCallDriver", io_call_driver),
    EXPORT("IofCompleteRequest", iof_complete_request),
    EXPORT("IoCompleteRequest", io_complete_request),
    EXPORT_END,
};
const struct export_table wdm_cancel_exports = {"ntoskrnl.exe", entries};
