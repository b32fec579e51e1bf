/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The interlocked operations that the kernel exports on x86, where old compilers did not inline them (fastcall). One
 * simulated processor runs at a time and these do not yield, so plain code is atomic.
 */
#include "wdm_internal.h"

#if defined(__i386__)
static LONG NTFASTCALL exchange(LONG *target, LONG value)
{
    LONG old = *target;
    *target = value;
    return old;
}

static LONG NTFASTCALL increment(LONG *target)
{
    return ++*target;
}

static LONG NTFASTCALL decrement(LONG *target)
{
    return --*target;
}

static LONG NTFASTCALL exchange_add(LONG *target, LONG value)
{
    LONG old = *target;
    *target += value;
    return old;
}

static LONG NTFASTCALL compare_exchange(LONG *target, LONG value, LONG comparand)
{
    LONG old = *target;
    if (old == comparand)
        *target = value;
    return old;
}
#endif

static const struct export_entry entries[] = {
#if defined(__i386__)
    EXPORT("InterlockedExchange", exchange),
    EXPORT("InterlockedIncrement", increment),
    EXPORT("InterlockedDecrement", decrement),
    EXPORT("InterlockedExchangeAdd", exchange_add),
    EXPORT("InterlockedCompareExchange", compare_exchange),
#endif
    EXPORT_END,
};
const struct export_table wdm_interlocked_exports = {"ntoskrnl.exe", entries};
