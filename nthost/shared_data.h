/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * KUSER_SHARED_DATA, which lies at a fixed address of the kernel's: headers read the time from it inline
 * (KeQuerySystemTime, KeQueryInterruptTime, KeQueryTickCount on amd64).
 */
#ifndef NTHOST_SHARED_DATA_H
#define NTHOST_SHARED_DATA_H

#include <stdint.h>

enum { TICK_US = 15625 }; /* KeQueryTimeIncrement's usual 156250 units of 100 ns */

uint64_t system_time_100ns(void);    /* since 1601; follows the simulated clock, starting at a fixed date */
uint64_t interrupt_time_100ns(void); /* since start */
uint64_t tick_count(void);

/* On x86 the tick count is an exported variable: this stands for it. Inaccessible, so that each read comes here. */
extern uint8_t ke_tick_count[];
void shared_data_init(void);

#endif
