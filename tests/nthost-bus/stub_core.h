/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * As much of nthost's core as the buses need: guest RAM with physical addresses, a clock that the test moves, one
 * interrupt poll, and rules that end the process with their name.
 */
#ifndef NTHOST_BUS_STUB_CORE_H
#define NTHOST_BUS_STUB_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void stub_init(uint64_t low_bytes, uint64_t high_bytes);
/* Zeroed guest RAM, physically contiguous, granted to the device for reading and writing. */
void *stub_alloc(size_t bytes, size_t alignment, bool high, uint64_t *physical);
/* From now on the device may touch only what was granted. */
void stub_forbid(const void *address, size_t bytes);
void stub_poll_interrupts(void);

extern uint64_t stub_clock_us; /* the virtual clock, when not 0 */
extern unsigned stub_processor;

#endif
