/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * StorPort's locks. Rules of the page StorPortAcquireSpinLock: the table "Allowed spin locks" (rule lock-in-callback),
 * the order "DPC or StartIo, Interrupt" and no lock twice (rules lock-order and lock-recursion, kept by spin_acquire
 * through the ranks); driver_call checks that each callback returns with the locks that it was called with.
 */
#include "storport_internal.h"

#define HANDLE_MAGIC 0x4C6B0000u

static const char *lock_name(STOR_SPINLOCK lock)
{
    return lock == DpcLock         ? "DpcLock"
           : lock == StartIoLock   ? "StartIoLock"
           : lock == InterruptLock ? "InterruptLock"
                                   : "unknown";
}

/* Bit per STOR_SPINLOCK that the callback may acquire. */
static unsigned allowed_locks(const adapter *a, enum callback callback)
{
    const unsigned dpc_bit = 1u << DpcLock, start_bit = 1u << StartIoLock, interrupt_bit = 1u << InterruptLock;

    switch (callback) {
    case CALLBACK_START_IO:
        /* Half duplex: DIRQL, and "mutual exclusion via StorPortAcquireSpinLock [is] not allowed" (page HW_STARTIO). */
        return a->full_duplex ? dpc_bit | interrupt_bit : 0;
    case CALLBACK_BUILD_IO:
    case CALLBACK_DPC:
    case CALLBACK_CONTROL:
    case CALLBACK_CONTROL_RUNNING:
        return dpc_bit | start_bit | interrupt_bit;
    case CALLBACK_TIMER:
    case CALLBACK_RESET_BUS:
        return a->full_duplex ? interrupt_bit : 0;
    default:
        return 0;
    }
}

static bool is_per_message(const adapter *a)
{
    return a->messages != 0 && a->agreed.InterruptSynchronizationMode == InterruptSynchronizePerMessage;
}

/* With InterruptSynchronizePerMessage each message has a lock, and this "will acquire a lock for each message in the
 * proper order" (page StorPortAcquireMSISpinLock). */
static void acquire_interrupt(adapter *a)
{
    spin_acquire(&a->interrupt_lock);
    for (unsigned i = 0; is_per_message(a) && i < a->messages; i++)
        spin_acquire(&a->message_lock[i]);
}

static void release_interrupt(adapter *a)
{
    for (unsigned i = a->messages; is_per_message(a) && i > 0; i--)
        spin_release(&a->message_lock[i - 1]);
    spin_release(&a->interrupt_lock);
}

ULONG port_acquire_message_lock(adapter *a, ULONG message, PULONG old_irql)
{
    if (a->dump || !is_per_message(a) || message >= a->messages)
        return STOR_STATUS_INVALID_PARAMETER;
    *old_irql = irql_get();
    if (*old_irql < DEVICE_LEVEL)
        irql_raise(DEVICE_LEVEL);
    spin_acquire(&a->message_lock[message]);
    return STOR_STATUS_SUCCESS;
}

ULONG port_release_message_lock(adapter *a, ULONG message, ULONG old_irql)
{
    if (a->dump || !is_per_message(a) || message >= a->messages)
        return STOR_STATUS_INVALID_PARAMETER;
    spin_release(&a->message_lock[message]);
    if (irql_get() != old_irql)
        irql_lower((uint8_t)old_irql);
    return STOR_STATUS_SUCCESS;
}

static struct spin_lock *find_lock(adapter *a, STOR_SPINLOCK lock, void *context)
{
    struct port_dpc *found;

    switch (lock) {
    case StartIoLock:
    case InterruptLock:
        if (context != NULL)
            port_rule(a, "lock-context", "StorPortAcquireSpinLock: LockContext should be NULL for %s, it is %p",
                      lock_name(lock), context);
        return lock == StartIoLock ? &a->start_io_lock : &a->interrupt_lock;
    case DpcLock:
        found = port_find_dpc(a, context);
        if (found == NULL)
            rule_broken("lock-context",
                        "StorPortAcquireSpinLock: DpcLock of %p, which StorPortInitializeDpc has not initialized",
                        context);
        return &found->lock;
    default:
        rule_broken("lock-context", "StorPortAcquireSpinLock: there is no lock %d on Windows 7", (int)lock);
    }
}

void port_acquire_spin_lock(adapter *a, STOR_SPINLOCK lock, void *context, STOR_LOCK_HANDLE *handle)
{
    struct spin_lock *spin;
    uint8_t old = irql_get(), level = lock == InterruptLock ? DEVICE_LEVEL : DISPATCH_LEVEL;
    enum callback callback = callback_current();

    if (a->dump) { /* HIGH_LEVEL, one processor: the dump port driver has no locks */
        handle->Lock = lock;
        handle->Context.Opaque[0] = handle->Context.Opaque[1] = HANDLE_MAGIC;
        return;
    }
    if ((allowed_locks(a, callback) & (1u << lock)) == 0)
        rule_broken("lock-in-callback",
                    "%s acquires %s, which the table of page StorPortAcquireSpinLock does not allow there",
                    callback_name(callback), lock_name(lock));
    spin = find_lock(a, lock, context);
    if (level > old)
        irql_raise(level);
    if (lock == InterruptLock)
        acquire_interrupt(a);
    else
        spin_acquire(spin);
    handle->Lock = lock;
    handle->Context.Opaque[0] = (ULONG_PTR)spin;
    handle->Context.Opaque[1] = HANDLE_MAGIC | old;
    handle->Context.Opaque[2] = 0;
}

void port_release_spin_lock(adapter *a, STOR_LOCK_HANDLE *handle)
{
    struct spin_lock *spin = (struct spin_lock *)handle->Context.Opaque[0];
    uint8_t old = (uint8_t)(handle->Context.Opaque[1] & 0xFF);

    if ((handle->Context.Opaque[1] & ~(ULONG_PTR)0xFF) != HANDLE_MAGIC)
        rule_broken("lock-handle",
                    "StorPortReleaseSpinLock: %p is not a handle that StorPortAcquireSpinLock filled in, or was "
                    "released before",
                    (void *)handle);
    handle->Context.Opaque[1] = 0;
    if (a->dump)
        return;
    if (spin == &a->interrupt_lock)
        release_interrupt(a);
    else
        spin_release(spin);
    if (irql_get() != old)
        irql_lower(old);
}

uint8_t port_lock_interrupt(adapter *a)
{
    uint8_t old = irql_get();

    if (a->dump)
        return old;
    irql_raise(DEVICE_LEVEL);

    acquire_interrupt(a);
    return old;
}

void port_unlock_interrupt(adapter *a, uint8_t old_irql)
{
    if (a->dump)
        return;
    release_interrupt(a);
    irql_lower(old_irql);
}

/* In dump mode there is one processor, at HIGH_LEVEL, and no lock. Full duplex: StartIo at DISPATCH_LEVEL. Half duplex:
 * StartIo and Interrupt at DIRQL. */
uint8_t port_lock_start_io(adapter *a)
{
    uint8_t old = irql_get();

    if (a->dump)
        return old;
    irql_raise(DISPATCH_LEVEL);
    spin_acquire(&a->start_io_lock);
    if (!a->full_duplex)
        port_lock_interrupt(a);
    return old;
}

void port_unlock_start_io(adapter *a, uint8_t old_irql)
{
    if (a->dump)
        return;
    if (!a->full_duplex)
        port_unlock_interrupt(a, DISPATCH_LEVEL);
    spin_release(&a->start_io_lock);
    irql_lower(old_irql);
}
