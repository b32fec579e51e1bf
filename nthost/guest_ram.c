/* SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Allocations: an arena of inaccessible address space in which each allocation maps its frames, always with an unmapped
 * page on both sides. The arena is used from one end to the other before anything is used again, so a freed range stays
 * inaccessible for as long as possible and reports can still name what was there.
 */
#include "guest_ram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ram_frames.h"
#include "ram_internal.h"
#include "ram_view.h"
#include "verifier.h"

#if defined(__x86_64__)
#define ARENA_BYTES (64ull << 30)
#else
#define ARENA_BYTES (1ull << 30)
#endif
#define ARENA_PAGES ((uint32_t)(ARENA_BYTES / PAGE_BYTES))

enum { ALIGNMENT = 16, LONGEST_RUN = 8 };
#define FRESH_BYTE 0xb5 /* contents of a new allocation */
#define SLACK_BYTE 0xe7 /* before and after it, in its own pages */

/* For each page of the arena: who has or had it (0: nobody yet), and its frame while mapped. */
struct arena_page {
    uint32_t record, frame;
};

static struct {
    int fd;
    uint64_t low_bytes, high_bytes;
    uint8_t *base;
    struct arena_page *pages;
    uint32_t *page_of_frame; /* arena page + 1 */
    uint32_t cursor;
    struct allocation *records;
    uint32_t record_count, record_free; /* record 0 is not used; free ones are chained by `next` */
    uint64_t driver_allocations;
} ram = {.fd = -1};

static void *table(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        environment_failed("no address space for the tables of guest RAM");
    return at;
}

void ram_init(uint64_t low_bytes, uint64_t high_bytes, uint64_t seed)
{
    if (low_bytes % PAGE_BYTES != 0 || high_bytes % PAGE_BYTES != 0 || low_bytes > HIGH_RAM_BASE)
        environment_failed("guest RAM of %#llx low and %#llx high bytes is not possible", (unsigned long long)low_bytes,
                           (unsigned long long)high_bytes);
    ram.low_bytes = low_bytes;
    ram.high_bytes = high_bytes;
    ram.fd = memfd_create("guest-ram", 0); /* inherited by QEMU: not close-on-exec */
    if (ram.fd < 0 || ftruncate(ram.fd, (off_t)(low_bytes + high_bytes)) != 0)
        environment_failed("guest RAM of %llu bytes cannot be made", (unsigned long long)(low_bytes + high_bytes));
    ram_view_init(ram.fd, low_bytes + high_bytes);
    frames_init(low_bytes, high_bytes, seed);
    ram.base = mmap(NULL, ARENA_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (ram.base == MAP_FAILED)
        environment_failed("no address space for guest RAM");
    ram.pages = table(ARENA_PAGES * sizeof(*ram.pages));
    ram.page_of_frame = table(frames_count() * sizeof(*ram.page_of_frame));
    ram.cursor = 1;
    dma_init();
}

int ram_fd(void)
{
    return ram.fd;
}

uint64_t ram_low_bytes(void)
{
    return ram.low_bytes;
}

uint64_t ram_high_bytes(void)
{
    return ram.high_bytes;
}

static uint32_t arena_page(const void *address)
{
    uintptr_t offset = (uintptr_t)address - (uintptr_t)ram.base;
    if (ram.base == NULL || offset >= ARENA_BYTES)
        return 0; /* page 0 is never handed out */
    return (uint32_t)(offset / PAGE_BYTES);
}

const struct allocation *ram_record_at(const void *address)
{
    uint32_t page = arena_page(address);
    uint32_t record = page != 0 ? ram.pages[page].record : 0;
    return record != 0 ? &ram.records[record] : NULL;
}

bool ram_in_arena(const void *address)
{
    return (uintptr_t)address - (uintptr_t)ram.base < ARENA_BYTES && ram.base != NULL;
}

static bool page_in_use(uint32_t page)
{
    uint32_t record = ram.pages[page].record;
    return record != 0 && ram.records[record].state != ALLOCATION_FREED;
}

/* `pages` free pages with a free page on both sides, from the cursor on, once around. */
static uint32_t find_place(uint32_t pages)
{
    uint32_t at = ram.cursor, run = 0;
    for (uint64_t looked = 0; looked < 2ull * ARENA_PAGES; looked++, at++) {
        if (at >= ARENA_PAGES) {
            at = 1;
            run = 0;
        }
        run = page_in_use(at) ? 0 : run + 1;
        if (run == pages + 2) {
            ram.cursor = at; /* the guard after this one may be the guard before the next */
            return at - pages;
        }
    }
    environment_failed("no address space left for an allocation of %u pages", pages);
}

static void forget_page(uint32_t page)
{
    uint32_t record = ram.pages[page].record;
    if (record == 0)
        return;
    ram.pages[page].record = 0;
    if (--ram.records[record].remembered == 0) {
        ram.records[record].next = ram.record_free;
        ram.record_free = record;
    }
}

static uint32_t new_record(void)
{
    uint32_t record = ram.record_free;
    if (record != 0) {
        ram.record_free = ram.records[record].next;
        return record;
    }
    if (ram.record_count % 1024 == 0) {
        void *grown = realloc(ram.records, (ram.record_count + 1024) * sizeof(*ram.records));
        if (grown == NULL)
            environment_failed("no memory for the records of guest RAM");
        ram.records = grown;
        if (ram.record_count == 0)
            ram.record_count = 1;
    }
    return ram.record_count++;
}

static void map_run(uint32_t page, uint32_t frame, uint32_t count, uint32_t record)
{
    void *at = ram.base + (size_t)page * PAGE_BYTES;
    if (mmap(at, (size_t)count * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, ram.fd,
             (off_t)((uint64_t)frame * PAGE_BYTES)) == MAP_FAILED)
        environment_failed("guest RAM cannot be mapped: too many live allocations (vm.max_map_count)?");
    for (uint32_t i = 0; i < count; i++) {
        forget_page(page + i);
        ram.pages[page + i] = (struct arena_page){record, frame + i};
        ram.page_of_frame[frame + i] = page + i + 1;
    }
}

static uint32_t take_frames(uint32_t pages, unsigned flags)
{
    bool low = ram.high_bytes == 0 || (flags & RAM_BELOW_4G) != 0 || frames_random() % 2 == 0;
    uint32_t frame = frames_take(pages, low);
    if (frame == NO_FRAME && (flags & RAM_BELOW_4G) == 0)
        frame = frames_take(pages, !low);
    return frame;
}

static void map_frames(uint32_t page, uint32_t pages, unsigned flags, uint32_t record)
{
    uint32_t done = 0;
    while (done < pages) {
        uint32_t run = pages;
        if ((flags & RAM_CONTIGUOUS) == 0) {
            run = 1 + (uint32_t)(frames_random() % LONGEST_RUN);
            if (run > pages - done)
                run = pages - done;
        }
        uint32_t frame = take_frames(run, flags);
        if (frame == NO_FRAME && run > 1 && (flags & RAM_CONTIGUOUS) == 0)
            frame = take_frames(run = 1, flags);
        if (frame == NO_FRAME)
            environment_failed("guest RAM is exhausted: %u pages wanted", pages);
        map_run(page + done, frame, run, record);
        done += run;
    }
}

void *ram_alloc(size_t bytes, unsigned flags, const char *tag)
{
    if (ram.base == NULL)
        environment_failed("ram_alloc before ram_init");
    size_t size = bytes == 0 ? 1 : bytes;
    if (size > ARENA_BYTES / 4)
        environment_failed("an allocation of %zu bytes ('%s') is too large for guest RAM", bytes, tag);
    uint32_t pages = (uint32_t)((size + PAGE_BYTES - 1) / PAGE_BYTES);
    uint32_t page = find_place(pages);
    uint32_t record = new_record();
    struct allocation *a = &ram.records[record];
    uint8_t *first = ram.base + (size_t)page * PAGE_BYTES;
    bool at_start = size >= PAGE_BYTES || (flags & RAM_PAGE_ALIGNED) != 0;
    size_t place = at_start ? 0 : PAGE_BYTES - (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *a = (struct allocation){.start = first + place,
                             .bytes = bytes,
                             .first_page = page,
                             .pages = pages,
                             .remembered = pages,
                             .flags = flags,
                             .state = ALLOCATION_LIVE};
    snprintf(a->tag, sizeof(a->tag), "%s", tag);
    map_frames(page, pages, flags, record);
    memset(first, SLACK_BYTE, place);
    memset(first + place, FRESH_BYTE, bytes);
    memset(first + place + bytes, SLACK_BYTE, (size_t)pages * PAGE_BYTES - place - bytes);
    if (flags & RAM_DRIVER)
        ram.driver_allocations++;
    return a->start;
}

static struct allocation *live_record(const void *address, const char *what)
{
    struct allocation *a = (struct allocation *)ram_record_at(address);
    if (a == NULL || a->start != address)
        rule_broken("free-of-unknown-address", "%s of %p, where no allocation starts", what, address);
    if (a->state == ALLOCATION_FREED)
        rule_broken("double-free", "%s of %p ('%s', %zu bytes), which is free already", what, address, a->tag,
                    a->bytes);
    return a;
}

static void check_slack(const struct allocation *a)
{
    const uint8_t *first = ram.base + (size_t)a->first_page * PAGE_BYTES;
    const uint8_t *end = first + (size_t)a->pages * PAGE_BYTES;
    for (const uint8_t *at = first; at < end; at++) {
        if (at == a->start && a->bytes > 0)
            at += a->bytes;
        if (at < end && *at != SLACK_BYTE)
            rule_broken("pool-overrun", "%p, %zu bytes %s '%s' (%zu bytes at %p), was written to", (const void *)at,
                        at < a->start ? (size_t)(a->start - at) : (size_t)(at - a->start) - a->bytes + 1,
                        at < a->start ? "before" : "past the end of", a->tag, a->bytes, (void *)a->start);
    }
}

void ram_free(void *address)
{
    struct allocation *a = live_record(address, "free");
    if (a->state == ALLOCATION_HIDDEN)
        ram_show(address);
    check_slack(a);
    for (uint32_t i = 0; i < a->pages; i++) {
        uint32_t frame = ram.pages[a->first_page + i].frame;
        ram.page_of_frame[frame] = 0;
        frame_release(frame, a->tag);
    }
    void *first = ram.base + (size_t)a->first_page * PAGE_BYTES;
    if (mmap(first, (size_t)a->pages * PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED,
             -1, 0) == MAP_FAILED)
        environment_failed("guest RAM cannot be unmapped");
    a->state = ALLOCATION_FREED;
}

size_t ram_size(const void *address)
{
    return live_record(address, "size query")->bytes;
}

const char *ram_tag(const void *address)
{
    return live_record(address, "tag query")->tag;
}

uint64_t ram_physical(const void *address)
{
    const struct allocation *a = ram_record_at(address);
    if (a == NULL || a->state == ALLOCATION_FREED)
        return NO_PHYSICAL;
    return frame_physical(ram.pages[arena_page(address)].frame) + (uintptr_t)address % PAGE_BYTES;
}

void *ram_virtual(uint64_t physical)
{
    uint32_t frame = frame_of_physical(physical);
    if (frame == NO_FRAME || ram.page_of_frame[frame] == 0)
        return NULL;
    return ram.base + (size_t)(ram.page_of_frame[frame] - 1) * PAGE_BYTES + physical % PAGE_BYTES;
}

uint64_t ram_take_page(bool below_4g)
{
    uint32_t frame = take_frames(1, below_4g ? RAM_BELOW_4G : 0);
    if (frame == NO_FRAME)
        environment_failed("guest RAM is exhausted");
    memset(frame_view(frame), 0, PAGE_BYTES);
    dma_grant(&ram, frame_physical(frame), PAGE_BYTES, DMA_DEVICE_WRITES, "the host's message page");
    return frame_physical(frame);
}

void *ram_map_physical(uint64_t physical, size_t bytes)
{
    uint32_t frame = frame_of_physical(physical);
    if (frame == NO_FRAME || bytes == 0 || bytes > ram.low_bytes + ram.high_bytes ||
        frame_of_physical(physical + bytes - 1) == NO_FRAME)
        return NULL;
    uint32_t pages = (uint32_t)((physical % PAGE_BYTES + bytes + PAGE_BYTES - 1) / PAGE_BYTES);
    return frames_map(frame, pages) + physical % PAGE_BYTES;
}

static void protect(const struct allocation *a, int protection)
{
    if (mprotect(ram.base + (size_t)a->first_page * PAGE_BYTES, (size_t)a->pages * PAGE_BYTES, protection) != 0)
        environment_failed("the protection of '%s' cannot be changed", a->tag);
}

void ram_hide(void *address, const char *why)
{
    struct allocation *a = live_record(address, "hiding");
    snprintf(a->why, sizeof(a->why), "%s", why);
    a->state = ALLOCATION_HIDDEN;
    protect(a, PROT_NONE);
}

void ram_show(void *address)
{
    struct allocation *a = live_record(address, "showing");
    a->state = ALLOCATION_LIVE;
    protect(a, PROT_READ | PROT_WRITE);
}

uint64_t ram_driver_allocations(void)
{
    return ram.driver_allocations;
}

void ram_check_leaks(void)
{
    unsigned leaks = 0;
    char list[512] = "";
    for (uint32_t i = 1; i < ram.record_count; i++) {
        const struct allocation *a = &ram.records[i];
        if (a->remembered == 0 || a->state == ALLOCATION_FREED || (a->flags & RAM_DRIVER) == 0)
            continue;
        size_t length = strlen(list);
        snprintf(list + length, sizeof(list) - length, "%s'%s' (%zu bytes)", leaks++ > 0 ? ", " : "", a->tag, a->bytes);
    }
    frames_check_resting();
    if (leaks > 0)
        rule_broken("leak", "%u allocation%s never freed: %s", leaks, leaks == 1 ? "" : "s", list);
}
