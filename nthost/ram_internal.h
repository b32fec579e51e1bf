/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What guest_ram.c tells the trap handler about an address that faulted.
 */
#ifndef NTHOST_RAM_INTERNAL_H
#define NTHOST_RAM_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum allocation_state { ALLOCATION_LIVE, ALLOCATION_HIDDEN, ALLOCATION_FREED };

struct allocation {
    uint8_t *start;
    size_t bytes;
    uint32_t first_page, pages;
    uint32_t remembered; /* arena pages that still refer to this record */
    uint32_t next;       /* in the chain of free records */
    unsigned flags;
    enum allocation_state state;
    char tag[32], why[64];
};

bool ram_in_arena(const void *address);
const struct allocation *ram_record_at(const void *address); /* live, hidden or freed; NULL in guards and elsewhere */

/* What lies at an address of the arena, for a report, and the rule that an access breaks. False outside the arena. */
bool ram_explain(const void *address, const char **rule, char *text, size_t text_bytes);

void dma_init(void);

#endif
