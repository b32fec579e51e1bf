/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * StorPortNotification, StorPortExtendedFunction, error log, time and synchronized access.
 */
#include "storport_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "storport_exports.h"

#define STALL_LIMIT_US 1000u           /* "The given value must be less than a full millisecond." */
#define TICK_US 15625u                 /* Windows 7's clock interval: 64 ticks a second */
#define TIME_1970 116444736000000000ll /* 100 ns units from 1601 to 1970 */

/* Codes of StorPortExtendedFunction that our own drivers do not use. */
enum { EXT_ACQUIRE_MSI_SPIN_LOCK = 11, EXT_RELEASE_MSI_SPIN_LOCK = 12 };

/* Windows 7's version of PERF_CONFIGURATION_DATA and of its flags (STOR_PERF_DPC_REDIRECTION is the one that exists
 * there). */
#define PERF_DPC_REDIRECTION 0x1u

typedef struct PERF_CONFIGURATION_DATA {
    ULONG Version, Size, Flags, ConcurrentChannels, FirstRedirectionMessageNumber, LastRedirectionMessageNumber,
        DeviceNode, Reserved;
    PVOID MessageTargets;
} PERF_CONFIGURATION_DATA;

typedef struct STARTIO_PERFORMANCE_PARAMETERS {
    ULONG Version, Size, MessageNumber, ChannelNumber;
} STARTIO_PERFORMANCE_PARAMETERS;

/* ---- notifications ---- */

static void enable_passive_initialization(adapter *a, PHW_PASSIVE_INITIALIZE_ROUTINE routine, LONG *succeeded)
{
    *succeeded = FALSE;
    if (a->dump || fail_point("passive-initialization"))
        return; /* "FALSE if not" */
    if (callback_current() != CALLBACK_INITIALIZE)
        port_rule(a, "callback-context",
                  "StorPortEnablePassiveInitialization called from %s: only from within HwStorInitialize",
                  callback_name(callback_current()));
    else {
        a->passive_initialize = routine;
        *succeeded = TRUE;
    }
}

static void check_dpc_context(adapter *a)
{
    if (callback_current() != CALLBACK_PASSIVE_INITIALIZE && !a->dump)
        port_rule(a, "callback-context",
                  "StorPortInitializeDpc called from %s: \"must be called [...] from within the miniport driver's "
                  "HwStorPassiveInitializeRoutine routine\"",
                  callback_name(callback_current()));
}

static void change_link(adapter *a, bool down)
{
    a->link_down = down;
    if (!down)
        timer_set(&a->retry_timer, 1);
}

static const char *notification_name(SCSI_NOTIFICATION_TYPE type)
{
    switch (type) {
    case RequestComplete:
        return "StorPortNotification(RequestComplete)";
    case AcquireSpinLock:
        return "StorPortNotification(AcquireSpinLock)";
    case ReleaseSpinLock:
        return "StorPortNotification(ReleaseSpinLock)";
    case IssueDpc:
        return "StorPortNotification(IssueDpc)";
    case InitializeDpc:
        return "StorPortNotification(InitializeDpc)";
    case EnablePassiveInitialization:
        return "StorPortNotification(EnablePassiveInitialization)";
    case RequestTimerCall:
        return "StorPortNotification(RequestTimerCall)";
    default:
        return "StorPortNotification";
    }
}

/* DPCs and locks, which came with the second version of the interface. */
static bool notify_synchronization(adapter *a, SCSI_NOTIFICATION_TYPE type, nt_va_list *arguments)
{
    void *first, *second, *third;

    switch (type) {
    case EnablePassiveInitialization:
        first = __builtin_va_arg(*arguments, void *);
        enable_passive_initialization(a, (PHW_PASSIVE_INITIALIZE_ROUTINE)first, __builtin_va_arg(*arguments, PLONG));
        return true;
    case InitializeDpc:
        first = __builtin_va_arg(*arguments, void *);
        check_dpc_context(a);
        port_initialize_dpc(a, first, __builtin_va_arg(*arguments, PHW_DPC_ROUTINE));
        return true;
    case IssueDpc:
        first = __builtin_va_arg(*arguments, void *);
        second = __builtin_va_arg(*arguments, void *);
        third = __builtin_va_arg(*arguments, void *);
        *__builtin_va_arg(*arguments, PLONG) = port_issue_dpc(a, first, second, third);
        return true;
    case AcquireSpinLock: {
        STOR_SPINLOCK lock = __builtin_va_arg(*arguments, STOR_SPINLOCK);

        first = __builtin_va_arg(*arguments, void *);
        port_acquire_spin_lock(a, lock, first, __builtin_va_arg(*arguments, STOR_LOCK_HANDLE *));
        return true;
    }
    case ReleaseSpinLock:
        port_release_spin_lock(a, __builtin_va_arg(*arguments, STOR_LOCK_HANDLE *));
        return true;
    default:
        return false;
    }
}

static bool notify_event(adapter *a, SCSI_NOTIFICATION_TYPE type, nt_va_list *arguments)
{
    PHW_TIMER routine;

    switch (type) {
    case NextRequest:
    case NextLuRequest: /* "the NextRequest and NextLuRequest notifications are ignored" (Storport Queue Management) */
    case BufferOverrunDetected:
    case TraceNotification:
    case WMIEvent:
    case WMIReregister:
        return true;
    case ResetDetected:
        a->counts.reset_detected++;
        return true;
    case RequestTimerCall:
        routine = __builtin_va_arg(*arguments, PHW_TIMER);
        port_request_timer(a, routine, __builtin_va_arg(*arguments, ULONG));
        return true;
    case BusChangeDetected:
        a->counts.bus_changes++;
        a->bus_changed = true;
        return true;
    case LinkUp:
    case LinkDown:
        change_link(a, type == LinkDown);
        return true;
    case QueryTickCount:
        __builtin_va_arg(*arguments, PLARGE_INTEGER)->QuadPart = (LONGLONG)(clock_us() / TICK_US);
        return true;
    default:
        return false;
    }
}

static VOID NTAPIV notification(SCSI_NOTIFICATION_TYPE type, PVOID extension, ...)
{
    adapter *a = port_enter(extension, notification_name(type), DEVICE_LEVEL, IN_ANY & ~IN(CALLBACK_FIND_ADAPTER));
    nt_va_list arguments;

    nt_va_start(arguments, extension);
    if (type == RequestComplete)
        port_complete(a, __builtin_va_arg(arguments, SCSI_REQUEST_BLOCK *));
    else if (!notify_synchronization(a, type, &arguments) && !notify_event(a, type, &arguments))
        port_rule(a, "notification", "StorPortNotification type 0x%x is unknown to Windows 7", (unsigned)type);
    nt_va_end(arguments);
}

/* ---- extended functions ---- */

static ULONG allocate_pool(adapter *a, ULONG bytes, ULONG tag, PVOID *buffer)
{
    struct pool_block *block;

    (void)tag;
    if (buffer == NULL)
        return STOR_STATUS_INVALID_PARAMETER;
    *buffer = NULL; /* "If the request fails, BufferPointer will be set to NULL." */
    if (irql_get() > DISPATCH_LEVEL)
        rule_broken("irql", "StorPortAllocatePool at IRQL %u: <= DISPATCH_LEVEL", irql_get());
    if (bytes == 0 || fail_point("pool"))
        return STOR_STATUS_INSUFFICIENT_RESOURCES;
    block = calloc(1, sizeof(*block));
    if (block == NULL)
        environment_failed("out of memory");
    block->address = *buffer = ram_alloc(bytes, RAM_DRIVER, "StorPortAllocatePool");
    block->next = a->pool;
    a->pool = block;
    a->counts.pool_allocations++;
    return STOR_STATUS_SUCCESS;
}

static ULONG free_pool(adapter *a, PVOID buffer)
{
    if (irql_get() > DISPATCH_LEVEL)
        rule_broken("irql", "StorPortFreePool at IRQL %u: <= DISPATCH_LEVEL", irql_get());
    if (buffer == NULL)
        return STOR_STATUS_INVALID_PARAMETER;
    for (struct pool_block **at = &a->pool; *at != NULL; at = &(*at)->next) {
        struct pool_block *block = *at;

        if (block->address != buffer)
            continue;
        *at = block->next;
        dma_revoke(block->address);
        ram_free(block->address);
        free(block);
        return STOR_STATUS_SUCCESS;
    }
    rule_broken("free-of-unknown-address",
                "StorPortFreePool of %p, which StorPortAllocatePool did not return or which was freed before", buffer);
}

static ULONG message_information(adapter *a, ULONG message, PMESSAGE_INTERRUPT_INFORMATION information)
{
    if (callback_current() == CALLBACK_MESSAGE_INTERRUPT)
        port_rule(a, "callback-context",
                  "StorPortGetMSIInfo: \"should not call [...] from inside the HwMSInterruptRoutine routine\"");
    if (information == NULL)
        return STOR_STATUS_INVALID_PARAMETER;
    if (a->dump || a->messages == 0)
        return STOR_STATUS_INVALID_DEVICE_REQUEST; /* "The HBA does not support MSI." */
    if (message >= a->messages)
        return STOR_STATUS_INVALID_PARAMETER;
    memset(information, 0, sizeof(*information));
    information->MessageId = message;
    information->MessageData = message + 1;
    information->InterruptVector = 0x50 + message;
    information->InterruptLevel = DEVICE_LEVEL;
    information->InterruptMode = Latched;
    return STOR_STATUS_SUCCESS;
}

static ULONG performance_optimizations(adapter *a, BOOLEAN query, PERF_CONFIGURATION_DATA *data)
{
    enum callback callback = callback_current();

    if (data == NULL || data->Size < 8 * sizeof(ULONG))
        return STOR_STATUS_INVALID_PARAMETER;
    if (callback != CALLBACK_INITIALIZE && callback != CALLBACK_PASSIVE_INITIALIZE)
        return STOR_STATUS_UNSUCCESSFUL;
    if (query) {
        data->Flags = PERF_DPC_REDIRECTION;
        return STOR_STATUS_SUCCESS;
    }
    if ((data->Flags & ~PERF_DPC_REDIRECTION) != 0)
        return STOR_STATUS_UNSUCCESSFUL; /* "set a flag in PerfConfigData that Storport did not recognize" */
    a->performance_flags = data->Flags;
    return STOR_STATUS_SUCCESS;
}

static ULONG performance_parameters(adapter *a, PSCSI_REQUEST_BLOCK srb, STARTIO_PERFORMANCE_PARAMETERS *parameters)
{
    struct request_slot *slot = slot_find(a, srb);

    if (slot == NULL || parameters == NULL || parameters->Size < sizeof(*parameters))
        return STOR_STATUS_INVALID_PARAMETER;
    parameters->MessageNumber = a->messages > 1 ? 1 + cpu_current() % (a->messages - 1) : 0;
    parameters->ChannelNumber = 0;
    return STOR_STATUS_SUCCESS;
}

static ULONG NTAPIV extended_function(STORPORT_FUNCTION_CODE code, PVOID extension, ...)
{
    adapter *a = port_enter(extension, "StorPortExtendedFunction", DEVICE_LEVEL, IN_ANY);
    ULONG status = STOR_STATUS_NOT_IMPLEMENTED;
    nt_va_list arguments;

    nt_va_start(arguments, extension);
    switch ((int)code) {
    case ExtFunctionAllocatePool: {
        ULONG bytes = __builtin_va_arg(arguments, ULONG), tag = __builtin_va_arg(arguments, ULONG);

        if (!a->dump)
            status = allocate_pool(a, bytes, tag, __builtin_va_arg(arguments, PVOID *));
        break;
    }
    case ExtFunctionFreePool:
        if (!a->dump)
            status = free_pool(a, __builtin_va_arg(arguments, PVOID));
        break;
    case EXT_ACQUIRE_MSI_SPIN_LOCK: {
        ULONG message = __builtin_va_arg(arguments, ULONG);

        status = port_acquire_message_lock(a, message, __builtin_va_arg(arguments, PULONG));
        break;
    }
    case EXT_RELEASE_MSI_SPIN_LOCK: {
        ULONG message = __builtin_va_arg(arguments, ULONG);

        status = port_release_message_lock(a, message, __builtin_va_arg(arguments, ULONG));
        break;
    }
    case ExtFunctionGetMessageInterruptInformation: {
        ULONG message = __builtin_va_arg(arguments, ULONG);

        status = message_information(a, message, __builtin_va_arg(arguments, PMESSAGE_INTERRUPT_INFORMATION));
        break;
    }
    case ExtFunctionInitializePerformanceOptimizations: {
        BOOLEAN query = (BOOLEAN) __builtin_va_arg(arguments, int);

        status = performance_optimizations(a, query, __builtin_va_arg(arguments, PERF_CONFIGURATION_DATA *));
        break;
    }
    case ExtFunctionGetStartIoPerformanceParameters: {
        PSCSI_REQUEST_BLOCK srb = __builtin_va_arg(arguments, PSCSI_REQUEST_BLOCK);

        status = performance_parameters(a, srb, __builtin_va_arg(arguments, STARTIO_PERFORMANCE_PARAMETERS *));
        break;
    }
    default:
        break;
    }
    nt_va_end(arguments);
    return status;
}

/* ---- the rest ---- */

static VOID NTAPI log_error(PVOID extension, PSCSI_REQUEST_BLOCK srb, UCHAR path, UCHAR target, UCHAR lun, ULONG code,
                            ULONG unique_id)
{
    adapter *a = port_enter(extension, "StorPortLogError", DEVICE_LEVEL, IN_ANY);

    (void)path, (void)target, (void)lun;
    if (srb != NULL) {
        struct request_slot *slot = slot_find(a, srb);

        if (slot == NULL || (slot->state != SLOT_BUILDING && slot->state != SLOT_STARTED))
            rule_broken("srb-not-outstanding", "StorPortLogError with SRB %p, which the miniport does not own",
                        (void *)srb);
    }
    if (code < SP_BUS_PARITY_ERROR || code > SP_BAD_FW_ERROR)
        port_rule(a, "log-error", "StorPortLogError code %u is none of the documented ones", (unsigned)code);
    if (a->log_count < sizeof(a->log) / sizeof(a->log[0]))
        a->log[a->log_count++] = (struct logged_error){code, unique_id};
}

static VOID NTAPI stall_execution(ULONG microseconds)
{
    port_enter_without_extension("StorPortStallExecution", HIGH_LEVEL);
    if (microseconds >= STALL_LIMIT_US)
        port_rule(port_adapters[0], "stall-too-long",
                  "StorPortStallExecution(%u): \"must be less than a full millisecond\"", (unsigned)microseconds);
    clock_stall(microseconds);
    if (port_adapters[1] != NULL &&
        !port_adapters[1]->device->bus->real_time) /* dump mode: nothing else runs, the device does */
        port_adapters[1]->device->bus->ops->progress(port_adapters[1]->device->bus, 0);
}

static BOOLEAN NTAPI synchronize_access(PVOID extension, PVOID routine, PVOID context)
{
    adapter *a = port_enter(extension, "StorPortSynchronizeAccess", DEVICE_LEVEL, IN_ANY);
    uint8_t old = port_lock_interrupt(a);
    BOOLEAN result;

    result = (BOOLEAN)callback_call(CALLBACK_SYNCHRONIZED, routine, 2, (uintptr_t)extension, (uintptr_t)context);
    port_unlock_interrupt(a, old);
    return result;
}

static VOID NTAPIV debug_print(ULONG level, PCSTR message, ...)
{
    port_enter_without_extension("StorPortDebugPrint", HIGH_LEVEL);
    if (getenv("NTHOST_DEBUG") != NULL)
        fprintf(stderr, "miniport (%u): %s\n", (unsigned)level, message);
}

static VOID NTAPI query_system_time(PLARGE_INTEGER now)
{
    struct timespec real;

    port_enter_without_extension("StorPortQuerySystemTime", HIGH_LEVEL);
    if (port_adapters[1] != NULL)
        rule_broken("dump-time", "StorPortQuerySystemTime in dump mode: \"must not rely on time checking routines\"");
    clock_gettime(CLOCK_REALTIME, &real);
    now->QuadPart = TIME_1970 + (LONGLONG)real.tv_sec * 10000000 + real.tv_nsec / 100;
}

static const struct export_entry entries[] = {
    {"StorPortNotification", (void *)notification},
    {"StorPortExtendedFunction", (void *)extended_function},
    {"StorPortLogError", (void *)log_error},
    {"StorPortStallExecution", (void *)stall_execution},
    {"StorPortSynchronizeAccess", (void *)synchronize_access},
    {"StorPortDebugPrint", (void *)debug_print},
    {"StorPortQuerySystemTime", (void *)query_system_time},
    {NULL, NULL},
};
const struct export_table storport_notify_exports = {"storport.sys", entries};
