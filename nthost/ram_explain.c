/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>

#include "guest_ram.h"
#include "ram_internal.h"

static const struct allocation *neighbour(const void *address, int pages)
{
    return ram_record_at((const uint8_t *)address + (ptrdiff_t)pages * (ptrdiff_t)PAGE_BYTES);
}

bool ram_explain(const void *address, const char **rule, char *text, size_t text_bytes)
{
    if (!ram_in_arena(address))
        return false;
    const uint8_t *at = address;
    const struct allocation *a = ram_record_at(address);
    *rule = "access-violation";
    if (a != NULL && a->state == ALLOCATION_FREED) {
        *rule = "use-after-free";
        snprintf(text, text_bytes, "%td bytes into '%s' (%zu bytes), which was freed", at - a->start, a->tag, a->bytes);
        return true;
    }
    if (a != NULL && a->state == ALLOCATION_HIDDEN) {
        *rule = "use-after-completion";
        snprintf(text, text_bytes, "%td bytes into '%s' (%zu bytes), which the driver does not own now: %s",
                 at - a->start, a->tag, a->bytes, a->why);
        return true;
    }
    if (a != NULL) {
        snprintf(text, text_bytes, "%td bytes into '%s' (%zu bytes)", at - a->start, a->tag, a->bytes);
        return true;
    }
    if ((a = neighbour(address, -1)) != NULL && a->state != ALLOCATION_FREED) {
        snprintf(text, text_bytes, "%td bytes past the end of '%s' (%zu bytes)", at - a->start - (ptrdiff_t)a->bytes,
                 a->tag, a->bytes);
    } else if ((a = neighbour(address, 1)) != NULL && a->state != ALLOCATION_FREED) {
        snprintf(text, text_bytes, "%td bytes before '%s' (%zu bytes)", a->start - at, a->tag, a->bytes);
    } else {
        snprintf(text, text_bytes, "guest RAM's address space where nothing has been allocated");
    }
    return true;
}
