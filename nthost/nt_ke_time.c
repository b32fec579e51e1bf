/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Time as drivers ask for it, stalls, and how often the clock interrupts.
 */
#include <string.h>

#include "cpu_internal.h"
#include "nt_exports.h"
#include "shared_data.h"
#include "verifier.h"

enum { COUNTER_FREQUENCY = 10 * 1000 * 1000, TICK_LEAST_US = 1000 };

static unsigned resolution_requests;

/* "should not be more than 50 microseconds" (KeStallExecutionProcessor) is advice, not a rule; the time at
 * DISPATCH_LEVEL is limited elsewhere. */
static void NTAPI ke_stall_execution_processor(ULONG microseconds)
{
    api_enter("KeStallExecutionProcessor", PASSIVE_LEVEL, HIGH_LEVEL);
    clock_stall(microseconds);
}

static int64_t NTAPI ke_query_performance_counter(PLARGE_INTEGER frequency)
{
    api_enter("KeQueryPerformanceCounter", PASSIVE_LEVEL, HIGH_LEVEL);
    if (frequency != NULL)
        frequency->QuadPart = COUNTER_FREQUENCY;
    return (int64_t)interrupt_time_100ns();
}

static void NTAPI ke_query_system_time(PLARGE_INTEGER time)
{
    api_enter("KeQuerySystemTime", PASSIVE_LEVEL, HIGH_LEVEL);
    time->QuadPart = (LONGLONG)system_time_100ns();
}

static uint64_t NTAPI ke_query_interrupt_time(void)
{
    api_enter("KeQueryInterruptTime", PASSIVE_LEVEL, HIGH_LEVEL);
    return interrupt_time_100ns();
}

static ULONG NTAPI ke_query_time_increment(void)
{
    api_enter("KeQueryTimeIncrement", PASSIVE_LEVEL, HIGH_LEVEL);
    return TICK_US * 10;
}

/* "During the processing of an IRP_MJ_POWER request, the power manager holds a lock on a resource that
 * ExSetTimerResolution must acquire to complete." */
static void check_no_power_request(void)
{
    for (const struct call_frame *call = thread_here()->calls; call != NULL; call = call->outer) {
        if (strstr(call->what, "IRP_MJ_POWER") != NULL)
            rule_broken("timer-resolution",
                        "ExSetTimerResolution in %s: the power manager holds the lock that it needs", call->what);
    }
}

static ULONG NTAPI ex_set_timer_resolution(ULONG desired_100ns, BOOLEAN set)
{
    api_enter("ExSetTimerResolution", PASSIVE_LEVEL, APC_LEVEL);
    check_no_power_request();
    if (!set && resolution_requests == 0)
        rule_broken("timer-resolution", "the clock's default is restored by a driver that has not changed it");
    resolution_requests += set ? 1u : -1u;
    if (set && desired_100ns / 10 < clock_tick_us())
        clock_set_tick_us(desired_100ns / 10 < TICK_LEAST_US ? TICK_LEAST_US : desired_100ns / 10);
    if (resolution_requests == 0)
        clock_set_tick_us(TICK_US);
    return (ULONG)clock_tick_us() * 10;
}

void timer_resolution_check_restored(void)
{
    if (resolution_requests != 0)
        rule_broken("timer-resolution", "the driver is unloaded, and %u of its requests for a faster clock stay",
                    resolution_requests);
}

static const struct export_entry entries[] = {
    EXPORT("KeQuerySystemTime", ke_query_system_time),
    EXPORT("KeQueryInterruptTime", ke_query_interrupt_time),
    EXPORT("KeQueryTimeIncrement", ke_query_time_increment),
    EXPORT("ExSetTimerResolution", ex_set_timer_resolution),
    /* Data, read by an inline KeQueryTickCount on x86: the trap answers for it as for KUSER_SHARED_DATA. */
    {"KeTickCount", ke_tick_count},
    EXPORT_END,
};
const struct export_table nt_ke_time_exports = {"ntoskrnl.exe", entries};

static const struct export_entry hal_entries[] = {
    EXPORT("KeStallExecutionProcessor", ke_stall_execution_processor),
    EXPORT("KeQueryPerformanceCounter", ke_query_performance_counter),
    EXPORT_END,
};
const struct export_table nt_ke_time_hal_exports = {"hal.dll", hal_entries};
