/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Cancel-safe IRP queues. Pages "Cancel-Safe IRP Queues", IoCsqInitialize, IoCsqInitializeEx, IoCsqInsertIrp(Ex),
 * IoCsqRemoveIrp, IoCsqRemoveNextIrp.
 *
 * As the pages say: the queue's routines do the work, IoCsq routines call them in order; DriverContext[3] of a queued
 * IRP is theirs; an IRP that was cancelled before its insertion is handed to CsqCompleteCanceledIrp at once.
 */
#include "wdm_internal.h"
#include "wdm_irp_record.h"

enum { TYPE_CSQ_IRP_CONTEXT = 1, TYPE_CSQ = 2, TYPE_CSQ_EX = 3 };

typedef struct _IO_CSQ {
    ULONG Type;
    PVOID CsqInsertIrp, CsqRemoveIrp, CsqPeekNextIrp, CsqAcquireLock, CsqReleaseLock, CsqCompleteCanceledIrp;
    PVOID ReservePointer;
} IO_CSQ, *PIO_CSQ;

typedef struct _IO_CSQ_IRP_CONTEXT {
    ULONG Type;
    PIRP Irp;
    PIO_CSQ Csq;
} IO_CSQ_IRP_CONTEXT, *PIO_CSQ_IRP_CONTEXT;

static void lock_queue(PIO_CSQ csq, KIRQL *irql)
{
    uintptr_t arguments[] = {(uintptr_t)csq, (uintptr_t)irql};
    if (address_in_driver(csq->CsqAcquireLock))
        driver_call_releasing("CsqAcquireLock", csq->CsqAcquireLock, 2, arguments);
    else
        nt_call("CsqAcquireLock", csq->CsqAcquireLock, 2, arguments);
}

static void unlock_queue(PIO_CSQ csq, KIRQL irql)
{
    uintptr_t arguments[] = {(uintptr_t)csq, irql};
    if (address_in_driver(csq->CsqReleaseLock))
        driver_call_releasing("CsqReleaseLock", csq->CsqReleaseLock, 2, arguments);
    else
        nt_call("CsqReleaseLock", csq->CsqReleaseLock, 2, arguments);
}

static void check_queue(const IO_CSQ *csq, const char *api)
{
    if (csq->Type != TYPE_CSQ && csq->Type != TYPE_CSQ_EX)
        rule_broken("csq", "%s on %p, which IoCsqInitialize has not initialised", api, (const void *)csq);
}

static NTSTATUS initialize(const char *api, PIO_CSQ csq, ULONG type, PVOID insert, PVOID remove, PVOID peek,
                           PVOID acquire, PVOID release, PVOID complete)
{
    api_enter(api, PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (insert == NULL || remove == NULL || peek == NULL || acquire == NULL || release == NULL || complete == NULL)
        rule_broken("csq", "%s without one of the queue's routines", api);
    *csq = (IO_CSQ){type, insert, remove, peek, acquire, release, complete, NULL};
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI io_csq_initialize(PIO_CSQ csq, PVOID insert, PVOID remove, PVOID peek, PVOID acquire,
                                        PVOID release, PVOID complete)
{
    return initialize("IoCsqInitialize", csq, TYPE_CSQ, insert, remove, peek, acquire, release, complete);
}

static NTSTATUS NTAPI io_csq_initialize_ex(PIO_CSQ csq, PVOID insert, PVOID remove, PVOID peek, PVOID acquire,
                                           PVOID release, PVOID complete)
{
    return initialize("IoCsqInitializeEx", csq, TYPE_CSQ_EX, insert, remove, peek, acquire, release, complete);
}

/* The IRP's DriverContext[3]: the caller's context, or the queue itself. */
static PIO_CSQ queue_of(const IRP *irp)
{
    PVOID kept = irp->Tail.Overlay.DriverContext[3];
    return *(ULONG *)kept == TYPE_CSQ_IRP_CONTEXT ? ((PIO_CSQ_IRP_CONTEXT)kept)->Csq : kept;
}

static void forget(IRP *irp)
{
    PVOID kept = irp->Tail.Overlay.DriverContext[3];
    if (kept != NULL && *(ULONG *)kept == TYPE_CSQ_IRP_CONTEXT)
        ((PIO_CSQ_IRP_CONTEXT)kept)->Irp = NULL;
    irp->Tail.Overlay.DriverContext[3] = NULL;
}

static void remove_from_queue(PIO_CSQ csq, IRP *irp)
{
    uintptr_t arguments[] = {(uintptr_t)csq, (uintptr_t)irp};
    nt_call("CsqRemoveIrp", csq->CsqRemoveIrp, 2, arguments);
}

static void complete_canceled(PIO_CSQ csq, IRP *irp)
{
    uintptr_t arguments[] = {(uintptr_t)csq, (uintptr_t)irp};
    nt_call("CsqCompleteCanceledIrp", csq->CsqCompleteCanceledIrp, 2, arguments);
}

/* Called with the cancel spin lock held, as every cancel routine; whoever takes the IRP from the queue first has it. */
static void NTAPI cancel_routine(DEVICE_OBJECT *device, IRP *irp)
{
    KIRQL irql;
    (void)device;
    cancel_lock_release(irp->CancelIrql);
    PIO_CSQ csq = queue_of(irp);
    lock_queue(csq, &irql);
    remove_from_queue(csq, irp);
    forget(irp);
    unlock_queue(csq, irql);
    complete_canceled(csq, irp);
}

static NTSTATUS insert(PIO_CSQ csq, IRP *irp, PVOID insert_context)
{
    uintptr_t arguments[] = {(uintptr_t)csq, (uintptr_t)irp, (uintptr_t)insert_context};
    if (csq->Type == TYPE_CSQ_EX)
        return (NTSTATUS)nt_call("CsqInsertIrpEx", csq->CsqInsertIrp, 3, arguments);
    nt_call("CsqInsertIrp", csq->CsqInsertIrp, 2, arguments);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI io_csq_insert_irp_ex(PIO_CSQ csq, PIRP irp, PIO_CSQ_IRP_CONTEXT context, PVOID insert_context)
{
    KIRQL irql;
    api_enter("IoCsqInsertIrp", PASSIVE_LEVEL, DISPATCH_LEVEL);
    check_queue(csq, "IoCsqInsertIrp");
    if (context != NULL) {
        *context = (IO_CSQ_IRP_CONTEXT){TYPE_CSQ_IRP_CONTEXT, irp, csq};
        irp->Tail.Overlay.DriverContext[3] = context;
    } else {
        irp->Tail.Overlay.DriverContext[3] = csq;
    }
    lock_queue(csq, &irql);
    NTSTATUS status = insert(csq, irp, insert_context);
    if (!NT_SUCCESS(status)) { /* "the driver's routine failed: the IRP is not in the queue" */
        forget(irp);
        unlock_queue(csq, irql);
        return status;
    }
    irp_mark_pending(irp);
    irp->CancelRoutine = HOST_DISPATCH(cancel_routine);
    if (irp->Cancel && irp->CancelRoutine != NULL) { /* cancelled before: nobody else will do it */
        irp->CancelRoutine = NULL;
        remove_from_queue(csq, irp);
        forget(irp);
        unlock_queue(csq, irql);
        complete_canceled(csq, irp);
        return status;
    }
    unlock_queue(csq, irql);
    return status;
}

static void NTAPI io_csq_insert_irp(PIO_CSQ csq, PIRP irp, PIO_CSQ_IRP_CONTEXT context)
{
    io_csq_insert_irp_ex(csq, irp, context, NULL);
}

/* An IRP whose cancel routine is on its way belongs to that. */
static bool take(PIO_CSQ csq, IRP *irp)
{
    if (irp->CancelRoutine == NULL)
        return false;
    irp->CancelRoutine = NULL;
    remove_from_queue(csq, irp);
    forget(irp);
    return true;
}

static PIRP NTAPI io_csq_remove_next_irp(PIO_CSQ csq, PVOID peek_context)
{
    KIRQL irql;
    IRP *irp = NULL;
    api_enter("IoCsqRemoveNextIrp", PASSIVE_LEVEL, DISPATCH_LEVEL);
    check_queue(csq, "IoCsqRemoveNextIrp");
    lock_queue(csq, &irql);
    do {
        uintptr_t arguments[] = {(uintptr_t)csq, (uintptr_t)irp, (uintptr_t)peek_context};
        irp = (IRP *)nt_call("CsqPeekNextIrp", csq->CsqPeekNextIrp, 3, arguments);
    } while (irp != NULL && !take(csq, irp));
    unlock_queue(csq, irql);
    return irp;
}

static PIRP NTAPI io_csq_remove_irp(PIO_CSQ csq, PIO_CSQ_IRP_CONTEXT context)
{
    KIRQL irql;
    api_enter("IoCsqRemoveIrp", PASSIVE_LEVEL, DISPATCH_LEVEL);
    check_queue(csq, "IoCsqRemoveIrp");
    lock_queue(csq, &irql);
    IRP *irp = context->Irp;
    if (irp != NULL && !take(csq, irp))
        irp = NULL;
    unlock_queue(csq, irql);
    return irp;
}

static const struct export_entry entries[] = {
    EXPORT("IoCsqInitialize", io_csq_initialize),
    EXPORT("IoCsqInitializeEx", io_csq_initialize_ex),
    EXPORT("IoCsqInsertIrp", io_csq_insert_irp),
    EXPORT("IoCsqInsertIrpEx", io_csq_insert_irp_ex),
    EXPORT("IoCsqRemoveIrp", io_csq_remove_irp),
    EXPORT("IoCsqRemoveNextIrp", io_csq_remove_next_irp),
    EXPORT_END,
};
const struct export_table wdm_csq_exports = {"ntoskrnl.exe", entries};
