/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Time as drivers ask for it, and stalls.
 */
#include "cpu.h"
#include "nt_exports.h"
#include "shared_data.h"
#include "verifier.h"

enum { COUNTER_FREQUENCY = 10 * 1000 * 1000 };

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

static const struct export_entry entries[] = {
    EXPORT("KeQuerySystemTime", ke_query_system_time),
    EXPORT("KeQueryInterruptTime", ke_query_interrupt_time),
    EXPORT("KeQueryTimeIncrement", ke_query_time_increment),
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
