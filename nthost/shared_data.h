/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * KUSER_SHARED_DATA, which lies at a fixed address of the kernel's: headers read the time from it inline (KeQuerySystemTime,
 * KeQueryInterruptTime, KeQueryTickCount on amd64).
 */
#ifndef NTHOST_SHARED_DATA_H
#define NTHOST_SHARED_DATA_H

#include <stdint.h>

#if defined(__x86_64__)
#define SHARED_DATA_ADDRESS ((uintptr_t)0xfffff78000000000ull)
#else
#define SHARED_DATA_ADDRESS ((uintptr_t)0xffdf0000u)
#endif
#define KE_TICK_COUNT_ADDRESS (SHARED_DATA_ADDRESS + 0x320)

enum { TICK_US = 15625 }; /* KeQueryTimeIncrement's usual 156250 units of 100 ns */

uint64_t system_time_100ns(void);    /* since 1601; follows the simulated clock, starting at a fixed date */
uint64_t interrupt_time_100ns(void); /* since start */
uint64_t tick_count(void);

#endif
