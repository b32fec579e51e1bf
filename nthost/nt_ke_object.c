/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Dispatcher objects, DPCs and timers. Their layouts are those of ntddk.h (wdm.h), for the headers read some fields
 * inline.
 */
#include <stddef.h>

#include "cpu_internal.h"
#include "nt_exports.h"
#include "nt_object.h"
#include "shared_data.h"
#include "trap.h"
#include "verifier.h"

enum {
    TYPE_NOTIFICATION_EVENT = 0,
    TYPE_SYNCHRONIZATION_EVENT = 1,
    TYPE_MUTANT = 2,
    TYPE_SEMAPHORE = 5,
    TYPE_NOTIFICATION_TIMER = 8,
    TYPE_SYNCHRONIZATION_TIMER = 9,
    TYPE_DPC = 19
};

typedef struct _DISPATCHER_HEADER {
    UCHAR Type, Absolute, Size, Inserted;
    LONG SignalState;
    LIST_ENTRY WaitListHead;
} DISPATCHER_HEADER, *PDISPATCHER_HEADER;

typedef struct _KDPC {
    UCHAR Type, Importance;
    USHORT Number;
    LIST_ENTRY DpcListEntry;
    PVOID DeferredRoutine, DeferredContext, SystemArgument1, SystemArgument2, DpcData;
} KDPC, *PKDPC;

typedef struct _KTIMER {
    DISPATCHER_HEADER Header;
    ULONGLONG DueTime;
    LIST_ENTRY TimerListEntry;
    PKDPC Dpc;
#if defined(__x86_64__)
    ULONG Processor, Period;
#else
    ULONG Period;
#endif
} KTIMER, *PKTIMER;

typedef struct _KSEMAPHORE {
    DISPATCHER_HEADER Header;
    LONG Limit;
} KSEMAPHORE, *PKSEMAPHORE;

_Static_assert(sizeof(DISPATCHER_HEADER) == (sizeof(void *) == 8 ? 24 : 16), "DISPATCHER_HEADER");
_Static_assert(sizeof(KDPC) == (sizeof(void *) == 8 ? 64 : 32), "KDPC");
_Static_assert(offsetof(KTIMER, Dpc) == (sizeof(void *) == 8 ? 0x30 : 0x20), "KTIMER");

static void initialize_header(PDISPATCHER_HEADER header, UCHAR type, size_t bytes, LONG state)
{
    *header = (DISPATCHER_HEADER){.Type = type, .Size = (UCHAR)(bytes / sizeof(LONG)), .SignalState = state};
    header->WaitListHead.Flink = header->WaitListHead.Blink = &header->WaitListHead;
}

static void NTAPI ke_initialize_event(PDISPATCHER_HEADER event, ULONG type, BOOLEAN state)
{
    api_enter("KeInitializeEvent", PASSIVE_LEVEL, HIGH_LEVEL);
    initialize_header(event, (UCHAR)type, sizeof(*event), state);
}

static void check_event(const char *api, const DISPATCHER_HEADER *event)
{
    if (event->Type > TYPE_SYNCHRONIZATION_EVENT)
        rule_broken("object-type", "%s on %p, which is not an event (type %u)", api, (const void *)event, event->Type);
}

void (*ke_event_set)(void *event);

static LONG NTAPI ke_set_event(PDISPATCHER_HEADER event, LONG increment, BOOLEAN wait)
{
    (void)increment;
    /* "If Wait is set to FALSE, the caller must be running at IRQL <= DISPATCH_LEVEL"; TRUE: APC_LEVEL. */
    api_enter("KeSetEvent", PASSIVE_LEVEL, wait ? APC_LEVEL : DISPATCH_LEVEL);
    check_event("KeSetEvent", event);
    LONG old = event->SignalState;
    event->SignalState = 1;
    if (ke_event_set != NULL)
        ke_event_set(event);
    return old;
}

static LONG NTAPI ke_reset_event(PDISPATCHER_HEADER event)
{
    api_enter("KeResetEvent", PASSIVE_LEVEL, DISPATCH_LEVEL);
    check_event("KeResetEvent", event);
    LONG old = event->SignalState;
    event->SignalState = 0;
    return old;
}

static void NTAPI ke_clear_event(PDISPATCHER_HEADER event)
{
    api_enter("KeClearEvent", PASSIVE_LEVEL, DISPATCH_LEVEL);
    check_event("KeClearEvent", event);
    event->SignalState = 0;
}

static LONG NTAPI ke_read_state_event(const DISPATCHER_HEADER *event)
{
    api_enter("KeReadStateEvent", PASSIVE_LEVEL, DISPATCH_LEVEL);
    return event->SignalState;
}

static void NTAPI ke_initialize_semaphore(PKSEMAPHORE semaphore, LONG count, LONG limit)
{
    api_enter("KeInitializeSemaphore", PASSIVE_LEVEL, HIGH_LEVEL);
    initialize_header(&semaphore->Header, TYPE_SEMAPHORE, sizeof(*semaphore), count);
    semaphore->Limit = limit;
}

static LONG NTAPI ke_release_semaphore(PKSEMAPHORE semaphore, LONG increment, LONG adjustment, BOOLEAN wait)
{
    (void)increment;
    api_enter("KeReleaseSemaphore", PASSIVE_LEVEL, wait ? APC_LEVEL : DISPATCH_LEVEL);
    LONG old = semaphore->Header.SignalState;
    if (adjustment <= 0 || adjustment > semaphore->Limit - old)
        rule_broken("object-type", "KeReleaseSemaphore by %d: the count is %d, the limit %d", adjustment, old,
                    semaphore->Limit);
    semaphore->Header.SignalState = old + adjustment;
    return old;
}

/* Looks and takes in one step: the scheduler calls it until it says yes once. */
static bool take_object(void *object)
{
    PDISPATCHER_HEADER header = object;
    if (header->SignalState <= 0)
        return false;
    if (header->Type == TYPE_SYNCHRONIZATION_EVENT || header->Type == TYPE_SYNCHRONIZATION_TIMER)
        header->SignalState = 0;
    else if (header->Type == TYPE_SEMAPHORE)
        header->SignalState--;
    return true;
}

/* Negative: from now; positive: a system time. In units of 100 ns. */
static uint64_t relative_us(int64_t due)
{
    if (due < 0)
        return ((uint64_t)0 - (uint64_t)due + 9) / 10;
    uint64_t now = system_time_100ns();
    return (uint64_t)due > now ? ((uint64_t)due - now + 9) / 10 : 0;
}

static NTSTATUS NTAPI ke_wait_for_single_object(PVOID object, ULONG reason, CHAR mode, BOOLEAN alertable,
                                                PLARGE_INTEGER timeout)
{
    (void)reason;
    (void)mode;
    (void)alertable;
    /* "If Timeout != NULL and *Timeout = 0, the caller must be running at IRQL <= DISPATCH_LEVEL", else at <=
     * APC_LEVEL. */
    bool poll = timeout != NULL && timeout->QuadPart == 0;
    api_enter("KeWaitForSingleObject", PASSIVE_LEVEL, poll ? DISPATCH_LEVEL : APC_LEVEL);
    PDISPATCHER_HEADER header = object;
    if (header->Type > TYPE_SEMAPHORE && header->Type != TYPE_NOTIFICATION_TIMER &&
        header->Type != TYPE_SYNCHRONIZATION_TIMER)
        rule_broken("object-type", "KeWaitForSingleObject on %p, which is no initialised object (type %u)", object,
                    header->Type);
    if (poll)
        return take_object(object) ? STATUS_SUCCESS : STATUS_TIMEOUT;
    uint64_t us = timeout == NULL ? UINT64_MAX : relative_us(timeout->QuadPart);
    return thread_wait(take_object, object, us) ? STATUS_SUCCESS : STATUS_TIMEOUT;
}

struct several {
    PVOID *objects;
    ULONG count;
    bool all;
    ULONG satisfied;
};

/* "If WaitAll ... the state of the objects is not modified until all of them are signaled". */
static bool take_several(void *context)
{
    struct several *s = context;
    for (ULONG i = 0; i < s->count; i++) {
        bool signaled = ((PDISPATCHER_HEADER)s->objects[i])->SignalState > 0;
        if (!s->all && signaled) {
            s->satisfied = i;
            return take_object(s->objects[i]);
        }
        if (s->all && !signaled)
            return false;
    }
    for (ULONG i = 0; s->all && i < s->count; i++)
        take_object(s->objects[i]);
    return s->all;
}

static NTSTATUS NTAPI ke_wait_for_multiple_objects(ULONG count, PVOID *objects, ULONG wait_type, ULONG reason,
                                                   CHAR mode, BOOLEAN alertable, PLARGE_INTEGER timeout, PVOID blocks)
{
    enum { WAIT_ALL, WAIT_ANY, THREAD_WAIT_OBJECTS = 3, MAXIMUM_WAIT_OBJECTS = 64 };
    (void)reason;
    (void)mode;
    (void)alertable;
    bool poll = timeout != NULL && timeout->QuadPart == 0;
    api_enter("KeWaitForMultipleObjects", PASSIVE_LEVEL, poll ? DISPATCH_LEVEL : APC_LEVEL);
    if (count == 0 || count > MAXIMUM_WAIT_OBJECTS || (count > THREAD_WAIT_OBJECTS && blocks == NULL))
        rule_broken("object-type", "KeWaitForMultipleObjects of %u objects %s", count,
                    blocks == NULL ? "without an array of wait blocks" : "");
    struct several s = {objects, count, wait_type == WAIT_ALL, 0};
    uint64_t us = timeout == NULL ? UINT64_MAX : relative_us(timeout->QuadPart);
    bool taken = poll ? take_several(&s) : thread_wait(take_several, &s, us);
    return taken ? (NTSTATUS)s.satisfied : STATUS_TIMEOUT;
}

static bool never(void *unused)
{
    (void)unused;
    return false;
}

static NTSTATUS NTAPI ke_delay_execution_thread(CHAR mode, BOOLEAN alertable, PLARGE_INTEGER interval)
{
    (void)mode;
    (void)alertable;
    api_enter("KeDelayExecutionThread", PASSIVE_LEVEL, APC_LEVEL);
    thread_wait(never, NULL, clock_to_tick_us(relative_us(interval->QuadPart)));
    return STATUS_SUCCESS;
}

static void NTAPI ke_initialize_dpc(PKDPC kdpc, PVOID routine, PVOID context)
{
    api_enter("KeInitializeDpc", PASSIVE_LEVEL, HIGH_LEVEL);
    if (object_find(kdpc, OBJECT_DPC) != NULL)
        rule_broken("dpc-queued", "the DPC at %p is initialised while it is queued", (void *)kdpc);
    *kdpc = (KDPC){.Type = TYPE_DPC, .Importance = 1, .DeferredRoutine = routine, .DeferredContext = context};
}

static void run_dpc(dpc *d, void *argument1, void *argument2)
{
    struct kernel_object *o = (struct kernel_object *)((char *)d - offsetof(struct kernel_object, dpc));
    PKDPC kdpc = o->address;
    PVOID routine = kdpc->DeferredRoutine, context = kdpc->DeferredContext;
    kdpc->DpcData = NULL;
    object_drop(o);
    driver_call("a DPC routine", routine, 4, (uintptr_t)kdpc, (uintptr_t)context, (uintptr_t)argument1,
                (uintptr_t)argument2);
}

static BOOLEAN insert_dpc(PKDPC kdpc, PVOID argument1, PVOID argument2)
{
    if (kdpc->Type != TYPE_DPC)
        rule_broken("object-type", "the DPC at %p was never initialised (type %u)", (void *)kdpc, kdpc->Type);
    if (object_find(kdpc, OBJECT_DPC) != NULL)
        return FALSE;
    struct kernel_object *o = object_get(kdpc, OBJECT_DPC);
    dpc_init(&o->dpc, run_dpc, NULL);
    kdpc->SystemArgument1 = argument1;
    kdpc->SystemArgument2 = argument2;
    kdpc->DpcData = kdpc; /* not NULL: queued */
    dpc_insert(&o->dpc, argument1, argument2);
    return TRUE;
}

static BOOLEAN NTAPI ke_insert_queue_dpc(PKDPC kdpc, PVOID argument1, PVOID argument2)
{
    api_enter("KeInsertQueueDpc", PASSIVE_LEVEL, HIGH_LEVEL);
    return insert_dpc(kdpc, argument1, argument2);
}

static BOOLEAN NTAPI ke_remove_queue_dpc(PKDPC kdpc)
{
    api_enter("KeRemoveQueueDpc", PASSIVE_LEVEL, HIGH_LEVEL);
    struct kernel_object *o = object_find(kdpc, OBJECT_DPC);
    if (o == NULL)
        return FALSE;
    dpc_remove(&o->dpc);
    kdpc->DpcData = NULL;
    object_drop(o);
    return TRUE;
}

static void NTAPI ke_set_importance_dpc(PKDPC kdpc, ULONG importance)
{
    api_enter("KeSetImportanceDpc", PASSIVE_LEVEL, HIGH_LEVEL);
    kdpc->Importance = (UCHAR)importance;
}

static void NTAPI ke_set_target_processor_dpc(PKDPC kdpc, CHAR number)
{
    api_enter("KeSetTargetProcessorDpc", PASSIVE_LEVEL, HIGH_LEVEL);
    kdpc->Number =
        (USHORT)(number +
                 32); /* MAXIMUM_PROCESSORS and up: an explicit target. DPCs run where they are queued all the same. */
}

static bool no_dpc_left(void *unused)
{
    (void)unused;
    return dpc_none();
}

/* "returns after all queued DPCs on all processors have executed": those that run already, too. */
static void NTAPI ke_flush_queued_dpcs(void)
{
    api_enter("KeFlushQueuedDpcs", PASSIVE_LEVEL, PASSIVE_LEVEL);
    thread_wait(no_dpc_left, NULL, UINT64_MAX);
}

static void NTAPI ke_initialize_timer_ex(PKTIMER ktimer, ULONG type)
{
    api_enter("KeInitializeTimerEx", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (object_find(ktimer, OBJECT_TIMER) != NULL)
        rule_broken("timer-set", "the timer at %p is initialised while it is set", (void *)ktimer);
    *ktimer = (KTIMER){0};
    initialize_header(&ktimer->Header, (UCHAR)(TYPE_NOTIFICATION_TIMER + (type & 1)), sizeof(*ktimer), 0);
}

static void NTAPI ke_initialize_timer(PKTIMER ktimer)
{
    ke_initialize_timer_ex(ktimer, 0);
}

static void expire(timer *t)
{
    struct kernel_object *o = (struct kernel_object *)((char *)t - offsetof(struct kernel_object, timer));
    PKTIMER ktimer = o->address;
    PKDPC kdpc = ktimer->Dpc;
    ktimer->Header.SignalState = 1;
    if (ktimer->Period != 0)
        timer_set(t, clock_to_tick_us((uint64_t)ktimer->Period * 1000));
    else
        object_drop(o);
    if (kdpc != NULL)
        insert_dpc(kdpc, NULL, NULL);
}

static BOOLEAN cancel(PKTIMER ktimer)
{
    struct kernel_object *o = object_find(ktimer, OBJECT_TIMER);
    if (o == NULL)
        return FALSE;
    timer_cancel(&o->timer);
    object_drop(o);
    return TRUE;
}

static BOOLEAN NTAPI ke_set_timer_ex(PKTIMER ktimer, int64_t due, LONG period, PKDPC kdpc)
{
    api_enter("KeSetTimerEx", PASSIVE_LEVEL, DISPATCH_LEVEL);
    if (ktimer->Header.Type != TYPE_NOTIFICATION_TIMER && ktimer->Header.Type != TYPE_SYNCHRONIZATION_TIMER)
        rule_broken("object-type", "the timer at %p was never initialised (type %u)", (void *)ktimer,
                    ktimer->Header.Type);
    BOOLEAN was_set = cancel(ktimer);
    struct kernel_object *o = object_get(ktimer, OBJECT_TIMER);
    o->timer = (timer){.routine = expire};
    ktimer->Header.SignalState = 0;
    ktimer->DueTime = (ULONGLONG)due;
    ktimer->Dpc = kdpc;
    ktimer->Period = (ULONG)period;
    timer_set(&o->timer, clock_to_tick_us(relative_us(due)));
    return was_set;
}

static BOOLEAN NTAPI ke_set_timer(PKTIMER ktimer, int64_t due, PKDPC kdpc)
{
    return ke_set_timer_ex(ktimer, due, 0, kdpc);
}

static BOOLEAN NTAPI ke_cancel_timer(PKTIMER ktimer)
{
    api_enter("KeCancelTimer", PASSIVE_LEVEL, DISPATCH_LEVEL);
    return cancel(ktimer);
}

static BOOLEAN NTAPI ke_read_state_timer(PKTIMER ktimer)
{
    api_enter("KeReadStateTimer", PASSIVE_LEVEL, DISPATCH_LEVEL);
    return ktimer->Header.SignalState != 0;
}

static const struct export_entry entries[] = {
    EXPORT("KeInitializeEvent", ke_initialize_event),
    EXPORT("KeSetEvent", ke_set_event),
    EXPORT("KeResetEvent", ke_reset_event),
    EXPORT("KeClearEvent", ke_clear_event),
    EXPORT("KeReadStateEvent", ke_read_state_event),
    EXPORT("KeInitializeSemaphore", ke_initialize_semaphore),
    EXPORT("KeReleaseSemaphore", ke_release_semaphore),
    EXPORT("KeWaitForSingleObject", ke_wait_for_single_object),
    EXPORT("KeWaitForMultipleObjects", ke_wait_for_multiple_objects),
    EXPORT("KeDelayExecutionThread", ke_delay_execution_thread),
    EXPORT("KeInitializeDpc", ke_initialize_dpc),
    EXPORT("KeInitializeThreadedDpc", ke_initialize_dpc),
    EXPORT("KeInsertQueueDpc", ke_insert_queue_dpc),
    EXPORT("KeRemoveQueueDpc", ke_remove_queue_dpc),
    EXPORT("KeSetImportanceDpc", ke_set_importance_dpc),
    EXPORT("KeSetTargetProcessorDpc", ke_set_target_processor_dpc),
    EXPORT("KeFlushQueuedDpcs", ke_flush_queued_dpcs),
    EXPORT("KeInitializeTimer", ke_initialize_timer),
    EXPORT("KeInitializeTimerEx", ke_initialize_timer_ex),
    EXPORT("KeSetTimer", ke_set_timer),
    EXPORT("KeSetTimerEx", ke_set_timer_ex),
    EXPORT("KeCancelTimer", ke_cancel_timer),
    EXPORT("KeReadStateTimer", ke_read_state_timer),
    EXPORT_END,
};
const struct export_table nt_ke_object_exports = {"ntoskrnl.exe", entries};
