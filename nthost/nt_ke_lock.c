/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * IRQL and spin locks. A KSPIN_LOCK holds 0 while free; the headers for amd64 initialise it inline by writing that.
 * So a lock that nobody holds but whose memory is not 0 was never initialised (or overwritten): rule
 * lock-uninitialised.
 */
#include <string.h>

#include "cpu_internal.h"
#include "nt_exports.h"
#include "nt_object.h"
#include "verifier.h"

typedef ULONG_PTR KSPIN_LOCK, *PKSPIN_LOCK;

/* "Introduction to Spin Locks": the queue handle of an in-stack queued spin lock belongs to the caller until the
 * release. */
typedef struct _KLOCK_QUEUE_HANDLE {
    PVOID Next;
    PKSPIN_LOCK Lock;
    KIRQL OldIrql;
} KLOCK_QUEUE_HANDLE, *PKLOCK_QUEUE_HANDLE;

static void lock_memory(PKSPIN_LOCK lock)
{
    struct kernel_object *o = object_find(lock, OBJECT_SPIN_LOCK);
    if (o == NULL) {
        if (*lock != 0)
            rule_broken("lock-uninitialised",
                        "the spin lock at %p is taken; nobody holds it, but it contains %#llx instead of 0",
                        (void *)lock, (unsigned long long)*lock);
        o = object_get(lock, OBJECT_SPIN_LOCK);
        spin_lock_init(&o->lock, o->name, 0);
    }
    o->waiting++;
    spin_acquire(&o->lock);
    o->waiting--;
    *lock = 1;
}

static void unlock_memory(PKSPIN_LOCK lock)
{
    struct kernel_object *o = object_find(lock, OBJECT_SPIN_LOCK);
    if (o == NULL)
        rule_broken("lock-owner", "the spin lock at %p is released, but nobody holds it", (void *)lock);
    if (*lock != 1)
        rule_broken("lock-uninitialised", "%s was overwritten while it was held: it contains %#llx", o->name,
                    (unsigned long long)*lock);
    /* Whoever waits finds the lock free when it runs again; the table's entry goes with the last user. */
    bool wanted = o->waiting > 0;
    *lock = 0;
    spin_release(&o->lock);
    o = wanted ? NULL : object_find(lock, OBJECT_SPIN_LOCK);
    if (o != NULL && o->waiting == 0 && o->lock.owner < 0)
        object_drop(o);
}

static void NTAPI ke_initialize_spin_lock(PKSPIN_LOCK lock)
{
    api_enter("KeInitializeSpinLock", PASSIVE_LEVEL, HIGH_LEVEL);
    struct kernel_object *o = object_find(lock, OBJECT_SPIN_LOCK);
    if (o != NULL && o->lock.owner >= 0)
        rule_broken("lock-owner", "%s is initialised while processor %d holds it", o->name, o->lock.owner);
    *lock = 0;
}

static KIRQL acquire_raising(const char *api, PKSPIN_LOCK lock)
{
    api_enter(api, PASSIVE_LEVEL, DISPATCH_LEVEL);
    KIRQL old = irql_raise(DISPATCH_LEVEL);
    lock_memory(lock);
    return old;
}

/* "Specifies the KIRQL value saved from the preceding call": never above DISPATCH_LEVEL. */
static void release_lowering(const char *api, PKSPIN_LOCK lock, KIRQL to)
{
    api_enter(api, DISPATCH_LEVEL, DISPATCH_LEVEL);
    unlock_memory(lock);
    irql_lower(to);
}

static void NTAPI ke_acquire_spin_lock_at_dpc_level(PKSPIN_LOCK lock)
{
    api_enter("KeAcquireSpinLockAtDpcLevel", DISPATCH_LEVEL, HIGH_LEVEL);
    lock_memory(lock);
}

static void NTAPI ke_release_spin_lock_from_dpc_level(PKSPIN_LOCK lock)
{
    api_enter("KeReleaseSpinLockFromDpcLevel", DISPATCH_LEVEL, HIGH_LEVEL);
    unlock_memory(lock);
}

static void NTAPI ke_release_spin_lock(PKSPIN_LOCK lock, KIRQL to)
{
    release_lowering("KeReleaseSpinLock", lock, to);
}

static void NTFASTCALL ke_acquire_in_stack_queued(PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle)
{
    handle->Lock = lock;
    handle->OldIrql = acquire_raising("KeAcquireInStackQueuedSpinLock", lock);
}

static void NTFASTCALL ke_release_in_stack_queued(PKLOCK_QUEUE_HANDLE handle)
{
    release_lowering("KeReleaseInStackQueuedSpinLock", handle->Lock, handle->OldIrql);
}

static void NTFASTCALL ke_acquire_in_stack_queued_at_dpc(PKSPIN_LOCK lock, PKLOCK_QUEUE_HANDLE handle)
{
    api_enter("KeAcquireInStackQueuedSpinLockAtDpcLevel", DISPATCH_LEVEL, HIGH_LEVEL);
    handle->Lock = lock;
    lock_memory(lock);
}

static void NTFASTCALL ke_release_in_stack_queued_from_dpc(PKLOCK_QUEUE_HANDLE handle)
{
    api_enter("KeReleaseInStackQueuedSpinLockFromDpcLevel", DISPATCH_LEVEL, HIGH_LEVEL);
    unlock_memory(handle->Lock);
}

static KIRQL NTAPI ke_get_current_irql(void)
{
    return irql_get();
}

static KIRQL NTAPI ke_raise_irql_to_dpc_level(void)
{
    api_enter("KeRaiseIrqlToDpcLevel", PASSIVE_LEVEL, DISPATCH_LEVEL);
    return irql_raise(DISPATCH_LEVEL);
}

#if defined(__x86_64__)

static KIRQL NTAPI ke_acquire_spin_lock_raise_to_dpc(PKSPIN_LOCK lock)
{
    return acquire_raising("KeAcquireSpinLockRaiseToDpc", lock);
}

#else

static KIRQL NTFASTCALL kf_acquire_spin_lock(PKSPIN_LOCK lock)
{
    return acquire_raising("KfAcquireSpinLock", lock);
}

static void NTFASTCALL kf_release_spin_lock(PKSPIN_LOCK lock, KIRQL to)
{
    release_lowering("KfReleaseSpinLock", lock, to);
}

static void NTAPI ke_acquire_spin_lock(PKSPIN_LOCK lock, PKIRQL old)
{
    *old = acquire_raising("KeAcquireSpinLock", lock);
}

static void NTFASTCALL kef_acquire_spin_lock_at_dpc_level(PKSPIN_LOCK lock)
{
    ke_acquire_spin_lock_at_dpc_level(lock);
}

static void NTFASTCALL kef_release_spin_lock_from_dpc_level(PKSPIN_LOCK lock)
{
    ke_release_spin_lock_from_dpc_level(lock);
}

static KIRQL NTFASTCALL kf_raise_irql(KIRQL to)
{
    return irql_raise(to);
}

static void NTFASTCALL kf_lower_irql(KIRQL to)
{
    irql_lower(to);
}

static void NTAPI ke_raise_irql(KIRQL to, PKIRQL old)
{
    *old = irql_raise(to);
}

static void NTAPI ke_lower_irql(KIRQL to)
{
    irql_lower(to);
}

#endif

static const struct export_entry entries[] = {
    EXPORT("KeInitializeSpinLock", ke_initialize_spin_lock),
    EXPORT("KeAcquireSpinLockAtDpcLevel", ke_acquire_spin_lock_at_dpc_level),
    EXPORT("KeReleaseSpinLockFromDpcLevel", ke_release_spin_lock_from_dpc_level),
    EXPORT("KeAcquireInStackQueuedSpinLockAtDpcLevel", ke_acquire_in_stack_queued_at_dpc),
    EXPORT("KeReleaseInStackQueuedSpinLockFromDpcLevel", ke_release_in_stack_queued_from_dpc),
#if defined(__x86_64__)
    EXPORT("KeAcquireSpinLockRaiseToDpc", ke_acquire_spin_lock_raise_to_dpc),
    EXPORT("KeReleaseSpinLock", ke_release_spin_lock),
    EXPORT("KeAcquireInStackQueuedSpinLock", ke_acquire_in_stack_queued),
    EXPORT("KeReleaseInStackQueuedSpinLock", ke_release_in_stack_queued),
    EXPORT("KeRaiseIrqlToDpcLevel", ke_raise_irql_to_dpc_level),
#else
    EXPORT("KefAcquireSpinLockAtDpcLevel", kef_acquire_spin_lock_at_dpc_level),
    EXPORT("KefReleaseSpinLockFromDpcLevel", kef_release_spin_lock_from_dpc_level),
#endif
    EXPORT_END,
};
const struct export_table nt_ke_lock_exports = {"ntoskrnl.exe", entries};

/* On x86 these come from HAL (import tables of released drivers). */
static const struct export_entry hal_entries[] = {
    EXPORT("KeGetCurrentIrql", ke_get_current_irql),
#if defined(__i386__)
    EXPORT("KfAcquireSpinLock", kf_acquire_spin_lock),
    EXPORT("KfReleaseSpinLock", kf_release_spin_lock),
    EXPORT("KeAcquireSpinLock", ke_acquire_spin_lock),
    EXPORT("KeReleaseSpinLock", ke_release_spin_lock),
    EXPORT("KfRaiseIrql", kf_raise_irql),
    EXPORT("KfLowerIrql", kf_lower_irql),
    EXPORT("KeRaiseIrql", ke_raise_irql),
    EXPORT("KeLowerIrql", ke_lower_irql),
    EXPORT("KeRaiseIrqlToDpcLevel", ke_raise_irql_to_dpc_level),
    EXPORT("KeAcquireInStackQueuedSpinLock", ke_acquire_in_stack_queued),
    EXPORT("KeReleaseInStackQueuedSpinLock", ke_release_in_stack_queued),
#endif
    EXPORT_END,
};
const struct export_table nt_ke_lock_hal_exports = {"hal.dll", hal_entries};
