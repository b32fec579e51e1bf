/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * What a device may read and write. Rights are kept per page frame; of those revoked the last few of each page are
 * remembered, to tell a device that comes too late from one that never had a right.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "guest_ram.h"
#include "ram_frames.h"
#include "ram_internal.h"
#include "ram_view.h"
#include "verifier.h"

enum { OWNER_BUCKETS = 1024, REMEMBERED = 2 };

struct grant {
    const void *owner;
    uint32_t frame;
    uint16_t begin, end; /* bytes within the page */
    unsigned rights;
    const char *what;
    struct grant *next_in_page, *next_of_owner;
};

struct revoked {
    uint16_t begin, end;
    const char *what;
};

struct frame_rights {
    struct grant *grants;
    struct revoked revoked[REMEMBERED];
};

static struct frame_rights *rights_of;
static struct grant *owners[OWNER_BUCKETS];
static struct grant *spare;

void dma_init(void)
{
    rights_of = mmap(NULL, frames_count() * sizeof(*rights_of), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (rights_of == MAP_FAILED)
        environment_failed("no address space for the table of DMA rights");
}

/* `what` outlives the caller's string; there are few different ones. */
static const char *keep(const char *what)
{
    static const char *kept[64];
    for (unsigned i = 0; i < 64; i++) {
        if (kept[i] == NULL)
            kept[i] = strdup(what);
        if (kept[i] != NULL && strcmp(kept[i], what) == 0)
            return kept[i];
    }
    return "memory with one of too many names";
}

static struct grant **bucket_of(const void *owner)
{
    uintptr_t hash = (uintptr_t)owner;
    hash ^= hash >> 12;
    return &owners[(hash >> 4) % OWNER_BUCKETS];
}

static struct grant *new_grant(void)
{
    struct grant *g = spare;
    if (g != NULL)
        spare = g->next_of_owner;
    else if ((g = malloc(sizeof(*g))) == NULL)
        environment_failed("no memory for DMA rights");
    return g;
}

void dma_grant(const void *owner, uint64_t physical, uint64_t bytes, unsigned rights, const char *what)
{
    what = keep(what);
    while (bytes > 0) {
        uint32_t frame = frame_of_physical(physical);
        uint32_t begin = (uint32_t)(physical % PAGE_BYTES);
        uint32_t part = bytes < PAGE_BYTES - begin ? (uint32_t)bytes : PAGE_BYTES - begin;
        if (frame == NO_FRAME)
            rule_broken("dma-stray", "%s at physical %#llx is not in guest RAM", what, (unsigned long long)physical);
        struct grant *g = new_grant();
        *g = (struct grant){.owner = owner,
                            .frame = frame,
                            .begin = (uint16_t)begin,
                            .end = (uint16_t)(begin + part),
                            .rights = rights,
                            .what = what,
                            .next_in_page = rights_of[frame].grants,
                            .next_of_owner = *bucket_of(owner)};
        rights_of[frame].grants = g;
        *bucket_of(owner) = g;
        physical += part;
        bytes -= part;
    }
}

static void revoke(struct grant *g)
{
    struct frame_rights *page = &rights_of[g->frame];
    for (struct grant **link = &page->grants; *link != NULL; link = &(*link)->next_in_page) {
        if (*link == g) {
            *link = g->next_in_page;
            break;
        }
    }
    for (unsigned i = REMEMBERED - 1; i > 0; i--)
        page->revoked[i] = page->revoked[i - 1];
    page->revoked[0] = (struct revoked){g->begin, g->end, g->what};
}

void dma_revoke(const void *owner)
{
    struct grant **link = bucket_of(owner);
    while (*link != NULL) {
        struct grant *g = *link;
        if (g->owner != owner) {
            link = &g->next_of_owner;
            continue;
        }
        *link = g->next_of_owner;
        revoke(g);
        g->next_of_owner = spare;
        spare = g;
    }
}

/* The end of the granted bytes from `at` on: several grants may cover an access together. */
static uint32_t granted_until(const struct frame_rights *page, uint32_t at, uint32_t end, unsigned right)
{
    bool moved = true;
    while (at < end && moved) {
        moved = false;
        for (const struct grant *g = page->grants; g != NULL; g = g->next_in_page) {
            if ((g->rights & right) != 0 && g->begin <= at && at < g->end) {
                at = g->end;
                moved = true;
            }
        }
    }
    return at < end ? at : end;
}

static _Noreturn void fail_access(uint32_t frame, uint32_t at, unsigned right)
{
    const struct frame_rights *page = &rights_of[frame];
    const char *verb = right == DMA_DEVICE_READS ? "reads" : "writes";
    unsigned long long physical = frame_physical(frame) + at;
    for (const struct grant *g = page->grants; g != NULL; g = g->next_in_page) {
        if (g->begin <= at && at < g->end)
            rule_broken("dma-direction", "the device %s physical %#llx: %s, granted for the other direction only", verb,
                        physical, g->what);
    }
    for (unsigned i = 0; i < REMEMBERED; i++) {
        const struct revoked *r = &page->revoked[i];
        if (r->what != NULL && r->begin <= at && at < r->end)
            rule_broken("dma-after-completion", "the device %s physical %#llx: %s, which is no longer the device's",
                        verb, physical, r->what);
    }
    const void *address = ram_virtual(physical);
    const struct allocation *a = address != NULL ? ram_record_at(address) : NULL;
    rule_broken("dma-stray", "the device %s physical %#llx, which it was never given%s%s%s", verb, physical,
                a != NULL ? ": it belongs to '" : "", a != NULL ? a->tag : "", a != NULL ? "'" : "");
}

static bool transfer(uint64_t physical, void *to, const void *from, size_t bytes, bool strict)
{
    unsigned right = to != NULL ? DMA_DEVICE_READS : DMA_DEVICE_WRITES;
    size_t done = 0;
    while (done < bytes) {
        uint64_t at = physical + done;
        uint32_t frame = frame_of_physical(at), begin = (uint32_t)(at % PAGE_BYTES);
        size_t left = bytes - done;
        uint32_t part = left < PAGE_BYTES - begin ? (uint32_t)left : PAGE_BYTES - begin;
        if (frame == NO_FRAME || at < physical) {
            if (!strict)
                return false;
            rule_broken("dma-stray", "the device accesses physical %#llx, which is not guest RAM",
                        (unsigned long long)at);
        }
        uint32_t granted = granted_until(&rights_of[frame], begin, begin + part, right);
        if (granted < begin + part) {
            if (!strict)
                return false;
            fail_access(frame, granted, right);
        }
        if (to != NULL)
            memcpy((uint8_t *)to + done, frame_view(frame) + begin, part);
        else
            memcpy(frame_view(frame) + begin, (const uint8_t *)from + done, part);
        done += part;
    }
    return true;
}

void dma_read(uint64_t physical, void *buffer, size_t bytes)
{
    transfer(physical, buffer, NULL, bytes, true);
}

void dma_write(uint64_t physical, const void *buffer, size_t bytes)
{
    transfer(physical, NULL, buffer, bytes, true);
}

bool dma_try_read(uint64_t physical, void *buffer, size_t bytes)
{
    return transfer(physical, buffer, NULL, bytes, false);
}

bool dma_try_write(uint64_t physical, const void *buffer, size_t bytes)
{
    return transfer(physical, NULL, buffer, bytes, false);
}
