/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Physical page frames of guest RAM, by index: index * PAGE_BYTES is also the offset in the memfd. Frames below 1 MiB
 * are never handed out. A freed frame is filled with a pattern and rests in a quarantine: written to meanwhile, it
 * breaks rule dma-after-free, for the processor cannot write there and so a device did.
 */
#ifndef NTHOST_RAM_FRAMES_H
#define NTHOST_RAM_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NO_FRAME UINT32_MAX

void frames_init(uint64_t low_bytes, uint64_t high_bytes, uint64_t seed);
uint32_t frames_count(void);
uint32_t frames_low_count(void);
uint64_t frame_physical(uint32_t frame);
uint32_t frame_of_physical(uint64_t physical); /* NO_FRAME outside guest RAM */
uint64_t frames_random(void);

/* `pages` neighbouring frames, all low or all high, marked as used. NO_FRAME when there is no such run. */
uint32_t frames_take(uint32_t pages, bool low);
void frame_release(uint32_t frame, const char *tag);
void frames_check_resting(void); /* the whole quarantine, at the end of a run */

#endif
