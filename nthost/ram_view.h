/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The host's own view of guest RAM: the memfd mapped whole in the 64-bit build, in pieces on demand in the 32-bit
 * one, where address space is scarce. frame_view() is for immediate use only: the next call may map another piece
 * there. frames_map() is for keeps; the same run gives the same address again.
 */
#ifndef NTHOST_RAM_VIEW_H
#define NTHOST_RAM_VIEW_H

#include <stdint.h>

void ram_view_init(int fd, uint64_t bytes);
uint8_t *frame_view(uint32_t frame);
uint8_t *frames_map(uint32_t frame, uint32_t pages);

#endif
