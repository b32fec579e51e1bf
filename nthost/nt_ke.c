/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Processors, bug checks, the current thread.
 */
#include "cpu.h"
#include "cpu_internal.h"
#include "nt_exports.h"
#include "verifier.h"

#define ALL_PROCESSOR_GROUPS 0xffff
#define INVALID_PROCESSOR_INDEX 0xffffffffu

typedef struct _PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number;
    UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

static ULONG NTAPI ke_query_active_processor_count_ex(USHORT group)
{
    api_enter("KeQueryActiveProcessorCountEx", PASSIVE_LEVEL, HIGH_LEVEL);
    return group == 0 || group == ALL_PROCESSOR_GROUPS ? cpu_count() : 0;
}

static ULONG NTAPI ke_query_maximum_processor_count_ex(USHORT group)
{
    api_enter("KeQueryMaximumProcessorCountEx", PASSIVE_LEVEL, HIGH_LEVEL);
    return group == 0 || group == ALL_PROCESSOR_GROUPS ? cpu_count() : 0;
}

static ULONG NTAPI ke_query_maximum_processor_count(void)
{
    api_enter("KeQueryMaximumProcessorCount", PASSIVE_LEVEL, HIGH_LEVEL);
    return cpu_count();
}

static KAFFINITY all_processors(void)
{
    return cpu_count() >= sizeof(KAFFINITY) * 8 ? ~(KAFFINITY)0 : ((KAFFINITY)1 << cpu_count()) - 1;
}

static ULONG NTAPI ke_query_active_processor_count(KAFFINITY *active)
{
    api_enter("KeQueryActiveProcessorCount", PASSIVE_LEVEL, HIGH_LEVEL);
    if (active != NULL)
        *active = all_processors();
    return cpu_count();
}

static KAFFINITY NTAPI ke_query_active_processors(void)
{
    api_enter("KeQueryActiveProcessors", PASSIVE_LEVEL, HIGH_LEVEL);
    return all_processors();
}

static ULONG NTAPI ke_get_current_processor_number_ex(PPROCESSOR_NUMBER number)
{
    api_enter("KeGetCurrentProcessorNumberEx", PASSIVE_LEVEL, HIGH_LEVEL);
    if (number != NULL)
        *number = (PROCESSOR_NUMBER){.Number = (UCHAR)cpu_current()};
    return cpu_current();
}

static ULONG NTAPI ke_get_processor_index_from_number(const PROCESSOR_NUMBER *number)
{
    api_enter("KeGetProcessorIndexFromNumber", PASSIVE_LEVEL, HIGH_LEVEL);
    if (number->Group != 0 || number->Reserved != 0 || number->Number >= cpu_count())
        return INVALID_PROCESSOR_INDEX;
    return number->Number;
}

static NTSTATUS NTAPI ke_get_processor_number_from_index(ULONG index, PPROCESSOR_NUMBER number)
{
    api_enter("KeGetProcessorNumberFromIndex", PASSIVE_LEVEL, HIGH_LEVEL);
    if (index >= cpu_count())
        return STATUS_INVALID_PARAMETER;
    *number = (PROCESSOR_NUMBER){.Number = (UCHAR)index};
    return STATUS_SUCCESS;
}

static void NTAPI ke_bug_check_ex(ULONG code, ULONG_PTR p1, ULONG_PTR p2, ULONG_PTR p3, ULONG_PTR p4)
{
    api_enter("KeBugCheckEx", PASSIVE_LEVEL, HIGH_LEVEL);
    rule_broken("bugcheck", "code %#x, parameters %#llx %#llx %#llx %#llx", code, (unsigned long long)p1,
                (unsigned long long)p2, (unsigned long long)p3, (unsigned long long)p4);
}

static void NTAPI ke_bug_check(ULONG code)
{
    api_enter("KeBugCheck", PASSIVE_LEVEL, HIGH_LEVEL);
    rule_broken("bugcheck", "code %#x", code);
}

static PVOID NTAPI ke_get_current_thread(void)
{
    return thread_here()->kthread;
}

static const struct export_entry entries[] = {
    EXPORT("KeQueryActiveProcessorCountEx", ke_query_active_processor_count_ex),
    EXPORT("KeQueryMaximumProcessorCountEx", ke_query_maximum_processor_count_ex),
    EXPORT("KeQueryMaximumProcessorCount", ke_query_maximum_processor_count),
    EXPORT("KeQueryActiveProcessorCount", ke_query_active_processor_count),
    EXPORT("KeQueryActiveProcessors", ke_query_active_processors),
    EXPORT("KeGetCurrentProcessorNumberEx", ke_get_current_processor_number_ex),
    EXPORT("KeGetProcessorIndexFromNumber", ke_get_processor_index_from_number),
    EXPORT("KeGetProcessorNumberFromIndex", ke_get_processor_number_from_index),
    EXPORT("KeBugCheckEx", ke_bug_check_ex),
    EXPORT("KeBugCheck", ke_bug_check),
    EXPORT("KeGetCurrentThread", ke_get_current_thread),
    EXPORT("PsGetCurrentThread", ke_get_current_thread),
    EXPORT_END,
};
const struct export_table nt_ke_exports = {"ntoskrnl.exe", entries};
